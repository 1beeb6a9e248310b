"""The store: all or nothing, in any order, by many at once; damaged or foreign, it is left alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcmp.config import default_store_path
from modelcmp.errors import ModelcmpError
from modelcmp.matching import store as module
from modelcmp.matching.events import Counts, LogError, ModelCount, QueryCount, Reading
from modelcmp.matching.log_files import Digest
from modelcmp.matching.store import (
    EvidenceError,
    Removed,
    add_logs,
    dump,
    export_rows,
    reading_store,
    writing,
)

ROOT = Path(__file__).resolve().parent.parent.parent
DAY = "2026-11-01"
HEAD = "time,client,query,action,model,position\n"
READING = Reading(resolve=lambda name: name if name in ("one", "two") else None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store of a test lies."""
    return tmp_path / "evidence.sqlite"


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., str]:
    """Return a maker of log files from rows without their heading."""

    def maker(name: str, *rows: str) -> str:
        file = tmp_path / name
        file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
        return str(file)

    return maker


def contents(path: Path) -> list[str]:
    """Return the counts of a store, checked to be whole."""
    with reading_store(path) as store:
        if store is not None:
            assert store.is_whole()
        return dump(store)


def some_rows(seed: int, count: int = 30) -> list[str]:
    return [
        f"2026-11-{1 + (n * seed) % 3:02d},c{seed}-{n},need {n % 4},impression,{'one' if n % 2 else 'two'},"
        f"{1 + (n + seed) % 7}"
        for n in range(count)
    ]


# -- adding -----------------------------------------------------------------------------------------


def test_a_log_is_kept_as_counts(path: Path, log: Callable[..., str]) -> None:
    report = add_logs(
        path, [log("a", f"{DAY},a,q,impression,one,1", f"{DAY},b,q,click,one,")], READING
    )
    assert (report.rows, report.episodes, report.picked) == (2, 2, 1)
    assert contents(path) == [
        f"('q', '{DAY}', 2, 0)",
        f"('q', 'one', '{DAY}', 1, 1000000, 1, 0)",
    ]


def test_nobody_else_may_read_it(path: Path, log: Callable[..., str]) -> None:
    add_logs(path, [log("a", f"{DAY},a,q,,,")], READING)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in path.parent.glob("evidence*")] == ["evidence.sqlite"]


def test_the_same_file_counts_once(path: Path, log: Callable[..., str]) -> None:
    name = log("a", *some_rows(1))
    copy = log("b", *some_rows(1))
    told: list[tuple[str, bool]] = []
    add_logs(path, [name], READING)
    before = contents(path)
    report = add_logs(
        path, [name, copy], READING, told=lambda name, done: told.append((name, done.repeated))
    )
    assert contents(path) == before
    assert told == [(name, True), (copy, True)]
    assert (report.rows, report.episodes) == (60, 0)


def test_a_file_that_has_grown_is_refused_with_what_to_do(
    path: Path, log: Callable[..., str]
) -> None:
    name = log("a", *some_rows(1))
    size = Path(name).stat().st_size
    add_logs(path, [name], READING)
    before = contents(path)
    log("a", *some_rows(1), f"{DAY},z,new,,,")
    with pytest.raises(LogError, match="has grown since") as caught:
        add_logs(path, [name], READING)
    assert f"tail -c +{size + 1} FILE" in (caught.value.hint or "")
    assert contents(path) == before


def test_the_cap_holds_within_a_run(path: Path, log: Callable[..., str]) -> None:
    names = [log(f"day{n}", f"2026-11-0{n},a,q{n},impression,one,1") for n in range(1, 9)]
    assert add_logs(path, names, READING).capped == 3


def test_reports_of_files_add_up(path: Path, log: Callable[..., str]) -> None:
    names = [log("a", f"{DAY},a,q,,,", "x"), log("b", f"{DAY},b,q,,,", f"{DAY},b,r,,,", "x")]
    report = add_logs(path, names, READING)
    assert (report.rows, report.bad_rows, report.episodes, report.queries) == (5, 2, 3, 2)
    assert len(report.first_bad) == 2


