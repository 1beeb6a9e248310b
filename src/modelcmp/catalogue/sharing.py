"""A long list of files read by several processes at once, answered in the order of the list.

Each process takes lots in turn and sends its answers down a pipe of its own, so that no lock or
thread is needed. What a lost process owes is left to the caller. A process whose caller is gone ends
when it next sends.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

LOT = 16
"""Files answered together: what they say fits into a pipe, so that a process need not wait to send."""

MOST = 5
"""Processes at most, the caller among them: to take an answer costs a quarter of finding it."""

AHEAD = 16
"""Lots of one process that are held while another's are due."""

Answer = Any
Task = Callable[[Path], Answer]


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def answer_all(
    paths: Sequence[Path], make_task: Callable[..., Task], given: tuple[Any, ...], processes: int
) -> Iterator[Answer | None]:
    """Yield `make_task(*given)(path)` for every path, in order; None for what the caller is to do.

    That is its own part, and what a lost process owes. Give up the iterator, or let an error pass
    through it, and the processes end.
    """
    lots = [paths[start : start + LOT] for start in range(0, len(paths), LOT)]
    turns = _turns(min(processes, MOST) - 1, len(lots))
    method = start_method()
    context: Any = multiprocessing.get_context(method)
    pipes: list[Connection] = []
    workers = []
    try:
        for number in range(max(turns, default=-1) + 1):
            receiving, sending = context.Pipe(duplex=False)
            pipes.append(receiving)
            copied = pipes if method == "fork" else []
            theirs = [lot for lot, turn in zip(lots, turns, strict=True) if turn == number]
            arguments = (theirs, make_task, given, sending, copied)
            worker = context.Process(target=_work, args=arguments, daemon=True)
            worker.start()
            workers.append(worker)
            sending.close()
        held: list[deque[list[Answer]]] = [deque() for _ in pipes]
        lost: set[int] = set()
        for lot, turn in zip(lots, turns, strict=True):
            _receive(pipes, held, lost, 0)
            while turn != CALLER and not held[turn] and turn not in lost:
                _receive(pipes, held, lost, None)
            answered = turn != CALLER and held[turn]
            yield from answered.popleft() if answered else [None] * len(lot)
    finally:
        for pipe in pipes:
            pipe.close()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


CALLER = -1


def _turns(helpers: int, lots: int) -> list[int]:
    """Return who does each lot: a helper's number, or CALLER, who does less for each it takes in.

    >>> _turns(1, 8), _turns(3, 6)
    ([0, -1, 0, -1, 0, -1, 0, 0], [0, 1, 2, -1, 0, 1])
    """
    share = 4
    everyone = list(range(helpers))
    rounds = [[*everyone, *([CALLER] if n < share - helpers else [])] for n in range(share)]
    circle = [turn for row in rounds for turn in row]
    return [circle[number % len(circle)] for number in range(lots)]


def _receive(
    pipes: Sequence[Connection],
    held: Sequence[deque[list[Answer]]],
    lost: set[int],
    seconds: float | None,
) -> None:
    """Take a lot from each process that has one, so that none waits while another's turn lasts."""
    listening = {
        pipe: number
        for number, pipe in enumerate(pipes)
        if number not in lost and len(held[number]) < AHEAD
    }
    for pipe in wait(list(listening), seconds):
        number = listening[pipe]  # type: ignore[index]
        try:
            held[number].append(pipes[number].recv())
        except (EOFError, OSError):
            lost.add(number)


def _work(
    lots: Sequence[Sequence[Path]],
    make_task: Callable[..., Task],
    given: tuple[Any, ...],
    sending: Connection,
    copied: Sequence[Connection],
) -> None:
    # Ctrl-C reaches the whole group: the caller says what happened, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for pipe in copied:
        pipe.close()
    with suppress(OSError):
        task = make_task(*given)
        for lot in lots:
            sending.send([task(path) for path in lot])


def start_method() -> str:
    """Return "fork" where this process is all that would be copied, else "spawn"."""
    # A library's own threads are known to the kernel alone.
    if sys.platform == "linux" and threading.active_count() == 1:
        with suppress(OSError):
            if len(os.listdir("/proc/self/task")) == 1:
                return "fork"
    return "spawn"
