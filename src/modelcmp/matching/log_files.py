"""Files -> numbered lines. How a log is unpacked, told from one counted before, and cut up, is decided here.

A file is read once, in blocks, and never held whole.
"""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import IO, Any, NamedTuple

from modelcmp.matching.events import LogError

LINE_BYTES = 1024 * 1024
"""Longest line of a log."""

GZIP_RATIO = 200
GZIP_FREE_BYTES = 64 * 1024 * 1024
"""Above this size, a gzip file that unpacks to more than that many times its size is refused."""

_BLOCK = LINE_BYTES


class Digest(NamedTuple):
    """What a file is known by once it was counted."""

    digest: bytes
    size: int


class LogFile:
    """One file, unpacked, as numbered lines; its digest is known once it has been read."""

    def __init__(self, name: str, stream: IO[bytes], known: dict[int, set[bytes]]) -> None:
        self.name = name
        # Processors compute this one themselves, at twice the speed of any other.
        self.digest = sha256()
        self.size = 0
        self._goes_on = True
        self._packed = stream
        self._known = sorted(known.items())
        start = _peek(stream, 2)
        # What is unpacked has the digest of the plain file, so the two count once.
        self.gzipped = start == b"\x1f\x8b"
        self.stream = gzip.GzipFile(fileobj=stream) if self.gzipped else stream

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """Yield each line with its number; None for one that is too long or not UTF-8."""
        for first, lines in self.batches():
            yield from enumerate(lines, first)

    def batches(self) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yield the lines of a block at a time, with the number of the first of them."""
        rest, number, skipping = b"", 1, False
        for block in self.blocks():
            *complete, rest = (rest + block).split(b"\n") if rest else block.split(b"\n")
            if skipping and complete:
                del complete[0]
                number, skipping = number + 1, False
            if complete:
                yield number, _decoded(complete)
                number += len(complete)
            if len(rest) > LINE_BYTES:
                if not skipping:
                    yield number, [None]
                rest, skipping = b"", True
        if rest and not skipping:
            yield number, _decoded([rest])

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes, unpacked, a block at a time; the digest is known after the last."""
        first = True
        while block := self._read():
            self._note(block)
            if first:
                block, first = block.removeprefix(b"\xef\xbb\xbf"), False
            yield block

    def _read(self) -> bytes:
        try:
            block = self.stream.read(_BLOCK)
            # Looked at here, where a fault at the very end has its name too.
            self._goes_on = bool(block) and bool(_peek(self.stream, 1))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise LogError(
                f"{self.name}: the gzip file is damaged; nothing of it was kept",
                hint="gzip --test shows where; fetch the file again",
            ) from None
        except OSError as error:
            raise LogError(f"{self.name}: {reason_of(error)}") from None
        if self.gzipped and self.size + len(block) > GZIP_FREE_BYTES:
            packed = max(1, _told(self._packed))
            if (self.size + len(block)) / packed > GZIP_RATIO:
                raise LogError(
                    f"{self.name}: unpacks to more than {GZIP_RATIO} times its size",
                    hint="if it is what you expect, unpack it first: gzip --decompress --keep",
                )
        return block

    def _note(self, block: bytes) -> None:
        """Add a block to the digest, and refuse a file that begins with one counted before."""
        start, end = self.size, self.size + len(block)
        while self._known and self._known[0][0] <= end:
            size, digests = self._known.pop(0)
            if size <= start:
                continue
            so_far = self.digest.copy()
            so_far.update(block[: size - start])
            # Equal to the end is the same file; whether it goes on, the next block tells.
            if so_far.digest() in digests and (size < end or self._goes_on):
                raise LogError(
                    f"{self.name}: begins with a log that was counted before and has grown since",
                    hint=f"add its new rows alone: tail -c +{size + 1} FILE | modelcmp evidence add -",
                )
        self.digest.update(block)
        self.size = end

    @property
    def packed_size(self) -> int:
        """How many bytes were read, before they were unpacked."""
        return _told(self._packed)


def _peek(stream: Any, count: int) -> bytes:
    """Return the next bytes without taking them."""
    start: bytes = stream.peek(count)
    return start[:count]


def _told(stream: IO[bytes]) -> int:
    try:
        return stream.tell()
    except OSError:
        return sys.maxsize  # a pipe does not tell; its reader has the whole in hand anyway


def _decoded(lines: list[bytes]) -> list[str | None]:
    """Return lines as text, all at once where that can be: line by line is three times as slow."""
    texts: list[str | None]
    try:
        text = b"\n".join(lines).decode()
        texts = [*text.split("\n")]
    except UnicodeDecodeError:
        text, texts = "\r", [_text(line) for line in lines]
    # The others are parts of one block, which is no longer than a line may be.
    if len(lines[0]) > LINE_BYTES and len(texts[0] or "") > LINE_BYTES:
        texts[0] = None
    if "\r" in text:
        texts = [line[:-1] if line and line[-1] == "\r" else line for line in texts]
    return texts


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def reason_of(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()