def test_files_before_a_bad_one_are_kept(path: Path, log: Callable[..., str]) -> None:
    good = log("a", f"{DAY},a,q,,,")
    bad = log("b", f"{DAY},a,r,,,", *["x"] * 200)
    with pytest.raises(LogError):
        add_logs(path, [good, bad], READING)
    assert contents(path) == [f"('q', '{DAY}', 1, 0)"]


def test_a_damaged_gzip_keeps_nothing(path: Path, tmp_path: Path) -> None:
    import gzip

    text = HEAD + "".join(f"{row}\n" for row in some_rows(1, 5000))
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode())[:-8])
    with pytest.raises(LogError, match="damaged"):
        add_logs(path, [str(tmp_path / "a.gz")], READING)
    assert contents(path) == []


COUNT = st.integers(0, 5)
DAYS = st.sampled_from([DAY, "2026-11-02"])
SHARD = st.builds(
    Counts,
    st.lists(st.builds(QueryCount, st.sampled_from("ab"), DAYS, COUNT, COUNT), max_size=4),
    st.lists(
        st.builds(
            ModelCount, st.sampled_from("ab"), st.sampled_from("mn"), DAYS, COUNT,
            st.integers(0, 2**40), COUNT, COUNT,
        ),
        max_size=4,
    ),
    st.none(),
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(SHARD, max_size=5), st.data())
def test_shards_commute_and_group_as_they_like(
    tmp_path: Path, shards: list[Counts], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(shards))
    cuts = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    dumps = []
    for number, (some, alone) in enumerate([(shards, [True] * len(shards)), (order, cuts)]):
        path = tmp_path / f"store{number}"
        path.unlink(missing_ok=True)
        with writing(path) as store:
            for place, (shard, ends) in enumerate(zip(some, alone, strict=True)):
                store.stage(shard)
                if ends or place == len(some) - 1:
                    assert store.keep([Digest(bytes([number, place]), 1)])
                    store.unstage()
        dumps.append(contents(path))
    assert dumps[0] == dumps[1]


def test_logs_commute(tmp_path: Path, log: Callable[..., str]) -> None:
    names = [log(f"log{n}", *some_rows(n)) for n in range(1, 5)]
    one, two = tmp_path / "one", tmp_path / "two"
    add_logs(one, names, READING)
    for name in reversed(names):
        add_logs(two, [name], READING)
    assert contents(one) == contents(two) != []


