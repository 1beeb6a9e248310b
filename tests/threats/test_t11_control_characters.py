"""T11: control characters from arguments, files, names, logs and exceptions never reach an output."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcmp.cli import main

CONTROLS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if code]
ALL = "".join(chr(code) for code in CONTROLS)
CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")


def assert_clean(*texts: str) -> None:
    """Assert that no text holds a control character but the end of a line and a cell."""
    for text in texts:
        assert not {c for c in text if c not in "\n\t" and (c < " " or "\x7f" <= c < "\xa0")}


ARGUMENTS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "model": lambda text: ("show", text, *OWN),
    "command": lambda text: (text,),
    "option": lambda text: ("list", f"--{text}", *OWN),
    "format": lambda text: ("list", "--format", text, *OWN),
    "profile": lambda text: ("rank", "--profile", text, *OWN),
    "weight": lambda text: ("rank", "--weight", text, *OWN),
    "task": lambda text: ("list", "--task", text, *OWN),
    "need": lambda text: ("search", text, *OWN),
    "signal": lambda text: ("explain", text),
    "folder": lambda text: ("list", "--catalogue", text, "--no-builtin"),
    "file": lambda text: ("validate", text),
    "output": lambda text: ("list", "-o", f"no-such-folder/{text}.md", *OWN),
    "store": lambda text: ("evidence", "stats", "--evidence", f"no-such-folder/{text}"),
    "log": lambda text: ("evidence", "add", text),
    "first side": lambda text: ("diff", text, str(CASES), "--no-builtin"),
    "second side": lambda text: ("diff", str(CASES), text, "--no-builtin"),
    "missing task": lambda text: ("missing", "--task", text, *OWN),
    "export": lambda text: ("export", "--maker", text, "--format", "csv", *OWN),
    "site": lambda text: ("site", f"no-such-folder/{text}", *OWN),
    "document": lambda text: ("build", text, *OWN),
    "new card": lambda text: ("new", text),
    "new name": lambda text: ("new", "fresh", "--name", text),
    "imported": lambda text: ("import", "jsonl", text, "--into", "cards"),
    "host": lambda text: ("refresh", "--hub", f"https://{text}", *OWN),
    "day": lambda text: ("refresh", "--check", "--today", text, *OWN),
    "baseline": lambda text: ("compare", "alpha", "beta", "--baseline", text, *OWN),
    "picked": lambda text: ("pick", text, "--for", text, "--evidence", "e.sqlite", *OWN),
    "schema": lambda text: ("schema", text),
}


@pytest.mark.parametrize("ask", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_an_argument_is_shown_without_them(
    ask: Callable[[str], tuple[str, ...]], run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for form in ((), ("--json",)):
        result = run(*ask(f"x{ALL}y"), *form)
        assert_clean(result.out, result.err)
        assert "Traceback" not in result.err


@pytest.mark.parametrize("code", CONTROLS, ids=lambda code: f"U+{code:04X}")
def test_each_one_of_an_unknown_name_is_spelled_out(code: int, run: Any) -> None:
    result = run("show", f"a{chr(code)}b", *OWN)
    assert result.code == 2
    assert_clean(result.out, result.err)
    spelled = " " if chr(code) in "\n" else f"\\x{code:02x}"
    assert spelled in result.err or chr(code) in "\t\x0b\x0c\x1c\x1d\x1e\x1f\r\x85"


@pytest.mark.skipif(os.name == "nt", reason="such names do not exist there")
def test_a_file_name_is_shown_without_them(spoilt: Any) -> None:
    name = ALL.replace("/", "")
    (spoilt.folder / f"bad{name}.yaml").write_text("id: [")
    for words in (("list", *spoilt.own), ("validate", str(spoilt.folder))):
        result = spoilt.run(*words)
        assert "bad" in result.out + result.err
        assert_clean(result.out, result.err)


def test_a_log_brings_none_into_any_output(run: Any, tmp_path: Path) -> None:
    log, store = tmp_path / "log.jsonl", str(tmp_path / "store.sqlite")
    rows = [
        {"query": f"draw{ALL}ing", "client": f"c{n}{ALL}", "time": f"2026-11-0{1 + n % 2}"}
        for n in range(8)
    ]
    rows += [{"query": "draw", "model": f"alpha{ALL}", "time": f"2026-11-01{ALL}"}] * 3
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    added = run("evidence", "add", str(log), "--evidence", store, *OWN)
    assert_clean(added.out, added.err)
    assert added.code in (0, 2)
    for words in (("stats",), ("gaps",), ("export",), ("graph", "--format", "dot")):
        for form in ((), ("--json",))[: 1 if "graph" in words or "export" in words else 2]:
            result = run("evidence", *words, *form, "--evidence", store)
            assert_clean(result.out, result.err)


def test_a_configuration_brings_none(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    escaped = "".join(f"\\u{code:04x}" for code in CONTROLS)
    for line in (f'profile = "{escaped}"', f'"{escaped}" = 1', f'catalogue = ["{escaped}"]'):
        Path("modelcmp.toml").write_text(line + "\n")
        result = run("list", "--no-builtin")
        assert result.code == 2
        assert_clean(result.out, result.err)


def test_an_exception_brings_none(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"boom{ALL}")

    monkeypatch.setattr("modelcmp.catalogue.loading.Catalogue.load_all", fail)
    for form in ((), ("--debug",)):
        result = run("list", *OWN, *form)
        assert result.code == 3
        assert_clean(result.out, result.err)
        assert "boom" in result.err


@given(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=30))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_name_asked_for_is_harmless(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code = main(["show", "--catalogue", str(CASES), "--no-builtin", "--", name])
    captured = capsys.readouterr()
    assert code in (0, 2)
    assert_clean(captured.out, captured.err)
