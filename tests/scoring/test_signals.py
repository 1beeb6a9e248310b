"""Card -> signal values: the four states of each signal, and how figures come together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.matching.graph import MatchGraph, ModelEvidence, lift_of
from modelcmp.scoring.quality import TIERS, quality_values
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS, signal_values
from modelcmp.scoring.values import Circumstances, SignalValue, State, stated_evidence

AS_OF = "2026-11-23"
MakeCard = Callable[..., ModelCard]

BENCHMARKS: list[dict[str, Any]] = [
    {"name": "Alpha", "metric": "accuracy", "floor": 25, "ceiling": 100},
    {"name": "Alpha", "version": "CoT", "metric": "accuracy", "floor": 25, "ceiling": 100},
    {"name": "Alpha", "metric": "accuracy", "shots": 5, "floor": 25, "ceiling": 100},
    {"name": "Beta", "metric": "share", "floor": 0, "ceiling": 1},
    {"name": "Gamma", "metric": "rating", "reference": 1080},
    {"name": "Outside", "metric": "accuracy", "floor": 0, "ceiling": 100},
    {"name": "Errors", "metric": "rate", "floor": 50, "ceiling": 0, "task": "translation"},
    {"name": "Draw", "metric": "score", "floor": 0, "ceiling": 100, "task": "text-to-image"},
    *(
        {"name": name, "metric": "score", "floor": 0, "ceiling": 100, "task": "summarization"}
        for name in ("One", "Two", "Three", "Four")
    ),
]
EXPECTED = {
    "text-generation": ("Alpha", "Beta", "Gamma"),
    "text-to-image": ("Draw", "Paint"),
    "translation": ("Errors",),
}


@pytest.fixture
def here(registry: Registry) -> Circumstances:
    """Return circumstances whose benchmarks are made for these tests."""
    rows = [{"task": "text-generation", "why": "For a test.", **row} for row in BENCHMARKS]
    tables = registry._replace(
        benchmarks=tuple(build(Benchmark, row) for row in rows), expected=EXPECTED
    )
    return Circumstances(tables, AS_OF)


def _figure(metric: str, value: int, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "value": value, "source": "page", "as_of": "2026-11-01", **more}


def _result(name: str, value: float, **more: Any) -> dict[str, Any]:
    metric = {"Beta": "share", "Gamma": "rating", "Errors": "rate"}.get(
        name, "accuracy" if name in ("Alpha", "Outside") else "score"
    )
    return {
        "name": name, "metric": metric, "value": value, "tier": "independent",
        "source": "page", "as_of": "2026-11-01", **more,
    }  # fmt: skip


def _licence(group: str | None) -> dict[str, Any]:
    return {"id": "Some-1.0", "licence_class": group, "source": "page"}


def _dated(day: str) -> dict[str, Any]:
    return {"day": day, "source": "page"}


OPEN: dict[str, Any] = {"open": True, "source": "page"}
CLOSED: dict[str, Any] = {"open": False, "source": "page"}
SERVED = "closed weights are served, not downloaded"
RUN = {"name": "Runtime", "source": "page"}


def _value(card: ModelCard, circumstances: Circumstances, signal: str) -> SignalValue:
    values = signal_values(card, circumstances)
    return next(v for group in values.values() for v in group if v.id == signal)


def _hub_states(signal: str, count: int, score: float) -> list[Any]:
    """Return the states of a figure that only downloadable weights have."""
    return [
        pytest.param(
            signal, {"metrics": [_figure(signal, count)]}, State.KNOWN, score, id=f"{signal}-known"
        ),
        pytest.param(
            signal, {"metrics": [_figure(signal, 0)]}, State.KNOWN, 0.0, id=f"{signal}-zero"
        ),
        pytest.param(signal, {}, State.UNKNOWN, "no figure", id=f"{signal}-unknown"),
        pytest.param(
            signal, {"weights": OPEN}, State.UNKNOWN, "no figure", id=f"{signal}-open-unknown"
        ),
        pytest.param(
            signal, {"weights": CLOSED}, State.NOT_APPLICABLE, SERVED, id=f"{signal}-closed"
        ),
    ]


STATES = [
    *_hub_states("hf_downloads_30d", 10_000, 40.1),
    *_hub_states("ollama_pulls", 100_000, 40.1),
    *_hub_states("hf_likes", 100, 34.7),
    *_hub_states("github_stars", 1_000, 34.7),
    *_hub_states("derivatives", 600, 59.5),
    pytest.param(
        "ollama_pulls", {"tasks": ["text-to-image"], "weights": OPEN},
        State.NOT_APPLICABLE, "Ollama runs models that answer in text", id="ollama-image-maker",
    ),
    pytest.param(
        "ollama_pulls", {"tasks": ["sentence-similarity"], "weights": OPEN},
        State.UNKNOWN, "no figure", id="ollama-vectors",
    ),
    pytest.param(
        "api_providers", {"metrics": [_figure("api_providers", 5)]}, State.KNOWN, 45.6,
        id="providers-known",
    ),
    pytest.param(
        "api_providers", {"metrics": [_figure("api_providers", 0)]}, State.KNOWN, 0.0,
        id="providers-zero",
    ),
    pytest.param("api_providers", {}, State.UNKNOWN, "no count", id="providers-unknown"),
    pytest.param(
        "api_providers", {"weights": CLOSED}, State.UNKNOWN, "no count", id="providers-closed"
    ),
    pytest.param(
        "integrations", {"ecosystem": {"integrations": [RUN]}}, State.KNOWN, 20.2,
        id="integrations-known",
    ),
    pytest.param(
        "integrations", {"ecosystem": {"integrations": []}}, State.KNOWN, 0.0,
        id="integrations-known-to-be-none",
    ),
    pytest.param("integrations", {}, State.UNKNOWN, "no list", id="integrations-unknown"),
    pytest.param(
        "weight_formats", {"weights": {**OPEN, "formats": ["safetensors", "gguf"]}},
        State.KNOWN, 52.8, id="formats-known",
    ),
    pytest.param(
        "weight_formats", {"weights": {**OPEN, "formats": []}}, State.KNOWN, 0.0,
        id="formats-known-to-be-none",
    ),
    pytest.param("weight_formats", {"weights": OPEN}, State.UNKNOWN, "no list", id="formats-open"),
    pytest.param("weight_formats", {}, State.UNKNOWN, "no list", id="formats-unknown"),
    pytest.param(
        "weight_formats", {"weights": CLOSED}, State.NOT_APPLICABLE, "no file format",
        id="formats-closed",
    ),
    pytest.param(
        "sdk_languages", {"ecosystem": {"sdk_languages": ["python"], "sdk_source": "page"}},
        State.KNOWN, 33.3, id="languages-known",
    ),
    pytest.param(
        "sdk_languages", {"ecosystem": {"sdk_languages": []}}, State.KNOWN, 0.0,
        id="languages-known-to-be-none",
    ),
    pytest.param("sdk_languages", {}, State.UNKNOWN, "no list", id="languages-unknown"),
    pytest.param(
        "licence_class", {"licence": _licence("permissive")}, State.KNOWN, 100.0, id="licence-known"
    ),
    pytest.param(
        "licence_class", {"licence": _licence(None)}, State.UNKNOWN, "not stated",
        id="licence-of-no-class",
    ),
    pytest.param("licence_class", {}, State.UNKNOWN, "not stated", id="licence-unknown"),
    pytest.param("age", {"released": _dated("2025-09-14")}, State.KNOWN, 43.8, id="age-known"),
    pytest.param("age", {}, State.UNKNOWN, "no release day", id="age-unknown"),
    pytest.param(
        "times_matched", {}, State.NOT_CONFIGURED, "no search log", id="matched-not-configured"
    ),
    pytest.param("pick_lift", {}, State.NOT_CONFIGURED, "no search log", id="lift-not-configured"),
]  # fmt: skip


@pytest.mark.parametrize(("signal", "changes", "state", "told"), STATES)
def test_states(
    make_card: MakeCard,
    here: Circumstances,
    signal: str,
    changes: dict[str, Any],
    state: State,
    told: float | str,
) -> None:
    """Known has a score and a source, all else has a reason and no score."""
    value = _value(make_card(**changes), here, signal)
    assert value.state is state
    if isinstance(told, str):
        assert value.score is None
        assert value.raw is None
        assert told in value.reason
    else:
        assert value.score is not None
        assert round(value.score, 1) == told
        assert value.reason == ""


def test_every_signal_has_its_states_above() -> None:
    """A new row of the signals table needs its states in the table of this file."""
    tested = {param.values[0] for param in STATES}
    assert tested == {signal.id for signal in SIGNALS if signal.read is not None}


@pytest.mark.parametrize(
    ("dimension", "weights"),
    [
        ("adoption", {"hf_downloads_30d": 0.35, "ollama_pulls": 0.15, "hf_likes": 0.15,
                      "github_stars": 0.15, "api_providers": 0.20}),
        ("ecosystem", {"integrations": 0.30, "weight_formats": 0.15, "sdk_languages": 0.15,
                       "derivatives": 0.20, "licence_class": 0.20}),
        ("match", {"times_matched": 0.50, "pick_lift": 0.50}),
        ("freshness", {"age": 1.0}),
        ("quality", {"benchmarks": 1.0}),
    ],
    ids=["adoption", "ecosystem", "match", "freshness", "quality"],
)  # fmt: skip
def test_weights_are_those_of_the_method(dimension: str, weights: dict[str, float]) -> None:
    """The weights of each dimension, which add up to 1."""
    assert {s.id: s.weight for s in SIGNALS if s.dimension == dimension} == weights
    assert sum(weights.values()) == pytest.approx(1)


def test_values_come_by_dimension_and_weigh_1_together(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Every dimension has its signals, in the order of the table."""
    values = signal_values(make_card(), here)
    assert list(values) == [dimension.id for dimension in DIMENSIONS]
    assert [v.id for v in values["ecosystem"]] == [
        s.id for s in SIGNALS if s.dimension == "ecosystem"
    ]
    for group in values.values():
        assert sum(value.weight for value in group) == pytest.approx(1)


