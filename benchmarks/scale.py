"""How a catalogue of any size loads, and what a warm command costs in it.

    python -m benchmarks.scale [--cards 100 1000 10000] [--runs 5]

Install first (`pip install .`), so that the modules are compiled. The first reading is a ratio to
`yaml.load` with the C loader alone over the same files, in processor time, on one core; on two, the
wall time of one over that of two. Warm commands are ratios to `python -c pass`, in processor time. All of
a ratio is measured in turn within one run.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.catalogues import card_id, write_catalogue

BARE = (sys.executable, "-c", "pass")
LOAD_LIMIT, CORES_LIMIT, CHANGED_LIMIT, MEBIBYTES_LIMIT = 0.8, 1.7, 2.0, 64

_READ = """
import sys
from pathlib import Path
import yaml
for path in sorted(Path(sys.argv[1]).glob("*-*.yaml")):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""
_LOAD = """
import gc, sys
from modelcmp.catalogue.loading import load_catalogue
gc.set_threshold(50_000)
if __name__ == "__main__":
    share = sys.argv[2] == "together"
    loaded = load_catalogue([sys.argv[1]], builtin=False, share=share).load_all()
    assert not loaded.problems, loaded.problems[:3]
"""
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Row(NamedTuple):
    """One figure: what, for how many cards, how much, its unit and its limit, if it has one."""

    what: str
    cards: int
    value: float
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or self.value <= self.limit


def processor_seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return the processor seconds of one run and of all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wall_seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return the seconds of one run by the clock."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def ratio(
    measure: Callable[[tuple[str, ...], dict[str, str]], float],
    command: tuple[str, ...],
    base: tuple[str, ...],
    environment: dict[str, str],
    runs: int,
) -> float:
    """Return the median of the ratios of two commands that are run in turn."""
    return median(measure(command, environment) / measure(base, environment) for _ in range(runs))


def tool(*arguments: str) -> tuple[str, ...]:
    """Return a command of the tool: the installed script where there is one."""
    script = Path(sys.executable).with_name("modelcmp")
    return ((str(script),) if script.exists() else (sys.executable, "-m", "modelcmp")) + arguments


def measure_load(folder: Path, cards: int, environment: dict[str, str], runs: int) -> Iterator[Row]:
    """Yield how the first reading compares with yaml.load, and two cores with one."""
    runs = max(1, min(runs, 20_000 // cards))
    read = (sys.executable, "-c", _READ, str(folder))
    alone = (sys.executable, "-c", _LOAD, str(folder), "alone")
    together = (sys.executable, "-c", _LOAD, str(folder), "together")
    limit = LOAD_LIMIT if cards >= 10_000 else None
    value = ratio(processor_seconds, alone, read, environment, runs)
    yield Row("first reading, one core", cards, value, "of yaml.load", limit)
    value = ratio(wall_seconds, alone, together, environment, runs)
    yield Row("first reading, two cores", cards, value, "times faster")
    value = ratio(processor_seconds, together, alone, environment, runs)
    yield Row("first reading, two cores, work", cards, value, "of one core's")


def commands(folder: Path, cards: int) -> dict[str, tuple[str, ...]]:
    """Return the commands measured in a catalogue."""
    own = ("--no-builtin", "--catalogue", str(folder), "--no-evidence")
    pair = (card_id(1), card_id(cards // 2))
    return {
        "list --limit 10": tool("list", "--limit", "10", *own),
        "rank --limit 10": tool("rank", "--limit", "10", *own),
        "search": tool("search", "photos of plants", *own),
        "compare": tool("compare", *pair, *own, "--json"),
        "show": tool("show", pair[0], *own, "--json"),
    }


def measure_warm(folder: Path, cards: int, environment: dict[str, str], runs: int) -> Iterator[Row]:
    """Yield what each warm command costs, its memory, and what a changed card adds."""
    named = commands(folder, cards)
    for name, command in named.items():
        for _ in range(2):
            processor_seconds(command, environment)
        # What was written in the last seconds is looked at anew: by now it has settled.
        value = ratio(processor_seconds, command, BARE, environment, runs)
        yield Row(name, cards, value, "of python -c pass")
        peak = subprocess.run(
            (sys.executable, "-c", _PEAK, *command), env=environment, check=True,
            capture_output=True, text=True,
        ).stdout  # fmt: skip
        yield Row(f"{name}, memory", cards, int(peak) / 1024, "MiB", MEBIBYTES_LIMIT)
    yield from _measure_changed(folder, cards, named, environment, runs)


def _measure_changed(
    folder: Path,
    cards: int,
    named: dict[str, tuple[str, ...]],
    environment: dict[str, str],
    runs: int,
) -> Iterator[Row]:
    path = folder / f"{card_id(1)}.yaml"
    scan = (
        sys.executable,
        "-c",
        "import os,sys;[e.stat() for e in os.scandir(sys.argv[1])]",
        str(folder),
    )
    for name in ("compare", "show"):
        ratios = []
        for number in range(runs):
            unchanged = processor_seconds(named[name], environment)
            listing = processor_seconds(scan, environment) - processor_seconds(BARE, environment)
            text = path.read_text("utf-8").partition("# changed")[0]
            path.write_text(f"{text}# changed {number} {time.time_ns()}\n", "utf-8")
            changed = processor_seconds(named[name], environment)
            ratios.append((changed - max(0.0, listing)) / unchanged)
        yield Row(f"{name}, one card changed", cards, median(ratios), "of unchanged", CHANGED_LIMIT)


def measure(sizes: list[int], runs: int) -> Iterator[Row]:
    """Yield every figure for catalogues of these sizes."""
    with tempfile.TemporaryDirectory() as scratch:
        for cards in sizes:
            folder = write_catalogue(Path(scratch) / f"cards-{cards}", cards)
            cache = str(Path(scratch) / f"cache-{cards}" / "cache.sqlite")
            environment = {**os.environ, "MODELCMP_CACHE": cache, "COLUMNS": "80"}
            yield from measure_load(folder, cards, environment, runs)
            yield from measure_warm(folder, cards, environment, runs)


def main() -> int:
    """Print each figure; return 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    kept = True
    for row in measure(options.cards, options.runs):
        limit = "" if row.limit is None else f"   limit {row.limit:g}"
        print(f"{row.what:32} {row.cards:8,} {row.value:8.2f} {row.unit}{limit}", flush=True)
        kept = kept and row.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
