"""What changed between two catalogues, as a report: what a reviewer of cards wants to see."""

from typing import Any

from modelcmp.comparison.changes import Changes, FactChange, PairChange, RankChange, Standing
from modelcmp.comparison.tables import Report, Section, Value, count
from modelcmp.comparison.verdict import CALLS, Verdict
from modelcmp.comparison.wording import join_words
from modelcmp.scoring.rank import percent

DIFFERENCE = "modelcmp/difference/1"
NOTHING = "—"


def report_changes(changes: Changes, old: str, new: str) -> Report:
    """Return the report of what changed from `old` to `new`, which name the two sides."""
    method = changes.method
    return Report(
        title=f"Changes from {old} to {new}",
        text=f"{changes_text(changes)} Both sides are scored as of {method.as_of} under profile "
        f"{method.profile.id}, so that ranks move by facts alone.",
        sections=tuple(section for section in _sections(changes) if section.rows),
        document={
            "schema": DIFFERENCE,
            "old": old,
            "new": new,
            "profile": method.profile.id,
            "method": method.hash,
            "as_of": method.as_of,
            "added": list(changes.added),
            "removed": list(changes.removed),
            "unreadable": list(changes.unreadable),
            "changed": [
                {"id": card.id, "facts": [fact._asdict() for fact in card.facts]}
                for card in changes.changed
            ],
            "ranks": [_rank_fields(change) for change in changes.ranks],
            "pairs": [_pair_fields(change) for change in changes.pairs],
        },
        lines=_lines(changes),
    )


def changes_text(changes: Changes) -> str:
    """Return how much changed, in a sentence."""
    if not changes.differ:
        return "No card differs."
    told = [
        f"{count(len(found), 'card')} {verb}"
        for found, verb in ((changes.added, "added"), (changes.removed, "removed"))
        if found
    ]
    if changes.changed:
        facts = sum(len(card.facts) for card in changes.changed)
        told.append(f"{count(facts, 'fact')} changed in {count(len(changes.changed), 'card')}")
    moved = sum(change.shift != 0 for change in changes.ranks)
    turned = sum(pair.changed for pair in changes.pairs)
    told.append(f"{count(moved, 'rank')} moved")
    told += [f"{count(turned, 'verdict')} changed"] if turned else []
    return f"{join_words(told)}."


def _sections(changes: Changes) -> list[Section]:
    cards = [(key, "added") for key in changes.added] + [
        (key, "removed") for key in changes.removed
    ]
    cards += [(key, "unreadable, so nothing is said of it") for key in changes.unreadable]
    facts = [
        (card.id if number == 0 else "", fact.field, *fact_texts(fact))
        for card in changes.changed
        for number, fact in enumerate(card.facts)
    ]
    return [
        Section("Cards", ("Card", "What"), tuple(cards)),
        Section("Facts", ("Card", "Fact", "Before", "After"), tuple(facts)),
        Section(
            "Ranks",
            ("Card", "Before", "After", "Shift", "Between", "Known", "Place"),
            tuple(_rank_row(change) for change in changes.ranks),
            "Between: the rank with all that is unknown at 0 and at 100.",
            frozenset({1, 2, 3}),
        ),
        Section(
            "Verdicts",
            ("Pair", "Before", "After"),
            tuple(_pair_row(change) for change in changes.pairs),
        ),
    ]


def fact_texts(fact: FactChange) -> tuple[str, str]:
    """Return a fact before and after in words; of lists only what came and went.

    >>> fact_texts(FactChange("tasks", ["a", "b"], ["b", "c"]))
    ('a', 'c')
    >>> fact_texts(FactChange("metrics[hf_likes].value", 1000, 1100))
    ('1,000', '1,100 (+10.0 %)')
    """
    old, new = fact.old, fact.new
    if isinstance(old, list) and isinstance(new, list) and set(map(str, old)) != set(map(str, new)):
        gone = [item for item in old if item not in new]
        come = [item for item in new if item not in old]
        return _said(gone or None), _said(come or None)
    after = _said(new)
    if _is_number(old) and _is_number(new) and old:
        after += f" ({100 * (new - old) / abs(old):+.1f} %)"
    return _said(old), after


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _said(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, dict):
        return _entry(value)
    return str(value)


