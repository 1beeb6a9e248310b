"""What picks teach a search: the models that were picked after similar searches.

The searches of a log lie in a word index of their own, each with what was picked for it. A new search looks
for those that share its words, and the models picked for them rise. Only searches that may be shown
are in it: seen often enough, on more than one day, and not for a model by its name.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from modelcmp.digests import blake2b
from modelcmp.matching.documents import Document
from modelcmp.matching.kept import remove_index
from modelcmp.matching.search import Lift, SearchIndex, index_documents, open_index

LEARNED = 0.5
"""What a model gains that was picked every time for the very same words, where all words make 1."""

SIMILAR = 20
"""Searches that a new one is held against."""

ALIKE = 0.75
"""Score from which a search counts as similar: three quarters of what all its words would make."""

PRIOR = 2
"""Picks that every search is given for no model, so that a single one proves little."""

_PICKS = """
SELECT query, model, sum(clicked + chosen) FROM models WHERE query IN (
  SELECT query FROM queries GROUP BY query
  HAVING sum(episodes) >= ? AND count(*) >= ? AND sum(navigational) < sum(episodes))
GROUP BY query, model HAVING sum(clicked + chosen) > 0 ORDER BY query, model
"""


class Picked(NamedTuple):
    """A search of the log and how often each model was picked for it."""

    query: str
    models: Mapping[str, int]


class Learned:
    """The searches of a log, to be asked what their picks teach a new one."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def lifts(self, words: str) -> dict[str, Lift]:
        """Return what each model gains for a search, and how often it was picked for similar ones.

        Each similar search speaks by the square of its likeness, and gives each model its share of
        the picks; likeness beyond the very same words counts as that.
        """
        total = 0.0
        gains: dict[str, float] = {}
        picked: dict[str, int] = {}
        for text, score in self._index.similar(words, SIMILAR):
            if score < ALIKE:
                break
            weight = min(1.0, score) ** 2
            total += weight
            models: dict[str, int] = json.loads(text)
            picks = sum(models.values()) + PRIOR
            for model, count in models.items():
                gains[model] = gains.get(model, 0.0) + weight * count / picks
                picked[model] = picked.get(model, 0) + count
        scale = LEARNED / max(1.0, total)
        return {model: Lift(scale * gain, picked[model]) for model, gain in gains.items()}


def open_learned(folder: Path | None, state: bytes | None) -> Learned | None:
    """Return what was learned from a store in this state and kept, or None."""
    path = _place(folder, state)
    index = open_index(path) if path else None
    return Learned(index) if index else None


def learn(searches: Iterable[Picked], folder: Path | None, state: bytes | None) -> Learned:
    """Return what these searches teach, kept for the next time where that works."""
    path = _place(folder, state)
    documents = [
        Document(picked.query, json.dumps(dict(picked.models)), "", picked.query, picked.query)
        for picked in searches
    ]
    if path is None:
        return Learned(index_documents(documents))
    return Learned(index_documents(documents, folder, name=path.name))


def group_picks(rows: Iterable[tuple[object, ...]]) -> list[Picked]:
    """Return searches from rows of query, model and picks that come by query."""
    found: dict[str, dict[str, int]] = {}
    for query, model, count in rows:
        found.setdefault(str(query), {})[str(model)] = int(str(count))
    return [Picked(query, models) for query, models in found.items()]


def load_picks(path: Path) -> list[Picked]:
    """Return the searches of a store that may be shown, with their picks; none of a damaged one."""
    from modelcmp.matching.store import MIN_COUNT, MIN_DAYS, EvidenceError, reading_store

    try:
        with reading_store(path) as store:
            return group_picks(store.rows(_PICKS, MIN_COUNT, MIN_DAYS)) if store else []
    except EvidenceError:  # said elsewhere, where the evidence itself is read
        return []


def forget_learned(folder: Path | None) -> None:
    """Remove all that was learned and kept: it holds the words of searches."""
    if folder is not None:
        remove_index(folder)


def _place(folder: Path | None, state: bytes | None) -> Path | None:
    if folder is None or state is None:
        return None
    return folder / blake2b(state, digest_size=16).hexdigest()
