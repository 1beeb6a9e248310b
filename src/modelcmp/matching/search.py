"""Need -> capabilities -> models: one word index over everything the cards say a model can do.

What is hidden here is the engine and its arithmetic. A look-up weighs the words of a capability with those
of its model and of the tasks it is for (documents.py), and the best document of a model speaks for it. A
query is words, never a query language: whatever somebody types is looked up, and nothing of it is run.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import count, groupby, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.digests import blake2b
from modelcmp.matching.documents import STOP_WORDS, WORD, Document, Documents, Found
from modelcmp.matching.kept import is_whole, remove_index, write_index

if TYPE_CHECKING:
    from modelcmp.matching.meaning import Meaning

FIELDS = {"text": 1.0, "task": 0.5}
"""Weight of a word anywhere in a document, and what it earns more where it names the task."""

VOTERS, VOTE = 20, 0.3
"""So many of the best models vote for their task; all votes add this share of the best score."""

WINDOW = 50
"""Documents that voters come from, and all that `best` looks at."""

HALF = 1 / 3
"""The score whose strength is one half: long queries have words that nobody's card holds."""

CLOSE = 0.7
"""Share of the best score from which a capability closer to the task is named in its place."""

MOST_WORDS, MOST_CHARACTERS = 64, 4_096
"""How much of a query counts; the rest of a longer one is left out."""

MOST_PARTS = 501
"""Documents of one model: a card has at most 500 capabilities."""

SHORTEST_FUZZY = 5
"""Shorter words are too much like one another to guess at."""

FORM = 3
"""Part of an index's name; grows whenever documents are made or analysed in another way."""

WRITER_BYTES = 100_000_000
"""Memory for building."""


class Match(NamedTuple):
    """A model that answers a query, the capability that did, how well (0-1), and by which words.

    `words` stand as in the query. `meaning` tells that the vectors found it more than the words,
    `picked` how often it was picked for similar searches.
    """

    model: str
    capability: str | None
    strength: float
    words: tuple[str, ...]
    meaning: bool = False
    picked: int = 0


class Lift(NamedTuple):
    """What a model gains by the picks of similar searches, and how many those were."""

    score: float
    picked: int


def build_index(
    cards: Iterable[ModelCard],
    registry: Registry,
    folder: Path | None = None,
    *,
    key: str | None = None,
    semantic: bool = False,
) -> "SearchIndex":
    """Return the index of these cards, kept under `folder` for the next time where that works.

    `key` names the cards' content: an index kept under it is opened without looking at a card. Cards that
    are no sequence come in the order of their ids and are loaded one by one.
    """
    name = index_name(key, registry) if key is not None else None
    if folder is not None and name is not None and not semantic:
        kept = open_index(folder / name)
        if kept is not None:
            return kept
    return index_documents(Documents(cards, registry), folder, name=name, semantic=semantic)


def index_name(key: str, registry: Registry) -> str:
    """Return the folder's name for a key: other words of the registry make other documents."""
    tables = json.dumps([registry.plain.get("tasks"), registry.plain.get("capability_tags")])
    return _named(key, tables)


def _named(*parts: object) -> str:
    return blake2b(repr((FORM, sorted(STOP_WORDS), *parts)).encode(), digest_size=16).hexdigest()


def index_documents(
    documents: Iterable[Document],
    folder: Path | None = None,
    *,
    name: str | None = None,
    semantic: bool = False,
) -> "SearchIndex":
    """Return the index of some documents: the one kept under `folder`, or a new one.

    Any trouble with the folder is answered by an index in memory. `semantic` adds the vectors;
    raises UsageError when what makes them is not installed.
    """
    meaning = None
    if semantic:
        from modelcmp.matching.meaning import Meaning

        documents = list(documents)
        meaning = Meaning(documents)
    path = None
    if folder:
        path = folder / (name or _named(*(tuple(document) for document in documents)))
    index = open_index(path) if path else None
    if index is None and path is not None and write_index(path, lambda to: _fill(documents, to)):
        index = open_index(path)
    if index is None:
        index = SearchIndex(_fill(documents, None), documents=documents)
    index.meaning = meaning
    return index


