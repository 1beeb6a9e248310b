"""Figures that hosts publish: which repositories a card names, and a dated file read over the cards.

A file of signals holds figures of repositories, not of models: every card that names a repository
gets its figures, so that a card may be renamed and two cards may share one. Per figure the newest
day wins, and on equal days the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue.card import Metric, ModelCard, Source, Strict
from modelcmp.errors import CardProblem

if TYPE_CHECKING:
    from modelcmp.catalogue.fields import Count, Day, MetricName, Name
    from modelcmp.catalogue.reader import Document


class HostRow(NamedTuple):
    """What a host is called, where its repositories lie, and what it answers when asked for one."""

    id: str
    title: str
    page: str
    """Beginning of the address of a repository's page."""
    api: str
    """Beginning of the address its figures are asked from."""
    query: str
    """What asks for no more than is read: a full answer may list thousands of files."""
    name: re.Pattern[str]
    fields: Mapping[str, str]
    """Metrics, and the fields of an answer that hold them."""
    changed: str
    """Field of an answer with the time of the last change."""
    called: str
    """Field of an answer with the name it speaks of."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The figures this host publishes, in the order in which they are told."""
        return tuple(self.fields)


_PART = r"(?!\.+(?:/|$))[A-Za-z0-9_.\-]"

HOSTS: dict[str, HostRow] = {
    row.id: row
    for row in (
        HostRow(
            "hub",
            "Hugging Face Hub API",
            page="https://huggingface.co/",
            api="https://huggingface.co/api/models/",
            query="?expand%5B%5D=downloads&expand%5B%5D=likes&expand%5B%5D=lastModified",
            name=re.compile(rf"(?:{_PART}{{1,96}}/)?{_PART}{{1,96}}"),
            fields={"hf_downloads_30d": "downloads", "hf_likes": "likes"},
            changed="lastModified",
            called="id",
        ),
        HostRow(
            "github",
            "GitHub API",
            page="https://github.com/",
            api="https://api.github.com/repos/",
            query="",
            name=re.compile(rf"[A-Za-z0-9\-]{{1,39}}/{_PART}{{1,100}}"),
            fields={"github_stars": "stargazers_count"},
            changed="pushed_at",
            called="full_name",
        ),
    )
}
"""Hosts that are asked, by id."""

_NO_MODELS = frozenset(
    {"api", "blog", "collections", "datasets", "docs", "models", "papers", "spaces"}
)
"""First parts of a Hub address that lead to no model."""


class Repository(NamedTuple):
    """One repository of one host."""

    host: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells repositories apart: hosts do not heed letter case."""
        return (self.host, self.name.casefold())


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Figure(Strict):
    """One figure of one repository, as a host gave it."""

    metric: MetricName
    """Which figure."""
    repository: Name
    """Whose figure it is."""
    value: Count
    """The figure itself."""
    as_of: Day
    """Day it was asked for."""
    changed_on: Day | None = None
    """Day the repository was last changed, as its host tells it."""
    stale_since: Day | None = None
    """Day since which the host gave no usable answer."""


FigureKey = tuple[str, str]
Figures = Mapping[FigureKey, Figure]
"""Figures by metric and repository, the latter in lower case."""


def figure_key(metric: str, repository: str) -> FigureKey:
    """Return what a figure is found by."""
    return (metric, repository.casefold())


def has_figures(card: ModelCard) -> bool:
    """Return whether host figures apply to a model: closed weights are served, not downloaded."""
    return card.weights is None or card.weights.open


def repositories_of(card: ModelCard) -> tuple[Repository, ...]:
    """Return the repositories a card names: in its figures, its weights' page, its source code."""
    found: dict[tuple[str, str], Repository] = {}
    for metric in card.metrics:
        for host in HOSTS.values():
            named = metric.repository
            if metric.metric in host.metrics and named and host.name.fullmatch(named):
                repository = Repository(host.id, named)
                found.setdefault(repository.key, repository)
    for address in (card.links.weights, card.links.repository):
        if address and (linked := _linked(address)):
            found.setdefault(linked.key, linked)
    return tuple(found.values())


def _linked(address: str) -> Repository | None:
    """Return the repository behind an address, or None where it leads elsewhere."""
    for host in HOSTS.values():
        if not address.startswith(host.page):
            continue
        owner, _, rest = address.removeprefix(host.page).partition("/")
        name = f"{owner}/{re.split('[/?#]', rest)[0].removesuffix('.git')}"
        model = host.id != "hub" or owner not in _NO_MODELS
        return Repository(host.id, name) if model and host.name.fullmatch(name) else None
    return None


def read_over(card: ModelCard, figures: Figures) -> ModelCard:
    """Return the card with every figure that is as new as its own, or newer, in its place.

    A figure takes the place of the card's own of the same repository, and of one that names no
    repository. The card's other facts, and figures of repositories it does not name, stay as they are.
    """
    found = _figures_for(card, figures) if figures and has_figures(card) else []
    if not found:
        return card
    metrics, sources = list(card.metrics), dict(card.sources)
    for host, figure in found:
        rivals = [m for m in metrics if m.metric == figure.metric and _same(m, figure)]
        if any((m.as_of or m.read_on or "") > figure.as_of for m in rivals):
            continue
        key = add_source(sources, host, figure.repository)
        at = metrics.index(rivals[0]) if rivals else len(metrics)
        metrics = [m for m in metrics if m not in rivals]
        metrics.insert(at, _as_metric(figure, key))
    if metrics == list(card.metrics):
        return card
    return ModelCard(**{**card.__dict__, "metrics": tuple(metrics), "sources": sources})


