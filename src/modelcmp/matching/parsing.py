"""Lines -> events. Which column means what, and what a row says, is decided here."""

import csv
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from modelcmp.errors import did_you_mean
from modelcmp.matching.events import (
    KEYS_HELD,
    Action,
    BadRowError,
    Event,
    LogError,
    Reading,
    UnknownModelError,
)
from modelcmp.matching.privacy import clean_query

MODELS_PER_ROW = 100
"""Most models one row may show."""

LARGEST_POSITION = 1_000_000

_ORDER = ("query", "model", "client", "time", "position", "action")

COLUMNS: dict[str, tuple[str, ...]] = {
    "query": ("query", "q", "search", "term", "search_term", "user_query", "keywords"),
    "model": ("model", "item", "clicked", "result", "model_id", "item_id"),
    "client": ("client", "user", "session", "client_id", "user_id", "session_id"),
    "time": ("time", "timestamp", "ts", "date", "day", "datetime"),
    "position": ("position", "rank"),
    "action": ("action", "event", "type", "action_name"),
}
"""Meaning -> the column names it is known by, the likeliest first."""

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


class Parser:
    """Turns lines into events; caches what repeats, since a log says the same things again."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries: dict[str, tuple[str, bool]] = {}
        self._models: dict[str, str | None] = {}
        self._asked: dict[str, tuple[str, Any]] = {}
        self.redacted = 0

    def start(self, first: str) -> Callable[[str], list[Event]]:
        """Return the reader for the lines of a file, from the first of them.

        A CSV header is used up; a line of JSON is not.
        """
        if first.lstrip().startswith("{"):
            return self._json
        delimiter = max(",;\t", key=first.count)
        names = [cell.strip().casefold() for cell in cells_of(first, delimiter)]
        places = [names.index(name) if name else len(names) for name in self._columns(names)]
        take = itemgetter(*places)
        count = len(names)

        def row(line: str) -> list[Event]:
            cells = line.split(delimiter) if '"' not in line else cells_of(line, delimiter)
            if len(cells) != count:
                raise BadRowError(f"has {len(cells)} columns where the header has {count}")
            cells.append("")
            return [self.event(*take(cells))]

        return row

    def _columns(self, names: Sequence[str]) -> list[str | None]:
        """Return which column holds what; raises LogError where there is no query."""
        said = self._reading.columns
        for meaning, name in said.items():
            if name.casefold() not in names:
                raise LogError(
                    f"--map {meaning}={name}: there is no such column",
                    hint=did_you_mean(name, names) or "the first line names the columns",
                )
        found = {meaning: said[meaning].casefold() for meaning in COLUMNS if meaning in said}
        for meaning, usual in COLUMNS.items():
            free = (name for name in usual if name in names and name not in found.values())
            if meaning not in found and (name := next(free, "")):
                found[meaning] = name
        # Beside a query, a column called search is the number of the search.
        if "client" not in found and "search" in names and "search" not in found.values():
            found["client"] = "search"
        if "query" not in found:
            raise LogError(
                "no column holds the query",
                hint="name it with --map query=COLUMN, or use --aggregate for counts",
            )
        return [found.get(meaning) for meaning in _ORDER]

    def _json(self, line: str) -> list[Event]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise BadRowError("is not JSON") from None
        if not isinstance(row, dict):
            raise BadRowError("is no JSON object")
        if "query_id" in row and ("user_query" in row or "action_name" in row):
            return self._behaviour(row)
        lower = {str(name).casefold(): value for name, value in row.items()}
        values = []
        for meaning in _ORDER:
            said = self._reading.columns.get(meaning)
            names = (said.casefold(),) if said else COLUMNS[meaning]
            values.append(next((lower[n] for n in names if lower.get(n) is not None), ""))
        if not values[2] and values[0] != lower.get("search"):
            values[2] = lower.get("search", "")
        shown = next((lower[n] for n in ("shown", "results", "hits") if n in lower), None)
        query, model, client, time, position, action = values
        if not isinstance(shown, list):
            return [self.event(query, model, client, time, position, action)]
        events = [*self._shown(query, shown, client, time)]
        if model or not events:
            events.append(self.event(query, model, client, time, position, action))
        return events

    def _shown(self, query: Any, models: list[Any], client: Any, time: Any) -> list[Event]:
        if len(models) > MODELS_PER_ROW:
            raise BadRowError(f"shows more than {MODELS_PER_ROW} models")
        first = self._reading.first_position
        events = []
        for place, model in enumerate(models, first):
            # A list of results may hold what the catalogue does not; its place is taken all the same.
            with suppress(UnknownModelError):
                events.append(self.event(query, model, client, time, place, "impression"))
        if models and not events:
            raise UnknownModelError
        return events

    def _behaviour(self, row: dict[str, Any]) -> list[Event]:
        """Return the events of one User Behavior Insights record: a query, or an event for one."""
        number = flat(row["query_id"])
        client, time = row.get("client_id") or "", row.get("timestamp") or ""
        attributes = row.get("event_attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        client = client or attributes.get("session_id") or number
        if "action_name" not in row:
            query = flat(row["user_query"])
            self._asked[number] = (query, client)
            hits = row.get("query_response_hit_ids") or []
            if not isinstance(hits, list):
                raise BadRowError("query_response_hit_ids is no list")
            asked = self.event(query, "", client, time, "", "search")
            return [asked, *self._shown(query, hits, client, time)]
        query, client = self._asked.get(number, (row.get("user_query") or "", client))
        if not query:
            raise BadRowError("its query_id names no query read before it")
        model = _inside(attributes, "object", "object_id") or ""
        position = _inside(attributes, "position", "ordinal")
        action = str(row["action_name"]).casefold()
        # Sites log much beside results, such as scrolling; it says that the search went on.
        known = action in ACTIONS and bool(model)
        return [
            self.event(query, model, client, time, position, action)
            if known
            else self.event(query, "", client, time, "", "search")
        ]

    def event(
        self, query: Any, model: Any, client: Any, time: Any, position: Any, action: Any
    ) -> Event:
        """Return one checked row; raises BadRowError with the reason."""
        kept = self._queries.get(query) if type(query) is str else None
        if kept is None:
            kept = self._clean(flat(query))
        if not kept[0]:
            raise BadRowError("has no query")
        self.redacted += kept[1]
        day, seconds = parse_time(flat(time), self._reading.day)
        found = None
        if model != "" and model is not None:
            name = flat(model)
            found = self._models.get(name) or self._model(name)
        done = _action(flat(action), found is not None)
        if found is None and done is not Action.SEARCH:
            raise BadRowError("names no model")
        place = None
        if position != "" and position is not None:
            place = _position(flat(position), self._reading.first_position)
        who = hash(str(client)) if client != "" and client is not None else None
        return Event(kept[0], found, who, day, seconds, place, done)

    def _clean(self, query: str) -> tuple[str, bool]:
        if len(self._queries) >= KEYS_HELD:
            self._queries.clear()
        kept = self._queries[query] = clean_query(query)
        return kept

    def _model(self, name: str) -> str:
        if name not in self._models:
            if len(self._models) >= KEYS_HELD:
                self._models.clear()
            self._models[name] = self._reading.resolve(name)
        found = self._models[name]
        if found is None:
            raise UnknownModelError
        return found


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


def _inside(record: dict[str, Any], *names: str) -> Any:
    value: Any = record
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@lru_cache(4096)
def _action(text: str, with_model: bool) -> Action:
    """Return what happened; a row that does not say is a click if it names a model."""
    if not text:
        return Action.CLICK if with_model else Action.SEARCH
    action = ACTIONS.get(text) or ACTIONS.get(text.strip().casefold())
    if action is None:
        raise BadRowError("its action is none that is known")
    return Action.IMPRESSION if with_model and action is Action.SEARCH else action


@lru_cache(4096)
def _position(text: str, first: int) -> int:
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