def open_index(path: Path) -> "SearchIndex | None":
    """Return the index kept at `path`, or None; one that is damaged is removed."""
    import tantivy

    try:
        if not is_whole(path):
            raise ValueError
        return SearchIndex(tantivy.Index.open(str(path)), path=path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        remove_index(path)
        return None


class SearchIndex:
    """The index and how it is asked. A kept one is pickled as its path, another as its documents."""

    meaning: "Meaning | None" = None

    def __init__(
        self, index: Any, *, path: Path | None = None, documents: Iterable[Document] = ()
    ) -> None:
        analyser = make_analyser()
        index.register_tokenizer(_ANALYSER, analyser)
        self.path = path
        self._documents = documents
        self._schema = index.schema
        self._searcher = index.searcher()
        self._documents_held = self._searcher.num_docs
        self._models = self._searcher.doc_freq("first", 1)
        self._analyse = analyser.analyze
        # A log asks for the same words over and over.
        self._stems = lru_cache(maxsize=65_536)(self._analyse)
        self._part = lru_cache(maxsize=65_536)(self._make_part)
        self._entry = lru_cache(maxsize=65_536)(self._read_entry)
        self._stems_of = lru_cache(maxsize=8_192)(self._read_stems)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process gets the same index."""
        if self.path is not None:
            return open_index, (self.path,)
        return index_documents, (self._documents, None)

    def search(
        self,
        words: str,
        limit: int | None = None,
        *,
        keep: Callable[[str], bool] | None = None,
        lifts: Mapping[str, Lift] | None = None,
    ) -> list[Match]:
        """Return the models that answer `words`, the best first, equal ones by id.

        `keep` decides by a model's id whether it may be among them, `lifts` raises some, also one that
        has none of the words. The first ones of a longer list are the shorter list.
        """
        terms = self._terms(words)
        if limit is not None and not self.meaning:
            ranked = self._first(terms, limit, keep)
        else:
            # Vectors may find what shares no word, so with them all documents are asked.
            ranked = self._rank(self._ask(words, terms, self._documents_held))
            ranked = [pair for pair in ranked if keep is None or keep(self._model(pair[1]))][:limit]
        if lifts:
            ranked = self._lift(ranked, terms, lifts, keep)[:limit]
        matches = [self._match(score, found, terms) for score, found in ranked]
        if not lifts:
            return matches
        none = Lift(0.0, 0)
        return [m._replace(picked=lifts.get(m.model, none).picked) for m in matches]

    def similar(self, words: str, limit: int) -> list[tuple[str, float]]:
        """Return what stands as the capability of the documents nearest by words, with their scores."""
        found = self._find(self._terms(words), limit)
        return [(self._entry(f.number)[1] or "", f.score) for f in found]

    def _lift(
        self,
        ranked: Sequence[tuple[float, Found]],
        terms: dict[str, str],
        lifts: Mapping[str, Lift],
        keep: Callable[[str], bool] | None,
    ) -> list[tuple[float, Found]]:
        """Return these models and those that are lifted, in their new order."""
        from tantivy import Query

        found = {pair[1].model: pair for pair in ranked}
        bonus = _bonus(self._find(terms, WINDOW))
        for model, lift in lifts.items():
            if keep is not None and not keep(model):
                continue
            parts = self._hits(Query.term_query(self._schema, "id", model), MOST_PARTS)
            if not parts:  # no card any more
                continue
            held = found.get(parts[0].model)
            if held is None:
                whole = max(parts, key=lambda part: part.level)._replace(score=0.0)
                by_words = next(iter(self._find(terms, 1, ("model", whole.model))), None)
                part = self._nearest_part(by_words, terms) if by_words else whole
                held = (part.score + (bonus.get(part.task, 0.0) if by_words else 0.0), part)
            found[held[1].model] = (held[0] + lift.score, held[1])
        return sorted(found.values(), key=lambda pair: (-pair[0], pair[1].model))

    def best(self, query: str, limit: int = 5) -> list[Match]:
        """Return the models that match a query of a log best, among the nearest documents alone."""
        terms = self._terms(query)
        ranked = self._rank(self._ask(query, terms, WINDOW))
        return [self._match(score, f, terms) for score, f in ranked[:limit]]

    def best_documents(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Return the documents of `best` by their numbers, with their strengths."""
        ranked = self._rank(self._ask(query, self._terms(query), WINDOW))
        return [(found.number, _strength(score)) for score, found in ranked[:limit]]

    def match(self, number: int, strength: float) -> Match:
        """Return a document found before as a match without words."""
        model, capability, _ = self._entry(number)
        return Match(model, capability, strength, ())

    def nearest(self, words: str, limit: int) -> list[Match]:
        """Return models with words spelt almost like these, where no word is found as it stands."""
        from tantivy import Occur, Query

        terms = self._terms(words)
        clauses = [
            (
                Occur.Should,
                Query.fuzzy_term_query(self._schema, "text", stem, 1 if len(stem) < 8 else 2),
            )
            for stem in terms
            if len(stem) >= SHORTEST_FUZZY
        ]
        found = self._hits(Query.boolean_query(clauses), 4 * max(WINDOW, limit)) if clauses else []
        best: dict[int, Found] = {}
        for document in found:
            best.setdefault(document.model, document)
        entries = [self._entry(document.number) for document in list(best.values())[:limit]]
        return [Match(model, capability, 0.0, ()) for model, capability, _ in entries]

    def _terms(self, text: str) -> dict[str, str]:
        """Return what is looked up, and the word of the query that stands behind it."""
        terms: dict[str, str] = {}
        for word in WORD.findall(text[:MOST_CHARACTERS]):
            for stem in self._stems(word):
                if len(terms) < MOST_WORDS:
                    terms.setdefault(stem, word)
        return terms

    def _ask(self, text: str, terms: dict[str, str], size: int) -> list[Found]:
        """Return the documents that match best, by score and number, at most `size`."""
        found = self._find(terms, max(1, size))
        return self.meaning.add(text, found) if self.meaning else found

    def _hits(self, query: Any, size: int, usual: float = 1.0) -> list[Found]:
        hits = self._searcher.search(query, size, count=False).hits
        addresses = [address for _, address in hits]
        columns = [self._searcher.fast_field_values(name, addresses) for name in _NUMBERS]
        rows = zip(*columns, [score / usual for score, _ in hits], repeat(False))
        return list(map(_FOUND, rows))

    def _rank(self, found: Sequence[Found]) -> list[tuple[float, Found]]:
        """Return the best document of each model with its score, after the best voted for their task."""
        best: dict[int, Found] = {}
        for document in found:
            held = best.setdefault(document.model, document)
            if document.level < held.level:
                best[document.model] = _closer(held, document)
        bonus = _bonus(found)
        ranked = [(f.score + bonus.get(f.task, 0.0), f) for f in best.values()]
        return sorted(ranked, key=lambda pair: (-pair[0], pair[1].model))

    def _first(
        self, terms: dict[str, str], limit: int, keep: Callable[[str], bool] | None
    ) -> list[tuple[float, Found]]:
        """Return the head of what `_rank` makes of all documents, after looking at few of them.

        Only tasks with a vote lift a model. So whatever is among the first is so among all models, or
        among those of one of these tasks, and each of those lists can be cut off.
        """
        bonus = _bonus(self._find(terms, WINDOW))
        best: dict[int, tuple[float, Found]] = {}
        for task in (None, *bonus):
            for found in self._first_of(terms, limit, keep, task):
                best.setdefault(found.model, (found.score + bonus.get(found.task, 0.0), found))
        ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].model))[:limit]
        return [(score, self._nearest_part(found, terms)) for score, found in ranked]

    def _first_of(
        self,
        terms: dict[str, str],
        limit: int,
        keep: Callable[[str], bool] | None,
        task: int | None,
    ) -> list[Found]:
        """Return the best document of each of the first models, of one task where that is given."""
        size = max(WINDOW, 4 * limit)
        while True:
            found = self._find(terms, size, None if task is None else ("job", task))
            models: dict[int, Found] = {}
            for document in found:
                models.setdefault(document.model, document)
            kept = (f for f in models.values() if keep is None or keep(self._model(f)))
            first = list(islice(kept, limit))
            all_seen = len(found) < size
            # Equal scores come by id, so nothing unseen may equal the last one.
            if all_seen or (len(first) == limit and found[-1].score < first[-1].score):
                return first
            size *= 4

    def _nearest_part(self, found: Found, terms: dict[str, str]) -> Found:
        """Return the document of a model that is the reason, with the score of its best one."""
        held = found
        for document in self._find(terms, MOST_PARTS, ("model", found.model)):
            if document.level < held.level:
                held = _closer(held, document)
        return held

    def _find(
        self, terms: dict[str, str], size: int, only: tuple[str, int] | None = None
    ) -> list[Found]:
        """Return the documents whose words match best, of one task or model where that is given."""
        from tantivy import Occur, Query

        parts = [self._part(stem) for stem in terms]
        if not parts:
            return []
        usual = math.fsum(weight for _, weight in parts) or 1.0
        query = Query.boolean_query([clause for clauses, _ in parts for clause in clauses])
        if only is not None:
            here = Query.const_score_query(Query.term_query(self._schema, *only), 0.0)
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, here)])
        return self._hits(query, size, usual)

    def _model(self, found: Found) -> str:
        return self._entry(found.number)[0]

    def _match(self, score: float, found: Found, terms: dict[str, str]) -> Match:
        model, capability, _ = self._entry(found.number)
        stems = self._stems_of(found.number)
        words = dict.fromkeys(word for stem, word in terms.items() if stem in stems)
        return Match(model, capability, _strength(score), tuple(words), found.meaning)

    def _make_part(self, stem: str) -> tuple[list[tuple[Any, Any]], float]:
        """Return the clauses that look a word up, and what they score in a usual document.

        A word is as rare as the models that have it are. The engine counts documents, of which every
        model has many that all say what it is for; that is put right by the weight.
        """
        from tantivy import Occur, Query

        rarity = _rarity(self._searcher.doc_freq("whole", stem), self._models)
        each = [
            Query.boost_query(
                Query.term_query(self._schema, field, stem, "freq"),
                weight
                * rarity
                / _rarity(self._searcher.doc_freq(field, stem), self._documents_held),
            )
            for field, weight in FIELDS.items()
        ]
        return [(Occur.Should, query) for query in each], rarity * math.fsum(FIELDS.values())

    def _read_entry(self, number: int) -> tuple[str, str | None, str]:
        """Return model, capability and text of a document."""
        from tantivy import Query

        query = Query.term_query(self._schema, "number", number)
        ((_, address),) = self._searcher.search(query, 1, count=False).hits
        model, capability, text = json.loads(bytes(self._searcher.doc(address).get_first("entry")))
        return model, capability, text

    def _read_stems(self, number: int) -> frozenset[str]:
        return frozenset(self._analyse(self._entry(number)[2]))


