"""T6: words that YAML 1.1 turns into something else. Text stays the text that was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

WORDS = (
    "no", "No", "NO", "yes", "Yes", "on", "On", "OFF", "off", "y", "n", "010", "0o10", "0x1F",
    "1_000", "1:30", "12:30:45", "2024-10-22", "2024-13-45", "2024-01-02T99:99:99Z", "3.10.1",
    "=", "nan", "inf", "null and void", "~/models", "1e", "+1 555", "Infinity", "NULL.",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_name_is_shown_as_it_was_written(word: str, spoilt: Any, card_text: Any) -> None:
    spoilt.put(card_text("bad").replace("name: bad", f"name: {word}").encode())
    shown = spoilt.run("show", "bad", "--json", *spoilt.own)
    assert shown.code == 0
    assert json.loads(shown.out)["name"] == word


@pytest.mark.parametrize("word", ["3.10", "1e3", "true", "null", "12", "-0"])
def test_a_word_that_yaml_12_calls_no_text_needs_quotes(
    word: str, spoilt: Any, card_text: Any
) -> None:
    text = card_text("bad").replace("name: bad", f"name: {word}")
    spoilt.assert_refused(text.encode(), "name: must be text")
    spoilt.put(text.replace(f"name: {word}", f'name: "{word}"').encode())
    assert spoilt.run("show", "bad", *spoilt.own).code == 0
