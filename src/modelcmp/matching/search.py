"""Need -> capabilities -> models: one word index over everything the cards say a model can do.

What is hidden here is the engine and its arithmetic. Each capability is one document, together with
the words of its model and of the tasks that model is for, and each model is one more; so a single
look-up weighs both, and the best document of a model speaks for it. A query is words, never a query
language: whatever somebody types is looked up, and nothing of it is run.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import count, groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError

FIELDS = {"text": 1.0, "task": 0.5}
"""Weight of a word anywhere in a document, and what it earns more where it names the task."""

VOTERS, VOTE = 20, 0.3
"""So many of the best models vote for their task; all votes add this share of the best score."""

MEANING = 0.5
"""What the nearest meaning adds to a score in which all words at their usual weight make 1."""

UNRELATED = 0.3
"""Cosine up to which two texts count as having nothing to do with each other."""

WINDOW = 50
"""Documents that voters come from, and all that `best` looks at."""

HALF = 1 / 3
"""The score whose strength is one half: long queries have words that nobody's card holds."""

CLOSE = 0.7
"""Share of the best score from which a capability closer to the task is named in its place."""

MOST_WORDS, MOST_CHARACTERS = 64, 4_096
"""How much of a query counts; the rest of a longer one is left out."""

SHORTEST_FUZZY = 5
"""Shorter words are too much like one another to guess at."""

KEPT = 8
"""Indexes kept in a folder."""

FORM = 1
"""Part of an index's name; grows whenever documents are made or analysed in another way."""

WRITER_BYTES, SUMMED_BYTES = 100_000_000, 4 << 20
"""Memory for building, and the size up to which a file of a kept index is read to check it."""

_COMMON = """
a about above after all also am an and any are as at be because been before being below between both
but by can could did do does doing down each few for from further had has have having he her here hers
him his how i if in into is it its itself just me more most my no nor not now of off on once only or
other our out over own same she should so some such than that the their them then there these they
this those through to too under until up us very was we were what when where which while who whom why
will with would you your yours
"""

_ASKING = """
able build create develop find given help let like looking make need please provide use used uses
using want
"""
"""Words that every request is made of; they tell models apart by chance only."""

STOP_WORDS = frozenset(f"{_COMMON} {_ASKING}".split())


class Document(NamedTuple):
    """What is found: a capability of a model, or the model itself (`capability` None)."""

    model: str
    capability: str | None
    task: str
    """The task its model names first: what it votes for."""
    text: str
    task_text: str
    level: int = 0
    """0 for a capability of the kind task, 1 for another one, 2 for the model itself."""


class Match(NamedTuple):
    """A model that answers a query, the capability that did, how well (0-1), and by which words.

    `words` stand as in the query. `meaning` tells that the vectors found it more than the words.
    """

    model: str
    capability: str | None
    strength: float
    words: tuple[str, ...]
    meaning: bool = False


def build_index(
    cards: Iterable[ModelCard],
    registry: Registry,
    folder: Path | None = None,
    *,
    key: str | None = None,
    semantic: bool = False,
) -> "SearchIndex":
    """Return the index of these cards, kept under `folder` for the next time where that works.

    `key` names the cards' content: an index kept under it is opened without looking at a card.
    """
    if folder is not None and key is not None and not semantic:
        kept = open_index(folder / _key_digest(key, registry))
        if kept is not None:
            return kept
    documents = make_documents(cards, registry)
    name = _key_digest(key, registry) if key is not None else None
    return index_documents(documents, folder, name=name, semantic=semantic)


def _key_digest(key: str, registry: Registry) -> str:
    """Return the folder's name for a key: other words of the registry make other documents."""
    tables = json.dumps([registry.plain.get("tasks"), registry.plain.get("capability_tags")])
    return blake2b(
        repr((FORM, sorted(STOP_WORDS), key, tables)).encode(), digest_size=16
    ).hexdigest()


