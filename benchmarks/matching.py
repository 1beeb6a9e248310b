"""How long the queries of a log take to look up on every core, beside one core alone.

    python -m benchmarks.matching [--cards 1000] [--queries 580000] [--one-core]

The cards and queries are made up. The queries are all different, as they are when a log's rows are counted:
580,000 make up 90 % of ten million rows whose queries are as frequent as Zipf's law has them. Prints the seconds
beside the limit, and the seconds of processor time a core, which other programs on the machine hardly change; exits
1 when both pass the limit. What any number of processes keeps is compared.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from benchmarks.catalogues import ENDS, SUBJECTS, write_catalogue
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.matching.lookups import Lookups, cores
from modelcmp.matching.search import build_index

LIMIT_SECONDS = 60
VERBS = [
    "describe",
    "translate",
    "summarise",
    "read",
    "find",
    "count",
    "sort",
    "draw",
    "transcribe",
]
OTHERS = [
    "offline",
    "small",
    "open source",
    "free",
    "best",
    "fast",
    "german",
    "2026",
    "commercial",
    "api",
]
RARE = 20_000
"""Words that hardly any card has: names, slips, other languages."""


def make_queries(count: int) -> list[str]:
    """Return so many different queries of one to six words, the same ones each time."""
    random = Random(7)
    found: dict[str, None] = {}
    while len(found) < count:
        words = [random.choice(SUBJECTS)]
        kinds = [kind for kind in (VERBS, OTHERS, ENDS, SUBJECTS) if random.random() < 0.4]
        words += [random.choice(kind) for kind in kinds]
        if random.random() < 0.5:
            words.append(f"w{random.randrange(RARE)}")
        random.shuffle(words)
        found[" ".join(words)] = None
    return list(found)


def seconds(
    cards: Path, scratch: Path, queries: list[str], processes: int
) -> tuple[float, float, bytes]:
    """Return how long the look-up takes into an empty folder, by clock and core, and what was kept."""
    catalogue = load_catalogue([cards], builtin=False, cache=scratch / "cache.sqlite")
    index = build_index(
        catalogue.load_all().cards, catalogue.registry, scratch / "index", key="benchmark"
    )
    folder = scratch / f"matches-{processes}"
    begun, busy = time.perf_counter(), processor_seconds()
    Lookups(index, folder).look_up(queries, processes=processes)
    taken, busy = time.perf_counter() - begun, processor_seconds() - busy
    (kept,) = folder.iterdir()
    return taken, busy / processes, kept.read_bytes()


def processor_seconds() -> float:
    """Return the processor time of this process and of those it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> int:
    """Measure, print, return 1 when the limit is passed or the results differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=1_000)
    parser.add_argument("--queries", type=int, default=580_000)
    parser.add_argument("--one-core", action="store_true", help="measure one core alone as well")
    options = parser.parse_args()
    queries = make_queries(options.queries)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        cards = write_catalogue(scratch / "cards", options.cards)
        results = []
        for processes in (cores(), 1) if options.one_core else (cores(),):
            taken, busy, kept = seconds(cards, scratch, queries, processes)
            results.append(kept)
            limit = f"   limit {LIMIT_SECONDS}" if processes == cores() else ""
            told = f"{taken:.1f} s, {busy:.1f} s of each core"
            print(f"{len(queries):,} queries, {processes} processes: {told}{limit}", flush=True)
            if processes == cores():
                passed = min(taken, busy) <= LIMIT_SECONDS
    return 0 if passed and len(set(results)) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
