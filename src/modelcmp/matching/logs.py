"""Log files -> events -> episodes -> counts. What a row means, and whom to believe, is decided here.

A file is read once, in blocks, and never held whole: rows are told apart by line, people by a salted
number, and what must be seen together (the rows of one person) is set aside in temporary files once it
grows. Only counts by query, model and day leave this module.
"""

import csv
import gc
import gzip
import io
import json
import marshal
import math
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NamedTuple

from modelcmp.errors import ModelcmpError, did_you_mean, squash
from modelcmp.matching.privacy import clean_query, normalise

LINE_BYTES = 1024 * 1024
"""Longest line of a log."""

MODELS_PER_ROW = 100
"""Most models one row may show."""

BAD_SHARE = 0.5
BAD_ROWS_JUDGED = 100
"""From this many rows on, a file with more than that share of bad rows is given up."""

GZIP_RATIO = 200
GZIP_FREE_BYTES = 64 * 1024 * 1024
"""Above this size, a gzip file that unpacks to more than that many times its size is refused."""

BAD_ROWS_SHOWN = 5
PREFIX_SECONDS = 30
"""A query typed on within this time replaces its beginning."""

MATCHES_PER_CLIENT = 5
WINDOW_DAYS = 30
"""Most matches of one client and model that count in so many days, within a run."""

QUERIES_PER_DAY = 500
"""A client with more queries on one day is no person and set aside."""

LARGEST_POSITION = 1_000_000
EXPECTED_UNIT = 1_000_000
"""Expected picks are whole millionths, so that they add up the same in any order."""

_BLOCK = 1024 * 1024
_PARTS = 64
_ROWS_HELD = 300_000
_KEYS_HELD = 200_000
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


class Action(IntEnum):
    """What a row says happened, the strongest last."""

    SEARCH = 0
    IMPRESSION = 1
    CLICK = 2
    CHOSEN = 3


_BY_NUMBER = tuple(Action)

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


class LogError(ModelcmpError):
    """A log that cannot be read; nothing of it is kept."""

    code = "bad-log"


class BadRowError(ValueError):
    """A row that says nothing usable; the message is the reason, without the row's text."""


class UnknownModelError(BadRowError):
    """A row about a model that the catalogue lacks."""

    def __init__(self) -> None:
        super().__init__("names a model the catalogue does not have")


class Event(NamedTuple):
    """One row of a log. `seconds` since 1970 is None where the row names a day alone."""

    query: str
    model: str | None
    client: int | None
    day: str
    seconds: float | None
    position: int | None
    action: Action


class Fate(NamedTuple):
    """What became of one model in one episode; `position` is the one nearest the top."""

    action: Action
    position: int | None
    shown: bool


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


class Counts(NamedTuple):
    """Additive counts: what the store keeps of a log."""

    queries: list[QueryCount]
    models: list[ModelCount]


Sink = Callable[[Counts], None]


@lru_cache(4096)
def expected_units(position: int) -> int:
    """Return the picks to expect at a position, p^-0.85, in millionths.

    >>> expected_units(1), expected_units(2), expected_units(4)
    (1000000, 554785, 307786)
    """
    return round(EXPECTED_UNIT * math.pow(position, -0.85))


# -- bytes to lines ---------------------------------------------------------------------------------


