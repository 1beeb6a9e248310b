"""Would other weights say otherwise? Oracles worked out elsewhere, and laws that must hold."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.comparison.robustness import Move, break_even, smallest_flip, weight_share

PROPERTY = settings(max_examples=200, deadline=None, derandomize=True)

TENTHS = st.integers(-1_000, 1_000).map(lambda n: n / 10)
NOT_ZERO = TENTHS.filter(bool)


@pytest.mark.parametrize(
    ("differences", "share"),
    [
        pytest.param((3, -1), 0.75, id="two"),
        pytest.param((1, -1), 0.5, id="even"),
        pytest.param((10, 0, -10), 0.5, id="a-zero-between"),
        pytest.param((20, -5, -5, -5, -5), 0.4096, id="one-against-four"),
        pytest.param((5, 5, 5, -1, -1), 0.9838, id="three-against-two"),
        pytest.param((-12, 8, 4, -5, 40), 0.8389, id="five-different"),
        pytest.param((12, -8, -4, 5), 0.6188, id="four-different"),
        pytest.param((5, 5, 5), 1.0, id="ahead-everywhere"),
        pytest.param((-5, -5), 0.0, id="behind-everywhere"),
        pytest.param((0, 0), 0.0, id="equal-everywhere"),
        pytest.param((5, 0), 1.0, id="ahead-or-equal"),
        pytest.param((-5, 0), 0.0, id="behind-or-equal"),
        pytest.param((5,), 1.0, id="one-dimension"),
        pytest.param((), 0.0, id="no-dimension"),
    ],
)
def test_share_of_weightings(differences: Sequence[float], share: float) -> None:
    """The oracles of the method, and the ends of the scale."""
    assert round(weight_share(differences), 4) == share


@PROPERTY
@given(st.lists(TENTHS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_share_ignores_order_and_scale(differences: list[float], shuffler: random.Random) -> None:
    """A share lies in 0-1 and depends on proportions alone."""
    share = weight_share(differences)
    shuffled = [7 * d for d in differences]
    shuffler.shuffle(shuffled)
    assert 0 <= share <= 1
    assert weight_share(shuffled) == pytest.approx(share, abs=1e-9)


@PROPERTY
@given(st.lists(NOT_ZERO, min_size=1, max_size=6))
def test_shares_of_both_sides_are_all_weightings(differences: list[float]) -> None:
    """Without zeros one of the two is always ahead: share(d) + share(-d) = 1."""
    other = weight_share([-d for d in differences])
    assert weight_share(differences) + other == pytest.approx(1, abs=1e-9)


@PROPERTY
@given(st.lists(TENTHS, min_size=1, max_size=5), st.integers(0, 4), st.floats(0, 50))
def test_a_larger_difference_never_lowers_the_share(
    differences: list[float], place: int, more: float
) -> None:
    """Getting better somewhere keeps at least the weightings already won."""
    better = list(differences)
    better[place % len(better)] += more
    assert weight_share(better) >= weight_share(differences) - 1e-9


@pytest.mark.parametrize(
    "differences",
    [(3, -1), (20, -5, -5, -5, -5), (-12, 8, 4, -5, 40), (12, -8, -4, 5), (1, 2, -9, 0)],
    ids=str,
)
def test_share_is_what_drawing_weights_gives(differences: tuple[float, ...]) -> None:
    """20,000 weightings drawn uniformly from the simplex agree within four standard errors."""
    draw = random.Random(20_261_123)
    runs = 20_000
    # Exponential parts, divided by their sum, are uniform on the simplex; the sum has no sign.
    ahead = sum(math.fsum(draw.expovariate(1) * d for d in differences) > 0 for _ in range(runs))
    share = weight_share(differences)
    assert abs(ahead / runs - share) < 4 * math.sqrt(share * (1 - share) / runs)


@pytest.mark.parametrize(
    ("differences", "shares", "moves"),
    [
        pytest.param(
            # Gap 2, and each point moved from a to b takes 20/100: 10 points.
            {"a": 10, "b": -10}, {"a": 0.6, "b": 0.4}, (("a", "b", 10.0),), id="one-move",
        ),
        pytest.param(
            # Gap .1*20 + .6*10 - .3*10 = 5. All 10 points of a take 3, then 2/20 of c's.
            {"a": 20, "b": -10, "c": 10}, {"a": 0.1, "b": 0.3, "c": 0.6},
            (("a", "b", 10.0), ("c", "b", 10.0)), id="the-next-one-gives",
        ),
        pytest.param(
            {"a": 30, "b": 10, "c": -10}, {"a": 0.0, "b": 0.6, "c": 0.4},
            (("b", "c", 10.0),), id="what-weighs-nothing-gives-nothing",
        ),
        pytest.param({"a": 10, "b": 1}, {"a": 0.5, "b": 0.5}, None, id="ahead-everywhere"),
        # All weight on b would close the gap, and turn nothing round.
        pytest.param({"a": 10, "b": 0}, {"a": 0.5, "b": 0.5}, None, id="equal-at-worst"),
        pytest.param({"a": 10}, {"a": 1.0}, None, id="one-dimension"),
    ],
)  # fmt: skip
def test_smallest_flip(
    differences: dict[str, float],
    shares: dict[str, float],
    moves: tuple[tuple[str, str, float], ...] | None,
) -> None:
    """Weight moves from the leader's best dimension to its worst until the gap is closed."""
    found = smallest_flip(differences, shares)
    if moves is None:
        assert found is None
        return
    assert found is not None
    assert [(m.source, m.target) for m in found] == [move[:2] for move in moves]
    assert [m.points for m in found] == pytest.approx([move[2] for move in moves])


