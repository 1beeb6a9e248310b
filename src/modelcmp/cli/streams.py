"""Standard output for results, standard error for all else, files by rename. Nothing else writes."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from modelcmp.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def write_out(text: str) -> None:
    """Write a result to standard output, as UTF-8 where the stream allows it.

    Characters the stream's encoding lacks are spelled out. Raises OutputError when the stream is
    closed or its disk is full, BrokenPipeError when the reader has gone.
    """
    stream = sys.stdout
    if stream is None or stream.closed:
        raise OutputError("standard output is closed", hint="-o FILE writes to a file")
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What could not be written is dropped, or the interpreter would try again at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        reason = (error.strerror or "write error").lower()
        raise OutputError(f"standard output: {reason}") from None


def write_err(lines: Iterable[str]) -> None:
    """Write diagnostics to standard error, each on a line of its own, without control characters or passwords."""
    from modelcmp.render.clean import no_command, no_password, visible

    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            safe = no_command(no_password(visible(line)))
            stream.write(safe.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


def rewrite_line(text: str, before: int) -> None:
    """Write the last line of standard error anew, over one of `before` letters; for progress alone."""
    stream = sys.stderr
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(f"\r{text:<{before}}" if text else f"\r{'':<{before}}\r")
            stream.flush()


def write_file(path: Path, text: str) -> None:
    """Write a result to a file: beside it first, then renamed, so that it is old or new, never half.

    A link is followed and the file's mode kept; a device or pipe is written to as it stands. Raises
    OutputError; the old file is then untouched.
    """
    write_files([(path, text)])


def write_files(files: Iterable[tuple[Path, str]]) -> None:
    """Write files of one run, all beside their places before the first is renamed.

    So a full disk leaves every one of them as it was. Raises OutputError.
    """
    drafts: list[tuple[Path, str, Path]] = []
    try:
        for path, text in files:
            with _failing_as(path):
                if _is_stream(path):
                    path.write_text(text, encoding="utf-8", newline="\n")
                else:
                    target = path.resolve()
                    drafts.append((path, _write_beside(target, text), target))
        while drafts:
            path, draft, target = drafts[0]
            with _failing_as(path):
                os.replace(draft, target)
            del drafts[0]
    finally:
        for _, draft, _ in drafts:  # failed, or interrupted
            with contextlib.suppress(OSError):
                os.unlink(draft)


@contextlib.contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        hint = "make the folder first" if isinstance(error, FileNotFoundError) else None
        raise OutputError(f"{path}: {reason}", hint=hint) from None
    except RuntimeError:  # up to Python 3.12; an OSError afterwards
        raise OutputError(f"{path}: is a link that leads to itself") from None


def _is_stream(path: Path) -> bool:
    """Return whether a path is a device or pipe: renamed over, it would be gone for everybody."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_beside(target: Path, text: str) -> str:
    """Return the name of a new file beside `target` that holds the text and has its mode."""
    import tempfile

    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if target.exists() and not os.access(target, os.W_OK):
        # A rename would do it all the same, but who takes this right away means the content.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:200]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, mode)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    return draft


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def wants_colour(choice: str) -> bool:
    """Return whether standard output gets colour: the flag, then NO_COLOR, then the two forces."""
    if choice != "auto":
        return choice == "always"
    environment = os.environ
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") not in ("0", ""):
        return True
    return is_terminal() and environment.get("TERM") != "dumb"


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()


def ascii_only() -> bool:
    """Return whether standard output cannot take bars and dashes."""
    encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "utf-8"
    try:
        "█▏·—".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def terminal_width() -> int:
    """Return the width for a table: COLUMNS, else the terminal's, at least 20 and at most 120."""
    text = os.environ.get("COLUMNS", "")
    if text.isascii() and text.isdigit() and int(text) > 0:
        width = int(text)
    elif is_terminal():
        try:
            width = os.get_terminal_size(sys.stdout.fileno()).columns or 80
        except OSError:
            width = 80
    else:
        width = 100
    return max(20, min(120, width))
