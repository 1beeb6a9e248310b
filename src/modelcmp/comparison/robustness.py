"""Would other weights say otherwise? Exactly, without sampling."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from modelcmp.scoring.rank import ASSUMED


def weight_share(differences: Sequence[float]) -> float:
    """Return the share (0-1) of all weightings under which the leader stays ahead.

    `differences` holds leader minus other, per dimension; weightings are uniform on the simplex,
    on which the share is the distribution of a weighted sum of uniform spacings. With positives x and
    non-positives y1..yk, A0 = 1 and the others 0: for each x, for j = 1..k,
    `Aj = (x*A(j-1) - yj*Aj) / (x - yj)`; the share is Ak.

    >>> weight_share([3, -1])
    0.75
    >>> round(weight_share([20, -5, -5, -5, -5]), 4)
    0.4096
    >>> weight_share([-1, 0])
    0.0
    """
    behind = [d for d in differences if d <= 0]
    kept = [1.0] + [0.0] * len(behind)
    ahead = [d for d in differences if d > 0]
    if not ahead:
        return 0.0
    for x in ahead:
        for j, y in enumerate(behind, start=1):
            kept[j] = (x * kept[j - 1] - y * kept[j]) / (x - y)
    return kept[-1]


class Move(NamedTuple):
    """Weight taken from one dimension and given to another, in points of 100."""

    source: str
    target: str
    points: float


def smallest_flip(
    differences: Mapping[str, float], shares: Mapping[str, float]
) -> tuple[Move, ...] | None:
    """Return the smallest change of weights that closes the gap, or None when none does.

    `differences` is leader minus other per dimension, `shares` the weights (0-1). Weight moves from
    the dimension that favours the leader most to the one that favours it least; when that weight is
    used up, the next one gives. A dimension on which the two are equal can close a gap but turn nothing round.

    >>> smallest_flip({"a": 10, "b": -10}, {"a": 0.6, "b": 0.4})
    (Move(source='a', target='b', points=10.0),)
    >>> smallest_flip({"a": 10, "b": 1}, {"a": 0.5, "b": 0.5}) is None
    True
    """
    target = min(differences, key=lambda name: (differences[name], name))
    if differences[target] >= 0:
        return None
    gap = sum(shares[name] * d for name, d in differences.items())
    moves = []
    for name in sorted(differences, key=lambda name: (-differences[name], name)):
        gain = differences[name] - differences[target]
        if gap <= 1e-12 or gain <= 0:
            break
        weight = min(shares[name], gap / gain)
        if weight > 0:
            moves.append(Move(name, target, 100 * weight))
            gap -= weight * gain
    return tuple(moves) if gap <= 1e-9 and moves else None


def break_even(gap: float, share: float, coverage: float = 0.0) -> float | None:
    """Return the value of what is unknown in a dimension at which the gap would close.

    `30 + gap/weight` for a dimension of which nothing is known; where part is known, only the rest
    can move. None when the dimension has no weight or nothing unknown. Over 100: it cannot close.

    >>> break_even(14.0, 0.35)
    70.0
    """
    unknown = share * (1 - coverage)
    return ASSUMED + gap / unknown if unknown > 1e-9 else None
