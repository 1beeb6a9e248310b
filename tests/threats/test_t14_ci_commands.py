"""T14: text that a CI runner would take for one of its commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.threats.hostile import write_cards

COMMANDS = (
    "::error file=a.py::boom", "::set-output name=x::y", "::add-mask::x", "::stop-commands::t",
    "##[group]x", "##[error]boom", "  ::warning::x", "::endgroup::",
)  # fmt: skip
FORMATS = ("table", "markdown", "tsv")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", COMMANDS)
def test_no_line_begins_with_a_command(
    text: str, kind: str, spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    quoted = json.dumps(text)
    card = card_text(
        "bad", f"limitations: [{{text: {quoted}, source: page}}]\nbest_for: [{quoted}]\n"
    )
    spoilt.put(card.replace("name: bad", f"name: {quoted}").encode())
    for words in (("show", "bad", "--full"), ("compare", "bad", "good", "--full"), ("list",)):
        result = spoilt.run(*words, "--format", kind, *spoilt.own)
        assert result.code == 0
        for line in (result.out + result.err).splitlines():
            assert not line.lstrip().startswith(("::", "##[")), line


@pytest.mark.parametrize("text", COMMANDS)
def test_no_line_of_an_error_begins_with_one(text: str, spoilt: Any) -> None:
    result = spoilt.run("show", *spoilt.own, "--", f"x\n{text}", "")
    assert result.code == 2
    for line in result.err.splitlines():
        assert not line.lstrip().startswith(("::", "##[")), line


def lines_of(result: Any) -> list[str]:
    return [line.lstrip() for line in (result.out + result.err).splitlines()]


def assert_no_command(result: Any) -> None:
    for line in lines_of(result):
        assert not line.startswith(("::", "##[")), line


@pytest.mark.parametrize("kind", ["table", "markdown", "tsv"])
def test_no_line_of_the_newer_commands_begins_with_one(
    kind: str, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(tmp_path)
    own = write_cards(tmp_path / "cards", COMMANDS)
    write_cards(tmp_path / "before", ["was"] * len(COMMANDS))
    sides = ("diff", "before", "cards", "--no-builtin")
    for words in (sides, ("missing", *own), ("rank", *own), ("search", "::x plain", *own),
                  ("validate", "cards", "--strict"), ("config", *own)):  # fmt: skip
        result = run(*words, "--format", kind)
        assert result.code in (0, 1), result.err
        assert_no_command(result)
    for words in (("export", "--format", "csv"), ("export", "--format", "jsonl"), ("site", "out")):
        result = run(*words, *own)
        assert result.code == 0
        assert_no_command(result)


@pytest.mark.parametrize("text", COMMANDS)
def test_a_file_name_is_no_command(text: str, spoilt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    name = text.replace("/", "_")
    (spoilt.folder / f"{name}.yaml").write_text("id: [")
    (spoilt.folder / f"x\n{name}.yaml").write_text("id: [")
    monkeypatch.chdir(spoilt.folder)
    for words in (("list", *spoilt.own), ("validate", "."), ("validate", f"{name}.yaml")):
        assert_no_command(spoilt.run(*words))
    told = spoilt.run("validate", ".", "--format", "github").out.splitlines()
    assert all(line.startswith(("::error file=", "::notice title=")) for line in told)
    assert len(told) == 3
    for line in told[:2]:
        head, _, _ = line[2:].partition("::")
        assert head.count(",") == 3 and "\n" not in line


@pytest.mark.parametrize("text", COMMANDS)
def test_a_row_of_an_import_or_a_log_is_none(
    text: str, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(tmp_path)
    rows = [{"id": f"x\n{text}", "task": "none"}, {"id": "a/b", "task": f"\n{text}"}, {text: 5}]
    Path("models.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    log = [{"query": f"x\n{text}", "client": "c", "time": text}] * 3
    Path("log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log))
    Path("page.md").write_text(f"<!-- modelcmp:begin {text} -->\n<!-- modelcmp:end -->\n")
    for words in (("import", "jsonl", "models.jsonl", "--into", "cards"),
                  ("evidence", "add", "log.jsonl", "--evidence", "e.sqlite"), ("build", "page.md")):  # fmt: skip
        result = run(*words)
        assert result.code in (0, 1, 2) and "Traceback" not in result.err
        assert_no_command(result)
