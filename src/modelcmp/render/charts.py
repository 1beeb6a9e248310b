"""Bars in text and pictures in SVG: numbers from 0 to 100, always on the same scale.

A number is always printed beside its bar or mark. A picture is drawn with percentages and no view box:
shown narrower, its lines get shorter while its letters keep their size.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelcmp.render.clean import xml

if TYPE_CHECKING:
    from modelcmp.comparison.plot import Line, Mark, Plot

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")

SHAPES = (
    '<circle r="6"/>',
    '<rect x="-5.5" y="-5.5" width="11" height="11"/>',
    '<path d="M0-7 7 5.5H-7z"/>',
    '<path d="M0-7.5 7.5 0 0 7.5-7.5 0z"/>',
)
"""One shape a model, beside its colour: meaning never rests on colour."""

LIGHT = ("#0072b2", "#d55e00", "#00795b", "#8a4fa3")
DARK = ("#56b4e9", "#e69f00", "#3fbf97", "#cc9be0")
"""Colours of the shapes, at least 3 to 1 against their background."""

WIDTH = 560
"""Width in pixels of a picture in a file of its own."""

_TRACK = (2.0, 58.0)
"""Where 0 and 100 stand, in percent of the width."""
_TEXT = 62.0
_LANE = 23
_HEAD = 25
_GAP = 12
_NAME_CELLS = 38

STYLE = """\
.mc-plot { font: 13px/1 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.mc-plot text { fill: #1c2330; }
.mc-plot .mc-soft { fill: #56606f; font-size: 12px; }
.mc-plot .mc-strong { font-weight: 650; }
.mc-plot .mc-grid { stroke: #d7dce3; }
.mc-plot .mc-band { opacity: .3; }
.mc-plot .mc-paper { fill: #fff; }
"""
STYLE_DARK = """\
.mc-plot text { fill: #e6e9ee; }
.mc-plot .mc-soft { fill: #a3adba; }
.mc-plot .mc-grid { stroke: #39424f; }
.mc-plot .mc-band { opacity: .38; }
.mc-plot .mc-paper { fill: #14181f; }
"""


def text_bar(value: float, cells: int, *, ascii_only: bool = False) -> str:
    """Return a bar of `cells` characters for a value from 0 to 100.

    >>> text_bar(57, 10)
    '█████▊····'
    >>> text_bar(57, 10, ascii_only=True)
    '######....'
    """
    value = min(100.0, max(0.0, value))
    if ascii_only:
        filled = round(value * cells / 100)
        return "#" * filled + "." * (cells - filled)
    eighths = round(value * cells * 8 / 100)
    bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
    return bar + "·" * (cells - len(bar))


def picture_style() -> str:
    """Return the style sheet of all pictures, light and, where the reader asks for it, dark."""
    rules = STYLE_DARK + _colours(DARK, "#14181f")
    dark = "".join(f"  {line}\n" for line in rules.splitlines())
    return f"{STYLE}{_colours(LIGHT, '#fff')}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _colours(colours: Sequence[str], paper: str) -> str:
    rules = [
        f".mc-plot .mc-{number} {{ fill: {colour}; stroke: {colour}; }}\n"
        for number, colour in enumerate(colours)
    ]
    # Last, since it takes the filling from the colour before it.
    hollow = f".mc-plot .mc-hollow {{ fill: {paper}; stroke-width: 2; }}\n"
    return "".join([*rules, hollow])


def draw_plot(plot: Plot) -> str:
    """Return a plot as an SVG file of its own, for a Markdown document to show as an image.

    It loads nothing, carries its description, and follows the reader's light or dark.
    """
    style = f"<style>\n{picture_style()}</style>"
    paper = '<rect class="mc-paper" width="100%" height="100%" rx="6"/>'
    inner = f'<svg x="16" y="14" width="{WIDTH - 32}">\n{_drawing(plot)}\n</svg>'
    size = f'width="{WIDTH}" height="{_height(plot) + 28}"'
    return _svg(f'xmlns="http://www.w3.org/2000/svg" {size}', "plot", plot, style, paper, inner)


def plot_element(plot: Plot, key: str) -> str:
    """Return a plot as an element for an HTML page that carries `picture_style()`.

    `key` sets its ids apart from those of other pictures in the page.
    """
    return _svg(f'width="100%" height="{_height(plot)}"', key, plot, _drawing(plot))


def _svg(attributes: str, key: str, plot: Plot, *parts: str) -> str:
    head = (
        f'<svg {attributes} class="mc-plot" role="img" aria-labelledby="{key}-title {key}-desc">\n'
        f'<title id="{key}-title">{xml(plot.title)}</title>\n'
        f'<desc id="{key}-desc">{xml(plot.description)}</desc>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def legend_shape(number: int) -> str:
    """Return the mark of the model with this number, as a small picture that says nothing itself."""
    return (
        '<svg class="mc-plot mc-key" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">'
        f'<g class="mc-{number % len(LIGHT)}">{_shape(number)}</g></svg>'
    )


def _shape(number: int) -> str:
    return SHAPES[number % len(SHAPES)]


def _height(plot: Plot) -> int:
    lines = [line for line in plot.lines if line.drawn]
    lanes = len(lines) * len(plot.names) * _LANE
    return len(plot.names) * _LANE + lanes + len(lines) * (_HEAD + _GAP) + _GAP + 14


def _drawing(plot: Plot) -> str:
    return "\n".join(_pieces(plot))


def _pieces(plot: Plot) -> Iterator[str]:
    top = 0
    for number, name in enumerate(plot.names):
        yield _legend(number, name, top)
        top += _LANE
    for line in plot.lines:
        if line.drawn:
            top += _GAP
            yield from _line(line, top)
            top += _HEAD + len(plot.names) * _LANE
    yield _axis(top + _GAP + 8)


def _legend(number: int, name: str, top: int) -> str:
    shape = f'<g class="mc-{number % len(LIGHT)}">{_shape(number)}</g>'
    mark = f'<svg x="8" y="{top + 11}" overflow="visible">{shape}</svg>'
    return f'{mark}<text x="24" y="{top + 15}">{xml(short(name, _NAME_CELLS))}</text>'


def _line(line: Line, top: int) -> Iterator[str]:
    note = f'<tspan class="mc-soft" dx="8">{xml(line.note)}</tspan>' if line.note else ""
    label = f'<tspan class="mc-strong">{xml(line.label)}</tspan>{note}'
    yield f'<text x="0" y="{top + 16}">{label}</text>'
    lanes = top + _HEAD
    bottom = lanes + len(line.marks) * _LANE
    for value in (0, 25, 50, 75, 100):
        x = _x(value)
        yield f'<line class="mc-grid" x1="{x}" x2="{x}" y1="{lanes}" y2="{bottom}"/>'
    for number, mark in enumerate(line.marks):
        yield _lane(number, mark, lanes + number * _LANE + _LANE // 2)


def _lane(number: int, mark: Mark, y: int) -> str:
    parts = []
    if mark.score is not None:
        colour = f"mc-{number % len(LIGHT)}"
        left, wide = _x(mark.low), _share(mark.high - mark.low)
        parts.append(
            f'<rect class="mc-band {colour}" x="{left}" y="{y - 4}" width="{wide}" height="8" rx="4"/>'
        )
        filled = colour if mark.known else f"{colour} mc-hollow"
        shape = f'<g class="{filled}">{_shape(number)}</g>'
        parts.append(f'<svg x="{_x(mark.score)}" y="{y}" overflow="visible">{shape}</svg>')
    number_text = f'<tspan class="mc-strong">{xml(mark.text)}</tspan>'
    note = f'<tspan class="mc-soft" dx="7">{xml(mark.note)}</tspan>'
    parts.append(f'<text x="{_TEXT:g}%" y="{y + 5}">{number_text}{note}</text>')
    return "".join(parts)


def _axis(y: int) -> str:
    return "".join(
        f'<text class="mc-soft" text-anchor="middle" x="{_x(value)}" y="{y}">{value}</text>'
        for value in (0, 50, 100)
    )


def _x(value: float) -> str:
    return f"{_TRACK[0] + min(100.0, max(0.0, value)) * (_TRACK[1] - _TRACK[0]) / 100:.2f}%"


def _share(width: float) -> str:
    return f"{min(100.0, max(0.0, width)) * (_TRACK[1] - _TRACK[0]) / 100:.2f}%"


def short(text: str, cells: int) -> str:
    """Return `text` cut to a width in letters, wide ones counted twice; the cut is marked.

    >>> short("a long name", 7), short("日本語日本語", 7)
    ('a long…', '日本語…')
    """
    if sum(map(_cells, text)) <= cells:
        return text
    kept, room = "", cells - 1
    for letter in text:
        room -= _cells(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def _cells(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
