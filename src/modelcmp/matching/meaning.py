"""The vectors of all documents: what is near in meaning, for those who ask for it and installed it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelcmp.errors import UsageError
from modelcmp.matching.documents import STOP_WORDS, WORD, Document, Found

MEANING = 0.5
"""What the nearest meaning adds to a score in which all words at their usual weight make 1."""

UNRELATED = 0.3
"""Cosine up to which two texts count as having nothing to do with each other."""


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

    def add(self, text: str, found: Sequence[Found]) -> list[Found]:
        """Return all documents that match by words or meaning, by the sum of both."""
        words = {document.number: document.score for document in found}
        nearness = (self._vectors @ self._embed([text])[0]).tolist() if self._places else []
        both = []
        for number, (place, near) in enumerate(zip(self._places, nearness, strict=True)):
            by_words = words.get(number, 0.0)
            by_meaning = MEANING * max(0.0, near - UNRELATED) / (1 - UNRELATED)
            if by_words or by_meaning:
                score = by_words + by_meaning
                both.append(Found(number, *place, score, by_meaning > by_words))
        return sorted(both, key=lambda document: (-document.score, document.number))

    def _embed(self, texts: Sequence[str]) -> Any:
        """Return unit vectors; the words of asking are left out here as well."""
        plain = [
            " ".join(w for w in WORD.findall(text.lower()) if w not in STOP_WORDS) for text in texts
        ]
        return self._model.embed(plain or [""], norm=True)
