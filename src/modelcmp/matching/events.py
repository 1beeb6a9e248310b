"""What a log says and what is kept of it: the values that go from module to module, and the limits."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from modelcmp.errors import ModelcmpError

BAD_SHARE = 0.5
BAD_ROWS_JUDGED = 100
"""From this many rows on, a file with more than that share of bad rows is given up."""

BAD_ROWS_SHOWN = 5

EXPECTED_UNIT = 1_000_000
"""Expected picks are whole millionths, so that they add up the same in any order."""

KEYS_HELD = 200_000
"""Most different keys of one kind held in memory."""

DAY_BITS, MODEL_BITS = 16, 20
"""Room for a day and a model in a key."""

_FIRST_DAY = date(1970, 1, 1).toordinal()

_BITS = 40
_MASK = (1 << _BITS) - 1

K = TypeVar("K")
V = TypeVar("V")

PICKS = (1 << 2 * _BITS) - 1
"""The part of packed counts that is picks: clicked and chosen."""


class Memo(dict[K, V]):
    """What was found out about each key; forgets everything once it is large."""

    def __init__(self, find: Callable[[K], V]) -> None:
        self._find = find

    def __missing__(self, key: K) -> V:
        found = self._find(key)
        if len(self) >= KEYS_HELD:
            self.clear()
        self[key] = found
        return found


class Action(IntEnum):
    """What a row says happened, the strongest last."""

    SEARCH = 0
    IMPRESSION = 1
    CLICK = 2
    CHOSEN = 3


class LogError(ModelcmpError):
    """A log that cannot be read; nothing of it is kept."""

    code = "bad-log"


class TooManyBadRowsError(LogError):
    """A log most of whose rows are bad: it was read, and the answer is no."""

    exit_code = 1


class BadRowError(ValueError):
    """A row that says nothing usable; the message is the reason, without the row's text."""


class UnknownModelError(BadRowError):
    """A row about a model that the catalogue lacks."""

    def __init__(self) -> None:
        super().__init__("names a model the catalogue does not have")


# A log has millions of rows: what there is one of for each is a plain tuple, which is made in a tenth
# of the time, and ordered so that it sorts as it stands.

Moment = tuple[str, float]
"""UTC day, and seconds since 1970, which are NO_CLOCK where a row names a day alone."""

NO_CLOCK = -1.0

Fate = tuple[int, int, bool, int]
"""What became of one model: the action, the position nearest the top (0 if none is known), whether
the log showed the model, and what that adds to its counts, packed."""

Event = tuple[Moment, str, dict[str, Fate]]
"""Rows of one client with the same moment and query: these, and the models ("" for a bare search)."""

Held = defaultdict[int | None, list[Event]]
"""Client -> its rows; None holds those that name nobody."""


class Episode(NamedTuple):
    """One search by one person for one thing on one day, with the models in it."""

    query: str
    day: str
    models: dict[str, Fate]


class BadRow(NamedTuple):
    """A line that was left out, and why."""

    file: str
    line: int
    reason: str


class Report(NamedTuple):
    """What was read: all counts, with the first bad rows."""

    rows: int = 0
    bad_rows: int = 0
    first_bad: tuple[BadRow, ...] = ()
    episodes: int = 0
    queries: int = 0
    matched: int = 0
    """Episodes that a model was shown or picked in, or whose query matches one."""
    picked: int = 0
    navigational: int = 0
    redacted: int = 0
    capped: int = 0
    """Matches beyond the most that count of one client."""
    set_aside: int = 0
    """Clients, not rows."""
    without_client: int = 0
    """Rows that each counted as an episode, since they name nobody."""
    repeated: bool = False
    """The file was counted before; nothing was added."""


class Reading(NamedTuple):
    """How rows are understood: what the catalogue answers, and what the user said of the columns."""

    resolve: Callable[[str], str | None]
    """Name of a model -> its id."""
    navigates: Callable[[str], bool] = lambda _: False
    """Whether a query names a model."""
    matches: Callable[[str], bool] = lambda _: False
    """Whether a query matches a model in the index."""
    columns: dict[str, str] = {}  # noqa: RUF012 - never changed
    """Meaning -> column, where the user named it."""
    first_position: int = 1
    day: str | None = None
    """Day of rows that name none."""
    progress: Callable[[int], None] = lambda _: None
    """Told how many bytes were read."""


