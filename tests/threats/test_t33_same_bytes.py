"""T33: one digest per format, whatever the locale, zone, hash seed, terminal, parser or directory order.

Other versions of Python run this module and the golden files in .ci/pythons.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).resolve().parent.parent / "cases"
SUFFIX = {"markdown": "md", "json": "json", "tsv": "tsv", "table": "txt"}

SURROUNDINGS: tuple[dict[str, str], ...] = (
    {"LC_ALL": "C", "PYTHONHASHSEED": "0", "TZ": "Pacific/Kiritimati"},
    {"LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "COLUMNS": "500"},
    {"LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "random", "COLUMNS": "40", "TZ": "Pacific/Niue"},
    {"PYTHONHASHSEED": "7", "MODELCMP_CACHE": "", "FORCE_COLOR": "1", "COLUMNS": "0"},
    {"PYTHONUTF8": "0", "LC_ALL": "POSIX", "COLUMNS": "abc", "TERM": "dumb"},
)
COMMANDS = {
    "compare": ("compare", "wide", "hostile", "alpha"),
    "show": ("show", "gamma"),
    "list": ("list",),
    "rank": ("rank",),
}


def full(choices: tuple[Any, ...], few: int) -> tuple[Any, ...]:
    """Return all choices at night (MODELCMP_FULL_MATRIX=1), the first few on each change."""
    return choices if os.environ.get("MODELCMP_FULL_MATRIX") else choices[:few]


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize("kind", SUFFIX)
def test_one_digest_per_format(kind: str, words: tuple[str, ...], child: Any) -> None:
    digests = set()
    few = 5 if words[0] == "compare" else 2
    for number, changes in enumerate(full(SURROUNDINGS, few)):
        page = child.folder / f"{number}.{SUFFIX[kind]}"
        own = ("--catalogue", str(CASES), "--no-builtin")
        result = child(*words, "-o", str(page), *own, **changes)
        assert (result.returncode, result.stdout) == (0, b"")
        digests.add(hashlib.sha256(page.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_pure_parser_gives_the_same_bytes(child: Any) -> None:
    """Without libyaml a package `yaml._yaml` is missing; the cards say the same."""
    hidden = child.folder / "hidden"
    (hidden / "yaml").mkdir(parents=True)
    import yaml

    package = Path(yaml.__file__).parent
    for source in package.glob("*.py"):
        shutil.copy(source, hidden / "yaml")
    path = f"{hidden}{os.pathsep}{child.surroundings['PYTHONPATH']}"
    words = ("compare", "wide", "hostile", "--catalogue", str(CASES), "--no-builtin")
    usual = child(*words, MODELCMP_CACHE="")
    pure = child(*words, MODELCMP_CACHE="", PYTHONPATH=path)
    assert pure.returncode == 0
    assert pure.stdout == usual.stdout


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_files_and_models_changes_nothing(
    seed: int, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cards"
    shutil.copytree(CASES, folder)
    original = os.scandir

    class Shuffled:
        """A listing in another order, as scandir gives it: to be walked, or to be entered first."""

        def __init__(self, path: Any) -> None:
            self.entries = list(original(path))
            random.Random(seed).shuffle(self.entries)

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self.entries)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self.entries)

        def __exit__(self, *_: object) -> None:
            pass

    own = ("--catalogue", str(folder), "--no-builtin")
    usual = [run(*words, *own) for words in (("rank",), ("list", "--json"))]
    monkeypatch.setattr(os, "scandir", Shuffled)
    monkeypatch.setenv("MODELCMP_CACHE", "")
    assert [run(*words, *own) for words in (("rank",), ("list", "--json"))] == usual
