"""Signal values + weight profile -> dimension scores -> rank, with coverage, bounds and parts.

Every unknown part is entered as a fixed, sceptical 30, so that hiding a figure can hardly pay and
a card with few facts lands low but not at nothing. All numbers that anybody is shown are rounded
here, once; sentences and gates are made from the rounded ones.
"""

import json
import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.digests import blake2b
from modelcmp.scoring.profiles import WeightProfile
from modelcmp.scoring.quality import RESULTS_EXPECTED, TIERS
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS, signal_values
from modelcmp.scoring.values import Circumstances, SignalValue, State

ASSUMED = 30.0
"""What an unknown part is entered as."""

COVERAGE_WORDS = ((0.75, "high"), (0.50, "medium"), (0.0, "low"))
"""From which share of the weight on coverage is called what."""


def rounded(number: float, digits: int = 1) -> float:
    """Return `number` with `digits` decimals, half to even, never -0: the one place that rounds.

    >>> rounded(-0.04)
    0.0
    """
    return round(number, digits) + 0.0


def whole(published: float) -> int:
    """Return a published number (one decimal) as the whole number that tables show."""
    return round(published)


def coverage_word(coverage: float) -> str:
    """Return high, medium or low for a share from 0 to 1.

    >>> coverage_word(0.75), coverage_word(0.5), coverage_word(0.49)
    ('high', 'medium', 'low')
    """
    return next(word for least, word in COVERAGE_WORDS if coverage >= least)


def percent(share: float) -> str:
    """Return a share from 0 to 1 in whole percent, rounded down: 74.9 % is not yet 75 %.

    >>> percent(0.7499), percent(0.29), percent(1.0)
    ('74 %', '29 %', '100 %')
    """
    return f"{math.floor(100 * share + 1e-9)} %"


def apportion(parts: Sequence[float], total: int) -> list[int]:
    """Return whole numbers near `parts` that sum to `total` (largest remainders get the rest).

    >>> apportion([1.4, 1.4, 0.2], 3)
    [2, 1, 0]
    """
    floors = [math.floor(part) for part in parts]
    remainders = [part - floor for part, floor in zip(parts, floors, strict=True)]
    missing = total - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: (-remainders[i], i))
    for step in range(abs(missing)):
        index = order[step % len(order)] if missing > 0 else order[-1 - step % len(order)]
        floors[index] += 1 if missing > 0 else -1
    return floors


class Contribution(NamedTuple):
    """One signal inside a rank: its value and the points (one decimal) it puts into the rank."""

    value: SignalValue
    points: float


class DimensionScore(NamedTuple):
    """A dimension of one model: `score` 0-100, `coverage` 0-1, `share` of the rank's weight.

    `exact` is the unrounded score. `points` is what it puts into the rank. A dimension that is not
    configured has no score, no share and no points.
    """

    id: str
    title: str
    state: State
    share: float
    exact: float | None
    score: float | None
    coverage: float
    low: float | None
    high: float | None
    points: float
    contributions: tuple[Contribution, ...]

    @property
    def known(self) -> bool:
        """Whether any part of it is known."""
        return self.state is State.KNOWN


class Rank(NamedTuple):
    """The weighted number from 0 to 100, its bounds (unknown parts at 0 and at 100) and coverage."""

    exact: float
    value: float
    low: float
    high: float
    coverage: float
    standard_error: float
    """From the intervals of the quality results; 0 where none states one."""


class RankedModel(NamedTuple):
    """A card with its rank and the dimension scores that make it up."""

    card: ModelCard
    rank: Rank
    dimensions: tuple[DimensionScore, ...]

    @property
    def times_matched(self) -> int | None:
        """Searches of the loaded log it was matched with; None where no log is loaded."""
        (value, *_) = (c.value for c in self.dimension("match").contributions)
        return int(value.raw) if value.state is State.KNOWN and value.raw is not None else None

    def dimension(self, name: str) -> DimensionScore:
        """Return the score of one dimension."""
        return next(score for score in self.dimensions if score.id == name)