class QueryCount(NamedTuple):
    """Episodes of one query on one day, and how many of them name a model."""

    query: str
    day: str
    episodes: int
    navigational: int


class ModelCount(NamedTuple):
    """What became of one model for one query on one day; `expected` in millionths of a pick."""

    query: str
    model: str
    day: str
    shown: int
    expected: int
    clicked: int
    chosen: int


class Numbered(NamedTuple):
    """Counts that name queries and models by their place, from 1, in the order of the keys.

    The key of a query on one day is `query_day`; that of a model has the model in the bits below it.
    """

    texts: Sequence[str]
    names: Sequence[str]
    queries: Iterable[tuple[int, int, int]]
    models: Iterable[tuple[int, int, int, int, int]]


class Counts(NamedTuple):
    """Additive counts: what the store keeps of a log, in the order of QueryCount and ModelCount."""

    queries: Iterable[tuple[str, str, int, int]]
    models: Iterable[tuple[str, str, str, int, int, int, int]]
    numbered: Callable[[], Numbered] | None = None
    """The same by number, where that is at hand."""


Sink = Callable[[Counts], None]


@lru_cache(4096)
def expected_units(position: int) -> int:
    """Return the picks to expect at a position, p^-0.85, in millionths.

    >>> expected_units(1), expected_units(2), expected_units(4)
    (1000000, 554785, 307786)
    """
    return round(EXPECTED_UNIT * math.pow(position, -0.85))


@lru_cache(65536)
def fate_of(action: int, position: int, shown: bool) -> Fate:
    """Return a fate, the same object each time."""
    expected = expected_units(position) if shown and position else 0
    clicked, chosen = action == Action.CLICK, action == Action.CHOSEN
    # An Action itself cannot be set aside in a file.
    return int(action), position, shown, packed(shown, expected, clicked, chosen)


@lru_cache(65536)
def stronger(before: Fate, after: Fate) -> Fate:
    """Return the stronger action, the position nearest the top, and whether the log showed it."""
    place = min(before[1], after[1]) or max(before[1], after[1])
    return fate_of(max(before[0], after[0]), place, before[2] or after[2])


def packed(shown: int, expected: int, clicked: int, chosen: int) -> int:
    """Return four counts as one number, so that one addition adds them all.

    >>> unpacked(packed(1, 554785, 0, 1) + packed(1, 307786, 1, 0))
    (2, 862571, 1, 1)
    """
    return ((expected << _BITS | shown) << _BITS | clicked) << _BITS | chosen


def unpacked(counts: int) -> tuple[int, int, int, int]:
    """Return shown, expected, clicked and chosen."""
    shown, clicked = counts >> 2 * _BITS & _MASK, counts >> _BITS & _MASK
    return shown, counts >> 3 * _BITS, clicked, counts & _MASK


@lru_cache(4096)
def day_number(day: str) -> int:
    """Return the days since 1970.

    >>> day_number("1970-01-02")
    1
    """
    return date.fromisoformat(day).toordinal() - _FIRST_DAY


def query_day(number: int, day: str) -> int:
    """Return the key of a query and a day.

    >>> query_day(3, "1970-01-02") == (3 << 16 | 1)
    True
    """
    return number << DAY_BITS | day_number(day)


def judge(names: Sequence[str], rows: int, bad: int, first: list[BadRow]) -> None:
    """Raise TooManyBadRowsError where too many rows are bad to believe the others."""
    if rows >= BAD_ROWS_JUDGED and bad > BAD_SHARE * rows:
        raise TooManyBadRowsError(
            f"{' and '.join(names)}: {bad:,} of {rows:,} rows are bad, so nothing was kept; "
            + "; ".join(f"line {row.line} {row.reason}" for row in first),
            hint="modelcmp evidence add --help shows how to name columns with --map",
        )
