"""T20: the n-th open, write, flush, rename or statement fails, for every n: old or new, never between.

A run is repeated with its first call failing, then its second, until one passes untouched: for want of
room, by a fault of the disk, by an interrupt, and by a kill. A write is half done before it fails.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import shutil
import signal
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelcmp.cli import main
from modelcmp.cli.folder import LIST, STAGING
from modelcmp.matching.store import dump, reading_store

ERRORS = {
    "full": (errno.ENOSPC, sqlite3.SQLITE_FULL),
    "broken": (errno.EIO, sqlite3.SQLITE_IOERR),
}
KINDS = (*ERRORS, "interrupt", "kill")
CALLS = ("open", "replace", "rename", "mkdir")
"""Functions of `os` that can fail, beside every opening and writing of a file and every statement."""


class Fault:
    """Counts calls and fails the one it is told to; with none, it only counts."""

    def __init__(self, kind: str, number: int = 0, *, cards: bool = True) -> None:
        self.kind, self.number = kind, number
        self.cards = cards
        """Whether a card can be what cannot be opened."""
        self.counted = 0
        self.failed = ""

    def meets(self, what: str) -> bool:
        """Return whether this call is to fail."""
        self.counted += 1
        if self.counted == self.number:
            self.failed = what
        return self.counted == self.number

    def strike(self, *, statement: bool = False) -> None:
        """Fail, as a call of the system or as a statement of SQLite."""
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "interrupt":
            raise KeyboardInterrupt
        number, code = ERRORS[self.kind]
        if statement:
            error = sqlite3.OperationalError("the disk failed")
            error.sqlite_errorcode = code
            raise error
        raise OSError(number, os.strerror(number))


class Written:
    """A file open to write, whose writes are counted, and half done where they fail."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self._file, self._fault = file, fault

    def write(self, data: Any) -> Any:
        if self._fault.meets("write"):
            self._file.write(data[: len(data) // 2])
            self._file.flush()
            self._fault.strike()
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Written:
        self._file.__enter__()
        return self

    def __exit__(self, *given: Any) -> Any:
        return self._file.__exit__(*given)


@contextmanager
def failing(fault: Fault) -> Iterator[Fault]:
    """Make every call that reaches the disk go by way of a fault."""
    open_file, connect = io.open, sqlite3.connect

    def spared(name: str, path: Any, flags: Any = 0) -> bool:
        is_card = name == "open" and Path(path).parent.name == "cards"
        return is_card and not fault.cards and not flags & os.O_CREAT

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if not spared(name, *given[:2]) and fault.meets(name):
                fault.strike()
            return real(*given, **named)

        return call

    def opens(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        # What is open already has met its fault.
        if not isinstance(file, int) and not spared("open", file) and fault.meets("open"):
            fault.strike()
        opened = open_file(file, mode, *given, **named)
        return Written(opened, fault) if set(mode) & set("wax+") else opened

    class Connection(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            if fault.meets("execute"):
                fault.strike(statement=True)
            return super().execute(*given)

        def executemany(self, *given: Any) -> sqlite3.Cursor:
            if fault.meets("execute"):
                fault.strike(statement=True)
            return super().executemany(*given)

    def connects(*given: Any, **named: Any) -> sqlite3.Connection:
        if fault.meets("connect"):
            fault.strike(statement=True)
        return connect(*given, **named, factory=Connection)

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        # No machine stops in these tests, so nothing has to wait for its disk.
        patch.setattr(os, "fsync", counted("fsync", lambda _: None))
        patch.setattr(os, "sync", lambda: None)
        patch.setattr(io, "open", opens)
        patch.setattr(builtins, "open", opens)
        patch.setattr(sqlite3, "connect", connects)
        yield fault


class Case(NamedTuple):
    """One command line, what lies there before it, and whether a second run adds nothing."""

    words: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    repeats: bool = True
    together: bool = True
    """Whether its files stay as they were, all of them, wherever it fails before the first rename."""
    cards: bool = True
    """Whether it fails with a card that cannot be opened, and does not go on without."""


OWN = ("--catalogue", "cards", "--no-builtin", "--as-of", "2026-11-23")
STORE = ("--evidence", "store.sqlite")
SITE = ("site", "out", "--nearest", "0", *OWN)
ADD = ("evidence", "add", "log.csv", *STORE, *OWN)
LOG = "time,client,query,action,model,position\n" + "".join(
    f"2026-11-{day:02d},c{n},{query},impression,good,1\n"
    for n, query in enumerate(["write text", "describe photos", "sum up"] * 3)
    for day in (1, 2)
)
BLOCK = "<!-- modelcmp:begin {} -->\n<!-- modelcmp:end -->\n"
CASES = {
    "validate": Case(("validate", "cards", "-o", "report.json"), cards=False),
    "compare": Case(("compare", "good", "other", "-o", "out.md", *OWN)),
    "compare-over": Case(("compare", "good", "other", "-o", "old.md", "--images", ".", *OWN)),
    "build": Case(("build",)),
    "site": Case(SITE, together=False, cards=False),
    "site-again": Case(SITE, (SITE, ("cards",)), together=False, cards=False),
    "add": Case(ADD),
    "add-more": Case(("evidence", "add", "more.csv", *STORE, *OWN), prepare=(ADD,)),
    "match": Case(("evidence", "match", *STORE, *OWN), prepare=(ADD,)),
    "forget": Case(("evidence", "forget", "Sum UP", *STORE), prepare=(ADD,)),
    "purge": Case(("evidence", "purge", "--before", "2026-11-02", *STORE), prepare=(ADD,)),
    "remember": Case(("search", "write text", "--remember", *STORE, *OWN), (ADD,), repeats=False),
    "pick": Case(("pick", "good", "--for", "write text", *STORE, *OWN), (ADD,), repeats=False),
    "import": Case(("import", "jsonl", "models.jsonl", "--into", "fresh", "--no-builtin")),
    "new": Case(("new", "fresh", "--into", "cards", *OWN[:3]), repeats=False),
    "refresh-file": Case(("refresh", "--signals", "signals.yaml", *OWN), cards=False),
    "refresh-cards": Case(("refresh", *OWN), together=False, cards=False),
}


class Place:
    """A folder to run in that can be put back, and what it holds."""

    def __init__(self, folder: Path, texts: Mapping[str, str], origin: str) -> None:
        self.start, self.work = folder / "start", folder / "work"
        self.hosts = (
            "--hub",
            origin,
            "--github",
            origin,
            "--today",
            "2026-11-25",
            "--max-wait",
            "0",
        )
        self.work.mkdir()
        for name, text in texts.items():
            (self.work / name).parent.mkdir(exist_ok=True)
            (self.work / name).write_text(text)
        os.chdir(self.work)

    def prepare(self, case: Case) -> None:
        """Bring the folder to where the command begins, and remember it."""
        for words in case.prepare:
            if words == ("cards",):
                card = self.work / "cards" / "good.yaml"
                card.write_text(card.read_text().replace("for a test", "for another test"))
                (self.work / "cards" / "third.yaml").write_text(
                    card.read_text().replace("good", "third")
                )
            else:
                assert self.run(words) == 0
        shutil.copytree(self.work, self.start)

    def back(self) -> None:
        """Put the folder back."""
        os.chdir(self.start)
        shutil.rmtree(self.work)
        shutil.copytree(self.start, self.work)
        os.chdir(self.work)

    def run(self, words: tuple[str, ...]) -> int:
        return main([*words, *(self.hosts if words[0] == "refresh" else ())])

    def killed(self, words: tuple[str, ...], fault: Fault) -> Fault:
        """Run in a process of its own that is killed at a call; return whether it came to that."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads; none is in our way
            child = os.fork()
        if child == 0:
            signal.alarm(60)
            with failing(fault):
                self.run(words)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        fault.failed = "kill" if status else ""
        return fault

    def state(self, *, hidden: bool = True) -> dict[str, Any]:
        """Return every file with its bytes, a store with its counts, checked to be whole."""
        found: dict[str, Any] = {}
        for path in sorted(self.work.rglob("*")):
            name = path.relative_to(self.work).as_posix()
            is_hidden = any(part.startswith(".") for part in name.split("/"))
            if path.is_dir() or name.endswith("-journal") or (is_hidden and not hidden):
                continue
            if path.suffix == ".sqlite":
                with reading_store(path) as store:
                    assert store is None or store.is_whole()
                    if lines := dump(store):
                        found[name] = lines
            else:
                found[name] = path.read_bytes()
        return found


@pytest.fixture
def place(
    tmp_path: Path,
    card_text: Callable[..., str],
    loopback: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    """Return a project with two cards, documents, a log, and hosts that know the models."""
    monkeypatch.setenv("MODELCMP_LOOPBACK", "1")
    monkeypatch.chdir(tmp_path)
    server = loopback()
    fields = "expand%5B%5D=downloads&expand%5B%5D=likes&expand%5B%5D=lastModified"
    for name in ("good", "other"):
        answer = {"id": f"maker/{name}", "downloads": 500, "likes": 30, "lastModified": None}
        server.on(f"/api/models/maker/{name}?{fields}", server.sends(answer))
    link = "links: {{repository: https://huggingface.co/maker/{0}}}\n"
    figure = (
        "metrics: [{{metric: hf_likes, value: 1, repository: maker/{0}, source: page, "
        "as_of: 2026-01-01}}]\n"
    )
    texts = {
        "cards/good.yaml": card_text("good", (link + figure).format("good")),
        "cards/other.yaml": card_text("other", (link + figure).format("other")),
        "a.md": BLOCK.format("compare good other"),
        "b.md": BLOCK.format("rank"),
        "old.md": "an older comparison\n",
        "modelcmp.toml": 'catalogue = ["cards"]\nbuiltin = false\ndocuments = ["a.md", "b.md"]\n'
        '[[page]]\nmodels = ["good", "other"]\noutput = "page.html"\n',
        "log.csv": LOG,
        "more.csv": LOG.replace("c1,", "d1,"),
        "models.jsonl": "".join(
            json.dumps({"id": f"own/m-{n}", "task": "text-generation"}) + "\n" for n in range(3)
        ),
    }  # fmt: skip
    yield Place(tmp_path, texts, server.origin)
    os.chdir(tmp_path)


def check(place: Place, case: Case, kind: str, number: int, before: Any, after: Any) -> None:
    """Fail one call of one run, hold what it left against before and after, and run it again."""
    place.back()
    fault = Fault(kind, number, cards=case.cards)
    if kind == "kill":
        code, fault = 137, place.killed(case.words, fault)
    else:
        with failing(fault):
            code = place.run(case.words)
    told = (kind, number, fault.failed, code)
    left = place.state(hidden=kind != "kill")
    if fault.failed == "open":  # so that a folder could not be removed; the next run does it
        left = {name: data for name, data in left.items() if f"/{STAGING}/" not in name}
    between = {
        name: data
        for name, data in left.items()
        if Path(name).name != LIST  # which says so itself while files are on their way
        and data not in (before.get(name), after.get(name))
    }
    gone = {name for name in before if name in after and name not in left}
    assert (between, gone) == ({}, set()), told
    if not fault.failed:  # fewer calls than the first time: something is in a cache now
        assert left == after, told
    elif kind in ERRORS:
        assert code in (0, 1, 2), told
        assert code or left == after, told
    elif kind == "interrupt":
        assert code == 130, told
    if case.together and kind in ERRORS and fault.failed not in ("replace", "execute") and code:
        assert left in (before, after), told
    if left != after and (case.repeats or left == before):
        assert place.run(case.words) == 0, told
        assert place.state(hidden=kind != "kill") == after, told


def every_fault(place: Place, case: Case, kinds: Callable[[int], tuple[str, ...]]) -> int:
    """Fail every call of a run in turn; return how many there are."""
    place.prepare(case)
    before = place.state()
    assert place.run(case.words) == 0  # what is kept beside is made, so that all runs are alike
    after = place.state()
    place.back()
    with failing(Fault("", cards=case.cards)) as counter:
        assert place.run(case.words) == 0
    assert place.state() == after
    for number in range(1, counter.counted + 1):
        for kind in kinds(number):
            check(place, case, kind, number, before, after)
    return counter.counted


@pytest.mark.parametrize("name", CASES)
def test_a_call_that_fails_leaves_old_or_new(name: str, place: Place) -> None:
    some = every_fault(place, CASES[name], lambda n: () if n % 5 else (KINDS[n // 5 % 4],))
    assert some >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_call_that_fails_leaves_old_or_new(name: str, place: Place) -> None:
    """Every call fails in one way, each way in turn; with MODELCMP_FAULTS=all in all four."""
    everything = os.environ.get("MODELCMP_FAULTS") == "all"
    ways = KINDS if everything else ()
    assert every_fault(place, CASES[name], lambda n: ways or (KINDS[n % 4],)) >= 6
