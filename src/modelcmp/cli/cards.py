"""The commands for those who write cards: `validate` and `schema`."""

from pathlib import Path
from typing import Annotated

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session, cache_path
from modelcmp.errors import CardError, CardProblem, GateError, UnknownNameError, did_you_mean

SCHEMAS = ("card", "comparison")


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
