"""The commands for those who write cards: `new`, `validate` and `schema`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.options import SCORING, Options, takes
from modelcmp.cli.session import Session, cache_path
from modelcmp.errors import (
    CardError,
    CardProblem,
    GateError,
    UnknownNameError,
    UsageError,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.loading import Catalogue
    from modelcmp.render import Format

SCHEMAS = ("card", "comparison")


@takes(Options, without=(*SCORING, "format", "json"))
def new_command(
    options: Options,
    model_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="Lower case letters, digits, dots and hyphens."),
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name as the maker writes it.")
    ] = None,
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="What the model is for.")
    ] = "text-generation",
    into: Annotated[
        str | None,
        typer.Option(
            "--into", metavar="DIR", help="Folder of the card; the configured catalogue, or none.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Write a card to fill in: valid as it is, every field explained.

    Goes to --into DIR, -o FILE or the configured catalogue, else to standard output.

    Examples:

      modelcmp new my-model --into my-cards

      modelcmp new my-painter --task text-to-image -o my-painter.yaml
    """
    from modelcmp.cli.streams import write_file

    session = Session(options)
    text = _new_card(model_id, name, task)
    if options.output == "-" or options.check:
        session.emit_text(text)
        return
    place = Path(options.output) if options.output else _new_place(session, model_id, into)
    if place is None:
        session.emit_text(text)
        return
    if place.stem != model_id:
        raise UsageError(
            f"{place.name}: a card's file is named by its id", hint=f"call it {model_id}.yaml"
        )
    if place.exists() or place.is_symlink():
        raise UsageError(f"{place} is there already", hint=f"modelcmp show {model_id} shows it")
    write_file(place, text)
    session.note(f"wrote {place}; modelcmp validate {place} checks it")


def _new_card(model_id: str, name: str | None, task: str) -> str:
    """Return the text of a card to fill in; raises UsageError for an id that no card can have."""
    from modelcmp.catalogue.checking import check_card
    from modelcmp.catalogue.importers.draft import make_id
    from modelcmp.catalogue.loading import load_catalogue
    from modelcmp.catalogue.reader import parse_yaml
    from modelcmp.catalogue.template import card_template

    registry = load_catalogue(cache=cache_path()).registry
    if task not in registry.tasks:
        raise UnknownNameError(
            f"no task is called {task}",
            hint=did_you_mean(task, registry.tasks) or "docs/cards.md names them",
        )
    row = registry.tasks[task]
    text = card_template(model_id, name or model_id, task, row.input, row.output)
    document = parse_yaml(text.encode(), f"{model_id}.yaml")
    if problems := check_card(document, registry):
        told = "; ".join(f"{problem.field} {problem.message}" for problem in problems)
        better = make_id(model_id)
        raise UsageError(told, hint=f"modelcmp new {better}" if better else None)
    return text


def _new_place(session: Session, model_id: str, into: str | None) -> Path | None:
    """Return the file of a new card, or None when no folder is named anywhere."""
    from modelcmp.cli.filing import own_folder

    if into is None and not session.value("catalogue"):
        return None
    folder = own_folder(session, into)
    if not folder.is_dir():
        folder.mkdir(parents=True)
    held = session.catalogue.find_files(model_id) if _reads_any(session) else []
    if held:
        session.note(f"{held[-1]} has the same id; the new card will count instead of it")
    return folder / f"{model_id}.yaml"


def _reads_any(session: Session) -> bool:
    return bool(session.value("builtin") or session.value("catalogue"))


@takes(
    Options,
    formats="auto, table, markdown, json, tsv or github.",
    without=[name for name in SCORING if name != "as_of"],
)
def validate_command(
    options: Options,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Cards or folders; the catalogue in use when left out.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Look for facts that can hardly be true as well.")
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 even when something is wrong.")
    ] = False,
) -> None:  # fmt: skip
    """Check cards; every problem as file:line:column, exit 1 if any.

    Errors keep a card out; warnings come of --strict alone; notices never change the exit code.

    Examples:

      modelcmp validate --strict

      modelcmp validate my-cards/ --format github
    """
    from modelcmp.comparison.findings import failing_problems, report_findings, tally_text
    from modelcmp.comparison.tables import count

    session = Session(options, default_piped="tsv", formats=_check_formats())
    cards, problems = _validate(session, paths or [], strict=strict)
    if session.format.id == "github":
        from modelcmp.render.github import render_findings

        # An annotation finds its line only by a path as the repository has it.
        session.emit_text(render_findings([_from_here(problem) for problem in problems], cards))
    elif session.format.id in ("json", "markdown") or session.options.output:
        session.emit(report_findings(problems, cards, strict=strict))
    elif problems:
        session.emit_text("".join(_lines(problems)))
    told = f"{tally_text(problems)} in {count(cards, 'card')}"
    if failing_problems(problems) and not exit_zero:
        raise GateError(told, hint="modelcmp schema card shows what a card may hold")
    session.note(f"{count(cards, 'card')} checked, {tally_text(problems)}")