class Method:
    """How ranks are made here: profile, tables and as-of day. Equal methods give equal ranks.

    `hash` names the constants and the effective profile; scores of different hashes are never
    compared.
    """

    def __init__(
        self, profile: WeightProfile, circumstances: Circumstances, configured: frozenset[str]
    ) -> None:
        self.profile = profile
        self.circumstances = circumstances
        self.configured = configured

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of the rank of each configured dimension."""
        return self.profile.shares(self.configured)

    @property
    def as_of(self) -> str:
        """The day the scores speak for."""
        return self.circumstances.as_of

    @cached_property
    def hash(self) -> str:
        """Return twelve hexadecimal digits over every constant and the effective profile."""
        plain = json.dumps(method_constants(self), sort_keys=True, separators=(",", ":"))
        return blake2b(plain.encode(), digest_size=6).hexdigest()


def make_method(profile: WeightProfile, circumstances: Circumstances) -> Method:
    """Return the method of a run; the match graph is configured once search evidence is loaded."""
    loaded = circumstances.evidence is not None
    configured = frozenset(d.id for d in DIMENSIONS if loaded or d.id != "match")
    return Method(profile, circumstances, configured)


def method_constants(method: Method) -> dict[str, Any]:
    """Return every constant that a score depends on, as plain values."""
    tables = method.circumstances.registry.plain
    return {
        "assumed": ASSUMED,
        "tiers": TIERS,
        "results_expected": RESULTS_EXPECTED,
        "signals": [
            [s.id, s.dimension, s.weight, type(s.scale).__name__, repr(s.scale)] for s in SIGNALS
        ],
        "licences": {row["id"]: row["points"] for row in tables.get("licences", ())},
        "benchmarks": sorted(
            json.dumps([row.get(key) for key in _BENCHMARK_KEY])
            for row in tables.get("benchmarks", ())
        ),
        "expected": {task: sorted(names) for task, names in tables.get("expected", {}).items()},
        "outputs": {row["id"]: sorted(row["output"]) for row in tables.get("tasks", ())},
        "shares": {name: round(share, 9) for name, share in method.shares.items()},
    }


_BENCHMARK_KEY = (
    "name", "version", "metric", "shots", "task", "floor", "ceiling", "reference", "scored",
)  # fmt: skip


def rank_model(card: ModelCard, method: Method) -> RankedModel:
    """Return a card with its rank. Depends on the card and the method, never on other cards."""
    values = signal_values(card, method.circumstances)
    drafts = [score_dimension(d.id, d.title, values[d.id], method) for d in DIMENSIONS]
    rank = _rank(drafts, values["quality"], method)
    tenths = apportion([10 * d.share * (d.exact or 0) for d in drafts], round(rank.value * 10))
    dimensions = [_with_points(d, t) for d, t in zip(drafts, tenths, strict=True)]
    return RankedModel(card=card, rank=rank, dimensions=tuple(dimensions))


def in_order(models: Iterable[RankedModel]) -> list[RankedModel]:
    """Return models by rank, the highest first, equal ones by id."""
    return sorted(models, key=lambda model: (-model.rank.value, model.card.id))


def score_dimension(
    name: str, title: str, values: Sequence[SignalValue], method: Method
) -> DimensionScore:
    """Return the score of one dimension; points are filled in once the rank is known.

    With x the weighted mean of the known signals and c their share of the applicable weight:
    `S = c * x + (1 - c) * 30`. The evidence tier of a result scales its part of c, so a signal of
    weight w, tier t and score s enters as `w * (t * s + (1 - t) * 30)`; hiding it gains at most
    `w * max(0, 30 - s)`.
    """
    if name not in method.configured:
        return DimensionScore(
            id=name, title=title, state=State.NOT_CONFIGURED, share=0.0, exact=None, score=None,
            coverage=0.0, low=None, high=None, points=0.0,
            contributions=tuple(Contribution(value, 0.0) for value in values),
        )  # fmt: skip
    applicable = math.fsum(v.weight for v in values if v.state is not State.NOT_APPLICABLE)
    known = math.fsum(_known_weight(v) for v in values)
    earned = math.fsum(_known_weight(v) * (v.score or 0.0) for v in values)
    coverage = known / applicable if applicable else 0.0
    from_known = earned / applicable if applicable else 0.0
    exact = from_known + (1 - coverage) * ASSUMED
    return DimensionScore(
        id=name,
        title=title,
        state=State.KNOWN if known else State.UNKNOWN,
        share=method.shares[name],
        exact=exact,
        score=rounded(exact),
        coverage=rounded(coverage, 4),
        low=rounded(from_known),
        high=rounded(from_known + (1 - coverage) * 100),
        points=0.0,
        contributions=tuple(Contribution(value, _entered(value, applicable)) for value in values),
    )


def _known_weight(value: SignalValue) -> float:
    return value.weight * value.confidence if value.state is State.KNOWN else 0.0


def _entered(value: SignalValue, applicable: float) -> float:
    """Return what a signal enters into its dimension's score, its unknown part at 30."""
    if value.state is State.NOT_APPLICABLE or not applicable:
        return 0.0
    known = _known_weight(value)
    return (known * (value.score or 0.0) + (value.weight - known) * ASSUMED) / applicable


def _rank(
    dimensions: Iterable[DimensionScore], quality: Sequence[SignalValue], method: Method
) -> Rank:
    counted = [d for d in dimensions if d.exact is not None]
    exact = math.fsum(d.share * (d.exact or 0.0) for d in counted)
    coverage = math.fsum(d.share * d.coverage for d in counted)
    # A dimension's score is c*x + (1-c)*30, so what is known of it follows from the two.
    known = exact - ASSUMED * (1 - coverage)
    return Rank(
        exact=exact,
        value=rounded(exact),
        low=rounded(max(0.0, known)),
        high=rounded(min(100.0, known + 100 * (1 - coverage))),
        coverage=rounded(coverage, 4),
        standard_error=method.shares.get("quality", 0.0) * standard_error(quality),
    )


def standard_error(values: Sequence[SignalValue]) -> float:
    """Return the standard error of a dimension score, from the 95 % intervals of its signals."""
    applicable = math.fsum(v.weight for v in values if v.state is not State.NOT_APPLICABLE)
    squares = [
        (_known_weight(v) / applicable * (v.high - v.low) / (2 * 1.96)) ** 2
        for v in values
        if v.low is not None and v.high is not None
    ]
    return math.sqrt(math.fsum(squares))


def _with_points(draft: DimensionScore, tenths: int) -> DimensionScore:
    """Return the dimension with its points, and each signal with its part of them."""
    entered = [c.points for c in draft.contributions]
    total = math.fsum(entered)
    if draft.exact is None or not draft.contributions:
        contributions = draft.contributions
    else:
        wanted = [10 * draft.share * part for part in entered]
        parts = apportion(wanted, tenths) if total else [tenths] + [0] * (len(entered) - 1)
        contributions = tuple(
            Contribution(c.value, rounded(part / 10))
            for c, part in zip(draft.contributions, parts, strict=True)
        )
    return draft._replace(points=rounded(tenths / 10), contributions=contributions)
