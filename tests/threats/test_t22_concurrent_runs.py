"""T22: several runs at once on one store, file or folder: nothing is lost, and who only reads never fails."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HEAD = "time,client,query,action,model,position\n"
FIELDS = "expand%5B%5D=downloads&expand%5B%5D=likes&expand%5B%5D=lastModified"
OWN = ("--catalogue", "cards", "--no-builtin", "--as-of", "2026-11-23")


@pytest.fixture
def at_once(child: Any, folder: Path) -> Any:
    """Return a runner of processes, beside a catalogue."""
    return child


def rows(seed: int) -> str:
    return HEAD + "".join(
        f"2026-11-{1 + n % 3:02d},c{seed}-{n},need {(n * seed) % 40},impression,good,{1 + n % 7}\n"
        for n in range(400)
    )


def ended(processes: list[subprocess.Popen[bytes]]) -> list[tuple[int, bytes]]:
    """Return code and standard error of each."""
    found = []
    for process in processes:
        _, err = process.communicate(timeout=60)
        found.append((process.returncode, err))
    return found


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder that runs take turns in, so that all of them have begun when it is let go."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def wait_for(process: subprocess.Popen[bytes]) -> bytes:
    """Return the first line that a run says, which is that it waits."""
    assert process.stderr is not None
    return process.stderr.readline()


@pytest.mark.slow
def test_eight_logs_at_once_are_all_counted(at_once: Any) -> None:
    folder, stores = at_once.folder, ("--evidence", "store.sqlite")
    for seed in range(1, 9):
        (folder / f"log{seed}").write_text(rows(seed))
    runs = [
        at_once.start("evidence", "add", f"log{seed}", *stores, *OWN, stdout=subprocess.DEVNULL)
        for seed in range(1, 9)
    ]
    while any(run.poll() is None for run in runs):
        assert at_once("evidence", "stats", *stores, *OWN).returncode == 0
    assert [code for code, _ in ended(runs)] == [0] * 8
    logs = [f"log{seed}" for seed in range(1, 9)]
    assert at_once("evidence", "add", *logs, "--evidence", "one.sqlite", *OWN).returncode == 0
    together, one_by_one = (
        at_once("evidence", "export", "--min-count", "2", "--evidence", name).stdout
        for name in ("store.sqlite", "one.sqlite")
    )
    assert together == one_by_one != b""


def test_who_reads_does_not_wait_for_who_writes(at_once: Any) -> None:
    store = at_once.folder / "store.sqlite"
    (at_once.folder / "log").write_text(rows(1))
    assert at_once("evidence", "add", "log", "--evidence", store.name, *OWN).returncode == 0
    writer = sqlite3.connect(store, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM query_days")
    for words in (("stats",), ("export",)):
        result = at_once("evidence", *words, "--evidence", store.name, *OWN)
        assert (result.returncode, b"rror" in result.stderr) == (0, False)
    assert b"400 episodes" in at_once("evidence", "stats", "--evidence", store.name, *OWN).stdout
    writer.close()


def test_two_refreshes_of_one_file_keep_the_figures_of_both(
    at_once: Any, card_text: Callable[..., str], loopback: Callable[[], Any]
) -> None:
    both, server = threading.Barrier(2, timeout=30), loopback()
    cards = at_once.folder / "cards"
    for name in ("good", "other"):
        link = f"links: {{repository: https://huggingface.co/maker/{name}}}\n"
        (cards / f"{name}.yaml").write_text(card_text(name, link))
        answer = server.sends({"id": f"maker/{name}", "downloads": 500, "likes": 30})

        def step(handler: Any, answer: Callable[[Any], None] = answer) -> None:
            both.wait()  # until both have read the file, which is not there yet
            answer(handler)

        server.on(f"/api/models/maker/{name}?{FIELDS}", step)
    at_once.surroundings["MODELCMP_LOOPBACK"] = "1"
    told = ("--signals", "signals.yaml", "--hub", server.origin, "--today", "2026-11-25")
    runs = [at_once.start("refresh", name, *told, *OWN) for name in ("good", "other")]
    assert [code for code, _ in ended(runs)] == [0, 0]
    lines = (at_once.folder / "signals.yaml").read_text().splitlines()[2:]
    assert [line.partition(", value")[0] for line in lines] == [
        "  - {metric: hf_downloads_30d, repository: maker/good",
        "  - {metric: hf_likes, repository: maker/good",
        "  - {metric: hf_downloads_30d, repository: maker/other",
        "  - {metric: hf_likes, repository: maker/other",
    ]


def test_two_imports_into_one_folder_keep_the_facts_of_both(at_once: Any) -> None:
    pytest.importorskip("ruamel.yaml")
    base = {"id": "own/m-1", "name": "M 1", "task": "text-generation"}
    for name, more in (("one", {"context_length": 4096}), ("two", {"license": "mit"})):
        (at_once.folder / f"{name}.jsonl").write_text(json.dumps({**base, **more}) + "\n")
    into = ("--into", "mine", "--no-builtin")
    with held(at_once.folder):
        runs = [at_once.start("import", "jsonl", f"{n}.jsonl", *into) for n in ("one", "two")]
        for run in runs:
            assert wait_for(run) == b"note: another run is writing to mine; waiting for it\n"
    assert [code for code, _ in ended(runs)] == [0, 0]
    card = (at_once.folder / "mine" / "m-1.yaml").read_text()
    assert "4096" in card and "mit" in card.lower()
    assert sorted(path.name for path in (at_once.folder / "mine").iterdir()) == ["m-1.yaml"]


def test_two_sites_in_one_folder_are_one_site(at_once: Any) -> None:
    with held(at_once.folder):
        runs = [at_once.start("site", "out", *OWN) for _ in range(2)]
        for run in runs:
            assert b"waiting for it" in wait_for(run)
    told = ended(runs)
    assert [code for code, _ in told] == [0, 0]
    assert sorted(b" 0 files written" in err for _, err in told) == [False, True]
    assert at_once("site", "out", "--check", *OWN).returncode == 0


def test_two_builds_of_one_project_write_the_same(at_once: Any) -> None:
    block = "<!-- modelcmp:begin {} -->\n<!-- modelcmp:end -->\n"
    for name in ("a", "b"):
        (at_once.folder / f"{name}.md").write_text(block.format("rank"))
    (at_once.folder / "modelcmp.toml").write_text(
        'catalogue = ["cards"]\nbuiltin = false\nas_of = "2026-11-23"\ndocuments = ["[ab].md"]\n'
    )
    runs = [at_once.start("build") for _ in range(2)]
    told = ended(runs)
    assert [code for code, _ in told] == [0, 0], told
    assert at_once("build", "--check").returncode == 0
    assert not [path for path in at_once.folder.iterdir() if path.name.startswith(".a")]
