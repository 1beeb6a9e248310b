"""The Typer application, with only the command that is about to run.

Each command's module holds its signature; the work and its imports sit inside the functions. When
the first word names a command, the others are not even described to Typer.
"""

import os
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, NamedTuple

import typer

from modelcmp.version import __version__


class Command(NamedTuple):
    """Where a command lives in this room, and what the list of commands says of it."""

    module: str
    summary: str


COMMANDS = {
    "compare": Command("compare", "Compare two models or more: ranks, capabilities, verdict."),
    "search": Command("search", "Find the models that serve a need, the best fit first."),
    "pick": Command("search", "Count the model you chose for your last search, or for a need."),
    "show": Command("models", "Show one card, and signal by signal how its rank comes about."),
    "list": Command("models", "List the models of the catalogue by id."),
    "rank": Command("models", "Rank the models of the catalogue, the highest first."),
    "explain": Command("method", "Explain a word of the output, from the tables in use."),
    "build": Command("build", "Write the pages and fill the blocks that a project names."),
    "site": Command("site", "Write the catalogue as a static site; only what changed, anew."),
    "export": Command("export", "Write the catalogue, with its ranks, for other tools."),
    "diff": Command("diff", "Show what changed between two catalogues of cards."),
    "missing": Command("missing", "Show which scored facts cards lack, the most valuable first."),
    "new": Command("cards", "Write a card to fill in: valid as it is, every field explained."),
    "import": Command(
        "importing", "Bring in models of other catalogues: cards, or facts they lack."
    ),
    "refresh": Command(
        "refresh", "Ask Hub and GitHub for downloads, likes, stars and last change."
    ),
    "validate": Command("cards", "Check cards; every problem as file:line:column, exit 1 if any."),
    "schema": Command("cards", "Print the JSON Schema of a card or of a comparison."),
    "evidence": Command(
        "evidence", "Count what people search for and pick, from your search logs."
    ),
    "config": Command("method", "Show every setting and where its value came from."),
}
"""Every command, in the order of the help: answers, documents, cards, evidence, settings.

The summary is the first line of the command's own help, here so that a list of commands loads none of them.
"""

GROUPS = {"evidence", "import"}
"""Commands that have commands of their own."""

HELP = """Compare AI models and defend the choice.

Examples:

  modelcmp compare bakllava sd35-large

  modelcmp rank --task text-to-image --open-weights

Results go to standard output, all else to standard error. On a terminal they are tables; into a
pipe, documents are Markdown and lists are tab-separated. Exit codes: 0 done, 1 a check says no,
2 could not do it, 3 a bug, 130 interrupted.
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"modelcmp {__version__}")
        raise typer.Exit


def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Hold the options that come before a command."""


def build_app(arguments: list[str]) -> typer.Typer:
    """Return the application for these arguments: one command if they name one, else all."""
    app = _bare_app("modelcmp", HELP, add_completion=_needs_completion(arguments))
    app.callback()(root)
    # The shell asks for completions with no arguments at all, and needs every option.
    completing = "_MODELCMP_COMPLETE" in os.environ
    first = arguments[0] if arguments else "" if completing else "--help"
    listed = first in ("-h", "--help")
    for name in [first] if first in COMMANDS else COMMANDS:
        if listed:
            app.command(name)(_named_only(COMMANDS[name].summary))
        elif name in GROUPS:
            app.add_typer(group_app(name, command_module(name)))
        else:
            app.command(name)(getattr(command_module(name), f"{name}_command"))
    return app


def command_module(name: str) -> ModuleType:
    """Return the module of a command, loaded."""
    return import_module(f"modelcmp.cli.{COMMANDS[name].module}")


def group_app(name: str, module: ModuleType) -> typer.Typer:
    """Return the application of a group: every command of its module's COMMANDS, under its HELP."""
    group = _bare_app(name, module.HELP, no_args_is_help=True)
    for inner, function in module.COMMANDS.items():
        group.command(inner)(function)
    return group


def _bare_app(name: str, text: str, **more: Any) -> typer.Typer:
    return typer.Typer(
        name=name,
        help=text,
        # Typer's Rich help doubles the time and writes escapes into pipes under GITHUB_ACTIONS.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **more,
    )


def _named_only(text: str) -> Callable[..., None]:
    """Return a command without its options: the list of commands shows the first line alone."""

    def command() -> None:
        """Stand in for a command that is only listed."""

    command.__doc__ = text
    return command


def _needs_completion(arguments: list[str]) -> bool:
    """Return whether the options that install completion must be there: in help and when used."""
    return not arguments or arguments[0] not in COMMANDS
