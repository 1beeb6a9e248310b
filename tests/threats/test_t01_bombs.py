"""T1: aliases and merge keys that multiply. None is expanded; the first anchor is refused."""

from __future__ import annotations

from typing import Any

import pytest


def layers(count: int, width: int, item: str) -> str:
    """Return `count` lists, each of `width` aliases of the one before."""
    lines = [f"a0: &a0 {item}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, count)]
    return "\n".join(lines) + "\n"


def merges(count: int, width: int) -> str:
    """Return `count` mappings, each merged `width` times from the one before."""
    lines = ["m0: &m0 {k: v}"]
    lines += [f"m{n}: &m{n}\n  <<: [{', '.join([f'*m{n - 1}'] * width)}]" for n in range(1, count)]
    return "\n".join(lines) + "\n"


BOMBS = {
    "nine lists of nine": layers(9, 9, "[x]"),
    "long and thin": layers(60, 2, "[x]"),
    "short and wide": layers(3, 2_000, "[x]"),
    "of long text": layers(5, 9, "x" * 5_000),
    "nine merges of nine": merges(9, 9),
    "long chain of merges": merges(60, 2),
    "a list that holds itself": "a: &a [*a, *a]\n",
    "a mapping that holds itself": "a: &a {b: *a, c: *a}\n",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_where_it_begins(bomb: str, spoilt: Any, card_text: Any) -> None:
    spoilt.assert_refused(card_text("bad", bomb).encode(), ":8:")


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_list_goes_on_without_it(bomb: str, spoilt: Any) -> None:
    spoilt.assert_left_out(bomb.encode(), "an anchor (&) is not allowed; write the value out")
