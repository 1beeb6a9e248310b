"""Which scored facts a card lacks, and how far each could move its rank: where help is worth most."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.comparison.tables import Report, Section, Value, count
from modelcmp.scoring.rank import ASSUMED, Method, RankedModel, percent, rank_model, rounded
from modelcmp.scoring.values import State

MISSING = "modelcmp/missing/1"

FIELDS: dict[str, str] = {
    "hf_downloads_30d": "metrics",
    "ollama_pulls": "metrics",
    "hf_likes": "metrics",
    "github_stars": "metrics",
    "api_providers": "metrics",
    "derivatives": "metrics",
    "benchmarks": "benchmarks",
    "integrations": "ecosystem.integrations",
    "weight_formats": "weights.formats",
    "sdk_languages": "ecosystem.sdk_languages",
    "licence_class": "licence.licence_class",
    "age": "released",
}
"""Where in a card the fact of a signal stands; the signals of the user's own log stand in none."""


class Gap(NamedTuple):
    """One missing fact: its dimension and signal, its place in the card, and what it could do.

    The rank could fall to `low`, were the fact worth 0, and rise to `high`, were it worth 100.
    """

    dimension: str
    signal: str
    title: str
    field: str
    low: float
    high: float

    @property
    def swing(self) -> float:
        """Points between the two."""
        return rounded(self.high - self.low)


class CardGaps(NamedTuple):
    """What one card lacks, the fact that could move its rank most first."""

    model: RankedModel
    gaps: tuple[Gap, ...]


def find_gaps(card: ModelCard, method: Method) -> CardGaps:
    """Return the scored facts that a card lacks; what does not apply to it is not missing.

    A fact of weight w in the rank counts as 30 while it is unknown, so it can take 30w from the rank
    or add 70w to it.
    """
    model = rank_model(card, method)
    gaps = sorted(_gaps(model), key=lambda gap: (-gap.swing, gap.dimension, gap.signal))
    return CardGaps(model, tuple(gaps))


def _gaps(model: RankedModel) -> Iterator[Gap]:
    for dimension in model.dimensions:
        values = [c.value for c in dimension.contributions]
        applicable = math.fsum(v.weight for v in values if v.state is not State.NOT_APPLICABLE)
        for value in values:
            kind = value.id.partition(":")[0].replace("benchmark", "benchmarks", 1)
            field = FIELDS.get(kind if ":" in value.id else value.id)
            if value.state is not State.UNKNOWN or field is None or not dimension.share:
                continue
            weight = dimension.share * value.weight / applicable
            low = rounded(max(0.0, model.rank.exact - ASSUMED * weight))
            high = rounded(min(100.0, model.rank.exact + (100 - ASSUMED) * weight))
            yield Gap(dimension.id, value.id, value.title, field, low, high)


def report_missing(cards: Sequence[ModelCard], method: Method) -> Report:
    """Return what these cards lack, the card with the most to gain from facts first."""
    found = [find_gaps(card, method) for card in cards]
    found.sort(key=lambda f: (-math.fsum(gap.swing for gap in f.gaps), f.model.card.id))
    lacking = [one for one in found if one.gaps]
    total = sum(len(one.gaps) for one in lacking)
    sections = [_summary(lacking)] if len(cards) > 1 and lacking else []
    sections += [_section(one) for one in lacking]
    whole = [one.model.card.id for one in found if not one.gaps]
    told = f"{count(total, 'scored fact')} missing in {count(len(lacking), 'card')}."
    if whole:
        told += f" Nothing is missing of {', '.join(sorted(whole))}."
    return Report(
        title="Missing facts",
        text=f"{told} While a fact is unknown, {ASSUMED:.0f} is assumed for it; the rank could "
        "become what stands beside it, were the fact worth 0 or 100. Scored as of "
        f"{method.as_of} under profile {method.profile.id}.",
        sections=tuple(sections),
        document={
            "schema": MISSING,
            "profile": method.profile.id,
            "method": method.hash,
            "as_of": method.as_of,
            "models": [_fields(one) for one in found],
        },
        lines=_lines(lacking),
    )


def _summary(lacking: Sequence[CardGaps]) -> Section:
    counts = Counter((gap.title, gap.field) for one in lacking for gap in one.gaps)
    swings = Counter[tuple[str, str]]()
    for one in lacking:
        for gap in one.gaps:
            swings[gap.title, gap.field] += round(10 * gap.swing)
    order = sorted(counts, key=lambda key: (-swings[key], key))
    rows = tuple(
        (title, field, str(counts[title, field]), f"{swings[title, field] / 10:.1f}")
        for title, field in order
    )
    columns = ("Fact", "In the card", "Cards", "Points in all")
    text = "What is missing most, by the points it could move in all cards together."
    return Section("By fact", columns, rows, text, frozenset({2, 3}))


def _section(one: CardGaps) -> Section:
    model = one.model
    rows = tuple(
        (gap.title, gap.field, f"{gap.low:.1f} to {gap.high:.1f}", f"{gap.swing:.1f}")
        for gap in one.gaps
    )
    text = f"Rank {model.rank.value:.1f}, {percent(model.rank.coverage)} known."
    columns = ("Missing fact", "In the card", "Rank could become", "Points")
    return Section(model.card.id, columns, rows, text, frozenset({2, 3}))


def _fields(one: CardGaps) -> dict[str, Any]:
    rank = one.model.rank
    return {
        "id": one.model.card.id,
        "rank": rank.value,
        "coverage": rank.coverage,
        "missing": [{**gap._asdict(), "swing": gap.swing} for gap in one.gaps],
    }


def _lines(lacking: Sequence[CardGaps]) -> tuple[tuple[Value, ...], ...]:
    """Return one line per missing fact, the one that could move a rank most first."""
    rows: list[tuple[Value, ...]] = [
        (
            one.model.card.id, gap.dimension, gap.signal, gap.title, gap.field,
            one.model.rank.value, gap.low, gap.high, gap.swing,
        )
        for one in lacking
        for gap in one.gaps
    ]  # fmt: skip
    rows.sort(key=lambda row: (-float(row[8] or 0), str(row[0]), str(row[2])))
    head = ("id", "dimension", "signal", "title", "field", "rank", "low", "high", "swing")
    return (head, *rows)
