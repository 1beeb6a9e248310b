"""How long it takes to add a log to a new store, as a ratio to the least that reading it takes.

    python benchmarks/evidence.py [--rows 1000000] [--runs 3] [--profile]
    python benchmarks/evidence.py --duckdb [--rows 10000000] [--beside]

Without extras that is `csv.reader` alone over the same file; with `--duckdb` it is what DuckDB needs
to count its rows by query and day.

The log is made up: searches by 200,000 clients within a month, queries as frequent as Zipf's law has
them, each with the models that are shown for it and now and then a click. Both are timed in turn and the median
of the ratios is printed beside the limit, with the most memory that was used. Exits 1 when the limit
is passed. Other work on the machine makes ratios by the wall worse than they are: those of processor
time are held. `--beside` adds `wc -l` and `sort | uniq -c` over the queries.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import itertools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from modelcmp.matching import bulk
from modelcmp.matching.events import Reading
from modelcmp.matching.names import model_names, names_a_model
from modelcmp.matching.store import add_logs

LIMIT = 6
DUCKDB_LIMIT = 3
MOST_MEBIBYTES = 1024
CLIENTS = 200_000
QUERIES = 50_000
MODELS = 200
SHOWN = 4
CLICKED = 0.3
"""Share of the searches in which a model is clicked."""

MONTH = 30 * 86400
START = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = ("time", "client", "query", "action", "model", "position")
WORDS = [
    "describe",
    "photos",
    "offline",
    "translate",
    "speech",
    "summarise",
    "long",
    "report",
    "find",
    "faces",
    "count",
    "cars",
    "read",
    "handwriting",
    "clean",
    "audio",
    "small",
    "fast",
    "german",
    "code",
    "review",
    "sketch",
    "logo",
    "video",
    "caption",
    "table",
    "chart",
    "answer",
    "questions",
    "medical",
    "legal",
    "embed",
    "search",
    "rank",
    "voice",
    "clone",
    "music",
    "remove",
    "background",
    "depth",
    "map",
]


def make_log(path: Path, rows: int) -> None:
    """Write a log of so many rows; the same one every time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(itertools.islice(log_rows(random.Random(7)), rows))


def log_rows(chance: random.Random) -> Iterator[tuple[str | int, ...]]:
    """Yield rows without end: one search after the other, in the order of no clock."""
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(2, 4))) for _ in range(QUERIES)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, QUERIES + 1)))
    while True:
        for query in chance.choices(texts, cum_weights=weights, k=10_000):
            moment = START + timedelta(seconds=chance.randrange(MONTH))
            client = f"client-{chance.randrange(CLIENTS)}"
            models = shown_for(query)
            now = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
            for place, model in enumerate(models, 1):
                yield now, client, query, "impression", model, place
            if chance.random() < CLICKED:
                place = chance.randint(1, SHOWN)
                later = moment + timedelta(seconds=9)
                yield (
                    f"{later:%Y-%m-%dT%H:%M:%SZ}",
                    client,
                    query,
                    "click",
                    models[place - 1],
                    place,
                )


@lru_cache(None)
def shown_for(query: str) -> list[str]:
    """Return the models shown for a query, the same each time it is asked."""
    return [f"model-{number}" for number in random.Random(query).sample(range(MODELS), SHOWN)]


def read_plainly(path: Path) -> None:
    """Read the rows and do nothing with them."""
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass


def group_by(path: Path) -> None:
    """Let DuckDB count the rows by query and day."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            "SELECT count(*), sum(n) FROM (SELECT query, CAST(time AS DATE) AS day, count(*) AS n"
            f" FROM read_csv('{path}') GROUP BY ALL)"
        ).fetchall()


def add(path: Path, store: Path) -> None:
    """Add the log to a new store."""
    names = [f"model-{number}" for number in range(MODELS)]
    reading = Reading(
        resolve=model_names((name, name) for name in names), navigates=names_a_model(names)
    )
    store.unlink(missing_ok=True)
    add_logs(store, [str(path)], reading)


class Spent(NamedTuple):
    """Seconds of one piece of work: of all processors together, and by the clock on the wall."""

    cpu: float
    wall: float


def seconds(work: Callable[[], None]) -> Spent:
    """Return what some work takes; the processor time of other programs it starts is its own."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return Spent(cpu_seconds() - cpu, time.perf_counter() - wall)


def cpu_seconds() -> float:
    """Return the processor time of this process and of those it waited for."""
    return sum(os.times()[:4])


def count_lines(path: Path) -> None:
    """Let `wc -l` count the lines."""
    subprocess.run(["wc", "-l", path], check=True, stdout=subprocess.DEVNULL)


def count_sorted(path: Path) -> None:
    """Let `sort | uniq -c` count the equal queries."""
    script = 'cut -d, -f3 "$1" | LC_ALL=C sort | uniq -c > /dev/null'
    subprocess.run(["sh", "-c", script, "sh", path], check=True)


def peak_mebibytes() -> float:
    """Return the most memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    """Measure, print a line each, return 1 when the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument(
        "--duckdb", action="store_true", help="with the extra, against DuckDB alone"
    )
    parser.add_argument("--beside", action="store_true", help="time wc -l and sort | uniq -c too")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--profile", action="store_true", help="print where one run spends its time"
    )
    options = parser.parse_args()
    rows = options.rows or (10_000_000 if options.duckdb else 1_000_000)
    limit, alone = (DUCKDB_LIMIT, group_by) if options.duckdb else (LIMIT, read_plainly)
    bulk.LARGE_BYTES = 0 if options.duckdb else sys.maxsize
    with tempfile.TemporaryDirectory() as scratch:
        log, store = Path(scratch) / "log.csv", Path(scratch) / "evidence.sqlite"
        make_log(log, rows)
        if options.profile:
            cProfile.runctx(
                "add(log, store)", globals(), {"log": log, "store": store}, sort="tottime"
            )
            return 0
        before = peak_mebibytes()
        first = seconds(lambda: add(log, store))
        # Looked at before anything else has run in this process.
        peak = peak_mebibytes()
        pairs = [(seconds(lambda: alone(log)), first)]
        pairs += [
            (seconds(lambda: alone(log)), seconds(lambda: add(log, store)))
            for _ in range(options.runs - 1)
        ]
        cpu, wall = (median(added[kind] / read[kind] for read, added in pairs) for kind in range(2))
        print(f"ratio, processor time {cpu:10.2f}     limit {limit}")
        print(f"ratio, wall           {wall:10.2f}")
        print(f"{rows:,} rows{'cpu':>20} s{'wall':>10} s")
        names = (alone.__name__, "added to a new store")
        spent = [
            (name, Spent(*map(median, zip(*column, strict=True))))
            for name, column in zip(names, zip(*pairs, strict=True), strict=True)
        ]
        if options.beside:
            spent += [(work.__name__, seconds(partial(work, log))) for work in BESIDE]
        for name, (in_all, by_clock) in spent:
            print(f"{name:22}{in_all:10.2f}{by_clock:12.2f}")
        print(f"peak memory           {peak:10.0f} MiB   before {before:.0f} MiB")
    return 0 if cpu <= limit and peak <= MOST_MEBIBYTES else 1


BESIDE = (count_lines, count_sorted)
"""What else everybody has, to count with."""


if __name__ == "__main__":
    sys.exit(main())
