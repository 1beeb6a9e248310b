"""What was checked before: one SQLite row per document, found by the digest of its content.

The key is made from the file's bytes and from the code and tables that judged them, so a row can
never be stale: another content or another rule is another key. Losing the file loses time only,
and every trouble with it is answered by doing without.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

BYTES_KEPT = 2 << 30
"""Beyond this the cache starts again, so that old contents do not pile up for ever."""


class DocumentCache:
    """Rows of checked text by digest. `path` None switches it off."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._new: list[tuple[bytes, str, str]] = []

    def find(self, digest: bytes) -> tuple[str, str] | None:
        """Return (names, document) of a checked document as JSON texts, or None."""
        connection = self._open()
        if connection is None:
            return None
        try:
            row = connection.execute(
                "SELECT names, document FROM checked WHERE digest = ?", (digest,)
            ).fetchone()
        except sqlite3.OperationalError:  # locked, or made by another process at this moment
            return None
        except sqlite3.DatabaseError:
            self._give_up()
            return None
        return None if row is None else (row[0], row[1])

    def add(self, digest: bytes, names: str, document: str) -> None:
        """Remember a checked document; written by `flush`."""
        self._new.append((digest, names, document))

    @property
    def path(self) -> Path | None:
        """The file, None where the cache is switched off."""
        return self._path

    def take_new(self) -> list[tuple[bytes, str, str]]:
        """Return what `flush` would write, and leave it to the caller to have it written."""
        rows, self._new = self._new, []
        return rows

    def flush(self, at_least: int = 1) -> None:
        """Write what is new in one transaction; gives way if another process is writing.

        Fewer rows than `at_least` wait for others.
        """
        if len(self._new) < at_least:
            return
        rows, self._new = self._new, []
        if not rows or self._path is None:
            return
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=1.0)) as connection, connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS checked"
                    " (digest BLOB PRIMARY KEY, names TEXT NOT NULL, document TEXT NOT NULL)"
                    " WITHOUT ROWID"
                )
                # The size is known without a look at the rows.
                (pages,), (size,) = (
                    connection.execute(f"PRAGMA {name}").fetchone()
                    for name in ("page_count", "page_size")
                )
                if pages * size > BYTES_KEPT:
                    connection.execute("DELETE FROM checked")
                connection.executemany("INSERT OR REPLACE INTO checked VALUES (?, ?, ?)", rows)
            self._path.chmod(0o600)

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._path is not None:
            with suppress(sqlite3.Error, OSError):
                if not self._path.is_file():
                    return None
                # immutable would be quicker but unsafe: another process may be writing.
                self._connection = sqlite3.connect(
                    f"file:{_quoted(self._path)}?mode=ro", uri=True, timeout=1.0
                )
        return self._connection

    def _give_up(self) -> None:
        """Drop a cache that cannot be read: it is damaged, or not ours, and holds nothing new."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
        path, self._path = self._path, None
        if path is not None:
            with suppress(OSError):
                path.unlink()


def _quoted(path: Path) -> str:
    return "".join(f"%{ord(c):02x}" if c in "%?#" else c for c in str(path))


def default_cache_path(environment: dict[str, str] | os._Environ[str]) -> Path | None:
    """Return where the cache lies for this user, or None when there is no home to put it in."""
    base = environment.get("XDG_CACHE_HOME") or ""
    if os.path.isabs(base):
        return Path(base) / "modelcmp" / "checked-1.sqlite"
    home = environment.get("HOME") or environment.get("LOCALAPPDATA") or ""
    return Path(home) / ".cache" / "modelcmp" / "checked-1.sqlite" if os.path.isabs(home) else None
