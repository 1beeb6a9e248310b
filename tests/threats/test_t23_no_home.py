"""T23: no home, a cache or store that cannot be opened, locked or read-only: comparisons go on."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OWN = ("--catalogue", str(ROOT / "tests" / "cases"), "--no-builtin")
COMPARE = ("compare", "alpha", "beta", *OWN)


def test_without_a_home(child: Any) -> None:
    child.surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    result = child(*COMPARE)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("home", ["/nonexistent", "/dev/null", "relative", ""])
def test_with_a_home_that_is_none(home: str, child: Any) -> None:
    result = child(*COMPARE, HOME=home, MODELCMP_CACHE="/nonexistent/cache.sqlite")
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_cache_that_cannot_be_written(child: Any) -> None:
    (child.folder / "file").write_text("not a folder")
    result = child(*COMPARE, MODELCMP_CACHE=str(child.folder / "file" / "cache.sqlite"))
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 4000])
def test_a_cache_that_is_none(content: bytes, child: Any) -> None:
    cache = child.folder / "cache.sqlite"
    cache.write_bytes(content)
    result = child(*COMPARE)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_cache_that_another_process_locks(child: Any) -> None:
    assert child(*COMPARE).returncode == 0
    holder = sqlite3.connect(child.folder / "cache.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    result = child(*COMPARE)
    holder.close()
    assert (result.returncode, result.stderr) == (0, b"")


def test_no_store_is_no_match_data(child: Any) -> None:
    result = child(*COMPARE)
    assert b"no search log is loaded" in result.stdout


def test_a_named_store_that_is_missing_is_said(child: Any) -> None:
    result = child(*COMPARE, "--evidence", "missing.sqlite")
    assert result.returncode == 2
    assert b"missing.sqlite" in result.stderr


def test_a_cache_of_somebody_else(
    run: Callable[..., Any], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is after a run by `sudo`: nothing in the folder can even be looked at."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").write_text("day,client,query,model\n2026-11-01,a,write text,good\n")
    own = ("--evidence", "store.sqlite", "--catalogue", str(folder), "--no-builtin")
    lines = (("evidence", "stats"), ("show", "good"), ("search", "write text"), ("list",))
    assert run("evidence", "add", "log", *own).code == 0
    before = [run(*line, *own) for line in lines]

    def denied(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *given: Any, **named: Any) -> Any:
            if not isinstance(path, int) and str(path).startswith(f"{tmp_path}/cache/modelcmp/"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *given, **named)

        return call

    for name in ("stat", "open", "mkdir", "listdir", "scandir"):
        monkeypatch.setattr(os, name, denied(getattr(os, name)))
    monkeypatch.setattr(io, "open", denied(io.open))
    assert [run(*line, *own)[:2] for line in lines] == [result[:2] for result in before]