def test_counts_handed_on_in_parts_give_the_same_store(
    tmp_path: Path, log: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [log(f"log{n}", *some_rows(n)) for n in (1, 2)]
    add_logs(tmp_path / "whole", names, READING)
    monkeypatch.setattr("modelcmp.matching.episodes._COUNTS_HELD", 3)
    for name in reversed(names):
        add_logs(tmp_path / "parts", [name], READING)
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole") != []


def test_what_is_exported_can_be_added(tmp_path: Path, log: Callable[..., str]) -> None:
    import json

    one, two = tmp_path / "one", tmp_path / "two"
    add_logs(one, [log("log", *some_rows(2, 60))], READING)
    with reading_store(one) as store:
        assert store is not None
        lines = [json.dumps(row) for row in export_rows(store)]
    (tmp_path / "counts").write_text("\n".join(lines))
    report = add_logs(two, [str(tmp_path / "counts")], READING, aggregate=True)
    assert report.bad_rows == 0
    assert contents(one) == contents(two)


# -- failing ----------------------------------------------------------------------------------------


class Failing(sqlite3.Connection):
    """A connection that fails at the n-th of all calls that could write."""

    left = -1
    error: BaseException = sqlite3.OperationalError("disk I/O error")

    def _count(self) -> None:
        Failing.left -= 1
        if Failing.left == 0:
            raise Failing.error

    def execute(self, *given: Any) -> sqlite3.Cursor:
        self._count()
        return super().execute(*given)

    def executemany(self, *given: Any) -> sqlite3.Cursor:
        self._count()
        return super().executemany(*given)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every store open by way of a connection that can fail."""

    def connect(address: str) -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, isolation_level=None, factory=Failing)

    monkeypatch.setattr(module, "connect", connect)
    yield
    Failing.left = -1


ERRORS = [
    sqlite3.OperationalError("disk I/O error"),
    sqlite3.OperationalError("database or disk is full"),
    OSError(28, "No space left on device"),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("error", ERRORS, ids=["io", "full", "enospc", "interrupt"])
@pytest.mark.parametrize("work", ["first", "second", "forget", "purge"])
def test_a_run_that_fails_anywhere_leaves_before_or_after(
    path: Path, log: Callable[..., str], failing: None, error: BaseException, work: str
) -> None:
    first, second = log("a", *some_rows(1)), log("b", *some_rows(2))

    def run() -> None:
        if work in ("first", "second"):
            add_logs(path, [first if work == "first" else second], READING)
            return
        with writing(path) as store:
            store.forget("need 1") if work == "forget" else store.purge("2026-11-02")

    def start() -> list[str]:
        Failing.left = -1
        path.unlink(missing_ok=True)
        if work != "first":
            add_logs(path, [first], READING)
        return contents(path)

    before = start()
    run()
    after = contents(path)
    assert before != after
    Failing.error = error
    number = 0
    while True:
        number += 1
        start()
        Failing.left = number
        with contextlib.suppress(ModelcmpError, KeyboardInterrupt):
            run()
        unused, Failing.left = Failing.left, -1
        assert contents(path) in (before, after), number
        if unused > 0:
            break
        run_again = contents(path) == before
        if run_again:
            run()
        assert contents(path) == after
    assert number > 10


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from modelcmp.matching import store
from modelcmp.matching.events import Reading

left = int(sys.argv[3])

class Killing(sqlite3.Connection):
    def execute(self, *given):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*given)

store.connect = lambda address: sqlite3.connect(
    address, uri=True, isolation_level=None, factory=Killing
)
store.add_logs(Path(sys.argv[1]), [sys.argv[2]], Reading(resolve=lambda name: name))
"""


@pytest.mark.parametrize("number", [5, 20, 30, 33, 35, 37])
def test_a_run_that_is_killed_leaves_before_or_after(
    path: Path, log: Callable[..., str], tmp_path: Path, number: int
) -> None:
    first, second = log("a", *some_rows(1)), log("b", *some_rows(2))
    add_logs(path, [first], READING)
    before = contents(path)
    both = tmp_path / "both"
    add_logs(both, [first, second], READING)
    run_python(KILLED, str(path), second, str(number))
    assert contents(path) in (before, contents(both))
    add_logs(path, [second], READING)
    assert contents(path) == contents(both)


KILLED_IN_COMMIT = """
import os, signal, sqlite3, sys
from pathlib import Path
from modelcmp.matching import store
from modelcmp.matching.events import Reading

class Killing(sqlite3.Connection):
    def execute(self, *given):
        if given[0] == "BEGIN IMMEDIATE":
            # So few pages fit in memory that many are in the file before the transaction is done.
            super().execute("PRAGMA cache_size = 1")
        if given[0] == "COMMIT" and super().execute("SELECT count(*) FROM files").fetchone()[0] == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*given)

store.connect = lambda address: sqlite3.connect(
    address, uri=True, isolation_level=None, factory=Killing
)
store.add_logs(Path(sys.argv[1]), [sys.argv[2]], Reading(resolve=lambda name: name))
"""


def test_readers_see_the_store_as_it_was_after_a_run_killed_in_mid_commit(
    path: Path, log: Callable[..., str]
) -> None:
    rows = [f"{DAY},c{n},need number {n % 400},impression,one,1" for n in range(2000)]
    add_logs(path, [log("a", *rows)], READING)
    before, whole = contents(path), path.read_bytes()
    more = [f"{DAY},d{n},need number {n % 500},impression,two,2" for n in range(2000)]
    run_python(KILLED_IN_COMMIT, str(path), log("b", *more))
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    assert path.read_bytes() != whole
    assert contents(path) == before
    assert path.read_bytes() == whole


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )


