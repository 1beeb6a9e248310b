"""The store of search evidence: one SQLite file of additive counts, and nothing else.

Whole logs are added in one transaction each, so that a log is in the store wholly or not at all. Every
count is a whole number, so shards give the same store in any order and grouping. A file that is
damaged, newer or somebody else's is named and never written to.
"""

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from modelcmp.errors import ModelcmpError
from modelcmp.matching import bulk
from modelcmp.matching.aggregate import AGGREGATE_COLUMNS, read_aggregate
from modelcmp.matching.episodes import Caps
from modelcmp.matching.events import (
    DAY_BITS,
    EXPECTED_UNIT,
    MODEL_BITS,
    Counts,
    ModelCount,
    Numbered,
    QueryCount,
    Reading,
    Report,
    day_number,
    query_day,
)
from modelcmp.matching.log_files import Digest, LogFile
from modelcmp.matching.logs import group_sources, no_collector, open_log, read_source
from modelcmp.matching.privacy import clean_query

APPLICATION_ID = 0x6D636D70
"""The letters mcmp, in the header of the file."""

VERSION = 2
BUSY_SECONDS = 30.0
LEAST_MIN_COUNT = 2
MIN_COUNT = 5
MIN_DAYS = 2
"""A query is shown once it was seen so often, on so many days."""

