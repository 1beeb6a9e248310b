"""The commands under `import`: payloads read from files or hosts, cards written into one folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session, cache_path
from modelcmp.errors import CardError, CardProblem, UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.importers.draft import LeftOut
    from modelcmp.catalogue.importers.planning import Change, Plan, There
    from modelcmp.catalogue.loading import Catalogue

HELP = """Bring models in from other catalogues: new cards, or facts that cards lack.

What a person wrote in a card stays; where a source says something else, both values are shown.
"""

NAMED = 5
"""Rows left out that are named one by one; the others are counted."""

LISTED = 40
"""Rows of a table or page; JSON and TSV have all."""

PAYLOAD_BYTES = 64 * 1024 * 1024
ANSWER_BYTES = 16 * 1024 * 1024
"""A list of models is longer than the single answers that other commands ask for."""

Into = Annotated[
    str | None,
    typer.Option(
        "--into", metavar="DIR", help="Folder of the cards; the configured catalogue when left out.",
    ),
]  # fmt: skip
Day = Annotated[
    str | None,
    typer.Option("--day", metavar="DAY", help="Day on which the file was made or fetched."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PATTERN", help="Only names like this (*, ?); repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")]


class Target(NamedTuple):
    """Where an import writes, and how."""

    into: str | None
    day: str | None
    only: tuple[str, ...]
    dry_run: bool


def import_app() -> typer.Typer:
    """Return the group of these commands, to be added under the name `import`."""
    app = typer.Typer(
        name="import",
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for name, command in COMMANDS.items():
        app.command(name)(command)
    return app


@common
def hf_command(
    options: Options,
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
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Bring in repositories of the Hugging Face Hub.

    Examples:

      modelcmp import hf llava-hf/bakLlava-v1-hf --into my-cards

      modelcmp import hf --from model.json --from README.md --day 2026-11-20 --into my-cards
    """
    from modelcmp.catalogue.importers import hub

    session = Session(options, default_piped="tsv")
    if files:
        payload = _repositories(names or [], files)
    else:
        if not names:
            raise UsageError("no repository is named", hint="modelcmp import hf ORG/NAME")
        for name in names:
            if not hub.NAME.fullmatch(name):
                raise UsageError(f"{name} is no name of a repository", hint="write it as ORG/NAME")
        day = day or _today()
        payload = [hub.Repository(answer) for answer in _ask_hub(session, names)]
    _run(session, "hf", payload, Target(into, day, tuple(only or ()), dry_run))


@common
def models_dev_command(
    options: Options,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="api.json, or rows; - is standard input.")
    ],
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
) -> None:
    """Bring in models.dev, with every provider's price.

    Examples:

      modelcmp import models-dev api.json --day 2026-11-20 --only "claude*" --into my-cards

      modelcmp import models-dev api.json --day 2026-11-20 --dry-run --into my-cards
    """
    session = Session(options, default_piped="tsv")
    value, broken = _read_json(file)
    _run(session, "models-dev", value, Target(into, day, tuple(only or ()), dry_run), broken)


@common
def openrouter_command(
    options: Options,
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|URL]", help="A file, or an address to ask; OpenRouter's when left out.",
            show_default=False,
        ),
    ] = None,
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Bring in OpenRouter's list of models and prices.

    Examples:

      modelcmp import openrouter --only "anthropic/*" --into my-cards

      modelcmp import openrouter models.json --day 2026-11-20 --into my-cards
    """
    from modelcmp.catalogue.importers import openrouter

    session = Session(options, default_piped="tsv")
    address = place or openrouter.ADDRESS
    if address.startswith(("http://", "https://")):
        value = _ask(session, [address])[0]
        broken: list[LeftOut] = []
        day = day or _today()
    else:
        value, broken = _read_json(address)
    _run(session, "openrouter", value, Target(into, day, tuple(only or ()), dry_run), broken)


@common
def litellm_command(
    options: Options,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="model_prices_and_context_window.json; or -.")
    ],
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
) -> None:
    """Bring in LiteLLM's table of prices and limits.

    Examples:

      modelcmp import litellm model_prices_and_context_window.json --day 2026-11-20 --into my-cards

      modelcmp import litellm prices.json --day 2026-11-20 --only "gpt-*" --into my-cards
    """
    session = Session(options, default_piped="tsv")
    value, broken = _read_json(file)
    _run(session, "litellm", value, Target(into, day, tuple(only or ()), dry_run), broken)


@common
def ollama_command(
    options: Options,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="URL", help="Address of the server; OLLAMA_HOST, or this machine.",
        ),
    ] = None,
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Bring in what a running Ollama server holds.

    Examples:

      modelcmp import ollama --into my-cards

      modelcmp import ollama --host http://127.0.0.1:11434 --only "qwen*" --into my-cards
    """
    session = Session(options, default_piped="tsv")
    target = Target(into, day or _today(), tuple(only or ()), dry_run)
    _run(session, "ollama", _ask_ollama(_ollama_origin(host)), target)


