"""What a refresh changed: figure by figure, and what that does to rank and place of each model."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.asking import Answer
from modelcmp.catalogue.card import Metric, ModelCard
from modelcmp.catalogue.figures import HOSTS, Repository, is_of, repositories_of
from modelcmp.comparison.compare import places
from modelcmp.comparison.tables import Report, Section, Value
from modelcmp.scoring.rank import Method, RankedModel, rank_model, rounded

REFRESH = "modelcmp/refresh/1"

TITLES = {"hf_downloads_30d": "downloads", "hf_likes": "likes", "github_stars": "stars"}
"""Figures in a word; the repository beside them says whose they are."""

STATES: dict[str, str] = {
    "changed": "changed",
    "new": "new",
    "same": "stayed the same",
    "held": "asked earlier today",
    "stale": "not renewed",
    "unknown": "still unknown",
    "not-asked": "not asked",
}
"""What became of a figure, in words for the summary."""

_QUIET = frozenset({"same", "held"})


class FigureChange(NamedTuple):
    """One figure before and after. None stands for a figure that is not known."""

    metric: str
    repository: str
    before: int | None
    before_day: str | None
    now: int | None
    now_day: str | None
    state: str
    problem: str

    @property
    def title(self) -> str:
        return TITLES[self.metric]

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell of it."""
        return self.state in _QUIET

    def change_text(self) -> str:
        """Return what happened in a few words."""
        if self.state == "changed" and self.before is not None and self.now is not None:
            return f"{self.now - self.before:+,}"
        if self.state == "stale":
            return f"stale: {self.problem}"
        if self.state == "unknown":
            return self.problem
        return {"held": "asked today", "not-asked": "not asked"}.get(self.state, self.state)


class ModelChange(NamedTuple):
    """One model before and after."""

    card: ModelCard
    rank_before: float
    rank_now: float
    place_before: int
    place_now: int
    figures: tuple[FigureChange, ...]

    @property
    def moved(self) -> bool:
        return (self.rank_before, self.place_before) != (self.rank_now, self.place_now)

    def rank_text(self) -> str:
        """Return what happened to rank and place, such as "+2.2, place 5 to 3"."""
        gap = rounded(self.rank_now - self.rank_before)
        parts = [f"{gap:+.1f}" if gap else "same"]
        if self.place_before != self.place_now:
            parts.append(f"place {self.place_before} to {self.place_now}")
        return ", ".join(parts)


class Refresh(NamedTuple):
    """What one run brought: models in order of id."""

    models: tuple[ModelChange, ...]
    day: str
    method: Method
    target: str
    """Where the figures were, or would be, written."""
    written: bool

    def told(self, *, full: bool) -> list[ModelChange]:
        """Return the models there is something to tell of, without figures that stayed the same."""
        if full:
            return list(self.models)
        kept = [m._replace(figures=tuple(f for f in m.figures if not f.quiet)) for m in self.models]
        return [model for model in kept if model.figures or model.moved]

    def summary(self) -> str:
        """Return how many figures there were of each kind, and how many ranks moved."""
        counts = dict.fromkeys(STATES, 0)
        for model in self.models:
            for figure in model.figures:
                counts[figure.state] += 1
        parts = [f"{count} {STATES[state]}" for state, count in counts.items() if count]
        moved = sum(model.moved for model in self.models)
        ranks = "1 rank moved" if moved == 1 else f"{moved or 'no'} ranks moved"
        return f"Figures: {', '.join(parts) or 'none'}; {ranks}."


def make_refresh(
    before: Sequence[ModelCard],
    after: Mapping[str, ModelCard],
    answers: Mapping[str, Sequence[Answer]],
    method: Method,
    *,
    day: str,
    target: str,
    written: bool,
) -> Refresh:
    """Return what became of the models in `answers`, which holds the answers for each by its id.

    Places count among all cards of `before`; `after` holds those that are other cards now.
    """
    old = {card.id: rank_model(card, method) for card in before}
    new = {
        model_id: rank_model(after[model_id], method) if model_id in after else model
        for model_id, model in old.items()
    }
    stood, stand = places(list(old.values())), places(list(new.values()))

    def change(model_id: str) -> ModelChange:
        was, now = old[model_id], new[model_id]
        figures = _figures(was, now, answers[model_id])
        ranks = (was.rank.value, now.rank.value)
        return ModelChange(now.card, *ranks, stood[model_id], stand[model_id], figures)

    models = tuple(change(model_id) for model_id in sorted(answers))
    return Refresh(models, day, method, target, written)


