"""The Typer application, with only the command that is about to run.

Each command's module holds its signature; the work and its imports sit inside the functions. When
the first word names a command, the others are not even described to Typer.
"""

import os
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any

import typer

from modelcmp.version import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "compare": ("modelcmp.cli.compare", "Answers"),
    "search": ("modelcmp.cli.search", "Answers"),
    "pick": ("modelcmp.cli.search", "Answers"),
    "show": ("modelcmp.cli.models", "Answers"),
    "list": ("modelcmp.cli.models", "Answers"),
    "rank": ("modelcmp.cli.models", "Answers"),
    "site": ("modelcmp.cli.site", "Answers"),
    "build": ("modelcmp.cli.build", "Documents"),
    "evidence": ("modelcmp.cli.evidence", "Evidence"),
    "explain": ("modelcmp.cli.method", "Method"),
    "config": ("modelcmp.cli.method", "Method"),
    "refresh": ("modelcmp.cli.refresh", "Cards"),
    "new": ("modelcmp.cli.cards", "Cards"),
    "import": ("modelcmp.cli.importing", "Cards"),
    "validate": ("modelcmp.cli.cards", "Cards"),
    "schema": ("modelcmp.cli.cards", "Cards"),
    "diff": ("modelcmp.cli.diff", "Cards"),
    "missing": ("modelcmp.cli.missing", "Cards"),
    "export": ("modelcmp.cli.export", "Cards"),
}
"""Command -> the module that holds it and the heading it stands under."""

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
        module = import_module(COMMANDS[name][0])
        if name in GROUPS:
            _add_group(app, name, module, listed=listed)
        else:
            function = getattr(module, f"{name}_command")
            app.command(name)(_named_only(function.__doc__) if listed else function)
    return app


def _add_group(app: typer.Typer, name: str, module: ModuleType, *, listed: bool) -> None:
    if listed:
        app.command(name)(_named_only(module.HELP))
    else:
        app.add_typer(group_app(name, module))


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


def _named_only(text: str | None) -> Callable[..., None]:
    """Return a command without its options: the list of commands shows the first line alone."""

    def command() -> None:
        """Stand in for a command that is only listed."""

    command.__doc__ = text
    return command


def _needs_completion(arguments: list[str]) -> bool:
    """Return whether the options that install completion must be there: in help and when used."""
    return not arguments or arguments[0] not in COMMANDS