def make_documents(cards: Iterable[ModelCard], registry: Registry) -> list[Document]:
    """Return the documents of some cards, by model id, each model before its capabilities.

    Limitations and capabilities of the kind limit are left out: what a model cannot do must not
    bring it up.
    """
    documents: list[Document] = []
    for card in sorted(cards, key=lambda card: card.id):
        jobs = " ".join(task_words(task, registry) for task in card.tasks)
        about = f"{card.name} {card.maker} {card.summary} {jobs}"
        texts: list[tuple[str | None, int, str]] = [(None, 2, " ".join(card.best_for))]
        texts += [
            (c.id, int(c.kind != "task"), _capability_text(c, registry))
            for c in card.capabilities
            if c.kind != "limit"
        ]
        first = next(iter(card.tasks), "")
        documents += [
            Document(card.id, name, first, f"{text} {about}", jobs, level)
            for name, level, text in texts
        ]
    return documents


def task_words(task: str, registry: Registry) -> str:
    """Return the words people use for a task; one that the registry lacks is known by its id."""
    row = registry.tasks.get(task)
    return f"{row.name} {row.does} {' '.join(row.synonyms)}" if row else task.replace("-", " ")


def _capability_text(capability: Capability, registry: Registry) -> str:
    parts = [capability.title, capability.description, capability.unique or ""]
    tag = registry.capability_tags.get(capability.tag)
    if tag is not None:
        parts += [tag.title, tag.meaning]
    return " ".join(parts)


def index_documents(
    documents: Sequence[Document],
    folder: Path | None = None,
    *,
    name: str | None = None,
    semantic: bool = False,
) -> "SearchIndex":
    """Return the index of some documents: the one kept under `folder`, or a new one.

    Any trouble with the folder is answered by an index in memory. `semantic` adds the vectors;
    raises UsageError when what makes them is not installed.
    """
    meaning = Meaning(documents) if semantic else None
    path = folder / (name or _digest(documents)) if folder else None
    index = open_index(path) if path else None
    if index is None and path is not None and _write(documents, path):
        index = open_index(path)
    if index is None:
        index = SearchIndex(_fill(documents, None), documents=documents)
    index.meaning = meaning
    return index