class LogFile:
    """One file, unpacked, as numbered lines; its digest is known once it has been read."""

    def __init__(self, name: str, stream: IO[bytes], known: dict[int, set[bytes]]) -> None:
        self.name = name
        self.digest = blake2b(digest_size=16)
        self.size = 0
        self._goes_on = True
        self._packed = stream
        self._known = sorted(known.items())
        start = _peek(stream, 2)
        # What is unpacked has the digest of the plain file, so the two count once.
        self._gzip = start == b"\x1f\x8b"
        self._stream = gzip.GzipFile(fileobj=stream) if self._gzip else stream

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """Yield each line with its number; None for one that is too long or not UTF-8."""
        rest, number, skipping = b"", 0, False
        for block in self._blocks():
            *complete, rest = (rest + block).split(b"\n") if rest else block.split(b"\n")
            if skipping and complete:
                del complete[0]
                number, skipping = number + 1, False
            for text in _decoded(complete):
                number += 1
                yield number, text
            if len(rest) > LINE_BYTES:
                if not skipping:
                    yield number + 1, None
                rest, skipping = b"", True
        if rest and not skipping:
            yield number + 1, next(_decoded([rest]))

    def _blocks(self) -> Iterator[bytes]:
        first = True
        while block := self._read():
            self._note(block)
            if first:
                block, first = block.removeprefix(b"\xef\xbb\xbf"), False
            yield block

    def _read(self) -> bytes:
        try:
            block = self._stream.read(_BLOCK)
            # Looked at here, where a fault at the very end has its name too.
            self._goes_on = bool(block) and bool(_peek(self._stream, 1))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise LogError(
                f"{self.name}: the gzip file is damaged; nothing of it was kept",
                hint="gzip --test shows where; fetch the file again",
            ) from None
        except OSError as error:
            raise LogError(f"{self.name}: {_reason(error)}") from None
        if self._gzip and self.size + len(block) > GZIP_FREE_BYTES:
            packed = max(1, _told(self._packed))
            if (self.size + len(block)) / packed > GZIP_RATIO:
                raise LogError(
                    f"{self.name}: unpacks to more than {GZIP_RATIO} times its size",
                    hint="if it is what you expect, unpack it first: gzip --decompress --keep",
                )
        return block

    def _note(self, block: bytes) -> None:
        """Add a block to the digest, and refuse a file that begins with one counted before."""
        start, end = self.size, self.size + len(block)
        while self._known and self._known[0][0] <= end:
            size, digests = self._known.pop(0)
            if size <= start:
                continue
            so_far = self.digest.copy()
            so_far.update(block[: size - start])
            # Equal to the end is the same file; whether it goes on, the next block tells.
            if so_far.digest() in digests and (size < end or self._goes_on):
                raise LogError(
                    f"{self.name}: begins with a log that was counted before and has grown since",
                    hint=f"add its new rows alone: tail -c +{size + 1} FILE | modelcmp evidence add -",
                )
        self.digest.update(block)
        self.size = end


def _peek(stream: Any, count: int) -> bytes:
    """Return the next bytes without taking them."""
    start: bytes = stream.peek(count)
    return start[:count]


def _told(stream: IO[bytes]) -> int:
    try:
        return stream.tell()
    except OSError:
        return sys.maxsize  # a pipe does not tell; its reader has the whole in hand anyway


