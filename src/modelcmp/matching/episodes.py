"""Events -> episodes -> counts. What one search by one person is, and whom to believe, is decided here.

People are told apart by a salted number, and what must be seen together (the rows of one person) is
set aside in temporary files once it grows. Only counts by query, model and day leave this module.
"""

import marshal
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache, partial
from itertools import groupby, pairwise, zip_longest
from operator import itemgetter
from typing import IO, Any

from modelcmp.matching.events import (
    MODEL_BITS,
    NO_CLOCK,
    PICKS,
    Action,
    Counts,
    Episode,
    Event,
    Fate,
    Held,
    Memo,
    Moment,
    Numbered,
    Reading,
    Sink,
    query_day,
    stronger,
    unpacked,
)

PREFIX_SECONDS = 30
"""A query typed on within this time replaces its beginning."""

MATCHES_PER_CLIENT = 5
WINDOW_DAYS = 30
"""Most matches of one client and model that count in so many days, within a run."""

QUERIES_PER_DAY = 500
"""A client with more queries on one day is no person and set aside."""

_PARTS = 64
_COUNTS_HELD = 750_000
_EVENTS_HELD = 400_000
_ROWS_OF_EVENT = 16
"""Rows of one event that take the room of another."""
_ORDER: Callable[[Event], tuple[Moment, str]] = itemgetter(0, 1)
_QUERY: Callable[[Event], str] = itemgetter(1)
_KEY: Callable[[Any], tuple[str, str]] = itemgetter(0)


def episodes_of(events: list[Event]) -> list[Episode]:
    """Return the episodes of one client, by day: prefixes collapse, the strongest action wins."""
    if len(events) == 1:  # most clients of most logs
        ((day, _), query, models), *_ = events
        models.pop("", None)
        return [Episode(query, day, models)]
    found: dict[tuple[str, str], dict[str, Fate]] = {}
    for run in _meant(events):
        for (day, _), query, models in run:
            before = found.get((day, query))
            if before is None:
                found[day, query] = models.copy()
                continue
            for model, fate in models.items():
                before[model] = stronger(before[model], fate) if model in before else fate
    for models in found.values():
        models.pop("", None)
    return [Episode(query, day, models) for (day, query), models in sorted(found.items(), key=_KEY)]


def merged(events: list[Event]) -> dict[tuple[str, str], dict[str, Fate]] | None:
    """Return the models of each day and query of one client; None where the order of rows matters.

    It does where one query begins another, which few clients of most logs do.
    """
    if len(events) > 1:
        queries = {query for _, query, _ in events}
        if len(queries) > 1 and any(
            more.startswith(less) for less, more in pairwise(sorted(queries))
        ):
            return None
    found: dict[tuple[str, str], dict[str, Fate]] = {}
    for (day, _), query, models in events:
        before = found.setdefault((day, query), models)
        if before is not models:
            for model, fate in models.items():
                before[model] = stronger(before[model], fate) if model in before else fate
    for models in found.values():
        models.pop("", None)
    return found


def _meant(events: list[Event]) -> list[list[Event]]:
    """Return rows in order, cut where the query changes, without beginnings of the next query.

    A beginning that a model was picked for had served its purpose and stays.
    """
    events.sort(key=_ORDER)
    runs = [list(run) for _, run in groupby(events, _QUERY)]
    return [
        run
        for run, after in zip_longest(runs, runs[1:])
        if after is None or not _begins(run, after[0])
    ]


def _begins(run: list[Event], after: Event) -> bool:
    """Return whether the query of a run was only the beginning of the one typed next."""
    (_, seconds), query, _ = run[-1]
    (_, later), whole, _ = after
    return (
        whole.startswith(query)
        and later != NO_CLOCK
        and seconds != NO_CLOCK
        and later - seconds <= PREFIX_SECONDS
        and all(fate[0] < Action.CLICK for *_, models in run for fate in models.values())
    )


