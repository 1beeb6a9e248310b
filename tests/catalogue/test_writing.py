"""New cards as text: what is written is what the reader takes back, in the manner of the house."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcmp.catalogue.reader import REFUSED, parse_yaml
from modelcmp.catalogue.writing import write_flow, write_scalar, write_yaml

TEXTS = st.text(max_size=200).filter(lambda text: not REFUSED.search(text))
WORDS = st.sampled_from(
    [
        *[
            "no",
            "yes",
            "010",
            "1:30",
            "1_000",
            "~",
            "",
            "null",
            "2024",
            "2024-10-22",
            "1e5",
            ".inf",
        ],
        *["-", "- a", "a: b", "a #b", "#a", "?", "*a", "&a", "!x", "%x", "@x", "`x", "'x'", '"x"'],
        *["[a", "{a", "a,b", "x:", "<<", "---", "...", "0x1f", "- ", "a\nb", " a", "a "],
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e9, 1e9, allow_nan=False)
    | TEXTS
    | WORDS
)
KEYS = st.sampled_from(["id", "no", "y", "a b", "3", "key_1", "note", "x: y", "<<", "#"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    assert parse_yaml(write_yaml(value).encode(), "f").value == value


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
def test_what_is_written_on_one_line_is_read_back(value: dict[str, Any]) -> None:
    text = f"x: {write_flow(value)}\n"
    assert parse_yaml(text.encode(), "f").value == {"x": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("FLUX.1 [dev]", "FLUX.1 [dev]"),
        ("3.5", '"3.5"'),
        ("on", '"on"'),
        ("1:30", '"1:30"'),
        ("2024-10-22", "2024-10-22"),
        ("https://example.org/a#b", "https://example.org/a#b"),
        ("a: b", '"a: b"'),
        ("", '""'),
        (True, "true"),
        (None, "null"),
        (2.5, "2.5"),
    ],
)
def test_scalars(value: Any, text: str) -> None:
    assert write_scalar(value) == text


def test_long_text_is_folded() -> None:
    sentence = "Seven words that say nothing at all, " * 5
    text = write_yaml({"summary": sentence.strip(), "list": [{"note": sentence.strip(), "n": 1}]})
    assert text.startswith("summary: >-\n  Seven words")
    assert max(map(len, text.splitlines())) <= 118
    assert parse_yaml(text.encode(), "f").value["list"][0]["note"] == sentence.strip()


def test_a_list_of_words_stands_on_one_line_and_one_of_names_does_not() -> None:
    assert write_yaml({"tasks": ["a", "b"]}) == "tasks: [a, b]\n"
    assert write_yaml({"aliases": ["a b", "c"]}) == "aliases:\n  - a b\n  - c\n"
