"""Repositories -> what their hosts say of them today: one question each, answers read strictly."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from modelcmp.catalogue import limits
from modelcmp.catalogue.figures import HOSTS, Figure, FigureKey, Figures, Repository, figure_key
from modelcmp.errors import FetchError


class Asker(Protocol):
    """What can be asked for JSON: a `Fetcher`, or what a test puts in its place."""

    def get_json(self, url: str) -> Any:
        """Return the value at an address; raises FetchError."""


class Told(NamedTuple):
    """What one answer says: figures by metric, the day of the last change, and what was amiss."""

    figures: dict[str, int]
    changed_on: str | None = None
    problem: str = ""
    moved_to: str = ""
    """What the repository is called now, where it is called otherwise than we know it."""


class Answer(NamedTuple):
    """What came of asking for one repository. `kind` is done, held, failed or not-asked.

    `held` was asked earlier on the same day. `failed` may still hold some of the figures.
    """

    repository: Repository
    kind: str
    figures: tuple[Figure, ...] = ()
    problem: str = ""
    hint: str | None = None
    moved_to: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Metrics that a failed answer left without a figure."""
        given = {figure.metric for figure in self.figures}
        every = HOSTS[self.repository.host].metrics if self.kind == "failed" else ()
        return tuple(metric for metric in every if metric not in given)


_NOT_ASKED = frozenset({"over", "limited", "given-up"})
"""Kinds of failure that say nothing of the repository: it will be asked another time."""


def read_answer(repository: Repository, value: Any) -> Told:
    """Return what an answer says of a repository; a figure that cannot be one is left out and named.

    Raises FetchError for an answer that speaks of nothing we asked for.
    """
    host = HOSTS[repository.host]
    called = value.get(host.called) if isinstance(value, dict) else None
    if not isinstance(called, str):
        raise FetchError(
            "wrong", f"the answer of the {host.title} has not the shape it should have"
        )
    found = {m: value[field] for m, field in host.fields.items() if _is_count(value.get(field))}
    bad = [field for metric, field in host.fields.items() if metric not in found]
    problem = f"the answer holds no usable {' and '.join(bad)}" if bad else ""
    moved = called.casefold() != repository.key[1] and host.name.fullmatch(called)
    return Told(found, _day(value.get(host.changed)), problem, called if moved else "")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= limits.LARGEST_INTEGER


def _day(value: Any) -> str | None:
    """Return the day of a time such as 2026-10-01T09:30:00Z, or None for what is no such time."""
    if not isinstance(value, str) or not re.fullmatch(
        r"(19|20)\d\d-\d\d-\d\d(T.{1,40})?", value, re.ASCII
    ):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


class Questions:
    """Asks each repository once in a run, one after the other.

    `origins` says where each host is asked. Once the time of the run is up nothing is asked any
    more. `force` asks again what was asked on the same day.
    """

    def __init__(
        self, fetcher: Asker, origins: Mapping[str, str], today: str, *, force: bool = False
    ) -> None:
        self._fetcher = fetcher
        self._origins = origins
        self._today = today
        self._force = force
        self._answers: dict[tuple[str, str], Answer] = {}
        self._over = ""

    def answer(self, repository: Repository, held: Figures) -> Answer:
        """Return what comes of a repository; one whose every figure held is of today is not asked."""
        if found := self._answers.get(repository.key):
            return found
        if not self._force and _is_of_today(repository, held, self._today):
            return Answer(repository, "held")
        if self._over:
            return Answer(repository, "not-asked", problem=self._over)
        answer = self._ask(repository)
        self._answers[repository.key] = answer
        return answer

    def answers(self) -> list[Answer]:
        """Return all that was asked so far."""
        return list(self._answers.values())

    def _ask(self, repository: Repository) -> Answer:
        host = HOSTS[repository.host]
        address = urlsplit(host.api + repository.name)
        try:
            value = self._fetcher.get_json(f"{self._origins[host.id]}{address.path}{host.query}")
            told = read_answer(repository, value)
        except FetchError as error:
            if error.kind == "over":
                self._over = error.message
            kind = "not-asked" if error.kind in _NOT_ASKED else "failed"
            return Answer(repository, kind, problem=error.message, hint=error.hint)
        figures = tuple(
            Figure(
                metric=metric,
                repository=repository.name,
                value=count,
                as_of=self._today,
                # Told once a repository, with the figure its host is asked for first.
                changed_on=told.changed_on if metric == _first_metric(repository) else None,
            )
            for metric, count in told.figures.items()
        )
        kind = "failed" if told.problem else "done"
        return Answer(repository, kind, figures, told.problem, moved_to=told.moved_to)


def _first_metric(repository: Repository) -> str:
    return HOSTS[repository.host].metrics[0]


def _is_of_today(repository: Repository, held: Figures, today: str) -> bool:
    found = [held.get(figure_key(m, repository.name)) for m in HOSTS[repository.host].metrics]
    return all(f is not None and f.as_of == today and f.stale_since is None for f in found)


def figures_of(answers: Iterable[Answer]) -> dict[FigureKey, Figure]:
    """Return all figures that came, by metric and repository."""
    return {
        figure_key(figure.metric, figure.repository): figure
        for answer in answers
        for figure in answer.figures
    }
