"""Published results -> quality: one place per expected benchmark, tasks weighing the same."""

import math
from collections.abc import Sequence

from modelcmp.catalogue.card import BenchmarkResult, ModelCard
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.scoring.scales import score_bounded, score_rating
from modelcmp.scoring.values import Circumstances, SignalValue, State, stated_evidence

TIERS = {"own-run": 1.0, "independent": 1.0, "maker": 0.6, "unsourced": 0.3}
"""Evidence tiers: how much of a result's weight counts as covered. The value is never touched."""

RESULTS_EXPECTED = 3
"""Places in the set of a task that names no benchmarks of its own."""


Scored = tuple[BenchmarkResult, Benchmark]
"""A result and the row of the registry it is scored by."""


def quality_values(card: ModelCard, circumstances: Circumstances) -> list[SignalValue]:
    """Return one value per expected benchmark of each task; tasks weigh the same.

    Results outside the expected set are shown on the card and never scored, so that choosing what
    to report earns nothing. Several results of one benchmark count once, by the mean of those of
    the best evidence tier.
    """
    registry = circumstances.registry
    pairs = ((result, registry.find_benchmark(result)) for result in card.benchmarks)
    known = [(result, row) for result, row in pairs if row is not None]
    values: list[SignalValue] = []
    for task in card.tasks:
        share = 1 / len(card.tasks)
        here = [(result, row) for result, row in known if row.task == task]
        places = expected_places(here, task, registry)
        missing = RESULTS_EXPECTED - len(places) if is_open_set(task, registry) else 0
        count = len(places) + max(0, missing)
        for name in places:
            found = [(result, row) for result, row in here if row.name == name]
            value = _place(card, name, found, share / count)
            note = f"{name} (open set)" if is_open_set(task, registry) else name
            values.append(value._replace(title=note))
        if missing > 0:
            values.append(
                SignalValue(
                    id=f"benchmark:{task}:open",
                    title=f"any {missing} of an open set",
                    state=State.UNKNOWN,
                    weight=share * missing / count,
                    reason=f"open set: no benchmarks are agreed for {task} yet",
                )
            )
    return values


def is_open_set(task: str, registry: Registry) -> bool:
    """Return whether a task has no expected benchmarks of its own."""
    return task not in registry.expected


def expected_places(here: Sequence[Scored], task: str, registry: Registry) -> tuple[str, ...]:
    """Return the benchmark names that fill a task's set: the agreed ones, or those `here` has."""
    if not is_open_set(task, registry):
        return registry.expected[task]
    return tuple(dict.fromkeys(row.name for _, row in here))


def _place(card: ModelCard, name: str, found: Sequence[Scored], weight: float) -> SignalValue:
    """Return the value of one place of a set, from the results that belong there."""
    where = f"benchmark:{name}"
    if not found:
        return SignalValue(
            id=where, title=name, state=State.UNKNOWN, weight=weight, reason="no result in the card"
        )
    best = max(TIERS[result.tier] for result, _ in found)
    found = [(result, row) for result, row in found if TIERS[result.tier] == best]
    scores = [score_result(result.value, row) for result, row in found]
    low, high = _mean_interval(found, scores)
    evidence = [stated_evidence(card, r.source, r.as_of, r.read_on) for r, _ in found]
    return SignalValue(
        id=where,
        title=name,
        state=State.KNOWN,
        weight=weight,
        raw=found[0][0].value if len(found) == 1 else None,
        text="; ".join(result_text(result) for result, _ in found),
        score=math.fsum(scores) / len(scores),
        confidence=best,
        low=low,
        high=high,
        evidence=tuple(dict.fromkeys(evidence)),
    )


def score_result(value: float, row: Benchmark) -> float:
    """Return 0-100 for a result by its row of the registry."""
    if row.reference is not None:
        return score_rating(value, row.reference)
    return score_bounded(value, row.floor or 0.0, 100.0 if row.ceiling is None else row.ceiling)


def _mean_interval(
    found: Sequence[Scored], scores: list[float]
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean score, or two None where no result states one."""
    halves = [
        (score_result(r.high, row) - score_result(r.low, row)) / 2
        for r, row in found
        if r.low is not None and r.high is not None
    ]
    if not halves:
        return None, None
    if len(found) == 1:
        (result, row), *_ = found
        ends = sorted((score_result(result.low or 0, row), score_result(result.high or 0, row)))
        return ends[0], ends[1]
    middle = math.fsum(scores) / len(scores)
    half = math.sqrt(math.fsum(h * h for h in halves)) / len(found)
    return middle - half, middle + half


def result_text(result: BenchmarkResult) -> str:
    """Return a result with its key in words, such as "70.2 (val, accuracy; variant 72B)"."""
    key = [part for part in (result.version, result.metric) if part]
    if result.shots is not None:
        key.append(f"{result.shots} shots")
    text = f"{result.value:g}"
    if result.low is not None and result.high is not None:
        text += f" [{result.low:g}, {result.high:g}]"
    words = ", ".join(key)
    if result.variant:
        words += f"; measured on {result.variant}" if words else f"measured on {result.variant}"
    return f"{text} ({words})" if words else text
