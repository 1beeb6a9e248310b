"""The commands about how results come about: `explain` and `config`."""

from typing import Annotated

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session


def _complete_word(incomplete: str) -> list[str]:
    from modelcmp.comparison.explain import explainable

    return [word for word in explainable() if word.startswith(incomplete)]


@common
def explain_command(
    options: Options,
    name: Annotated[
        str,
        typer.Argument(
            metavar="WORD", help="A signal, dimension, profile, call, benchmark or task.",
            autocompletion=_complete_word, show_default=False,
        ),
    ],
) -> None:  # fmt: skip
    """Explain a word of the output, from the tables in use.

    A signal, dimension, profile or call, a benchmark with the reason for its scale, or a task.

    Examples:

      modelcmp explain hf_downloads_30d

      modelcmp explain MMMU
    """
    from modelcmp.comparison.explain import explain

    session = Session(options)
    session.emit(explain(name, session.catalogue.registry))


@common
def config_command(options: Options) -> None:
    """Show every setting and where its value came from.

    Examples:

      modelcmp config

      MODELCMP_PROFILE=production modelcmp config --json
    """
    from modelcmp.comparison.explain import Facts
    from modelcmp.config import KEYS

    session = Session(options)
    rows = []
    for name in KEYS:
        setting = session.settings[name]
        rows.append((name, _shown(setting.value), setting.origin))
    columns = ("Key", "Value", "From")
    session.emit(Facts("settings", "config", "Configuration", "", tuple(rows), columns))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is tuple:  # a pair; a page says itself what it is called
        return " vs ".join(map(str, value))
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_shown(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