_ANALYSER = "modelcmp"
_FOUND = partial(tuple.__new__, Found)
"""Makes a Found of a row: a log asks for so many that the class's own way takes a tenth of the time."""

_NUMBERS = ("number", "model", "job", "level")


def make_analyser() -> Any:
    """Return what makes terms of a text: lower case, no accents, no stop words, English stems."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (
        Filter.remove_long(64),
        Filter.lowercase(),
        Filter.ascii_fold(),
        Filter.custom_stopword(sorted(STOP_WORDS)),
        Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def _fill(documents: Iterable[Document], path: Path | None) -> Any:
    """Return a new index of the documents, in memory or at `path`."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for name in (*FIELDS, "whole"):
        builder.add_text_field(name, tokenizer_name=_ANALYSER, index_option="freq")
    for name in _NUMBERS:
        builder.add_unsigned_field(name, indexed=name != "level", fast=True)
    builder.add_unsigned_field("first", indexed=True)
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("entry", stored=True)
    index = tantivy.Index(builder.build(), path=str(path) if path else None)
    index.register_tokenizer(_ANALYSER, make_analyser())
    # One thread keeps the documents in their order, so that equal scores come out by id.
    writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
    for document in _rows(documents):
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _rows(documents: Iterable[Document]) -> Iterator[Any]:
    from tantivy import Document as Row

    tasks: dict[str, int] = {}
    numbers = count()
    models = groupby(documents, lambda document: document.model)
    for model, (_, group) in enumerate(models):
        own = list(group)
        for document in own:
            row = Row()
            row.add_text("text", document.text)
            row.add_text("task", document.task_text)
            row.add_unsigned("number", next(numbers))
            row.add_unsigned("model", model)
            row.add_unsigned("job", tasks.setdefault(document.task, len(tasks)))
            row.add_unsigned("level", document.level)
            row.add_text("id", document.model)
            entry = [document.model, document.capability, document.text]
            row.add_bytes("entry", json.dumps(entry).encode())
            if document is own[0]:
                row.add_unsigned("first", 1)
                row.add_text("whole", " ".join(other.text for other in own))
            yield row


def _closer(held: Found, other: Found) -> Found:
    """Return the document that is the reason: one closer to the task, unless it is far behind.

    What the model is for answers the same words as its licence does, only at more length.
    """
    return other._replace(score=held.score) if other.score >= CLOSE * held.score else held


def _bonus(found: Sequence[Found]) -> dict[int, float]:
    """Return what the votes of the best models add to each task that has one.

    Words alone often find the right job among several models of it and one odd model above
    them; what most of the best are for is what was probably meant.
    """
    best: dict[int, Found] = {}
    for document in found[:WINDOW]:
        best.setdefault(document.model, document)
    votes: dict[int, float] = {}
    for voter in islice(best.values(), VOTERS):
        votes[voter.task] = votes.get(voter.task, 0.0) + voter.score
    each = VOTE * found[0].score / math.fsum(votes.values()) if found else 0.0
    return {task: each * score for task, score in votes.items()}


def _strength(score: float) -> float:
    return score / (score + HALF)


def _rarity(holders: int, total: int) -> float:
    """Return how much a word counts that `holders` of `total` have, as BM25 has it."""
    return math.log(1 + (total - holders + 0.5) / (holders + 0.5))
