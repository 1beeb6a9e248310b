"""T21: stores that are cut, flipped, foreign, newer or changed by hand: named, and never written to."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.matching import store as module

HEAD = "time,client,query,action,model,position\n"
ROWS = "".join(
    f"2026-11-{1 + n % 3:02d},c{n},need number {n % 300},impression,good,{1 + n % 7}\n"
    for n in range(900)
)
DAMAGED = "the store of evidence is damaged, or no store at all"
FOREIGN = "is a database, but no store of evidence"
OLDER = "was written by an older modelcmp"
NEWER = "was written by a newer modelcmp"


def cut(share: float) -> Callable[[Path], None]:
    return lambda path: edit(path, lambda data: data[: int(len(data) * share)])


def flipped(word: bytes, offset: int) -> Callable[[Path], None]:
    def flip(data: bytes) -> bytes:
        place = data.index(word) + offset
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return lambda path: edit(path, flip)


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    data = path.read_bytes()
    changed = change(data)
    assert changed != data
    path.write_bytes(changed)


def run_sql(*statements: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return run


def other_database(path: Path) -> None:
    path.unlink()
    run_sql("CREATE TABLE mine (x)")(path)


def copied_in_use(path: Path) -> None:
    """Leave a copy that was taken in mid-transaction, without the journal that goes with it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE query_days SET episodes = episodes + 1")
    connection.execute("UPDATE model_days SET shown = shown + 1")
    connection.execute("UPDATE texts SET text = text || ' ' || text")
    shutil.copy(path, path.with_suffix(".copy"))
    connection.execute("ROLLBACK")
    connection.close()
    path.with_suffix(".copy").replace(path)


