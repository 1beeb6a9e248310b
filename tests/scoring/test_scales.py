"""Raw figure -> 0-100: the worked values of the method, computed by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.scoring.scales import (
    HalfLife,
    LogScale,
    TableScale,
    first_day,
    score_bounded,
    score_rating,
)
from modelcmp.scoring.signals import SIGNALS

SCALES = {signal.id: signal.scale for signal in SIGNALS}

CHECK_VALUES = [
    ("hf_downloads_30d", 0, 0.0),
    ("hf_downloads_30d", 1_000, 20.8),
    ("hf_downloads_30d", 10_000, 40.1),
    ("hf_downloads_30d", 100_000, 60.0),
    ("hf_downloads_30d", 1_000_000, 80.0),
    ("ollama_pulls", 10_000, 20.8),
    ("ollama_pulls", 100_000, 40.1),
    ("ollama_pulls", 1_000_000, 60.0),
    ("hf_likes", 10, 10.0),
    ("hf_likes", 100, 34.7),
    ("hf_likes", 1_000, 66.8),
    ("github_stars", 100, 10.0),
    ("github_stars", 1_000, 34.7),
    ("github_stars", 10_000, 66.8),
    ("api_providers", 1, 17.6),
    ("api_providers", 5, 45.6),
    ("api_providers", 20, 77.4),
    ("integrations", 1, 20.2),
    ("integrations", 3, 40.4),
    ("integrations", 7, 60.6),
    ("integrations", 15, 80.7),
    ("weight_formats", 1, 33.3),
    ("weight_formats", 2, 52.8),
    ("weight_formats", 3, 66.7),
    ("sdk_languages", 1, 33.3),
    ("sdk_languages", 2, 52.8),
    ("sdk_languages", 3, 66.7),
    ("derivatives", 20, 15.9),
    ("derivatives", 100, 34.7),
    ("derivatives", 600, 59.5),
    ("times_matched", 10, 15.9),
    ("times_matched", 50, 34.7),
    ("times_matched", 500, 66.8),
]

FULL_MARKS = [
    ("hf_downloads_30d", 100, 10_000_000),
    ("ollama_pulls", 1_000, 100_000_000),
    ("hf_likes", 10, 10_000),
    ("github_stars", 100, 100_000),
    ("api_providers", 1, 50),
    ("integrations", 1, 30),
    ("weight_formats", 1, 7),
    ("sdk_languages", 1, 7),
    ("derivatives", 10, 10_000),
    ("times_matched", 5, 5_000),
]


def _log_scale(signal: str) -> LogScale:
    scale = SCALES[signal]
    assert isinstance(scale, LogScale)
    return scale


@pytest.mark.parametrize(
    ("signal", "count", "score"), CHECK_VALUES, ids=[f"{s}-{c}" for s, c, _ in CHECK_VALUES]
)
def test_counts_have_the_check_values_of_the_method(signal: str, count: int, score: float) -> None:
    """Each check value of the method's table, to one decimal."""
    assert round(_log_scale(signal).score(count), 1) == score


@pytest.mark.parametrize(
    ("signal", "starts", "full"), FULL_MARKS, ids=[signal for signal, _, _ in FULL_MARKS]
)
def test_counts_start_at_nothing_and_end_at_full_marks(signal: str, starts: int, full: int) -> None:
    """The constants are those of the method; 0 earns 0, and more than full marks earns no more."""
    scale = _log_scale(signal)
    assert scale == LogScale(starts, full)
    assert scale.score(0) == 0.0
    assert scale.score(full) == pytest.approx(100)
    assert scale.score(full * 1_000) == 100.0
    assert scale.score(full - 1) < 100.0


def test_every_count_of_the_signals_table_is_checked_here() -> None:
    """A new count cannot join the table without its worked values."""
    counts = {signal.id for signal in SIGNALS if isinstance(signal.scale, LogScale)}
    assert {signal for signal, _, _ in CHECK_VALUES} == counts
    assert {signal for signal, _, _ in FULL_MARKS} == counts


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.floats(1, 1e4),
    st.floats(1.5, 1e6),
    st.integers(0, 2**53 - 1),
    st.integers(0, 2**53 - 1),
)
def test_a_larger_count_never_earns_less(starts: float, factor: float, one: int, two: int) -> None:
    """Every logarithmic scale stays in 0-100 and never falls."""
    scale = LogScale(starts, starts * factor)
    low, high = scale.score(min(one, two)), scale.score(max(one, two))
    assert 0 <= low <= high <= 100


@pytest.mark.parametrize(
    ("value", "floor", "ceiling", "score"),
    [
        pytest.param(0.71, 0, 1, 71.0, id="share"),
        pytest.param(70.0, 25, 100, 60.0, id="above-chance"),
        pytest.param(25.0, 25, 100, 0.0, id="at-chance"),
        pytest.param(24.0, 25, 100, 0.0, id="below-chance-is-clamped"),
        pytest.param(100.0, 25, 100, 100.0, id="perfect"),
        pytest.param(101.0, 25, 100, 100.0, id="above-perfect-is-clamped"),
        pytest.param(12.5, 50, 0, 75.0, id="reversed"),
        pytest.param(50.0, 50, 0, 0.0, id="reversed-at-worst"),
        pytest.param(60.0, 50, 0, 0.0, id="reversed-worse-than-worst-is-clamped"),
        pytest.param(0.0, 50, 0, 100.0, id="reversed-perfect"),
        pytest.param(-1.0, 50, 0, 100.0, id="reversed-better-than-perfect-is-clamped"),
        pytest.param(0.0, -1, 1, 50.0, id="negative-floor"),
    ],
)
def test_bounded_results(value: float, floor: float, ceiling: float, score: float) -> None:
    """`100 * clamp((x - b0)/(b1 - b0))`, reversed where the ceiling lies below the floor."""
    assert score_bounded(value, floor, ceiling) == pytest.approx(score)


