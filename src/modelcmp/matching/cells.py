"""What one cell of a log says: text, what happened, a position, a time."""

import csv
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from modelcmp.matching.events import Action, BadRowError

LARGEST_POSITION = 1_000_000

ACTIONS: dict[str, Action] = {
    **dict.fromkeys(("search", "query", "searched"), Action.SEARCH),
    **dict.fromkeys(("impression", "shown", "show", "view", "display"), Action.IMPRESSION),
    **dict.fromkeys(("click", "clicked", "select", "open"), Action.CLICK),
    **dict.fromkeys(
        ("chosen", "choose", "pick", "picked", "conversion", "purchase", "add_to_cart"),
        Action.CHOSEN,
    ),
    **dict.fromkeys(("download", "deploy", "install", "use"), Action.CHOSEN),
}
"""Words for what happened."""


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line. A row is one line, so an open quote spoils no other."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise BadRowError("has a quote that is not closed, or a cell that is too long") from None


def flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    raise BadRowError("holds a list or object where text is expected")


def action_of(text: str, with_model: bool) -> Action:
    """Return what happened; a row that does not say is a click if it names a model."""
    if not text:
        return Action.CLICK if with_model else Action.SEARCH
    action = ACTIONS.get(text) or ACTIONS.get(text.strip().casefold())
    if action is None:
        raise BadRowError("its action is none that is known")
    return Action.IMPRESSION if with_model and action is Action.SEARCH else action


def position_of(text: str, first: int) -> int:
    try:
        number = float(text)
        place = int(number) - first + 1
    except (ValueError, OverflowError):
        raise BadRowError("its position is no number") from None
    if number != int(number) or not 1 <= place <= LARGEST_POSITION:
        raise BadRowError(f"its position is no whole number from {first} on")
    return place


def parse_time(text: str, default: str | None = None) -> tuple[str, float | None]:
    """Return the UTC day of a time, and its seconds since 1970 unless it is a day alone.

    ISO 8601 (without an offset it is UTC) or a number of seconds, milli- or microseconds.

    >>> parse_time("2026-11-23T23:30:00-02:00"), parse_time("2026-11-23")
    (('2026-11-24', 1795483800.0), ('2026-11-23', None))
    """
    if not text:
        if default is None:
            raise BadRowError("has no time")
        return default, None
    try:
        if text[4:5] == "-" or "T" in text:
            moment = datetime.fromisoformat(text.strip().replace(" UTC", "Z"))
            if len(text) == 10:
                return _day_of(_whole_days(moment.replace(tzinfo=UTC).timestamp())), None
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            seconds = moment.timestamp()
        else:
            seconds = float(text)
            # Seconds have ten digits for some centuries, milliseconds thirteen, microseconds sixteen.
            seconds /= 1 if seconds < 1e11 else 1e3 if seconds < 1e14 else 1e6
        return _day_of(_whole_days(seconds)), seconds
    except (ValueError, OverflowError):
        raise BadRowError("its time cannot be read, or lies outside 1970 to 2100") from None


def _whole_days(seconds: float) -> int:
    return int(seconds // 86400)


@lru_cache(4096)
def _day_of(days: int) -> str:
    if not 0 <= days < 47847:
        raise ValueError
    return (datetime(1970, 1, 1) + timedelta(days=days)).date().isoformat()