# -- stores that cannot be used ---------------------------------------------------------------------


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(path: Path, name: str, words: str) -> None:
    """Assert that a store is refused with these words and left as it is."""
    before = digest(path)
    with pytest.raises(EvidenceError, match=words) as caught:
        add_logs(path, [name], READING)
    assert caught.value.exit_code == 2 and caught.value.hint
    assert digest(path) == before


def test_an_older_store_is_refused_with_what_to_do(path: Path, log: Callable[..., str]) -> None:
    add_logs(path, [log("a", f"{DAY},a,q,,,")], READING)
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 1")
    refused(path, log("b", f"{DAY},a,r,,,"), "was written by an older modelcmp")
    with pytest.raises(EvidenceError, match="older") as caught, reading_store(path):
        pass
    assert "add its logs again" in (caught.value.hint or "")


def test_a_flipped_bit_in_what_is_counted_is_found(path: Path, log: Callable[..., str]) -> None:
    add_logs(path, [log("a", *some_rows(1))], READING)
    data = path.read_bytes()
    name = log("b", f"{DAY},a,r,,,")
    found = 0
    start = 0
    while (place := data.find(b"need ", start)) >= 0:
        start = place + 5
        for offset in (0, 5, 8):
            flipped = bytearray(data)
            flipped[place + offset] ^= 1
            path.write_bytes(flipped)
            refused(path, name, "damaged")
            found += 1
    assert found >= 12


@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.integers(0, 2**20), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_found_or_harmless(
    path: Path, log: Callable[..., str], place: int, bit: int
) -> None:
    path.unlink(missing_ok=True)
    add_logs(path, [log("a", *some_rows(1))], READING)
    before = contents(path)
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    try:
        with writing(path) as store:
            assert dump(store) == before
    except EvidenceError:
        assert path.read_bytes() == data


def test_a_number_changed_by_hand_is_found(path: Path, log: Callable[..., str]) -> None:
    add_logs(path, [log("a", *some_rows(1))], READING)
    with sqlite3.connect(path) as other:
        other.execute(
            "UPDATE model_days SET chosen = chosen + 1000"
            " WHERE key >> 36 = (SELECT id FROM texts WHERE text = 'need 1')"
        )
    refused(path, log("b", f"{DAY},a,r,,,"), "damaged")


