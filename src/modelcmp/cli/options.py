# Annotations are objects here, not text: Typer reads them, and text costs it a compile for each.
"""The options that every command takes, written once.

`@common` gives a command's function the options that all take beside its own, and hands them over as one
`Options`; `@takes(Options, FilterOptions)` adds the filters of lists.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, fields
from typing import Annotated, Any

import typer

Images = Annotated[
    str | None,
    typer.Option(
        "--images", metavar="DIR", help="Markdown only: draw the scores into DIR and link them.",
    ),
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says of catalogue, method and output; None where it says nothing."""

    catalogue: Annotated[
        list[str] | None,
        typer.Option("--catalogue", metavar="DIR", help="Read the cards of DIR too; repeatable."),
    ] = None
    no_builtin: Annotated[
        bool, typer.Option("--no-builtin", help="Leave out the built-in cards.")
    ] = False
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Weight profile.")
    ] = None
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="DIM=N", help="Change one weight; repeatable."),
    ] = None
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="Day the scores speak for.")
    ] = None
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="FILE", help="Search evidence to score with."),
    ] = None
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="Score without search evidence.")
    ] = False
    signals: Annotated[
        str | None,
        typer.Option("--signals", metavar="FILE", help="Figures to read over those of the cards."),
    ] = None
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help="auto, table, markdown, html, json or tsv.",
        ),
    ] = None  # fmt: skip
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to FILE; its ending chooses the format.",
        ),
    ] = None  # fmt: skip
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 with a diff if a file would change."),
    ] = False
    color: Annotated[
        str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")
    ] = "auto"
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Read FILE as the project's configuration."),
    ] = None
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")] = (
        False
    )
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Result and errors only.")] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what was used, on standard error.")
    ] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for a bug.")] = False
    context: typer.Context = None  # type: ignore[assignment]
    """Not an option: what Typer knows of the run, and in it what embeds the command, if anything."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """What a model must meet to be listed."""

    task: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="TASK", help="Only models for this task; repeatable."),
    ] = None
    licence: Annotated[
        list[str] | None,
        typer.Option("--licence", metavar="ID", help="Only this licence or class; repeatable."),
    ] = None
    maker: Annotated[
        list[str] | None,
        typer.Option("--maker", metavar="NAME", help="Only models of this maker; repeatable."),
    ] = None
    open_weights: Annotated[
        bool,
        typer.Option("--open-weights", help="Only models whose weights can be downloaded."),
    ] = False
    commercial: Annotated[
        bool,
        typer.Option("--commercial", help="Only models whose terms allow commercial use."),
    ] = False
    max_price: Annotated[
        float | None,
        typer.Option(
            "--max-price", metavar="USD", help="Only with an offer of at most USD a unit."
        ),
    ] = None
    min_context: Annotated[
        int | None,
        typer.Option("--min-context", metavar="TOKENS", help="Only with at least this window."),
    ] = None
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="At most N models.", min=1)
    ] = None


SCORING = ("profile", "weight", "as_of", "evidence", "no_evidence", "signals")
"""Options that change a score, for commands that show none to leave out."""

PRINTING = ("format", "json", "output")
"""Options of a single result, for commands whose result is the files they write."""


def takes(
    *groups: type[Any], formats: str | None = None, without: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command the options of these groups after its own.

    The command's first parameters receive one instance of each group, in their order. `formats` is
    the help of --format for a command that writes other formats than the rest; `without` names options
    that have no meaning for the command, so that nobody is offered them.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        parameters = list(inspect.signature(function).parameters.values())[len(groups) :]
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        shared = [_parameter(field) for group in reversed(groups) for field in fields(group)]
        shared = [p for p in shared if p.name not in without]
        if formats is not None:
            shared = [_with_formats(p, formats) if p.name == "format" else p for p in shared]

        @functools.wraps(function)
        def command(**given: Any) -> None:
            held = [
                group(**{f.name: given.pop(f.name) for f in fields(group) if f.name in given})
                for group in groups
            ]
            function(*held, **given)

        command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
        del command.__wrapped__
        return command

    return decorate


def _with_formats(parameter: inspect.Parameter, formats: str) -> inspect.Parameter:
    option = typer.Option("--format", "-f", metavar="FORMAT", help=formats)
    return parameter.replace(annotation=Annotated[str | None, option])


def _parameter(field: Field[Any]) -> inspect.Parameter:
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=field.default,
        annotation=field.type,
    )


common = takes(Options)
"""Gives a command the options that every command takes."""