@common
def jsonl_command(
    options: Options,
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
    into: Into = None,
    day: Day = None,
    only: Only = None,
    dry_run: DryRun = False,
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
    rows, broken = _read_rows(file)
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
    _run(session, "jsonl", table, Target(into, day, tuple(only or ()), dry_run), broken)


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


def _checked_day(day: str | None) -> str | None:
    if day is None:
        return None
    from modelcmp.catalogue.fields import check_day

    try:
        return check_day(day)
    except ValueError as error:
        raise UsageError(f"--day {day}: {error}") from None


def _run(
    session: Session, source: str, payload: Any, target: Target, broken: Sequence["LeftOut"] = ()
) -> None:
    """Turn a payload into cards and say what came of it."""
    from modelcmp.catalogue.importers import IMPORTERS
    from modelcmp.catalogue.importers.draft import Wanted
    from modelcmp.catalogue.importers.planning import plan_import
    from modelcmp.catalogue.loading import load_catalogue

    folder = own_folder(session, target.into)
    registry = load_catalogue(cache=cache_path()).registry
    wanted = Wanted(registry, _checked_day(target.day), target.only)
    imported = IMPORTERS[source].read(payload, wanted)
    catalogue = _catalogue_of(session, folder)
    names, paths = _names(catalogue) if catalogue else ({}, {})
    find = _finder(paths)
    plan = plan_import(imported, names, find, registry)
    plan = plan._replace(left_out=(*broken, *plan.left_out))
    places = {change.id: _place(change, folder, paths) for change in plan.changes}
    plan = _kept_inside(plan, places, folder)
    if not plan.changes:
        raise _nothing(plan, target)
    dry_run = target.dry_run or session.options.check
    if not dry_run:
        _write(plan.changes, places)
    session.emit(_report(session, plan, places, folder, dry_run=dry_run))
    _tell(session, "row", "left out", plan.left_out)
    _tell(session, "value", "not taken", plan.passed_over)


def own_folder(session: Session, into: str | None) -> Path:
    """Return the folder that cards go into; the built-in catalogue is nobody's to write to."""
    from modelcmp.catalogue.directories import HERE, find_root

    configured = session.value("catalogue")
    named = into or (configured[-1] if configured else None)
    if named is None:
        raise UsageError(
            "no folder is named for the cards",
            hint="add --into DIR, or set catalogue in modelcmp.toml",
        )
    folder = Path(named)
    if folder.resolve().is_relative_to(HERE.parent.resolve()):
        raise UsageError(f"{folder} belongs to the program", hint="name a folder of your own")
    if folder.is_dir():
        return find_root(folder).cards
    if folder.exists():
        raise UsageError(f"{folder} is not a folder", hint="--into takes a folder")
    return folder


def _catalogue_of(session: Session, folder: Path) -> "Catalogue | None":
    """Return the cards in use with those of the folder, which come last and count; None if none."""
    from modelcmp.catalogue.loading import load_catalogue

    directories = [d for d in session.value("catalogue") if Path(d).resolve() != folder.resolve()]
    if folder.is_dir():
        directories.append(str(folder))
    builtin = session.value("builtin")
    if not builtin and not directories:
        return None
    return load_catalogue(directories, builtin=builtin, cache=cache_path())


def _names(catalogue: "Catalogue") -> tuple[dict[str, str], dict[str, Path]]:
    """Return what each card is called, names of several cards left out, and the file of each id."""
    entries, _ = catalogue.names()
    claims: dict[str, set[str]] = {}
    for entry in entries:
        for name in entry.names:
            claims.setdefault(name.casefold(), set()).add(entry.id)
    names = {name: next(iter(ids)) for name, ids in claims.items() if len(ids) == 1}
    names |= {entry.id: entry.id for entry in entries}
    # A file that cannot be read is not in the entries, and must not be written over either.
    paths = {path.stem: path for root in catalogue.roots for path in _files(root.cards)}
    return names, paths


def _files(folder: Path) -> Iterator[Path]:
    from modelcmp.catalogue.directories import walk

    yield from walk(folder, [])


def _finder(paths: dict[str, Path]) -> Callable[[str], "There | None"]:
    from modelcmp.catalogue.directories import read_bytes
    from modelcmp.catalogue.importers.planning import There
    from modelcmp.catalogue.reader import decode

    def find(model_id: str) -> There | None:
        path = paths.get(model_id)
        if path is None:
            return None
        data = read_bytes(path)
        decode(data, str(path))
        return There(data.decode("utf-8-sig"), str(path))

    return find


def _place(change: "Change", folder: Path, paths: dict[str, Path]) -> Path:
    """Return the file of a card: its own where the folder holds it, else one named by its id."""
    held = paths.get(change.id)
    if held is not None and held.resolve().is_relative_to(folder.resolve()):
        return held
    return folder / f"{change.id}.yaml"


def _kept_inside(plan: "Plan", places: dict[str, Path], folder: Path) -> "Plan":
    """Return the plan without the cards whose file is a link that leads out of the folder."""
    from modelcmp.catalogue.importers.draft import LeftOut

    root = folder.resolve()
    outside = [c for c in plan.changes if not places[c.id].resolve().is_relative_to(root)]
    told = [LeftOut(str(places[c.id]), "is a link out of the folder") for c in outside]
    changes = tuple(c for c in plan.changes if c not in outside)
    return plan._replace(changes=changes, left_out=(*plan.left_out, *told))


def _write(changes: Sequence["Change"], places: dict[str, Path]) -> None:
    from modelcmp.cli.streams import write_file
    from modelcmp.errors import OutputError

    for change in changes:
        if change.was is not None and not change.differences:
            continue
        place = places[change.id]
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "cannot be made").lower()
            raise OutputError(f"{place.parent}: {reason}") from None
        write_file(place, change.text)


