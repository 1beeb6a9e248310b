"""Large logs -> counts, by DuckDB: Parquet, and CSV of any size, to the same counts as row by row.

Each distinct cell is understood once, by the code that reads rows; DuckDB then joins what was found
out to the rows and adds up. It proves of most clients that the order of their rows cannot matter: no
query typed on, no cap reached, no flood. The others are handed to `episodes`, row by row. A file that
DuckDB could understand differently is refused here with UnsuitedError, and read row by row.
"""

import codecs
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from importlib.util import find_spec
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.matching.cells import LARGEST_POSITION, cells_of
from modelcmp.matching.episodes import (
    MATCHES_PER_CLIENT,
    PREFIX_SECONDS,
    QUERIES_PER_DAY,
    WINDOW_DAYS,
    Caps,
    Tally,
)
from modelcmp.matching.events import (
    BAD_ROWS_SHOWN,
    NO_CLOCK,
    Action,
    BadRow,
    BadRowError,
    Event,
    Held,
    LogError,
    Numbered,
    Reading,
    Report,
    Sink,
    expected_units,
    fate_of,
    judge,
)
from modelcmp.matching.log_files import LINE_BYTES, LogFile
from modelcmp.matching.logs import batches_of, open_log
from modelcmp.matching.parsing import ORDER, Parser
from modelcmp.matching.privacy import clean_query

if TYPE_CHECKING:
    import duckdb

LARGE_BYTES = 32 * 1024 * 1024
"""From this size on a log is worth the start of DuckDB."""

MEMORY = "400MB"
"""What DuckDB may hold; the rest lies in temporary files. Around it the process stays under 1 GiB."""

_PART_ROWS = 2_500_000
_SAMPLE_ROWS = 200_000
_FETCHED = 20_000
_REJECTS = 10_000
_NO_PLACE = LARGEST_POSITION + 1
_LAST_DAY = 47846
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_TIMES = "(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z)"
"""The one way to write a time that is read by DuckDB; all others are read as in rows."""


class UnsuitedError(Exception):
    """A file to be read row by row."""


class _Rows(NamedTuple):
    """Rows as DuckDB sees them: a table function, and SQL for each cell."""

    table: str
    cells: dict[str, str]
    """Meaning -> text, or NULL where there is none."""
    moment: str
    """Microseconds since 1970, or NULL where the text of the time must be looked at."""
    delimiter: str = ""
    columns: int = 0


class _Shape(NamedTuple):
    """What the bytes of a text file say of its rows."""

    lines: int
    delimiters: int
    quoted: bool


def is_parquet(name: str) -> bool:
    """Return whether a file is Parquet."""
    try:
        with Path(name).open("rb") as file:
            return file.read(4) == b"PAR1"
    except (OSError, ValueError):
        return False


def suits(names: Sequence[str], alone: bool) -> bool:
    """Return whether a source is worth a try; `alone` if the run has no other one.

    Between sources the caps of clients must be carried over, which is done row by row.
    """
    if len(names) != 1 or not alone or names[0] == "-" or find_spec("duckdb") is None:
        return False
    try:
        return is_parquet(names[0]) or os.path.getsize(names[0]) >= LARGE_BYTES
    except OSError:
        return False


def connect(stack: ExitStack, name: str = "") -> "duckdb.DuckDBPyConnection":
    """Return a connection that loads nothing from anywhere and spills into a folder of its own."""
    try:
        import duckdb
    except ImportError:
        raise LogError(
            f"{name}: Parquet is read with DuckDB, which is not installed",
            hint="pip install 'modelcmp[duckdb]'",
        ) from None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="modelcmp-"))
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": min(4, os.cpu_count() or 1),
            "temp_directory": folder,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    stack.callback(connection.close)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


