"""T3: nesting that overflows the stack of a parser."""

from __future__ import annotations

from typing import Any

import pytest

DEEP = {
    "lists just over": "a: " + "[" * 32 + "]" * 32,
    "mappings just over": "a: " + "{a: " * 32 + "1" + "}" * 32,
    "block lists": "a:\n  " + "- " * 40 + "x",
    "block mappings": "\n".join(" " * n + "a:" for n in range(40)),
    "open lists without end": "a: " + "[" * 25_000,
    "closed lists": "a: " + "[" * 25_000 + "]" * 25_000,
    "mappings without end": "a: " + "{a: " * 25_000,
    "block lists without end": "- " * 25_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_an_ordinary_refusal(text: str, spoilt: Any) -> None:
    spoilt.assert_refused(text.encode() + b"\n", "nested deeper than 32")


def test_what_is_nested_deep_enough_is_read(spoilt: Any, card_text: Any) -> None:
    """31 lists inside the card's own mapping: refused as an unknown field, not for its depth."""
    more = "extra: " + "[" * 31 + "]" * 31 + "\n"
    spoilt.assert_refused(card_text("bad", more).encode(), "extra: unknown field")
