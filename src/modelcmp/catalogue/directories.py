"""Where cards lie: directories walked, files found by name and read, each rule and limit once."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from modelcmp.catalogue import limits
from modelcmp.errors import CardError, CardProblem, CatalogueError

HERE = Path(__file__).resolve().parent
_PACKAGE = HERE.parent
DATA = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent.parent / "data"
"""Where the built-in cards and tables lie: inside the wheel, or beside src in a checkout."""

SUFFIXES = (".yaml", ".yml")
META = "catalogue.yaml"
_ID = re.compile(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?")


class Root(NamedTuple):
    """One directory of cards, and the file beside or in it that says what the catalogue is."""

    cards: Path
    meta: Path | None
    builtin: bool = False


def find_root(directory: Path, *, builtin: bool = False) -> Root:
    """Return where the cards of a catalogue directory lie; raises CatalogueError if nowhere."""
    try:
        there = directory.is_dir()
    except OSError:
        there = False
    if not there:
        raise CatalogueError(
            f"{directory}: no such catalogue directory",
            hint="a catalogue is a folder with one YAML card per model",
        )
    if (directory / META).is_file() and (directory / "models").is_dir():
        return Root(directory / "models", directory / META, builtin)
    for meta in (directory / META, directory.parent / META):
        if meta.is_file() and (meta.parent == directory or directory.name == "models"):
            return Root(directory, meta, builtin)
    return Root(directory, None, builtin)


def file_names(model_id: str) -> list[str]:
    """Return what the file of an id may be called; nothing for a word that is no id."""
    if not _ID.fullmatch(model_id) or len(model_id) > limits.ID_CHARACTERS:
        return []
    return [model_id + suffix for suffix in SUFFIXES if model_id + suffix != META]


def files_named(directory: Path, model_id: str) -> list[Path]:
    """Return the card files of one name below a directory, without listing it where that can be."""
    names = file_names(model_id)
    if not names:
        return []
    # Two links to a directory are its name and its own dot: it has no subfolder to look into.
    if directory.stat().st_nlink == 2:
        found = [path for name in names if (path := directory / name).is_file()]
    else:
        found = [path for path in walk(directory, []) if path.name in names and path.is_file()]
    return [path for path in found if not path.is_symlink() or _stays_inside(path, directory)]


def walk(directory: Path, problems: list[CardProblem]) -> Iterator[Path]:
    """Yield the card files below a directory, sorted; links out of it and odd files are named."""
    for count, path in enumerate(_walk(directory, directory, problems, 0)):
        if count == limits.CATALOGUE_FILES:
            message = f"holds more than {limits.CATALOGUE_FILES:,} files; the rest was left out"
            problems.append(CardProblem(str(directory), 0, 0, "", message))
            return
        yield path


def _walk(root: Path, directory: Path, problems: list[CardProblem], depth: int) -> Iterator[Path]:
    if depth > limits.CATALOGUE_DEPTH:
        problems.append(CardProblem(str(directory), 0, 0, "", "lies too deep; it was left out"))
        return
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as error:
        problems.append(CardProblem(str(directory), 0, 0, "", _reason(error)))
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith("~") or entry.name == "node_modules":
            continue
        path = directory / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path, problems, depth + 1)
        elif entry.name.endswith(SUFFIXES) and entry.name != META:
            if entry.is_symlink() and not _stays_inside(path, root):
                problems.append(CardProblem(str(path), 0, 0, "", "is a link out of the catalogue"))
            else:
                yield path


def _stays_inside(path: Path, directory: Path) -> bool:
    try:
        return path.resolve().is_relative_to(directory.resolve())
    except (OSError, RuntimeError):  # a link in a circle
        return False


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file of at most 1 MiB; raises CardError for all else."""
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to must not wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
                raise _unusable(path, f"is {kind}")
            if status.st_size > limits.FILE_BYTES:
                raise _unusable(path, "is larger than 1 MiB")
            return _read_whole(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(path, _reason(error)) from None


def _read_whole(descriptor: int, size: int) -> bytes:
    """Return all bytes of an open file; at most one more than a card may have, should it have grown."""
    # Room for what is there, not for the largest card: to clear a megabyte takes longer than to read.
    data = b""
    while len(data) <= limits.FILE_BYTES:
        more = os.read(descriptor, max(size - len(data), 0) + 1)
        if not more:
            break
        data += more
    return data


def _unusable(path: Path, message: str) -> CardError:
    problem = CardProblem(str(path), 0, 0, "", message)
    return CardError(f"{path.name} cannot be used", problems=(problem,))


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
