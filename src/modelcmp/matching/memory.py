"""One's own searches as evidence: those asked to be remembered, and the model picked after one.

Nothing is kept but what a log would leave in the store: the redacted normal form of the query, the
day, and counts. The last remembered query lies beside the store, so that a pick knows what it is for.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from modelcmp.errors import UsageError
from modelcmp.matching.events import Counts, ModelCount, QueryCount, expected_units
from modelcmp.matching.privacy import clean_query
from modelcmp.matching.store import EvidenceError, Store, writing


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
    with writing(store) as held, _last_written(store, query, day):
        held.add(counts)
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


@contextmanager
def _last_written(store: Path, query: str, day: str) -> Iterator[None]:
    """Keep the last query once the block is done; what can fail for want of room does so before it."""
    last = _last(store)
    draft = last.with_name(f".{last.name}-{os.getpid()}")
    try:
        with _named(last):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([query, day], file, ensure_ascii=False)
        yield
        with _named(last):
            os.replace(draft, last)
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceError(f"{path}: {(error.strerror or 'cannot be written').lower()}") from None


def forget_last(store: Store) -> None:
    """Remove the last query, unless the store still holds it."""
    with suppress(UsageError):
        if not store.holds(*_read_last(store.path)):
            with _named(_last(store.path)):
                _last(store.path).unlink(missing_ok=True)


def _read_last(store: Path) -> tuple[str, str]:
    try:
        query, day = json.loads(_last(store).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            "no search was remembered that this pick could be for",
            hint='modelcmp pick MODEL --for "need", or search with --remember first',
        ) from None
    return str(query), str(day)
