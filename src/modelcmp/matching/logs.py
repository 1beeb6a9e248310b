"""Log files -> counts: which files belong together, and what became of every row in them.

The steps lie in `log_files` (bytes to lines), `parsing` (lines to events) and `episodes` (events to
episodes to counts).
"""

import gc
import io
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

from modelcmp.matching.episodes import Caps, People, Tally
from modelcmp.matching.events import (
    BAD_ROWS_SHOWN,
    BadRow,
    BadRowError,
    Held,
    LogError,
    Reading,
    Report,
    Sink,
    judge,
)
from modelcmp.matching.log_files import LINE_BYTES, LogFile, reason_of
from modelcmp.matching.parsing import UNREADABLE, Batch, Parser, Reader


class Lines(Protocol):
    """A file as numbered lines, which is known by a digest once it was read."""

    name: str
    size: int

    def batches(self) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yield some lines at a time, with the number of the first of them."""


def read_source(
    files: Sequence[Lines], reading: Reading, sink: Sink, caps: Caps | None = None
) -> tuple[Report, set[int]]:
    """Read files that belong together and hand their counts to `sink`.

    Returns the report with the distinct queries as salted numbers, so that reports can be added.
    Raises LogError where the files cannot be used; what `sink` got is then to be thrown away.
    """
    parser = Parser(reading)
    tally = Tally(reading, sink, caps or Caps())
    rows = alone = set_aside = 0
    bad: list[BadRow] = []
    bad_count = 0
    with ExitStack() as stack:
        stack.enter_context(no_collector())
        people = People(stack)
        for file in files:
            for batch in batches_of(file, parser, people.held):
                rows += batch.rows
                bad_count += len(batch.bad)
                bad += (BadRow(file.name, *found) for found in batch.bad)
                del bad[BAD_ROWS_SHOWN:]
                for event in (nobody := people.held.pop(None, [])):
                    tally.add_alone(event)
                alone += len(nobody)
                people.added(batch.rows, batch.events)
                reading.progress(file.size)
        judge([file.name for file in files], rows, bad_count, bad)
        for client, events in people.by_client():
            set_aside += not tally.add_client(client, events)
    tally.flush()
    report = Report(
        rows=rows,
        bad_rows=bad_count,
        first_bad=tuple(bad),
        episodes=tally.episodes,
        queries=len(tally.seen),
        matched=tally.matched,
        picked=tally.picked,
        navigational=tally.navigational,
        redacted=parser.redacted,
        capped=tally.capped,
        set_aside=set_aside,
        without_client=alone,
    )
    return report, tally.seen


@contextmanager
def no_collector() -> Iterator[None]:
    """Keep the collector of cycles away: there are none, and it costs half the time to look."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def batches_of(file: Lines, parser: Parser, held: Held) -> Iterator[Batch]:
    """Read a file a batch of lines at a time; raises LogError with its name."""
    read: Reader | None = None
    for first, lines in file.batches():
        number, left = first, lines
        while read is None and left:
            start, *rest = left
            if start is None:
                yield Batch(1, [(number, UNREADABLE)])
            elif start.strip():
                try:
                    read = parser.start(start)
                except BadRowError as error:
                    raise LogError(f"{file.name}: the first line {error}") from None
                except LogError as error:
                    raise LogError(f"{file.name}: {error.message}", hint=error.hint) from None
                if start.lstrip().startswith("{"):
                    break
            number, left = number + 1, rest
        if read is not None:
            yield read(number, left, held)


def open_log(name: str, stack: ExitStack, known: dict[int, set[bytes]]) -> LogFile:
    """Return a file, or standard input for `-`, ready to be read; raises LogError."""
    try:
        if name == "-":
            if sys.stdin is None:
                raise LogError("standard input is closed", hint="name a file")
            stream: IO[bytes] = sys.stdin.buffer
        elif not Path(name).is_file():
            missing = "is no regular file" if Path(name).exists() else "no such file"
            raise LogError(f"{name}: {missing}", hint="modelcmp evidence add LOG takes files, or -")
        else:
            stream = stack.enter_context(Path(name).open("rb"))  # noqa: SIM115
        return LogFile(name if name != "-" else "standard input", stream, known)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "is no file name"
        raise LogError(f"{name}: {reason}") from None


def group_sources(names: Sequence[str]) -> list[list[str]]:
    """Return which files are counted together: those of User Behavior Insights, queries first.

    Their events name queries by number, so neither file says enough alone; any other file is a
    source of its own.
    """
    kinds = {name: _behaviour_kind(name) for name in dict.fromkeys(names)}
    together = sorted((name for name in kinds if kinds[name]), key=lambda name: kinds[name] or 0)
    alone = [[name] for name in kinds if not kinds[name]]
    return ([together] if together else []) + alone


def _behaviour_kind(name: str) -> int | None:
    """Return 1 for queries and 2 for events of User Behavior Insights, None for any other file."""
    if name == "-":
        return None
    with ExitStack() as stack:
        file = open_log(name, stack, {})
        try:
            first = io.TextIOWrapper(file.stream, "utf-8", "replace").readline(LINE_BYTES)
            row = json.loads(first)
        except (OSError, ValueError, EOFError, zlib.error, RecursionError):
            return None
    if not isinstance(row, dict) or "query_id" not in row:
        return None
    return 2 if "action_name" in row else 1 if "user_query" in row else None
