"""Which documents the queries of a log match: looked up once, on every core, and kept.

Only distinct queries are looked up, the most frequent first, so most of a log is known long before its
last query. What is kept holds no query but a digest of it, and belongs to one index: other cards make
another. The order of the records is that of the digests, whoever found them.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from modelcmp.digests import blake2b
from modelcmp.matching.search import Match, SearchIndex, open_index

BEST = 5
"""Models kept of each query."""

AT_ONCE = 20_000
"""Queries that a command looks up by itself if nobody did before: a few seconds."""

CHUNK = 2_000
"""Queries given to a process at a time."""

KEPT = 8
"""Files of look-ups kept in a folder."""

_RECORD = struct.Struct(f"<8sB{BEST}I{BEST}d")
_DIGEST_BYTES = 16


class Lookups:
    """The look-ups made in one index, by query. Call it with a query; None is one not looked up."""

    def __init__(self, index: SearchIndex, folder: Path | None) -> None:
        self._index = index
        self._path = folder / f"{index.path.name}.bin" if folder and index.path else None
        self._held = _read(self._path) if self._path else {}

    def __contains__(self, query: str) -> bool:
        """Return whether a query was looked up."""
        return _key(query) in self._held

    def __call__(self, query: str) -> list[Match] | None:
        """Return the best matches of a query, without their words, or None for one not looked up."""
        record = self._held.get(_key(query))
        if record is None:
            return None
        _, count, *values = _RECORD.unpack(record)
        pairs = zip(values[:count], values[BEST:], strict=False)
        return [self._index.match(number, strength) for number, strength in pairs]

    def look_up(
        self,
        queries: Iterable[str],
        *,
        processes: int | None = None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Look up those queries that were not, on every core, and keep what was found.

        `told` hears how many are done, now and then. Interrupted, it keeps what is done.
        """
        new = list(dict.fromkeys(query for query in queries if query not in self))
        if not new:
            return
        chunks = [new[start : start + CHUNK] for start in range(0, len(new), CHUNK)]
        try:
            done = 0
            for chunk, records in zip(chunks, self._records(chunks, processes), strict=True):
                self._held.update((record[:8], record) for record in records)
                done += len(chunk)
                told(done)
        finally:
            self._write()

    def _records(self, chunks: Sequence[list[str]], processes: int | None) -> Iterator[list[bytes]]:
        """Yield the records of each chunk in turn."""
        path = self._index.path
        workers = min(processes or cores(), len(chunks))
        if workers < 2 or path is None:
            for chunk in chunks:
                yield find_records(self._index, chunk)
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # Started afresh: a copy of this process would share the threads and files of its index.
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, _open_here, (str(path),)) as pool:
            try:
                yield from pool.map(_find_here, chunks)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _write(self) -> None:
        """Write all records beside the file and move them there; no room or right is no trouble."""
        if self._path is None:
            return
        content = b"".join(self._held[key] for key in sorted(self._held))
        draft = self._path.with_name(f"draft-{os.getpid()}")
        try:
            with suppress(OSError):
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                draft.write_bytes(_sum(content) + content)
                draft.replace(self._path)
                _forget_old(self._path)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_records(index: SearchIndex, queries: Iterable[str]) -> list[bytes]:
    """Return a record for each query: its digest, and its best documents with their strengths."""
    records = []
    for query in queries:
        found = index.best_documents(query, BEST)
        padding = [0] * (BEST - len(found))
        numbers = [number for number, _ in found] + padding
        strengths = [strength for _, strength in found] + padding
        records.append(_RECORD.pack(_key(query), len(found), *numbers, *strengths))
    return records


def due(counts: Iterable[tuple[str, int]], share: float, *, most: int | None = None) -> list[str]:
    """Return the queries that together make up a share of the episodes, the most frequent first.

    >>> due([("a", 1), ("b", 6), ("c", 3)], 0.9), due([("a", 1), ("b", 6)], 1.0, most=1)
    (['b', 'c'], ['b'])
    """
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    wanted = share * sum(episodes for _, episodes in ordered)
    found, reached = [], 0
    for query, episodes in ordered[:most]:
        if reached >= wanted:
            break
        found.append(query)
        reached += episodes
    return found


def forget_lookups(folder: Path | None) -> None:
    """Remove every look-up that was kept, so that no trace of a query is left there."""
    if folder is not None:
        with suppress(OSError):
            for path in folder.iterdir():
                path.unlink()


def _forget_old(path: Path) -> None:
    """Remove the files written first, beyond those that are kept."""
    others = [other for other in path.parent.glob("*.bin") if other != path]
    others.sort(key=lambda other: (-other.stat().st_mtime, other.name))
    for other in others[KEPT - 1 :]:
        other.unlink()


def _read(path: Path) -> dict[bytes, bytes]:
    """Return the records of a file by their keys; none of a damaged or missing one."""
    try:
        data = path.read_bytes()
    except OSError:
        return {}
    content = data[_DIGEST_BYTES:]
    if data[:_DIGEST_BYTES] != _sum(content) or len(content) % _RECORD.size:
        return {}
    size = _RECORD.size
    return {
        content[start : start + 8]: content[start : start + size]
        for start in range(0, len(content), size)
    }


def _sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _key(query: str) -> bytes:
    return blake2b(query.encode("utf-8", "surrogatepass"), digest_size=8).digest()


_opened: list[SearchIndex] = []


def _open_here(path: str) -> None:
    """Open the index in a new process, which leaves it to the first one to be interrupted."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    index = open_index(Path(path))
    if index is not None:
        _opened.append(index)


def _find_here(queries: list[str]) -> list[bytes]:
    return find_records(_opened[0], queries)
