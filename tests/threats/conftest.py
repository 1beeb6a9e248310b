"""What the modules of the threat table share: a catalogue to spoil, and commands run over it.

Each module is named for its row, T1 to T40, and asks from outside, through `main`, as a user or an
attacker would. What a single room promises has its tests beside that room.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelcmp.cli import main

GOOD = """\
id: {id}
name: {id}
maker: Maker
summary: A model for a test.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
sources: {{page: {{title: A page, url: "https://example.org/page"}}}}
"""


class Result(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Return a runner of command lines."""

    def runner(*arguments: str) -> Result:
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return runner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a catalogue of one good card, `good`."""
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "good.yaml").write_text(good_card("good"))
    return folder


def good_card(model_id: str, more: str = "") -> str:
    """Return the text of the smallest card, with more lines at its end."""
    return GOOD.format(id=model_id) + more


@pytest.fixture
def card_text() -> Callable[..., str]:
    """Return the maker of card texts: `card_text("id", "more: lines")`."""
    return good_card


class Spoilt:
    """A catalogue with a good card and a spoilt one, and what each command says of it."""

    def __init__(self, folder: Path, run: Callable[..., Result]) -> None:
        self.folder, self.run = folder, run
        self.own = ("--catalogue", str(folder), "--no-builtin")

    def assert_refused(self, data: bytes, words: str, name: str = "bad") -> None:
        """Assert that a command that needs the card fails, that validate says no, both in words."""
        path = self.put(data, name)
        shown, checked = self.run("show", name, *self.own), self.run("validate", str(path))
        assert (shown.code, shown.out, checked.code) == (2, "", 1)
        for said in (shown.err, checked.out + checked.err):
            self._assert_names(said, path, words)

    def assert_left_out(self, data: bytes, words: str, name: str = "bad") -> None:
        """Assert that a list goes on without the card and says so."""
        path = self.put(data, name)
        listed = self.run("list", "--format", "tsv", *self.own)
        assert listed.code == 0
        assert [line.split("\t")[0] for line in listed.out.splitlines()[1:]] == ["good"]
        self._assert_names(listed.err, path, words)

    def put(self, data: bytes, name: str = "bad") -> Path:
        """Write a card as it is and return its path."""
        path = self.folder / f"{name}.yaml"
        path.write_bytes(data)
        return path

    def _assert_names(self, said: str, path: Path, words: str) -> None:
        assert words in said
        assert str(path) in said
        assert "Traceback" not in said and len(said) < 10_000


@pytest.fixture
def spoilt(folder: Path, run: Callable[..., Result]) -> Spoilt:
    """Return a catalogue to put one spoilt card into."""
    return Spoilt(folder, run)


ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")

EVERY_COMMAND: dict[str, tuple[str, ...]] = {
    "compare": ("compare", "alpha", "hostile", *OWN),
    "search": ("search", "draw a picture", *OWN),
    "pick": ("pick", "alpha", "--for", "draw a picture", "--evidence", "store.sqlite", *OWN),
    "show": ("show", "alpha", *OWN),
    "list": ("list", *OWN),
    "rank": ("rank", *OWN),
    "evidence": ("evidence", "stats", "--evidence", "store.sqlite"),
    "explain": ("explain", "hf_likes"),
    "config": ("config",),
    "validate": ("validate", str(CASES), "--format", "json"),
    "schema": ("schema", "card"),
    "diff": ("diff", str(CASES), str(CASES), "--format", "json"),
    "export": ("export", "--format", "jsonl", *OWN),
    "missing": ("missing", *OWN),
    "site": ("site", "site", *OWN),
    "new": ("new", "fresh"),
    "import": ("import", "jsonl", "models.jsonl", "--into", "cards", "--dry-run"),
    "build": ("build", "--check", "document.md", *OWN),
    "refresh": ("refresh", "--check", "--max-age", "99999d", "--today", "2026-11-25", *OWN),
}
"""One line for each command: a row of the table of commands without one here fails a test."""


class Child:
    """Runs the tool as a process of its own, in surroundings that hold nothing of the user's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tool = folder / "modelcmp"
        tool.write_text(
            f"#!/bin/sh\nexec {sys.executable} -c 'from modelcmp.cli import run; run()' \"$@\"\n"
        )
        tool.chmod(0o755)
        (folder / "document.md").write_text("No block stands here.\n")
        (folder / "models.jsonl").write_text('{"id": "maker/model", "task": "text-generation"}\n')
        self.tool = str(tool)
        self.surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MODELCMP_CACHE": str(folder / "cache.sqlite"),
        }

    def __call__(self, *words: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
        """Run one command line and return what it left behind."""
        return subprocess.run(
            [self.tool, *words],
            env={**self.surroundings, **changes},
            cwd=self.folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )

    def shell(self, line: str, *words: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
        """Run a line of bash in which `"$@"` stands for a command line of the tool."""
        return subprocess.run(
            ["bash", "-c", line, "bash", self.tool, *words],
            env={**self.surroundings, **changes},
            cwd=self.folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command line and leave it running."""
        return subprocess.Popen(
            [self.tool, *words],
            env=self.surroundings,
            cwd=self.folder,
            stderr=subprocess.PIPE,
            **{"stdout": subprocess.PIPE, **options},
        )

    def start_ready(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command line and return once the tool itself is at work, and Python started."""
        reader, writer = os.pipe()
        code = (
            "import os, modelcmp.cli as cli; main = cli.main\n"
            f"cli.main = lambda words: (os.close({writer}), main(words))[1]\n"
            "cli.run()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env=self.surroundings,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[writer],
        )
        os.close(writer)
        os.read(reader, 1)  # returns when the child closes its end
        os.close(reader)
        return process


@pytest.fixture
def child(tmp_path: Path) -> Child:
    """Return a runner of processes."""
    return Child(tmp_path)


@pytest.fixture
def every_command() -> dict[str, tuple[str, ...]]:
    """Return one line for each command."""
    return EVERY_COMMAND


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `any_command` once for each command."""
    if "any_command" in metafunc.fixturenames:
        metafunc.parametrize("any_command", EVERY_COMMAND.values(), ids=EVERY_COMMAND.keys())