def test_a_store_that_others_write_to_is_waited_for(
    path: Path, log: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = log("a", f"{DAY},a,q,,,")
    add_logs(path, [name], READING)
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(EvidenceError, match="another run has been writing"):
        add_logs(path, [log("b", f"{DAY},a,r,,,")], READING)
    assert contents(path) == [f"('q', '{DAY}', 1, 0)"]
    other.close()


def test_no_store_is_no_evidence(path: Path) -> None:
    with reading_store(path) as store:
        assert store is None
    path.touch()
    with reading_store(path) as store:
        assert store is None
    with reading_store(path.parent) as store:
        assert store is None


def test_places_that_cannot_hold_a_store(tmp_path: Path, log: Callable[..., str]) -> None:
    name = log("a", f"{DAY},a,q,,,")
    with pytest.raises(EvidenceError, match="no such folder"):
        add_logs(tmp_path / "none" / "store", [name], READING)
    with pytest.raises(EvidenceError, match="is no regular file"):
        add_logs(tmp_path, [name], READING)


def test_odd_names_of_stores(tmp_path: Path, log: Callable[..., str]) -> None:
    path = tmp_path / "a b%20?#c.sqlite"
    add_logs(path, [log("a", f"{DAY},a,q,,,")], READING)
    assert len(contents(path)) == 1


def test_where_the_store_lies() -> None:
    assert default_store_path({"XDG_DATA_HOME": "/d", "HOME": "/h"}) == Path(
        "/d/modelcmp/evidence.sqlite"
    )
    assert default_store_path({"HOME": "/h"}) == Path("/h/.local/share/modelcmp/evidence.sqlite")
    assert default_store_path({}) is None


# -- privacy ----------------------------------------------------------------------------------------

SECRETS = [
    "ann@example.org", "+44 20 7946 0958", "4111 1111 1111 1111", "192.168.7.31",
    "2001:db8::8a2e:370:7334", "123e4567-e89b-12d3-a456-426614174000", "hf_" + "AbCdEfGhIjKlMnOp",
    "sk-" + "abcdefghijklmnop", "ghp_" + "a1B2c3D4e5F6g7H8i9J0", "d41d8cd98f00b204e9800998ecf8427e",
    "https://example.org/search?q=ann",
]  # fmt: skip


def test_nothing_personal_is_in_the_bytes_of_the_store(path: Path, tmp_path: Path) -> None:
    import json

    (tmp_path / "folder-of-ann").mkdir()
    name = tmp_path / "folder-of-ann" / "log-of-ann.jsonl"
    rows = [
        {"query": f"find {secret} x", "client": "client-of-ann", "time": f"{DAY}T17:43:21Z",
         "address": "203.0.113.9", "agent": "Browser/9.9", "cookie": "session-of-ann"}
        for secret in SECRETS
    ]  # fmt: skip
    name.write_text("\n".join(map(json.dumps, rows)))
    report = add_logs(path, [str(name)], READING)
    assert report.redacted == len(SECRETS)
    data = path.read_bytes().lower()
    told = ["client-of-ann", "17:43", "203.0.113.9", "browser", "-of-ann", "1793554"]
    for secret in [*SECRETS, *told]:
        assert secret.lower().encode() not in data
    assert contents(path) == [f"('find [redacted] x', '{DAY}', 1, 0)"]


def test_what_is_forgotten_leaves_no_trace(path: Path, log: Callable[..., str]) -> None:
    add_logs(path, [log("a", f"{DAY},a,Plan Nine,impression,one,1", *some_rows(1))], READING)
    with writing(path) as store:
        assert store.forget("  plan NINE? ") == Removed(1, 1)
        assert store.forget("plan nine") == Removed(0, 0)
    assert b"plan nine" not in path.read_bytes()
    assert len(contents(path)) > 4


def test_purging_removes_days(path: Path, log: Callable[..., str]) -> None:
    rows = [f"2026-11-0{n},a{n},q,impression,one,1" for n in range(1, 5)]
    add_logs(path, [log("a", *rows)], READING)
    with writing(path) as store:
        assert store.purge("2026-11-03") == Removed(1, 2)
    assert [line for line in contents(path) if "2026-11-02" in line] == []
    assert len(contents(path)) == 4


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([1, 1, 1, 1, 2], True),
        ([1, 1, 1, 2], False),
        ([1, 1, 1, 1, 1], False),
    ],
)  # fmt: skip
def test_rare_queries_are_one_bucket(
    path: Path, log: Callable[..., str], rows: list[int], shown: bool
) -> None:
    add_logs(path, [log("a", *(f"2026-11-0{d},c{n},q,,," for n, d in enumerate(rows)))], READING)
    with reading_store(path) as store:
        assert store is not None
        assert store.frequent() == ({"q"} if shown else set())
        assert store.rare() == ((0, 0) if shown else (1, len(rows)))
        assert store.frequent(0) == store.frequent(2)
        assert bool(list(export_rows(store))) == shown
