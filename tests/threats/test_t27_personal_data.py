"""T27: thirty and more personal strings go in with a log; no byte of them is in any file or output.

Looked at are the store, its journal in mid-write, all that lies in the user's cache, and every output.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.matching.test_privacy import PERSONAL

from modelcmp.matching import memory

TOLD = {
    "client": "client-of-ann", "session": "session-of-ann", "cookie": "cookie-of-ann",
    "agent": "Browser/9.9", "address": "203.0.113.9", "time": "2026-11-01T17:43:21Z",
    "referrer": "https://ann.example.org/diary", "name": "Ann Somebody", "note": "born 1 May",
}  # fmt: skip
PLANTED = [
    *PERSONAL,
    *(word for name, word in TOLD.items() if name != "time"),
    "17:43",
    "folder-of-ann",
]


def found_in(data: bytes) -> list[str]:
    """Return what was planted and is in some bytes, in either case and however they are encoded."""
    lower = data.lower()
    forms = {
        word: {word.lower().encode(), json.dumps(word.lower())[1:-1].encode()} for word in PLANTED
    }
    return [word for word, ways in forms.items() if any(way in lower for way in ways)]


def found_under(folder: Path) -> list[tuple[str, str]]:
    """Return what was planted and lies in the files of a folder or in their names."""
    return [
        (str(path), word)
        for path in folder.rglob("*")
        if path.is_file()
        for word in found_in(path.read_bytes() + b"\n" + path.name.encode())
    ]


@pytest.fixture
def store(tmp_path: Path, folder: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Path:  # fmt: skip
    """Return a store that a log full of personal strings was added to, each often enough to be shown."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder-of-ann").mkdir()
    log = tmp_path / "folder-of-ann" / "log.jsonl"
    rows = [
        {**TOLD, "query": f"find {word} here", "client": f"client-of-ann-{n}", "model": "good",
         "time": f"2026-11-0{day}T17:43:21Z"}
        for word in PERSONAL for n in range(3) for day in (1, 2)
    ]  # fmt: skip
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "kept").mkdir()
    path = tmp_path / "kept" / "store.sqlite"
    added = run("evidence", "add", str(log), "--json", *own(path, folder))
    assert added.code == 0 and str(log) not in added.out
    found = {row["name"]: row["value"] for row in json.loads(added.out)["rows"]}
    assert found["redacted"] == str(len(rows)) and len(PERSONAL) >= 30
    return path


def own(store: Path, folder: Path) -> tuple[str, ...]:
    return ("--evidence", str(store), "--catalogue", str(folder), "--no-builtin")


def test_they_are_in_no_byte_of_the_store_and_the_cache(
    store: Path, folder: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    assert run("search", "find something here", *own(store, folder)).code == 0
    assert (tmp_path / "cache").is_dir()
    assert found_under(tmp_path / "kept") == found_under(tmp_path / "cache") == []
    assert b"[redacted]" in store.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("evidence", "stats"), ("evidence", "gaps"), ("evidence", "why", "good"),
        ("evidence", "graph"), ("evidence", "export", "--min-count", "2"), ("show", "good"),
        ("search", "find something here"), ("list",), ("rank",), ("config",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_they_are_in_no_output(
    words: tuple[str, ...], store: Path, folder: Path, run: Callable[..., Any]
) -> None:
    result = run(*words, *own(store, folder))
    assert result.code == 0
    # The path of the store is the user's own to see.
    assert found_in((result.out + result.err).replace(str(store), "").encode()) == []


def test_they_are_in_no_journal(
    store: Path, folder: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    real = sqlite3.connect

    class Looking(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            if given[0] == "COMMIT":
                seen.extend(path.read_bytes() for path in store.parent.iterdir())
            return super().execute(*given)

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, **k, factory=Looking))
    log = store.with_name("more.jsonl")
    rows = [
        {**TOLD, "query": f"again {word}", "client": f"c{n}"} for n, word in enumerate(PERSONAL)
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = log.read_bytes()
    assert run("evidence", "add", str(log), *own(store, folder)).code == 0
    assert len(seen) > 3
    assert [word for data in seen if data != before for word in found_in(data)] == []


def test_they_are_not_remembered_of_ones_own_searches(
    store: Path, folder: Path, run: Callable[..., Any]
) -> None:
    for word in PERSONAL[:6]:
        run("search", f"describe {word} photos", "--remember", *own(store, folder))
        run("pick", "good", "--for", f"describe {word} photos", *own(store, folder))
    assert found_under(store.parent) == []


def test_a_forgotten_query_is_nowhere(
    store: Path, folder: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    log = store.with_name("plain.csv")
    rows = [f"2026-11-0{1 + n % 2},c{n},plan nine from ann,click,good,1\n" for n in range(12)]
    log.write_text("time,client,query,action,model,position\n" + "".join(rows))
    run("evidence", "add", str(log), *own(store, folder))
    log.unlink()
    run("search", "Plan nine from Ann", "--remember", *own(store, folder))
    places = (store.parent, tmp_path / "cache")
    assert any(holds(place, b"plan nine") for place in places)
    assert run("evidence", "forget", "plan NINE from Ann?", *own(store, folder)[:2]).code == 0
    assert not any(holds(place, b"plan nine") for place in places)
    # And it was the last one searched for, which a pick without words would have been for.
    assert not memory._last(store).exists()
    assert run("pick", "good", *own(store, folder)).code == 2


def test_forgetting_another_query_leaves_the_last_one(
    store: Path, folder: Path, run: Callable[..., Any]
) -> None:
    run("search", "describe photos", "--remember", *own(store, folder))
    run("evidence", "forget", "something else", *own(store, folder)[:2])
    assert run("pick", "good", *own(store, folder)).code == 0


def holds(folder: Path, words: bytes) -> bool:
    return any(words in path.read_bytes().lower() for path in folder.rglob("*") if path.is_file())


def test_only_the_user_may_read_what_is_kept(
    store: Path, folder: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    run("search", "describe photos", "--remember", *own(store, folder))
    log = ("evidence", "add", "folder-of-ann/log.jsonl", "--catalogue", str(folder), "--no-builtin")
    assert run(*log).code == 0
    for path in (*store.parent.iterdir(), tmp_path / "data" / "modelcmp" / "evidence.sqlite"):
        assert oct(path.stat().st_mode & 0o077) == "0o0", path
    assert os.stat(tmp_path / "data" / "modelcmp").st_mode & 0o077 == 0
