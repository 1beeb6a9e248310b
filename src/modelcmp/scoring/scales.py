"""From a raw figure to 0-100: the shapes of scale there are, each with its formula and an example."""

import math
from datetime import date
from typing import NamedTuple


class LogScale(NamedTuple):
    """Counts that matter by their order of magnitude.

    `starts` is where a count begins to matter, `full` is full marks:
    `100 * min(1, ln(1 + x/starts) / ln(1 + full/starts))`.
    """

    starts: float
    full: float

    def score(self, count: float) -> float:
        """Return 0-100 for a count of 0 or more.

        >>> round(LogScale(100, 10_000_000).score(10_000), 1)
        40.1
        """
        ratio = math.log1p(count / self.starts) / math.log1p(self.full / self.starts)
        return 100 * min(1.0, ratio)

    def describe(self) -> str:
        """Return the scale in words."""
        return f"logarithmic: {self.starts:,.0f} is where it starts to matter, {self.full:,.0f} is full marks"


class HalfLife(NamedTuple):
    """Age in days; what is `days` old is worth half of what is new."""

    days: float
    capped_at: float
    """Most that a deprecated model earns."""

    def score(self, age_days: float, *, capped: bool = False) -> float:
        """Return 0-100 for an age; a day in the future counts as today.

        >>> round(HalfLife(365, 10).score(435), 1)
        43.8
        """
        score: float = 100 * 2 ** (-max(0.0, age_days) / self.days)
        return min(self.capped_at, score) if capped else score

    def describe(self) -> str:
        """Return the scale in words."""
        return f"halves every {self.days:.0f} days; a deprecated model gets at most {self.capped_at:.0f}"


class TableScale(NamedTuple):
    """Points from a table of the registry."""

    table: str

    def describe(self) -> str:
        """Return the scale in words."""
        return f"points from the registry's table of {self.table}"


Scale = LogScale | HalfLife | TableScale


def score_bounded(value: float, floor: float, ceiling: float) -> float:
    """Return 0-100 for a benchmark result between what guessing earns and a perfect result.

    A ceiling below the floor reverses the scale, for results where lower is better.

    >>> score_bounded(0.71, 0, 1)
    71.0
    >>> score_bounded(12.5, 50, 0)
    75.0
    """
    share = (value - floor) / (ceiling - floor)
    return 100 * min(1.0, max(0.0, share))


def score_rating(rating: float, reference: float) -> float:
    """Return the expected win rate in percent of a rating against a frozen reference (Elo's curve).

    >>> round(score_rating(940.7, 1080), 1)
    31.0
    """
    # A power over 300 overflows; it stands for a rating that never wins.
    exponent = max(-300.0, min(300.0, (reference - rating) / 400))
    return float(100 / (1 + 10**exponent))


def first_day(day: str) -> date:
    """Return the first day that a day, month or year of a card can mean.

    >>> first_day("2023-10")
    datetime.date(2023, 10, 1)
    """
    year, month, number = (*map(int, day.split("-")), 1, 1)[:3]
    return date(year, month, number)
