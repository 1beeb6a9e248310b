"""T37: streams that cannot take every character, and characters of two cells' width."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

CASES = str(Path(__file__).resolve().parent.parent / "cases")
OWN = ("--no-builtin", "--catalogue", CASES)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "koi8-r", "utf-8"])
@pytest.mark.parametrize("kind", ["table", "markdown", "json", "tsv"])
def test_any_encoding(encoding: str, kind: str, child: Any) -> None:
    result = child("compare", "wide", "hostile", "--format", kind, *OWN, PYTHONIOENCODING=encoding)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_error_in_any_encoding(encoding: str, child: Any) -> None:
    result = child("show", "模型 😀", *OWN, PYTHONIOENCODING=encoding)
    assert result.returncode == 2
    assert result.stderr.decode(encoding).startswith("error: no model is called \\u6a21")


def test_an_ascii_terminal_gets_ascii_bars(child: Any) -> None:
    result = child("compare", "alpha", "gamma", "--format", "table", *OWN, PYTHONIOENCODING="ascii")
    text = result.stdout.decode("ascii")
    assert "###" in text
    assert "\\u" not in text and "- not configured" in text


WIDE = {
    "Chinese": "模型比较工具",
    "full width": "ＭＯＤＥＬ",
    "emoji": "😀😀😀",
    "joined emoji": "👩‍💻 x",
    "combining": "e\u0301a\u0308o\u0302",
    "Hangul": "한국어모델",
    "flags": "🇩🇪🇫🇷",
}


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes, by East Asian width."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


@pytest.mark.parametrize("name", WIDE.values(), ids=WIDE.keys())
@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_no_line_is_wider_than_the_terminal(
    name: str, width: str, spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    if "\u200d" in name:
        pytest.skip("a name with a joiner is refused (T17)")
    card = (
        card_text("bad").replace("name: bad", f"name: {name}").replace("A model", f"{name} " * 30)
    )
    spoilt.put(card.encode())
    for words in (("show", "bad"), ("compare", "bad", "good")):
        result = spoilt.run(*words, "--format", "table", *spoilt.own)
        assert result.code == 0
        assert max(map(cells, result.out.splitlines())) <= int(width)
