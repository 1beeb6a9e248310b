"""Workflow commands of GitHub Actions: findings that show beside the line they are about.

A step shows ten annotations of a kind and drops the rest without a word. So the worst come first,
what finds no room stands in the log as a plain line, and the count comes last.
"""

from __future__ import annotations

from modelcmp.catalogue.codes import severity
from modelcmp.comparison.findings import hint_of, tally_text, worst_first
from modelcmp.comparison.tables import count
from modelcmp.errors import CardProblem
from modelcmp.render.clean import no_command, visible

SHOWN = 10
"""Annotations of one kind that a step shows."""


def render_findings(problems: list[CardProblem], cards: int) -> str:
    """Return one annotation per finding, the worst first, and a line with the count."""
    # The count is a notice too, and must not be the eleventh.
    room = {"error": SHOWN, "warning": SHOWN, "notice": SHOWN - 1}
    lines = []
    for problem in worst_first(problems):
        kind = severity(problem.code)
        if room[kind]:
            room[kind] -= 1
            lines.append(_annotation(kind, problem))
        else:
            lines.append(no_command(visible(f"{problem} [{problem.code}]")))
    left = len(problems) - sum(line.startswith("::") for line in lines)
    told = f"{tally_text(problems)} in {count(cards, 'card')}"
    told += f"; {left} more stand in the log" if left else ""
    lines.append(f"::notice title=modelcmp validate::{_data(told)}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(kind: str, problem: CardProblem) -> str:
    said = f"{problem.field}: {problem.message}" if problem.field else problem.message
    where = {"file": problem.file, "title": f"modelcmp {problem.code}"}
    if problem.line:
        where |= {"line": str(problem.line), "col": str(problem.column)}
    properties = ",".join(f"{name}={_property(value)}" for name, value in where.items())
    return f"::{kind} {properties}::{_data(f'{said} ({hint_of(problem)})')}"


def _data(text: str) -> str:
    """Return text for after the second pair of colons."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return text for before it, where colon and comma have a meaning of their own."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
