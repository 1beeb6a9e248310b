"""T36: colour only where it is wanted, and a table for any width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TABLE = ("compare", "wide", "painter", "alpha", "--format", "table", "--no-builtin", "--catalogue")
CASES = str(Path(__file__).resolve().parent.parent / "cases")

# Row: surroundings, whether colour comes without a flag.
COLOURS: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"GITHUB_ACTIONS": "true"}, False),
    ({"TERM": "xterm-256color"}, False),
    ({"COLORTERM": "truecolor"}, False),
    ({"TTY_COMPATIBLE": "1"}, False),
    ({"FORCE_COLOR": "1"}, True),
    ({"FORCE_COLOR": ""}, False),
    ({"CLICOLOR_FORCE": "1"}, True),
    ({"CLICOLOR_FORCE": "0"}, False),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ({"GITHUB_ACTIONS": "true", "NO_COLOR": "1"}, False),
]


@pytest.mark.parametrize(("changes", "coloured"), COLOURS, ids=str)
def test_the_flag_wins_then_no_color_then_the_forces(
    changes: dict[str, str], coloured: bool, child: Any
) -> None:
    assert (b"\x1b[" in child(*TABLE, CASES, **changes).stdout) is coloured
    always = child(*TABLE, CASES, "--color", "always", **changes)
    never = child(*TABLE, CASES, "--color", "never", **changes)
    assert b"\x1b[" in always.stdout
    assert b"\x1b" not in never.stdout


@pytest.mark.parametrize("changes", [{"FORCE_COLOR": "1"}, {"GITHUB_ACTIONS": "true"}], ids=str)
@pytest.mark.parametrize("kind", ["markdown", "json", "tsv"])
def test_no_document_is_ever_coloured(changes: dict[str, str], kind: str, child: Any) -> None:
    words = ("compare", "alpha", "beta", "--no-builtin", "--catalogue", CASES, "--format", kind)
    result = child(*words, "--color", "always", **changes)
    assert (result.returncode, b"\x1b" in result.stdout) == (0, False)


def test_help_holds_no_escape_wherever_it_runs(child: Any) -> None:
    for changes in ({"GITHUB_ACTIONS": "true"}, {"FORCE_COLOR": "1"}, {"TERM": "xterm"}):
        for words in (("--help",), ("compare", "--help"), ("evidence", "--help"), ("comapre",)):
            result = child(*words, **changes)
            assert b"\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize("width", ["0", "1", "19", "20", "40", "80", "120", "500", "abc", "-3", ""])
def test_any_width(width: str, child: Any) -> None:
    result = child(*TABLE, CASES, COLUMNS=width)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"Verdict" in result.stdout
    if width.isdigit() and int(width) >= 20:
        longest = max(map(len, result.stdout.decode().splitlines()))
        assert longest <= min(int(width), 120)
