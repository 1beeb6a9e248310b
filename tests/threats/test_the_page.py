"""docs/threats.md: a line for each row of the table of threats, and tests that exist behind each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modelcmp.errors import fold

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = {row[0]: row for row in re.findall(r"^\| (T\d+) \| (.+?) \| (.*?) ?\|$", PAGE, re.M)}


def test_every_row_has_its_line() -> None:
    assert list(ROWS) == [f"T{number}" for number in range(1, 41)]


@pytest.mark.parametrize("row", ROWS)
def test_the_tests_it_names_exist(row: str) -> None:
    _, told, modules = ROWS[row]
    named = re.findall(r"`([^`]+)`", modules)
    assert told.endswith(".")
    assert named or told.startswith("Does not apply")
    for module in named:
        path = ROOT / "tests" / module
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^def test_", text, re.M), module
        if module.startswith("threats/test_t"):
            assert text.startswith(f'"""{row}: '), module


def test_every_module_of_a_row_is_named() -> None:
    named = set(re.findall(r"`threats/([^`]+)`", PAGE))
    there = {path.name for path in (ROOT / "tests" / "threats").glob("test_*.py")}
    assert there - named == {"test_the_page.py"}


def test_names_that_the_page_calls_one_are_one() -> None:
    (names,) = re.findall(r"so (.+?) are one", PAGE)
    assert len({fold(name) for name in re.findall(r"`([^`]+)`", names)}) == 1
