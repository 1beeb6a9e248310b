"""Events -> episodes -> counts. What one search by one person is, and whom to believe, is decided here.

People are told apart by a salted number, and what must be seen together (the rows of one person) is
set aside in temporary files once it grows. Only counts by query, model and day leave this module.
"""

import marshal
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from typing import IO, Any

from modelcmp.matching.events import (
    KEYS_HELD,
    Action,
    Counts,
    Episode,
    Event,
    Fate,
    ModelCount,
    QueryCount,
    Reading,
    Sink,
    expected_units,
)

PREFIX_SECONDS = 30
"""A query typed on within this time replaces its beginning."""

MATCHES_PER_CLIENT = 5
WINDOW_DAYS = 30
"""Most matches of one client and model that count in so many days, within a run."""

QUERIES_PER_DAY = 500
"""A client with more queries on one day is no person and set aside."""

_PARTS = 64
_ROWS_HELD = 300_000
_BY_NUMBER = tuple(Action)


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
        if len(self._queries) + len(self._models) > KEYS_HELD:
            self.flush()

    def _look_at(self, query: str) -> tuple[bool, bool]:
        if len(self._about) >= KEYS_HELD:
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
