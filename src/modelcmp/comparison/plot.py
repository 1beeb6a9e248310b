"""Ranked models -> Plot: what a picture of their scores shows, and every word in and under it.

A picture is drawn by `render.charts`; which lines it has, where each mark stands and what stands beside
it is decided here, so that picture, table and description can never disagree.
"""

from collections.abc import Sequence
from typing import NamedTuple

from modelcmp.comparison.wording import join_words
from modelcmp.scoring.rank import ASSUMED, DimensionScore, Method, RankedModel, percent, whole
from modelcmp.scoring.values import State

READING = (
    "From 0 to 100, always on the same scale. The mark is the score; the band reaches from where it "
    f"would be with all that is unknown at 0 to where it would be at 100. A hollow mark stands at {ASSUMED:.0f}, "
    "which is assumed where nothing is known."
)
"""How to read any of these pictures."""


class Mark(NamedTuple):
    """One model on one line: where its mark and its band stand (0-100), and the words beside it."""

    score: float | None
    """None where there is nothing to draw: the dimension is not configured."""
    low: float
    high: float
    known: bool
    text: str
    """The score as it is shown, or the dash for what is unknown."""
    note: str
    """How much of it is known."""

    @property
    def bounds(self) -> str:
        """The two ends of the band in words; empty where nothing is drawn."""
        return "" if self.score is None else f"{whole(self.low)} to {whole(self.high)}"


class Line(NamedTuple):
    """What is scored: the rank or one dimension, its part of the rank, and a mark for each model."""

    id: str
    label: str
    note: str
    marks: tuple[Mark, ...]

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(mark.score is not None for mark in self.marks)


class Plot(NamedTuple):
    """A picture of scores. `description` says in words all that it shows."""

    title: str
    description: str
    names: tuple[str, ...]
    lines: tuple[Line, ...]


def plot_scores(models: Sequence[RankedModel], method: Method) -> Plot:
    """Return the picture of one model's scores, or of several side by side.

    The rank comes first, then the dimensions by the weight the profile gives them, so that their
    order never depends on the models.
    """
    names = tuple(model.card.name for model in models)
    lines = [Line("rank", "Rank", "of 100", tuple(_rank_mark(model) for model in models))]
    lines += [
        _dimension_line([model.dimensions[place] for model in models])
        for place in _by_weight(models[0], method)
    ]
    return Plot(
        title=f"Scores of {join_words(list(names))}",
        description=" ".join([*(_describe(line, names) for line in lines), READING]),
        names=names,
        lines=tuple(lines),
    )


def _by_weight(model: RankedModel, method: Method) -> list[int]:
    shares = [method.shares.get(dimension.id, 0.0) for dimension in model.dimensions]
    return sorted(range(len(shares)), key=lambda place: (-shares[place], place))


def _rank_mark(model: RankedModel) -> Mark:
    rank = model.rank
    known = f"{percent(rank.coverage)} known"
    return Mark(rank.value, rank.low, rank.high, rank.coverage > 0, str(whole(rank.value)), known)


def _dimension_line(scores: Sequence[DimensionScore]) -> Line:
    first = scores[0]
    part = f"{100 * first.share:.0f} % of the rank" if first.score is not None else ""
    return Line(first.id, first.title, part, tuple(_dimension_mark(score) for score in scores))


def _dimension_mark(score: DimensionScore) -> Mark:
    if score.score is None or score.low is None or score.high is None:
        return Mark(None, 0.0, 0.0, False, "—", str(State.NOT_CONFIGURED))
    if not score.known:
        return Mark(score.score, score.low, score.high, False, "—", "unknown")
    known = f"{percent(score.coverage)} known"
    return Mark(score.score, score.low, score.high, True, str(whole(score.score)), known)


def _describe(line: Line, names: Sequence[str]) -> str:
    told = []
    for name, mark in zip(names, line.marks, strict=True):
        score = f"{mark.text}, {mark.note}" if mark.known else mark.note
        bounds = f", between {mark.bounds.replace('to', 'and')}" if mark.bounds else ""
        told.append(f"{name} {score}{bounds}")
    return f"{line.label}: {'; '.join(told)}."
