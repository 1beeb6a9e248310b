"""Bars are always on the same scale and never longer than their cells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.render.charts import text_bar


@pytest.mark.parametrize(
    ("value", "bar"),
    [
        (0, "········"),
        (50, "████····"),
        (100, "████████"),
        (57, "████▌···"),
        (1, "▏·······"),
        (-5, "········"),
        (140, "████████"),
    ],
)
def test_bars(value: float, bar: str) -> None:
    assert text_bar(value, 8) == bar


@given(st.floats(0, 100), st.integers(1, 40), st.booleans())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_bar_fills_its_cells(value: float, cells: int, ascii_only: bool) -> None:
    bar = text_bar(value, cells, ascii_only=ascii_only)
    assert len(bar) == cells
    assert not ascii_only or set(bar) <= {"#", "."}
