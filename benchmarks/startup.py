"""How long commands take to start, as ratios to `python -c pass` in the same run.

    python benchmarks/startup.py [--runs 15] [--cards 10000]

Install first (`pip install .`, not editable), so that the modules are compiled. Every command is run
in turn with the bare interpreter, and the medians of the pairwise ratios are printed beside the
limits. Exits 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

PAIR = ("bakllava", "sd35-large")
TOOL = (sys.executable, "-m", "modelcmp")

LIMITS: dict[str, tuple[tuple[str, ...], float]] = {
    "--version": (("--version",), 2),
    "--help": (("--help",), 7),
    "compare, Markdown": (("compare", *PAIR, "--format", "markdown"), 9),
    "compare, JSON": (("compare", *PAIR, "--format", "json"), 9),
    "compare, table": (("compare", *PAIR, "--format", "table"), 12),
    "search": (("search", "describe product photos"), 9),
}
COLD_LIMIT = 40
GROWTH_LIMIT = 1.05


def seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return the wall seconds one run takes; its output is thrown away."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def ratio(
    command: tuple[str, ...], base: tuple[str, ...], environment: dict[str, str], runs: int
) -> float:
    """Return the median of the pairwise ratios of two commands run in turn, after a warm-up each."""
    seconds(command, environment), seconds(base, environment)
    pairs = [(seconds(command, environment), seconds(base, environment)) for _ in range(runs)]
    return median(a / b for a, b in pairs)


def tool(*arguments: str) -> tuple[str, ...]:
    """Return a command of the tool: the installed script where there is one."""
    script = Path(sys.executable).with_name("modelcmp")
    return ((str(script),) if script.exists() else TOOL) + arguments


def make_catalogue(directory: Path, count: int) -> Path:
    """Write `count` cards: copies of two built-in ones under other ids, and the two themselves."""
    from modelcmp.catalogue.directories import DATA

    folder = directory / f"cards-{count}"
    folder.mkdir()
    shutil.copy(DATA / "catalogue.yaml", folder / "catalogue.yaml")
    texts = [(DATA / "models" / f"{name}.yaml").read_text(encoding="utf-8") for name in PAIR]
    for name, text in zip(PAIR, texts, strict=True):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    plain = "".join(line for line in texts[0].splitlines(keepends=True) if "aliases" not in line)
    head, _, rest = plain.partition("\nmaker:")
    bare = head.partition("\n  - ")[0] + "\nmaker:" + rest
    for number in range(count - len(PAIR)):
        model = f"copy-{number}"
        text = bare.replace("id: bakllava\n", f"id: {model}\n", 1)
        (folder / f"{model}.yaml").write_text(text, encoding="utf-8")
    return folder


def main() -> int:
    """Measure everything, print a line each, return 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--cards", type=int, default=10_000)
    options = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch) / "cache.sqlite"
        environment = {**os.environ, "MODELCMP_CACHE": str(cache), "COLUMNS": "80"}
        bare = (sys.executable, "-c", "pass")

        def report(name: str, value: float, limit: float) -> None:
            nonlocal passed
            passed = passed and value <= limit
            print(f"{name:36} {value:6.2f}   limit {limit:g}")

        for name, (arguments, limit) in LIMITS.items():
            report(name, ratio(tool(*arguments), bare, environment, options.runs), limit)
        without = {**environment, "MODELCMP_CACHE": ""}
        command = tool("compare", *PAIR, "--format", "markdown")
        report("compare without a cache", ratio(command, bare, without, options.runs), COLD_LIMIT)
        small = make_catalogue(Path(scratch), 100)
        large = make_catalogue(Path(scratch), options.cards)
        pair = [
            tool("compare", *PAIR, "--no-builtin", "--catalogue", str(folder), "--json")
            for folder in (large, small)
        ]
        growth = ratio(pair[0], pair[1], environment, options.runs)
        report(f"compare, {options.cards:,} cards to 100", growth, GROWTH_LIMIT)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
