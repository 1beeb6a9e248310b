"""Two catalogues -> what changed between them: cards, facts, ranks and the verdicts of pairs.

Both sides are scored by one method: the same tables, weights and day. So a rank changes only because
a fact did, never because time went by or a constant moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.card import (
    Alternative,
    BenchmarkResult,
    Capability,
    Metric,
    ModelCard,
    Offer,
    Strict,
)
from modelcmp.comparison.compare import places
from modelcmp.comparison.verdict import Verdict, decide
from modelcmp.errors import UnknownNameError, did_you_mean
from modelcmp.scoring.rank import Method, Rank, RankedModel, rank_model


class FactChange(NamedTuple):
    """One fact: its place in the card, and its plain value before and after; None is not stated."""

    field: str
    old: Any
    new: Any


class CardChange(NamedTuple):
    """The changed facts of one card that stands on both sides."""

    id: str
    facts: tuple[FactChange, ...]


class Standing(NamedTuple):
    """Rank and place of a model on one side."""

    rank: Rank
    place: int


class RankChange(NamedTuple):
    """A model whose published rank, bounds or coverage differ; one side is None where it has no card."""

    id: str
    old: Standing | None
    new: Standing | None

    @property
    def shift(self) -> float:
        """Published points gained; 0 for a card that stands on one side only."""
        if self.old is None or self.new is None:
            return 0.0
        return round(self.new.rank.value - self.old.rank.value, 1) + 0.0


class PairChange(NamedTuple):
    """The verdict on two models before and after; None where a side lacks one of them."""

    pair: tuple[str, str]
    old: Verdict | None
    new: Verdict | None

    @property
    def changed(self) -> bool:
        """Whether call, leader or order differ."""
        return _gist(self.old) != _gist(self.new)


class Changes(NamedTuple):
    """Everything that differs between two catalogues."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[CardChange, ...]
    ranks: tuple[RankChange, ...]
    pairs: tuple[PairChange, ...]
    method: Method
    unreadable: tuple[str, ...] = ()
    """Ids whose file could not be read on one of the sides, so that nothing is said of them."""

    @property
    def differ(self) -> bool:
        """Whether any card differs."""
        return bool(self.added or self.removed or self.changed)


Cards = Mapping[str, ModelCard]


def find_changes(
    old: Cards,
    new: Cards,
    method: Method,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    unreadable: Sequence[str] = (),
) -> Changes:
    """Return what changed from `old` to `new`.

    `pairs` are told of whatever became of them; without any, the pairs that share a task and whose
    order changed are. `unreadable` ids are left out of both sides. Raises UnknownNameError for a
    pair with a model that neither side has.
    """
    old = {key: card for key, card in old.items() if key not in unreadable}
    new = {key: card for key, card in new.items() if key not in unreadable}
    _check_pairs(pairs or (), {*old, *new, *unreadable})
    facts = {key: tuple(card_changes(old[key], new[key])) for key in sorted(old.keys() & new)}
    before = {key: rank_model(card, method) for key, card in old.items()}
    after = {
        key: before[key] if key in before and not facts[key] else rank_model(card, method)
        for key, card in new.items()
    }
    chosen = tuple(dict.fromkeys(pairs)) if pairs is not None else _turned(before, after)
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(CardChange(key, found) for key, found in facts.items() if found),
        ranks=_rank_changes(before, after),
        pairs=tuple(_pair(pair, before, after, method) for pair in chosen),
        method=method,
        unreadable=tuple(sorted(unreadable)),
    )


def _check_pairs(pairs: Sequence[tuple[str, str]], known: set[str]) -> None:
    for model in (model for pair in pairs for model in pair):
        if model not in known:
            raise UnknownNameError(
                f"no card on either side is called {model}",
                hint=did_you_mean(model, sorted(known)) or "--pair takes two ids: --pair A,B",
            )


def _pair(
    pair: tuple[str, str],
    before: Mapping[str, RankedModel],
    after: Mapping[str, RankedModel],
    method: Method,
) -> PairChange:
    def verdict(models: Mapping[str, RankedModel]) -> Verdict | None:
        if not all(model in models for model in pair):
            return None
        return decide(models[pair[0]], models[pair[1]], method.circumstances.registry)

    return PairChange(pair, verdict(before), verdict(after))


def _gist(verdict: Verdict | None) -> tuple[Any, ...]:
    return () if verdict is None else (verdict.call, verdict.leader, verdict.ranked)


