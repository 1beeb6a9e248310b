"""Several processes reading one catalogue: as many as there may be, the outcome is that of one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import loading, sharing
from modelcmp.catalogue.loading import load_catalogue

CARD = (Path(__file__).parent.parent / "cases" / "alpha.yaml").read_text(encoding="utf-8")
CARDS = 40
on_linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Cards good and bad: wrong YAML, a wrong field, a wrong name, and one alias for all."""
    folder = tmp_path / "cards"
    folder.mkdir()
    for number in range(CARDS):
        text = CARD.replace("id: alpha", f"id: model-{number}")
        if number % 9 == 4:
            text = text.replace("maker:", "makr:")
        if number % 11 == 5:
            text = text.replace(f"model-{number}", "another")
        if number == 20:
            text = "a: [\n"
        (folder / f"model-{number}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def shared_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small catalogues be worth other processes, in small lots."""
    monkeypatch.setattr(loading, "CHECKED_ALONE", 3)
    monkeypatch.setattr(loading, "WORTH_SHARING", {"fork": 1, "spawn": 1})
    monkeypatch.setattr(sharing, "LOT", 3)


def outcome(folder: Path, cache: Path | None) -> Any:
    """Return all that a reading of the catalogue says."""
    loaded = load_catalogue([folder], builtin=False, cache=cache, share=True).load_all()
    survey = load_catalogue([folder], builtin=False, share=True).survey()
    return [repr(card) for card in loaded.cards], loaded.problems, loaded.replaced, survey


def rows(cache: Path) -> list[Any]:
    """Return what a cache file holds."""
    with closing(sqlite3.connect(cache)) as connection:
        return list(connection.execute("SELECT * FROM checked ORDER BY digest"))


@pytest.mark.usefixtures("shared_early")
@pytest.mark.parametrize("method", [pytest.param("fork", marks=on_linux), "spawn"])
def test_any_number_of_processes_finds_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(sharing, "start_method", lambda: method)
    found, kept = [], []
    used = []
    original = sharing.answer_all
    monkeypatch.setattr(sharing, "answer_all", lambda *a: used.append(a[-1]) or original(*a))
    for count in (1, 2, 4) if method == "fork" else (1, 2):
        monkeypatch.setattr(sharing, "cores", lambda count=count: count)
        cache = tmp_path / f"{count}.sqlite"
        found.append(outcome(folder, cache))
        assert outcome(folder, cache) == found[-1]
        kept.append(rows(cache))
    assert max(used) > 1
    assert all(one == found[0] for one in found)
    assert all(one == kept[0] for one in kept)
    assert found[0][1]
    assert found[0][0]
    assert multiprocessing.active_children() == []


def tell_name() -> Callable[[Path], Any]:
    """Return a task that says the name of a file, and dies of one called "deadly"."""

    def name(path: Path) -> str:
        if path.name == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        return path.name

    return name


PATHS = [Path(str(number)) for number in range(1_000)]


@on_linux
@pytest.mark.parametrize("processes", [2, 3, 5, 9])
def test_answers_come_in_the_order_of_the_files(processes: int) -> None:
    answers = list(sharing.answer_all(PATHS, tell_name, (), processes))
    own = [answer is None for answer in answers]
    assert [answer or path.name for answer, path in zip(answers, PATHS, strict=True)] == [
        path.name for path in PATHS
    ]
    assert (sum(own) > 0) == (processes < 5)
    assert sum(own) < len(PATHS) / 2


@on_linux
def test_what_a_killed_process_owes_is_left_to_the_caller() -> None:
    paths = [Path("deadly"), *PATHS]
    answers = list(sharing.answer_all(paths, tell_name, (), 3))
    assert len(answers) == len(paths)
    assert answers[: sharing.LOT] == [None] * sharing.LOT
    assert {answer for answer in answers if answer} < {path.name for path in PATHS}


def tell_name_slowly() -> Callable[[Path], Any]:
    """Return a task that never comes to the second lot."""

    def name(path: Path) -> str:
        if int(path.name) >= sharing.LOT * 3:
            time.sleep(60)
        return path.name

    return name


@on_linux
@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, ValueError])
def test_an_interrupted_reading_ends_every_process(error: type[BaseException]) -> None:
    answers = sharing.answer_all(PATHS, tell_name_slowly, (), 3)
    next(answers)
    assert len(multiprocessing.active_children()) == 2
    with pytest.raises(error):
        answers.throw(error)  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_a_library_never_starts_itself_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the command line may be run again by a process it starts."""
    monkeypatch.setattr(loading, "CHECKED_ALONE", 1)
    monkeypatch.setattr(
        sharing, "answer_all", lambda *_: pytest.fail("other processes were called")
    )
    assert load_catalogue([folder], builtin=False).load_all().cards
