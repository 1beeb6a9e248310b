"""The commands for those who write cards: `new`, `validate` and `schema`."""

from pathlib import Path
from typing import Annotated

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session, cache_path
from modelcmp.errors import (
    CardError,
    CardProblem,
    GateError,
    UnknownNameError,
    UsageError,
    did_you_mean,
)

SCHEMAS = ("card", "comparison")


@common
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


@common
def validate_command(
    options: Options,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Cards or folders; the catalogue in use when left out.",
            show_default=False,
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 even when something is wrong.")
    ] = False,
) -> None:  # fmt: skip
    """Check cards: every problem as file:line:column, exit 1 if there is any.

    Examples:

      modelcmp validate

      modelcmp validate my-cards/ --json
    """
    session = Session(options, default_piped="tsv")
    count, problems = _validate(session, paths or [])
    cards = "1 card" if count == 1 else f"{count} cards"
    if session.format.id in ("json", "markdown") or session.options.output:
        session.emit(_as_facts(cards, problems))
    elif problems:
        session.emit_text("".join(f"{_visible(str(problem))}\n" for problem in problems))
    if problems and not exit_zero:
        raise GateError(
            f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in {cards}",
            hint="modelcmp schema card shows what a card may hold",
        )
    session.note(f"{cards} checked, {len(problems) or 'no'} problem{'s' * (len(problems) != 1)}")


def _visible(text: str) -> str:
    from modelcmp.render.clean import visible

    return visible(text)


def _as_facts(cards: str, problems: list[CardProblem]) -> object:
    from modelcmp.comparison.explain import Facts

    rows = tuple(
        (f"{p.file}:{p.line}:{p.column}" if p.line else p.file, p.field, p.message)
        for p in problems
    )
    columns = ("Where", "Field", "Problem")
    return Facts("problems", "validate", "Problems", f"{cards} checked.", rows, columns)


def _validate(session: Session, paths: list[str]) -> tuple[int, list[CardProblem]]:
    """Return how many files were looked at and everything wrong with them, sorted."""
    from modelcmp.catalogue.loading import load_catalogue

    if not paths:
        loaded = session.catalogue.load_all()
        bad = {problem.file for problem in loaded.problems if problem.line}
        return len(loaded.cards) + len(bad), sorted(loaded.problems)
    count = 0
    problems: list[CardProblem] = []
    for path in paths:
        if Path(path).is_dir():
            catalogue = load_catalogue([path], builtin=False, cache=cache_path())
            loaded = catalogue.load_all()
            count += len(loaded.cards) + len({p.file for p in loaded.problems if p.line})
            problems += loaded.problems
        else:
            count += 1
            try:
                session.catalogue.load(Path(path))
            except CardError as error:
                problems += error.problems
    return count, sorted(problems)


@common
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
    """Print the JSON Schema of a card, or of the JSON that compare prints.

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