@pytest.mark.parametrize(
    ("signal", "raw"),
    [
        pytest.param("hf_downloads_30d", 1_500, id="downloads-add-up"),
        pytest.param("derivatives", 1_500, id="derivatives-add-up"),
        pytest.param("hf_likes", 900, id="likes-take-the-largest"),
        pytest.param("github_stars", 900, id="stars-take-the-largest"),
        pytest.param("ollama_pulls", 900, id="pulls-take-the-largest"),
        pytest.param("api_providers", 900, id="providers-take-the-largest"),
    ],
)
def test_several_repositories(
    make_card: MakeCard, here: Circumstances, signal: str, raw: int
) -> None:
    """An official repository of 900 and ports of 500 and 100."""
    figures = [_figure(signal, n, repository=r) for r, n in (("a", 500), ("b", 900), ("c", 100))]
    assert _value(make_card(metrics=figures), here, signal).raw == raw


@pytest.mark.parametrize(
    ("figures", "raw"),
    [
        pytest.param(
            [("a", 900, {"as_of": "2026-01-01"}), ("a", 100, {"as_of": "2026-06-01"})],
            100, id="newest-though-smaller",
        ),
        pytest.param(
            [("a", 100, {"as_of": "2026-06-01"}), ("a", 900, {"as_of": "2026-01-01"})],
            100, id="newest-stated-first",
        ),
        pytest.param(
            [("a", 900, {"as_of": "2026-06-01"}), ("a", 100, {"as_of": "2026-06-01"})],
            900, id="same-day-takes-the-larger",
        ),
        pytest.param(
            [("a", 900, {"as_of": "2026-01-01"}),
             ("a", 100, {"as_of": None, "read_on": "2026-06-01"})],
            100, id="day-read-counts-as-the-day",
        ),
        pytest.param(
            [("a", 900, {"as_of": "2026-01-01"}), ("a", 100, {"as_of": "2026-06-01"}),
             ("b", 7, {"as_of": "2025-01-01"}), (None, 20, {"as_of": "2025-01-01"})],
            127, id="newest-of-each-repository",
        ),
        pytest.param(
            [("a", 900, {"as_of": "2026-06"}), ("a", 100, {"as_of": "2026-06-02"})],
            100, id="a-month-counts-from-its-first-day",
        ),
        pytest.param(
            [("a", 900, {"as_of": "2026-06"}), ("a", 100, {"as_of": "2026-06-01"})],
            900, id="a-month-is-as-new-as-its-first-day",
        ),
    ],
)  # fmt: skip
def test_newest_figure_of_a_repository(
    make_card: MakeCard,
    here: Circumstances,
    figures: list[tuple[str | None, int, dict[str, Any]]],
    raw: int,
) -> None:
    """Of one repository only the latest figure counts, on equal days the larger."""
    metrics = [_figure("hf_downloads_30d", n, repository=r, **day) for r, n, day in figures]
    assert _value(make_card(metrics=metrics), here, "hf_downloads_30d").raw == raw