class ParquetLines:
    """A Parquet file as numbered lines of JSON, for what is understood row by row."""

    def __init__(self, name: str, stack: ExitStack) -> None:
        self.name = name
        self._connection = connect(stack, name)
        file = open_log(name, stack, {})
        for _ in file.blocks():
            pass
        self.digest, self.size = file.digest, file.size

    def batches(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield the rows of a block at a time, with the number of the first of them."""
        run = self._connection.execute
        number = 1
        with _named(self.name):
            run("SET preserve_insertion_order = true")
            run(f"SELECT to_json(r)::VARCHAR FROM read_parquet({_quoted(self.name)}) AS r")
            while found := self._connection.fetchmany(_FETCHED):
                yield number, [line for (line,) in found]
                number += len(found)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Turn what DuckDB says of a file into a LogError that names it."""
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise LogError(f"{name}: cannot be read: {str(error).splitlines()[0]}") from None


def _quoted(name: str) -> str:
    if any(mark in name for mark in "*?["):
        raise LogError(
            f"{name}: DuckDB reads *, ? and [ in a name as a pattern",
            hint="rename it, or use a link",
        )
    return "'" + str(Path(name).absolute()).replace("'", "''") + "'"


def read_bulk(
    name: str, reading: Reading, sink: Sink, known: dict[int, set[bytes]], stack: ExitStack
) -> tuple[Report, set[int], LogFile, Numbered]:
    """Read one file; raises UnsuitedError where that is to be done row by row, else LogError.

    What `sink` got is to be added to the counts that are returned; they are read while `stack` is open.
    """
    parser = Parser(reading)
    file = open_log(name, stack, known)
    parquet = is_parquet(name)
    connection = connect(stack, name)
    try:
        rows = (
            _parquet_rows(connection, name, parser)
            if parquet
            else _csv_rows(name, file.gzipped, parser)
        )
    except LogError as error:
        raise UnsuitedError from error
    shape = _check(file, reading, rows.delimiter)
    log = _Log(connection, rows, parser, reading)
    with _named(name):
        log.load(shape)
        reading.progress(file.size * 5 // 10)
        if os.path.getsize(name) != file.packed_size:
            raise LogError(f"{name}: has changed while it was read", hint="try again")
        report, seen, counts = log.count(sink, file.size)
    if report.bad_rows:
        first = tuple(islice(_bad_rows(name, reading, parquet), BAD_ROWS_SHOWN))
        report = report._replace(first_bad=first)
        judge([name], report.rows, report.bad_rows, list(first))
    return report, seen, file, counts


def _bad_rows(name: str, reading: Reading, parquet: bool) -> Iterator[BadRow]:
    """Yield rows that are left out, as reading row by row finds them."""
    parser = Parser(reading)
    with ExitStack() as stack:
        file = ParquetLines(name, stack) if parquet else open_log(name, stack, {})
        for batch in batches_of(file, parser, held := Held(list)):
            yield from (BadRow(file.name, *found) for found in batch.bad)
            held.clear()


def _check(file: LogFile, reading: Reading, delimiter: str) -> _Shape:
    """Read the bytes of a file for its digest, and return what they say of its rows.

    Raises UnsuitedError for text unless it is UTF-8, no line is longer than 1 MiB, and nothing but a
    line feed ends one. That none is blank shows later, when there are as many rows as lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, delimiters, quoted, last = 0, 0, False, b"\n"
    for block in file.blocks():
        reading.progress(file.size // 10)
        if not delimiter:
            continue
        if not (block.isascii() and decoder.getstate() == (b"", 0)):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                raise UnsuitedError from None
        if b"\0" in block or b"\r" in block:
            raise UnsuitedError
        for start in range(0, len(block), LINE_BYTES // 2):
            end = start + LINE_BYTES // 2
            if end <= len(block) and block.find(b"\n", start, end) < 0:
                raise UnsuitedError
        lines += block.count(b"\n")
        delimiters += block.count(delimiter.encode())
        quoted = quoted or b'"' in block
        last = block[-1:]
    return _Shape(lines + (last != b"\n"), delimiters, quoted)


def _csv_rows(name: str, gzipped: bool, parser: Parser) -> _Rows:
    """Return how a CSV file is read, from its first line."""
    with ExitStack() as stack:
        first = next(iter(open_log(name, stack, {}).lines()))[1] or ""
    if first.lstrip().startswith("{") or '"' in first:
        raise UnsuitedError
    delimiter = max(",;\t", key=first.count)
    try:
        names = [cell.strip().casefold() for cell in cells_of(first, delimiter)]
    except BadRowError:
        raise UnsuitedError from None
    if len(names) < 2:
        raise UnsuitedError
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(names)))
    table = (
        f"read_csv({_quoted(name)}, auto_detect = false, header = true, delim = '{delimiter}',"
        f" quote = '\"', escape = '\"', columns = {{{columns}}}, store_rejects = true,"
        f" compression = '{'gzip' if gzipped else 'none'}')"
    )
    cells = {
        meaning: f"c{names.index(column)}" if column else "NULL::VARCHAR"
        for meaning, column in zip(ORDER, parser.columns(names), strict=True)
    }
    return _Rows(table, cells, _moment_of_text(cells["time"]), delimiter, len(names))


def _moment_of_text(cell: str) -> str:
    return f"CASE WHEN regexp_full_match({cell}, '{_TIMES}') THEN epoch_us(try_cast({cell} AS TIMESTAMP)) END"


def _parquet_rows(connection: "duckdb.DuckDBPyConnection", name: str, parser: Parser) -> _Rows:
    """Return how a Parquet file is read, from its columns; lists are understood row by row."""
    table = f"read_parquet({_quoted(name)})"
    with _named(name):
        described = connection.execute(f"DESCRIBE FROM {table}").fetchall()
    types = {str(column).casefold(): (column, str(kind)) for column, kind, *_ in described}
    nested = [name for name, (_, kind) in types.items() if kind.endswith("]")]
    if (
        "query_id" in types
        or len(types) < len(described)
        or {"shown", "results", "hits"} & {*nested}
    ):
        raise UnsuitedError
    cells, moment = {}, "NULL::BIGINT"
    for meaning, found in zip(ORDER, parser.columns(list(types)), strict=True):
        column, kind = types[found] if found else ("", "VARCHAR")
        quoted = '"' + column.replace('"', '""') + '"'
        if not found:
            cells[meaning] = "NULL::VARCHAR"
        elif kind.startswith("TIMESTAMP") and meaning == "time":
            moment = f"epoch_us({quoted})"
            cells[meaning] = f"{quoted}::VARCHAR"
        elif kind == "VARCHAR":
            cells[meaning] = f"nullif({quoted}, '')"
            moment = _moment_of_text(quoted) if meaning == "time" else moment
        elif kind in ("DATE", "DOUBLE", "BOOLEAN") or kind.endswith(("INT", "INTEGER")):
            cells[meaning] = f"{quoted}::VARCHAR"
        else:
            raise UnsuitedError
        if kind == "BOOLEAN":
            raise UnsuitedError
    return _Rows(table, cells, moment)


class _Log:
    """One log in DuckDB: rows as numbers, and the tables that say what the numbers mean."""

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", rows: _Rows, parser: Parser, reading: Reading
    ) -> None:
        self._connection = connection
        self._run = connection.execute
        self._rows = rows
        self._parser = parser
        self._reading = reading
        self._models: list[str] = [""]
        self._read = self._bad = self._rejects = self._alone = 0

    def _number(self, query: str) -> int:
        return int(self._run(query).fetchall()[0][0] or 0)

    # -- understanding ------------------------------------------------------------------------------

    def load(self, shape: _Shape) -> None:
        """Read the rows and understand each distinct cell once."""
        cells, table, moment = self._rows.cells, self._rows.table, self._rows.moment
        said = f"hash({cells['model']}, {cells['action']}, {cells['position']})"
        some = f"(SELECT {moment} AS s FROM {table} LIMIT 1000)"
        odd = self._number(f"SELECT count(*) FROM {some} WHERE s IS NULL") > 0
        while True:
            time = f"hash({cells['time']})" if odd else "NULL::UBIGINT"
            self._run(
                "CREATE OR REPLACE TABLE rows AS SELECT"
                f" CASE WHEN {cells['client']} IS NOT NULL THEN hash({cells['client']}) END AS c,"
                f" hash({cells['query']}) AS q, {said} AS x, {moment} AS s"
                + (f", {time} AS t" if odd else "")
                + f" FROM {table}"
            )
            if odd or not self._number("SELECT count(*) FROM rows WHERE s IS NULL"):
                break
            odd = True
        self._read = self._number("SELECT count(*) FROM rows")
        if self._rows.delimiter:
            self._bad = self._rejects = self._rejected(shape)
        self._understand_queries()
        self._understand_outcomes(said)
        self._run("CREATE TABLE times (t UBIGINT, d INTEGER, s DOUBLE)")
        if odd:
            self._understand_times()

    def _rejected(self, shape: _Shape) -> int:
        """Return how many lines DuckDB left out.

        Raises UnsuitedError unless the rows of all others are what a row is here: one line, with the
        cells of the heading. DuckDB takes a cell over the end of a line, and empty ones too many.
        """
        mark, columns = self._rows.delimiter, self._rows.columns
        lines = self._run(
            "SELECT DISTINCT line, csv_line FROM reject_errors"
            f" WHERE scan_id = (SELECT max(scan_id) FROM reject_errors) LIMIT {_REJECTS + 1}"
        ).fetchall()
        if len(lines) > _REJECTS or any('"' in line or not line.strip() for _, line in lines):
            raise UnsuitedError
        if self._read + len(lines) != shape.lines - 1:
            raise UnsuitedError
        inside = 0
        if shape.quoted:
            counts = (f"strlen(c{n}) - strlen(replace(c{n}, '{mark}', ''))" for n in range(columns))
            sums = ", ".join(f"sum({count})" for count in counts)
            found = self._run(f"SELECT {sums} FROM {self._rows.table}").fetchall()[0]
            inside = sum(int(count or 0) for count in found)
        rejected = sum(line.count(mark) for _, line in lines)
        if (1 + self._read) * (columns - 1) + inside + rejected != shape.delimiters:
            raise UnsuitedError
        return len(lines)

    def _insert(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        if rows:
            unnested = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(columns, 1))
            lists = [list(column) for column in zip(*rows, strict=True)]
            self._run(f"INSERT INTO {table} SELECT {unnested}", lists)

    def _fetched(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        # A cursor of its own, since others run while its rows are fetched.
        cursor = self._connection.cursor()
        cursor.execute(query)
        while found := cursor.fetchmany(_FETCHED):
            yield found
        cursor.close()

    def _understand_queries(self) -> None:
        query, table = self._rows.cells["query"], self._rows.table
        kinds = ("UBIGINT", "VARCHAR", "BOOLEAN", "BOOLEAN", "BOOLEAN")
        self._run(
            "CREATE TABLE meant (q UBIGINT, text VARCHAR, struck BOOLEAN, names BOOLEAN,"
            " found BOOLEAN)"
        )
        self._run(f"CREATE TABLE raw AS SELECT DISTINCT {query} AS raw FROM {table}")
        for some in self._fetched("SELECT hash(raw), raw FROM raw"):
            meant = []
            for number, raw in some:
                text, struck = clean_query(raw or "")
                named = bool(text) and self._reading.navigates(text)
                found = bool(text) and self._reading.matches(text)
                meant.append((number, text, struck, named, found))
            self._insert("meant", kinds, meant)
        self._run("DROP TABLE raw")
        # Sorted, what a text is the beginning of follows it.
        self._run(
            "CREATE TABLE texts AS SELECT text, names, found,"
            " row_number() OVER (ORDER BY text)::UINTEGER AS id,"
            " starts_with(lead(text) OVER (ORDER BY text), text) AS begins"
            " FROM (SELECT DISTINCT text, names, found FROM meant WHERE text <> '')"
        )
        self._run("CREATE TABLE asked AS SELECT q, struck, id FROM meant JOIN texts USING (text)")
        self._run("DROP TABLE meant")
        self._run("CREATE TABLE beginnings AS SELECT id FROM texts WHERE begins")

    def _understand_outcomes(self, said: str) -> None:
        cells = ", ".join(self._rows.cells[name] for name in ("model", "action", "position"))
        few = f"(SELECT {cells}, {said} AS x FROM {self._rows.table} LIMIT {_SAMPLE_ROWS})"
        every = f"(SELECT {cells}, {said} AS x FROM {self._rows.table})"
        found = self._run(f"SELECT DISTINCT * FROM {few}").fetchall()
        missing = "SELECT count(*) FROM (SELECT DISTINCT x FROM rows) WHERE x NOT IN (SELECT unnest($1::UBIGINT[]))"
        if self._run(missing, [[row[3] for row in found]]).fetchall()[0][0]:
            found = self._run(f"SELECT DISTINCT * FROM {every}").fetchall()
        outcomes, places = [], {_NO_PLACE: 0}
        for model, action, position, number in found:
            try:
                known, fate = self._parser.outcome(model or "", action or "", position or "")
            except BadRowError:
                continue
            place = fate[1] or _NO_PLACE
            places[place] = expected_units(fate[1]) if fate[1] else 0
            outcomes.append((number, known, fate[0], place, fate[2]))
        self._models = sorted({"", *(known for _, known, *_ in outcomes)})
        numbers = {model: number for number, model in enumerate(self._models)}
        self._run(
            "CREATE TABLE outcomes (x UBIGINT, m UINTEGER, a UTINYINT, p UINTEGER, z BOOLEAN)"
        )
        self._insert(
            "outcomes",
            ("UBIGINT", "UINTEGER", "UTINYINT", "UINTEGER", "BOOLEAN"),
            [(number, numbers[known], *rest) for number, known, *rest in outcomes],
        )
        self._run("CREATE TABLE places (p UINTEGER, units BIGINT)")
        self._insert("places", ("UINTEGER", "BIGINT"), list(places.items()))
        self._run("CREATE TABLE names (m UINTEGER, model VARCHAR)")
        self._insert("names", ("UINTEGER", "VARCHAR"), list(enumerate(self._models)))

    def _understand_times(self) -> None:
        cell, table, moment = self._rows.cells["time"], self._rows.table, self._rows.moment
        self._run(
            f"CREATE TABLE raw AS SELECT DISTINCT {cell} AS raw FROM {table} WHERE {moment} IS NULL"
        )
        for some in self._fetched("SELECT hash(raw), raw FROM raw"):
            times = []
            for number, raw in some:
                try:
                    day, seconds = self._parser.moment(raw or "")
                except BadRowError:
                    continue
                times.append(
                    (number, (date.fromisoformat(day).toordinal() - _EPOCH_ORDINAL), seconds)
                )
            self._insert("times", ("UBIGINT", "INTEGER", "DOUBLE"), times)
        self._run("DROP TABLE raw")

    # -- counting -----------------------------------------------------------------------------------

    def count(self, sink: Sink, size: int) -> tuple[Report, set[int], Numbered]:
        """Add up the rows, those of some clients at a time."""
        run = self._run
        run(
            "CREATE TABLE by_query (q UINTEGER, d INTEGER, n UBIGINT, matched UBIGINT, picked UBIGINT)"
        )
        run(
            "CREATE TABLE by_model (q UINTEGER, m UINTEGER, d INTEGER, shown UBIGINT,"
            " expected UBIGINT, clicked UBIGINT, chosen UBIGINT)"
        )
        tally = Tally(self._reading, sink, Caps())
        good, set_aside = self._count_alone(), 0
        parts = -(-self._read // _PART_ROWS) or 1
        for part in range(parts):
            run(self._part(f"c % {parts} = {part}"))
            good += self._number("SELECT count(*) FROM part")
            self._count_part()
            set_aside += self._count_hard(tally)
            self._reading.progress(size * (5 * parts + 4 * part + 4) // (10 * parts))
        tally.flush()
        self._bad += self._read - good
        report = self._report(tally)._replace(set_aside=set_aside)
        return report, self._seen() | tally.seen, self._counts()

    def _part(self, which: str) -> str:
        odd = self._number("SELECT count(*) FROM times") > 0
        day = "coalesce(rows.s // 86400000000, times.d)" if odd else "rows.s // 86400000000"
        seconds = "coalesce(rows.s / 1e6, times.s)" if odd else "rows.s / 1e6"
        join = "LEFT JOIN times ON times.t IS NOT DISTINCT FROM rows.t" if odd else ""
        return (
            f"CREATE OR REPLACE TABLE part AS SELECT c, id AS q, ({day})::INTEGER AS d,"
            f" {seconds} AS s, m, a, p, z FROM rows JOIN asked ON asked.q = rows.q"
            f" JOIN outcomes ON outcomes.x = rows.x {join}"
            f" WHERE {which} AND {day} BETWEEN 0 AND {_LAST_DAY}"
        )

    def _count_alone(self) -> int:
        """Count the rows that name nobody, each of which is an episode."""
        if not self._number("SELECT count(*) FROM rows WHERE c IS NULL"):
            return 0
        self._run(self._part("c IS NULL"))
        self._run(
            "INSERT INTO by_query SELECT q, d, count(*), count_if(m > 0), count_if(a >= 2)"
            " FROM part GROUP BY ALL"
        )
        self._add_models("part")
        self._alone = self._number("SELECT count(*) FROM part")
        return self._alone

    def _add_models(self, source: str) -> None:
        self._run(
            "INSERT INTO by_model SELECT q, m, d, count_if(z), sum(CASE WHEN z THEN units ELSE 0 END),"
            f" count_if(a = {int(Action.CLICK)}), count_if(a = {int(Action.CHOSEN)})"
            f" FROM {source} JOIN places USING (p) WHERE m > 0 GROUP BY ALL"
        )

    def _count_part(self) -> None:
        """Count the clients for whom the order of rows cannot matter, and name the others `hard`."""
        run = self._run
        run(
            "CREATE OR REPLACE TABLE fates AS SELECT c, q, d, m, max(a) AS a, min(p) AS p,"
            " max(z) AS z FROM part GROUP BY ALL"
        )
        run("CREATE OR REPLACE TABLE searches AS SELECT DISTINCT c, s, q FROM part")
        run(
            "CREATE OR REPLACE TABLE hard AS"
            f" SELECT c FROM part GROUP BY c HAVING count(*) > {QUERIES_PER_DAY}"
            " UNION SELECT c FROM (SELECT c FROM fates"
            " GROUP BY c, (CASE WHEN m = 0 THEN -q::BIGINT ELSE m::BIGINT END) * 4096"
            f" + (d + {_EPOCH_ORDINAL}) // {WINDOW_DAYS} - {_EPOCH_ORDINAL // WINDOW_DAYS}"
            f" HAVING count(*) > {MATCHES_PER_CLIENT})"
            " UNION SELECT c FROM (SELECT DISTINCT later.c, typed.q AS less, later.q AS more FROM"
            " (FROM searches SEMI JOIN beginnings ON beginnings.id = q"
            f" WHERE s <> {NO_CLOCK}) AS typed JOIN searches AS later ON later.c = typed.c"
            f" AND later.q > typed.q AND later.s BETWEEN typed.s AND typed.s + {PREFIX_SECONDS + 1})"
            " JOIN texts AS before ON before.id = less JOIN texts AS after ON after.id = more"
            " WHERE starts_with(after.text, before.text)"
        )
        if self._number("SELECT count(*) FROM hard"):
            run("CREATE OR REPLACE TABLE easy AS FROM fates ANTI JOIN hard USING (c)")
        else:
            run("CREATE OR REPLACE VIEW easy AS FROM fates")
        run(
            "INSERT INTO by_query SELECT q, d, count(*), count_if(m), count_if(picked) FROM (SELECT q,"
            " d, max(m) > 0 AS m, max(a) >= 2 AS picked FROM easy GROUP BY c, q, d) GROUP BY ALL"
        )
        self._add_models("easy")
        if self._number("SELECT count(*) FROM hard"):
            run("DROP TABLE easy")
        else:
            run("DROP VIEW easy")

    def _count_hard(self, tally: Tally) -> int:
        """Count the other clients as rows are counted; return how many were set aside."""
        names = self._models
        aside = 0
        rows = self._flat(
            "SELECT c, d, s, text, m, a, p, z FROM part SEMI JOIN hard USING (c) JOIN texts ON id = q"
            " ORDER BY c"
        )
        for client, some in groupby(rows, itemgetter(0)):
            events: list[Event] = [
                (
                    (_day_of(day), seconds),
                    text,
                    {names[model]: fate_of(action, place if place < _NO_PLACE else 0, shown)},
                )
                for _, day, seconds, text, model, action, place, shown in some
            ]
            aside += not tally.add_client(client, events)
        return aside

    def _flat(self, query: str) -> Iterator[tuple[Any, ...]]:
        for some in self._fetched(query):
            yield from some

    def _report(self, tally: Tally) -> Report:
        episodes, matched, picked, named = self._run(
            "SELECT sum(n), sum(CASE WHEN found THEN n ELSE matched END), sum(picked),"
            " sum(CASE WHEN names THEN n ELSE 0 END) FROM by_query JOIN texts ON id = q"
        ).fetchall()[0]
        return Report(
            rows=self._read + self._rejects,
            bad_rows=self._bad,
            episodes=int(episodes or 0) + tally.episodes,
            matched=int(matched or 0) + tally.matched,
            picked=int(picked or 0) + tally.picked,
            navigational=int(named or 0) + tally.navigational,
            redacted=self._number("SELECT count(*) FROM rows JOIN asked USING (q) WHERE struck"),
            capped=tally.capped,
            without_client=self._alone,
        )

    def _seen(self) -> set[int]:
        # Only what was counted: a query of nothing but bad rows leaves no word behind.
        self._run(
            "CREATE TABLE used AS SELECT id AS old, row_number() OVER (ORDER BY id) AS id, text, names"
            " FROM texts SEMI JOIN by_query ON by_query.q = texts.id"
        )
        return {hash(text) for (text,) in self._flat("SELECT text FROM used")}

    def _counts(self) -> Numbered:
        key = "((q::BIGINT << 16) | d)"
        return Numbered(
            [text for (text,) in self._flat("SELECT text FROM used ORDER BY id")],
            self._models[1:],
            self._flat(
                f"SELECT {key} AS key, n, CASE WHEN names THEN n ELSE 0 END FROM (SELECT used.id AS q,"
                " d, names, sum(n)::BIGINT AS n FROM by_query JOIN used ON old = q GROUP BY ALL)"
                " ORDER BY key"
            ),
            self._flat(
                f"SELECT ({key} << 20) | m AS key, shown, expected, clicked, chosen FROM (SELECT"
                " used.id AS q, m, d, sum(shown)::BIGINT AS shown, sum(expected)::BIGINT AS expected,"
                " sum(clicked)::BIGINT AS clicked, sum(chosen)::BIGINT AS chosen FROM by_model"
                " JOIN used ON old = q GROUP BY ALL) ORDER BY key"
            ),
        )


def _day_of(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
