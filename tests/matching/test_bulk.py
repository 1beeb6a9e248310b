"""DuckDB reads the same from a log as the rows do, and what it could read otherwise goes row by row."""

from __future__ import annotations

import builtins
import csv
import gzip
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.matching import bulk, logs
from modelcmp.matching.events import LogError, Reading, Report
from modelcmp.matching.store import add_logs, dump, reading_store

HEAD = ("time", "client", "query", "action", "model", "position")
DAY = "2026-11-01"
READING = Reading(
    resolve=lambda name: name.casefold() if name.casefold() in ("one", "two", "three") else None,
    navigates=lambda query: query.startswith("one"),
)
Row = tuple[str, ...]


def random_rows(seed: int, count: int = 600) -> list[Row]:
    """Return rows in which everything happens: typing, floods, caps, bad cells, nobody, odd text."""
    chance = random.Random(seed)
    queries = ["d", "des", "describe", "Describe  photos!", "one please", "ann@example.org", "é", "É",
               "straße", "x, y", 'say "x"', "", "zz"]  # fmt: skip
    rows = []
    for _ in range(count):
        client = chance.choice(["a", "b", "c", "d", ""])
        day = chance.choice([1, 1, 2, 29, 30])
        moment = f"2026-11-{day:02d}T10:{chance.randrange(3):02d}:{chance.randrange(60):02d}Z"
        if chance.random() < 0.02:
            moment = chance.choice(
                ["", "yesterday", f"2026-11-{day:02d}", "1793527200", "2150-01-01"]
            )
        action = chance.choice(
            ["impression", "impression", "impression", "click", "chosen", "search", ""]
        )
        model = chance.choice(["one", "One", "two", "three", "", "other"])
        place = chance.choice(["", "1", "2", "3", "17"] if chance.random() < 0.98 else ["x", "0"])
        rows.append((moment, client, chance.choice(queries), action, model, place))
    flood = range(520 if seed % 2 else 0)
    searches = ((f"{DAY}T11:{n // 60:02d}:{n % 60:02d}Z", f"query {n}") for n in flood)
    return rows + [(moment, "bot", query, "search", "", "") for moment, query in searches]


def as_csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEAD, *rows])
    return text.getvalue().encode()


def as_json(rows: list[Row]) -> bytes:
    named = [{k: v for k, v in zip(HEAD, row, strict=True) if v} for row in rows]
    return "".join(json.dumps(row) + "\n" for row in named).encode()


def as_parquet(path: Path, rows: list[Row]) -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} VARCHAR" for name in HEAD)
        connection.execute(f"CREATE TABLE log ({columns})")
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute(f"COPY log TO '{path}' (FORMAT parquet)")


