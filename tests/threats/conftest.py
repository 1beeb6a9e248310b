"""What the modules of the threat table share: a catalogue to spoil, and commands run over it.

Each module is named for its row, T1 to T40, and asks from outside, through `main`, as a user or an
attacker would. What a single room promises has its tests beside that room.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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
