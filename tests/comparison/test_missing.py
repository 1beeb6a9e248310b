"""Missing facts: which they are, and that their ranges are those of the rank itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.comparison.missing import FIELDS, find_gaps, report_missing
from modelcmp.scoring.rank import Method, rank_model
from modelcmp.scoring.signals import SIGNALS

Make = Callable[..., ModelCard]
LIKES = {"metric": "hf_likes", "value": 500, "source": "page", "as_of": "2026-01-01"}
OPEN = {"open": True, "source": "page"}


def test_every_signal_of_a_card_has_a_place_in_it() -> None:
    """A signal that reads cards needs a row in FIELDS, or nobody is told that it is missing."""
    assert set(FIELDS) == {signal.id for signal in SIGNALS if signal.dimension != "match"}
    fields = ModelCard.__dataclass_fields__
    assert all(field.partition(".")[0] in fields for field in FIELDS.values())


def test_what_is_known_or_does_not_apply_is_not_missing(make_card: Make, method: Method) -> None:
    found = {gap.signal for gap in find_gaps(make_card(metrics=[LIKES], weights=OPEN), method).gaps}
    assert {"hf_downloads_30d", "github_stars", "age", "benchmark:MMLU"} <= found
    assert "hf_likes" not in found
    closed = make_card(weights={"open": False, "source": "page"})
    found = {gap.signal for gap in find_gaps(closed, method).gaps}
    assert "api_providers" in found
    assert not {"hf_downloads_30d", "weight_formats", "derivatives"} & found


def test_ranges_add_up_to_the_bounds_of_the_rank(make_card: Make, method: Method) -> None:
    """Each unknown part counts as 30: all of them at 0 and at 100 are the bounds of the rank."""
    for fields in ({}, {"metrics": [LIKES]}, {"weights": OPEN, "metrics": [LIKES]}):
        card = make_card(**fields)
        rank = rank_model(card, method).rank
        gaps = find_gaps(card, method).gaps
        assert sum(gap.swing for gap in gaps) == pytest.approx(rank.high - rank.low, abs=0.1 * 12)
        for gap in gaps:
            assert rank.low <= gap.low < rank.value < gap.high <= rank.high
            assert gap.high - rank.exact == pytest.approx(7 / 3 * (rank.exact - gap.low), abs=0.2)


def test_a_range_is_what_the_fact_does(make_card: Make, method: Method) -> None:
    """A figure at full marks lifts the rank to the high end, 0 lowers it to the low end."""
    before = find_gaps(make_card(weights=OPEN), method)
    (gap,) = (gap for gap in before.gaps if gap.signal == "hf_likes")
    for value, end in ((10_000, gap.high), (0, gap.low)):
        card = make_card(weights=OPEN, metrics=[{**LIKES, "value": value}])
        assert rank_model(card, method).rank.value == pytest.approx(end, abs=0.1)


def test_the_most_valuable_comes_first(make_card: Make, method: Method) -> None:
    gaps = find_gaps(make_card(weights=OPEN), method).gaps
    assert [gap.swing for gap in gaps] == sorted((gap.swing for gap in gaps), reverse=True)
    report = report_missing([make_card("known", metrics=[LIKES]), make_card("bare")], method)
    assert [model["id"] for model in report.document["models"]] == ["bare", "known"]
    swings = [line[8] for line in report.lines[1:]]
    assert swings == sorted(swings, key=lambda swing: -float(swing or 0))
    assert [section.title for section in report.sections] == ["By fact", "bare", "known"]
    assert sum(int(row[2]) for row in report.sections[0].rows) == len(swings)


def test_a_card_that_lacks_nothing_is_named(
    make_card: Make, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelcmp.comparison.missing.FIELDS", {})
    report = report_missing([make_card("full")], method)
    assert "Nothing is missing of full." in report.text
    assert report.sections == ()
    assert len(report.lines) == 1


def test_the_document(make_card: Make, method: Method) -> None:
    document: dict[str, Any] = report_missing([make_card("bare")], method).document
    assert list(document) == ["schema", "profile", "method", "as_of", "models"]
    assert document["schema"] == "modelcmp/missing/1"
    (model,) = document["models"]
    assert set(model["missing"][0]) == {
        "dimension", "signal", "title", "field", "low", "high", "swing",
    }  # fmt: skip
