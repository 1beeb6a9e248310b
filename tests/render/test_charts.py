"""Bars and pictures are always on the same scale, and a picture says in words what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.comparison.plot import Line, Mark, Plot, plot_scores
from modelcmp.render.charts import DARK, LIGHT, draw_plot, plot_element, short, text_bar
from modelcmp.scoring.rank import Method, rank_model

CASES = Path(__file__).resolve().parent.parent / "cases"
SVG = "{http://www.w3.org/2000/svg}"


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


def plot_of(*marks: Mark, name: str = "One") -> Plot:
    """Return a plot of one line."""
    names = tuple(f"{name} {number}" for number in range(len(marks)))
    return Plot("Scores", "In words.", names, (Line("rank", "Rank", "of 100", marks),))


def case_plot(method: Method, *names: str) -> Plot:
    """Return the plot of cards of tests/cases."""
    catalogue = load_catalogue([CASES], builtin=False, cache=None)
    return plot_scores([rank_model(catalogue.get(name), method) for name in names], method)


def test_a_mark_stands_where_its_score_is() -> None:
    plot = plot_of(Mark(0, 0, 0, True, "0", ""), Mark(50, 25, 100, True, "50", ""))
    tree = ElementTree.fromstring(draw_plot(plot))
    shapes = [e.get("x") for e in tree.iter(f"{SVG}svg") if e.get("overflow") and e.get("x") != "8"]
    bands = [e for e in tree.iter(f"{SVG}rect") if "mc-band" in (e.get("class") or "")]
    # 0 stands at 2 % of the width and 100 at 58 %, so 50 stands at 30 %.
    assert shapes == ["2.00%", "30.00%"]
    assert [(e.get("x"), e.get("width")) for e in bands] == [
        ("2.00%", "0.00%"),
        ("16.00%", "42.00%"),
    ]


def test_models_differ_in_shape_as_well_as_in_colour() -> None:
    plot = plot_of(*(Mark(50, 40, 60, True, "50", "") for _ in range(4)))
    text = draw_plot(plot)
    found = re.findall(r'x="30.00%"[^>]*><g class="(mc-\d)"><(\w+ [a-z]+="[^"]*")', text)
    assert [colour for colour, _ in found] == ["mc-0", "mc-1", "mc-2", "mc-3"]
    assert len({shape for _, shape in found}) == 4
    assert all(colour in text for colour in (*LIGHT, *DARK))


def test_what_is_unknown_has_a_hollow_mark_and_what_is_off_has_none(method: Method) -> None:
    plot = case_plot(method, "alpha", "sparse")
    tree = ElementTree.fromstring(draw_plot(plot))
    drawn = [line for line in plot.lines if line.drawn]
    unknown = sum(not mark.known for line in drawn for mark in line.marks)
    assert unknown
    assert "match" not in [line.id for line in drawn]
    hollow = [e for e in tree.iter(f"{SVG}g") if "mc-hollow" in (e.get("class") or "")]
    assert len(hollow) == unknown
    assert "Match graph" not in "".join(e.text or "" for e in tree.iter(f"{SVG}tspan"))


def test_a_plot_describes_every_number_it_shows(method: Method) -> None:
    plot = case_plot(method, "alpha", "beta", "sparse")
    tree = ElementTree.fromstring(draw_plot(plot))
    described = tree.findtext(f"{SVG}desc")
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "plot-title plot-desc"
    assert described is not None
    for line in plot.lines:
        assert line.label in described
        for name, mark in zip(plot.names, line.marks, strict=True):
            assert f"{name} {mark.text}, {mark.note}" in described or not mark.known


def test_the_dimensions_stand_by_weight_whatever_the_models(method: Method) -> None:
    expected = ["rank", "quality", "adoption", "ecosystem", "freshness", "match"]
    assert [line.id for line in case_plot(method, "alpha", "beta").lines] == expected
    assert [line.id for line in case_plot(method, "sparse").lines] == expected


def test_a_picture_loads_nothing_and_follows_light_and_dark(method: Method) -> None:
    text = draw_plot(case_plot(method, "alpha", "hostile"))
    # The namespace and the letters of a hostile name stay; no attribute names an address.
    attributes = [value for e in ElementTree.fromstring(text).iter() for value in e.attrib.values()]
    assert not any("//" in value or "url(" in value for value in attributes)
    assert "@import" not in text and "url(" not in text
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert {e.tag.removeprefix(SVG) for e in ElementTree.fromstring(text).iter()} <= {
        "svg", "title", "desc", "style", "rect", "circle", "path", "g", "text", "tspan", "line",
    }  # fmt: skip


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_name_is_well_formed(name: str) -> None:
    mark = Mark(1, 0, 2, True, name, name)
    tree = ElementTree.fromstring(draw_plot(plot_of(mark, name=name)))
    assert sum(1 for _ in tree.iter(f"{SVG}text")) == 6


def test_equal_plots_give_equal_bytes(make_card: Callable[..., ModelCard], method: Method) -> None:
    plots = [plot_scores([rank_model(make_card("one"), method)], method) for _ in range(2)]
    assert draw_plot(plots[0]) == draw_plot(plots[1])
    assert 'aria-labelledby="b-title b-desc"' in plot_element(plots[0], "b")


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本語", 6), ("", 1)])
def test_a_name_that_fits_is_not_cut(text: str, cells: int) -> None:
    assert short(text, cells) == text
