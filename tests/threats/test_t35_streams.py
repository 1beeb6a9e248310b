"""T35: a reader that leaves, a closed or full standard output, signals, on every command."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from modelcmp.cli.app import COMMANDS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX pipes and signals")


def test_every_command_has_its_line(every_command: dict[str, tuple[str, ...]]) -> None:
    assert set(every_command) == set(COMMANDS)


def test_a_reader_that_takes_one_line(any_command: tuple[str, ...], child: Any) -> None:
    result = child.shell('"$@" | head -1 >/dev/null; exit ${PIPESTATUS[0]}', *any_command)
    # A short output may fit into the pipe before its reader has gone.
    assert result.returncode in (0, 1, 2, 141)
    assert b"Traceback" not in result.stderr and b"Exception" not in result.stderr


def test_a_pipe_closed_from_the_start(any_command: tuple[str, ...], child: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = child.start(*any_command, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=30)
    silent = any_command[0] in SILENT
    assert process.returncode == (0 if silent else 141)
    assert b"error" not in err and b"Traceback" not in err


SILENT = {"pick", "site", "build"}
"""Commands whose result is what they did: they write nothing to standard output."""


def test_standard_output_closed(any_command: tuple[str, ...], child: Any) -> None:
    result = child.shell('"$@" >&-', *any_command)
    if any_command[0] in SILENT:
        assert result.returncode == 0
    else:
        assert result.returncode == 2
        assert b"error: standard output is closed\n" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(any_command: tuple[str, ...], child: Any) -> None:
    result = child.shell('"$@" > /dev/full', *any_command)
    if any_command[0] in SILENT:
        assert result.returncode == 0
    else:
        assert result.returncode == 2
        assert b"error: standard output: no space left on device\n" in result.stderr
        assert b"Traceback" not in result.stderr


def test_standard_error_closed(any_command: tuple[str, ...], child: Any) -> None:
    """What cannot be said is not said; the result and the code stay the same."""
    usual, mute = child(*any_command), child.shell('"$@" 2>&-', *any_command)
    assert (mute.returncode, mute.stdout) == (usual.returncode, usual.stdout)


WAITING = [("compare", "-"), ("evidence", "add", "-", "--evidence", "store.sqlite")]


@pytest.mark.parametrize("words", WAITING, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_a_signal_ends_a_command_that_waits(
    words: tuple[str, ...], sent: signal.Signals, code: int, child: Any
) -> None:
    reader, writer = os.pipe()
    process = child.start(*words, stdin=reader)
    status = Path(f"/proc/{process.pid}/wchan")
    for _ in range(200):  # until it waits for standard input
        time.sleep(0.05)
        if not status.exists() or "pipe" in status.read_text():
            break
    process.send_signal(sent)
    out, err = process.communicate(timeout=20)
    os.close(reader)
    os.close(writer)
    assert process.returncode == code
    assert b"Traceback" not in err
    assert out == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "delay"), [(signal.SIGINT, 0.01), (signal.SIGINT, 0.1), (signal.SIGTERM, 0.1)]
)
def test_a_signal_at_any_time(
    any_command: tuple[str, ...], sent: signal.Signals, delay: float, child: Any
) -> None:
    """Interrupted while it starts, works or writes: the code says so, and no traceback is shown."""
    process = child.start_ready(*any_command)
    time.sleep(delay)
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 1, 130, -sent)
    assert b"Traceback" not in err
