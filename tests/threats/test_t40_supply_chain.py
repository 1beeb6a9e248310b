"""T40: what is installed, built and published is what was meant, and tests stay on this machine."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from modelcmp import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / ".ci" / "lock.txt").read_text()
ENTRY = re.compile(
    r"^([a-z0-9._-]+)==(\S+?)(?: ; [^\\]+)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M
)


def locked() -> dict[str, tuple[str, list[str]]]:
    """Return name -> version and digests of each locked package."""
    return {
        name: (version, re.findall(r"--hash=(\S+)", digests))
        for name, version, digests in ENTRY.findall(LOCK)
    }


def test_every_locked_package_has_its_digests() -> None:
    entries = [line for line in LOCK.splitlines() if line and line[0] not in "# "]
    assert len(entries) == len(ENTRY.findall(LOCK)) > 40
    for _, digests in locked().values():
        assert digests
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests)
    assert not re.search(r"https?://|file:|--index|--find-links|-e ", LOCK)


def test_the_lock_holds_every_package_that_is_asked_for() -> None:
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["ci"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        asked += extra
    held = locked()
    for text in asked:
        wanted = Requirement(text)
        version, _ = held[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{text} is locked at {version}: bash .ci/lock"


def test_every_dependency_has_an_upper_bound() -> None:
    for text in PROJECT["project"]["dependencies"]:
        assert "<" in text, text


def test_actions_are_named_by_commit_and_hold_no_rights() -> None:
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        text = path.read_text()
        assert re.search(r"^permissions: \{\}$", text, re.M), path
        for used in re.findall(r"uses: (\S+)", text):
            assert re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", used), f"{path.name}: {used}"


def test_zizmor_finds_nothing() -> None:
    program = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("zizmor is not installed here; .ci/run installs it with the extra lint")
    done = subprocess.run(
        [program, "--offline", "--no-progress", "--color=never", str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


RUN = "from modelcmp.cli import run; run()"
BUILD = "import sys, hatchling.build as b; getattr(b, sys.argv[1])(sys.argv[2])"


def build(kind: str, folder: Path, **surroundings: str) -> Path:
    """Build a wheel or sdist of a copy of the sources and return its file."""
    source = folder / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", ".hypothesis"),
    )
    for number, path in enumerate(sorted(source.rglob("*"))):
        os.utime(path, (number * 1_000, number * 1_000))
    out = folder / "out"
    out.mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(out)],
        cwd=source,
        env={"PATH": os.environ["PATH"], **surroundings},
        check=True,
        capture_output=True,
    )
    (file,) = out.iterdir()
    return file


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["build_wheel", "build_sdist"])
def test_built_twice_equal(kind: str, tmp_path: Path) -> None:
    """Neither clock, zone, language nor the times of the sources reach the file."""
    digests = set()
    for number, zone in enumerate(("UTC", "Pacific/Kiritimati")):
        (tmp_path / str(number)).mkdir()
        file = build(kind, tmp_path / str(number), TZ=zone, LC_ALL="C", PYTHONHASHSEED=str(number))
        digests.add((file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
    assert len(digests) == 1


@pytest.mark.slow
def test_a_wheel_holds_the_package_and_nothing_that_runs_by_itself(tmp_path: Path) -> None:
    names = zipfile.ZipFile(build("build_wheel", tmp_path)).namelist()
    assert {name.split("/")[0] for name in names} == {
        "modelcmp",
        f"modelcmp-{__version__}.dist-info",
    }
    assert not [name for name in names if name.endswith((".pth", ".so", ".sh", ".exe", ".pyc"))]


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_test_reaches_beyond_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match="allowed"):
        outside.connect(("192.0.2.1", 80))


@pytest.mark.slow
def test_a_wheel_carries_the_cards(tmp_path: Path) -> None:
    """What is installed elsewhere compares the built-in models without the checkout."""
    wheel = build("build_wheel", tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    for needed in (
        "models/bakllava.yaml",
        "registry/tasks.yaml",
        "schema/card.json",
        "catalogue.yaml",
    ):
        assert f"modelcmp/data/{needed}" in names
    result = subprocess.run(
        [sys.executable, "-c", RUN, "compare", "bakllava", "sd35-large"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path / "installed"),
            "MODELCMP_CACHE": "",
        },
        capture_output=True,
        text=True,
    )
    assert result.stdout.startswith("# BakLLaVA 1 vs Stable Diffusion 3.5 Large\n")
