"""Lines -> events. Which column means what, and what a row says, is decided here."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from modelcmp.errors import did_you_mean
from modelcmp.matching.cells import ACTIONS, action_of, cells_of, flat, parse_time, position_of
from modelcmp.matching.events import (
    NO_CLOCK,
    Action,
    BadRowError,
    Event,
    Fate,
    Held,
    LogError,
    Memo,
    Moment,
    Reading,
    UnknownModelError,
    fate_of,
    stronger,
)
from modelcmp.matching.privacy import clean_query

MODELS_PER_ROW = 100
"""Most models one row may show."""

UNREADABLE = "is not UTF-8, or longer than 1 MiB"

ORDER = ("client", "query", "time", "model", "action", "position")

COLUMNS: dict[str, tuple[str, ...]] = {
    "query": ("query", "q", "search", "term", "search_term", "user_query", "keywords"),
    "model": ("model", "item", "clicked", "result", "model_id", "item_id"),
    "client": ("client", "user", "session", "client_id", "user_id", "session_id"),
    "time": ("time", "timestamp", "ts", "date", "day", "datetime"),
    "position": ("position", "rank"),
    "action": ("action", "event", "type", "action_name"),
}
"""Meaning -> the column names it is known by, the likeliest first."""


class Batch(NamedTuple):
    """What became of some lines: rows read, lines left out with the reason, and events held."""

    rows: int
    bad: list[tuple[int, str]]
    events: int = 0


Reader = Callable[[int, Iterable[str | None], Held], Batch]
"""Reads lines, the first of which has that number, and adds their events to what is held."""


class Parser:
    """Turns lines into events; caches what repeats, since a log says the same things again."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = Memo(clean_query)
        self._models = Memo(self._model)
        self._told = Memo(self._outcome)
        self._moments = Memo(self._moment)
        self._days = Memo(_midnight)
        self._clocks = Memo(_time_of_day)
        self._fates = Memo(self._fate)
        self._searches = Memo(_search)
        self._asked: dict[str, tuple[str, Any]] = {}
        self.redacted = 0

    def start(self, first: str) -> Reader:
        """Return the reader for the lines of a file, from the first of them.

        A CSV header is used up; a line of JSON is not.
        """
        if first.lstrip().startswith("{"):
            return self._read_json
        delimiter = max(",;\t", key=first.count)
        names = [cell.strip().casefold() for cell in cells_of(first, delimiter)]
        places = [names.index(name) if name else len(names) for name in self.columns(names)]
        searched, told = itemgetter(*places[:3]), itemgetter(*places[3:])
        padding = [""] if len(names) in places else []
        return partial(self._read_cells, delimiter, len(names), padding, searched, told)

    def _read_cells(
        self,
        delimiter: str,
        count: int,
        padding: list[str],
        searched: Callable[[list[str]], tuple[str, ...]],
        told: Callable[[list[str]], tuple[str, ...]],
        number: int,
        lines: Iterable[str | None],
        held: Held,
    ) -> Batch:
        """Read lines of cells: one loop that calls nothing of ours for what was seen before."""
        queries, moments, outcomes = self._queries, self._moments, self._told
        days, clocks = self._days, self._clocks
        redacted = rows = events = 0
        bad: list[tuple[int, str]] = []
        last: tuple[str, ...] = ()
        found: dict[str, Fate] = {}
        for line in lines:
            rows += 1
            try:
                if line is None:
                    raise BadRowError(UNREADABLE)
                cells = line.split(delimiter) if '"' not in line else cells_of(line, delimiter)
                if len(cells) != count:
                    raise BadRowError(f"has {len(cells)} columns where the header has {count}")
                if padding:
                    cells += padding
                # What one search showed stands together in most logs; a row without a client is alone.
                search = searched(cells)
                if search != last or not search[0]:
                    last = ()
                    query, struck = queries[search[1]]
                    if not query:
                        raise BadRowError("has no query")
                    redacted += struck
                    text = search[2]
                    if len(text) == 20 and text[10] == "T" and text[19] == "Z":
                        # Most times are written so: their days and times of day are met again.
                        day, midnight = days[text[:10]]
                        moment = day, midnight + clocks[text[11:]]
                    else:
                        moment = moments[text]
                    found, last = {}, search
                else:
                    redacted += struck
                model, fate = outcomes[told(cells)]
                if not found:
                    held[hash(search[0]) if search[0] else None].append((moment, query, found))
                    events += 1
                found[model] = stronger(found[model], fate) if model in found else fate
            except BadRowError as error:
                if line is not None and not line.strip():
                    rows -= 1
                else:
                    bad.append((number, str(error)))
            number += 1
        self.redacted += redacted
        return Batch(rows, bad, events)

    def _read_json(self, number: int, lines: Iterable[str | None], held: Held) -> Batch:
        rows = events = 0
        bad: list[tuple[int, str]] = []
        for place, line in enumerate(lines, number):
            if line is not None and not line.strip():
                continue
            rows += 1
            try:
                if line is None:
                    raise BadRowError(UNREADABLE)
                for client, event in self._json(line):
                    held[client].append(event)
                    events += 1
            except BadRowError as error:
                bad.append((place, str(error)))
        return Batch(rows, bad, events)

    def columns(self, names: Sequence[str]) -> list[str | None]:
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
        return [found.get(meaning) for meaning in ORDER]

    def _json(self, line: str) -> "list[Owned]":
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise BadRowError("is not JSON") from None
        if not isinstance(row, dict):
            raise BadRowError("is no JSON object")
        return self.record(row)

    def record(self, row: dict[str, Any]) -> "list[Owned]":
        """Return the events of one row of named values; raises BadRowError with the reason."""
        if "query_id" in row and ("user_query" in row or "action_name" in row):
            return self._behaviour(row)
        lower = {str(name).casefold(): value for name, value in row.items()}
        values = []
        for meaning in ORDER:
            said = self._reading.columns.get(meaning)
            names = (said.casefold(),) if said else COLUMNS[meaning]
            values.append(next((lower[n] for n in names if lower.get(n) is not None), ""))
        if values[0] == "" and values[1] != lower.get("search"):
            values[0] = lower.get("search", "")
        shown = next((lower[n] for n in ("shown", "results", "hits") if n in lower), None)
        client, query, time, model, action, position = values
        if not isinstance(shown, list):
            return [self.event(query, model, client, time, position, action)]
        events = [*self._shown(query, shown, client, time)]
        if model or not events:
            events.append(self.event(query, model, client, time, position, action))
        return events

    def _shown(self, query: Any, models: list[Any], client: Any, time: Any) -> "list[Owned]":
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

    def _behaviour(self, row: dict[str, Any]) -> "list[Owned]":
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
    ) -> "Owned":
        """Return one checked row with its client; raises BadRowError with the reason."""
        text, struck = self._queries[flat(query)]
        if not text:
            raise BadRowError("has no query")
        self.redacted += struck
        moment = self._moments[flat(time)]
        found, fate = self.outcome(flat(model), flat(action), flat(position))
        who = hash(str(client)) if client != "" and client is not None else None
        return who, (moment, text, {found: fate})

    def outcome(self, model: str, action: str, position: str) -> tuple[str, Fate]:
        """Return the id of a model ("" for a bare search) and what three cells say became of it."""
        if model:
            if not (found := self._models[model]):
                raise UnknownModelError
            return found, self._fates[action, position]
        fate = self._searches[action]
        if position:
            self._fates["", position]
        return "", fate

    def _outcome(self, told: tuple[str, ...]) -> tuple[str, Fate]:
        model, action, position = told
        return self.outcome(model, action, position)

    def moment(self, text: str) -> Moment:
        """Return the moment a cell names; raises BadRowError with the reason."""
        return self._moments[text]

    def _model(self, name: str) -> str:
        """Return the id of a model, or nothing where the catalogue lacks it."""
        return self._reading.resolve(name) or ""

    def _moment(self, text: str) -> Moment:
        if len(text) == 20 and text[10] == "T" and text[19] == "Z":
            # Most times are written so: the day and the time of day are met again each by itself.
            day, midnight = self._days[text[:10]]
            return day, midnight + self._clocks[text[11:]]
        day, seconds = parse_time(text, self._reading.day)
        return day, NO_CLOCK if seconds is None else seconds

    def _fate(self, said: tuple[str, str]) -> Fate:
        """Return what an action and a position say of the model they stand beside."""
        done = action_of(said[0], True)
        place = position_of(said[1], self._reading.first_position) if said[1] else 0
        return fate_of(int(done), place, done is Action.IMPRESSION)


Owned = tuple[int | None, Event]
"""A row with its client."""


def _midnight(text: str) -> Moment:
    day, seconds = parse_time(f"{text}T00:00:00Z")
    return day, seconds or 0.0


def _time_of_day(text: str) -> float:
    return parse_time(f"1970-01-01T{text}")[1] or 0.0


def _search(action: str) -> Fate:
    """Return the fate of nothing, from an action beside which no model stands."""
    if action_of(action, False) is not Action.SEARCH:
        raise BadRowError("names no model")
    return fate_of(int(Action.SEARCH), 0, False)


def _inside(record: dict[str, Any], *names: str) -> Any:
    value: Any = record
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
