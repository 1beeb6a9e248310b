"""The registry of benchmarks: whole rows, reasons for all, and every benchmark that a card uses."""

from __future__ import annotations

import pytest

from modelcmp.catalogue.card import BenchmarkResult, build
from modelcmp.catalogue.checking import check_shape
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Benchmark, Registry


def result(**fields: object) -> BenchmarkResult:
    """Return a result with some fields of its own."""
    return build(BenchmarkResult, {"value": 1.0, "tier": "maker", "source": "page", **fields})


def test_every_benchmark_that_a_card_uses_has_a_row(registry: Registry) -> None:
    """A card with a new benchmark needs a row in data/registry/benchmarks.yaml, with its reason."""
    cards = load_catalogue(cache=None).load_all().cards
    results = [(card.id, r) for card in cards for r in card.benchmarks]
    assert results
    missing = [
        f"{card}: {r.name}, {r.version}, {r.metric}, {r.shots}"
        for card, r in results
        if registry.find_row(r) is None
    ]
    assert missing == []


def test_rows_are_whole(registry: Registry) -> None:
    """Each is an arena with a dated reference or a range, never both and never half of one."""
    for row in registry.benchmarks:
        arena = (row.reference is not None, row.snapshot is not None)
        bounded = (row.floor is not None, row.ceiling is not None)
        assert arena in ((True, True), (False, False)), row.key
        assert bounded == (not arena[0], not arena[0]), row.key
        assert row.floor is None or row.floor != row.ceiling, row.key
        assert row.task in registry.tasks, row.key
        assert (row.hub_dataset is None) == (row.hub_task is None), row.key
        assert len(row.why) > 15, row.key
    keys = [row.key for row in registry.benchmarks]
    assert len(keys) == len(set(keys))


def test_every_expected_set_gives_its_reason(registry: Registry) -> None:
    """A set without `expected_why`, or a reason without a set, is half a table."""
    assert set(registry.expected) == set(registry.expected_why)
    for task, names in registry.expected.items():
        assert task in registry.tasks
        scored = {row.name for row in registry.benchmarks if row.task == task and row.scored}
        assert set(names) <= scored
        assert len(registry.expected_why[task]) > 40


@pytest.mark.parametrize("part", ["why", "metric", "task"])
def test_a_row_without_its_reason_is_refused(part: str) -> None:
    """The reason is as much a part of the row as its numbers."""
    text = "benchmarks:\n- {name: A, metric: m, task: t, floor: 0, ceiling: 1, why: because}\n"
    assert not check_shape("benchmarks", parse_yaml(text.encode(), "f"), ("benchmarks",))
    value = {"why": "because", "metric": "m", "task": "t"}[part]
    document = parse_yaml(text.replace(f", {part}: {value}", "").encode(), "f")
    problems = check_shape("benchmarks", document, ("benchmarks",))
    assert [p.message for p in problems] == ["is missing"]


def test_a_row_that_is_not_scored_is_known_and_scores_nothing(registry: Registry) -> None:
    part = result(name="MTEB English", version="retrieval", metric="average")
    assert registry.find_row(part) is not None
    assert registry.find_benchmark(part) is None
    whole = result(name="MTEB English", metric="average")
    assert registry.find_benchmark(whole) is registry.find_row(whole)


def test_which_way_is_better_follows_from_the_ends() -> None:
    def row(**more: object) -> Benchmark:
        return build(Benchmark, {"name": "A", "metric": "m", "task": "t", "why": "w", **more})

    assert row(floor=100.0, ceiling=0.0).lower_is_better
    assert not row(floor=0.0, ceiling=100.0).lower_is_better
    assert not row(reference=1000.0, snapshot="2025-01-01").lower_is_better