def open_index(path: Path) -> "SearchIndex | None":
    """Return the index kept at `path`, or None; one that is damaged is removed."""
    import tantivy

    try:
        if json.loads((path / _SUMS).read_text("utf-8")) != _sums(path):
            raise ValueError
        return SearchIndex(tantivy.Index.open(str(path)), path=path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        _remove(path)
        return None


class _Found(NamedTuple):
    """A document by its number, with its model's and its task's number, and its score."""

    number: int
    model: int
    task: int
    level: int
    score: float
    """1 when every word counts as it usually does."""
    meaning: bool = False


class SearchIndex:
    """The index and how it is asked. A kept one is pickled as its path, another as its documents."""

    meaning: "Meaning | None" = None

    def __init__(
        self, index: Any, *, path: Path | None = None, documents: Sequence[Document] = ()
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
        self, words: str, limit: int | None = None, *, keep: Callable[[str], bool] | None = None
    ) -> list[Match]:
        """Return the models that answer `words`, the best first, equal ones by id.

        `keep` decides by a model's id whether it may be among them. The first ones of a longer list
        are the shorter list.
        """
        terms = self._terms(words)
        everything = max(1, self._searcher.num_docs)
        # Vectors may find what shares no word, so with them all documents are asked.
        size = everything if limit is None or self.meaning else max(WINDOW, 4 * limit)
        while True:
            found = self._ask(words, terms, size)
            ranked = self._rank(found)
            kept = [(s, f) for s, f in ranked if keep is None or keep(self._entry(f.number)[0])]
            if len(found) < size or size >= everything or limit is None:
                break
            if len(kept) >= limit and self._settled(kept[:limit], found):
                break
            size *= 4
        return [self._match(score, f, terms) for score, f in kept[:limit]]

    def best(self, query: str, limit: int = 5) -> list[Match]:
        """Return the models that match a query of a log best, among the nearest documents alone."""
        terms = self._terms(query)
        ranked = self._rank(self._ask(query, terms, WINDOW))
        return [self._match(score, f, terms) for score, f in ranked[:limit]]

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
        best: dict[int, _Found] = {}
        for document in found:
            best.setdefault(document.model, document)
        entries = [self._entry(document.number) for document in list(best.values())[:limit]]
        return [Match(model, capability, 0.0, ()) for model, capability, _ in entries]

    def _terms(self, text: str) -> dict[str, str]:
        """Return what is looked up, and the word of the query that stands behind it."""
        terms: dict[str, str] = {}
        for word in _WORD.findall(text[:MOST_CHARACTERS]):
            for stem in self._stems(word):
                if len(terms) < MOST_WORDS:
                    terms.setdefault(stem, word)
        return terms

    def _ask(self, text: str, terms: dict[str, str], size: int) -> list[_Found]:
        """Return the documents that match best, by score and number, at most `size`."""
        import tantivy

        parts = [self._part(stem) for stem in terms]
        usual = math.fsum(weight for _, weight in parts) or 1.0
        query = tantivy.Query.boolean_query([clause for clauses, _ in parts for clause in clauses])
        found = self._hits(query, size, usual) if parts else []
        return self.meaning.add(text, found) if self.meaning else found

    def _hits(self, query: Any, size: int, usual: float = 1.0) -> list[_Found]:
        hits = self._searcher.search(query, size, count=False).hits
        addresses = [address for _, address in hits]
        columns = [self._searcher.fast_field_values(name, addresses) for name in _NUMBERS]
        return [
            _Found(number, model, job, level, score / usual)
            for number, model, job, level, (score, _) in zip(*columns, hits, strict=True)
        ]

    def _rank(self, found: Sequence[_Found]) -> list[tuple[float, _Found]]:
        """Return the best document of each model with its score, after the best voted for their task.

        Words alone often find the right job among several models of it and one odd model above
        them; what most of the best are for is what was probably meant.
        """
        best: dict[int, _Found] = {}
        for document in found:
            held = best.setdefault(document.model, document)
            # What the model is for answers the same words as its licence does, only at more length.
            if held.level > document.level and document.score >= CLOSE * held.score:
                best[document.model] = document._replace(score=held.score)
        votes: dict[int, float] = {}
        near = dict.fromkeys(document.model for document in found[:WINDOW])
        for voter in (best[model] for model in islice(near, VOTERS)):
            votes[voter.task] = votes.get(voter.task, 0.0) + voter.score
        bonus = VOTE * found[0].score / math.fsum(votes.values()) if found else 0.0
        ranked = [(f.score + bonus * votes.get(f.task, 0.0), f) for f in best.values()]
        return sorted(ranked, key=lambda pair: (-pair[0], pair[1].model))

    def _settled(self, kept: Sequence[tuple[float, _Found]], found: Sequence[_Found]) -> bool:
        """Return whether documents that were not looked at can change neither models nor reasons."""
        least = found[-1].score
        overtakes = least + VOTE * found[0].score >= kept[-1][0]
        return not overtakes and all(least < CLOSE * document.score for _, document in kept)

    def _match(self, score: float, found: _Found, terms: dict[str, str]) -> Match:
        model, capability, _ = self._entry(found.number)
        stems = self._stems_of(found.number)
        words = dict.fromkeys(word for stem, word in terms.items() if stem in stems)
        strength = score / (score + HALF)
        return Match(model, capability, strength, tuple(words), found.meaning)

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


class Meaning:
    """Vectors of all documents, by static word vectors that lie inside an installed package."""

    def __init__(self, documents: Sequence[Document]) -> None:
        try:
            import wordllama
        except ImportError:
            raise UsageError(
                "searching by meaning needs an extra", hint="pip install 'modelcmp[semantic]'"
            ) from None
        # The package looks for its own tokenizer in the wrong folder unless it is told.
        self._model = wordllama.WordLlama.load(
            cache_dir=Path(wordllama.__file__).parent, disable_download=True
        )
        models = {name: n for n, name in enumerate(dict.fromkeys(d.model for d in documents))}
        tasks = {name: n for n, name in enumerate(dict.fromkeys(d.task for d in documents))}
        self._places = [(models[d.model], tasks[d.task], d.level) for d in documents]
        self._vectors = self._embed([d.text for d in documents])

    def add(self, text: str, found: Sequence[_Found]) -> list[_Found]:
        """Return all documents that match by words or meaning, by the sum of both."""
        words = {document.number: document.score for document in found}
        nearness = (self._vectors @ self._embed([text])[0]).tolist() if self._places else []
        both = []
        for number, (place, near) in enumerate(zip(self._places, nearness, strict=True)):
            by_words = words.get(number, 0.0)
            by_meaning = MEANING * max(0.0, near - UNRELATED) / (1 - UNRELATED)
            if by_words or by_meaning:
                score = by_words + by_meaning
                both.append(_Found(number, *place, score, by_meaning > by_words))
        return sorted(both, key=lambda document: (-document.score, document.number))

    def _embed(self, texts: Sequence[str]) -> Any:
        """Return unit vectors; the words of asking are left out here as well."""
        plain = [
            " ".join(w for w in _WORD.findall(text.lower()) if w not in STOP_WORDS)
            for text in texts
        ]
        return self._model.embed(plain or [""], norm=True)


_ANALYSER = "modelcmp"
_NUMBERS = ("number", "model", "job", "level")
_SUMS = "sums.json"
_WORD = re.compile(r"[^\W_]+")


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


def _fill(documents: Sequence[Document], path: Path | None) -> Any:
    """Return a new index of the documents, in memory or at `path`."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for name in (*FIELDS, "whole"):
        builder.add_text_field(name, tokenizer_name=_ANALYSER, index_option="freq")
    for name in _NUMBERS:
        builder.add_unsigned_field(name, indexed=name == "number", fast=True)
    builder.add_unsigned_field("first", indexed=True)
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


def _rows(documents: Sequence[Document]) -> Iterator[Any]:
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
            entry = [document.model, document.capability, document.text]
            row.add_bytes("entry", json.dumps(entry).encode())
            if document is own[0]:
                row.add_unsigned("first", 1)
                row.add_text("whole", " ".join(other.text for other in own))
            yield row


def _rarity(holders: int, total: int) -> float:
    """Return how much a word counts that `holders` of `total` have, as BM25 has it."""
    return math.log(1 + (total - holders + 0.5) / (holders + 0.5))


def _write(documents: Sequence[Document], path: Path) -> bool:
    """Write the index beside `path` and move it there; returns whether one lies there now."""
    import tempfile

    draft: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=path.parent))
        _fill(documents, draft)
        (draft / _SUMS).write_text(json.dumps(_sums(draft)), "utf-8")
        draft.rename(path)
        _forget_old(path)
    except (OSError, ValueError):
        pass  # another process was quicker, or there is no room: the caller looks and goes on
    finally:
        if draft is not None:
            _remove(draft)
    return path.is_dir()


def _forget_old(path: Path) -> None:
    """Remove the indexes made first, beyond those that are kept."""
    others = [folder for folder in path.parent.iterdir() if folder.is_dir() and folder != path]
    others.sort(key=lambda folder: (-folder.stat().st_mtime, folder.name))
    for folder in others[KEPT - 1 :]:
        _remove(folder)


def _remove(path: Path) -> None:
    import shutil  # only now: it costs a start more than opening the index does

    shutil.rmtree(path, ignore_errors=True)


def _digest(documents: Sequence[Document]) -> str:
    """Return the name of the index of these documents: equal documents, equal name."""
    digest = blake2b(repr((FORM, sorted(STOP_WORDS))).encode(), digest_size=16)
    for document in documents:
        digest.update(repr(tuple(document)).encode())
    return digest.hexdigest()


def _sums(path: Path) -> dict[str, list[Any]]:
    """Return size and digest of every file; of a large one the size has to do."""
    sums = {}
    for file in sorted(path.iterdir()):
        if file.name != _SUMS and not file.name.endswith(".lock"):
            size = file.stat().st_size
            content = file.read_bytes() if size <= SUMMED_BYTES else b""
            sums[file.name] = [size, blake2b(content, digest_size=16).hexdigest()]
    return sums
