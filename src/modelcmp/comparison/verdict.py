"""Same job? Enough evidence? Robust to weights? -> the call and its sentence, for two models.

Everything here is decided from published numbers (one decimal), so that the sentence, the tables,
the JSON and the exit code can never disagree.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.robustness import Move, break_even, smallest_flip, weight_share
from modelcmp.comparison.wording import BreakEven, Comparability, Findings, write_sentence
from modelcmp.scoring.rank import (
    DimensionScore,
    RankedModel,
    rounded,
    whole,
)

LEAD = 5
"""Displayed points between two known scores from which one leads."""

TIE_GAP = 2.0
TIE_ERRORS = 1.96
ENOUGH_COVERAGE = 0.40
CLEAR_COVERAGE = 0.60
CLEAR_SHARE = 0.75
SAME_JOB = 0.5
PARTLY_SAME_JOB = 0.2
JOB_WEIGHTS = (0.5, 0.3, 0.2)
"""Weight of tasks, output and input modalities in the comparability."""


class Call(NamedTuple):
    """One row: what a verdict may say, and when."""

    id: str
    title: str
    rule: str
    meaning: str


CALLS: dict[str, Call] = {
    call.id: call
    for call in (
        Call(
            "different-jobs",
            "Different jobs",
            f"comparability below {PARTLY_SAME_JOB:g}, or no task and no output in common",
            "The models do different things. The rank order is stated, quality is not compared and "
            "neither is declared better.",
        ),
        Call(
            "insufficient",
            "Not enough evidence",
            f"coverage below {ENOUGH_COVERAGE:.0%} on either side",
            "Too little is known of one of them to call a leader.",
        ),
        Call(
            "tie",
            "Tie",
            f"ranks less than {TIE_GAP:g} apart, or within {TIE_ERRORS:g} standard errors",
            "The ranks cannot be told apart; price, licence and memory may decide.",
        ),
        Call(
            "leans",
            "Leans",
            "ahead, but not by enough to be clear",
            "One is ahead; other weights or a missing fact may turn it round.",
        ),
        Call(
            "clear",
            "Clear",
            f"at least {LEAD} ahead, under at least {CLEAR_SHARE:.0%} of all weightings, "
            f"coverage at least {CLEAR_COVERAGE:.0%} on both sides",
            "One is ahead under most weightings, and enough is known of both.",
        ),
        Call(
            "dominates",
            "Dominates",
            f"every dimension known for both, none behind, one ahead by {LEAD}",
            "One is ahead whatever the weights.",
        ),
    )
}
"""From the most cautious call to the boldest."""


class Verdict(NamedTuple):
    """The call on two models, and everything its sentence is made of.

    `leader` is None where no leader is called. `weight_share` (0-1) is the share of all weightings
    that keep the model ranked higher in front; None for different jobs, where it means nothing.
    """

    call: str
    leader: str | None
    ranked: tuple[str, str]
    gap: float
    leads: dict[str, tuple[str, ...]]
    weight_share: float | None
    flip: tuple[Move, ...] | None
    break_even: tuple[BreakEven, ...]
    comparability: Comparability
    sentence: str


def compare_jobs(a: ModelCard, b: ModelCard, registry: Registry) -> Comparability:
    """Return how far two models do the same job: `0.5 J(tasks) + 0.3 J(outputs) + 0.2 J(inputs)`.

    J is overlap by union. Modalities are those of the tasks in the registry, not of the card, so
    that a side door (a pipeline that also takes a picture) does not change what a model is for.
    Image and text to text against text to image gives 0.10.
    """
    parts = (
        jaccard(set(a.tasks), set(b.tasks)),
        jaccard(_kinds(a, registry, "output"), _kinds(b, registry, "output")),
        jaccard(_kinds(a, registry, "input"), _kinds(b, registry, "input")),
    )
    score = rounded(math.fsum(w * part for w, part in zip(JOB_WEIGHTS, parts, strict=True)), 4)
    # What goes in alone makes no job the same: to write a text and to paint a picture from a prompt
    # are two jobs, though both begin with text.
    if score < PARTLY_SAME_JOB or not (parts[0] or parts[1]):
        word = "different jobs"
    else:
        word = "partly the same job" if score <= SAME_JOB else "the same job"
    return Comparability(score, word, *(rounded(part, 4) for part in parts))


def jaccard(a: set[str], b: set[str]) -> float:
    """Return the share of the union that both have; 0 for two empty sets.

    >>> jaccard({"image", "text"}, {"text"})
    0.5
    """
    return len(a & b) / len(a | b) if a | b else 0.0


def _kinds(card: ModelCard, registry: Registry, side: str) -> set[str]:
    tables = (registry.tasks[task] for task in card.tasks if task in registry.tasks)
    return {kind for task in tables for kind in getattr(task, side)}


def lead(a: DimensionScore, b: DimensionScore) -> int:
    """Return 1 if a leads, -1 if b leads, else 0: both known and at least 5 displayed points apart."""
    if not (a.known and b.known) or a.score is None or b.score is None:
        return 0
    gap = whole(a.score) - whole(b.score)
    return 0 if abs(gap) < LEAD else (1 if gap > 0 else -1)


def is_tie(a: RankedModel, b: RankedModel) -> bool:
    """Return whether two ranks cannot be told apart: too close, or within their noise."""
    gap = rounded(a.rank.value - b.rank.value)
    return within_noise(gap, a.rank.standard_error, b.rank.standard_error)


def within_noise(gap: float, *errors: float) -> bool:
    """Return whether a gap of ranks is too small to mean anything, given their standard errors.

    >>> within_noise(1.9), within_noise(2.0), within_noise(-3.0, 1.2, 1.2), within_noise(3.4, 1.2, 1.2)
    (True, False, True, False)
    """
    return abs(gap) < TIE_GAP or abs(gap) < TIE_ERRORS * math.hypot(*errors)


def decide(a: RankedModel, b: RankedModel, registry: Registry) -> Verdict:
    """Return the verdict on two models; the order of the arguments does not matter."""
    first, second = sorted((a, b), key=lambda m: (-m.rank.value, m.card.id))
    jobs = compare_jobs(first.card, second.card, registry)
    gap = rounded(first.rank.value - second.rank.value)
    differences, shares = _differences(first, second)
    same = jobs.word != "different jobs"
    share = rounded(weight_share(list(differences.values())), 4)
    call = _call(first, second, gap, share) if same else "different-jobs"
    leader = first.card.id if call in ("leans", "clear", "dominates") else None
    flip = smallest_flip(differences, shares) if leader else None
    leads = _leads(first, second, with_quality=same)
    evens = _break_evens(second, gap) if leader else ()
    return Verdict(
        call=call,
        leader=leader,
        ranked=(first.card.id, second.card.id),
        gap=gap,
        leads=leads,
        weight_share=share if same else None,
        flip=flip,
        break_even=evens,
        comparability=jobs,
        sentence=write_sentence(
            Findings(first, second, call, leads, share, flip, evens, jobs), registry
        ),
    )


def _pairs(
    first: RankedModel, second: RankedModel
) -> Iterable[tuple[DimensionScore, DimensionScore]]:
    return zip(first.dimensions, second.dimensions, strict=True)


def _differences(
    first: RankedModel, second: RankedModel
) -> tuple[dict[str, float], dict[str, float]]:
    differences: dict[str, float] = {}
    shares: dict[str, float] = {}
    for one, other in _pairs(first, second):
        if one.score is not None and other.score is not None:
            differences[one.id] = rounded(one.score - other.score)
            shares[one.id] = one.share
    return differences, shares


def _call(first: RankedModel, second: RankedModel, gap: float, share: float) -> str:
    coverage = min(first.rank.coverage, second.rank.coverage)
    if coverage < ENOUGH_COVERAGE:
        return "insufficient"
    if is_tie(first, second):
        return "tie"
    if _dominates(first, second):
        return "dominates"
    clear = gap >= LEAD and share >= CLEAR_SHARE and coverage >= CLEAR_COVERAGE
    return "clear" if clear else "leans"


def _dominates(first: RankedModel, second: RankedModel) -> bool:
    pairs = [
        (one, other)
        for one, other in _pairs(first, second)
        if one.score is not None and other.score is not None
    ]
    return (
        all(one.known and other.known for one, other in pairs)
        and all((one.score or 0) >= (other.score or 0) for one, other in pairs)
        and any(lead(one, other) > 0 for one, other in pairs)
    )


def _leads(
    first: RankedModel, second: RankedModel, *, with_quality: bool
) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {first.card.id: [], second.card.id: []}
    for one, other in _pairs(first, second):
        ahead = lead(one, other)
        if ahead and (with_quality or one.id != "quality"):
            found[first.card.id if ahead > 0 else second.card.id].append(one.id)
    return {model: tuple(names) for model, names in found.items()}


def _break_evens(second: RankedModel, gap: float) -> tuple[BreakEven, ...]:
    found = []
    for dimension in second.dimensions:
        value = break_even(gap, dimension.share, dimension.coverage)
        if value is not None and dimension.coverage < 1:
            name = dimension.id
            found.append(BreakEven(second.card.id, name, rounded(value), rounded(value) <= 100))
    return tuple(found)
