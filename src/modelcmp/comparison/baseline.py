"""An earlier comparison against this one: what moved, why, and whether it is more than noise.

The earlier one is what `compare --format json` printed. Scores of two methods are never compared; what
the cards say of a signal then and now still is.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modelcmp.comparison.compare import Caveat, Comparison
from modelcmp.comparison.since import (
    Changes,
    DimensionChange,
    ModelChange,
    SignalChange,
    VerdictChange,
)
from modelcmp.comparison.verdict import within_noise
from modelcmp.errors import ModelcmpError
from modelcmp.scoring.rank import DimensionScore, RankedModel, rounded, standard_error
from modelcmp.scoring.values import Evidence, SignalValue, State

Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]


class BaselineError(ModelcmpError):
    """A file that is no earlier comparison, or one that cannot be held against this one."""

    code = "bad-baseline"


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True
    )


class _Evidence(_Part):
    source: str
    url: str | None
    as_of: str | None = None
    read_on: str | None = None


class _Signal(_Part):
    id: str
    title: str
    state: State
    text: str | None
    score: Score | None
    low: Score | None
    high: Score | None
    weight: Share
    confidence: Share
    points: float
    reason: str | None
    evidence: tuple[_Evidence, ...]


class _Dimension(_Part):
    score: Score | None
    coverage: Share
    weight: Share
    points: float
    signals: tuple[_Signal, ...]


class _Rank(_Part):
    value: Score
    coverage: Share


class _Model(_Part):
    id: str
    name: str
    rank: _Rank
    dimensions: dict[str, _Dimension]


class _Verdict(_Part):
    call: str
    leader: str | None
    sentence: str


class Baseline(_Part):
    """An earlier comparison, as far as this one is held against it."""

    schema_: Literal["modelcmp/comparison/1"] = Field(alias="schema")
    method: str
    profile: str
    as_of: str
    models: tuple[_Model, ...]
    verdict: _Verdict


def parse_baseline(text: str, name: str) -> Baseline:
    """Return an earlier comparison from its JSON; raises BaselineError where it is none."""
    try:
        return Baseline.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BaselineError(
            f"{name}: is no comparison: {where + ': ' if where else ''}{first['msg'].lower()}",
            hint="modelcmp compare MODEL... --json -o FILE makes one",
        ) from None


def hold_against(comparison: Comparison, baseline: Baseline) -> Comparison:
    """Return the comparison with what moved since the baseline, and a caveat for another method."""
    method = comparison.method
    same = baseline.method == method.hash
    old = {model.id: model for model in baseline.models}
    names = {model.card.id: model.card.name for model in comparison.models}
    both = [model for model in comparison.models if model.card.id in old]
    changes = Changes(
        as_of_was=baseline.as_of,
        as_of_now=method.as_of,
        profile_was=baseline.profile,
        method_was=baseline.method,
        same_method=same,
        models=tuple(_compare_model(old[m.card.id], m, same_method=same) for m in both),
        added=tuple(names[model] for model in names if model not in old),
        gone=tuple(model.name for model in baseline.models if model.id not in names),
        verdict=_verdict(comparison, baseline) if same and set(old) == set(names) else None,
    )
    if same:
        return comparison._replace(changes=changes)
    caveat = Caveat(
        "other-method",
        f"The baseline was scored by another method ({baseline.method}, here {method.hash}); its "
        "scores are not compared with these, only what the cards say.",
    )
    return comparison._replace(changes=changes, caveats=(*comparison.caveats, caveat))


def _verdict(comparison: Comparison, baseline: Baseline) -> VerdictChange:
    was, now = baseline.verdict, comparison.verdict
    return VerdictChange(was.call, now.call, was.leader, now.leader, was.sentence)


def _compare_model(old: _Model, new: RankedModel, *, same_method: bool) -> ModelChange:
    signals = [change for d in new.dimensions for change in _signals(old, d)]
    moved = {change.dimension for change in signals}
    drop = rounded(old.rank.value - new.rank.value)
    return ModelChange(
        id=new.card.id,
        name=new.card.name,
        rank_was=old.rank.value,
        rank_now=new.rank.value,
        coverage_was=old.rank.coverage,
        coverage_now=new.rank.coverage,
        noise=within_noise(drop, _standard_error(old), new.rank.standard_error),
        dimensions=tuple(
            change
            for d in new.dimensions
            if same_method and d.id in old.dimensions
            for change in _dimension(old.dimensions[d.id], d, always=d.id in moved)
        ),
        signals=tuple(signals),
    )


def _standard_error(model: _Model) -> float:
    quality = model.dimensions.get("quality")
    if quality is None:
        return 0.0
    return quality.weight * standard_error([_value(signal) for signal in quality.signals])


def _dimension(old: _Dimension, new: DimensionScore, *, always: bool) -> list[DimensionChange]:
    score = new.score if new.known else None
    change = DimensionChange(
        new.id, new.title, old.score, score, old.coverage, new.coverage,
        rounded(new.points - old.points),
    )  # fmt: skip
    return [change] if always or old.score != score or old.coverage != new.coverage else []


def _signals(old: _Model, new: DimensionScore) -> list[SignalChange]:
    """Return the signals of a dimension whose value, state or score is another now."""
    before = {s.id: s for s in old.dimensions[new.id].signals} if new.id in old.dimensions else {}
    now = {c.value.id: c for c in new.contributions}
    found = []
    for name in dict.fromkeys([*now, *before]):
        was = _value(before[name]) if name in before else None
        value = now[name].value if name in now else None
        if _essence(was) != _essence(value):
            points = (now[name].points if name in now else 0.0) - (
                before[name].points if name in before else 0.0
            )
            title = (value or was).title  # type: ignore[union-attr]
            found.append(SignalChange(new.id, name, title, was, value, rounded(points)))
    return found


def _essence(value: SignalValue | None) -> tuple[object, ...] | None:
    if value is None:
        return None
    score = None if value.score is None else rounded(value.score)
    return (value.state, value.text, score, value.confidence)


def _value(signal: _Signal) -> SignalValue:
    return SignalValue(
        id=signal.id,
        title=signal.title,
        state=signal.state,
        weight=signal.weight,
        text=signal.text or "",
        score=signal.score,
        confidence=signal.confidence,
        low=signal.low,
        high=signal.high,
        reason=signal.reason or "",
        evidence=tuple(
            Evidence(e.source, e.url, e.as_of or e.read_on or "", undated=e.as_of is None)
            for e in signal.evidence
        ),
    )


def find_drops(changes: Changes, most: float) -> list[str]:
    """Return a sentence for each model that fell by more than `most` points and beyond noise.

    Raises BaselineError where scores cannot be compared at all.
    """
    if not changes.same_method:
        raise BaselineError(
            "the baseline was scored by another method, so --max-drop cannot be judged",
            hint=f"it was made under profile {changes.profile_was}; use that, or make it anew",
        )
    if not changes.models:
        raise BaselineError("no model of this comparison is in the baseline")
    return [
        f"{m.id} fell by {-m.change:.1f} to {m.rank_now:.1f}, more than {most:g}"
        for m in changes.models
        if -m.change > most and not m.noise and not math.isclose(-m.change, most)
    ]