def _nothing(plan: "Plan", target: Target) -> CardError:
    """Return the error of an import that gives no card at all."""
    problems = tuple(CardProblem(where, 0, 0, "", why) for where, why in plan.left_out)
    hint = "--only names nothing there" if target.only and not problems else None
    return CardError("no card can be made of it", problems=problems, hint=hint)


def _report(
    session: Session, plan: "Plan", places: dict[str, Path], folder: Path, *, dry_run: bool
) -> object:
    from modelcmp.comparison.explain import Facts

    new = [change for change in plan.changes if change.was is None]
    changed = [change for change in plan.changes if change.was and change.differences]
    same = len(plan.changes) - len(new) - len(changed)
    counts = [
        f"{_many(len(new), 'new card')}",
        f"{_many(len(changed), 'card')} changed",
        f"{same} as before",
    ]
    told = f"{', '.join(counts)}; {_many(len(plan.left_out), 'row')} left out."
    if dry_run:
        told = f"Nothing was written. It would be: {told}"
    rows = [row for change in plan.changes for row in _rows(change, places[change.id])]
    if session.format.id == "tsv":  # which has no place for a sentence
        session.note(f"into {folder}: {told}")
    if session.format.id not in ("json", "tsv") and len(rows) > LISTED:
        rows = [*rows[:LISTED], (f"and {len(rows) - LISTED} more", "", "--format tsv lists all")]
    return Facts("import", "import", f"Into {folder}", told, tuple(rows), ("Card", "What", "How"))


def _rows(change: "Change", place: Path) -> Iterator[tuple[str, str, str]]:
    if change.was is None:
        yield change.id, "new card", str(place)
        return
    if change.differences and change.was.file != str(place):
        yield change.id, "begins as a copy", f"{_short_place(change.was.file)} stays as it is"
    for path, old, new in change.differences:
        yield (
            change.id,
            path,
            f"{_said(old)} → {_said(new)}" if old is not None else f"added {_said(new)}",
        )
    for path, held, brought in change.kept:
        yield change.id, path, f"kept {_said(held)}; the source says {_said(brought)}"


