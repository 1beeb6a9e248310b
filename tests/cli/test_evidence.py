"""The commands under `evidence`: a log in, and what it then says."""

from __future__ import annotations

import io
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelcmp.cli import evidence as commands
from modelcmp.cli import main
from modelcmp.cli.app import group_app
from modelcmp.cli.session import Session
from modelcmp.errors import ModelcmpError, UsageError
from modelcmp.matching.store import EvidenceError
from modelcmp.render import drawing

CASES = Path(__file__).resolve().parent.parent / "cases"
HEAD = "time,client,query,action,model,position\n"
DAYS = ("2026-11-01", "2026-11-02")


class Found(NamedTuple):
    """A match as the index gives it."""

    model: str
    capability: str | None
    strength: float
    words: tuple[str, ...]


Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Return a runner of sub-commands over the cards of the cases, with a small matcher."""

    def match(query: str) -> list[Found]:
        return [Found("alpha", "writes", 0.8, ("write",))] if "write" in query else []

    class Matching:
        best = staticmethod(match)
        __call__ = staticmethod(match)

        def __contains__(self, query: str) -> bool:
            return True

    monkeypatch.setattr(Session, "index", Matching())
    monkeypatch.setattr(Session, "look_up", lambda *_, **__: Matching())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("MODELCMP_EVIDENCE", raising=False)

    def runner(*arguments: str) -> tuple[str, str]:
        own = ("--catalogue", str(CASES), "--no-builtin")
        app = group_app("evidence", commands)
        capsys.readouterr()
        app([*arguments, *own], prog_name="modelcmp evidence", standalone_mode=False)
        captured = capsys.readouterr()
        return captured.out, captured.err

    return runner


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Return a log: a frequent need that alpha serves, one that nothing serves, a rare one."""
    rows = [
        f"{day}T10:00:00Z,c{n},{query},{action},{model},{place}\n"
        for day in DAYS
        for n in range(4)
        for query, action, model, place in (
            ("write a story", "impression", "Alpha", 1),
            ("write a story", "impression", "beta", 2),
            ('=fold "proteins" [x](y) | <b>', "search", "", ""),
        )
    ]
    rows += [f"{DAYS[0]}T10:00:05Z,c1,Write a story,click,alpha,1\n"]
    rows += [
        f"{DAYS[0]},c9,only once,search,,\n",
        f"{DAYS[0]},c9,alpha please,search,,\n",
        "broken\n",
    ]
    path = tmp_path / "log.csv"
    path.write_text(HEAD + "".join(rows))
    return str(path)


def facts(text: str) -> dict[str, tuple[str, str]]:
    return {row["name"]: (row["value"], row["remark"]) for row in json.loads(text)["rows"]}


def test_add_reports_what_was_read(run: Run, log: str) -> None:
    out, err = run("add", log, "--json")
    found = facts(out)
    assert found.pop("held against the index") == ("100 %", "of all episodes")
    counts = {name: int(value) for name, (value, _) in found.items() if value != "bad row"}
    assert counts == {
        "rows": 28, "bad rows": 1, "episodes": 18, "distinct queries": 4, "matched": 8, "picked": 1,
        "navigational": 1, "redacted": 0, "over the cap": 0, "clients set aside": 0,
        "rows without a client": 0,
    }  # fmt: skip
    assert found[f"{log}:29"] == ("bad row", "has 1 columns where the header has 6")
    assert err == ""


def test_the_same_log_again_is_said_to_be_known(run: Run, log: str) -> None:
    run("add", log)
    out, err = run("add", log, "--json")
    assert facts(out)["episodes"][0] == "0"
    assert "was counted before; nothing was added" in err


