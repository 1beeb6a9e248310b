"""T24: the same log again, under another name, packed, grown, rotated or joined: rows count once."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = "time,client,query,action,model,position\n"


def rows(start: int, stop: int) -> str:
    return "".join(f"2026-11-01,c{n},need {n % 9},impression,good,1\n" for n in range(start, stop))


ONE, MORE = HEAD + rows(0, 50), HEAD + rows(50, 80)


class Logs:
    """A folder of logs, and what the store holds after some were added."""

    def __init__(self, folder: Path, cards: Path, run: Callable[..., Any]) -> None:
        self.folder, self.run = folder, run
        self.own = (
            "--evidence", str(folder / "store.sqlite"), "--catalogue", str(cards), "--no-builtin",
        )  # fmt: skip

    def write(self, name: str, text: str, *, packed: bool = False) -> None:
        data = text.encode()
        (self.folder / name).write_bytes(gzip.compress(data) if packed else data)

    def add(self, *names: str) -> Any:
        return self.run("evidence", "add", *(str(self.folder / n) for n in names), *self.own)

    @property
    def episodes(self) -> int:
        shown = self.run("evidence", "stats", "--json", *self.own)
        (found,) = (r["value"] for r in json.loads(shown.out)["rows"] if r["name"] == "episodes")
        return int(found)


@pytest.fixture
def logs(tmp_path: Path, folder: Path, run: Callable[..., Any]) -> Logs:
    found = Logs(tmp_path, folder, run)
    found.write("one", ONE)
    found.write("more", MORE)
    return found


def test_named_twice_in_one_run(logs: Logs) -> None:
    assert logs.add("one", "one").code == 0
    assert logs.episodes == 50


def test_added_again(logs: Logs) -> None:
    logs.add("one")
    again = logs.add("one")
    assert again.code == 0 and "was counted before; nothing was added" in again.err
    assert logs.episodes == 50


def test_a_copy_under_another_name(logs: Logs) -> None:
    shutil.copy(logs.folder / "one", logs.folder / "copy")
    logs.add("one")
    assert logs.add("copy").code == 0
    assert logs.episodes == 50


@pytest.mark.parametrize("first", ["one", "packed.gz"])
def test_packed_and_plain_are_the_same_file(first: str, logs: Logs) -> None:
    logs.write("packed.gz", ONE, packed=True)
    logs.add(first)
    assert logs.add("packed.gz", "one").code == 0
    assert logs.episodes == 50


@pytest.mark.parametrize("packed", [False, True])
def test_grown(packed: bool, logs: Logs) -> None:
    logs.add("one")
    logs.write("one", ONE + rows(50, 60), packed=packed)
    grown = logs.add("one")
    assert (grown.code, grown.out) == (2, "")
    assert "begins with a log that was counted before and has grown since" in grown.err
    assert f"tail -c +{len(ONE) + 1} FILE" in grown.err
    assert logs.episodes == 50


def test_grown_by_the_rest_that_the_hint_tells_how_to_cut(logs: Logs) -> None:
    logs.add("one")
    logs.write("rest", (ONE + rows(50, 60))[len(ONE) :])
    # The rest of CSV has no heading of its own, so a person has to give it one.
    logs.write("rest", HEAD + (logs.folder / "rest").read_text())
    assert logs.add("rest").code == 0
    assert logs.episodes == 60


def test_rotated(logs: Logs) -> None:
    logs.add("one")
    (logs.folder / "one").rename(logs.folder / "one.1")
    logs.write("one", MORE)
    assert logs.add("one.1", "one").code == 0
    assert logs.episodes == 80


def test_joined_with_what_came_after(logs: Logs) -> None:
    logs.add("one")
    logs.write("joined", ONE + rows(50, 80))
    assert logs.add("joined").code == 2
    assert logs.episodes == 50


def test_cut_short_and_then_whole(logs: Logs) -> None:
    """A log fetched too early is a log that grows."""
    half = ONE[: ONE.index("\n", len(ONE) // 2) + 1]
    logs.write("half", half)
    logs.add("half")
    before = logs.episodes
    assert logs.add("one").code == 2
    assert logs.episodes == before == half.count("\n") - 1


def test_a_file_with_the_same_rows_in_another_order_is_another_file(logs: Logs) -> None:
    """What docs/evidence.md says: a file is known by its content, not by its rows."""
    logs.add("one")
    logs.write("sorted", HEAD + "".join(sorted(rows(0, 50).splitlines(keepends=True))))
    assert logs.add("sorted").code == 0
    assert logs.episodes == 100