def _short_place(file: str) -> str:
    """Return a file in words that fit a row: a built-in card is found by its id."""
    from modelcmp.catalogue.directories import DATA

    return "the built-in card" if Path(file).is_relative_to(DATA) else file


def _said(value: Any) -> str:
    """Return a value of a card in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        skipped = ("source", "description", "id")
        return _said(", ".join(_said(v) for k, v in value.items() if k not in skipped))
    if isinstance(value, list):
        return _said(", ".join(map(_said, value)))
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 80 else f"{text[:79]}…"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _tell(session: Session, word: str, what: str, rows: Sequence["LeftOut"]) -> None:
    """Count what no card holds, and name the first of it."""
    from modelcmp.cli.streams import write_err

    if not rows or session.options.quiet:
        return
    more = f", the first {NAMED}" if len(rows) > NAMED else ""
    lines = [f"note: {_many(len(rows), word)} {what}{more}:"]
    write_err([*lines, *(f"  {where}: {why}" for where, why in _of_each_kind(rows)[:NAMED])])


def _of_each_kind(rows: Sequence["LeftOut"]) -> list["LeftOut"]:
    """Return the rows with the first of each reason before the others."""
    firsts: dict[str, LeftOut] = {}
    for row in rows:
        firsts.setdefault(row.reason, row)
    return [*firsts.values(), *(row for row in rows if firsts[row.reason] is not row)]


def _read_bytes(file: str) -> bytes:
    import sys

    try:
        if file == "-":
            data = sys.stdin.buffer.read(PAYLOAD_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(PAYLOAD_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > PAYLOAD_BYTES:
        raise UsageError(f"{file}: is larger than 64 MiB")
    return data


def _read_text(file: str) -> str:
    try:
        return _read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: byte {error.start + 1} is not UTF-8") from None


def _parse(text: str) -> Any:
    """Return a JSON value; raises ValueError, also for numbers that are none."""
    import json

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not a number")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _read_json(file: str) -> tuple[Any, list["LeftOut"]]:
    """Return the value of a JSON file, or the rows of JSON lines with those that are none."""
    text = _read_text(file)
    try:
        return _parse(text), []
    except ValueError:
        rows, broken = _lines(text, file)
        if not rows:
            first = broken[0].reason if broken else "is empty"
            raise UsageError(f"{file}: is neither JSON nor JSON lines: {first}") from None
        return [row for _, row in rows], broken


def _lines(text: str, file: str) -> tuple[list[tuple[str, Any]], list["LeftOut"]]:
    from modelcmp.catalogue.importers.draft import LeftOut

    rows: list[tuple[str, Any]] = []
    broken: list[LeftOut] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            rows.append((where, _parse(line)))
        except ValueError as error:
            broken.append(LeftOut(where, f"is not JSON: {str(error).lower()}"))
    return rows, broken


def _read_rows(file: str) -> tuple[list[tuple[str, Any]], list["LeftOut"]]:
    """Return the rows of a table, each with its line, from JSON lines, a JSON list or CSV."""
    text = _read_text(file)
    if file.casefold().endswith(".csv"):
        import csv
        from io import StringIO

        reader = csv.DictReader(StringIO(text, newline=""), restkey="", restval=None)
        try:
            return [(f"{file}:{reader.line_num}", row) for row in reader], []
        except csv.Error as error:
            raise UsageError(f"{file}:{reader.line_num}: is not CSV: {error}") from None
    try:
        whole = _parse(text)
    except ValueError:
        rows, broken = _lines(text, file)
        if not rows:
            first = broken[0].reason if broken else "is empty"
            raise UsageError(f"{file}: holds no row: {first}") from None
        return rows, broken
    if not isinstance(whole, list):
        return [(f"{file}:1", whole)], []
    return [(f"{file}, entry {number}", row) for number, row in enumerate(whole, 1)], []


def _repositories(names: Sequence[str], files: Sequence[str]) -> list[Any]:
    """Return what files say of one repository, or a list of repositories the API sent."""
    from modelcmp.catalogue.importers import hub

    models: list[Any] = []
    readme, results = None, []
    for file in files:
        suffix = Path(file).suffix.casefold()
        if suffix == ".json":
            value, _ = _read_json(file)
            models += value if isinstance(value, list) else [value]
        elif suffix == ".md":
            readme = _read_text(file)
        elif suffix in (".yaml", ".yml"):
            results.append(_read_text(file))
        else:
            raise UsageError(f"{file}: --from takes .json, .md or .yaml")
    models = models or [{"id": name} for name in names]
    if (readme or results) and len(models) != 1:
        raise UsageError("a README or results belong to one repository", hint="name it: ORG/NAME")
    if names and (readme or results) and isinstance(models[0], dict):
        models[0] = {**models[0], "id": names[0]}
    return [hub.Repository(model, readme, tuple(results)) for model in models]


def _fetcher(session: Session | None, addresses: Sequence[str], *, loopback: bool = False) -> Any:
    """Return what asks the hosts of these addresses, each with its own token alone."""
    from urllib.parse import urlsplit

    from modelcmp.catalogue.fetching import (
        GITHUB,
        HUB,
        LOOPBACK,
        OPENROUTER,
        Bounds,
        Fetcher,
        answers_path,
        other_host,
    )  # fmt: skip

    known = {host.origin: host for host in (HUB, GITHUB, OPENROUTER)}
    origins = dict.fromkeys(
        f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)
    )
    hosts = [known.get(origin) or other_host(origin) for origin in origins]
    return Fetcher(
        hosts,
        environment=os.environ,
        cache=answers_path(os.environ),
        loopback=loopback or bool(os.environ.get(LOOPBACK)),
        bounds=Bounds(answer_bytes=ANSWER_BYTES),
        tell=session.note if session else lambda _: None,
    )


def _ask(session: Session, addresses: Sequence[str]) -> list[Any]:
    with _fetcher(session, addresses) as fetcher:
        return [fetcher.get_json(address) for address in addresses]


def _ask_hub(session: Session, names: Sequence[str]) -> list[Any]:
    """Return the Hub's answers; a repository that cannot be had is named, the others stay."""
    from modelcmp.catalogue.importers import hub
    from modelcmp.errors import FetchError

    answers: list[Any] = []
    failures: list[CardProblem] = []
    base = os.environ.get("HF_ENDPOINT", "").rstrip("/") or hub.ADDRESS
    with _fetcher(session, [base]) as fetcher:
        for name in names:
            try:
                address = hub.model_address(name).replace(hub.ADDRESS, base, 1)
                answers.append(fetcher.get_json(address))
            except FetchError as error:
                failures.append(CardProblem(name, 0, 0, "", error.message))
                last = error
    if not answers:
        raise (
            last
            if len(failures) == 1
            else CardError("no repository can be had", problems=tuple(failures), hint=last.hint)
        )
    for problem in failures:
        session.note(str(problem))
    return answers