# A query, a model and a day are whole numbers in a key, in the order query, day, model: rows of a log's
# counts then lie side by side, and a million of them is written and added up in half the time.
_MOST_QUERIES, _MOST_MODELS = 1 << 27, 1 << 20
_TABLES = (
    f"CREATE TABLE texts (id INTEGER PRIMARY KEY CHECK (id < {_MOST_QUERIES}), text TEXT NOT NULL)",
    f"CREATE TABLE names (id INTEGER PRIMARY KEY CHECK (id < {_MOST_MODELS}), text TEXT NOT NULL)",
    "CREATE UNIQUE INDEX texts_by_text ON texts (text)",
    "CREATE UNIQUE INDEX names_by_text ON names (text)",
    "CREATE TABLE query_days (key INTEGER PRIMARY KEY, episodes INTEGER NOT NULL,"
    " navigational INTEGER NOT NULL)",
    "CREATE TABLE model_days (key INTEGER PRIMARY KEY, shown INTEGER NOT NULL,"
    " expected INTEGER NOT NULL, clicked INTEGER NOT NULL, chosen INTEGER NOT NULL)",
    "CREATE TABLE files (digest BLOB PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
# Not in the file, where nothing would tell of a letter that changed in them.
_DAY = f"date((key >> %d & {(1 << DAY_BITS) - 1}) * 86400, 'unixepoch') AS day"
_VIEWS = (
    f"CREATE TEMP VIEW queries AS SELECT text AS query, {_DAY % 0}, episodes, navigational"
    f" FROM query_days JOIN texts ON texts.id = key >> {DAY_BITS}",
    f"CREATE TEMP VIEW models AS SELECT texts.text AS query, names.text AS model, {_DAY % MODEL_BITS},"
    " shown, expected, clicked, chosen FROM model_days"
    f" JOIN texts ON texts.id = key >> {DAY_BITS + MODEL_BITS}"
    f" JOIN names ON names.id = key & {_MOST_MODELS - 1}",
    f"CREATE TEMP VIEW numbers AS SELECT key >> {DAY_BITS + MODEL_BITS} AS query,"
    f" key & {_MOST_MODELS - 1} AS model, key >> {MODEL_BITS} AS query_day,"
    " shown, expected, clicked, chosen FROM model_days",
)
_STAGES = (
    "CREATE TEMP TABLE IF NOT EXISTS new_texts (id INTEGER PRIMARY KEY, text TEXT UNIQUE, kept INTEGER)",
    "CREATE TEMP TABLE IF NOT EXISTS new_names (id INTEGER PRIMARY KEY, text TEXT UNIQUE, kept INTEGER)",
    "CREATE TEMP TABLE IF NOT EXISTS new_queries (key INTEGER, episodes INTEGER, navigational INTEGER)",
    "CREATE TEMP TABLE IF NOT EXISTS new_models (key INTEGER, shown INTEGER, expected INTEGER,"
    " clicked INTEGER, chosen INTEGER)",
)
_STAGED = ("new_texts", "new_names", "new_queries", "new_models")
_ADD_UP_QUERIES = (
    " ON CONFLICT DO UPDATE SET"
    " episodes = episodes + excluded.episodes, navigational = navigational + excluded.navigational"
)
_ADD_UP_MODELS = (
    " ON CONFLICT DO UPDATE SET"
    " shown = shown + excluded.shown, expected = expected + excluded.expected,"
    " clicked = clicked + excluded.clicked, chosen = chosen + excluded.chosen"
)
_ADD_QUERY = "INSERT INTO query_days VALUES (?, ?, ?)" + _ADD_UP_QUERIES
_ADD_MODEL = "INSERT INTO model_days VALUES (?, ?, ?, ?, ?)" + _ADD_UP_MODELS
_MERGE_QUERIES = (
    f"INSERT INTO query_days SELECT (t.kept << {DAY_BITS}) | (key & {(1 << DAY_BITS) - 1}), sum(episodes),"
    f" sum(navigational) FROM new_queries JOIN new_texts AS t ON t.id = key >> {DAY_BITS}"
    " WHERE true GROUP BY 1" + _ADD_UP_QUERIES
)
_MERGE_MODELS = (
    f"INSERT INTO model_days SELECT (((t.kept << {DAY_BITS}) | (key >> {MODEL_BITS} &"
    f" {(1 << DAY_BITS) - 1})) << {MODEL_BITS}) | n.kept, sum(shown), sum(expected), sum(clicked),"
    " sum(chosen) FROM new_models"
    f" JOIN new_texts AS t ON t.id = key >> {DAY_BITS + MODEL_BITS}"
    f" JOIN new_names AS n ON n.id = (key & {_MOST_MODELS - 1}) WHERE true GROUP BY 1"
    + _ADD_UP_MODELS
)
_STAGE_QUERY = "INSERT INTO new_queries VALUES (?, ?, ?)"
_STAGE_MODEL = "INSERT INTO new_models VALUES (?, ?, ?, ?, ?)"
_RENUMBER = (
    "INSERT OR IGNORE INTO {table} (text) SELECT text FROM new_{table} ORDER BY id",
    "UPDATE new_{table} SET kept = (SELECT id FROM {table} WHERE text = new_{table}.text)",
)
_PRIME = 2147483647
_TOTALS = " UNION ALL ".join(
    (
        f"SELECT 'queries', ifnull(sum(key % {_PRIME} * ((episodes % {_PRIME} * 1299709"
        f" + navigational % {_PRIME} * 15485863) % {_PRIME} + 1) % {_PRIME}), 0) FROM query_days",
        f"SELECT 'models', ifnull(sum(key % {_PRIME} * ((shown % {_PRIME} * 1299709"
        f" + expected % {_PRIME} * 15485863 + clicked % {_PRIME} * 32452843"
        f" + chosen % {_PRIME} * 49979687) % {_PRIME} + 1) % {_PRIME}), 0) FROM model_days",
        "SELECT 'files', ifnull(sum(mark(hex(digest) || size)), 0) FROM files",
        *(
            f"SELECT '{table}{index}', ifnull(sum(mark(text || char(31) || id)), 0) FROM {table}"
            f" {'INDEXED BY ' + table + '_by_text' if index else 'NOT INDEXED'}"
            + (" WHERE text >= ''" if index else "")
            for table in ("texts", "names")
            for index in ("", " in order")
        ),
    )
)
"""Sums of a check mark of each row: SQLite itself does not notice a letter or number that changed."""

_HEADER_BYTES = 100

_HOT_JOURNAL = 776
_HOT_LOG = 264
"""What SQLite says to a reader that may not take back what a killed writer began."""

_FREQUENT = (
    f"SELECT text FROM texts WHERE id IN (SELECT key >> {DAY_BITS} FROM query_days GROUP BY 1"
    " HAVING sum(episodes) >= ? AND count(*) >= ?)"
)


_UNUSED = (
    f"DELETE FROM texts WHERE id NOT IN (SELECT key >> {DAY_BITS} FROM query_days"
    f" UNION SELECT key >> {DAY_BITS + MODEL_BITS} FROM model_days)",
    f"DELETE FROM names WHERE id NOT IN (SELECT key & {_MOST_MODELS - 1} FROM model_days)",
)
"""What removing counts leaves without one: no word of it may stay."""


class EvidenceError(ModelcmpError):
    """A store of evidence that cannot be used, or not now."""

    code = "bad-evidence"


class Rare(NamedTuple):
    """The one bucket of queries seen too seldom to be shown."""

    queries: int
    episodes: int


class Removed(NamedTuple):
    """What forgetting or purging took away."""

    queries: int
    episodes: int


def connect(address: str) -> sqlite3.Connection:
    """Return a connection without automatic transactions; the one place where a file is opened."""
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _mark(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def add_logs(
    path: Path,
    names: Sequence[str],
    reading: Reading,
    *,
    aggregate: bool = False,
    told: Callable[[str, Report], None] = lambda _, __: None,
) -> Report:
    """Add log files to the store at `path` and return what was read, all together.

    Each source is one transaction; `told` hears of each as it is done. Raises LogError or
    EvidenceError; sources told of before are then kept.
    """
    total, queries = Report(), set[int]()
    with no_collector(), writing(path) as store:
        sources = [[name] for name in names] if aggregate else group_sources(names)
        caps = Caps(carried=len(sources) > 1)
        for source in sources:
            if aggregate:
                report, seen = _add_counts(store, source[0], reading)
            elif bulk.suits(source, len(sources) == 1):
                report, seen = _add_bulk(store, source[0], reading, caps)
            else:
                report, seen = _add_source(store, source, reading, caps)
            queries |= seen
            total = _sum(total, report)._replace(queries=len(queries))
            told(" and ".join(source), report)
    return total


def _add_counts(store: "Store", name: str, reading: Reading) -> tuple[Report, set[int]]:
    with ExitStack() as stack:
        file = open_log(name, stack, store.known_sizes())
        store.unstage()
        report, seen = read_aggregate(file, reading, store.stage)
        return (report, seen) if store.keep([_digest(file)]) else _repeated(report)


def _add_source(
    store: "Store", names: Sequence[str], reading: Reading, caps: Caps
) -> tuple[Report, set[int]]:
    with ExitStack() as stack:
        known = store.known_sizes()
        files = [
            bulk.ParquetLines(name, stack)
            if bulk.is_parquet(name)
            else open_log(name, stack, known)
            for name in names
        ]
        store.unstage()
        report, seen = read_source(files, reading, store.stage, caps)
        return (report, seen) if store.keep(list(map(_digest, files))) else _repeated(report)


def _add_bulk(store: "Store", name: str, reading: Reading, caps: Caps) -> tuple[Report, set[int]]:
    try:
        with ExitStack() as stack:
            store.unstage()
            report, seen, file, counts = bulk.read_bulk(
                name, reading, store.stage, store.known_sizes(), stack
            )
            kept = store.keep([_digest(file)], counts)
            reading.progress(file.size)
            return (report, seen) if kept else _repeated(report)
    except bulk.UnsuitedError:
        return _add_source(store, [name], reading, caps)


def _repeated(report: Report) -> tuple[Report, set[int]]:
    return Report(rows=report.rows, repeated=True), set()


def _digest(file: "LogFile | bulk.ParquetLines") -> Digest:
    return Digest(file.digest.digest(), file.size)


def _sum(total: Report, report: Report) -> Report:
    added = {
        name: getattr(total, name) + getattr(report, name)
        for name in Report._fields
        if name != "repeated"
    }
    added["first_bad"] = added["first_bad"][:5]
    return Report(**added, repeated=report.repeated)


@contextmanager
def writing(path: Path) -> "Iterator[Store]":
    """Open a store to write to, made if there is none; raises EvidenceError if it cannot be used."""
    with _named(path):
        _make_file(path)
        if 0 < path.stat().st_size < _HEADER_BYTES:  # which SQLite would take for an empty file
            raise _damaged(path)
        connection = connect(f"file:{_quoted(path)}?mode=rw")
        try:
            store = Store(path, connection)
            store.prepare()
            yield store
        finally:
            connection.close()


@contextmanager
def reading_store(path: Path) -> "Iterator[Store | None]":
    """Open a store to read from, None if there is none; raises EvidenceError for a damaged one."""
    try:
        there = path.is_file() and path.stat().st_size > 0
    except OSError:
        there = False
    if not there:
        yield None
        return
    with _named(path):
        connection = _open_to_read(path)
        try:
            store = Store(path, connection)
            connection.execute("PRAGMA query_only = ON")
            # One transaction, so that what is read in several steps belongs together.
            connection.execute("BEGIN")
            yield store if store.check_header() else None
        finally:
            connection.close()


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that reads, after putting right what a killed run left half written.

    Its journal says what to take back, and only somebody who may write can do so: without that the
    store would read as broken until the next run that adds to it.
    """
    for mode in ("ro", "rw"):
        connection = connect(f"file:{_quoted(path)}?mode={mode}")
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            break
        except sqlite3.Error as error:
            connection.close()
            code = getattr(error, "sqlite_errorcode", 0)
            if mode == "rw" or code not in (_HOT_JOURNAL, _HOT_LOG, sqlite3.SQLITE_CANTOPEN):
                raise
    return connection


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into an EvidenceError that names the store."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else 0
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            message = f"{path}: another run has been writing to the store for {BUSY_SECONDS:.0f} s"
            raise EvidenceError(message, hint="try again once it is done") from None
        if code == sqlite3.SQLITE_FULL:
            raise EvidenceError(f"{path}: the disk is full; nothing was kept") from None
        if code == sqlite3.SQLITE_ERROR:  # a table of ours is not there
            raise _damaged(path) from None
        if getattr(error, "sqlite_errorcode", 0) in (_HOT_JOURNAL, _HOT_LOG):
            raise EvidenceError(
                f"{path}: a run was cut off while writing, and its half must be taken back first",
                hint=f"modelcmp evidence stats --evidence {path}, run by who may write to it",
            ) from None
        raise EvidenceError(f"{path}: {error}; nothing was kept") from None
    except sqlite3.IntegrityError:
        message = f"{path}: holds {_MOST_QUERIES:,} queries and {_MOST_MODELS:,} models at most"
        raise EvidenceError(message, hint="name another store with --evidence") from None
    except sqlite3.DatabaseError:
        raise _damaged(path) from None
    except OSError as error:
        raise EvidenceError(f"{path}: {(error.strerror or 'cannot be used').lower()}") from None


def _damaged(path: Path) -> EvidenceError:
    return EvidenceError(
        f"{path}: the store of evidence is damaged, or no store at all",
        hint=f"move it away and rebuild it with modelcmp evidence add --evidence {path} LOG...",
    )


def _make_file(path: Path) -> None:
    """Make an empty file that nobody else can read, unless there is one."""
    if path.exists() and not path.is_file():
        raise EvidenceError(f"{path}: is no regular file")
    if not path.parent.is_dir():
        raise EvidenceError(f"{path}: no such folder", hint=f"make it first: mkdir {path.parent}")
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _quoted(path: Path) -> str:
    return "".join(f"%{ord(c):02x}" if c in "%?#" else c for c in str(path.absolute()))


class Store:
    """One open store. Writing goes through `stage` and `keep`, or the methods that remove."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._pending: Counts | None = None
        connection.create_function("mark", 1, _mark, deterministic=True)
        # First of all, since a change of it drops every temporary view there is.
        connection.execute("PRAGMA temp_store = FILE")
        for view in _VIEWS:
            connection.execute(view)

    # -- opening ------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Check the whole store before anything is written to it, or lay it out if it is empty."""
        run = self._connection.execute
        run("PRAGMA trusted_schema = OFF")
        with self._transaction():
            if not self.check_header():
                for table in _TABLES:
                    run(table)
                run("INSERT INTO totals " + _TOTALS)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {VERSION}")
            elif self._quick_check() != "ok" or not self._totals_hold():
                raise _damaged(self.path)
        # Only now that it is known to be ours: what is deleted is overwritten.
        run("PRAGMA secure_delete = ON")
        for stage in _STAGES:
            run(stage)

    def check_header(self) -> bool:
        """Return whether this is a store of ours; False if it is empty, EvidenceError if foreign."""
        application = self._number("PRAGMA application_id")
        version = self._number("PRAGMA user_version")
        tables = self._number("SELECT count(*) FROM sqlite_master")
        if application == APPLICATION_ID and version == VERSION:
            return True
        if application == APPLICATION_ID and version > VERSION:
            raise EvidenceError(
                f"{self.path}: was written by a newer modelcmp (layout {version}, not {VERSION})",
                hint="pip install --upgrade modelcmp, or name another store with --evidence",
            )
        if application == APPLICATION_ID:
            raise EvidenceError(
                f"{self.path}: was written by an older modelcmp (layout {version}, not {VERSION})",
                hint=f"move it away and add its logs again: modelcmp evidence add --evidence {self.path} LOG...",
            )
        if application or version or tables:
            raise EvidenceError(
                f"{self.path}: is a database, but no store of evidence",
                hint="name another file with --evidence",
            )
        return False

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def _quick_check(self) -> str:
        return str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])

    def _totals_hold(self) -> bool:
        """Return whether the sums are those written with the counts."""
        held = self._connection.execute("SELECT name, value FROM totals").fetchall()
        return sorted(held) == sorted(self._connection.execute(_TOTALS).fetchall())

    def is_whole(self) -> bool:
        """Return whether nothing in the store is damaged."""
        return self._quick_check() == "ok" and self._totals_hold()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the only right to write; all or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself, on a full disk for one.
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    # -- adding -------------------------------------------------------------------------------------

    def known_sizes(self) -> dict[int, set[bytes]]:
        """Return the digests of the files that were counted, by size."""
        known: dict[int, set[bytes]] = {}
        for digest, size in self._connection.execute("SELECT digest, size FROM files"):
            known.setdefault(size, set()).add(digest)
        return known

    def unstage(self) -> None:
        """Throw away counts that were staged and not kept."""
        self._pending = None
        for table in _STAGED:
            self._connection.execute(f"DELETE FROM {table}")

    def stage(self, counts: Counts) -> None:
        """Set counts aside in temporary tables; nobody waits and nothing is in the store yet.

        The first wait in memory for others: most logs have no more, and are spared the way through.
        """
        if self._pending is None:
            if counts.numbered is None:
                counts = Counts(list(counts.queries), list(counts.models))
            self._pending = counts
            return
        self._connection.execute("BEGIN")
        for some in (self._pending, counts):
            self._insert(some, "new_texts", "new_names", _STAGE_QUERY, _STAGE_MODEL)
        self._pending = Counts((), ())
        self._connection.execute("COMMIT")

    def _insert(
        self, counts: Counts, texts: str, names: str, add_query: str, add_model: str
    ) -> None:
        queries, models = list(counts.queries), list(counts.models)
        asked = dict.fromkeys(map(itemgetter(0), queries)) | dict.fromkeys(
            map(itemgetter(0), models)
        )
        number = self._numbers(texts, asked)
        named = self._numbers(names, dict.fromkeys(map(itemgetter(1), models)))
        run = self._connection.executemany
        run(
            add_query,
            (
                (query_day(number[query], day), episodes, navigational)
                for query, day, episodes, navigational in queries
            ),
        )
        run(
            add_model,
            (
                (
                    query_day(number[query], day) << MODEL_BITS | named[model],
                    *rest,
                )
                for query, model, day, *rest in models
            ),
        )

    def _numbers(self, table: str, texts: Iterable[str]) -> dict[str, int]:
        """Return the number of each text in a table, which is given those it lacks."""
        run = self._connection
        if not self._number(f"SELECT EXISTS (SELECT 1 FROM {table})"):
            numbers = {text: number for number, text in enumerate(texts, 1)}
            pairs = ((number, text) for text, number in numbers.items())
            run.executemany(f"INSERT INTO {table} (id, text) VALUES (?, ?)", pairs)
            return numbers
        run.executemany(
            f"INSERT OR IGNORE INTO {table} (text) VALUES (?)", ((text,) for text in texts)
        )
        find = f"SELECT id FROM {table} WHERE text = ?"
        return {text: run.execute(find, (text,)).fetchone()[0] for text in texts}

    def keep(self, files: Sequence[Digest], counts: "Numbered | None" = None) -> bool:
        """Add what was staged in one transaction; returns False if these files were counted before.

        `counts` are added beside; they come in the order of the keys, and need no staging.
        """
        with self._transaction():
            counted = [self._counted(file) for file in files]
            if all(counted):
                return False
            if any(counted):
                raise EvidenceError(
                    "some of the files that belong together were counted before, others not",
                    hint="add queries and their events in one run, or only new ones",
                )
            self._connection.executemany("INSERT INTO files VALUES (?, ?)", set(files))
            if counts:
                self._add_numbered(counts)
            self._merge()
        return True

    def _add_numbered(self, counts: Numbered) -> None:
        number = self._numbers("texts", counts.texts)
        named = self._numbers("names", counts.names)
        queries, models = counts.queries, counts.models
        texts = [number[text] for text in counts.texts]
        names = [named[text] for text in counts.names]
        if texts != list(range(1, len(texts) + 1)) or names != list(range(1, len(names) + 1)):
            texts, names = [0, *texts], [0, *names]
            days, places = (1 << DAY_BITS) - 1, _MOST_MODELS - 1
            queries = (
                (texts[key >> DAY_BITS] << DAY_BITS | key & days, asked, named)
                for key, asked, named in queries
            )
            models = (
                (
                    (texts[key >> DAY_BITS + MODEL_BITS] << DAY_BITS | key >> MODEL_BITS & days)
                    << MODEL_BITS
                    | names[key & places],
                    *(shown, expected, clicked, chosen),
                )
                for key, shown, expected, clicked, chosen in models
            )
        self._connection.executemany(_ADD_QUERY, queries)
        self._connection.executemany(_ADD_MODEL, models)

    def _merge(self) -> None:
        """Add what was staged to what is kept, within a transaction."""
        if self._pending and self._pending.numbered:
            self._add_numbered(self._pending.numbered())
        elif self._pending:
            self._insert(self._pending, "texts", "names", _ADD_QUERY, _ADD_MODEL)
        for table in ("texts", "names"):
            for step in _RENUMBER:
                self._connection.execute(step.format(table=table))
        self._connection.execute(_MERGE_QUERIES)
        self._connection.execute(_MERGE_MODELS)
        self._write_totals()

    def add(self, counts: Counts) -> None:
        """Add counts that come from no file, in one transaction."""
        self.stage(counts)
        with self._transaction():
            self._merge()
        self.unstage()

    def _counted(self, file: Digest) -> bool:
        found = self._connection.execute("SELECT 1 FROM files WHERE digest = ?", file[:1])
        return found.fetchone() is not None

    def _write_totals(self) -> None:
        self._connection.execute("INSERT OR REPLACE INTO totals " + _TOTALS)

    # -- removing -----------------------------------------------------------------------------------

    def forget(self, query: str) -> Removed:
        """Remove a query, in any spelling that has its normal form, and every trace of it."""
        return self._remove(
            f"key >> {DAY_BITS} = (SELECT id FROM texts WHERE text = ?)", clean_query(query).text
        )

    def purge(self, before: str) -> Removed:
        """Remove all that was counted on the days before `before`."""
        return self._remove(f"key & {(1 << DAY_BITS) - 1} < ?", day_number(before))

    def _remove(self, which: str, value: str | int) -> Removed:
        run = self._connection.execute
        with self._transaction():
            counted = (
                f"SELECT count(DISTINCT key >> {DAY_BITS}), ifnull(sum(episodes), 0)"
                f" FROM query_days WHERE {which}"
            )
            removed = Removed(*run(counted, (value,)).fetchone())
            run(f"DELETE FROM query_days WHERE {which}", (value,))
            of_models = which.replace("key", f"(key >> {MODEL_BITS})")
            run(f"DELETE FROM model_days WHERE {of_models}", (value,))
            for unused in _UNUSED:
                run(unused)
            self._write_totals()
        # Free pages are blank already; this gives them back, unless somebody is reading.
        with suppress(sqlite3.OperationalError):
            run("VACUUM")
        return removed

    # -- reading ------------------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of a SELECT."""
        return self._connection.execute(query, values).fetchall()

    def holds(self, query: str, day: str) -> bool:
        """Return whether a query was counted on a day."""
        return bool(self.rows("SELECT 1 FROM queries WHERE query = ? AND day = ?", query, day))

    def queries(self) -> Iterator[QueryCount]:
        """Yield every count of a query, in order."""
        for row in self._connection.execute("SELECT * FROM queries ORDER BY query, day"):
            yield QueryCount(*row)

    def models(self) -> Iterator[ModelCount]:
        """Yield every count of a model, in order."""
        for row in self._connection.execute("SELECT * FROM models ORDER BY query, model, day"):
            yield ModelCount(*row)

    def asked(self) -> list[tuple[str, int]]:
        """Return every query with its episodes on all days."""
        found = self.rows("SELECT query, sum(episodes) FROM queries GROUP BY query")
        return [(str(query), int(str(episodes))) for query, episodes in found]

    def count_files(self) -> int:
        """Return how many files were counted."""
        return self._number("SELECT count(*) FROM files")

    def frequent(self, min_count: int = MIN_COUNT) -> set[str]:
        """Return the queries that may be shown: seen often enough, on more than one day."""
        least = max(LEAST_MIN_COUNT, min_count)
        return {row[0] for row in self._connection.execute(_FREQUENT, (least, MIN_DAYS))}

    def rare(self, min_count: int = MIN_COUNT) -> Rare:
        """Return how much lies in the bucket of queries that may not be shown."""
        shown = self.frequent(min_count)
        rows = [count for count in self.queries() if count.query not in shown]
        return Rare(len({row.query for row in rows}), sum(row.episodes for row in rows))


def dump(store: Store | None) -> list[str]:
    """Return the counts of a store as lines in one order: equal stores have equal lines."""
    if store is None:
        return []
    lines = [repr(tuple(count)) for count in store.queries()]
    return lines + [repr(tuple(count)) for count in store.models()]


def export_rows(store: Store, min_count: int = MIN_COUNT) -> Iterator[dict[str, str | int | float]]:
    """Yield what may be shown as rows that `evidence add --aggregate` takes."""
    shown = store.frequent(min_count)
    for query in store.queries():
        if query.query in shown:
            yield {"kind": "query", **query._asdict()}
    for model in store.models():
        if model.query in shown:
            row = {"kind": "model", **model._asdict(), "expected": model.expected / EXPECTED_UNIT}
            yield {name: row[name] for name in AGGREGATE_COLUMNS if name in row}
