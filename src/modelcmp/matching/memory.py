"""One's own searches as evidence: those asked to be remembered, and the model picked after one.

Nothing is kept but what a log would leave in the store: the redacted normal form of the query, the
day, and counts. The last remembered query lies beside the store, so that a pick knows what it is for.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from modelcmp.errors import UsageError
from modelcmp.matching.events import Counts, ModelCount, QueryCount, expected_units
from modelcmp.matching.privacy import clean_query
from modelcmp.matching.store import writing


def remember_search(
    store: Path, need: str, shown: Sequence[str], day: str, navigates: Callable[[str], bool]
) -> str:
    """Count one search and the models it showed, in their order; return the query as it is kept."""
    query = clean_query(need).text
    if not query:
        raise UsageError("nothing of that search is left to remember", hint="use words")
    counts = Counts(
        queries=[QueryCount(query, day, 1, int(navigates(query)))],
        models=[
            ModelCount(query, model, day, 1, expected_units(place), 0, 0)
            for place, model in enumerate(shown, start=1)
        ],
    )
    with writing(store) as held:
        held.add(counts)
    _write_last(store, query, day)
    return query


def pick_model(store: Path, model: str, day: str, need: str | None = None) -> str:
    """Count a choice for a need, or for the last remembered search; return the query it counts for.

    Raises UsageError when no need is named and no search was remembered.
    """
    if need is not None:
        query = clean_query(need).text
        queries = [QueryCount(query, day, 1, 0)]
    else:
        query, day = _read_last(store)
        queries = []
    counts = Counts(queries=queries, models=[ModelCount(query, model, day, 0, 0, 0, 1)])
    with writing(store) as held:
        held.add(counts)
    return query


def _last(store: Path) -> Path:
    return store.with_name(f"{store.name}.last")


def _write_last(store: Path, query: str, day: str) -> None:
    descriptor = os.open(_last(store), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([query, day], file, ensure_ascii=False)


def _read_last(store: Path) -> tuple[str, str]:
    try:
        query, day = json.loads(_last(store).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            "no search was remembered that this pick could be for",
            hint='modelcmp pick MODEL --for "need", or search with --remember first',
        ) from None
    return str(query), str(day)
