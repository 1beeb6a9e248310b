"""T5: keys given twice, of which a plain loader keeps the last in silence."""

from __future__ import annotations

from typing import Any

import pytest

# Row: more lines of the card (they begin on line 8), line of the second, what it says.
TWICE = {
    "at the root": ("name: Other\n", 8, "name: is given twice, first on line 2"),
    "the id": ("id: other\n", 8, "id: is given twice, first on line 1"),
    "a block after flow": ("sources:\n  q: {title: Q}\n", 8, "sources: is given twice, first on line 7"),
    "in a mapping": ("context:\n  tokens: 1\n  tokens: 2\n", 10, "context.tokens: is given twice, first on line 9"),
    "in flow": ("context: {tokens: 1, tokens: 2}\n", 8, "context.tokens: is given twice, first on line 8"),
    "quoted": ("'name': Other\n", 8, "name: is given twice, first on line 2"),
    "escaped": ('"n\\u0061me": Other\n', 8, "name: is given twice, first on line 2"),
    "in a list": (
        "metrics:\n- metric: hf_likes\n  value: 1\n  value: 2\n", 11,
        "metrics[1].value: is given twice, first on line 10",
    ),
    "with the same value": ("maker: Maker\n", 8, "maker: is given twice, first on line 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", TWICE.values(), ids=TWICE.keys())
def test_both_lines_are_named(case: tuple[str, int, str], spoilt: Any, card_text: Any) -> None:
    more, line, words = case
    spoilt.assert_refused(card_text("bad", more).encode(), f"bad.yaml:{line}:")
    spoilt.assert_refused(card_text("bad", more).encode(), words)