_TELLING = ("title", "name", "text", "metric", "provider", "model", "value", "usd", "input_usd")


def _entry(value: dict[str, Any]) -> str:
    """Return an entry of a list by the fields that tell most of it."""
    told = [_said(value[name]) for name in _TELLING if name in value]
    return ", ".join(told[:3]) or ", ".join(f"{key} {_said(v)}" for key, v in value.items())


def _rank_row(change: RankChange) -> tuple[str, ...]:
    old, new = change.old, change.new
    both = old is not None and new is not None
    shift = f"{change.shift:+.1f}" if both else "added" if old is None else "removed"
    return (
        change.id,
        f"{old.rank.value:.1f}" if old else NOTHING,
        f"{new.rank.value:.1f}" if new else NOTHING,
        shift,
        _from_to(change, lambda s: f"{s.rank.low:.1f} to {s.rank.high:.1f}"),
        _from_to(change, lambda s: percent(s.rank.coverage)),
        _from_to(change, lambda s: str(s.place)),
    )


def _from_to(change: RankChange, tell: Any) -> str:
    told = [tell(side) for side in (change.old, change.new) if side is not None]
    return " → ".join(dict.fromkeys(told))


def _pair_row(change: PairChange) -> tuple[str, ...]:
    after = _verdict_text(change.new) if change.changed else "unchanged"
    return (" and ".join(change.pair), _verdict_text(change.old), after)


def _verdict_text(verdict: Verdict | None) -> str:
    if verdict is None:
        return NOTHING
    first, second = verdict.ranked
    return f"{CALLS[verdict.call].title}: {first} ahead of {second} by {verdict.gap:g}"


def _rank_fields(change: RankChange) -> dict[str, Any]:
    both = change.old is not None and change.new is not None
    return {
        "id": change.id,
        "old": _standing(change.old),
        "new": _standing(change.new),
        "shift": change.shift if both else None,
    }


def _standing(side: Standing | None) -> dict[str, Any] | None:
    if side is None:
        return None
    rank = side.rank
    return {
        "value": rank.value,
        "low": rank.low,
        "high": rank.high,
        "coverage": rank.coverage,
        "place": side.place,
    }


def _pair_fields(change: PairChange) -> dict[str, Any]:
    return {
        "pair": list(change.pair),
        "changed": change.changed,
        "old": _verdict_fields(change.old),
        "new": _verdict_fields(change.new),
    }


def _verdict_fields(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "call": verdict.call,
        "leader": verdict.leader,
        "ranked": list(verdict.ranked),
        "gap": verdict.gap,
        "sentence": verdict.sentence,
    }


def _lines(changes: Changes) -> tuple[tuple[Value, ...], ...]:
    lines: list[tuple[Value, ...]] = [("what", "id", "field", "old", "new")]
    lines += [("added", key, None, None, None) for key in changes.added]
    lines += [("removed", key, None, None, None) for key in changes.removed]
    lines += [("unreadable", key, None, None, None) for key in changes.unreadable]
    lines += [
        ("fact", card.id, fact.field, _value(fact.old), _value(fact.new))
        for card in changes.changed
        for fact in card.facts
    ]
    for change in changes.ranks:
        for name in ("value", "low", "high", "coverage"):
            sides = [getattr(s.rank, name) if s else None for s in (change.old, change.new)]
            if sides[0] != sides[1]:
                lines.append(("rank", change.id, name, *sides))
    lines += [
        ("verdict", ",".join(p.pair), "call", *(v.call if v else None for v in (p.old, p.new)))
        for p in changes.pairs
    ]
    return tuple(lines)


def _value(value: Any) -> Value:
    return _said(value) if isinstance(value, (list, dict)) else value
