"""The match graph, against graphs computed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.matching.events import Counts, ModelCount, QueryCount, expected_units
from modelcmp.matching.graph import (
    MatchGraph,
    ModelEvidence,
    coverage_of,
    lift,
    lift_of,
    load_evidence,
    load_graph,
    never_picked,
    strongest_edges,
    unasked,
    unmet_needs,
    why,
)
from modelcmp.matching.log_files import Digest
from modelcmp.matching.store import reading_store, writing


class Found(NamedTuple):
    """A match as the index gives it."""

    model: str
    capability: str | None
    strength: float
    words: tuple[str, ...] = ("word",)


MATCHES = {
    "photos": [Found("one", "sees", 0.9, ("photos",)), Found("two", "draws", 0.5)],
    "words": [Found("one", "writes", 0.6), Found("one", "sees", 0.7), Found("gone", "x", 1.0)],
    "odd": [Found("one", None, 0.2)],
}
DAYS = ("2026-11-01", "2026-11-02")

Graph = Callable[..., MatchGraph]


def match(query: str) -> Sequence[Found]:
    return MATCHES.get(query, [])


def capability(name: str) -> dict[str, Any]:
    return {
        "id": name, "kind": "task", "tag": "text-generation", "title": name.title(),
        "description": "Does it.", "claim": "stated",
    }  # fmt: skip


@pytest.fixture
def cards(make_card: Callable[..., ModelCard]) -> list[ModelCard]:
    """Return two cards with capabilities."""
    return [
        make_card("one", capabilities=[capability("sees"), capability("writes")]),
        make_card("two", capabilities=[capability("draws")]),
    ]


@pytest.fixture
def graph(tmp_path: Path, cards: list[ModelCard]) -> Graph:
    """Return a maker of graphs from counts."""

    def maker(queries: list[QueryCount], models: list[ModelCount], **given: Any) -> MatchGraph:
        path = tmp_path / "store"
        path.unlink(missing_ok=True)
        with writing(path) as store:
            store.stage(Counts(queries, models))
            store.keep([Digest(b"1", 1)])
        with reading_store(path) as read:
            assert read is not None
            return load_graph(read, [card.id for card in cards], given.pop("match", match), **given)

    return maker


def test_worked_numbers_of_the_method() -> None:
    assert 40 * expected_units(1) / 1e6 * 0.4 == pytest.approx(16.0)
    raw = (30 * expected_units(4) + 10 * expected_units(2)) / 1e6
    assert raw == pytest.approx(14.78, abs=0.005)
    assert 0.4 * raw == pytest.approx(5.91, abs=0.005)
    assert round(lift(14, 16.0), 1) == 47.5
    assert round(lift(8, 0.4 * raw), 1) == 54.4
    assert lift(0, 0) == 50
    assert [coverage_of(n) for n in (0, 30, 90)] == [0, 0.5, 0.75]


def test_a_log_with_positions(graph: Graph) -> None:
    low = 30 * expected_units(4) + 10 * expected_units(2)
    found = graph(
        [QueryCount("photos", DAYS[0], 40, 0)],
        [
            ModelCount("photos", "one", DAYS[0], 40, 40_000_000, 10, 4),
            ModelCount("photos", "two", DAYS[0], 40, low, 8, 0),
        ],
    )
    scale = 22 / (40 + low / 1e6)
    assert found.scale == pytest.approx(scale)
    assert found.of("one") == ModelEvidence(40, 14, pytest.approx(scale * 40), 40, 1, 14)
    assert found.of("two")[:2] == (40, 8)
    one, two = lift_of(found.of("one")), lift_of(found.of("two"))
    assert one is not None and two is not None and one < two
    assert found.capabilities == {("one", "sees"): 40, ("two", "draws"): 40}


def test_a_log_of_queries_alone_is_matched_by_the_index(graph: Graph) -> None:
    found = graph(
        [QueryCount("photos", DAYS[0], 7, 0), QueryCount("photos", DAYS[1], 3, 0),
         QueryCount("words", DAYS[0], 4, 1), QueryCount("nothing", DAYS[0], 5, 0)],
        [],
    )  # fmt: skip
    assert found.of("one") == ModelEvidence(13, 0, None, 0, 2)
    assert found.of("two") == ModelEvidence(10, 0, None, 0, 2)
    assert found.of("three") == ModelEvidence(0, 0, None, 0, 2)
    assert lift_of(found.of("one")) is None
    assert found.capabilities == {("one", "sees"): 13, ("two", "draws"): 10}
    assert (found.episodes, found.navigational, found.looked_up, found.scale) == (19, 1, 19, None)


def test_a_day_whose_log_shows_models_is_not_matched_by_the_index(graph: Graph) -> None:
    found = graph(
        [QueryCount("photos", DAYS[0], 7, 0), QueryCount("photos", DAYS[1], 3, 0)],
        [ModelCount("photos", "two", DAYS[0], 6, 6_000_000, 1, 0)],
    )
    assert found.of("one").times_matched == 3
    assert found.of("two").times_matched == 6 + 3


def test_a_model_shown_for_what_it_does_not_claim_counts_under_no_capability(graph: Graph) -> None:
    found = graph(
        [QueryCount("nothing", DAYS[0], 5, 0), QueryCount("odd", DAYS[0], 2, 0)],
        [ModelCount("nothing", "one", DAYS[0], 5, 5_000_000, 0, 0)],
    )
    assert found.capabilities == {("one", ""): 7}


def test_a_pick_without_impressions_is_a_match(graph: Graph) -> None:
    found = graph(
        [QueryCount("nothing", DAYS[0], 5, 0), QueryCount("photos", DAYS[0], 5, 0)],
        [ModelCount("nothing", "two", DAYS[0], 0, 0, 2, 1),
         ModelCount("photos", "two", DAYS[0], 0, 0, 4, 0)],
    )  # fmt: skip
    assert found.of("two") == ModelEvidence(3 + 5, 7, None, 0, 1, 0)


def test_queries_that_name_a_model_count_apart(graph: Graph) -> None:
    found = graph(
        [QueryCount("photos", DAYS[0], 9, 9)],
        [ModelCount("photos", "one", DAYS[0], 9, 9_000_000, 9, 0)],
    )
    assert found.of("one") == ModelEvidence(0, 0, None, 0, 1)
    assert (found.edges, found.navigational) == ((), 9)


def test_models_without_a_card_are_left_out(graph: Graph) -> None:
    found = graph(
        [QueryCount("photos", DAYS[0], 2, 0)],
        [ModelCount("photos", "gone", DAYS[0], 2, 2_000_000, 1, 0)],
    )
    assert set(found.models) <= {"one", "two"}


def test_capability_counts_add_up(graph: Graph) -> None:
    queries = [
        QueryCount(query, day, n + 1, 0)
        for n, query in enumerate([*MATCHES, "nothing"]) for day in DAYS
    ]  # fmt: skip
    models = [
        ModelCount(query, model, DAYS[0], 1, 1_000_000, 1, 0)
        for query in ("photos", "nothing") for model in ("one", "two")
    ]  # fmt: skip
    found = graph(queries, models)
    for model, evidence in found.models.items():
        counts = [n for (owner, _), n in found.capabilities.items() if owner == model]
        assert sum(counts) == evidence.times_matched > 0


def test_only_the_most_frequent_queries_may_be_looked_up(graph: Graph) -> None:
    found = graph(
        [QueryCount("photos", DAYS[0], 7, 0), QueryCount("words", DAYS[0], 4, 0)],
        [],
        match=lambda query: match(query) if query == "photos" else None,
    )
    assert (found.looked_up, found.of("one").times_matched) == (7, 7)
    assert [(need.query, need.strength is None) for need in found.needs] == [
        ("photos", False), ("words", True),
    ]  # fmt: skip
    assert found.share == 7 / 11


def test_sums_do_not_need_the_edges(graph: Graph) -> None:
    queries = [QueryCount("photos", day, 7, 0) for day in DAYS]
    models = [ModelCount("photos", "two", DAYS[0], 4, 2_000_000, 3, 0)]
    every, none = graph(queries, models), graph(queries, models, wanted=lambda _: False)
    assert every.edges and not none.edges
    assert every._replace(edges=()) == none
    assert none.needs[0].served


def test_what_is_worth_reporting(graph: Graph, cards: list[ModelCard]) -> None:
    queries = [
        QueryCount(query, day, count, 0)
        for query, count in (("nothing", 30), ("odd", 5), ("photos", 40), ("seldom", 1))
        for day in DAYS
    ]
    found = graph(queries, [ModelCount("photos", "two", DAYS[0], 40, 20_000_000, 0, 0)])
    assert [need.query for need in unmet_needs(found)] == ["nothing", "odd", "seldom"]
    assert [model for model, _ in never_picked(found)] == ["two"]
    assert [(u.model, u.capability) for u in unasked(found, cards)] == [("one", "writes")]
    reasons = why(found, "one")
    assert [(e.query, e.capability, e.words, e.matched, e.days) for e in reasons.edges] == [
        ("photos", "sees", ("photos",), 40, 1), ("odd", "", ("word",), 10, 2),
    ]  # fmt: skip
    assert why(found, "one", "words").edges == ()
    assert [(e.query, e.model) for e in strongest_edges(found, most=1)[0]] == [("photos", "two")]
    assert strongest_edges(found, most=1)[1] == 2


def test_rare_queries_are_counted_and_not_shown(graph: Graph) -> None:
    found = graph([QueryCount("photos", DAYS[0], 2, 0), QueryCount("photos", DAYS[1], 2, 0)], [])
    assert why(found, "one") == ((), 1, 4)
    assert strongest_edges(found) == ([], 0)
    assert len(why(found, "one", min_count=2).edges) == 1


def test_evidence_that_cannot_be_read_is_no_evidence(tmp_path: Path) -> None:
    assert load_evidence(None, [], lambda _: match) == (None, None)
    assert load_evidence(tmp_path / "none", [], lambda _: match) == (None, None)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"x" * 5000)
    found, reason = load_evidence(damaged, [], lambda _: match)
    assert found is None
    assert reason is not None and "damaged" in reason
