"""The tables that are data: tasks, licence classes, capability tags, benchmarks.

They lie in `data/registry` as YAML, so that a new benchmark or tag is a line of data and no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue.card import BenchmarkResult, Strict

if TYPE_CHECKING:
    from modelcmp.catalogue.fields import (
        CapabilityKind,
        Count,
        Day,
        Key,
        LicenceClass,
        Measure,
        Modality,
        Name,
        PositiveCount,
        Text,
    )

FILES = ("tasks", "licences", "capability_tags", "benchmarks")


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Task(Strict):
    """One job a model can be for, in the vocabulary of Hugging Face."""

    id: Key
    """Pipeline tag."""
    name: Name
    """Its title."""
    input: tuple[Modality, ...]
    """Kinds of data that go in."""
    output: tuple[Modality, ...]
    """Kinds of data that come out."""
    does: Text
    """What a model for this task does, as the end of a sentence that begins with its name."""
    synonyms: tuple[Name, ...]
    """Words people search with."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class LicenceGroup(Strict):
    """A class of licence terms and what it earns."""

    id: LicenceClass
    """The class."""
    title: Name
    """Its title."""
    points: PositiveCount
    """Score from 0 to 100 of the licence signal."""
    meaning: Text
    """What the class allows."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class CapabilityTag(Strict):
    """Something capabilities of different cards are compared on."""

    id: Key
    """The tag."""
    kind: CapabilityKind
    """Kind of the capabilities that carry it."""
    title: Name
    """A few words."""
    meaning: Text
    """When a capability may carry it."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Benchmark(Strict):
    """How one kind of result becomes a score."""

    name: Name
    """Benchmark; several rows of one name fill one place of an expected set."""
    version: Name | None = None
    """Edition or split."""
    metric: Name
    """What is measured."""
    shots: Count | None = None
    """Examples in the prompt."""
    task: Key
    """Task it speaks for."""
    floor: Measure | None = None
    """What guessing earns: score 0."""
    ceiling: Measure | None = None
    """A perfect result: score 100. Below the floor where lower is better."""
    reference: Measure | None = None
    """Arena rating that wins half its games against itself: score 50."""
    snapshot: Day | None = None
    """Day on which the reference was frozen."""
    scored: bool = True
    """False for a part of another result, which is shown beside it and would count twice."""
    hub_dataset: Name | None = None
    """Data set that holds its leaderboard on the Hub."""
    hub_task: Key | None = None
    """Task of that data set."""
    why: Text
    """Why these constants."""

    @property
    def lower_is_better(self) -> bool:
        """Whether a smaller result is the better one: then the ceiling lies below the floor."""
        return self.reference is None and (self.ceiling or 0.0) < (self.floor or 0.0)

    @property
    def key(self) -> str:
        """Name, version, metric and shots in words.

        >>> Benchmark(name="MMLU", metric="accuracy", shots=5, task="t", why="w").key
        'MMLU (accuracy, 5 shots)'
        """
        shots = None if self.shots is None else f"{self.shots} shots"
        return f"{self.name} ({', '.join(filter(None, (self.version, self.metric, shots)))})"


@cache
def _by_key(rows: tuple[Benchmark, ...]) -> dict[tuple[str | None, ...], list[Benchmark]]:
    """Return the rows by what a result must have in common with them."""
    found: dict[tuple[str | None, ...], list[Benchmark]] = {}
    for row in rows:
        found.setdefault((row.name, row.version, row.metric), []).append(row)
    return found


class Registry(NamedTuple):
    """All tables, by id."""

    tasks: dict[str, Task]
    licences: dict[str, LicenceGroup]
    capability_tags: dict[str, CapabilityTag]
    benchmarks: tuple[Benchmark, ...]
    expected: dict[str, tuple[str, ...]]
    """Benchmark names each task is expected to have results for."""
    expected_why: dict[str, str]
    """Why a task expects these."""
    plain: dict[str, Any]
    """The same tables as plain values, for the method hash."""

    def find_benchmark(self, result: BenchmarkResult) -> Benchmark | None:
        """Return the row a result is scored by, or None when no row scores it."""
        row = self.find_row(result)
        return row if row is not None and row.scored else None

    def find_row(self, result: BenchmarkResult) -> Benchmark | None:
        """Return the row a result belongs to, or None when no row knows its key.

        A row that states no number of examples takes any that no row of its own has.
        """
        rows = _by_key(self.benchmarks).get((result.name, result.version, result.metric), [])
        exact = [row for row in rows if row.shots == result.shots]
        return next(iter(exact or [row for row in rows if row.shots is None]), None)

    def does(self, tasks: tuple[str, ...]) -> str:
        """Return what models for these tasks do, as the end of a sentence.

        The first task leads; it is the one the card's maker names first.
        """
        words = [self.tasks[task].does for task in tasks if task in self.tasks]
        return " and ".join(words[:2]) if words else "does something its card does not name"

    def task_names(self, tasks: tuple[str, ...]) -> str:
        """Return the titles of tasks, joined by commas."""
        return ", ".join(self.tasks[task].name if task in self.tasks else task for task in tasks)