def _turned(
    before: Mapping[str, RankedModel], after: Mapping[str, RankedModel]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs on both sides that share a task and stand in another order now."""
    both = sorted(before.keys() & after.keys())
    moved = [key for key in both if before[key].rank.value != after[key].rank.value]
    found = set()
    for one in moved:
        tasks = set(after[one].card.tasks)
        for other in both:
            if one != other and not tasks.isdisjoint(after[other].card.tasks):
                was = _order(before[one]) < _order(before[other])
                if was != (_order(after[one]) < _order(after[other])):
                    found.add((min(one, other), max(one, other)))
    return tuple(sorted(found))


def _order(model: RankedModel) -> tuple[float, str]:
    return (-model.rank.value, model.card.id)


def _rank_changes(
    before: Mapping[str, RankedModel], after: Mapping[str, RankedModel]
) -> tuple[RankChange, ...]:
    """Return changed ranks, the largest shift first, then the cards that came or went."""
    sides = [
        {key: Standing(m.rank, place[key]) for key, m in models.items()}
        for models in (before, after)
        for place in [places(list(models.values()))]
    ]
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = sides[0].get(key), sides[1].get(key)
        if old is None or new is None or _shown(old.rank) != _shown(new.rank):
            found.append(RankChange(key, old, new))
    return tuple(sorted(found, key=lambda c: (c.old is None or c.new is None, -abs(c.shift), c.id)))


def _shown(rank: Rank) -> tuple[float, ...]:
    return (rank.value, rank.low, rank.high, rank.coverage)


def card_changes(old: ModelCard, new: ModelCard) -> Iterator[FactChange]:
    """Yield the facts that differ, in the order of the card's fields.

    Entries of a list are told apart by what they are about (a capability by its id, a result by its
    key, a figure by its metric and repository), so that moving one changes nothing.
    """
    yield from _changes("", _plain(old), _plain(new))


def _changes(path: str, old: Any, new: Any) -> Iterator[FactChange]:
    if old == new:
        return
    # An entry that came or went is one change; what is missing otherwise is an empty group.
    whole = path.endswith("]") and (old is None or new is None)
    groups = [value if isinstance(value, dict) else {} for value in (old, new)]
    if any(groups) and not whole and all(isinstance(v, dict) or not v for v in (old, new)):
        for key in dict.fromkeys([*groups[0], *groups[1]]):
            inner = f"{path}{key}" if key.startswith("[") else f"{path}.{key}" if path else key
            yield from _changes(inner, groups[0].get(key), groups[1].get(key))
    else:
        yield FactChange(path, unkeyed(old), unkeyed(new))


def unkeyed(value: Any) -> Any:
    """Return a plain value without the keys its lists were held by: as a card states it."""
    if isinstance(value, dict):
        if value and all(key.startswith("[") for key in value):
            return [unkeyed(inner) for inner in value.values()]
        return {key: unkeyed(inner) for key, inner in value.items()}
    return value


def _plain(part: Any) -> Any:
    """Return a card as nested dictionaries; a list of entries becomes one, by what each is about."""
    if isinstance(part, Strict):
        # A field that was left out holds its default; an empty list may mean "known to be none".
        said = {name: f for name, f in part.__dataclass_fields__.items() if _is_said(part, f)}
        told = {name: _plain(getattr(part, name)) for name in said}
        return {name: value for name, value in told.items() if value != {}}
    if isinstance(part, dict):
        return {f"[{key}]": _plain(value) for key, value in part.items()}
    if isinstance(part, tuple) and part and isinstance(part[0], Strict):
        entries: dict[str, Any] = {}
        for item in part:
            name = _name(item)
            number = 2
            while f"[{name}]" in entries:
                name, number = f"{_name(item)}, {number}", number + 1
            entries[f"[{name}]"] = _plain(item)
        return entries
    return list(part) if isinstance(part, tuple) else part


def _is_said(part: Strict, field: Any) -> bool:
    value = getattr(part, field.name)
    return value is not None and not (value == () and field.default == ())


def _name(item: Any) -> str:
    """Return what an entry of a list is about, in few words."""
    if isinstance(item, Capability):
        return item.id
    if isinstance(item, Metric):
        return ", ".join(filter(None, (item.metric, item.repository)))
    if isinstance(item, BenchmarkResult):
        shots = None if item.shots is None else f"{item.shots} shots"
        return ", ".join(filter(None, (item.name, item.version, item.metric, shots, item.variant)))
    if isinstance(item, Offer):
        return ", ".join(filter(None, (item.provider, item.unit, item.note)))
    if isinstance(item, Alternative) and item.model:
        return item.model
    text = str(getattr(item, "name", None) or item.text)
    return text if len(text) <= 60 else f"{text[:57]}..."
