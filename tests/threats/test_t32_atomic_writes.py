"""T32: what is written is old or new: mode kept, links followed on purpose, devices left in their place."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.cli.folder import LIST

ROOT = Path(__file__).resolve().parent.parent.parent
OLD = "an older text\n"


@pytest.fixture
def words(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    """Return a command whose result goes to a file that the test names after `-o`."""
    monkeypatch.chdir(tmp_path)
    return (
        "show",
        "good",
        "--catalogue",
        str(folder),
        "--no-builtin",
        "--as-of",
        "2026-11-23",
        "-o",
    )


def only(folder: Path, *names: str) -> bool:
    """Return whether nothing lies in a folder but the catalogue and these."""
    return {path.name for path in folder.iterdir()} - {"cards", "cache", "home"} == set(names)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o755])
def test_the_mode_stays(
    mode: int, words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "out.md"
    path.write_text(OLD)
    path.chmod(mode)
    assert run(*words, "out.md").code == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() != OLD and only(tmp_path, "out.md")


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_of_any_other(
    mask: int, words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    before = os.umask(mask)
    try:
        assert run(*words, "out.md").code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.md").stat().st_mode) == 0o666 & ~mask


def test_a_link_is_followed_and_stays(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "real.md").write_text(OLD)
    (tmp_path / "out.md").symlink_to("inner/real.md")
    assert run(*words, "out.md").code == 0
    assert (tmp_path / "out.md").is_symlink()
    assert (tmp_path / "inner" / "real.md").read_text() != OLD
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["real.md"]


def test_a_link_to_nothing_yet_makes_what_it_points_to(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "out.md").symlink_to("real.md")
    assert run(*words, "out.md").code == 0
    assert (tmp_path / "out.md").is_symlink() and (tmp_path / "real.md").is_file()


def test_a_link_in_a_circle_is_refused(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "out.md").symlink_to("out.md")
    result = run(*words, "out.md")
    assert (result.code, "Traceback" in result.err) == (2, False)
    assert result.err.startswith("error: out.md")


@pytest.mark.parametrize(
    ("name", "told"),
    [("taken.md", "is a directory"), ("none/out.md", "no such file"), ("old.md/x.md", "not a directory")],
)  # fmt: skip
def test_places_that_hold_no_file(
    name: str, told: str, words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "taken.md").mkdir()
    (tmp_path / "old.md").write_text(OLD)
    result = run(*words, name)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {name}: {told}")
    assert (tmp_path / "old.md").read_text() == OLD
    assert only(tmp_path, "taken.md", "old.md")


def test_a_device_stays_a_device(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    device = tmp_path / "null.md"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        device.write_text("this device takes everything")
    except OSError:
        device = Path(os.devnull)
    result = run(*words, str(device), "--format", "markdown")
    assert (result.code, result.out) == (0, "")
    assert stat.S_ISCHR(device.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_that_is_full_is_said(words: tuple[str, ...], run: Callable[..., Any]) -> None:
    result = run(*words, "/dev/full", "--format", "markdown")
    assert (result.code, result.err) == (2, "error: /dev/full: no space left on device\n")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_pipe_is_written_to(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe.md").read_text()))
    reader.start()
    assert run(*words, "pipe.md").code == 0
    reader.join(10)
    assert "good" in read[0]
    assert stat.S_ISFIFO((tmp_path / "pipe.md").stat().st_mode)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a user who is not root")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_read_only_stays(what: str, child: Any) -> None:
    """Run by nobody, since root may write everywhere."""
    tree = Path(tempfile.mkdtemp(prefix="modelcmp-test-"))
    (tree / "out.md").write_text(OLD)
    (tree / "out.md").chmod(0o444 if what == "file" else 0o666)
    tree.chmod(0o777 if what == "file" else 0o555)
    code = (
        "import os, sys\n"
        "import modelcmp.cli as cli, modelcmp.catalogue.loading, modelcmp.cli.streams\n"
        "from pathlib import Path\n"
        "import tempfile, random, modelcmp.errors\n"
        "os.chdir(sys.argv[1])\n"
        "os.getuid() or os.setresuid(65534, 65534, 65534)\n"
        "try: cli.streams.write_file(Path('out.md'), 'new')\n"
        "except modelcmp.errors.OutputError as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tree)], env=child.surroundings, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "out.md: permission denied\n"
    assert (tree / "out.md").read_text() == OLD
    assert [path.name for path in tree.iterdir()] == ["out.md"]
    shutil.rmtree(tree)


def test_the_longest_name_is_written(
    words: tuple[str, ...], run: Callable[..., Any], tmp_path: Path
) -> None:
    name = f"{'x' * 252}.md"
    assert run(*words, name).code == 0
    assert (tmp_path / name).is_file()


def test_check_never_writes(run: Callable[..., Any], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    own = ("--catalogue", str(folder), "--no-builtin", "--check")
    (tmp_path / "old.md").write_text(OLD)
    (tmp_path / "doc.md").write_text("<!-- modelcmp:begin rank -->\n<!-- modelcmp:end -->\n")
    (tmp_path / "rows.jsonl").write_text('{"id": "own/m-1", "task": "text-generation"}\n')
    before = stamps(tmp_path)
    lines = [
        ("show", "good", "-o", "old.md"), ("show", "good", "-o", "fresh.md"),
        ("show", "good", "-o", "fresh/fresh.md"), ("compare", "good", "good", "-o", "old.md"),
        ("build", "doc.md"), ("site", "out"), ("rank", "-o", "old.md"),
        ("import", "jsonl", "rows.jsonl", "--into", "mine", "-o", "old.md"),
        ("new", "fresh", "-o", "fresh.yaml"), ("validate", str(folder), "-o", "old.md"),
        ("refresh", "--max-age", "9d"), ("export", "--format", "jsonl", "-o", "old.jsonl"),
    ]  # fmt: skip
    for line in lines:
        assert run(*line, *own).code in (0, 1, 2), line
        assert stamps(tmp_path) == before, line


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what changes when a file is written, even with the same bytes; the cache is no output."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if "cache" not in path.parts and path != folder
    }


def test_a_killed_run_leaves_a_folder_that_the_next_one_takes(
    run: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f".{LIST}.half").write_text("{")
    own = ("--catalogue", str(folder), "--no-builtin", "--no-config")
    assert run("site", str(out), *own).code == 0
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
