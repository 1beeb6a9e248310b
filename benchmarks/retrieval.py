"""How well search finds the right model for a request, beside what other retrievers found.

    python benchmarks/retrieval.py CATALOGUE.jsonl QUERIES.jsonl [--semantic] [--speed] [--learned]

A line of the catalogue has `id`, `name`, `domain`, `functionality`, `description` and where there is one
`task`; a line of the queries has `query`, `answers` (ids) and `domain`. Every model becomes one document of the index
that `modelcmp search` asks, and every request is looked up as it stands, without reading facts out
of it. Exits 1 when a target is missed.

`--learned` takes one part of the requests, chosen by a digest of their words, for the log of searches whose
right model was picked. It asks the others, and the same again with every third word left out, with and
without what that log teaches.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.matching.documents import Document, task_words
from modelcmp.matching.learned import Learned, Picked, learn
from modelcmp.matching.search import SearchIndex, index_documents

COLUMNS = ("recall@1", "recall@5", "recall@10", "MRR", "task@1")

BASELINES: dict[str, tuple[float, ...]] = {
    # APIBench (github.com/ShishirPatil/gorilla, commit 6ea5797), 905 models, the 424 requests of its
    # development half; measured once with the packages named, untuned, one text a model.
    "BM25 (bm25s 0.3.16, stop words)": (0.120, 0.250, 0.344, 0.191, 0.368),
    "WordLlama 0.4.0, 256 d": (0.113, 0.271, 0.392, 0.193, 0.448),
    "all-MiniLM-L6-v2": (0.151, 0.344, 0.469, 0.257, 0.535),
    "BM25 + MiniLM, ranks fused": (0.151, 0.340, 0.462, 0.252, 0.521),
}

TARGETS = {False: {"recall@10": 0.40, "task@1": 0.48}, True: {"recall@10": 0.47, "task@1": 0.55}}
"""What is aimed at on that half, without and with vectors."""

DEPTH = 50
PICKS = 10
"""Times that the right model of a request was picked for it, in the log that is learned from."""


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one JSON object a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def make_document(model: dict[str, Any], registry: Registry) -> Document:
    """Return a line of the catalogue as the index would get it from a card."""
    task = model.get("task") or model["domain"]
    jobs = f"{model['domain']} {model['functionality']} {task_words(task, registry)}"
    text = f"{model['name']} {jobs} {model['description']}"
    return Document(model["id"], None, task, text, jobs)


def measure(
    index: SearchIndex,
    queries: Sequence[dict[str, Any]],
    domains: dict[str, str],
    learned: Learned | None = None,
) -> tuple[float, ...]:
    """Return the columns; a model found beyond the fiftieth place counts as not found."""
    sums = [0.0] * len(COLUMNS)
    for query in queries:
        lifts = learned.lifts(query["query"]) if learned else None
        found = [match.model for match in index.search(query["query"], DEPTH, lifts=lifts)]
        ranks = [found.index(answer) + 1 for answer in query["answers"] if answer in found]
        rank = min(ranks, default=0)
        right_job = bool(found) and domains[found[0]] == query["domain"]
        for place, value in enumerate(
            (rank == 1, 1 <= rank <= 5, 1 <= rank <= 10, 1 / rank if rank else 0.0, right_job)
        ):
            sums[place] += value
    return tuple(value / len(queries) for value in sums)


def measure_learned(
    index: SearchIndex, queries: Sequence[dict[str, Any]], domains: dict[str, str]
) -> None:
    """Print what the requests asked later gain by those asked before, in shares of both kinds."""
    for parts, of in ((1, 2), (4, 5)):
        before = [query for query in queries if _draw(query["query"], of) < parts]
        after = [query for query in queries if _draw(query["query"], of) >= parts]
        picks = [Picked(q["query"], dict.fromkeys(q["answers"], PICKS)) for q in before]
        learned = learn(picks, None, None)
        lifted = sum(bool(learned.lifts(query["query"])) for query in after)
        reachable = {answer for query in before for answer in query["answers"]}
        known = sum(any(a in reachable for a in query["answers"]) for query in after)
        print(
            f"learned from {len(before)} requests, asked {len(after)}: {lifted} have a similar one, "
            f"the right model of {known} was picked before"
        )
        for kind, asked in (("others", after), ("again", [_shortened(q) for q in before])):
            print_row(f"{kind}, without", measure(index, asked, domains))
            print_row(f"{kind}, with what was learned", measure(index, asked, domains, learned))


def _shortened(query: dict[str, Any]) -> dict[str, Any]:
    """Return a request as somebody else might put it: every third word is left out."""
    words = query["query"].split()
    return {**query, "query": " ".join(word for n, word in enumerate(words) if n % 3 != 2)}


def _draw(text: str, of: int) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % of


def print_row(name: str, values: Sequence[float | str]) -> None:
    """Print one line of the table, as Markdown."""
    cells = (value if isinstance(value, str) else f"{value:.3f}" for value in values)
    print(f"| {name:34} | {' | '.join(f'{cell:>9}' for cell in cells)} |")


def time_queries(index: SearchIndex, queries: Sequence[dict[str, Any]]) -> None:
    """Print how many different queries a core answers in a second, the way a log is matched."""
    start = time.perf_counter()
    for query in queries:
        index.best(query["query"])
    print(f"{len(queries) / (time.perf_counter() - start):,.0f} queries a second on one core")


def main() -> int:
    """Measure, print the table, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--semantic", action="store_true", help="measure with vectors as well")
    parser.add_argument("--learned", action="store_true", help="measure with learned evidence too")
    parser.add_argument("--speed", action="store_true", help="time the look-up too")
    options = parser.parse_args()
    registry = load_catalogue().registry
    models, queries = read_lines(options.catalogue), read_lines(options.queries)
    documents = [make_document(model, registry) for model in models]
    domains = {model["id"]: model["domain"] for model in models}
    print(f"{len(models)} models, {len(queries)} queries")
    print_row("", COLUMNS)
    print_row("---", ["---"] * len(COLUMNS))
    for name, values in BASELINES.items():
        print_row(name, values)
    passed = True
    for semantic in (False, True) if options.semantic else (False,):
        index = index_documents(documents, semantic=semantic)
        values = measure(index, queries, domains)
        print_row("modelcmp with vectors" if semantic else "modelcmp", values)
        told = dict(zip(COLUMNS, values, strict=True))
        passed = passed and all(told[name] >= aim for name, aim in TARGETS[semantic].items())
        if options.learned:
            measure_learned(index, queries, domains)
        if options.speed:
            time_queries(index, queries)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