@st.composite
def _leads(draw: st.DrawFn) -> tuple[dict[str, float], dict[str, float]]:
    """Draw differences and weights under which the leader is ahead by something that shows."""
    names = "abcde"[: draw(st.integers(1, 5))]
    raw = {name: draw(st.integers(0, 100)) for name in names}
    raw[names[0]] += 1
    shares = {name: weight / sum(raw.values()) for name, weight in raw.items()}
    differences = {name: draw(TENTHS) for name in names}
    gap = math.fsum(shares[name] * d for name, d in differences.items())
    if gap < 0:
        differences = {name: -d for name, d in differences.items()}
    if abs(gap) < 0.05:
        differences = {name: abs(d) + 1 for name, d in differences.items()}
    return differences, shares


def _after(moves: Sequence[Move], shares: dict[str, float]) -> dict[str, float]:
    weights = dict(shares)
    for move in moves:
        weights[move.source] -= move.points / 100
        weights[move.target] += move.points / 100
    return weights


@PROPERTY
@given(_leads())
def test_flip_closes_the_gap_exactly(case: tuple[dict[str, float], dict[str, float]]) -> None:
    """After the moves the weighted gap is 0 and the weights are weights; None when none can be."""
    differences, shares = case
    moves = smallest_flip(differences, shares)
    # A leader that is behind nowhere is never overtaken; any other can be.
    assert (moves is None) == (min(differences.values()) >= 0)
    if moves is None:
        return
    weights = _after(moves, shares)
    assert math.fsum(weights[name] * d for name, d in differences.items()) == pytest.approx(
        0, abs=1e-7
    )
    assert math.fsum(weights.values()) == pytest.approx(1)
    assert all(weight >= -1e-12 for weight in weights.values())
    assert all(move.points > 0 for move in moves)


@PROPERTY
@given(_leads(), st.lists(st.floats(0, 1), min_size=5, max_size=5), st.floats(0, 1))
def test_no_smaller_change_of_weights_flips_it(
    case: tuple[dict[str, float], dict[str, float]], other: list[float], step: float
) -> None:
    """Any weighting that is not behind lies at least as far away as the moves together."""
    differences, shares = case
    moves = smallest_flip(differences, shares)
    target = dict(zip(shares, other, strict=False))
    total = math.fsum(target.values())
    if moves is None or total == 0:
        return
    weights = {n: (1 - step) * shares[n] + step * target[n] / total for n in shares}
    moved = math.fsum(abs(weights[n] - shares[n]) for n in shares) / 2
    if moved < math.fsum(move.points for move in moves) / 100 - 1e-9:
        assert math.fsum(weights[n] * d for n, d in differences.items()) > -1e-9


@pytest.mark.parametrize(
    ("gap", "share", "coverage", "value"),
    [
        pytest.param(14.0, 0.35, 0.0, 70.0, id="nothing-known"),
        pytest.param(7.0, 0.35, 0.5, 70.0, id="half-known-half-can-move"),
        pytest.param(35.0, 0.35, 0.0, 130.0, id="out-of-reach"),
        pytest.param(0.0, 0.35, 0.0, 30.0, id="no-gap"),
        pytest.param(14.0, 0.0, 0.0, None, id="no-weight"),
        pytest.param(14.0, 0.35, 1.0, None, id="nothing-unknown"),
    ],
)
def test_break_even(gap: float, share: float, coverage: float, value: float | None) -> None:
    """`30 + gap/weight` of what is unknown; None where nothing can move."""
    found = break_even(gap, share, coverage)
    assert found is None if value is None else found == pytest.approx(value)


@PROPERTY
@given(st.floats(0.1, 100), st.floats(0.01, 1), st.floats(0, 0.99))
def test_break_even_closes_the_gap(gap: float, share: float, coverage: float) -> None:
    """Raising what is unknown from 30 to the value adds exactly the gap to the rank."""
    value = break_even(gap, share, coverage)
    assert value is not None
    assert share * (1 - coverage) * (value - 30) == pytest.approx(gap)


def test_without_a_coverage_nothing_is_known() -> None:
    """A gap of 14 on a weight of .35: 30 + 14/.35."""
    assert break_even(14.0, 0.35) == pytest.approx(70)


@pytest.mark.parametrize(
    ("differences", "shares", "points"),
    [
        # .6 * .5 - .4 * .3 = .18, closed at .8 a whole weight: .225 of it.
        pytest.param({"a": 0.5, "b": -0.3}, {"a": 0.6, "b": 0.4}, 22.5, id="less-than-a-point"),
        pytest.param({"a": 1.0, "b": -9.0}, {"a": 0.5, "b": 0.5}, None, id="behind-already"),
        pytest.param({"a": 5.0, "b": -5.0}, {"a": 0.5, "b": 0.5}, None, id="no-gap"),
        pytest.param({"a": 5.0, "b": 0.0}, {"a": 0.5, "b": 0.5}, None, id="equal-turns-nothing"),
    ],
)
def test_a_flip_takes_a_gap_and_a_dimension_behind(
    differences: dict[str, float], shares: dict[str, float], points: float | None
) -> None:
    moves = smallest_flip(differences, shares)
    if points is None:
        assert moves is None
    else:
        assert moves is not None
        assert [(m.source, m.target) for m in moves] == [("a", "b")]
        assert moves[0].points == pytest.approx(points)
