"""A catalogue as a git revision has it, laid out in a folder of its own for as long as it is read.

Git is run with fixed arguments and no shell. Trees and blobs are only read: no checkout, no filter, no
hook, nothing fetched. What is not a plain YAML file of ordinary size is left out.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from modelcmp.catalogue import limits
from modelcmp.catalogue.directories import META, SUFFIXES
from modelcmp.errors import CatalogueError

SECONDS = 60
_REGULAR = ("100644", "100755")


class Blob(NamedTuple):
    """One file of a tree."""

    name: str
    path: PurePosixPath


@contextmanager
def laid_out(directory: Path, revision: str) -> Iterator[Path]:
    """Yield a folder that holds the YAML files of `directory` as `revision` has them.

    A catalogue.yaml right above the directory comes with it. Raises CatalogueError when there is no
    git, no repository or no such revision.
    """
    prefix = _git(directory, "rev-parse", "--show-prefix").decode("utf-8", "replace").strip("\n")
    commit = resolve(directory, revision)
    here = PurePosixPath(prefix)
    blobs = _list_files(directory, commit, here)
    with tempfile.TemporaryDirectory(prefix="modelcmp-") as folder:
        root = Path(folder) / "tree"
        (root / here).mkdir(parents=True)
        for blob, data in zip(blobs, _contents(directory, blobs), strict=True):
            target = root / blob.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        yield root / here


def resolve(directory: Path, revision: str) -> str:
    """Return the commit a revision means; raises CatalogueError for one that means none."""
    try:
        said = _git(
            directory, "rev-parse", "--verify", "--quiet", "--end-of-options",
            f"{revision}^{{commit}}",
        )  # fmt: skip
    except CatalogueError:
        # Only now is it worth a process to tell a folder without git from a wrong revision.
        _git(directory, "rev-parse", "--git-dir")
        raise CatalogueError(
            f"git knows no revision {revision}",
            hint="git log shows the revisions; a shallow clone needs git fetch --unshallow",
        ) from None
    return said.decode("ascii", "replace").strip()


def merge_base(directory: Path, one: str, other: str) -> str:
    """Return the commit two revisions have in common."""
    commits = [resolve(directory, one), resolve(directory, other)]
    try:
        return _git(directory, "merge-base", *commits).decode("ascii", "replace").strip()
    except CatalogueError:
        raise CatalogueError(
            f"{one} and {other} have no commit in common",
            hint="a shallow clone needs git fetch --unshallow",
        ) from None


def _list_files(directory: Path, commit: str, here: PurePosixPath) -> list[Blob]:
    wanted = [f"{here}/" if here.parts else ".", str(here.parent / META)]
    # --full-tree: names are those of the repository, wherever git is run.
    said = _git(
        directory, "--literal-pathspecs", "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--",
        *(wanted if here.parts else ()),
    )  # fmt: skip
    found = []
    for line in said.decode("utf-8", "surrogateescape").split("\0"):
        head, _, name = line.partition("\t")
        parts = head.split()
        if len(parts) != 4 or parts[0] not in _REGULAR or not parts[3].isdigit():
            continue
        path = PurePosixPath(name)
        harmless = not path.is_absolute() and ".." not in path.parts and "\\" not in name
        if harmless and path.suffix in SUFFIXES and int(parts[3]) <= limits.FILE_BYTES:
            found.append(Blob(parts[2], path))
    return found[: limits.CATALOGUE_FILES]


def _contents(directory: Path, blobs: Sequence[Blob]) -> list[bytes]:
    if not blobs:
        return []
    asked = "".join(f"{blob.name}\n" for blob in blobs).encode()
    said = _git(directory, "cat-file", "--batch", stdin=asked)
    found, at = [], 0
    for _ in blobs:
        end = said.index(b"\n", at)
        size = int(said[at:end].split()[2])
        found.append(said[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def _git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    # A hook's GIT_DIR would point git elsewhere than the folder that was named.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=SECONDS, check=False,
            env=environment,
        )  # fmt: skip
    except FileNotFoundError:
        raise CatalogueError("git is not installed", hint="name two folders instead") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise CatalogueError(f"git: {type(error).__name__}") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["failed"]
        raise CatalogueError(f"git: {lines[0].removeprefix('fatal: ')}")
    return done.stdout
