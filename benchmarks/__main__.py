"""Measure everything in one run and write the table.

    python -m benchmarks [--full] [--runs 5] [--retrieval CATALOGUE QUERIES] [-o docs/benchmarks.md]

Start-up, catalogues of 100, 1,000 and 10,000 cards (with --full 100,000 as well), logs and matching;
retrieval where its catalogue and queries are given. Exits 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scale import Row, measure

SIZES = [100, 1_000, 10_000]
HEAD = """# What was measured

Made by `python -m benchmarks`; run it on a machine of your own to compare. Each figure is a ratio within one
run, so that two machines can be held against each other; what the limits mean stands in [speed.md](speed.md).
"""


def main() -> int:
    """Run every benchmark, write the table, return 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="100,000 cards as well")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=["catalogues", "scripts"])
    parser.add_argument("--retrieval", nargs=2, metavar=("CATALOGUE", "QUERIES"), default=())
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    wanted = options.only or ["catalogues", "scripts"]
    parts, kept = [f"{HEAD}\n{describe_machine()}\n"], True
    if "catalogues" in wanted:
        sizes = [*SIZES, *([100_000] if options.full else [])]
        rows = []
        for row in measure(sizes, options.runs):
            print(f"{row.what}, {row.cards:,} cards: {row.value:.2f} {row.unit}", flush=True)
            rows.append(row)
        kept = all(row.kept for row in rows)
        parts.append("\n".join(["## Catalogues\n", *catalogue_table(rows, sizes), ""]))
    if "scripts" in wanted:
        for title, arguments in scripts(options.runs, list(options.retrieval)).items():
            said, code = run_script(arguments)
            print(f"{title}\n{said}", flush=True)
            kept = kept and code == 0
            parts.append(f"## {title}\n\n```text\n{said}\n```\n")
    options.output.write_text("\n".join(parts), "utf-8")
    return 0 if kept else 1


def describe_machine() -> str:
    """Return what the figures depend on, without a name or a path."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    except (ValueError, OSError, AttributeError):
        memory = 0
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    return (
        f"Machine: {platform.system()} on {platform.machine()}, {cores} cores, {memory:.0f} GiB of memory, "
        f"{platform.python_implementation()} {platform.python_version()}; {load:.1f} other tasks "
        f"at work when it began, so that times by the clock say little above {cores}."
    )


def catalogue_table(rows: list[Row], sizes: list[int]) -> Iterator[str]:
    """Yield a table of the figures, one column for each size of catalogue."""
    yield f"| | {' | '.join(f'{size:,}' for size in sizes)} | in | limit |"
    yield f"| --- |{' ---: |' * len(sizes)} --- | ---: |"
    for what in dict.fromkeys(row.what for row in rows):
        of = {row.cards: row for row in rows if row.what == what}
        some = next(iter(of.values()))
        limit = next((f"{row.limit:g}" for row in of.values() if row.limit is not None), "")
        values = " | ".join(f"{of[size].value:.2f}" if size in of else "" for size in sizes)
        yield f"| {what} | {values} | {some.unit} | {limit} |"


def scripts(runs: int, retrieval: list[str]) -> dict[str, list[str]]:
    """Return the other benchmarks by title, each with its arguments."""
    found = {
        "Start-up": ["benchmarks.startup", "--runs", str(runs), "--cards", "1000"],
        "Search logs": ["benchmarks.evidence", "--rows", "100000", "--runs", "1"],
        "Matching": ["benchmarks.matching", "--cards", "1000", "--queries", "10000"],
    }
    if retrieval:
        found["Retrieval"] = ["benchmarks.retrieval", *retrieval]
    return found


def run_script(arguments: list[str]) -> tuple[str, int]:
    """Return what a benchmark prints and its exit code."""
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = result.stderr.strip().splitlines()[-1:] if result.returncode > 1 else []
    return "\n".join([result.stdout.strip(), *failed]).strip(), result.returncode


if __name__ == "__main__":
    sys.exit(main())
