"""T17: characters that cannot be seen or that turn the line round."""

from __future__ import annotations

import json
from typing import Any

import pytest

TURNING = (0x061C, 0x200E, 0x200F, 0x202A, 0x202D, 0x202E, 0x2066, 0x2067, 0x2069)
HIDDEN = (0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0x2064)


@pytest.mark.parametrize("code", TURNING, ids=hex)
def test_what_turns_text_round_is_refused_anywhere(code: int, spoilt: Any, card_text: Any) -> None:
    text = card_text("bad").replace("A model", f"A {chr(code)}model")
    spoilt.assert_refused(text.encode(), f"bad.yaml:4:12: character U+{code:04X} is not allowed")


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_what_cannot_be_seen_is_refused_in_names(code: int, spoilt: Any, card_text: Any) -> None:
    text = card_text("bad").replace("name: bad", f"name: ba{chr(code)}d")
    spoilt.assert_refused(text.encode(), f"holds the invisible character U+{code:04X}")


@pytest.mark.parametrize("code", [0x200B, 0x200D, 0x2060], ids=hex)
@pytest.mark.parametrize("kind", ["table", "markdown"])
def test_what_cannot_be_seen_is_spelled_out_in_text(
    code: int, kind: str, spoilt: Any, card_text: Any
) -> None:
    quoted = json.dumps(f"one{chr(code)}two", ensure_ascii=False)
    card = card_text("bad").replace("A model for a test.", quoted)
    spoilt.put(card.encode())
    shown = spoilt.run("show", "bad", "--format", kind, *spoilt.own)
    assert shown.code == 0
    assert chr(code) not in shown.out
    assert f"oneU+{code:04X}two" in shown.out


@pytest.mark.parametrize("code", [*TURNING, *HIDDEN], ids=hex)
def test_an_argument_is_spelled_out(code: int, spoilt: Any) -> None:
    asked = spoilt.run("show", f"go{chr(code)}od", *spoilt.own)
    assert chr(code) not in asked.out + asked.err or code == 0xAD
