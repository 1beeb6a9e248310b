"""Whole processes: pipes, closed and full streams, signals, encodings, locales, determinism."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")
TOOL = (sys.executable, "-c", "from modelcmp.cli import run; run()")


def environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    """Return the surroundings of a child: our sources, a cache of its own, changes on top."""
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MODELCMP_CACHE": str(tmp_path / "cache.sqlite"),
    }
    return {**base, **changes}


def shell(tmp_path: Path, line: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which `$TOOL` stands for the command."""
    tool = tmp_path / "modelcmp"
    tool.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from modelcmp.cli import run; run()' \"$@\"\n"
    )
    tool.chmod(0o755)
    return subprocess.run(
        ["bash", "-c", line],
        env=environment(tmp_path, TOOL=str(tool), CASES=str(CASES), **changes),
        capture_output=True,
        cwd=tmp_path,
    )


COMPARE = "$TOOL compare alpha hostile --catalogue $CASES --no-builtin"


@pytest.mark.parametrize("command", [COMPARE, "$TOOL list --json", "$TOOL --version"])
def test_a_reader_that_leaves(tmp_path: Path, command: str) -> None:
    result = shell(tmp_path, f"{command} | true; exit ${{PIPESTATUS[0]}}")
    # A short output may fit into the pipe before its reader has gone.
    assert result.returncode in (0, 141)
    assert result.stderr == b""


def test_a_pipe_closed_from_the_start(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*TOOL, "compare", "alpha", "beta", *OWN],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize("command", [COMPARE, "$TOOL list", "$TOOL --version"])
def test_standard_output_closed(tmp_path: Path, command: str) -> None:
    result = shell(tmp_path, f"{command} >&-")
    assert result.returncode == 2
    assert result.stderr.startswith(b"error: standard output is closed\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [COMPARE, "$TOOL list", "$TOOL --version"])
def test_a_full_disk(tmp_path: Path, command: str) -> None:
    result = shell(tmp_path, f"{command} > /dev/full")
    assert result.returncode == 2
    assert result.stderr == b"error: standard output: no space left on device\n"


def test_interrupted(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*TOOL, "compare", "-", *OWN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    status = Path(f"/proc/{child.pid}/wchan")
    for _ in range(200):  # until it waits for the names on standard input
        time.sleep(0.05)
        if not status.exists() or "pipe" in status.read_text():
            break
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize("kind", ["table", "markdown", "json", "tsv"])
def test_any_encoding(tmp_path: Path, encoding: str, kind: str) -> None:
    result = subprocess.run(
        [*TOOL, "compare", "wide", "hostile", "--format", kind, *OWN],
        env=environment(tmp_path, PYTHONIOENCODING=encoding),
        capture_output=True,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode(encoding)


def test_an_ascii_terminal_gets_ascii_bars(tmp_path: Path) -> None:
    result = subprocess.run(
        [*TOOL, "compare", "alpha", "gamma", "--format", "table", *OWN],
        env=environment(tmp_path, PYTHONIOENCODING="ascii"),
        capture_output=True,
    )
    text = result.stdout.decode("ascii")
    assert "###" in text
    assert "\\u" not in text and "- not configured" in text


@pytest.mark.parametrize("width", ["0", "1", "20", "40", "80", "120", "500", "abc"])
def test_any_width(tmp_path: Path, width: str) -> None:
    result = subprocess.run(
        [*TOOL, "compare", "wide", "painter", "alpha", "--format", "table", *OWN],
        env=environment(tmp_path, COLUMNS=width),
        capture_output=True,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"Verdict" in result.stdout


@pytest.mark.parametrize(
    ("changes", "coloured"),
    [
        ({}, False),
        ({"GITHUB_ACTIONS": "true"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
    ids=str,
)
def test_colour(tmp_path: Path, changes: dict[str, str], coloured: bool) -> None:
    result = subprocess.run(
        [*TOOL, "compare", "alpha", "gamma", "--format", "table", *OWN],
        env=environment(tmp_path, **changes),
        capture_output=True,
    )
    assert (b"\x1b[" in result.stdout) is coloured
    for choice, expected in (("always", True), ("never", False)):
        result = subprocess.run(
            [*TOOL, "compare", "alpha", "gamma", "--format", "table", "--color", choice, *OWN],
            env=environment(tmp_path, **changes),
            capture_output=True,
        )
        assert (b"\x1b[" in result.stdout) is expected


@pytest.mark.parametrize("kind", ["markdown", "json", "tsv", "table"])
def test_equal_input_gives_equal_bytes(tmp_path: Path, kind: str) -> None:
    surroundings = [
        {"LC_ALL": "C", "PYTHONHASHSEED": "0", "TZ": "UTC+11"},
        {"LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"},
        {"LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "random", "COLUMNS": "40"},
        {"PYTHONHASHSEED": "7", "MODELCMP_CACHE": "", "FORCE_COLOR": "1"},
    ]
    digests = set()
    suffix = {"markdown": "md", "json": "json", "tsv": "tsv", "table": "txt"}[kind]
    for number, changes in enumerate(surroundings):
        page = tmp_path / f"{number}.{suffix}"
        command = [*TOOL, "compare", "wide", "hostile", "alpha", "-o", str(page), *OWN]
        subprocess.run(
            command, env=environment(tmp_path, **changes), check=True, capture_output=True
        )
        digests.add(hashlib.sha256(page.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_without_a_home(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run(
        [*TOOL, "compare", "alpha", "beta", *OWN], env=bare, capture_output=True
    )
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = subprocess.run(
        [*TOOL, "compare", "alpha", "beta", *OWN],
        env=environment(tmp_path, MODELCMP_CACHE=str(tmp_path / "file" / "cache.sqlite")),
        capture_output=True,
    )
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.slow
def test_a_wheel_carries_the_cards(tmp_path: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"),
            *("-w", str(tmp_path), str(ROOT)),
        ],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    outside = {"PYTHONPATH": str(wheel), "PATH": os.environ["PATH"], "MODELCMP_CACHE": ""}
    names = subprocess.run(["unzip", "-Z1", str(wheel)], capture_output=True, text=True)
    for needed in (
        "models/bakllava.yaml",
        "registry/tasks.yaml",
        "schema/card.json",
        "catalogue.yaml",
    ):
        assert f"modelcmp/data/{needed}" in names.stdout.splitlines()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(tmp_path / "t"),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    outside["PYTHONPATH"] = str(tmp_path / "t")
    result = subprocess.run(
        [*TOOL, "compare", "bakllava", "sd35-large"], env=outside, capture_output=True, text=True
    )
    assert result.stdout.startswith("# BakLLaVA 1 vs Stable Diffusion 3.5 Large\n")
