"""T23: no home, a cache or store that cannot be opened, locked or read-only: comparisons go on."""

from __future__ import annotations

import os
import sqlite3
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
