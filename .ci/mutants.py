"""Draw mutants, and count what the tests let live: the working half of .ci/mutants.

mutmut keeps, beside each module it changed, a .meta file with one exit code a mutant.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

FOUND = Path("mutants/src")
SEED = 6
BOUND = 10
"""Per cent of a module's mutants that may survive."""

AT_IMPORT = ("modelcmp.scoring.profiles.x__profile__",)
"""What runs while modules load, which is before mutmut wakes a mutant: no test can meet these."""

SURVIVED, NO_TESTS, NOT_RUN = 0, 33, None


def results() -> dict[str, dict[str, int | None]]:
    """Return for each module with mutants the exit code of each, None where it was not run."""
    modules = {}
    for path in sorted(FOUND.rglob("*.meta")):
        found = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        codes = {name: code for name, code in found.items() if not name.startswith(AT_IMPORT)}
        if codes:
            modules[path.relative_to(FOUND).as_posix().removesuffix(".py.meta")] = codes
    return modules


def draw(size: int) -> list[str]:
    """Return at most `size` mutants of each module, the same ones as long as the code is."""
    drawn: list[str] = []
    for module, codes in results().items():
        names = sorted(codes)
        drawn += random.Random(f"{SEED} {module}").sample(names, min(size, len(names)))
    return drawn


def report(names: set[str]) -> tuple[str, bool]:
    """Return the table over these mutants (all where none is named), and whether all is well."""
    rows, survivors, well = [], [], True
    for module, codes in results().items():
        tried = {k: c for k, c in codes.items() if c is not NOT_RUN and (not names or k in names)}
        alive = sorted(name for name, code in tried.items() if code in (SURVIVED, NO_TESTS))
        share = 100 * len(alive) / len(tried) if tried else 0.0
        well = well and bool(tried) and share < BOUND
        counts = f"{len(codes)} | {len(tried)} | {len(tried) - len(alive)} | {len(alive)}"
        rows.append(f"| {module} | {counts} | {share:.1f} % |")
        survivors += alive
    head = "| Module | Mutants | Tried | Killed | Alive | Share |\n| --- |" + " --: |" * 5
    return "\n".join([head, *rows, "", *survivors]) + "\n", well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["draw", "report"])
    parser.add_argument("size", nargs="?", type=int, help="mutants a module; all without it")
    given = parser.parse_args()
    names = draw(given.size) if given.size else []
    if given.step == "draw":
        sys.stdout.write("".join(f"{name}\n" for name in names))
        return 0
    text, well = report(set(names))
    sys.stdout.write(text)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
