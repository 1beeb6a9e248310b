"""T25: broken rows are counted and named, too many of them keep nothing, nor does a broken file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.matching import log_files

HEAD = "time,client,query,action,model,position"
DAY = "2026-11-01"
GOOD = f"{DAY},a,kept,impression,good,1"
NO_TIME = "its time cannot be read, or lies outside 1970 to 2100"
NO_MODEL = "names a model the catalogue does not have"
CSV: list[tuple[bytes, str]] = [
    (b"x", "has 1 columns where the header has 6"),
    (b"x,y", "has 2 columns where the header has 6"),
    (f"{DAY},a,q,search,,,".encode(), "has 7 columns where the header has 6"),
    (f"{DAY},a,,search,,".encode(), "has no query"),
    (f"{DAY},a, ?! ,search,,".encode(), "has no query"),
    (f"{DAY},a,\u200b,search,,".encode(), "has no query"),
    (b",a,q,search,,", "has no time"),
    (b"yesterday,a,q,search,,", NO_TIME),
    (b"2026-02-30,a,q,search,,", NO_TIME),
    (b"2026-13-01,a,q,search,,", NO_TIME),
    (b"1969-12-31,a,q,search,,", NO_TIME),
    (b"2101-01-01,a,q,search,,", NO_TIME),
    (b"-1,a,q,search,,", NO_TIME),
    (b"1e400,a,q,search,,", NO_TIME),
    (b"nan,a,q,search,,", NO_TIME),
    (b"inf,a,q,search,,", NO_TIME),
    (f"{DAY},a,q,hover,good,".encode(), "its action is none that is known"),
    (f"{DAY},a,q,click,unknown,".encode(), NO_MODEL),
    (f"{DAY},a,q,click,,".encode(), "names no model"),
    (f"{DAY},a,q,impression,good,first".encode(), "its position is no number"),
    (f"{DAY},a,q,impression,good,nan".encode(), "its position is no number"),
    (f"{DAY},a,q,impression,good,-1".encode(), "its position is no whole number from 1 on"),
    (f"{DAY},a,q,impression,good,0".encode(), "its position is no whole number from 1 on"),
    (f"{DAY},a,q,impression,good,1.5".encode(), "its position is no whole number from 1 on"),
    (f'{DAY},a,"q,search,,'.encode(), "has a quote that is not closed, or a cell that is too long"),
    (f"{DAY},a,\xff,search,,".encode("latin-1"), "is not UTF-8, or longer than 1 MiB"),
    (f"{DAY},a,q,search,,".encode("utf-16"), "is not UTF-8, or longer than 1 MiB"),
    (b"z" * (log_files.LINE_BYTES + 1), "is not UTF-8, or longer than 1 MiB"),
]
JSON: list[tuple[bytes, str]] = [
    (b"{", "is not JSON"),
    (b"[1]", "is no JSON object"),
    (b"null", "is no JSON object"),
    (b'"text"', "is no JSON object"),
    (b"[" * 100_000, "is not JSON"),
    (b'{"q": "x", "time": "2026-11-01"} {}', "is not JSON"),
    (b'{"q": ["x"]}', "holds a list or object where text is expected"),
    (b'{"q": {"x": 1}, "time": "2026-11-01"}', "holds a list or object where text is expected"),
    (b'{"time": "2026-11-01"}', "has no query"),
    (b'{"q": "x"}', "has no time"),
    (b'{"q": "x", "time": "2026-11-01", "shown": ["no"]}', NO_MODEL),
    (json.dumps({"q": "x", "time": DAY, "shown": ["good"] * 101}).encode(), "shows more than 100 models"),
]  # fmt: skip
GOOD_JSON = json.dumps({"q": "kept", "time": DAY, "client": "a", "shown": ["good"]})


class Added:
    """What a run of `evidence add` says, and what the store holds after it."""

    def __init__(self, result: Any, store: Path, run: Callable[..., Any]) -> None:
        self.result = result
        rows = json.loads(result.out)["rows"] if result.code == 0 else []
        self.counts = {row["name"]: int(row["value"]) for row in rows if row["value"].isdigit()}
        self.bad = [(row["name"], row["remark"]) for row in rows if row["value"] == "bad row"]
        shown = run("evidence", "stats", "--json", "--evidence", str(store), "--no-builtin")
        found = json.loads(shown.out)["rows"] if shown.code == 0 else []
        self.kept = next((int(row["value"]) for row in found if row["name"] == "episodes"), 0)


@pytest.fixture
def add(tmp_path: Path, folder: Path, run: Callable[..., Any]) -> Callable[..., Added]:
    """Return what adds a log of these bytes."""

    def adder(data: bytes, name: str = "log") -> Added:
        (tmp_path / name).write_bytes(data)
        store = tmp_path / "store.sqlite"
        own = ("--evidence", str(store), "--catalogue", str(folder), "--no-builtin")
        added = run("evidence", "add", str(tmp_path / name), "--json", *own)

        def stats(*words: str) -> Any:
            return run(*words, "--catalogue", str(folder))

        return Added(added, store, stats)

    return adder


@pytest.mark.parametrize(("row", "reason"), [*CSV, *JSON])
def test_a_broken_row_is_named_and_the_others_are_kept(
    row: bytes, reason: str, add: Callable[..., Added], tmp_path: Path
) -> None:
    lines = (
        [HEAD.encode(), GOOD.encode(), row, GOOD.replace(",a,", ",b,").encode()]
        if (row, reason) in CSV
        else [GOOD_JSON.encode(), row, GOOD_JSON.replace('"a"', '"b"').encode()]
    )
    added = add(b"\n".join(lines) + b"\n")
    rows = len(b"\n".join(lines[1:] if (row, reason) in CSV else lines).split(b"\n"))
    assert added.counts["rows"] == rows
    bad = added.counts["bad rows"]
    assert rows - bad == 2 == added.kept == added.counts["episodes"]
    where = lines.index(row) + 1
    assert added.bad[0] == (f"{tmp_path / 'log'}:{where}", reason)
    assert len(added.bad) == bad


def test_the_first_five_are_named(add: Callable[..., Added], tmp_path: Path) -> None:
    added = add("\n".join([HEAD, *[GOOD, "x"] * 40]).encode())
    assert (added.counts["rows"], added.counts["bad rows"], added.kept) == (80, 40, 1)
    places = [f"{tmp_path / 'log'}:{3 + 2 * n}" for n in range(5)]
    assert [where for where, _ in added.bad] == places


def test_too_many_keep_nothing_and_the_file_may_come_again(add: Callable[..., Added]) -> None:
    rows = [GOOD.replace(",a,", f",c{n},") for n in range(49)]
    refused = add("\n".join([HEAD, *rows, *["x"] * 51]).encode())
    assert (refused.result.code, refused.kept) == (1, 0)
    assert "51 of 100 rows are bad, so nothing was kept" in refused.result.err
    assert add("\n".join([HEAD, *rows]).encode()).kept == 49


PACKED = gzip.compress("\n".join([HEAD, *[GOOD] * 5000]).encode())


@pytest.mark.parametrize(
    "data",
    [
        PACKED[:-1], PACKED[:-8], PACKED[: len(PACKED) // 2], PACKED[:12],
        PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:],
        PACKED[:40] + bytes([PACKED[40] ^ 255]) + PACKED[41:], PACKED + b"rubbish",
    ],
    ids=["a byte short", "no end", "half", "header", "wrong sum", "flipped", "rubbish behind"],
)  # fmt: skip
def test_a_damaged_gzip_keeps_nothing(data: bytes, add: Callable[..., Added]) -> None:
    added = add(data, "log.gz")
    assert (added.result.code, added.kept) == (2, 0)
    assert "log.gz: the gzip file is damaged; nothing of it was kept" in added.result.err
    assert add(PACKED, "log.gz").kept == 1


def test_a_bomb_keeps_nothing(add: Callable[..., Added], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "GZIP_FREE_BYTES", 1024 * 1024)
    bomb = gzip.compress(("\n".join([HEAD, GOOD]) + "\n" * 4_000_000).encode())
    added = add(bomb, "log.gz")
    assert (added.result.code, added.kept) == (2, 0)
    assert "unpacks to more than 200 times its size" in added.result.err
