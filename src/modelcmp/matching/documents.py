"""Cards -> documents: which words stand for a model and for each thing it can do.

Each capability is one document, together with the words of its model and of the tasks that model is
for, and each model is one more.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.catalogue.registry import Registry

WORD = re.compile(r"[^\W_]+")

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


class Found(NamedTuple):
    """A document by its number, with its model's and its task's number, and its score."""

    number: int
    model: int
    task: int
    level: int
    score: float
    """1 when every word counts as it usually does."""
    meaning: bool = False


class Documents(Iterable[Document]):
    """The documents of some cards, by model id; made anew each time, never held as a whole.

    Cards that are no sequence are taken in the order they come in, which has to be that of their ids.
    """

    def __init__(self, cards: Iterable[ModelCard], registry: Registry) -> None:
        in_hand = isinstance(cards, Sequence)
        self._cards = sorted(cards, key=lambda card: card.id) if in_hand else cards
        self._registry = registry

    def __iter__(self) -> Iterator[Document]:
        """Yield each model before its capabilities.

        Limitations and capabilities of the kind limit are left out: what a model cannot do must not
        bring it up.
        """
        for card in self._cards:
            yield from _documents_of(card, self._registry)


def make_documents(cards: Iterable[ModelCard], registry: Registry) -> list[Document]:
    """Return the documents of some cards, by model id, each model before its capabilities."""
    return list(Documents(list(cards), registry))


def _documents_of(card: ModelCard, registry: Registry) -> Iterator[Document]:
    jobs = " ".join(task_words(task, registry) for task in card.tasks)
    about = f"{card.name} {card.maker} {card.summary} {jobs}"
    first = next(iter(card.tasks), "")
    yield Document(card.id, None, first, f"{' '.join(card.best_for)} {about}", jobs, 2)
    for capability in card.capabilities:
        if capability.kind != "limit":
            text = f"{_capability_text(capability, registry)} {about}"
            level = int(capability.kind != "task")
            yield Document(card.id, capability.id, first, text, jobs, level)


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
