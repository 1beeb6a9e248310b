"""An earlier comparison against this one: what moved, what counts as noise, what is no baseline."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.comparison.baseline import (
    BaselineError,
    find_drops,
    hold_against,
    parse_baseline,
)
from modelcmp.comparison.compare import Comparison, compare_models
from modelcmp.comparison.since import Changes, ModelChange, change_rows, tell_changes
from modelcmp.comparison.verdict import within_noise
from modelcmp.render import FORMATS, Look
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method, rank_model

MakeCard = Callable[..., ModelCard]
SOURCE = {"source": "page", "as_of": "2026-11-01"}


def downloads(number: int, **more: Any) -> dict[str, Any]:
    """Return the field of a card that states its downloads."""
    row = {"metric": "hf_downloads_30d", "value": number, "repository": "m/one", **SOURCE, **more}
    return {"metrics": [row]}


def arena(rating: float, width: float) -> dict[str, Any]:
    """Return the field of a card that states a rating with its interval."""
    row = {"name": "LMArena text", "version": "overall", "metric": "rating", "value": rating}
    interval = {"low": rating - width, "high": rating + width}
    return {"benchmarks": [{**row, **interval, "tier": "independent", **SOURCE}]}


def as_json(comparison: Comparison) -> str:
    return FORMATS["json"].render(comparison, Look())


def held(
    then: list[ModelCard], now: list[ModelCard], method: Method, earlier: Method | None = None
) -> Comparison:
    text = as_json(compare_models(then, earlier or method))
    return hold_against(compare_models(now, method), parse_baseline(text, "old.json"))


def changes_of(comparison: Comparison) -> Changes:
    assert comparison.changes is not None
    return comparison.changes


def test_nothing_moved(make_card: MakeCard, method: Method) -> None:
    cards = [make_card("one", **downloads(1000)), make_card("two")]
    changes = changes_of(held(cards, cards, method))
    assert all(not m.signals and not m.dimensions and m.change == 0 for m in changes.models)
    assert change_rows(changes) == []
    assert tell_changes(changes)[-1] == "The call is insufficient as before."


def test_a_signal_that_moved_is_shown_with_its_source(make_card: MakeCard, method: Method) -> None:
    other = make_card("two")
    then = make_card("one", **downloads(1_000, as_of="2026-10-01"))
    now = make_card("one", **downloads(100_000))
    (one, two) = changes_of(held([then, other], [now, other], method)).models
    assert (two.signals, two.change) == ((), 0)
    (signal,) = one.signals
    assert (signal.id, signal.dimension) == ("hf_downloads_30d", "adoption")
    assert signal.was is not None and signal.now is not None
    # METHOD's own check values: 1k is 20.8, 100k is 60.0.
    assert (signal.was.text, signal.was.score) == ("1,000", 20.8)
    assert (signal.now.text, round(signal.now.score or 0, 1)) == ("100,000", 60.0)
    before, after = rank_model(then, method), rank_model(now, method)
    assert (one.rank_was, one.rank_now) == (before.rank.value, after.rank.value)
    assert [d.id for d in one.dimensions] == ["adoption"]
    rows = change_rows(changes_of(held([then, other], [now, other], method)))
    assert [(row.what, row.was, row.now, row.why) for row in rows][1] == (
        "Hugging Face downloads", "1,000 (20.8)", "100,000 (60.0)", "A page, as of 2026-11-01",
    )  # fmt: skip


def test_a_fact_that_appeared_or_went_is_told(make_card: MakeCard, method: Method) -> None:
    bare, full, other = make_card("one"), make_card("one", **downloads(1_000)), make_card("two")
    rows = change_rows(changes_of(held([bare, other], [full, other], method)))
    assert [(row.was, row.now) for row in rows] == [
        ("— unknown", "26.8, 35 % known"),
        ("— unknown: no figure in the card", "1,000 (20.8)"),
    ]
    back = change_rows(changes_of(held([full, other], [bare, other], method)))
    assert [(row.now, row.was) for row in back] == [(row.was, row.now) for row in rows]


def test_swapping_then_and_now_mirrors(make_card: MakeCard, method: Method) -> None:
    other = make_card("two", **downloads(500))
    a = make_card("one", **downloads(2_000), **arena(1300, 10))
    b = make_card("one", **downloads(90_000), **arena(1200, 10))
    there = changes_of(held([a, other], [b, other], method)).models[0]
    back = changes_of(held([b, other], [a, other], method)).models[0]
    assert there.change == -back.change and there.noise == back.noise
    assert [s.points for s in there.signals] == [-s.points for s in back.signals]


def test_the_noise_of_both_sides_counts(make_card: MakeCard, method: Method) -> None:
    other = make_card("two")
    wide, narrow = arena(1300, 300), arena(1300, 1)
    worse_wide, worse_narrow = arena(1150, 300), arena(1150, 1)
    for then, now, noise in (
        (wide, worse_wide, True),
        (wide, worse_narrow, True),
        (narrow, worse_wide, True),
        (narrow, worse_narrow, False),
    ):
        before, after = make_card("one", **then), make_card("one", **now)
        model = changes_of(held([before, other], [after, other], method)).models[0]
        errors = [rank_model(card, method).rank.standard_error for card in (before, after)]
        assert model.change < -2
        assert model.noise is noise is within_noise(model.change, *errors)


def test_models_that_came_and_went(make_card: MakeCard, method: Method) -> None:
    one, two, three = (make_card(name) for name in ("one", "two", "three"))
    changes = changes_of(held([one, two], [one, three], method))
    assert (changes.added, changes.gone, changes.verdict) == (("Three",), ("Two",), None)
    assert [model.id for model in changes.models] == ["one"]
    assert tell_changes(changes)[1:] == [
        "Not in the baseline: Three.",
        "Only in the baseline: Two.",
    ]


def test_scores_of_two_methods_are_never_compared(make_card: MakeCard, method: Method) -> None:
    cards = [make_card("one", **downloads(1_000)), make_card("two")]
    later = [make_card("one", **downloads(2_000)), make_card("two")]
    other = make_method(resolve_profile("production"), method.circumstances)
    comparison = held(cards, later, method, other)
    changes = changes_of(comparison)
    assert not changes.same_method and changes.verdict is None
    assert [caveat.code for caveat in comparison.caveats][-1] == "other-method"
    assert [(r.was, r.now, r.points) for r in change_rows(changes)] == [("1,000", "2,000", "")]
    document = json.loads(as_json(comparison))["baseline"]
    model = document["models"][0]
    told = ("rank_was", "change", "within_noise", "coverage_was")
    assert [model[key] for key in told] == [None] * 4 and model["dimensions"] == []
    assert model["signals"][0]["was"]["score"] is model["signals"][0]["points_change"] is None
    with pytest.raises(BaselineError, match="another method"):
        find_drops(changes, 1)


def test_the_verdict_then_and_now(make_card: MakeCard, method: Method) -> None:
    other = make_card("two")
    same_job, paints = make_card("one"), make_card("one", tasks=["text-to-image"])
    changes = changes_of(held([same_job, other], [paints, other], method))
    assert changes.verdict is not None
    assert (changes.verdict.call_was, changes.verdict.call_now) == (
        "insufficient",
        "different-jobs",
    )
    assert tell_changes(changes)[-1] == "The call is different-jobs instead of insufficient."


def _changes(was: float, now: float, *, noise: bool) -> Changes:
    model = ModelChange("one", "One", was, now, 1.0, 1.0, noise, (), ())
    return Changes("2026-10-01", "2026-11-01", "balanced", "0" * 12, True, (model,), (), (), None)


@pytest.mark.parametrize(
    ("was", "now", "noise", "most", "fails"),
    [
        (60.0, 54.0, False, 5, True),
        (60.0, 55.0, False, 5, False),
        (60.0, 54.9, False, 5, True),
        (60.0, 50.0, True, 5, False),
        (50.0, 60.0, False, 0, False),
        (60.0, 57.9, False, 0, True),
        (60.0, 60.0, False, 0, False),
        (0.3, 0.2, False, 0.1, False),
    ],
)
def test_the_gate(was: float, now: float, noise: bool, most: float, fails: bool) -> None:
    assert bool(find_drops(_changes(was, now, noise=noise), most)) is fails


def test_a_gate_without_a_common_model_cannot_be_judged(
    make_card: MakeCard, method: Method
) -> None:
    one, two, three, four = (make_card(name) for name in ("one", "two", "three", "four"))
    with pytest.raises(BaselineError, match="no model"):
        find_drops(changes_of(held([one, two], [three, four], method)), 1)


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "NaN", "{", '{"schema": "modelcmp/model/1"}', "[" * 100_000,
        '{"schema": "modelcmp/comparison/2"}',
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(BaselineError, match=r"^x\.json: is no comparison: "):
        parse_baseline(text, "x.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("models", 0, "rank", "value"), 101),
        (("models", 0, "rank", "value"), "60"),
        (("models", 0, "rank", "value"), True),
        (("models", 0, "rank", "coverage"), float("nan")),
        (("models", 0, "dimensions", "adoption", "signals", 0, "state"), "maybe"),
        (("models", 0, "dimensions", "adoption", "signals", 0, "weight"), -1),
        (("models", 0, "id"), None),
        (("verdict", "call"), 3),
    ],
)
def test_a_wrong_value_is_named(
    path: tuple[str | int, ...], value: object, make_card: MakeCard, method: Method
) -> None:
    document = json.loads(as_json(compare_models([make_card("one"), make_card("two")], method)))
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(BaselineError) as caught:
        parse_baseline(json.dumps(document), "x.json")
    assert ".".join(map(str, path)) in caught.value.message


@given(st.text(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
).map(json.dumps))  # fmt: skip
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BaselineError):
        parse_baseline(text, "x.json")