def is_flood(events: list[Event]) -> bool:
    """Return whether one client searched more often on some day than a person does.

    Letters typed one by one are one search, and so is a list of results shown at one time.
    """
    meant = [event for run in _meant(events) for event in run]
    searches = {(moment, query) for moment, query, models in meant if _is_search(models)}
    queries = {(moment[:1], query) for moment, query, _ in meant}
    busiest = [Counter(moment[0] for moment, _ in some) for some in (searches, queries)]
    return any(count > QUERIES_PER_DAY for days in busiest for count in days.values())


def _is_search(models: dict[str, Fate]) -> bool:
    """Return whether there is more than picks: a bare search, or models that were shown."""
    return any(action < Action.CLICK or shown for action, _, shown, _ in models.values())


class Caps:
    """How often each client was matched with each model (or asked each query) in each window.

    Counts are carried over from source to source only where a run has several: a client comes once
    in each, and what is held grows with the clients.
    """

    def __init__(self, carried: bool = False) -> None:
        self.carried = carried
        self._held: dict[int, int] = {}

    def concern(self, episodes: int) -> bool:
        """Return whether so many episodes of the next client could reach a cap, or must be held."""
        if self.carried:
            return True
        self._held.clear()
        return episodes > MATCHES_PER_CLIENT

    def refused(self, client: int, names: Iterable[str], day: str) -> list[str]:
        """Count one more match with each name, and return those for which it is one too many."""
        held, window = self._held, _window_of(day)
        over = []
        for name in names:
            key = hash((client, name, window))
            count = held.get(key, 0)
            held[key] = count + 1
            if count >= MATCHES_PER_CLIENT:
                over.append(name)
        return over


@lru_cache(4096)
def _window_of(day: str) -> int:
    return datetime.fromisoformat(day).toordinal() // WINDOW_DAYS


class _Day:
    """What was counted of one query on one day."""

    __slots__ = ("episodes", "models")

    def __init__(self) -> None:
        self.episodes = 0
        self.models: dict[str, int] = {}


class Tally:
    """Adds up episodes and hands the counts on before they grow large."""

    def __init__(self, reading: Reading, sink: Sink, caps: Caps) -> None:
        self._reading = reading
        self._sink = sink
        self._caps = caps
        self._asked: _Asked = {}
        self._keys = 0
        self._about = Memo(self._look_at)
        self.seen: set[int] = set()
        self.episodes = self.matched = self.picked = self.navigational = self.capped = 0

    def add_alone(self, event: Event) -> None:
        """Count a row that names nobody as an episode of its own."""
        (day, _), query, models = event
        models.pop("", None)
        self.add(query, day, models)

    def add_client(self, client: int, events: list[Event]) -> bool:
        """Count what one client did; returns False where it is set aside."""
        if len(events) > QUERIES_PER_DAY and is_flood(events):
            return False
        if len(events) == 1 and not self._caps.carried:  # most clients of most logs
            self.add_alone(events[0])
            return True
        found = merged(events)
        if found is None:
            found = {(day, query): models for query, day, models in episodes_of(events)}
        if self._caps.concern(len(found)):
            for (day, query), models in sorted(found.items(), key=_KEY):
                counted = self._capped(client, Episode(query, day, models))
                if counted is not None:
                    self.add(*counted)
            return True
        for (day, query), models in found.items():
            self.add(query, day, models)
        return True

    def _capped(self, client: int, episode: Episode) -> Episode | None:
        """Return an episode without the models this client was matched with often enough.

        None where none is left: the index would match the query for them all the same.
        """
        query, day, models = episode
        refused = self._caps.refused(client, models or (f"\0{query}",), day)
        if not refused:
            return episode
        self.capped += len(refused)
        kept = {model: fate for model, fate in models.items() if model not in refused}
        return Episode(query, day, kept) if kept else None

    def add(self, query: str, day: str, models: dict[str, Fate]) -> None:
        """Count one episode."""
        asked = self._asked.get(query)
        if asked is None:
            asked = self._asked[query] = self._about[query], {}
        (names, found), days = asked
        counted = days.get(day)
        if counted is None:
            counted = days[day] = _Day()
            self._keys += 1
        counted.episodes += 1
        self.episodes += 1
        self.navigational += names
        if models:
            self.matched += 1
            added, gained = counted.models, 0
            before = len(added)
            for model, (_, _, _, gain) in models.items():
                added[model] = added.get(model, 0) + gain
                gained |= gain
            if gained & PICKS:
                self.picked += 1
            self._keys += len(added) - before
        else:
            self.matched += found
        if self._keys > _COUNTS_HELD:
            self.flush()

    def _look_at(self, query: str) -> tuple[bool, bool]:
        self.seen.add(hash(query))
        return self._reading.navigates(query), self._reading.matches(query)

    def flush(self) -> None:
        """Hand on what was added up since the last time."""
        asked, self._asked, self._keys = self._asked, {}, 0
        if asked:
            self._sink(Counts(_query_rows(asked), _model_rows(asked), partial(_numbered, asked)))