@pytest.fixture
def bulky(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the smallest file to DuckDB; return the names of those that went row by row after all."""
    pytest.importorskip("duckdb")
    by_row: list[str] = []
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    monkeypatch.setattr(bulk, "_FETCHED", 7)
    true = logs.read_source

    def read_source(files: Any, *rest: Any) -> Any:
        by_row.extend(file.name for file in files)
        return true(files, *rest)

    monkeypatch.setattr("modelcmp.matching.store.read_source", read_source)
    return by_row


def added(tmp_path: Path, *names: str, reading: Reading = READING) -> tuple[Report, list[str]]:
    store = tmp_path / "store"
    store.unlink(missing_ok=True)
    report = add_logs(store, names, reading)
    with reading_store(store) as held:
        assert held is not None and held.is_whole()
        return report, dump(held)


def by_rows(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "suits", lambda *_: False)
        return added(tmp_path, str(path), **more)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_events_in_every_format_give_the_same_store(
    tmp_path: Path, bulky: list[str], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rows = random_rows(seed)
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv(rows))
    expected, counts = by_rows(tmp_path, path, monkeypatch)
    assert expected.capped and expected.bad_rows and expected.without_client and expected.redacted
    assert expected.set_aside == seed % 2
    bulky.clear()
    monkeypatch.setattr(bulk, "_PART_ROWS", [10**6, 100][seed // 3])
    monkeypatch.setattr(bulk, "_SAMPLE_ROWS", [10**6, 5][seed // 3])
    assert added(tmp_path, str(path)) == (expected, counts)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(
        gzip.compress(as_csv(rows[:9])) + gzip.compress(as_csv(rows)[len(as_csv(rows[:9])) :])
    )
    assert added(tmp_path, str(packed))[1] == counts
    parquet = tmp_path / "log.parquet"
    as_parquet(parquet, rows)
    report, same = added(tmp_path, str(parquet))
    assert same == counts
    assert [bad[1:] for bad in report.first_bad] == [
        (bad.line - 1, bad.reason) for bad in expected.first_bad
    ]
    assert bulky == []
    lines = tmp_path / "log.jsonl"
    lines.write_bytes(as_json(rows))
    report, same = added(tmp_path, str(lines))
    assert same == counts
    assert report._replace(first_bad=()) == expected._replace(first_bad=())


def test_a_log_without_anything_odd_is_never_looked_at_by_rows(
    tmp_path: Path, bulky: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        (f"2026-11-0{1 + n % 9}T10:00:00Z", f"c{n}", f"need {n % 5}", "impression", "one", "2")
        for n in range(300)
    ]
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv(rows))
    expected = by_rows(tmp_path, path, monkeypatch)
    bulky.clear()
    monkeypatch.setattr(bulk, "Tally", bulk.Tally)
    monkeypatch.setattr(bulk.Tally, "add_client", lambda *_: pytest.fail("a client by rows"))
    assert added(tmp_path, str(path)) == expected
    assert bulky == []


def test_progress_reaches_the_end(tmp_path: Path, bulky: list[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv(random_rows(1)))
    told: list[int] = []
    added(tmp_path, str(path), reading=READING._replace(progress=told.append))
    assert bulky == []
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


LINES = [
    b'2026-11-01,a,"two\nlines",search,,\n',
    b'2026-11-01,a,"b"c,search,,\n',
    b"2026-11-01,a,b\r\n",
    b"\n",
    b"   \n",
    b"2026-11-01,a,q,search,,,\n",
    b'2026-11-01,a,"q",search,,,\n',
    b'2026-11-01,a,b"c,,,,\n',
    b"2026-11-01,a,\xff,search,,\n",
    b"2026-11-01,a,x\0y,search,,\n",
    b"x" * (2 * 1024 * 1024) + b"\n",
]


@pytest.mark.parametrize("line", LINES)
def test_what_duckdb_could_read_otherwise_goes_by_rows(
    tmp_path: Path, bulky: list[str], monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(
        as_csv(random_rows(1, 20)) + line + as_csv(random_rows(2, 20))[len(as_csv([])) :]
    )
    expected = by_rows(tmp_path, path, monkeypatch)
    bulky.clear()
    assert added(tmp_path, str(path)) == expected
    assert bulky == [str(path)]


@pytest.mark.parametrize(
    "line", [b"broken\n", b"2026-11-01,a,q,search,,,x\n", b'2026-11-01,a,b"c,,,\n']
)
def test_broken_lines_without_a_quote_stay(
    tmp_path: Path, bulky: list[str], monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(
        as_csv(random_rows(1, 20)) + line + as_csv(random_rows(2, 20))[len(as_csv([])) :]
    )
    expected = by_rows(tmp_path, path, monkeypatch)
    bulky.clear()
    assert added(tmp_path, str(path)) == expected
    assert bulky == []


def test_the_same_file_counts_once_whoever_reads_it(
    tmp_path: Path, bulky: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv(random_rows(1)))
    by_rows(tmp_path, path, monkeypatch)
    report = add_logs(tmp_path / "store", [str(path)], READING)
    assert report.repeated
    path.write_bytes(as_csv(random_rows(1) + random_rows(2)))
    with pytest.raises(LogError, match="has grown since"):
        add_logs(tmp_path / "store", [str(path)], READING)


def test_mostly_bad_rows_keep_nothing(tmp_path: Path, bulky: list[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv([(DAY, "a", "q", "click", "other", "")] * 200))
    with pytest.raises(LogError, match="200 of 200 rows are bad") as caught:
        added(tmp_path, str(path))
    assert caught.value.exit_code == 1
    with reading_store(tmp_path / "store") as held:
        assert dump(held) == []


TYPED = """
COPY (SELECT 'q ' || (i % 3) AS query, TIMESTAMPTZ '2026-11-01 10:00:00+00' + INTERVAL (i) SECOND AS ts,
  i % 4 AS user_id, {models} AS {name}, i % 2 + 1 AS rank FROM range(40) AS t(i)) TO '{path}' (FORMAT parquet)
"""


@pytest.mark.parametrize(
    ("name", "models", "row_by_row"),
    [("item", "'one'", False), ("shown", "['one', 'other', 'two']", True)],
)
def test_parquet_with_columns_of_its_own(
    tmp_path: Path, bulky: list[str], name: str, models: str, row_by_row: bool
) -> None:
    import duckdb

    path, lines = tmp_path / "log.parquet", tmp_path / "log.jsonl"
    with duckdb.connect() as connection:
        connection.execute(TYPED.format(name=name, models=models, path=path))
        found = connection.execute(f"SELECT to_json(r)::VARCHAR FROM '{path}' AS r").fetchall()
    lines.write_text("\n".join(line for (line,) in found))
    expected = added(tmp_path, str(lines))
    bulky.clear()
    assert added(tmp_path, str(path)) == expected
    assert bool(bulky) == row_by_row
    assert expected[0].episodes > 0


def test_several_parquet_files_carry_the_cap_over(tmp_path: Path, bulky: list[str]) -> None:
    for day in range(1, 9):
        row = (f"2026-11-0{day}T10:00:00Z", "a", f"q{day}", "impression", "one", "1")
        as_parquet(tmp_path / f"{day}.parquet", [row])
    names = sorted(map(str, tmp_path.glob("*.parquet")))
    assert added(tmp_path, *names)[0].capped == 3


def test_a_parquet_file_that_is_damaged_is_named(tmp_path: Path, bulky: list[str]) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1" + b"x" * 100)
    with pytest.raises(LogError, match=r"log\.parquet: cannot be read"):
        added(tmp_path, str(path))


def test_without_the_extra_parquet_is_refused_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1")
    true: Callable[..., Any] = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return true(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(bulk, "find_spec", lambda _: None)
    with pytest.raises(LogError, match="not installed") as caught:
        added(tmp_path, str(path))
    assert caught.value.hint == "pip install 'modelcmp[duckdb]'"


def test_nothing_is_loaded_from_anywhere(bulky: list[str]) -> None:
    from contextlib import ExitStack

    with ExitStack() as stack:
        connection = bulk.connect(stack)
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            value = connection.execute(f"SELECT current_setting('{name}')").fetchall()
            assert value == [(False,)]