@pytest.mark.parametrize(
    ("rating", "reference", "score"),
    [
        pytest.param(940.7, 1080, 31.0, id="worked-value"),
        pytest.param(936.3, 1080, 30.4, id="worked-low-end"),
        pytest.param(945.1, 1080, 31.5, id="worked-high-end"),
        pytest.param(1080, 1080, 50.0, id="the-reference-itself"),
        # 400 points are ten to one: 10/11 and 1/11.
        pytest.param(1480, 1080, 90.9, id="400-above"),
        pytest.param(680, 1080, 9.1, id="400-below"),
        # 200 points are the root of ten to one: 1/(1 + 10^-0.5) = 1/1.3162.
        pytest.param(1280, 1080, 76.0, id="200-above"),
    ],
)
def test_ratings_become_expected_win_rates(rating: float, reference: float, score: float) -> None:
    """Elo's curve against the frozen reference."""
    assert round(score_rating(rating, reference), 1) == score


@pytest.mark.parametrize("rating", [-1e9, 1e9])
def test_absurd_ratings_stay_finite(rating: float) -> None:
    """A rating far off the board is a sure loss or a sure win, never an overflow."""
    score = score_rating(rating, 1_000)
    assert math.isfinite(score)
    assert score == pytest.approx(0 if rating < 0 else 100)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 3_000))
def test_two_models_share_the_games(one: float, two: float, reference: float) -> None:
    """A against B and B against A add up to all games, and a higher rating never wins less."""
    assert score_rating(one, two) + score_rating(two, one) == pytest.approx(100)
    low, high = sorted((one, two))
    assert 0 <= score_rating(low, reference) <= score_rating(high, reference) <= 100


@pytest.mark.parametrize(
    ("days", "capped", "score"),
    [
        pytest.param(0, False, 100.0, id="today"),
        pytest.param(365, False, 50.0, id="one-half-life"),
        pytest.param(730, False, 25.0, id="two-half-lives"),
        pytest.param(435, False, 43.8, id="435-days"),
        pytest.param(808, False, 21.6, id="808-days"),
        pytest.param(-30, False, 100.0, id="the-future-is-today"),
        pytest.param(0, True, 10.0, id="deprecated-today"),
        pytest.param(435, True, 10.0, id="deprecated-435-days"),
        # 2^-4 = 6.25 lies below the cap already.
        pytest.param(1_460, True, 6.2, id="deprecated-and-older-than-the-cap"),
        pytest.param(1_460, False, 6.2, id="four-half-lives"),
    ],
)
def test_age_halves_every_year(days: int, capped: bool, score: float) -> None:
    """`100 * 2^(-days/365)`; a deprecated model gets 10 at most."""
    scale = SCALES["age"]
    assert isinstance(scale, HalfLife)
    assert round(scale.score(days, capped=capped), 1) == score


@pytest.mark.parametrize(
    ("day", "first"),
    [
        pytest.param("2024-10-22", date(2024, 10, 22), id="day"),
        pytest.param("2024-10", date(2024, 10, 1), id="month"),
        pytest.param("2024", date(2024, 1, 1), id="year"),
    ],
)
def test_a_month_or_year_counts_from_its_first_day(day: str, first: date) -> None:
    """What a card leaves open is read as the earliest day it can mean."""
    assert first_day(day) == first


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        pytest.param(
            LogScale(1_500, 10_000_000),
            "logarithmic: 1,500 is where it starts to matter, 10,000,000 is full marks",
            id="log",
        ),
        pytest.param(
            HalfLife(365.4, 10.2),
            "halves every 365 days; a deprecated model gets at most 10",
            id="half-life",
        ),
        pytest.param(
            TableScale("licences"), "points from the registry's table of licences", id="table"
        ),
    ],
)
def test_scales_say_their_constants(scale: LogScale | HalfLife | TableScale, words: str) -> None:
    """What `explain` prints of a scale."""
    assert scale.describe() == words


@pytest.mark.parametrize(
    ("rating", "score"),
    [
        # 120,000 points are a power of 300, the last that is reckoned: 100 / 10^300.
        pytest.param(-120_000, 1e-298, id="last-power"),
        pytest.param(-120_400, 1e-298, id="one-power-more"),
        pytest.param(-119_600, 1e-297, id="one-power-less"),
        pytest.param(120_000, 100.0, id="never-loses"),
    ],
)
def test_ratings_far_below_stand_still(rating: float, score: float) -> None:
    """Powers are held within 300, so that no rating overflows."""
    assert score_rating(rating, 0) == pytest.approx(score, rel=1e-9)
