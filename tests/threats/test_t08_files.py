"""T8: links out of the catalogue, circles, pipes, devices, what cannot be read, what is too much."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import limits

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX links, pipes and devices")

ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "is not a regular file"),
    "socket": (lambda path: socket.socket(socket.AF_UNIX).bind(path.name), "bad.yaml: "),
    "link to a device": (
        lambda path: path.symlink_to(os.devnull),
        "is a link out of the catalogue",
    ),
    "link to endless zeros": (lambda path: path.symlink_to("/dev/zero"), "is a link out"),
    "link to a terminal": (lambda path: path.symlink_to("/dev/tty"), "is a link out"),
    "link to /etc": (lambda path: path.symlink_to("/etc/hostname"), "is a link out"),
    "link to the parent": (lambda path: path.symlink_to(".."), "is a link out"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "no such file or directory"),
    "link to itself": (lambda path: path.symlink_to(path.name), "bad.yaml: "),
    "long link": (lambda path: path.symlink_to("x/../" * 800 + "x"), "bad.yaml: "),
    "empty file": (lambda path: path.touch(), "bad.yaml"),
    "one byte too large": (lambda path: path.write_bytes(b"#" * (2**20 + 1)), "larger than 1 MiB"),
    "sparse terabyte": (lambda path: _sparse(path, 2**40), "larger than 1 MiB"),
}


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize("case", ODD.values(), ids=ODD.keys())
def test_an_odd_file_is_named_and_left_out(
    case: tuple[Callable[[Path], object], str], spoilt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = case
    monkeypatch.chdir(spoilt.folder)  # the path of a socket is short
    make(spoilt.folder / "bad.yaml")
    listed = spoilt.run("list", "--format", "tsv", *spoilt.own)
    assert listed.code == 0
    assert [line.split("\t")[0] for line in listed.out.splitlines()[1:]] == ["good"]
    assert words in listed.err
    shown = spoilt.run("show", "bad", *spoilt.own)
    assert (shown.code, shown.out) == (2, "")


SKIPPED = (
    ".bad.yaml", "bad.yaml~", "#bad.yaml#", "bad.yaml.swp", "bad.yaml.orig", "bad.json", "bad",
    ".git/bad.yaml", "node_modules/bad.yaml", ".venv/lib/bad.yaml", "old~/bad.yaml",
)  # fmt: skip


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_no_card_is_skipped_in_silence(name: str, spoilt: Any) -> None:
    path = spoilt.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not: [a card")
    listed = spoilt.run("list", "--format", "tsv", *spoilt.own)
    assert (listed.code, listed.err) == (0, listed.err.replace("not: [a card", ""))
    assert "bad" not in listed.out + listed.err


def test_a_directory_that_is_no_directory_is_said(spoilt: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "none", spoilt.folder / "good.yaml", Path(os.devnull)):
        listed = spoilt.run("list", "--catalogue", str(path), "--no-builtin")
        assert (listed.code, listed.out) == (2, "")
        assert listed.err.startswith(f"error: {path}: no such catalogue directory\n")


def test_folders_in_a_circle_end(spoilt: Any) -> None:
    (spoilt.folder / "again").symlink_to(spoilt.folder, target_is_directory=True)
    listed = spoilt.run("list", "--format", "tsv", *spoilt.own)
    assert (listed.code, len(listed.out.splitlines())) == (0, 2)


def test_a_folder_too_deep_is_named(spoilt: Any, card_text: Any) -> None:
    deep = spoilt.folder.joinpath(*["d"] * (limits.CATALOGUE_DEPTH + 1))
    deep.mkdir(parents=True)
    (deep / "bad.yaml").write_text(card_text("bad"))
    listed = spoilt.run("list", "--format", "tsv", *spoilt.own)
    assert (listed.code, len(listed.out.splitlines())) == (0, 2)
    assert "lies too deep; it was left out" in listed.err


def test_too_many_files_are_named(
    spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CATALOGUE_FILES", 3)
    for number in range(4):
        spoilt.put(card_text(f"m{number}").encode(), f"m{number}")
    listed = spoilt.run("list", "--format", "tsv", *spoilt.own)
    assert (listed.code, len(listed.out.splitlines())) == (0, 4)
    assert "holds more than 3 files; the rest was left out" in listed.err


def test_validate_says_no_to_each_odd_file_at_once(spoilt: Any) -> None:
    (spoilt.folder / "a.yaml").touch()
    os.mkfifo(spoilt.folder / "b.yaml")
    (spoilt.folder / "c.yaml").symlink_to("nowhere")
    checked = spoilt.run("validate", str(spoilt.folder))
    assert checked.code == 1
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        assert name in checked.out + checked.err