def _decoded(lines: list[bytes]) -> Iterator[str | None]:
    """Yield lines as text, all at once where that can be: line by line is three times as slow."""
    try:
        texts: Sequence[str | None] = b"\n".join(lines).decode().split("\n") if lines else ()
    except UnicodeDecodeError:
        texts = [_text(line) for line in lines]
    for line in texts:
        if line is None or len(line) > LINE_BYTES:
            yield None
        else:
            yield line[:-1] if line.endswith("\r") else line


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _reason(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()


# -- lines to events --------------------------------------------------------------------------------


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
        names = [cell.strip().casefold() for cell in _cells(first, delimiter)]
        places = [names.index(name) if name else len(names) for name in self._columns(names)]
        take = itemgetter(*places)
        count = len(names)

        def row(line: str) -> list[Event]:
            cells = line.split(delimiter) if '"' not in line else _cells(line, delimiter)
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
        number = _flat(row["query_id"])
        client, time = row.get("client_id") or "", row.get("timestamp") or ""
        attributes = row.get("event_attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        client = client or attributes.get("session_id") or number
        if "action_name" not in row:
            query = _flat(row["user_query"])
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
            kept = self._clean(_flat(query))
        if not kept[0]:
            raise BadRowError("has no query")
        self.redacted += kept[1]
        day, seconds = parse_time(_flat(time), self._reading.day)
        found = None
        if model != "" and model is not None:
            name = _flat(model)
            found = self._models.get(name) or self._model(name)
        done = _action(_flat(action), found is not None)
        if found is None and done is not Action.SEARCH:
            raise BadRowError("names no model")
        place = None
        if position != "" and position is not None:
            place = _position(_flat(position), self._reading.first_position)
        who = hash(str(client)) if client != "" and client is not None else None
        return Event(kept[0], found, who, day, seconds, place, done)

    def _clean(self, query: str) -> tuple[str, bool]:
        if len(self._queries) >= _KEYS_HELD:
            self._queries.clear()
        kept = self._queries[query] = clean_query(query)
        return kept

    def _model(self, name: str) -> str:
        if name not in self._models:
            if len(self._models) >= _KEYS_HELD:
                self._models.clear()
            self._models[name] = self._reading.resolve(name)
        found = self._models[name]
        if found is None:
            raise UnknownModelError
        return found


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line. A row is one line, so an open quote spoils no other."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise BadRowError("has a quote that is not closed, or a cell that is too long") from None


def _flat(value: Any) -> str:
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


# -- events to episodes -----------------------------------------------------------------------------


def episodes_of(events: list[Event]) -> list[Episode]:
    """Return the episodes of one client, by day: prefixes collapse, the strongest action wins."""
    events.sort(key=_moment)
    dropped = _typed_prefixes(events)
    found: dict[tuple[str, str], dict[str, Fate]] = {}
    for place, event in enumerate(events):
        if place not in dropped:
            models = found.setdefault((event.day, event.query), {})
            if event.model is not None:
                models[event.model] = _stronger(models.get(event.model), event)
    return [Episode(query, day, models) for (day, query), models in sorted(found.items())]


def _moment(event: Event) -> tuple[str, float, str]:
    return event.day, event.seconds or 0.0, event.query


def _stronger(before: Fate | None, event: Event) -> Fate:
    """Return the stronger action, the position nearest the top, and whether the log showed it."""
    shown = event.action is Action.IMPRESSION
    if before is None:
        return Fate(event.action, event.position, shown)
    places = [place for place in (before.position, event.position) if place is not None]
    action = max(before.action, event.action)
    return Fate(action, min(places, default=None), shown or before.shown)


def _typed_prefixes(events: list[Event]) -> set[int]:
    """Return the places of events whose query was only the beginning of the next one.

    A beginning that a model was picked for had served its purpose and stays.
    """
    dropped: set[int] = set()
    start = 0
    for place in range(1, len(events)):
        before, after = events[place - 1], events[place]
        if after.query == before.query:
            continue
        run = range(start, place)
        if (
            after.query.startswith(before.query)
            and after.seconds is not None
            and before.seconds is not None
            and after.seconds - before.seconds <= PREFIX_SECONDS
            and all(events[one].action < Action.CLICK for one in run)
        ):
            dropped.update(run)
        start = place
    return dropped


def is_flood(events: list[Event]) -> bool:
    """Return whether one client searched more often on some day than a person does.

    Letters typed one by one are one search, and so is a list of results shown at one time.
    """
    events.sort(key=_moment)
    dropped = _typed_prefixes(events)
    meant = [event for place, event in enumerate(events) if place not in dropped]
    searches = {(e.day, e.seconds, e.query) for e in meant if e.action < Action.CLICK}
    queries = {(e.day, e.query) for e in meant}
    busiest = [Counter(day for day, *_ in some) for some in (searches, queries)]
    return any(count > QUERIES_PER_DAY for days in busiest for count in days.values())


class Caps:
    """How often each client was matched with each model (or asked each query) in each window."""

    def __init__(self) -> None:
        self._held: dict[int, int] = {}

    def allow(self, client: int, name: str, day: str) -> bool:
        """Return whether one more match counts, and count it."""
        key = hash((client, name, _window_of(day)))
        count = self._held.get(key, 0)
        self._held[key] = count + 1
        return count < MATCHES_PER_CLIENT


@lru_cache(4096)
def _window_of(day: str) -> int:
    return datetime.fromisoformat(day).toordinal() // WINDOW_DAYS


# -- episodes to counts -----------------------------------------------------------------------------


class Tally:
    """Adds up episodes and hands the counts on before they grow large."""

    def __init__(self, reading: Reading, sink: Sink, caps: Caps) -> None:
        self._reading = reading
        self._sink = sink
        self._caps = caps
        self._queries: dict[tuple[str, str], list[int]] = {}
        self._models: dict[tuple[str, str, str], list[int]] = {}
        self._about: dict[str, tuple[bool, bool]] = {}
        self.seen: set[int] = set()
        self.episodes = self.matched = self.picked = self.navigational = self.capped = 0

    def add_alone(self, event: Event) -> None:
        """Count a row that names nobody as an episode of its own."""
        models = {event.model: _stronger(None, event)} if event.model else {}
        self.add(Episode(event.query, event.day, models))

    def add_client(self, client: int, events: list[Event]) -> bool:
        """Count what one client did; returns False where it is set aside."""
        if len(events) > QUERIES_PER_DAY and is_flood(events):
            return False
        for episode in episodes_of(events):
            if (counted := self._capped(client, episode)) is not None:
                self.add(counted)
        return True

    def _capped(self, client: int, episode: Episode) -> Episode | None:
        """Return an episode without the models this client was matched with often enough.

        None where none is left: the index would match the query for them all the same.
        """
        query, day, models = episode
        if not models:
            allowed = self._caps.allow(client, f"\0{query}", day)
            self.capped += not allowed
            return episode if allowed else None
        kept = {m: fate for m, fate in models.items() if self._caps.allow(client, m, day)}
        self.capped += len(models) - len(kept)
        return Episode(query, day, kept) if kept else None

    def add(self, episode: Episode) -> None:
        """Count one episode."""
        query, day, models = episode
        about = self._about.get(query) or self._look_at(query)
        counts = self._queries.get((query, day))
        if counts is None:
            counts = self._queries[query, day] = [0, 0]
        counts[0] += 1
        counts[1] += about[0]
        self.episodes += 1
        self.navigational += about[0]
        self.matched += bool(models) or about[1]
        for model, fate in models.items():
            self._add_model((query, model, day), fate)
        self.picked += any(fate.action >= Action.CLICK for fate in models.values())
        if len(self._queries) + len(self._models) > _KEYS_HELD:
            self.flush()

    def _look_at(self, query: str) -> tuple[bool, bool]:
        if len(self._about) >= _KEYS_HELD:
            self._about.clear()
        self.seen.add(hash(query))
        about = self._about[query] = (
            self._reading.navigates(query),
            self._reading.matches(query),
        )
        return about

    def _add_model(self, key: tuple[str, str, str], fate: Fate) -> None:
        counts = self._models.get(key)
        if counts is None:
            counts = self._models[key] = [0, 0, 0, 0]
        counts[0] += fate.shown
        counts[1] += expected_units(fate.position) if fate.shown and fate.position else 0
        counts[2] += fate.action is Action.CLICK
        counts[3] += fate.action is Action.CHOSEN

    def flush(self) -> None:
        """Hand on what was added up since the last time."""
        queries = [QueryCount(*key, *counts) for key, counts in self._queries.items()]
        models = [ModelCount(*key, *counts) for key, counts in self._models.items()]
        self._queries, self._models = {}, {}
        if queries or models:
            self._sink(Counts(queries, models))


class People:
    """Rows kept by client until the end of the file, in temporary files once they are many."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._held: list[list[Event]] = [[] for _ in range(_PARTS)]
        self._count = 0
        self._files: list[IO[bytes]] = []

    def add(self, event: Event) -> None:
        """Keep one row."""
        self._held[(event.client or 0) % _PARTS].append(event)
        self._count += 1
        if self._count >= _ROWS_HELD:
            self._spill()

    def _spill(self) -> None:
        # Files without a name, gone with the process; a client is a salted number in them.
        while len(self._files) < _PARTS:
            self._files.append(self._stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
        for file, rows in zip(self._files, self._held, strict=True):
            marshal.dump([(*row[:-1], int(row[-1])) for row in rows], file)
            rows.clear()
        self._count = 0

    def by_client(self) -> Iterator[tuple[int, list[Event]]]:
        """Yield each client with its rows."""
        for part, rows in enumerate(self._held):
            people: dict[int, list[Event]] = {}
            for row in self._spilt(part):
                event = Event._make([*row[:-1], _BY_NUMBER[row[-1]]])
                people.setdefault(row[2], []).append(event)
            for event in rows:
                people.setdefault(event.client or 0, []).append(event)
            rows.clear()
            yield from people.items()

    def _spilt(self, part: int) -> Iterator[tuple[Any, ...]]:
        if self._files:
            file = self._files[part]
            file.seek(0)
            while True:
                try:
                    yield from marshal.load(file)
                except EOFError:
                    return


# -- a whole source ---------------------------------------------------------------------------------


class Digest(NamedTuple):
    """What a file is known by once it was counted."""

    digest: bytes
    size: int


def read_source(
    files: Sequence[LogFile], reading: Reading, sink: Sink, caps: Caps | None = None
) -> tuple[Report, set[int]]:
    """Read files that belong together and hand their counts to `sink`.

    Returns the report with the distinct queries as salted numbers, so that reports can be added.
    Raises LogError where the files cannot be used; what `sink` got is then to be thrown away.
    """
    parser = Parser(reading)
    tally = Tally(reading, sink, caps or Caps())
    rows = alone = set_aside = 0
    bad: list[BadRow] = []
    bad_count = 0
    with ExitStack() as stack:
        stack.enter_context(_no_collector())
        people = People(stack)
        for file in files:
            for line, found in _events(file, parser, reading):
                rows += 1
                if isinstance(found, str):
                    bad_count += 1
                    if len(bad) < BAD_ROWS_SHOWN:
                        bad.append(BadRow(file.name, line, found))
                    continue
                for event in found:
                    if event.client is None:
                        alone += 1
                        tally.add_alone(event)
                    else:
                        people.add(event)
        _judge(files, rows, bad_count, bad)
        for client, events in people.by_client():
            set_aside += not tally.add_client(client, events)
    tally.flush()
    report = Report(
        rows=rows,
        bad_rows=bad_count,
        first_bad=tuple(bad),
        episodes=tally.episodes,
        queries=len(tally.seen),
        matched=tally.matched,
        picked=tally.picked,
        navigational=tally.navigational,
        redacted=parser.redacted,
        capped=tally.capped,
        set_aside=set_aside,
        without_client=alone,
    )
    return report, tally.seen


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector of cycles away: there are none, and it costs half the time to look."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _events(
    file: LogFile, parser: Parser, reading: Reading
) -> Iterator[tuple[int, list[Event] | str]]:
    """Yield each row's line with its events, or with the reason why it is bad."""
    read: Callable[[str], list[Event]] | None = None
    for line, text in file.lines():
        if text is None:
            yield line, "is not UTF-8, or longer than 1 MiB"
            continue
        if not text or text.isspace():
            continue
        try:
            if read is None:
                read = parser.start(text)
                if not text.lstrip().startswith("{"):
                    continue
            yield line, read(text)
        except BadRowError as error:
            if read is None:
                raise LogError(f"{file.name}: the first line {error}") from None
            yield line, str(error)
        except LogError as error:
            raise LogError(f"{file.name}: {error.message}", hint=error.hint) from None
        if line % 4096 == 0:
            reading.progress(file.size)


def _judge(files: Sequence[LogFile], rows: int, bad: int, first: list[BadRow]) -> None:
    """Raise LogError where too many rows are bad to believe the others."""
    if rows >= BAD_ROWS_JUDGED and bad > BAD_SHARE * rows:
        names = " and ".join(file.name for file in files)
        raise LogError(
            f"{names}: {bad:,} of {rows:,} rows are bad, so nothing was kept; "
            + "; ".join(f"line {row.line} {row.reason}" for row in first),
            hint="modelcmp evidence add --help shows how to name columns with --map",
        )


def open_log(name: str, stack: ExitStack, known: dict[int, set[bytes]]) -> LogFile:
    """Return a file, or standard input for `-`, ready to be read; raises LogError."""
    try:
        if name == "-":
            if sys.stdin is None:
                raise LogError("standard input is closed", hint="name a file")
            stream: IO[bytes] = sys.stdin.buffer
        elif not Path(name).is_file():
            missing = "is no regular file" if Path(name).exists() else "no such file"
            raise LogError(f"{name}: {missing}", hint="modelcmp evidence add LOG takes files, or -")
        else:
            stream = stack.enter_context(Path(name).open("rb"))  # noqa: SIM115
        return LogFile(name if name != "-" else "standard input", stream, known)
    except (OSError, ValueError) as error:
        reason = _reason(error) if isinstance(error, OSError) else "is no file name"
        raise LogError(f"{name}: {reason}") from None


def group_sources(names: Sequence[str]) -> list[list[str]]:
    """Return which files are counted together: those of User Behavior Insights, queries first.

    Their events name queries by number, so neither file says enough alone; any other file is a
    source of its own.
    """
    kinds = {name: _behaviour_kind(name) for name in dict.fromkeys(names)}
    together = sorted((name for name in kinds if kinds[name]), key=lambda name: kinds[name] or 0)
    alone = [[name] for name in kinds if not kinds[name]]
    return ([together] if together else []) + alone


def _behaviour_kind(name: str) -> int | None:
    """Return 1 for queries and 2 for events of User Behavior Insights, None for any other file."""
    if name == "-":
        return None
    with ExitStack() as stack:
        file = open_log(name, stack, {})
        try:
            first = io.TextIOWrapper(file._stream, "utf-8", "replace").readline(LINE_BYTES)
            row = json.loads(first)
        except (OSError, ValueError, EOFError, zlib.error, RecursionError):
            return None
    if not isinstance(row, dict) or "query_id" not in row:
        return None
    return 2 if "action_name" in row else 1 if "user_query" in row else None


# -- counts made elsewhere --------------------------------------------------------------------------

AGGREGATE_COLUMNS = (
    "kind", "query", "day", "model", "episodes", "navigational", "shown", "expected", "clicked",
    "chosen",
)  # fmt: skip
"""The exact columns of counts made by another engine."""


def read_aggregate(file: LogFile, reading: Reading, sink: Sink) -> tuple[Report, set[int]]:
    """Read counts made elsewhere and hand them to `sink`; raises LogError as `read_source` does."""
    rows = bad_count = redacted = 0
    bad: list[BadRow] = []
    totals = Counter[str]()
    seen: set[int] = set()
    held: Counts = Counts([], [])
    header: list[str] | None = None
    for line, text in file.lines():
        if text is not None and (not text or text.isspace()):
            continue
        try:
            if text is None:
                raise BadRowError("is not UTF-8, or longer than 1 MiB")
            if header is None and not text.lstrip().startswith("{"):
                header = _aggregate_header(file.name, text)
                continue
            count, struck = _aggregate_row(_aggregate_fields(text, header), reading)
        except BadRowError as error:
            rows, bad_count = rows + 1, bad_count + 1
            if len(bad) < BAD_ROWS_SHOWN:
                bad.append(BadRow(file.name, line, str(error)))
            continue
        rows, redacted = rows + 1, redacted + struck
        seen.add(hash(count.query))
        if isinstance(count, QueryCount):
            held.queries.append(count)
            totals.update(episodes=count.episodes, navigational=count.navigational)
        else:
            held.models.append(count)
            totals["picked"] += count.clicked + count.chosen
        if len(held.queries) + len(held.models) > _KEYS_HELD:
            sink(held)
            held = Counts([], [])
    _judge([file], rows, bad_count, bad)
    sink(held)
    report = Report(
        rows=rows, bad_rows=bad_count, first_bad=tuple(bad), episodes=totals["episodes"],
        queries=len(seen), picked=totals["picked"], navigational=totals["navigational"],
        redacted=redacted,
    )  # fmt: skip
    return report, seen


def _aggregate_header(name: str, text: str) -> list[str]:
    header = [cell.strip().casefold() for cell in _cells(text, ",")]
    if sorted(header) != sorted(AGGREGATE_COLUMNS):
        raise LogError(
            f"{name}: counts have exactly the columns {', '.join(AGGREGATE_COLUMNS)}",
            hint="docs/evidence.md has the queries that make them; a log is added without --aggregate",
        )
    return header


def _aggregate_fields(text: str, header: list[str] | None) -> dict[str, str]:
    if header is not None:
        cells = _cells(text, ",")
        if len(cells) != len(header):
            raise BadRowError(f"has {len(cells)} columns where the header has {len(header)}")
        return dict(zip(header, cells, strict=True))
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRowError("is not JSON") from None
    if not isinstance(row, dict) or set(row) - set(AGGREGATE_COLUMNS):
        raise BadRowError("is no object with the columns of counts")
    return {name: _flat(row.get(name)) for name in AGGREGATE_COLUMNS}


def _aggregate_row(row: dict[str, str], reading: Reading) -> tuple[QueryCount | ModelCount, bool]:
    query, struck = clean_query(row["query"])
    if not query:
        raise BadRowError("has no query")
    day, seconds = parse_time(row["day"])
    if seconds is not None or len(row["day"]) != 10:
        raise BadRowError("its day is not written as 2026-11-23")
    if row["kind"] == "query":
        episodes, navigational = _count(row, "episodes"), _count(row, "navigational")
        if not navigational and reading.navigates(query):
            navigational = episodes
        if navigational > episodes or not episodes:
            raise BadRowError("has no episodes, or more that name a model than there are")
        return QueryCount(query, day, episodes, navigational), struck
    if row["kind"] != "model":
        raise BadRowError("its kind is neither query nor model")
    model = reading.resolve(row["model"])
    if model is None:
        raise UnknownModelError
    shown, clicked, chosen = (_count(row, name) for name in ("shown", "clicked", "chosen"))
    expected = _millionths(row["expected"])
    if expected > shown * EXPECTED_UNIT:
        raise BadRowError("expects more picks than it was shown")
    return ModelCount(query, model, day, shown, expected, clicked, chosen), struck


def _count(row: dict[str, str], name: str) -> int:
    try:
        number = float(row[name] or "0")
        if number != int(number) or not 0 <= number < 2**53:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadRowError(f"its {name} is no count") from None
    return int(number)


def _millionths(text: str) -> int:
    try:
        number = float(text or "0")
        if not 0 <= number < 2**33:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadRowError("its expected is no number of picks") from None
    return round(number * EXPECTED_UNIT)


# -- names of models in queries ---------------------------------------------------------------------

_WORDS_IN_NAME = 6
_SHORTEST_NAME = 3


def model_names(names: Iterable[tuple[str, str]]) -> Callable[[str], str | None]:
    """Return a function from a name, in any case and punctuation, to the id it stands for.

    `names` are pairs of a name and its id. A name that two models claim stands for neither.
    """
    exact: dict[str, str] = {}
    loose: dict[str, set[str]] = {}
    for name, model in names:
        exact.setdefault(name.casefold(), model)
        loose.setdefault(squash(name), set()).add(model)

    def resolve(text: str) -> str | None:
        found = exact.get(text.strip().casefold())
        if found is not None:
            return found
        claimed = loose.get(squash(text), set())
        return next(iter(claimed)) if len(claimed) == 1 else None

    return resolve


def names_a_model(names: Iterable[str]) -> Callable[[str], bool]:
    """Return whether a query holds a model's name as words of its own.

    >>> navigates = names_a_model(["FLUX.1 [dev]", "bakllava"])
    >>> navigates("run flux.1 dev locally"), navigates("fluxion capacitors")
    (True, False)
    """
    plain = {squash(normalise(name)) for name in names}
    known = {name for name in plain if len(name) >= _SHORTEST_NAME and not name.isdigit()}

    def navigates(query: str) -> bool:
        words = [squash(word) for word in query.split()]
        for start in range(len(words)):
            joined = ""
            for word in words[start : start + _WORDS_IN_NAME]:
                joined += word
                if joined in known:
                    return True
        return False

    return navigates