def _figures_for(card: ModelCard, figures: Figures) -> list[tuple[HostRow, Figure]]:
    return [
        (HOSTS[repository.host], figures[key])
        for repository in repositories_of(card)
        for metric in HOSTS[repository.host].metrics
        if (key := figure_key(metric, repository.name)) in figures
    ]


def _same(metric: Metric, figure: Figure) -> bool:
    if metric.repository is None:
        return True
    return metric.repository.casefold() == figure.repository.casefold()


def _as_metric(figure: Figure, source: str) -> Metric:
    return Metric(
        metric=figure.metric,
        value=figure.value,
        repository=figure.repository,
        source=source,
        as_of=figure.as_of,
        changed_on=figure.changed_on,
        stale_since=figure.stale_since,
    )


def add_source(sources: dict[str, Source], host: HostRow, repository: str) -> str:
    """Return the key of the source of a repository's figures, adding it where it is not there."""
    address = host.api + repository
    for key, source in sources.items():
        if source.url == address:
            return key
    key, number = f"{host.id}_api", 2
    while key in sources:
        key, number = f"{host.id}_api_{number}", number + 1
    sources[key] = Source(title=host.title, url=address)
    return key


def stated_figures(card: ModelCard) -> dict[FigureKey, Figure]:
    """Return the figures a card states of its repositories, the newest of each."""
    found: dict[FigureKey, Figure] = {}
    for metric in card.metrics:
        if metric.repository is None:
            continue
        key = figure_key(metric.metric, metric.repository)
        day = metric.as_of or metric.read_on or ""
        if key not in found or day >= found[key].as_of:
            found[key] = Figure(
                metric=metric.metric,
                repository=metric.repository,
                value=metric.value,
                as_of=day,
                changed_on=metric.changed_on,
                stale_since=metric.stale_since,
            )
    return found


def check_figures(document: Document) -> list[CardProblem]:
    """Return everything wrong with a file of signals; empty when it may be used."""
    from modelcmp.catalogue.checking import check_shape

    value = document.value
    if not isinstance(value, dict) or list(value) != ["figures"]:
        return [document.problem((), "a file of signals holds one list, figures")]
    if problems := check_shape("figures", document, ("figures",)):
        return sorted(problems)
    return _repeated(document)


def _repeated(document: Document) -> list[CardProblem]:
    seen: dict[FigureKey, int] = {}
    problems = []
    for number, row in enumerate(document.value["figures"]):
        first = seen.setdefault(figure_key(row["metric"], row["repository"]), number)
        if first != number:
            text = f"is the same figure as figures[{first + 1}]"
            problems.append(document.problem(("figures", number), text))
    return problems


def build_figures(rows: Iterable[Mapping[str, Any]]) -> dict[FigureKey, Figure]:
    """Return figures by their keys, from plain rows that were checked before."""
    return {figure_key(row["metric"], row["repository"]): Figure(**row) for row in rows}


HEAD = "# Figures asked of hosts by `modelcmp refresh --signals FILE`; read over cards with --signals FILE.\n"


def write_figures(figures: Iterable[Figure]) -> str:
    """Return the text of a file of signals: one line a figure, sorted, so that a change shows as one."""
    from modelcmp.catalogue.writing import write_flow

    rows = sorted(figures, key=lambda f: (f.repository.casefold(), f.repository, f.metric))
    lines = "".join(f"  - {write_flow(_plain(figure))}\n" for figure in rows)
    return f"{HEAD}figures:\n{lines}" if lines else f"{HEAD}figures: []\n"


def is_of(metric: Metric, repository: Repository) -> bool:
    """Return whether a card's figure is one that the host of a repository publishes of it."""
    if metric.metric not in HOSTS[repository.host].metrics:
        return False
    return metric.repository is None or metric.repository.casefold() == repository.key[1]


def marked_stale(metric: Metric | Figure, today: str) -> Any:
    """Return a figure marked as one its host gave no answer for, since the first day of that."""
    return type(metric)(**{**metric.__dict__, "stale_since": metric.stale_since or today})


def with_stale(
    card: ModelCard, repository: Repository, metrics: Iterable[str], today: str
) -> ModelCard:
    """Return the card with its own figures of a repository marked as not renewed today."""
    wanted = set(metrics)
    marked = tuple(
        marked_stale(m, today) if m.metric in wanted and is_of(m, repository) else m
        for m in card.metrics
    )
    return ModelCard(**{**card.__dict__, "metrics": marked})


def plain_with(plain: Mapping[str, Any], card: ModelCard, after: ModelCard) -> dict[str, Any]:
    """Return the plain values of a card, which were built into `card`, made to say `after`.

    Only figures and sources are looked at; what did not change is taken over as it stands.
    """
    held = {
        id(metric): row
        for metric, row in zip(card.metrics, plain.get("metrics") or (), strict=True)
    }
    rows = [held.get(id(metric)) or _plain(metric) for metric in after.metrics]
    sources = dict(plain["sources"])
    for key, source in after.sources.items():
        sources.setdefault(key, _plain(source))
    changed = {**plain, "metrics": rows, "sources": sources}
    if "metrics" in plain:
        return changed
    order = list(ModelCard.__dataclass_fields__)
    return (
        {name: changed[name] for name in sorted(changed, key=order.index)} if rows else dict(plain)
    )


def _plain(value: Strict) -> dict[str, Any]:
    """Return a part of a card as plain values in the order of its fields, without what is unknown."""
    told = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: item for name, item in told.items() if item is not None}