_Asked = dict[str, tuple[tuple[bool, bool], dict[str, _Day]]]


def _query_rows(asked: _Asked) -> Iterator[tuple[str, str, int, int]]:
    for query, ((names, _), days) in asked.items():
        for day, counted in days.items():
            yield query, day, counted.episodes, counted.episodes * names


def _model_rows(asked: _Asked) -> Iterator[tuple[str, str, str, int, int, int, int]]:
    for query, (_, days) in asked.items():
        for day, counted in days.items():
            for model, gains in counted.models.items():
                yield query, model, day, *unpacked(gains)


def _numbered(asked: _Asked) -> Numbered:
    """Return the same counts by number, without a row of text for each."""
    distinct = {
        model for _, days in asked.values() for counted in days.values() for model in counted.models
    }
    names = {model: number for number, model in enumerate(sorted(distinct), 1)}
    keyed = [
        (query_day(number, day), counted, counted.episodes * about[0])
        for number, (about, days) in enumerate(asked.values(), 1)
        for day, counted in days.items()
    ]
    return Numbered(
        list(asked),
        list(names),
        ((key, counted.episodes, navigational) for key, counted, navigational in keyed),
        (
            (key << MODEL_BITS | names[model], *unpacked(gains))
            for key, counted, _ in keyed
            for model, gains in counted.models.items()
        ),
    )


class People:
    """Rows kept by client until the end of the file, in temporary files once they are many."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.held: Held = defaultdict(list)
        self._count = 0
        self._files: list[IO[bytes]] = []

    def added(self, rows: int, events: int) -> None:
        """Be told what was added to `held`; it moves on once it is much."""
        self._count += events + rows // _ROWS_OF_EVENT
        if self._count >= _EVENTS_HELD:
            self._spill()

    def _spill(self) -> None:
        # Files without a name, gone with the process; a client is a salted number in them.
        while len(self._files) < _PARTS:
            self._files.append(self._stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
        parts: list[list[tuple[int, list[Event]]]] = [[] for _ in range(_PARTS)]
        for client, rows in self._people():
            parts[client % _PARTS].append((client, rows))
        for file, part in zip(self._files, parts, strict=True):
            # Read back as a whole: marshal asks a file for every few bytes.
            block = marshal.dumps(part)
            file.write(len(block).to_bytes(8, "little") + block)
        self.held.clear()
        self._count = 0

    def _people(self) -> list[tuple[int, list[Event]]]:
        return [(client, rows) for client, rows in self.held.items() if client is not None]

    def by_client(self) -> Iterator[tuple[int, list[Event]]]:
        """Yield each client with its rows."""
        if not self._files:
            yield from self._people()
            return
        self._spill()
        for file in self._files:
            people: dict[int, list[Event]] = {}
            for client, rows in self._spilt(file):
                if client in people:
                    people[client] += rows
                else:
                    people[client] = rows
            yield from people.items()

    def _spilt(self, file: IO[bytes]) -> Iterator[tuple[int, list[Event]]]:
        file.seek(0)
        while size := file.read(8):
            yield from marshal.loads(file.read(int.from_bytes(size, "little")))
