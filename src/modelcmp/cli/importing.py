"""The commands under `import`: payloads read from files or hosts, cards written into one folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.filing import Target, bring_in
from modelcmp.cli.options import SCORING, Options, takes
from modelcmp.cli.payloads import (
    ask,
    ask_hub,
    ask_ollama,
    ollama_origin,
    read_json,
    read_repositories,
    read_rows,
)
from modelcmp.cli.session import Session
from modelcmp.errors import UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.importers.draft import LeftOut

HELP = """Bring in models of other catalogues: cards, or facts they lack.

What a person wrote in a card stays; where a source says something else, both values are shown.
"""


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """Where cards go, what day a source without one speaks for, and which models are wanted."""

    into: Annotated[
        str | None,
        typer.Option(
            "--into", metavar="DIR", help="Folder of the cards; the configured catalogue when left out.",
        ),
    ] = None  # fmt: skip
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DAY", help="Day on which the file was made or fetched."),
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PATTERN", help="Only names like this (*, ?); repeatable."),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing.")
    ] = False

    def target(self, *, asked_now: bool = False) -> Target:
        """Return the target; what was asked of a host just now was read today."""
        day = self.day or (_today() if asked_now else None)
        return Target(self.into, day, tuple(self.only or ()), self.dry_run)


@takes(Options, TargetOptions, without=SCORING)
def hf_command(
    options: Options,
    to: TargetOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ORG/NAME]...", help="Repositories of the Hub.", show_default=False),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="FILE",
            help="Ask nobody: the API's answer (.json), README.md or results (.yaml); repeatable.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Bring in repositories of the Hugging Face Hub.

    Examples:

      modelcmp import hf llava-hf/bakLlava-v1-hf --into my-cards

      modelcmp import hf --from model.json --from README.md --day 2026-11-20 --into my-cards
    """
    from modelcmp.catalogue.importers import hub

    session = Session(options, default_piped="tsv")
    if files:
        payload = read_repositories(names or [], files)
    else:
        if not names:
            raise UsageError("no repository is named", hint="modelcmp import hf ORG/NAME")
        for name in names:
            if not hub.NAME.fullmatch(name):
                raise UsageError(f"{name} is no name of a repository", hint="write it as ORG/NAME")
        payload = [hub.Repository(answer) for answer in ask_hub(session, names)]
    bring_in(session, "hf", payload, to.target(asked_now=not files))


@takes(Options, TargetOptions, without=SCORING)
def models_dev_command(
    options: Options,
    to: TargetOptions,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="api.json, or rows; - is standard input.")
    ],
) -> None:
    """Bring in models.dev, with every provider's price.

    Examples:

      modelcmp import models-dev api.json --day 2026-11-20 --only "claude*" --into my-cards

      modelcmp import models-dev api.json --day 2026-11-20 --dry-run --into my-cards
    """
    session = Session(options, default_piped="tsv")
    value, broken = read_json(file)
    bring_in(session, "models-dev", value, to.target(), broken)


@takes(Options, TargetOptions, without=SCORING)
def openrouter_command(
    options: Options,
    to: TargetOptions,
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|URL]", help="A file, or an address to ask; OpenRouter's when left out.",
            show_default=False,
        ),
    ] = None,
) -> None:  # fmt: skip
    """Bring in OpenRouter's list of models and prices.

    Examples:

      modelcmp import openrouter --only "anthropic/*" --into my-cards

      modelcmp import openrouter models.json --day 2026-11-20 --into my-cards
    """
    from modelcmp.catalogue.importers import openrouter

    session = Session(options, default_piped="tsv")
    address = place or openrouter.ADDRESS
    asks = address.startswith(("http://", "https://"))
    if asks:
        value = ask(session, [address])[0]
        broken: list[LeftOut] = []
    else:
        value, broken = read_json(address)
    bring_in(session, "openrouter", value, to.target(asked_now=asks), broken)


@takes(Options, TargetOptions, without=SCORING)
def litellm_command(
    options: Options,
    to: TargetOptions,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="model_prices_and_context_window.json; or -.")
    ],
) -> None:
    """Bring in LiteLLM's table of prices and limits.

    Examples:

      modelcmp import litellm model_prices_and_context_window.json --day 2026-11-20 --into my-cards

      modelcmp import litellm prices.json --day 2026-11-20 --only "gpt-*" --into my-cards
    """
    session = Session(options, default_piped="tsv")
    value, broken = read_json(file)
    bring_in(session, "litellm", value, to.target(), broken)


@takes(Options, TargetOptions, without=SCORING)
def ollama_command(
    options: Options,
    to: TargetOptions,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="URL", help="Address of the server; OLLAMA_HOST, or this machine.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Bring in what a running Ollama server holds.

    Examples:

      modelcmp import ollama --into my-cards

      modelcmp import ollama --host http://127.0.0.1:11434 --only "qwen*" --into my-cards
    """
    session = Session(options, default_piped="tsv")
    bring_in(session, "ollama", ask_ollama(ollama_origin(host)), to.target(asked_now=True))


@takes(Options, TargetOptions, without=SCORING)
def jsonl_command(
    options: Options,
    to: TargetOptions,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON lines, a JSON list or CSV; - for lines.")
    ],
    columns: Annotated[
        str | None,
        typer.Option("--map", metavar="name=col,...", help="Which column holds what; =:text is for all."),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="What the source is called; else the file."),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Public address of the source.")
    ] = None,
) -> None:  # fmt: skip
    """Bring in any table: JSON lines, a JSON list or CSV.

    Columns are found by their common names, or named by --map.

    Examples:

      modelcmp import jsonl models.jsonl --into my-cards

      modelcmp import jsonl list.csv --map "name=Model,task=Use,maker=:My team" --into my-cards
    """
    from modelcmp.catalogue.importers import jsonl

    session = Session(options, default_piped="tsv")
    named = jsonl.parse_columns(columns or "")
    rows, broken = read_rows(file)
    called = title or ("standard input" if file == "-" else Path(file).name)
    table = jsonl.Table(rows, called, url, named)
    every = {str(key) for _, row in rows if isinstance(row, dict) for key in row}
    for meaning, column in named.items():
        if (
            column
            and column[0] != ":"
            and column.partition(".")[0] not in every
            and column not in every
        ):
            known = ", ".join(sorted(every)[:20])
            raise UsageError(
                f"--map {meaning}={column}: no row has that column", hint=f"there are {known}"
            )
    if unused := jsonl.unused_columns(table):
        session.note(f"nothing is taken from the columns {', '.join(unused)}")
    bring_in(session, "jsonl", table, to.target(), broken)


COMMANDS: dict[str, Callable[..., None]] = {
    "hf": hf_command,
    "models-dev": models_dev_command,
    "openrouter": openrouter_command,
    "litellm": litellm_command,
    "ollama": ollama_command,
    "jsonl": jsonl_command,
}


def _today() -> str:
    """Return today's day: what was asked of a host just now was read today."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()
