"""What `validate` found, as a report: every problem with its place, code, severity and hint."""

from collections.abc import Sequence
from typing import Any

from modelcmp.catalogue.codes import CODES, SEVERITIES, severity
from modelcmp.comparison.tables import Report, Section, Value, count
from modelcmp.errors import CardProblem

FINDINGS = "modelcmp/findings/1"


def hint_of(problem: CardProblem) -> str:
    """Return what to do about a problem: its own hint, else that of its code."""
    return problem.hint or CODES[problem.code].hint


def failing_problems(problems: Sequence[CardProblem]) -> list[CardProblem]:
    """Return the problems that make a check say no: errors and warnings."""
    return [problem for problem in problems if severity(problem.code) != "notice"]


def worst_first(problems: Sequence[CardProblem]) -> list[CardProblem]:
    """Return problems by severity, then by place."""
    return sorted(problems, key=lambda p: (SEVERITIES.index(severity(p.code)), p))


def tally(problems: Sequence[CardProblem]) -> dict[str, int]:
    """Return how many problems there are of each severity."""
    return {name: sum(severity(p.code) == name for p in problems) for name in SEVERITIES}


def tally_text(problems: Sequence[CardProblem]) -> str:
    """Return the same in words, or "no problems"."""
    told = [count(number, name) for name, number in tally(problems).items() if number]
    return ", ".join(told) or "no problems"


def place_text(problem: CardProblem) -> str:
    """Return `file:line:column`, or the file alone where the whole of it is meant."""
    if not problem.line:
        return problem.file
    return f"{problem.file}:{problem.line}:{problem.column}"


def report_findings(problems: Sequence[CardProblem], cards: int, *, strict: bool) -> Report:
    """Return the report of a check over so many cards."""
    rows = tuple(
        (place_text(p), f"{severity(p.code)}: {p.code}", p.field, p.message, hint_of(p))
        for p in problems
    )
    columns = ("Where", "Code", "Field", "Problem", "What to do")
    head = ("file", "line", "column", "severity", "code", "field", "message", "hint")
    lines: list[tuple[Value, ...]] = [head]
    lines += [tuple(_plain(p)[name] for name in head) for p in problems]
    return Report(
        title="Card check",
        text=f"{count(cards, 'card')} checked{', strictly' if strict else ''}: "
        f"{tally_text(problems)}.",
        sections=(Section("Problems", columns, rows),) if rows else (),
        document={
            "schema": FINDINGS,
            "cards": cards,
            "strict": strict,
            "counts": tally(problems),
            "problems": [_plain(p) for p in problems],
        },
        lines=tuple(lines),
    )


def _plain(problem: CardProblem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line or None,
        "column": problem.column or None,
        "field": problem.field or None,
        "code": problem.code,
        "severity": severity(problem.code),
        "message": problem.message,
        "hint": hint_of(problem),
    }
