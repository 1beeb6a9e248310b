"""The commands that start from a need: `search`, and `pick`, which remembers a choice."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.models import read_filters
from modelcmp.cli.options import FilterOptions, Options, common, takes
from modelcmp.cli.session import Session, complete_models, index_folder
from modelcmp.errors import UsageError

if TYPE_CHECKING:
    from modelcmp.comparison.hits import Hits
    from modelcmp.matching.search import SearchIndex

DEFAULT_LIMIT = 10


@takes(Options, FilterOptions)
def search_command(
    options: Options,
    filters: FilterOptions,
    need: Annotated[
        list[str],
        typer.Argument(metavar="NEED...", help="What it is for, in words.", show_default=False),
    ],
    literal: Annotated[
        bool, typer.Option("--literal", help="Look every word up; read no facts out of them.")
    ] = False,
    semantic: Annotated[
        bool, typer.Option("--semantic", help="Search by meaning too (extra modelcmp[semantic]).")
    ] = False,
    remember: Annotated[
        bool | None,
        typer.Option("--remember/--no-remember", help="Count this search as evidence, or do not."),
    ] = None,
) -> None:
    """Find the models that serve a need, the best fit first.

    Examples:

      modelcmp search "describe product photos offline, commercial use"

      modelcmp search "text to image under $0.05 per image" --json
    """
    text = " ".join(need).strip()
    if not text:
        raise UsageError("search needs words", hint='modelcmp search "describe photos offline"')
    session = Session(options, default_piped="tsv")
    session.makes_store = session.value("remember") if remember is None else remember
    hits = find_for(session, text, filters, literal=literal, semantic=semantic)
    session.emit(hits)
    if session.makes_store:
        _remember(session, text, [hit.ranked.card.id for hit in hits.models])
    if session.format.id == "tsv":
        for line in hits.understood:
            session.note(f"understood: {line}")
    for line, count in hits.unknown.items():
        models = "1 model" if count == 1 else f"{count} models"
        session.note(f"{line}: the cards of {models} do not say; left out")


def _remember(session: Session, text: str, shown: list[str]) -> None:
    from modelcmp.matching.memory import remember_search
    from modelcmp.matching.names import names_a_model

    names = (name for card in session.cards_by_id.values() for name in (card.id, card.name))
    store = session.store_path(make=True)
    query = remember_search(store, text, shown, _today(), names_a_model(names))
    session.note(f"remembered \u201c{query}\u201d; modelcmp pick MODEL adds your choice")


def _today() -> str:
    """Return the UTC day: of what somebody does now, never of a score."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


@common
def pick_command(
    options: Options,
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Id or alias.", autocompletion=complete_models, show_default=False,
        ),
    ],
    need: Annotated[
        str | None,
        typer.Option("--for", metavar="NEED", help="What for; the last remembered search else."),
    ] = None,
) -> None:  # fmt: skip
    """Count the model you chose for your last search, or for a need.

    Examples:

      modelcmp pick qwen2.5-vl-7b

      modelcmp pick sd35-large --for "poster with a slogan"
    """
    from modelcmp.matching.memory import pick_model

    session = Session(options)
    model = session.catalogue.get(name).id
    query = pick_model(session.store_path(make=True), model, _today(), need)
    session.note(f"{model} was picked for \u201c{query}\u201d")


def _semantic_index(session: Session) -> "SearchIndex":
    from modelcmp.matching.search import build_index

    cards, key = session.cards_by_id.values(), session.fingerprint
    return build_index(cards, session.catalogue.registry, index_folder(), key=key, semantic=True)


def find_for(
    session: Session,
    text: str,
    filters: FilterOptions | None = None,
    *,
    literal: bool = False,
    semantic: bool = False,
) -> "Hits":
    """Return the models of the session's catalogue that serve a need; all of them without filters."""
    from modelcmp.comparison.hits import find_hits
    from modelcmp.comparison.listing import Filters
    from modelcmp.matching.need import read_need

    registry = session.catalogue.registry
    cards = session.cards_by_id
    limit = (filters.limit or DEFAULT_LIMIT) if filters else len(cards)
    hits = find_hits(
        cards,
        read_need(text, registry, literal=literal),
        _semantic_index(session) if semantic else session.index,
        session.method,
        read_filters(session, filters, cards.values()) if filters else Filters(),
        limit=limit,
        literal=literal,
        learned=session.learned,
    )
    if session.look_again():
        return find_for(session, text, filters, literal=literal, semantic=semantic)
    return hits
