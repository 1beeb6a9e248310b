"""One run at a time where files are read, changed and written back.

The lock is the system's own, on the folder above: no file is made for it, and it ends with the process
that holds it. A system or disk that has no such locks goes without.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def alone(place: Path, told: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Wait until no other run holds the folder that `place` is in, and hold it.

    `told` hears of it where there is somebody to wait for. Not to be nested.
    """
    descriptor = None
    with suppress(OSError):
        descriptor = os.open(_folder_of(place), os.O_RDONLY)
    try:
        if descriptor is not None:
            _lock(descriptor, lambda: told(f"another run is writing to {place}; waiting for it"))
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _folder_of(place: Path) -> Path:
    """Return the nearest folder above that is there."""
    folder = place.resolve().parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _lock(descriptor: int, told: Callable[[], None]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    with suppress(OSError):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
