"""A folder of made files: what was written there, what must be written anew, and how it changes at once.

Files are first made in a folder beside the others and moved into place when all of them are done, so
that a run that fails leaves what was there. A list of what was written, with what each file was made from,
lies in the folder itself: no file that is not on it is ever replaced or removed.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from modelcmp.cli.streams import write_file
from modelcmp.errors import OutputError

LIST = "modelcmp-site.json"
STAGING = ".modelcmp-site"
SCHEMA = "modelcmp/site-files/1"


class Entry(NamedTuple):
    """One file on the list: what it was made from and a digest of its bytes; None while in doubt."""

    inputs: str | None
    digest: str | None


class Folder:
    """A folder that holds files of ours, or that is empty or not there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = self._read_list()

    def _read_list(self) -> dict[str, Entry]:
        """Return what was written here before; raises OutputError for a folder that is not ours."""
        try:
            names = set(os.listdir(self.path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise OutputError(f"{self.path}: {_reason(error)}") from None
        if LIST not in names:
            if not all(map(_is_left_over, names)):
                raise OutputError(
                    f"{self.path}: holds files that are not a site of modelcmp",
                    hint="name an empty folder or one that is not there yet",
                )
            return {}
        try:
            held = json.loads((self.path / LIST).read_text(encoding="utf-8"))
            if held["schema"] != SCHEMA:
                raise ValueError
            return {
                str(name): Entry(inputs, digest)
                for name, (inputs, digest) in held["files"].items()
                if _stays_inside(str(name))
            }
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise OutputError(
                f"{self.path / LIST}: the list of files cannot be used",
                hint="name an empty folder, or remove this one",
            ) from None

    def holds(self, name: str, inputs: str) -> bool:
        """Return whether a file is there as it was made, from these inputs."""
        entry = self.entries.get(name)
        return (
            entry is not None
            and entry.inputs == inputs
            and entry.digest is not None
            and self.digest(name) == entry.digest
        )

    def digest(self, name: str) -> str | None:
        """Return the digest of a file as it is, or None where it cannot be read."""
        try:
            return digest_of((self.path / name).read_bytes())
        except OSError:
            return None

    def stale(self, wanted: Iterable[str]) -> list[str]:
        """Return the files of ours that are wanted no more, unless somebody has changed them."""
        gone = sorted(set(self.entries) - set(wanted))
        return [name for name in gone if self._untouched(name)]

    def _untouched(self, name: str) -> bool:
        found, entry = self.digest(name), self.entries[name]
        return found is not None and (entry.digest is None or found == entry.digest)

    def check_room(self, wanted: Iterable[str]) -> None:
        """Raise OutputError where a file of somebody else stands in the way of one of ours."""
        for name in wanted:
            if name not in self.entries and os.path.lexists(self.path / name):
                raise OutputError(
                    f"{self.path / name}: is in the way and was not written by modelcmp",
                    hint="move it elsewhere, or name another folder",
                )

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a folder to make files in; it is gone afterwards, whatever happens."""
        staging = self.path / STAGING
        made = not self.path.exists()
        try:
            self.path.mkdir(exist_ok=True)
            shutil.rmtree(staging, ignore_errors=True)
            for name in filter(_is_left_over, os.listdir(self.path)):
                (self.path / name).unlink()
            staging.mkdir()
        except OSError as error:
            hint = (
                "make the folder above it first" if isinstance(error, FileNotFoundError) else None
            )
            raise OutputError(f"{self.path}: {_reason(error)}", hint=hint) from None
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if made:
                with contextlib.suppress(OSError):
                    self.path.rmdir()  # only where nothing came of it

    def publish(
        self,
        staging: Path,
        made: Mapping[str, str],
        inputs: Mapping[str, str],
        gone: Iterable[str],
    ) -> int:
        """Move made files into place, remove those in `gone`; returns how many differ from before.

        `made` holds the digest of each file in staging, `inputs` what every file that stays or comes is
        made from. What is about to change is put on the list first, so that a run that is cut off
        never leaves a file that the next one does not know.
        """
        changed = sorted(name for name in made if self.digest(name) != made[name])
        gone = list(gone)
        kept = {name: entry for name, entry in self.entries.items() if name not in gone}
        doubtful = dict.fromkeys((*changed, *gone), Entry(None, None))
        try:
            if changed or gone:
                self._write_list({**kept, **doubtful})
            for name in changed:
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(staging / name, self.path / name)
            for name in gone:
                (self.path / name).unlink(missing_ok=True)
            self._remove_empty(gone)
        except OSError as error:
            where = error.filename2 or error.filename or self.path
            raise OutputError(f"{where}: {_reason(error)}") from None
        if changed and hasattr(os, "sync"):
            os.sync()  # once for all files, before the list says they are there
        digests = {name: entry.digest for name, entry in kept.items()} | dict(made)
        entries = {name: Entry(inputs[name], digests[name]) for name in sorted(inputs)}
        if changed or gone or entries != self.entries:
            self._write_list(entries)
        return len(changed)

    def _remove_empty(self, gone: Iterable[str]) -> None:
        for name in gone:
            with contextlib.suppress(OSError):
                (self.path / name).parent.rmdir()

    def _write_list(self, entries: Mapping[str, Entry]) -> None:
        lines = ",\n".join(
            f"    {json.dumps(name)}: {json.dumps(list(entry))}"
            for name, entry in sorted(entries.items())
        )
        text = f'{{\n  "schema": "{SCHEMA}",\n  "files": {{\n{lines}\n  }}\n}}\n'
        write_file(self.path / LIST, text)


def _is_left_over(name: str) -> bool:
    """Return whether a name is that of what a killed run had not yet moved into place."""
    return name == STAGING or name.startswith(f".{LIST}.")


def digest_of(data: bytes) -> str:
    """Return what names the bytes of a file."""
    return blake2b(data, digest_size=16).hexdigest()


def _stays_inside(name: str) -> bool:
    """Return whether a name from a list can only mean a file inside the folder, and not the list."""
    parts = name.split("/")
    plain = all(part and part not in (".", "..") and "\0" not in part for part in parts)
    return plain and "\\" not in name and ":" not in name and parts[0] not in (LIST, STAGING)


def _reason(error: OSError) -> str:
    return (error.strerror or "cannot be written").lower()
