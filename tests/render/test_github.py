"""Annotations of GitHub Actions: escaped, the worst first, no more than are shown, the count last."""

from __future__ import annotations

from modelcmp.errors import CardProblem
from modelcmp.render.github import SHOWN, render_findings


def problem(number: int = 1, code: str = "bad-value", **more: str) -> CardProblem:
    given = {"file": "a.yaml", "field": "f", "message": "is wrong", **more}
    return CardProblem(line=number, column=2, code=code, **given)  # type: ignore[arg-type]


def test_one_finding() -> None:
    text = render_findings([problem(hint="write it anew")], 3)
    assert text == (
        "::error file=a.yaml,title=modelcmp bad-value,line=1,col=2::f: is wrong (write it anew)\n"
        "::notice title=modelcmp validate::1 error in 3 cards\n"
    )


def test_what_the_runner_would_act_on_is_escaped() -> None:
    text = render_findings([problem(file="a,b:c%.yaml", message="x\r\n::error::y%\x1b[31m")], 1)
    first, last = text.splitlines()
    assert first.startswith("::error file=a%2Cb%3Ac%25.yaml,title=")
    assert "::f: x ::error::y%25\\x1b[31m (" in first
    assert last == "::notice title=modelcmp validate::1 error in 1 card"


def test_the_worst_comes_first_and_what_finds_no_room_is_a_plain_line() -> None:
    found = [problem(n, "signal-spread") for n in range(1, 13)]
    found += [problem(n, "price-unit") for n in range(1, 3)]
    found += [problem(n) for n in range(1, 13)]
    lines = render_findings(found, 1).splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds.count("::error") == kinds.count("::notice") == SHOWN
    assert kinds.count("::warning") == 2
    assert kinds.index("::error") < kinds.index("::warning") < kinds.index("::notice")
    assert lines[-1].endswith(
        "12 errors, 2 warnings, 12 notices in 1 card; 5 more stand in the log"
    )
    plain = [line for line in lines if not line.startswith("::")]
    assert plain[0] == "a.yaml:11:2: f: is wrong [bad-value]"
    assert len(plain) == 5


def test_a_line_of_the_log_is_no_command() -> None:
    found = [problem(file="::error::x.yaml") for _ in range(SHOWN + 1)]
    plain = render_findings(found, 1).splitlines()[SHOWN]
    assert plain.startswith(": :error")


def test_nothing_found() -> None:
    assert render_findings([], 0) == ("::notice title=modelcmp validate::no problems in no cards\n")