def _from_here(problem: CardProblem) -> CardProblem:
    path, here = Path(problem.file), Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return problem._replace(file=path.relative_to(here).as_posix()) if inside else problem


def _check_formats() -> "dict[str, Format]":
    from modelcmp.render import FORMATS, Format

    github = Format("github", (), "annotations beside the lines of a pull request", False)
    return {**FORMATS, "github": github}


def _lines(problems: "Sequence[CardProblem]") -> "Iterator[str]":
    """Yield each problem on a line, and what to do about it where that was not just said."""
    from modelcmp.catalogue.codes import severity
    from modelcmp.comparison.findings import hint_of
    from modelcmp.render.clean import no_command, visible

    said = ""
    for problem in problems:
        yield f"{no_command(visible(f'{problem} [{severity(problem.code)}: {problem.code}]'))}\n"
        if (hint := hint_of(problem)) != said:
            yield f"  hint: {visible(hint)}\n"
        said = hint


def _validate(
    session: Session, paths: "Sequence[str]", *, strict: bool
) -> "tuple[int, list[CardProblem]]":
    """Return how many files were looked at and everything wrong with them, sorted."""
    from modelcmp.catalogue.loading import load_catalogue

    folders = [path for path in paths if Path(path).is_dir()]
    catalogues = [
        load_catalogue([f], builtin=False, cache=cache_path(), share=True) for f in folders
    ]
    files = [Path(path) for path in paths if path not in folders]
    if not paths:
        catalogues = [session.catalogue]
    count = 0
    problems: list[CardProblem] = []
    checked: list[tuple[Catalogue, ModelCard, Path]] = []
    for catalogue in catalogues:
        loaded = catalogue.load_all()
        count += len(loaded.cards) + len({p.file for p in loaded.problems if p.line})
        problems += loaded.problems
        where = catalogue.paths() if strict else {}
        checked += [(catalogue, card, where[card.id]) for card in loaded.cards if strict]
    for path in files:
        count += 1
        try:
            checked.append((session.catalogue, session.catalogue.load(path), path))
        except CardError as error:
            problems += error.problems
    if strict:
        problems += _doubts(session, checked)
    return count, sorted(problems)


def _doubts(
    session: Session, checked: "list[tuple[Catalogue, ModelCard, Path]]"
) -> "Iterator[CardProblem]":
    """Yield what is doubtful about cards that are valid, each held against its own catalogue."""
    from modelcmp.catalogue.directories import read_bytes
    from modelcmp.catalogue.reader import parse_yaml
    from modelcmp.catalogue.strict import Doubt, Surroundings, check_strictly, place
    from modelcmp.scoring.doubts import find_spread
    from modelcmp.scoring.values import Circumstances

    registry = session.catalogue.registry
    names = dict(_names(session.catalogue))
    for catalogue in {id(c): c for c, _, _ in checked}.values():
        names.update(_names(catalogue))
    names.update((card.id, card.id) for _, card, _ in checked)
    for catalogue, card, path in checked:
        as_of = session.day_or(catalogue.as_of)
        document = parse_yaml(read_bytes(path), str(path))
        yield from check_strictly(document, card, Surroundings(registry, as_of, names))
        if spread := find_spread(card, Circumstances(registry, as_of)):
            number = next(n for n, m in enumerate(card.metrics) if m.metric == spread.low.id)
            yield place(document, Doubt(("metrics", number), "signal-spread", spread.text))


def _names(catalogue: "Catalogue") -> "Iterator[tuple[str, str]]":
    for entry in catalogue.names()[0]:
        yield from ((name.casefold(), entry.id) for name in (*entry.names, entry.id))


@takes(Options, without=SCORING)
def schema_command(
    options: Options,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[card|comparison]", help="Which schema.",
            autocompletion=lambda incomplete: [n for n in SCHEMAS if n.startswith(incomplete)],
        ),
    ] = "card",
) -> None:  # fmt: skip
    """Print the JSON Schema of a card or of a comparison.

    Examples:

      modelcmp schema card -o card.json

      modelcmp schema comparison | jq .required
    """
    import json

    from modelcmp.catalogue.directories import DATA

    if name not in SCHEMAS:
        raise UnknownNameError(
            f"no schema is called {name}",
            hint=did_you_mean(name, SCHEMAS) or f"there are {' and '.join(SCHEMAS)}",
        )
    session = Session(options, default_piped="json")
    if name == "card":
        from modelcmp.catalogue.checking import card_schema

        schema = card_schema(session.catalogue.registry)
        session.emit_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n")
    else:
        session.emit_text((DATA / "schema" / "comparison.json").read_text(encoding="utf-8"))
