"""Whether card files are still those that were read, told by their times and sizes: none is opened.

A folder's time changes when a file in it is made, removed or replaced; a file's own when it is written
to. Every file is asked each time, up to a number that takes no time to ask. Beyond it the folders are
asked each time, a card whenever it is shown, and all files again after a few seconds: asking 100,000
takes three times as long as the rest of a search.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from modelcmp.catalogue import limits
from modelcmp.digests import blake2b

ASKED_EACH_TIME = 2_000
"""Files up to which each is asked every time; that many take about as long as opening a database."""

TRUSTED_SECONDS = 10
"""For so long the files of a larger catalogue count as those they were when all were asked."""

SETTLED_SECONDS = 2
"""A time as young as this may stand for a later change as well: such files are read once more."""

_SECOND = 10**9


class Look(NamedTuple):
    """What the files looked like at a moment (nanoseconds since 1970)."""

    at: int
    files: int
    stamp: str
    """A digest of path, size, times and number of each file."""
    folders: dict[str, int]
    """Every folder with its time."""
    settled: bool
    """Whether the youngest change is old enough to be told from a later one."""

    def holds(self) -> bool:
        """Return whether the files may be taken for the same without asking each of them."""
        young = 0 <= time.time_ns() - self.at < TRUSTED_SECONDS * _SECOND
        return self.files > ASKED_EACH_TIME and young and self._has_its_folders()

    def _has_its_folders(self) -> bool:
        try:
            return all(os.stat(path).st_mtime_ns == at for path, at in self.folders.items())
        except OSError:
            return False

    def knows(self, path: Path) -> bool:
        """Return whether a file has not changed since."""
        return path.stat().st_ctime_ns < self.at - SETTLED_SECONDS * _SECOND


def look_at(directories: Iterable[Path], suffixes: tuple[str, ...]) -> Look:
    """Return what the files below some directories look like now."""
    at = time.time_ns()
    folders: dict[str, int] = {}
    lines = []
    newest = 0
    for directory in directories:
        for path, status in _statuses(str(directory), folders, suffixes, 0):
            newest = max(newest, status.st_ctime_ns, status.st_mtime_ns)
            lines.append(
                f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0{status.st_ino}"
            )
    text = "\n".join(sorted(lines)).encode("utf-8", "surrogateescape")
    stamp = blake2b(text, digest_size=20).hexdigest()
    newest = max([newest, *folders.values()])
    return Look(at, len(lines), stamp, folders, newest < at - SETTLED_SECONDS * _SECOND)


def _statuses(
    directory: str, folders: dict[str, int], suffixes: tuple[str, ...], depth: int
) -> Iterator[tuple[str, os.stat_result]]:
    try:
        folders[directory] = os.stat(directory).st_mtime_ns
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and depth < limits.CATALOGUE_DEPTH:
                        yield from _statuses(entry.path, folders, suffixes, depth + 1)
                elif entry.name.endswith(suffixes):
                    yield entry.path, _status(entry)
    except OSError:  # gone, or not ours to read: what reads the cards says so
        folders.setdefault(directory, -1)


def _status(entry: "os.DirEntry[str]") -> os.stat_result:
    """Return the status of a file, of a link itself where it leads nowhere."""
    try:
        return entry.stat()
    except OSError:
        return entry.stat(follow_symlinks=False)


def unpack_look(plain: Any) -> Look | None:
    """Return a look that was kept as JSON, or None for anything else."""
    try:
        look = Look(*plain)
        return look if isinstance(look.folders, dict) and isinstance(look.at, int) else None
    except TypeError:
        return None
