"""T39: the configuration of a cloned repository names no host, token or command, and no place outside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.threats.hostile import write_cards

from modelcmp.config import KEYS

NO_KEYS = (
    "hub", "github", "host", "proxy", "https_proxy", "token", "hf_token", "github_token", "command",
    "shell", "editor", "pager", "plugin", "plugins", "python", "import", "include", "extends",
    "output", "cache", "images", "color", "debug", "loopback", "environment", "max_wait", "today",
)  # fmt: skip
"""What such a file might like to name. None of them is a key, at the top or in a table."""

OUTSIDE: dict[str, tuple[str, tuple[str, ...]]] = {
    "signals above": ('signals = "../outside/s.yaml"', ("refresh", "--today", "2026-11-25")),
    "signals absolute": ('signals = "{outside}/s.yaml"', ("refresh", "--today", "2026-11-25")),
    "signals by a link": ('signals = "link/s.yaml"', ("refresh", "--today", "2026-11-25")),
    "evidence above": ('evidence = "../outside/e.sqlite"', ("evidence", "add", "log.jsonl")),
    "evidence absolute": ('evidence = "{outside}/e.sqlite"', ("evidence", "add", "log.jsonl")),
    "evidence by a link": ('evidence = "link/e.sqlite"', ("evidence", "add", "log.jsonl")),
    "evidence by searching": (
        'evidence = "../outside/e.sqlite"\nremember = true',
        ("search", "plain words"),
    ),
    "picked": ('evidence = "../outside/e.sqlite"', ("pick", "bad", "--for", "plain words")),
    "cards above": ('catalogue = "../outside"', ("new", "fresh")),
    "cards by a link": ('catalogue = "link"', ("new", "fresh")),
    "imported cards": ('catalogue = "../outside"', ("import", "jsonl", "models.jsonl")),
    "refreshed cards": ('catalogue = "../outside/cards"', ("refresh", "--today", "2026-11-25")),
    "page above": ('[[page]]\nmodels = ["bad"]\noutput = "../outside/p.md"', ("build",)),
    "page absolute": ('[[page]]\nmodels = ["bad"]\noutput = "{outside}/p.md"', ("build",)),
    "page by a link": ('[[page]]\nmodels = ["bad"]\noutput = "link/p.md"', ("build",)),
    "pictures above": (
        '[[page]]\nmodels = ["bad"]\noutput = "p.md"\nimages = "../outside"',
        ("build",),
    ),
    "documents above": ('documents = "../outside/*.md"', ("build",)),
    "documents by a link": ('documents = "link/held.md"', ("build",)),
    "hooks of git": ('[[page]]\nmodels = ["bad"]\noutput = ".git/hooks/x.md"', ("build",)),
}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that somebody else filled, beside one that is the user's own."""
    outside, clone = tmp_path / "outside", tmp_path / "clone"
    (clone / ".git" / "hooks").mkdir(parents=True)
    outside.mkdir()
    (outside / "held.md").write_text("<!-- modelcmp:begin list -->\n<!-- modelcmp:end -->\n")
    write_cards(outside / "cards", ["plain"])
    write_cards(clone / "own", ["plain"])
    (clone / "link").symlink_to(outside)
    (clone / "log.jsonl").write_text('{"query": "plain", "client": "c", "time": "2026-11-01"}\n')
    (clone / "models.jsonl").write_text('{"id": "maker/model", "task": "text-generation"}\n')
    monkeypatch.chdir(clone)
    monkeypatch.setenv("MODELCMP_CACHE", "")
    return clone


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NO_KEYS)
def test_there_is_no_such_setting(name: str, clone: Path, run: Any) -> None:
    assert name not in KEYS
    (clone / "modelcmp.toml").write_text(f'{name} = "x"\n')
    told = run("list")
    assert (told.code, told.out) == (2, "")
    assert f"unknown key {name}" in told.err


@pytest.mark.parametrize(("text", "words"), OUTSIDE.values(), ids=OUTSIDE.keys())
@pytest.mark.parametrize("kind", ["modelcmp.toml", "pyproject.toml"])
def test_nothing_is_written_outside(
    kind: str, text: str, words: tuple[str, ...], clone: Path, run: Any
) -> None:
    outside = clone.parent / "outside"
    text = text.replace("{outside}", str(outside))
    if "catalogue" not in text:
        text = f'catalogue = "own"\n{text}'
    text = f"builtin = false\n{text}"
    if kind == "pyproject.toml":
        text = "[tool.modelcmp]\n" + text.replace("[[page]]", "[[tool.modelcmp.page]]")
    (clone / kind).write_text(text + "\n")
    before = contents(outside)
    hooks = contents(clone / ".git")
    result = run(*words)
    assert contents(outside) == before, result.err
    assert contents(clone / ".git") == hooks
    if "remember" not in text:
        assert result.code == 2, result.out + result.err
        assert "Traceback" not in result.err and "\nerror: " in f"\n{result.err}"


@pytest.mark.parametrize("kind", ["modelcmp.toml", "pyproject.toml"])
def test_a_command_runs_nothing(kind: str, clone: Path, run: Any, monkeypatch: Any) -> None:
    """What a block or a page names is one of our own commands, and none that writes."""
    started: list[object] = []
    for name in ("system", "popen", "execv", "execve", "posix_spawn", "fork"):
        monkeypatch.setattr(os, name, lambda *a, **_: started.append(a))
    monkeypatch.setattr("subprocess.Popen.__init__", lambda self, *a, **_: started.append(a))
    for block in ("!touch x", "list; touch x", "list | sh", "new x", "evidence add log.jsonl",
                  "refresh", "import jsonl models.jsonl", "list -o x.md", "build", "site x",
                  "list --config ../outside/x.toml", "list `touch x`", "list $(touch x)"):  # fmt: skip
        page = f"<!-- modelcmp:begin {block} -->\n<!-- modelcmp:end -->\n"
        (clone / "page.md").write_text(page)
        text = 'documents = "page.md"\ncatalogue = "own"\nbuiltin = false\n'
        (clone / kind).write_text(("[tool.modelcmp]\n" if "py" in kind else "") + text)
        before = set(clone.rglob("*"))
        result = run("build")
        assert result.code == 2, (block, result.out, result.err)
        assert (clone / "page.md").read_text() == page
        assert set(clone.rglob("*")) == before
    assert started == []


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"[" * 100_000, b"a = " + b"[" * 50_000, b"x" * 100, b"weights = nan",
             b"[weights]\nquality = nan", b"[weights]\nquality = inf", b"[weights]\nquality = -1",
             b"as_of = 2026-11-23T00:00:00Z", b"profile = 5", b'catalogue = "\\u0000"',
             b'pairs = [["\\u0000", "a"]]', b"[profiles.x]\nquality = 1e308\nadoption = 1e308",
             b"weights = {quality = 99999999999999999999999999}",
             b"weights = {quality = " + b"9" * 400 + b"}", b"weights = {quality = " + b"9" * 5000 + b"}"]
)  # fmt: skip
def test_a_configuration_that_makes_no_sense_is_one_sentence(
    data: bytes, clone: Path, run: Any
) -> None:
    (clone / "modelcmp.toml").write_bytes(data + b"\n")
    for words in (("rank",), ("diff", "own", "own"), ("site", "out")):
        told = run(*words)
        assert told.code in (0, 2)
        assert "Traceback" not in told.err and "bug" not in told.err
