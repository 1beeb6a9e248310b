"""What moved between two comparisons, and the words and rows that tell it."""

from typing import NamedTuple

from modelcmp.comparison.wording import join_words
from modelcmp.scoring.rank import percent, rounded
from modelcmp.scoring.values import SignalValue, State


class SignalChange(NamedTuple):
    """One signal then and now; None where it was not asked for. `points` is what the rank gained."""

    dimension: str
    id: str
    title: str
    was: SignalValue | None
    now: SignalValue | None
    points: float


class DimensionChange(NamedTuple):
    """One dimension then and now; a score is None where nothing was known."""

    id: str
    title: str
    was: float | None
    now: float | None
    coverage_was: float
    coverage_now: float
    points: float


class ModelChange(NamedTuple):
    """One model then and now. `noise`: its ranks cannot be told apart."""

    id: str
    name: str
    rank_was: float
    rank_now: float
    coverage_was: float
    coverage_now: float
    noise: bool
    dimensions: tuple[DimensionChange, ...]
    signals: tuple[SignalChange, ...]

    @property
    def change(self) -> float:
        """Points of rank gained since."""
        return rounded(self.rank_now - self.rank_was)


class VerdictChange(NamedTuple):
    """The verdict then and now."""

    call_was: str
    call_now: str
    leader_was: str | None
    leader_now: str | None
    sentence_was: str


class Changes(NamedTuple):
    """Everything that moved since the baseline."""

    as_of_was: str
    as_of_now: str
    profile_was: str
    method_was: str
    same_method: bool
    models: tuple[ModelChange, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    verdict: VerdictChange | None
    """None where the models or the methods are not the same."""


class ChangeRow(NamedTuple):
    """One line of the table: model, what, then, now, points and source with day."""

    model: str
    what: str
    was: str
    now: str
    points: str
    why: str


COLUMNS = ("Model", "What", "Was", "Is", "Points", "Source")


def tell_changes(changes: Changes) -> list[str]:
    """Return one sentence per model, and one on the verdict, on what moved."""
    told = [_tell_model(model, changes) for model in changes.models]
    if changes.added:
        told.append(f"Not in the baseline: {join_words(list(changes.added))}.")
    if changes.gone:
        told.append(f"Only in the baseline: {join_words(list(changes.gone))}.")
    verdict = changes.verdict
    if verdict is not None:
        told.append(_tell_verdict(verdict))
    return told


def _tell_model(model: ModelChange, changes: Changes) -> str:
    if not changes.same_method:
        count = len(model.signals)
        what = f"{count} signals say" if count > 1 else f"{count or 'no'} signal says"
        return f"{model.name}: {what} something else; ranks of two methods are not compared."
    if not model.change:
        what = f"{model.name} ranks {model.rank_now:.1f} as before"
    else:
        way = "higher" if model.change > 0 else "lower"
        noise = ", within noise" if model.noise else ""
        what = (
            f"{model.name} ranks {model.rank_now:.1f}, {abs(model.change):.1f} {way} than the "
            f"{model.rank_was:.1f} of the baseline{noise}"
        )
    if model.coverage_now != model.coverage_was:
        known = f"{percent(model.coverage_now)} known, {percent(model.coverage_was)} before"
        what = f"{what} ({known})"
    moved = [f"{d.title.lower()} {signed(d.points)}" for d in model.dimensions if d.points]
    return f"{what}: {join_words(moved)}." if moved else f"{what}."


def _tell_verdict(verdict: VerdictChange) -> str:
    if (verdict.call_was, verdict.leader_was) == (verdict.call_now, verdict.leader_now):
        return f"The call is {verdict.call_now} as before."
    leaders = ""
    if verdict.leader_was != verdict.leader_now:
        was, now = (leader or "nobody" for leader in (verdict.leader_was, verdict.leader_now))
        leaders = f", and the leader {now} instead of {was}"
    same = verdict.call_was == verdict.call_now
    call = "as before" if same else f"instead of {verdict.call_was}"
    return f"The call is {verdict.call_now} {call}{leaders}."


def signed(points: float) -> str:
    """Return a change with its sign.

    >>> signed(1.25), signed(-0.5), signed(0)
    ('+1.2', '-0.5', '0.0')
    """
    return f"{points:+.1f}" if points else "0.0"


def change_rows(changes: Changes) -> list[ChangeRow]:
    """Return the table of what moved: each dimension followed by its signals."""
    rows = []
    for model in changes.models:
        order = dict.fromkeys(
            [d.id for d in model.dimensions] + [s.dimension for s in model.signals]
        )
        dimensions = {d.id: d for d in model.dimensions}
        for name in order:
            if (d := dimensions.get(name)) is not None:
                was, now = _score(d.was, d.coverage_was), _score(d.now, d.coverage_now)
                rows.append(ChangeRow(model.name, d.title, was, now, signed(d.points), ""))
            rows += [
                _signal_row(model.name, signal, with_scores=changes.same_method)
                for signal in model.signals
                if signal.dimension == name
            ]
    return rows


def _score(score: float | None, coverage: float) -> str:
    return "— unknown" if score is None else f"{score:.1f}, {percent(coverage)} known"


def _signal_row(model: str, signal: SignalChange, *, with_scores: bool) -> ChangeRow:
    value = signal.now or signal.was
    told = [
        f"{e.source}, {'read' if e.undated else 'as of'} {e.day}"
        for e in (value.evidence if value else ())
    ]
    return ChangeRow(
        model,
        signal.title,
        _value_text(signal.was, with_scores=with_scores),
        _value_text(signal.now, with_scores=with_scores),
        signed(signal.points) if with_scores else "",
        join_words(told),
    )


def _value_text(value: SignalValue | None, *, with_scores: bool) -> str:
    if value is None:
        return "— not asked for"
    if value.state is not State.KNOWN:
        return f"— {value.state}: {value.reason}" if value.reason else f"— {value.state}"
    return f"{value.text} ({value.score:.1f})" if with_scores else value.text
