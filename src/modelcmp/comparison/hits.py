"""What a search found: models that serve a need, how well, why, and what was understood of it.

Renderers only write: which models are shown, in which order, and every reason is decided here.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.listing import Filters, failing
from modelcmp.matching.need import Need, lacking, meets
from modelcmp.matching.search import Match, SearchIndex
from modelcmp.scoring.rank import Method, RankedModel, in_order, rank_model, rounded

if TYPE_CHECKING:
    from modelcmp.matching.learned import Learned

LEAST_FIT = 20.0
"""Below this a model serves a need so little that it is only called the nearest."""

NOTHING = "No model here serves that need."
NEAREST = "No model here serves that need; these come nearest."


class Hit(NamedTuple):
    """A model found. `fit` is 0-100; `words` stand as in the query; `lacks` says what it misses."""

    ranked: RankedModel
    fit: float
    capability: str | None
    """Id of the capability that matched, or None when the model as a whole did."""
    title: str
    """Title of that capability; empty when there is none."""
    words: tuple[str, ...]
    meaning: bool
    picked: int = 0
    """How often it was picked for similar searches of the loaded log."""
    lacks: tuple[str, ...] = ()


class Hits(NamedTuple):
    """Everything a search says, the best fit first."""

    models: tuple[Hit, ...]
    understood: tuple[str, ...]
    query: str
    literal: bool
    method: Method
    nearest: bool
    """Whether nothing serves the need, so that these only come nearest."""
    unknown: dict[str, int]
    """How many cards do not say whether they meet a fact, by the fact's line."""


def find_hits(
    cards: Mapping[str, ModelCard],
    need: Need,
    index: SearchIndex,
    method: Method,
    filters: Filters,
    *,
    limit: int,
    literal: bool = False,
    learned: "Learned | None" = None,
) -> Hits:
    """Return the models that meet all facts and filters and answer the words, the best fit first.

    With nothing to look up beside the facts, all that meet them fit fully and the rank orders them.
    When there are none, the nearest are those that match the words and lack a fact, then those with words
    spelt almost so, then those that meet the facts.
    """
    registry = method.circumstances.registry

    anything = not need.facts and filters == Filters()

    @cache
    def lacks(model: str) -> tuple[str, ...]:
        # Where nothing is asked of a card, none is loaded to be asked.
        return () if anything else _lacks(cards[model], need, filters, registry)

    def keep(model: str) -> bool:
        return not lacks(model)

    lifts = learned.lifts(need.words) if learned else {}
    if need.only_facts:
        found = _by_facts(cards.values(), keep, index.search(need.words, keep=keep), method)[:limit]
        nearest = not found
    else:
        matches = index.search(need.words, limit, keep=keep, lifts=lifts)
        found = [_hit(match, cards[match.model], method) for match in matches]
        nearest = not found or found[0].fit < LEAST_FIT
    if not found:
        matches = index.search(need.words, limit)
        found = [_hit(match, cards[match.model], method) for match in matches]
    if not found:
        matches = index.nearest(need.words, limit)
        found = [_hit(match, cards[match.model], method) for match in matches]
    if not found and (need.facts or filters != Filters()):
        found = [
            hit._replace(fit=0.0) for hit in _by_facts(cards.values(), keep, (), method)[:limit]
        ]
    return Hits(
        models=tuple(hit._replace(lacks=lacks(hit.ranked.card.id)) for hit in found),
        understood=need.understood,
        query=need.text,
        literal=literal,
        method=method,
        nearest=nearest,
        unknown=_unknown(cards.values(), need, registry),
    )


def reason_text(hit: Hit) -> str:
    """Return why a model was found: the capability, and the words or the meaning that matched."""
    why = ", ".join(hit.words) if hit.words else ""
    if hit.meaning:
        why = f"{why}, meaning" if why else "meaning"
    if hit.picked:
        times = "once" if hit.picked == 1 else f"{hit.picked:,} times"
        picks = f"picked {times} for similar searches"
        why = f"{why}; {picks}" if why else picks
    if hit.fit == 0 and not why:
        told = "no word as it stands"
    else:
        told = ": ".join(part for part in (hit.title, why) if part) or "the facts asked for"
    return f"{told}; lacks {', '.join(hit.lacks)}" if hit.lacks else told


def head_text(hits: Hits) -> str:
    """Return the sentence above the models when nothing serves the need, else nothing."""
    if not hits.nearest:
        return ""
    return NEAREST if hits.models else NOTHING


def _lacks(card: ModelCard, need: Need, filters: Filters, registry: Registry) -> tuple[str, ...]:
    facts = [fact.text for fact in lacking(card, need, registry)]
    return (*facts, *(f"--{name}" for name in failing(card, filters)))


def _by_facts(
    cards: Iterable[ModelCard],
    keep: Callable[[str], bool],
    matches: Sequence[Match],
    method: Method,
) -> list[Hit]:
    """Return all models that meet the facts: those that match the words too come first."""
    by_words = {match.model: match for match in matches}
    ranked = in_order([rank_model(card, method) for card in cards if keep(card.id)])
    hits = []
    for model in ranked:
        match = by_words.get(model.card.id) or Match(model.card.id, None, 0.0, ())
        hits.append(_hit(match, model.card, method)._replace(fit=100.0))
    strength = {name: match.strength for name, match in by_words.items()}
    # Sorting is stable: models that match alike stay in order of rank.
    return sorted(hits, key=lambda hit: -strength.get(hit.ranked.card.id, 0.0))


def _hit(match: Match, card: ModelCard, method: Method) -> Hit:
    titles = {capability.id: capability.title for capability in card.capabilities}
    return Hit(
        ranked=rank_model(card, method),
        fit=rounded(100 * match.strength),
        capability=match.capability,
        title=titles.get(match.capability, "") if match.capability else "",
        words=match.words,
        meaning=match.meaning,
        picked=match.picked,
    )


def _unknown(cards: Collection[ModelCard], need: Need, registry: Registry) -> dict[str, int]:
    counts = {
        fact.text: sum(meets(card, fact, registry) is None for card in cards) for fact in need.facts
    }
    return {text: count for text, count in counts.items() if count}
