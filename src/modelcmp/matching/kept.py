"""Indexes in a folder: written beside and moved there, checked when opened, the oldest forgotten.

Whatever goes wrong with the folder, the caller goes on without: an index can always be made again.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelcmp.digests import blake2b

KEPT = 8
"""Indexes kept in a folder."""

SUMMED_BYTES = 4 << 20
"""Size up to which a file of a kept index is read to check it."""

_SUMS = "sums.json"


def write_index(path: Path, fill: Callable[[Path], object]) -> bool:
    """Let `fill` write an index beside `path`, move it there; return whether one lies there now."""
    import tempfile

    draft: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=path.parent))
        fill(draft)
        (draft / _SUMS).write_text(json.dumps(_sums(draft)), "utf-8")
        draft.rename(path)
        _forget_old(path)
    except (OSError, ValueError):
        pass  # another process was quicker, or there is no room: the caller looks and goes on
    finally:
        if draft is not None:
            remove_index(draft)
    return os.path.isdir(path)  # which is False, and no error, in a folder of somebody else


def is_whole(path: Path) -> bool:
    """Return whether the files are those that were written; FileNotFoundError if there is no index."""
    return bool(json.loads((path / _SUMS).read_text("utf-8")) == _sums(path))


def remove_index(path: Path) -> None:
    """Remove an index, or what is left of it."""
    import shutil  # only now: it costs a start more than opening the index does

    shutil.rmtree(path, ignore_errors=True)


def _forget_old(path: Path) -> None:
    """Remove the indexes made first, beyond those that are kept."""
    others = [folder for folder in path.parent.iterdir() if folder.is_dir() and folder != path]
    others.sort(key=lambda folder: (-folder.stat().st_mtime, folder.name))
    for folder in others[KEPT - 1 :]:
        remove_index(folder)


def _sums(path: Path) -> dict[str, list[Any]]:
    """Return size and digest of every file; of a large one the size has to do."""
    sums = {}
    for file in sorted(path.iterdir()):
        if file.name != _SUMS and not file.name.endswith(".lock"):
            size = file.stat().st_size
            content = file.read_bytes() if size <= SUMMED_BYTES else b""
            sums[file.name] = [size, blake2b(content, digest_size=16).hexdigest()]
    return sums