def _ollama_origin(host: str | None) -> str:
    """Return the server's address as scheme, name and port; OLLAMA_HOST may lack the first and last."""
    from urllib.parse import urlsplit

    from modelcmp.catalogue.importers import ollama

    named = (host or os.environ.get("OLLAMA_HOST") or ollama.ADDRESS).strip().rstrip("/")
    parts = urlsplit(named if "://" in named else f"http://{named}")
    try:
        port = parts.port or {"https": 443}.get(parts.scheme, 11434)
    except ValueError:
        raise UsageError(f"{named} is no address", hint=f"write it as {ollama.ADDRESS}") from None
    name = "127.0.0.1" if parts.hostname in (None, "0.0.0.0", "localhost") else parts.hostname
    return f"{parts.scheme}://{name}:{port}"


def _ask_ollama(origin: str) -> dict[str, Any]:
    """Return what the server says of each model it holds."""
    from modelcmp.errors import FetchError

    with _fetcher(None, [origin], loopback=True) as fetcher:
        try:
            tags = fetcher.get_json(f"{origin}/api/tags")
        except FetchError as error:
            hint = "is Ollama running? --host URL names another server"
            raise FetchError(error.kind, error.message, hint=hint) from None
        models = tags.get("models") if isinstance(tags, dict) else None
        names = [
            m["name"]
            for m in models or ()
            if isinstance(m, dict) and isinstance(m.get("name"), str)
        ]
        shown = {name: fetcher.post_json(f"{origin}/api/show", {"model": name}) for name in names}
    return {"tags": tags, "show": shown}