def _figures(
    was: RankedModel, now: RankedModel, answers: Sequence[Answer]
) -> tuple[FigureChange, ...]:
    return tuple(
        _figure(
            metric, answer, _newest(was.card, metric, answer), _newest(now.card, metric, answer)
        )
        for answer in answers
        for metric in HOSTS[answer.repository.host].metrics
    )


def _newest(card: ModelCard, name: str, answer: Answer) -> Metric | None:
    """Return the card's latest figure of a repository; one that names none is its only one's."""
    repository = answer.repository
    found = [m for m in card.metrics if m.metric == name and is_of(m, repository)]
    if not _is_alone(card, repository):
        found = [m for m in found if m.repository is not None]
    return max(found, key=lambda m: m.as_of or m.read_on or "", default=None)


def _is_alone(card: ModelCard, repository: Repository) -> bool:
    return sum(other.host == repository.host for other in repositories_of(card)) == 1


def _figure(name: str, answer: Answer, before: Metric | None, now: Metric | None) -> FigureChange:
    return FigureChange(
        metric=name,
        repository=answer.repository.name,
        before=before.value if before else None,
        before_day=(before.as_of or before.read_on) if before else None,
        now=now.value if now else None,
        now_day=(now.as_of or now.read_on) if now else None,
        state=_state(name, answer, before, now),
        problem=answer.problem if name in answer.missing or answer.kind == "not-asked" else "",
    )


def _state(name: str, answer: Answer, before: Metric | None, now: Metric | None) -> str:
    if answer.kind in ("held", "not-asked"):
        return answer.kind
    if name in answer.missing:
        return "stale" if before else "unknown"
    if before is None or now is None:
        return "new"
    return "same" if before.value == now.value else "changed"


def report_refresh(refresh: Refresh, *, full: bool = False) -> Report:
    """Return what changed: each model with its rank, its figures below, and how many there were.

    People read of figures that stayed the same only in `full`; programs always do.
    """
    rows = tuple(row for model in refresh.told(full=full) for row in _told_rows(model))
    columns = ("Model, repository", "Figure", "Before", "Now", "Change")
    method = refresh.method
    return Report(
        title=f"Figures of {refresh.day}",
        text=f"{refresh.summary()} Scored as of {method.as_of} under profile {method.profile.id}.",
        sections=(Section("Changes", columns, rows, right=frozenset({2, 3})),) if rows else (),
        document={
            "schema": REFRESH,
            "profile": method.profile.id,
            "method": method.hash,
            "as_of": method.as_of,
            "day": refresh.day,
            "target": refresh.target,
            "written": refresh.written,
            "models": [_fields(model) for model in refresh.models],
        },
        lines=_lines(refresh.models),
    )


def _told_rows(model: ModelChange) -> list[tuple[str, ...]]:
    ranks = (f"{model.rank_before:.1f}", f"{model.rank_now:.1f}")
    rows: list[tuple[str, ...]] = [(model.card.id, "rank", *ranks, model.rank_text())]
    for figure in model.figures:
        counts = ["—" if n is None else f"{n:,}" for n in (figure.before, figure.now)]
        rows.append((figure.repository, figure.title, *counts, figure.change_text()))
    return rows


def _fields(model: ModelChange) -> dict[str, Any]:
    return {
        "id": model.card.id,
        "name": model.card.name,
        "rank": {"before": model.rank_before, "now": model.rank_now},
        "place": {"before": model.place_before, "now": model.place_now},
        "figures": [{**f._asdict(), "problem": f.problem or None} for f in model.figures],
    }


def _lines(models: Sequence[ModelChange]) -> tuple[tuple[Value, ...], ...]:
    """Return one line per figure that was asked for, with the rank of its model before and after."""
    head = (
        "id", "metric", "repository", "before", "before_day", "now", "now_day", "state", "problem",
        "rank_before", "rank_now", "place_before", "place_now",
    )  # fmt: skip
    return (
        head,
        *(
            (
                model.card.id,
                *figure,
                model.rank_before,
                model.rank_now,
                model.place_before,
                model.place_now,
            )
            for model in models
            for figure in model.figures
        ),
    )