def test_rows_without_clients_are_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("q\nx\ny\n")
    _, err = run("add", str(tmp_path / "q.csv"), "--day", "2026-11-01")
    assert "2 rows name no client or session; each counts as an episode" in err


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def make_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal."""
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def pass_time(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """Let each look at the clock find it so many seconds later."""
    clock = itertools.count(0, step)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))


def test_a_bar_shows_what_takes_more_than_a_second(
    run: Run, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = make_terminal(monkeypatch)
    pass_time(monkeypatch, 1.1)
    out, _ = run("add", log, "--json")
    assert "reading" in terminal.getvalue() and "100%" in terminal.getvalue()
    # What was drawn is taken away at the end, and none of it is in the result.
    assert terminal.getvalue().endswith("\x1b[2K")
    assert facts(out)["rows"][0] == "28"


@pytest.mark.parametrize(
    ("step", "options"), [(0.1, ()), (1.1, ("--no-progress",)), (1.1, ("--quiet",))]
)
def test_no_bar_for_what_is_quick_or_where_it_is_not_wanted(
    run: Run, log: str, monkeypatch: pytest.MonkeyPatch, step: float, options: Any
) -> None:
    terminal = make_terminal(monkeypatch)
    pass_time(monkeypatch, step)
    run("add", log, *options)
    assert terminal.getvalue() == ""


def test_no_bar_where_nobody_looks(run: Run, log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pass_time(monkeypatch, 1.1)
    assert run("add", log)[1] == ""


def test_a_log_that_is_mostly_bad_is_a_no(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text(HEAD + "broken\n" * 100)
    capsys.readouterr()
    own = ["--catalogue", str(CASES), "--no-builtin"]
    assert main(["evidence", "add", str(tmp_path / "bad.csv"), *own]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"error: {tmp_path}/bad.csv: 100 of 100 rows are bad, so nothing was kept"
    )
    assert json.loads(run("stats", "--json")[0])["text"] == commands.NO_EVIDENCE


def test_stats(run: Run, log: str) -> None:
    run("add", log)
    out, _ = run("stats", "--json")
    found = facts(out)
    assert (
        json.loads(out)["text"]
        == "18 episodes on 2 days; 100% of them were held against the index."
    )
    assert found["episodes"] == ("18", "1 name a model and count apart")
    assert found["rare"] == ("2", "queries too seldom seen to be shown, 2 episodes")
    assert found["days"] == ("2", "2026-11-01 to 2026-11-02")
    assert found["alpha"][0] == found["beta"][0] == "8"
    assert "picked 1, lift" in found["alpha"][1]
    assert "only once" not in out


def test_gaps_name_needs_that_nothing_serves(run: Run, log: str) -> None:
    run("add", log)
    found = facts(run("gaps", "--json")[0])
    assert found['=fold "proteins" [x](y) | <b>'] == ("8", "episodes; best match 0.00 of 1")
    assert found["rare"] == ("1", "episodes of 1 queries too rare to show")
    assert not [name for name in found if "only once" in name]


def test_why(run: Run, log: str) -> None:
    run("add", log)
    found = facts(run("why", "ALPHA", "--json")[0])
    assert found["write a story"] == ("8", "writes by write; shown 8, picked 1, on 2 days")
    assert facts(run("why", "alpha", "  WRITE a story? ", "--json")[0]) == found
    assert facts(run("why", "alpha", "only once", "--json")[0]) == {}


@pytest.mark.parametrize("kind", ["table", "markdown", "json", "tsv"])
@pytest.mark.parametrize("command", ["stats", "gaps", "add"])
def test_every_format_writes_it(run: Run, log: str, kind: str, command: str) -> None:
    run("add", log)
    out, _ = run(command, *([log] if command == "add" else []), "--format", kind)
    assert out.endswith("\n")
    if command == "gaps" and kind == "tsv":
        assert "'=fold" in out
    if command == "gaps" and kind == "markdown":
        assert "\\[x\\](y) \\|" in out


def test_graph_formats(run: Run, log: str) -> None:
    run("add", log)
    mermaid, err = run("graph", "--limit", "1")
    assert mermaid.startswith("flowchart LR\n  %% 1 links are drawn, 1 weaker ones are left out\n")
    assert err == "note: 1 links are drawn, 1 weaker ones are left out\n"
    dot, err = run("graph", "--format", "dot")
    assert dot.startswith("digraph matches {\n") and dot.endswith("}\n")
    assert '[shape=ellipse, label="write a story"];' in dot and err == ""
    document = json.loads(run("graph", "--json")[0])
    assert (document["schema"], document["left_out"]) == ("modelcmp/matches/1", 0)
    assert [edge["model"] for edge in document["edges"]] == ["alpha", "beta"]
    with pytest.raises(UsageError, match="a graph is not drawn as mermade") as caught:
        run("graph", "--format", "mermade")
    assert caught.value.hint == "did you mean mermaid?"


def test_labels_cannot_break_out() -> None:
    assert drawing._mermaid('a"]; click <b>') == "a#34;#93;#59; click #60;b#62;"
    assert drawing._dot('a"\\\x1b\n]') == 'a\\"\\\\\\\\x1b ]'


def test_forget_and_purge(run: Run, log: str) -> None:
    run("add", log)
    assert facts(run("forget", "Write a STORY", "--json")[0])["episodes"][0] == "8"
    assert facts(run("purge", "--before", "2026-11-02", "--json")[0])["episodes"][0] == "6"
    assert facts(run("stats", "--json")[0])["episodes"][0] == "4"


def test_export_can_be_added_again(run: Run, log: str, tmp_path: Path) -> None:
    run("add", log)
    out, err = run("export")
    assert "2 rare queries (2 episodes) were not exported" in err
    assert "only once" not in out
    (tmp_path / "counts").write_text(out)
    other = ("--evidence", str(tmp_path / "other"))
    report = facts(run("add", str(tmp_path / "counts"), "--aggregate", "--json", *other)[0])
    assert (report["bad rows"][0], report["episodes"][0]) == ("0", "16")
    assert run("export", *other)[0] == out


@pytest.mark.parametrize(
    "command",
    [("stats",), ("gaps",), ("why", "alpha"), ("forget", "x"), ("purge", "--before", "2026-01-01")],
)  # fmt: skip
def test_without_a_store_there_is_no_evidence(run: Run, command: tuple[str, ...]) -> None:
    document = json.loads(run(*command, "--json")[0])
    assert (document["text"], document["rows"]) == ("There is no evidence from searches yet.", [])


def test_graph_and_export_without_a_store(run: Run) -> None:
    assert run("graph") == ("flowchart LR\n", "")
    assert run("export") == ("", "")


def test_where_the_store_is(
    run: Run, log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", log)
    own = tmp_path / "data" / "modelcmp" / "evidence.sqlite"
    assert own.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("MODELCMP_EVIDENCE", str(tmp_path / "named"))
    run("add", log)
    assert (tmp_path / "named").exists()
    monkeypatch.delenv("MODELCMP_EVIDENCE")
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EvidenceError, match="no home"):
        run("add", log)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "query"), "--map takes query=COLUMN"),
        (("--map", "colour=x"), "--map takes query=COLUMN"),
        (("--map", "query=nothing"), "there is no such column"),
        (("--day", "today"), "--day: today is no day"),
    ],
)
def test_options_that_cannot_be(run: Run, log: str, arguments: Any, message: str) -> None:
    with pytest.raises(ModelcmpError, match=message):
        run("add", log, *arguments)


def test_a_damaged_store_is_named(run: Run, log: str, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"x" * 4096)
    for command in (("add", log), ("stats",), ("forget", "x"), ("export",)):
        with pytest.raises(EvidenceError, match="damaged, or no store at all"):
            run(*command, "--evidence", str(tmp_path / "bad"))
    assert (tmp_path / "bad").read_bytes() == b"x" * 4096


def test_every_command_has_help_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for name in commands.COMMANDS:
        group_app("evidence", commands)([name, "--help"], prog_name="x", standalone_mode=False)
        assert capsys.readouterr().out.count(f"modelcmp evidence {name}") >= 2
