"""Which models a list holds, and in which order: the filters and sort keys of list and rank."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.comparison.facts import offer_price
from modelcmp.errors import UnknownNameError, did_you_mean, squash
from modelcmp.scoring.rank import Method, RankedModel, in_order, rank_model
from modelcmp.scoring.scales import first_day
from modelcmp.scoring.signals import DIMENSIONS


class Filters(NamedTuple):
    """What a model must meet to be listed. None asks for nothing; unknown never meets a filter."""

    tasks: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    open_weights: bool = False
    commercial: bool = False
    max_price: float | None = None
    min_context: int | None = None


class Listing(NamedTuple):
    """Ranked models in the order asked for, and how many the filters could not judge."""

    models: tuple[RankedModel, ...]
    places: dict[str, int]
    method: Method
    unknown: dict[str, int]
    """Models left out because the fact a filter asks for is not in their card, by filter."""
    by_rank: bool


SORT_KEYS: dict[str, str] = {
    "rank": "rank, the highest first",
    "id": "id, in alphabetical order",
    "released": "release day, the newest first",
    "price": "lowest price known, the cheapest first",
    "context": "context window, the longest first",
    "parameters": "number of parameters, the smallest first",
    **{d.id: f"score of {d.title.lower()}, the highest first" for d in DIMENSIONS},
}
"""What `--sort` takes; unknown comes last whatever the key."""


def make_listing(
    cards: Sequence[ModelCard],
    method: Method,
    filters: Filters,
    *,
    sort: str = "rank",
    limit: int | None = None,
) -> Listing:
    """Return the models that meet the filters, ranked and sorted.

    Places count among the models listed before the limit is applied. Raises UnknownNameError for a
    sort key that is none.
    """
    from modelcmp.comparison.compare import places  # search filters too, and never compares

    if sort not in SORT_KEYS:
        raise UnknownNameError(
            f"cannot sort by {sort}",
            hint=did_you_mean(sort, SORT_KEYS) or f"there are {', '.join(SORT_KEYS)}",
        )
    kept = [card for card in cards if not failing(card, filters)]
    ranked = in_order([rank_model(card, method) for card in kept])
    found = sorted(ranked, key=lambda model: _sort_key(model, sort))
    return Listing(
        models=tuple(found[:limit] if limit is not None else found),
        places=places(ranked),
        method=method,
        unknown=_unjudged(cards, filters),
        by_rank=sort == "rank",
    )


def pack_listing(listing: Listing) -> str:
    """Return which models a list holds, at which places, as JSON text."""
    ids = [model.card.id for model in listing.models]
    places = [listing.places[name] for name in ids]
    return json.dumps([ids, places, listing.unknown, listing.by_rank])


def unpack_listing(text: str, cards: Mapping[str, ModelCard], method: Method) -> Listing | None:
    """Return the list of `pack_listing` with the cards as they are, None for another text."""
    try:
        ids, places, unknown, by_rank = json.loads(text)
        models = tuple(rank_model(cards[name], method) for name in ids)
        return Listing(models, dict(zip(ids, places, strict=True)), method, unknown, by_rank)
    except (ValueError, TypeError, LookupError):
        return None


def check_words(filters: Filters, cards: Collection[ModelCard]) -> None:
    """Raise UnknownNameError for a licence or maker that no card knows, so that a slip shows."""
    if not (filters.licences or filters.makers):
        return
    licences = {card.licence.id.removeprefix("LicenseRef-") for card in cards if card.licence}
    spelled = {squash(name) for name in licences} | {squash(f"LicenseRef-{n}") for n in licences}
    for word in filters.licences:
        if squash(word) not in spelled | _CLASSES:
            names = [*sorted(licences), *CLASSES]
            hint = did_you_mean(word, names) or f"there are {', '.join(names)}"
            raise UnknownNameError(f"no licence or class here is called {word}", hint=hint)
    makers = sorted({card.maker for card in cards})
    for word in filters.makers:
        if not any(squash(word) and squash(word) in squash(maker) for maker in makers):
            hint = did_you_mean(word, makers) or f"there are {', '.join(makers)}"
            raise UnknownNameError(f"no maker here is called {word}", hint=hint)


def failing(card: ModelCard, filters: Filters) -> list[str]:
    """Return the names of the filters a card does not meet."""
    return [name for name, test in _tests(filters).items() if test(card) is not True]


def _unjudged(cards: Sequence[ModelCard], filters: Filters) -> dict[str, int]:
    counts = {
        name: sum(test(card) is None for card in cards) for name, test in _tests(filters).items()
    }
    return {name: count for name, count in counts.items() if count}


def _tests(filters: Filters) -> dict[str, Callable[[ModelCard], bool | None]]:
    """Return the tests asked for. Each answers True, False, or None when the card does not say."""
    tests: dict[str, Callable[[ModelCard], bool | None]] = {}
    if filters.tasks:
        tests["task"] = lambda card: any(task in card.tasks for task in filters.tasks)
    if filters.licences:
        tests["licence"] = lambda card: _licence_is(card, filters.licences)
    if filters.makers:
        makers = [squash(maker) for maker in filters.makers]
        tests["maker"] = lambda card: any(m and m in squash(card.maker) for m in makers)
    if filters.open_weights:
        tests["open-weights"] = lambda card: card.weights.open if card.weights else None
    if filters.commercial:
        tests["commercial"] = _allows_commerce
    if (price := filters.max_price) is not None:
        tests["max-price"] = lambda card: _costs_at_most(card, price)
    if (tokens := filters.min_context) is not None:
        tests["min-context"] = lambda card: _takes_at_least(card, tokens)
    return tests


CLASSES = ("permissive", "copyleft", "use-restricted", "community", "research", "closed")
_CLASSES = {squash(name) for name in CLASSES}


def _licence_is(card: ModelCard, wanted: tuple[str, ...]) -> bool | None:
    if card.licence is None:
        return None
    names = {squash(card.licence.id), squash(card.licence.id.removeprefix("LicenseRef-"))}
    words = {squash(word) for word in wanted}
    if words & (names | {squash(card.licence.licence_class or "no class")}):
        return True
    # A class can only be asked of a card that states one; an id is there for all to see.
    asks_for_class = not words.isdisjoint(_CLASSES)
    return None if asks_for_class and card.licence.licence_class is None else False


def _allows_commerce(card: ModelCard) -> bool | None:
    if card.licence is None or card.licence.commercial is None:
        return None
    return card.licence.commercial in ("allowed", "conditional")


def _costs_at_most(card: ModelCard, price: float) -> bool | None:
    offers = card.pricing.offers
    return any(offer_price(offer) <= price for offer in offers) if offers else None


def _takes_at_least(card: ModelCard, tokens: int) -> bool | None:
    if card.context is None or card.context.tokens is None:
        return None
    return card.context.tokens >= tokens


def _sort_key(model: RankedModel, sort: str) -> tuple[bool, float, str]:
    value = _sort_value(model, sort)
    # The list comes in rank order and sorting is stable: equal values stay in it.
    return (value is None, value or 0.0, model.card.id if sort == "id" else "")


def _sort_value(model: RankedModel, sort: str) -> float | None:
    card = model.card
    if sort == "rank":
        return -model.rank.value
    if sort == "id":
        return 0.0
    if sort == "released":
        return -float(first_day(card.released.day).toordinal()) if card.released else None
    if sort == "price":
        return min((offer_price(offer) for offer in card.pricing.offers), default=None)
    if sort == "context":
        return -float(card.context.tokens) if card.context and card.context.tokens else None
    if sort == "parameters":
        return float(card.weights.parameters) if card.weights and card.weights.parameters else None
    score = model.dimension(sort)
    return -score.score if score.known and score.score is not None else None
