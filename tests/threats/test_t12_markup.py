"""T12: Rich markup, emoji codes and highlighting: a card's words are shown letter by letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

STRINGS = (
    "[red]stop[/red]", "[/red]", "[bold", "[link=https://e.org]x[/link]", ":bug:", ":smile: x",
    "[on red] y", "\\[red]", "[[red]]", "[not a tag]", "[@click=app.quit]q[/]", "[1, 2, 3]",
)  # fmt: skip
SCREENS: dict[str, tuple[str, ...]] = {
    "show": ("show", "bad", "--full", "--format", "table"),
    "compare": ("compare", "bad", "good", "--full", "--format", "table"),
    "list": ("list", "--format", "tsv"),
    "export": ("export", "--format", "csv"),
}


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
@pytest.mark.parametrize("text", STRINGS)
def test_markup_is_shown_letter_by_letter(
    text: str,
    screen: tuple[str, ...],
    spoilt: Any,
    card_text: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    spoilt.put(card_text("bad").replace("name: bad", f"name: {json.dumps(text)}").encode())
    result = spoilt.run(*screen, *spoilt.own)
    assert result.code == 0
    assert text in result.out


@pytest.mark.parametrize("text", STRINGS)
def test_what_changed_is_shown_letter_by_letter(
    text: str, spoilt: Any, card_text: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    after = tmp_path / "after"
    after.mkdir()
    named = card_text("good").replace("maker: Maker", f"maker: {json.dumps(text)}")
    (after / "good.yaml").write_text(named)
    for kind in ("table", "tsv"):
        words = ("diff", str(spoilt.folder), str(after), "--no-builtin", "--format", kind)
        result = spoilt.run(*words)
        assert result.code == 0
        assert text in result.out


@pytest.mark.parametrize("text", STRINGS)
def test_markup_in_an_error_is_shown_letter_by_letter(text: str, spoilt: Any) -> None:
    result = spoilt.run("show", *spoilt.own, "--", text)
    assert result.code == 2
    assert text in result.err


def test_no_emoji_and_no_highlight_reach_a_colour_terminal(
    spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    spoilt.put(card_text("bad").replace("name: bad", 'name: ":bug: 42 None [red]x"').encode())
    result = spoilt.run("compare", "bad", "good", "--format", "table", *spoilt.own)
    assert ":bug: 42 None [red]x" in result.out
