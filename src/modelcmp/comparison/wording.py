"""The verdict in words, in the order a reader wants: ranks, leads, job, certainty, what would change it.

Every number in the sentence is one that the tables show.
"""

from typing import NamedTuple

from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.facts import licence_text, memory_text, price_text
from modelcmp.comparison.robustness import Move
from modelcmp.scoring.rank import RankedModel, coverage_word, percent, whole


class Comparability(NamedTuple):
    """How far two models do the same job: 0-1, the word for it, and what the number is made of."""

    score: float
    word: str
    tasks: float
    outputs: float
    inputs: float


class BreakEven(NamedTuple):
    """The value an unknown part of a dimension would need for the trailing model to catch up."""

    model: str
    dimension: str
    value: float
    reachable: bool


class Findings(NamedTuple):
    """What the sentence is written from."""

    first: RankedModel
    second: RankedModel
    call: str
    leads: dict[str, tuple[str, ...]]
    share: float
    flip: tuple[Move, ...] | None
    break_even: tuple[BreakEven, ...]
    jobs: Comparability


def write_sentence(f: Findings, registry: Registry) -> str:
    """Return the verdict in words: ranks, leads, job, certainty, and what would change it."""
    parts = [
        _say_ranks(f),
        _say_leads(f),
        _say_jobs(f, registry),
        _say_certainty(f),
        _say_change(f),
    ]
    return " ".join(part for part in parts if part)


def _say_ranks(f: Findings) -> str:
    one, other = f.first.card.name, f.second.card.name
    high, low = whole(f.first.rank.value), whole(f.second.rank.value)
    if high == low:
        return f"{one} and {other} both rank {high}/100."
    return f"{one} ranks {high}/100, {other} {low}/100."


def _say_leads(f: Findings) -> str:
    clauses = []
    for model, other in ((f.first, f.second), (f.second, f.first)):
        names = f.leads[model.card.id]
        words = [
            f"{_title(model, name)} ({_shown(model, name)} to {_shown(other, name)})"
            for name in names
        ]
        if words:
            clauses.append(f"{model.card.name} leads on {join_words(words)}")
    if not clauses:
        return "Neither leads on a dimension that is known for both."
    return "; ".join(clauses) + "."


def _title(model: RankedModel, name: str) -> str:
    return model.dimension(name).title.lower()


def _shown(model: RankedModel, name: str) -> int:
    return whole(model.dimension(name).score or 0.0)


def _say_jobs(f: Findings, registry: Registry) -> str:
    one, other = f.first.card, f.second.card
    if f.jobs.word == "the same job":
        return "They do the same job."
    jobs = f"{one.name} {registry.does(one.tasks)}; {other.name} {registry.does(other.tasks)}"
    if f.call == "different-jobs":
        return f"They do different jobs ({jobs}), so quality is not compared and neither is declared better."
    return f"They do only partly the same job ({jobs})."


def _say_certainty(f: Findings) -> str:
    coverage = (
        f"Coverage is {percent(f.first.rank.coverage)} ({coverage_word(f.first.rank.coverage)}) for "
        f"{f.first.card.name} and {percent(f.second.rank.coverage)} "
        f"({coverage_word(f.second.rank.coverage)}) for {f.second.card.name}"
    )
    if f.call == "different-jobs":
        return coverage + "."
    if f.call == "insufficient":
        return f"{coverage}: too little to call a leader."
    if f.call == "tie":
        return f"That is a tie within the rules. {coverage}."
    order = f"the order holds under {percent(f.share)} of all weightings"
    words = {
        "dominates": "The order holds whatever the weights",
        "clear": f"The lead is clear: {order}",
        "leans": f"That is a lean, not a clear lead: {order}",
    }
    return f"{words[f.call]}. {coverage}."


def _say_change(f: Findings) -> str:
    if f.call == "different-jobs":
        return "Choose by the job, not by the rank."
    if f.call == "insufficient":
        return f"More sourced facts would change it: {_least_known(f)}."
    if f.call == "tie":
        return _tie_breakers(f)
    parts = []
    if f.flip:
        moves = [f"{m.points:.0f} points of weight from {m.source} to {m.target}" for m in f.flip]
        parts.append(f"Moving {join_words(moves)} would turn it round.")
    else:
        parts.append("No change of weights alone turns it round.")
    reachable = [b for b in f.break_even if b.reachable]
    if reachable:
        nearest = min(reachable, key=lambda b: (b.value, b.dimension))
        parts.append(
            f"So would an average of {nearest.value:.0f} on what is unknown of "
            f"{f.second.card.name}'s {_title(f.second, nearest.dimension)}."
            if f.flip
            else f"An average of {nearest.value:.0f} on what is unknown of "
            f"{f.second.card.name}'s {_title(f.second, nearest.dimension)} would."
        )
    return " ".join(parts)


def _least_known(f: Findings) -> str:
    model = min((f.first, f.second), key=lambda m: (m.rank.coverage, m.card.id))
    gaps = sorted(model.dimensions, key=lambda d: (-d.share * (1 - d.coverage), d.id))
    names = [d.title.lower() for d in gaps if d.share and d.coverage < 1][:2]
    return f"most is missing on {join_words(names)} of {model.card.name}"


def _tie_breakers(f: Findings) -> str:
    cards = (f.first.card, f.second.card)
    parts = []
    for what, tell in (("price", price_text), ("licence", licence_text), ("memory", memory_text)):
        texts = [tell(card) for card in cards]
        if texts[0] != texts[1]:
            told = [f"{c.name}: {t or 'unknown'}" for c, t in zip(cards, texts, strict=True)]
            parts.append(f"{what} ({'; '.join(told)})")
    return f"What may decide: {join_words(parts)}." if parts else ""


def join_words(words: list[str]) -> str:
    """Return words joined as in a sentence.

    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