def without_its_log(path: Path) -> None:
    """Leave a copy of a store that somebody put into another mode, without the log beside it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE query_days SET episodes = episodes + 1")
    connection.execute("PRAGMA wal_checkpoint")
    connection.execute("DELETE FROM totals")
    connection.execute("PRAGMA wal_checkpoint")
    connection.execute("INSERT INTO totals VALUES ('queries', 1)")
    shutil.copy(path, path.with_suffix(".copy"))
    connection.close()
    path.with_suffix(".copy").replace(path)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "one byte": (lambda path: edit(path, lambda data: data[:1]), DAMAGED),
    "half a header": (lambda path: edit(path, lambda data: data[:50]), DAMAGED),
    "header only": (lambda path: edit(path, lambda data: data[:100]), DAMAGED),
    "one page": (lambda path: edit(path, lambda data: data[:4096]), DAMAGED),
    "cut to a tenth": (cut(0.1), DAMAGED),
    "cut in half": (cut(0.5), DAMAGED),
    "cut by a hundredth": (cut(0.99), DAMAGED),
    "cut by a byte": (lambda path: edit(path, lambda data: data[:-1]), DAMAGED),
    "flipped magic": (flipped(b"SQLite format 3", 0), DAMAGED),
    "flipped layout": (flipped(b"CREATE TABLE query_days", 3), DAMAGED),
    "flipped query": (flipped(b"need number 17", 2), DAMAGED),
    "flipped name": (flipped(b"good", 1), DAMAGED),
    "blank page": (
        lambda path: edit(path, lambda data: data[:8192] + bytes(4096) + data[12288:]), DAMAGED,
    ),
    "blank all": (lambda path: edit(path, lambda data: bytes(len(data))), DAMAGED),
    "a count by hand": (run_sql("UPDATE model_days SET chosen = chosen + 9 WHERE key % 7 = 1"), DAMAGED),
    "a row by hand": (run_sql("INSERT INTO query_days VALUES (7, 7, 0)"), DAMAGED),
    "a digest taken out": (run_sql("DELETE FROM files"), DAMAGED),
    "no sums": (run_sql("DELETE FROM totals"), DAMAGED),
    "no table": (run_sql("DROP TABLE model_days"), DAMAGED),
    "copied in use": (copied_in_use, DAMAGED),
    "without its log": (without_its_log, DAMAGED),
    "notes": (lambda path: edit(path, lambda _: b"these are my notes\n" * 300), DAMAGED),
    "packed": (lambda path: edit(path, gzip.compress), DAMAGED),
    "another database": (other_database, FOREIGN),
    "another program's": (run_sql("PRAGMA application_id = 7"), FOREIGN),
    "no number of ours": (run_sql("PRAGMA application_id = 0"), FOREIGN),
    "older than the first": (run_sql("PRAGMA user_version = 0"), OLDER),
    "newer": (run_sql("PRAGMA user_version = 3"), NEWER),
    "much newer": (run_sql("PRAGMA user_version = 2000000000"), NEWER),
}  # fmt: skip


@pytest.fixture
def store(folder: Path, run: Callable[..., Any], tmp_path: Path) -> Path:
    """Return a good store."""
    (tmp_path / "log").write_text(HEAD + ROWS)
    (tmp_path / "more").write_text(HEAD + "2026-11-01,z,another need,,,\n")
    path = tmp_path / "store.sqlite"
    assert run(*add(path, "log", folder)).code == 0
    return path


def add(store: Path, log: str, cards: Path) -> tuple[str, ...]:
    return (
        "evidence", "add", str(store.with_name(log)), "--evidence", str(store),
        "--catalogue", str(cards), "--no-builtin",
    )  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_is_named_and_left_alone(
    name: str, store: Path, folder: Path, run: Callable[..., Any]
) -> None:
    damage, words = DAMAGES[name]
    damage(store)
    before = digest(store)
    own = ("--evidence", str(store), "--catalogue", str(folder), "--no-builtin")
    added = run(*add(store, "more", folder))
    assert (added.code, added.out) == (2, "")
    assert words in added.err and str(store) in added.err
    assert "hint: " in added.err
    for words_of in (("forget", "need number 1"), ("purge", "--before", "2026-11-02")):
        assert run("evidence", *words_of, "--evidence", str(store)).code == 2
    # What only reads may not notice it, but never takes it for a fault of its own.
    for command in (("evidence", "stats"), ("evidence", "export")):
        read = run(*command, *own)
        assert read.code in (0, 2) and "Traceback" not in read.err
        assert read.code == 0 or (str(store) in read.err and "hint: " in read.err)
    shown = run("show", "good", *own)
    assert shown.code == 0
    assert digest(store) == before
    # SQLite itself looks beside a store that somebody put into its other mode.
    assert name == "without its log" or not list(store.parent.glob("store.sqlite-*"))


def test_it_can_be_built_anew_as_the_hint_says(
    store: Path, folder: Path, run: Callable[..., Any]
) -> None:
    good = run("evidence", "export", "--evidence", str(store)).out
    cut(0.5)(store)
    told = run(*add(store, "log", folder)).err
    assert f"move it away and rebuild it with modelcmp evidence add --evidence {store} LOG" in told
    store.rename(store.with_suffix(".old"))
    assert run(*add(store, "log", folder)).code == 0
    assert run("evidence", "export", "--evidence", str(store)).out == good


def test_an_empty_file_is_a_store_to_be(store: Path, folder: Path, run: Callable[..., Any]) -> None:
    store.write_bytes(b"")
    assert "no evidence from searches yet" in run("evidence", "stats", "--evidence", str(store)).out
    assert run(*add(store, "log", folder)).code == 0


def test_reading_a_store_with_half_a_run_without_the_right_to_write_says_what_to_do(
    store: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    """SQLite answers so where the file or its folder is read-only and a killed run left a journal."""
    real = module.connect

    class ReadOnly(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            if "sqlite_master" in given[0]:
                error = sqlite3.OperationalError("attempt to write a readonly database")
                error.sqlite_errorcode = 776
                raise error
            return super().execute(*given)

    def connect(address: str) -> sqlite3.Connection:
        real(address).close()
        return sqlite3.connect(address, uri=True, isolation_level=None, factory=ReadOnly)

    monkeypatch.setattr(module, "connect", connect)
    result = run("evidence", "stats", "--evidence", str(store))
    assert (result.code, result.out) == (2, "")
    assert "a run was cut off while writing, and its half must be taken back first" in result.err
    assert f"hint: modelcmp evidence stats --evidence {store}, run by who may write" in result.err
