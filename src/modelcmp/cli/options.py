# Annotations are objects here, not text: Typer reads them, and text costs it a compile for each.
"""The options that every command takes, written once.

`@common` gives a command's function these options beside its own and hands them over as one
`Options`.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any

import typer

CATALOGUE = "Catalogue"
OUTPUT = "Output"


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
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help="auto, table, markdown, json or tsv.",
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
        typer.Option("--check", help="Write nothing; exit 1 with a diff if -o FILE would change."),
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


def common(function: Callable[..., None]) -> Callable[..., None]:
    """Return `function` as a command that takes the common options after its own.

    Its first parameter receives them as an `Options`.
    """
    own = list(inspect.signature(function).parameters.values())[1:]
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default if field.default is not MISSING else inspect.Parameter.empty,
            annotation=field.type,
        )
        for field in fields(Options)
    ]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    @functools.wraps(function)
    def command(**given: Any) -> None:
        options = Options(**{field.name: given.pop(field.name) for field in fields(Options)})
        function(options, **given)

    command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
    del command.__wrapped__
    return command
