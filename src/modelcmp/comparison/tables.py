"""A report: titled tables in words, with the values they were made from for programs.

What no format needs a shape of its own for (what changed, what is missing, what is wrong) becomes
one of these, so that a new report needs no renderer and a new format only one function.
"""

from typing import Any, NamedTuple

Value = str | float | int | bool | None


class Section(NamedTuple):
    """One table: a title, a sentence before it, and rows of words; `right` columns hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text: str = ""
    right: frozenset[int] = frozenset()


class Report(NamedTuple):
    """What people read (title, text, sections) and what programs read (document, lines)."""

    title: str
    text: str
    sections: tuple[Section, ...]
    document: dict[str, Any]
    """The JSON object, its `schema` first."""
    lines: tuple[tuple[Value, ...], ...]
    """One flat table; the first line names its columns."""


def count(number: int, what: str) -> str:
    """Return a number with its noun.

    >>> count(1, "card"), count(0, "card")
    ('1 card', 'no cards')
    """
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