def test_closed_model_keeps_providers_and_loses_what_downloads_have(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Served by API only: not applicable with that reason; providers remain."""
    card = make_card(weights=CLOSED, metrics=[_figure("api_providers", 20)])
    adoption = signal_values(card, here)["adoption"]
    told = {v.id: (v.state, v.reason) for v in adoption}
    assert told.pop("api_providers") == (State.KNOWN, "")
    assert set(told.values()) == {(State.NOT_APPLICABLE, SERVED)}


def test_evidence_carries_source_and_day(make_card: MakeCard, here: Circumstances) -> None:
    """A dated figure speaks for its day; an undated page for the day it was read, and says so."""
    dated = make_card(metrics=[_figure("hf_likes", 3)])
    undated = make_card(metrics=[_figure("hf_likes", 3, as_of=None, read_on="2026-10-02")])
    (one,) = _value(dated, here, "hf_likes").evidence
    (other,) = _value(undated, here, "hf_likes").evidence
    assert one == ("A page", "https://example.org/page", "2026-11-01", False)
    assert other == ("A page", "https://example.org/page", "2026-10-02", True)


@pytest.mark.parametrize(
    ("group", "points"),
    [
        ("permissive", 100), ("copyleft", 85), ("use-restricted", 70),
        ("community", 55), ("research", 30), ("closed", 10),
    ],
)  # fmt: skip
def test_licence_classes_earn_the_points_of_the_method(
    make_card: MakeCard, here: Circumstances, group: str, points: int
) -> None:
    """The stated policy, class by class."""
    value = _value(make_card(licence=_licence(group)), here, "licence_class")
    assert value.score == points
    assert "Some-1.0" in value.text


def test_licence_points_may_be_overridden(make_card: MakeCard, here: Circumstances) -> None:
    """The points come from the registry handed in, from nowhere else."""
    groups = dict(here.registry.licences)
    groups["community"] = build(
        type(groups["community"]),
        {"id": "community", "title": "T", "points": 64, "meaning": "M"},
    )
    changed = Circumstances(here.registry._replace(licences=groups), AS_OF)
    card = make_card(licence=_licence("community"))
    assert _value(card, changed, "licence_class").score == 64


@pytest.mark.parametrize(
    ("changes", "days", "score"),
    [
        pytest.param({"released": _dated("2025-11-23")}, 365, 50.0, id="released"),
        pytest.param({"released": _dated("2025-09-14")}, 435, 43.8, id="435-days"),
        pytest.param({"released": _dated("2024-09-06")}, 808, 21.6, id="808-days"),
        pytest.param(
            {"released": _dated("2020-01-01"), "maintained": _dated("2025-11-23")}, 365, 50.0,
            id="maintenance-counts",
        ),
        pytest.param({"maintained": _dated("2025-11-23")}, 365, 50.0, id="maintenance-alone"),
        pytest.param(
            {"released": _dated("2025-11-23"), "maintained": _dated("2025")}, 365, 50.0,
            id="the-later-first-day",
        ),
        pytest.param({"released": _dated("2026-11")}, 22, 95.9, id="month-from-its-first-day"),
        pytest.param({"released": _dated("2026")}, 326, 53.8, id="year-from-its-first-day"),
        pytest.param({"released": _dated(AS_OF)}, 0, 100.0, id="today"),
        pytest.param({"released": _dated("2027-05-01")}, 0, 100.0, id="the-future-is-today"),
        pytest.param(
            {"released": _dated("2025-11-23"), "status": "superseded"}, 365, 50.0, id="superseded"
        ),
        pytest.param(
            {"released": _dated("2025-11-23"), "status": "deprecated"}, 365, 10.0, id="deprecated"
        ),
        pytest.param(
            {"released": _dated("2025-11-23"), "status": "retired"}, 365, 10.0, id="retired"
        ),
        # Four years are 1461 days: 100 * 2^(-1461/365) = 6.24, below the cap.
        pytest.param(
            {"released": _dated("2022-11-23"), "status": "deprecated"}, 1_461, 6.2,
            id="deprecated-and-old",
        ),
    ],
)  # fmt: skip
def test_ages(
    make_card: MakeCard, here: Circumstances, changes: dict[str, Any], days: int, score: float
) -> None:
    """Days from the later of release and maintenance to the as-of day, never to today's clock."""
    value = _value(make_card(**changes), here, "age")
    assert value.raw == days
    assert value.score is not None
    assert round(value.score, 1) == score
    assert (changes.get("status") in ("deprecated", "retired")) == (
        changes.get("status", "active") in value.text
    )


def test_age_follows_the_as_of_day(make_card: MakeCard, here: Circumstances) -> None:
    """The same card, asked for another day."""
    card = make_card(released=_dated("2025-11-23"))
    assert _value(card, here._replace(as_of="2025-11-24"), "age").raw == 1


def _quality(card: ModelCard, here: Circumstances) -> dict[str, SignalValue]:
    return {value.id: value for value in quality_values(card, here)}


def test_expected_set_is_a_place_per_benchmark(make_card: MakeCard, here: Circumstances) -> None:
    """Three expected benchmarks, one known: (70 - 25)/75 is 60; the others are unknown places."""
    found = _quality(make_card(benchmarks=[_result("Alpha", 70)]), here)
    assert list(found) == ["benchmark:Alpha", "benchmark:Beta", "benchmark:Gamma"]
    assert [v.state for v in found.values()] == [State.KNOWN, State.UNKNOWN, State.UNKNOWN]
    assert [v.weight for v in found.values()] == pytest.approx([1 / 3] * 3)
    assert found["benchmark:Alpha"].score == pytest.approx(60)
    assert found["benchmark:Beta"].score is None
    assert found["benchmark:Beta"].reason == "no result in the card"


def test_arena_rating_takes_its_interval_along(make_card: MakeCard, here: Circumstances) -> None:
    """940.7 [936.3, 945.1] against 1080 gives 31.0 [30.4, 31.5]."""
    card = make_card(benchmarks=[_result("Gamma", 940.7, low=936.3, high=945.1)])
    value = _quality(card, here)["benchmark:Gamma"]
    ends = (value.score, value.low, value.high)
    assert [round(end, 1) for end in ends if end is not None] == [31.0, 30.4, 31.5]
    assert "940.7 [936.3, 945.1]" in value.text


def test_reversed_benchmark_turns_its_interval_round(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Lower is better: an error rate of 10 [5, 20] from 50 down to 0 scores 80 [60, 90]."""
    result = _result("Errors", 10, low=5, high=20)
    value = _quality(make_card(tasks=["translation"], benchmarks=[result]), here)[
        "benchmark:Errors"
    ]
    assert (value.score, value.low, value.high) == (80.0, 60.0, 90.0)


def test_several_results_of_one_benchmark_count_once(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Alpha at 70, 85 and 100 scores 60, 80 and 100: one place, worth their mean of 80."""
    results = [
        _result("Alpha", 70),
        _result("Alpha", 85, version="CoT"),
        _result("Alpha", 100, variant="a quantized form"),
    ]
    found = _quality(make_card(benchmarks=results), here)
    assert len(found) == 3
    value = found["benchmark:Alpha"]
    assert value.score == pytest.approx(80)
    assert value.weight == pytest.approx(1 / 3)
    assert value.text.count(";") >= 2


def test_ten_variants_weigh_what_one_does(make_card: MakeCard, here: Circumstances) -> None:
    """Ten results of the same value change nothing but the text."""
    one = _quality(make_card(benchmarks=[_result("Alpha", 70)]), here)["benchmark:Alpha"]
    results = [_result("Alpha", 70, variant=f"form {n}") for n in range(10)]
    ten = _quality(make_card(benchmarks=results), here)["benchmark:Alpha"]
    assert (ten.score, ten.weight, ten.confidence) == (one.score, one.weight, one.confidence)


def test_interval_of_a_mean(make_card: MakeCard, here: Circumstances) -> None:
    """Scores 40 and 80 with half-widths 4 and 3: mean 60, half-width sqrt(16 + 9)/2 = 2.5."""
    results = [
        _result("Alpha", 55, low=52, high=58),
        _result("Alpha", 85, low=82.75, high=87.25, version="CoT"),
    ]
    value = _quality(make_card(benchmarks=results), here)["benchmark:Alpha"]
    assert (value.score, value.low, value.high) == pytest.approx((60, 57.5, 62.5))


def test_tasks_weigh_the_same_whatever_their_sets_hold(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Two tasks of three and two places: each place of the first weighs 1/6, of the second 1/4."""
    found = _quality(make_card(tasks=["text-generation", "text-to-image"]), here)
    assert {name: value.weight for name, value in found.items()} == pytest.approx(
        {
            "benchmark:Alpha": 1 / 6,
            "benchmark:Beta": 1 / 6,
            "benchmark:Gamma": 1 / 6,
            "benchmark:Draw": 1 / 4,
            "benchmark:Paint": 1 / 4,
        }
    )


def test_a_result_speaks_for_its_own_task_only(make_card: MakeCard, here: Circumstances) -> None:
    """A result of a task the card does not claim fills no place."""
    card = make_card(tasks=["text-to-image"], benchmarks=[_result("Alpha", 99)])
    assert {v.state for v in quality_values(card, here)} == {State.UNKNOWN}


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(_result("Outside", 99), id="not-in-the-set"),
        pytest.param(_result("Nobody knows", 99), id="not-in-the-registry"),
        pytest.param(_result("Alpha", 99, version="2.0"), id="other-version"),
        pytest.param(_result("Alpha", 99, metric="F1"), id="other-metric"),
        pytest.param(_result("alpha", 99), id="other-letter-case"),
    ],
)
def test_results_outside_the_set_never_score(
    make_card: MakeCard, here: Circumstances, result: dict[str, Any]
) -> None:
    """A card with such a result has exactly the quality of the card without it."""
    with_it = make_card(benchmarks=[_result("Beta", 0.5), result])
    without = make_card(benchmarks=[_result("Beta", 0.5)])
    assert quality_values(with_it, here) == quality_values(without, here)


@pytest.mark.parametrize(
    ("tier", "confidence"),
    [("own-run", 1.0), ("independent", 1.0), ("maker", 0.6), ("unsourced", 0.3)],
)
def test_tiers_scale_coverage_and_never_the_value(
    make_card: MakeCard, here: Circumstances, tier: str, confidence: float
) -> None:
    """The same score whoever measured; how much of it counts as known differs."""
    value = _quality(make_card(benchmarks=[_result("Alpha", 70, tier=tier)]), here)[
        "benchmark:Alpha"
    ]
    assert value.score == pytest.approx(60)
    assert value.confidence == confidence == TIERS[tier]


def test_several_results_have_the_tier_of_the_best(
    make_card: MakeCard, here: Circumstances
) -> None:
    """A maker's own figure beside an independent one takes no coverage away."""
    results = [_result("Alpha", 70, tier="maker"), _result("Alpha", 70, version="CoT")]
    assert _quality(make_card(benchmarks=results), here)["benchmark:Alpha"].confidence == 1.0


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_open_set_takes_any_three(make_card: MakeCard, here: Circumstances, count: int) -> None:
    """A task without a set has three places; what is left of them is one unknown, and says so."""
    names = ("One", "Two", "Three")[:count]
    card = make_card(tasks=["summarization"], benchmarks=[_result(name, 50) for name in names])
    found = _quality(card, here)
    left = found.pop("benchmark:summarization:open", None)
    assert set(found) == {f"benchmark:{name}" for name in names}
    assert [value.weight for value in found.values()] == pytest.approx([1 / 3] * count)
    if count == 3:
        assert left is None
    else:
        assert left is not None
        assert left.state is State.UNKNOWN
        assert left.weight == pytest.approx(1 - count / 3)
        assert "open set" in left.reason
        assert str(3 - count) in left.title


def test_full_open_set_still_says_that_it_is_open(make_card: MakeCard, here: Circumstances) -> None:
    """Where a task has no set yet, any three fill it and the output says "open set"."""
    results = [_result(name, 50) for name in ("One", "Two", "Three")]
    values = quality_values(make_card(tasks=["summarization"], benchmarks=results), here)
    assert any("open set" in f"{v.title} {v.text} {v.reason}" for v in values)


def test_open_set_never_weighs_more_than_its_task(make_card: MakeCard, here: Circumstances) -> None:
    """A fourth result shares the weight of the task."""
    results = [_result(name, 50) for name in ("One", "Two", "Three", "Four")]
    values = quality_values(make_card(tasks=["summarization"], benchmarks=results), here)
    assert sum(value.weight for value in values) == pytest.approx(1)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        pytest.param({}, "70 (accuracy)", id="metric"),
        pytest.param({"version": "CoT"}, "70 (CoT, accuracy)", id="version"),
        pytest.param({"shots": 5}, "70 (accuracy, 5 shots)", id="shots"),
        pytest.param(
            {"variant": "72B"}, "70 (accuracy; measured on 72B)", id="variant-of-the-model"
        ),
        pytest.param({"low": 68.0, "high": 72.0}, "70 [68, 72] (accuracy)", id="interval"),
    ],
)
def test_result_is_told_with_its_key(
    make_card: MakeCard, here: Circumstances, more: dict[str, Any], text: str
) -> None:
    """What was measured, and on which form of the model, stands beside the number."""
    card = make_card(benchmarks=[_result("Alpha", 70, **more)])
    assert _quality(card, here)["benchmark:Alpha"].text == text


def test_words_earn_no_quality(make_card: MakeCard, here: Circumstances) -> None:
    """Capabilities, long descriptions and praise change no quality value."""
    praise = {
        "summary": "The best model in the world. " * 50,
        "best_for": ["Everything"],
        "capabilities": [
            {
                "id": f"c{n}", "kind": "task", "tag": "text-generation", "title": "Best",
                "description": "Unmatched. " * 50, "claim": "unsourced",
            }
            for n in range(20)
        ],
    }  # fmt: skip
    assert quality_values(make_card(**praise), here) == quality_values(make_card(), here)


FULL: dict[str, Any] = {
    "sources": {
        "page": {"title": "A page", "url": "https://example.org/page"},
        "list": {"title": "A list", "url": "https://example.org/list", "read_on": "2026-10-05"},
    },
    "metrics": [
        _figure("hf_downloads_30d", 1_200, repository="a"),
        _figure("hf_downloads_30d", 34, repository="b", source="list", as_of="2026-10-01"),
        _figure("api_providers", 1_001, source="list"),
    ],
    "ecosystem": {
        "integrations": [
            {"name": "One", "source": "page"},
            {"name": "Two", "source": "list"},
            {"name": "Three", "source": "page"},
        ],
        "sdk_languages": ["python", "go"],
        "sdk_source": "list",
    },
    "weights": {"open": True, "source": "list", "formats": ["gguf", "safetensors"]},
    "licence": {"id": "Some-1.0", "licence_class": "permissive", "source": "list"},
    "released": {"day": "2020-02-01", "source": "list"},
    "maintained": {"day": "2023-10", "source": "page"},
}
PAGE, LIST = ("A page", "https://example.org/page"), ("A list", "https://example.org/list")
TOLD: list[tuple[str, float, str, tuple[Any, ...]]] = [
    (
        "hf_downloads_30d", 1_234, "1,234",
        ((*PAGE, "2026-11-01", False), (*LIST, "2026-10-01", False)),
    ),
    ("api_providers", 1_001, "1,001", ((*LIST, "2026-11-01", False),)),
    (
        "integrations", 3, "3: One, Two, Three",
        ((*PAGE, AS_OF, True), (*LIST, "2026-10-05", True)),
    ),
    ("weight_formats", 2, "2: gguf, safetensors", ((*LIST, "2026-10-05", True),)),
    ("sdk_languages", 2, "2: python, go", ((*LIST, "2026-10-05", True),)),
    ("licence_class", 100.0, "{permissive}: Some-1.0", ((*LIST, "2026-10-05", True),)),
    # From the first of October 2023 to 23 November 2026: three years, one of 366 days, and 53 days.
    ("age", 1_149, "1,149 days since 2023-10", ((*PAGE, "2023-10", False),)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("signal", "raw", "text", "evidence"), TOLD, ids=[signal for signal, *_ in TOLD]
)
def test_a_known_signal_is_told_with_its_sources(
    make_card: MakeCard,
    here: Circumstances,
    signal: str,
    raw: float,
    text: str,
    evidence: tuple[Any, ...],
) -> None:
    """The figure, its words, and each source once, with the day it speaks for."""
    value = _value(make_card(**FULL), here, signal)
    title = next(row.title for row in SIGNALS if row.id == signal)
    assert (value.title, value.raw, value.evidence) == (title, raw, evidence)
    assert value.text == text.format(permissive=here.registry.licences["permissive"].title)
    assert (value.state, value.reason, value.confidence) == (State.KNOWN, "", 1.0)
    assert (value.low, value.high) == (None, None)


REASONS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {},
        {
            "hf_likes": "no figure in the card", "api_providers": "no count in the card",
            "integrations": "no list in the card", "weight_formats": "no list in the card",
            "sdk_languages": "no list in the card", "licence_class": "terms not stated",
            "age": "no release day in the card", "times_matched": "no search log is loaded",
            "pick_lift": "no search log is loaded",
        },
    ),
    (
        {"weights": CLOSED},
        {
            "hf_likes": "closed weights are served, not downloaded",
            "ollama_pulls": "closed weights are served, not downloaded",
            "weight_formats": "closed weights have no file format",
        },
    ),
    (
        {"tasks": ["text-to-image"]},
        {"ollama_pulls": "Ollama runs models that answer in text or vectors"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "reasons"), REASONS, ids=["nothing", "closed", "pictures"])
def test_what_is_missing_is_told_in_full(
    make_card: MakeCard, here: Circumstances, changes: dict[str, Any], reasons: dict[str, str]
) -> None:
    """The whole reason of each state, and neither figure nor source beside it."""
    card = make_card(**changes)
    for signal, reason in reasons.items():
        value = _value(card, here, signal)
        assert (value.reason, value.text, value.evidence) == (reason, "", ())


@pytest.mark.parametrize(
    ("status", "text", "score"),
    [
        ("active", "366 days since 2025-11-22", 49.9),
        ("deprecated", "366 days since 2025-11-22, deprecated", 10.0),
        ("retired", "366 days since 2025-11-22, retired", 10.0),
    ],
)
def test_what_is_no_longer_kept_is_capped_and_said(
    make_card: MakeCard, here: Circumstances, status: str, text: str, score: float
) -> None:
    value = _value(make_card(status=status, released=_dated("2025-11-22")), here, "age")
    assert (value.raw, value.text, round(value.score or 0, 1)) == (366, text, score)


def test_a_figure_that_went_stale_says_since_when(make_card: MakeCard, here: Circumstances) -> None:
    """The earliest day of those that were not renewed; it is scored all the same."""
    metrics = [
        _figure("hf_likes", 10, repository="a", stale_since="2026-11-10"),
        _figure("hf_likes", 30, repository="b", stale_since="2026-11-05"),
        _figure("hf_likes", 20, repository="c"),
    ]
    value = _value(make_card(metrics=metrics), here, "hf_likes")
    assert (value.raw, value.text) == (30, "30, not renewed since 2026-11-05")
    assert len(value.evidence) == 1


def test_an_open_place_says_what_is_left(make_card: MakeCard, here: Circumstances) -> None:
    card = make_card(tasks=["summarization"], benchmarks=[_result("One", 50)])
    one, left = quality_values(card, here)
    assert (one.id, one.title, one.text) == ("benchmark:One", "One (open set)", "50 (score)")
    assert (one.raw, one.low, one.high) == (50.0, None, None)
    assert one.evidence == ((*PAGE, "2026-11-01", False),)
    assert (left.id, left.title) == ("benchmark:summarization:open", "any 2 of an open set")
    assert left.reason == "open set: no benchmarks are agreed for summarization yet"


def test_the_best_tier_alone_makes_the_mean(make_card: MakeCard, here: Circumstances) -> None:
    """An independent 70 and 85 score 60 and 80; what the maker says beside them does not count."""
    results = [
        _result("Alpha", 100, tier="maker", shots=5),
        _result("Alpha", 70, shots=0, variant="72B"),
        _result("Alpha", 85, version="CoT", as_of=None, read_on="2026-10-02"),
    ]
    row = {"name": "Alpha", "metric": "accuracy", "shots": 0, "floor": 25, "ceiling": 100}
    added = build(Benchmark, {"task": "text-generation", "why": "For a test.", **row})
    tables = here.registry._replace(benchmarks=(*here.registry.benchmarks, added))
    value = _quality(make_card(benchmarks=results), here._replace(registry=tables))[
        "benchmark:Alpha"
    ]
    assert value.score == pytest.approx(70)
    assert value.raw is None
    assert value.text == "70 (accuracy, 0 shots; measured on 72B); 85 (CoT, accuracy)"
    assert value.evidence == ((*PAGE, "2026-11-01", False), (*PAGE, "2026-10-02", True))


def _graph(evidence: ModelEvidence) -> MatchGraph:
    """Return the graph of a log of 1,270 searches on 40 days that holds this of the model one."""
    return MatchGraph((), (), {"one": evidence}, {}, 1.0, 1_270, 0, 40, 1_270)


OWN_LOG = (("Own search log", None, AS_OF, False),)


def test_a_log_tells_how_often_it_was_matched_and_picked(
    make_card: MakeCard, here: Circumstances
) -> None:
    """Coverage is n/(n + 30): 1,270 searches of 1,300, and 270 showings of 300."""
    evidence = ModelEvidence(1_234, 60, 1_000.25, 270, 40, 1_050)
    around = here._replace(evidence=_graph(evidence))
    matched = _value(make_card(), around, "times_matched")
    assert matched[2:6] == (State.KNOWN, 0.5, 1_234, "1,234 of 1,270 searches on 40 days")
    assert matched.confidence == pytest.approx(1_270 / 1_300)
    assert matched.evidence == OWN_LOG
    lift = _value(make_card(), around, "pick_lift")
    assert lift[2:4] == (State.KNOWN, 0.5)
    assert lift.text == "1,050 picked, 1000.2 to expect by position"
    assert lift.raw == lift.score == lift_of(evidence)
    assert lift.confidence == pytest.approx(0.9)
    assert lift.evidence == OWN_LOG


def test_a_model_that_was_shown_nowhere_has_no_lift(
    make_card: MakeCard, here: Circumstances
) -> None:
    """A log that never holds it says 0 matches, which is known, and nothing of its lift."""
    around = here._replace(evidence=_graph(ModelEvidence(5, 0, None, 0, 40)))
    other = make_card("other")
    assert _value(other, around, "times_matched")[4:7] == (0, "0 of 1,270 searches on 40 days", 0.0)
    for card in (make_card(), other):
        lift = _value(card, around, "pick_lift")
        assert lift.state is State.UNKNOWN
        assert lift.reason == "never shown at a position the log tells"
        assert (lift.raw, lift.score, lift.evidence) == (None, None, ())


@pytest.mark.parametrize(
    ("as_of", "read_on", "day", "undated"),
    [
        ("2026-01-02", None, "2026-01-02", False),
        ("2026-01-02", "2026-03-04", "2026-01-02", False),
        (None, "2026-03-04", "2026-03-04", True),
        (None, None, "", True),
    ],
)
def test_a_statement_speaks_for_its_own_day_first(
    make_card: MakeCard, as_of: str | None, read_on: str | None, day: str, undated: bool
) -> None:
    assert stated_evidence(make_card(), "page", as_of, read_on) == (*PAGE, day, undated)
