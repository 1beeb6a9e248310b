"""Tab-separated lines: a promise, like JSON. Unknown is an empty cell; numbers carry no unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelcmp.comparison.facts import cheapest, offer_price
from modelcmp.comparison.tables import Value
from modelcmp.render import Look
from modelcmp.render.clean import tsv
from modelcmp.scoring.rank import Method, RankedModel

if TYPE_CHECKING:
    from modelcmp.comparison.compare import Comparison
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.hits import Hits
    from modelcmp.comparison.listing import Listing
    from modelcmp.comparison.since import Changes
    from modelcmp.comparison.tables import Report


def render_comparison(comparison: Comparison, *, look: Look) -> str:
    """Return one line per field and one column per model."""
    columns = [_fields(model, comparison.places[model.card.id]) for model in comparison.models]
    verdict = comparison.verdict
    for column, model in zip(columns, comparison.models, strict=True):
        column["leads"] = " ".join(verdict.leads.get(model.card.id, ()))
        column["only"] = " ".join(comparison.overlap.only[model.card.id])
        column["call"] = verdict.call
        column["leader"] = verdict.leader == model.card.id
    if comparison.changes is not None:
        _add_changes(columns, comparison, comparison.changes)
    lines = [("field", *comparison.ids)]
    lines += [(name, *(_cell(column[name]) for column in columns)) for name in columns[0]]
    return _lines(lines)


def _add_changes(columns: list[dict[str, Value]], comparison: Comparison, changes: Changes) -> None:
    """Add what moved since the baseline; cells of a model or method it cannot be said of stay empty."""
    held = {model.id: model for model in changes.models}
    same = changes.same_method
    for column, model in zip(columns, comparison.models, strict=True):
        change = held.get(model.card.id)
        scored = change if same else None
        column["baseline_as_of"] = changes.as_of_was
        column["baseline_rank"] = scored.rank_was if scored else None
        column["baseline_coverage"] = scored.coverage_was if scored else None
        column["baseline_call"] = changes.verdict.call_was if changes.verdict else None
        column["rank_change"] = scored.change if scored else None
        column["within_noise"] = scored.noise if scored else None
        column["moved"] = " ".join(signal.id for signal in change.signals) if change else None


def render_model(model: RankedModel, *, look: Look, method: Method) -> str:
    """Return one line per signal: where it belongs, its value and the points it puts in the rank."""
    head = ("dimension", "signal", "state", "value", "score", "points", "source", "day")
    lines: list[Iterable[str]] = [head]
    for dimension in model.dimensions:
        for c in dimension.contributions:
            value = c.value
            lines.append(
                (
                    dimension.id,
                    tsv(value.id),
                    str(value.state),
                    _cell(value.raw),
                    "" if value.score is None else f"{value.score:.1f}",
                    f"{c.points:.1f}",
                    tsv("; ".join(e.source for e in value.evidence)),
                    tsv(max((e.day for e in value.evidence), default="")),
                )
            )
    return _lines(lines)


def render_listing(listing: Listing, *, look: Look) -> str:
    """Return one line per model."""
    rows = [_fields(model, listing.places[model.card.id]) for model in listing.models]
    head = list(rows[0]) if rows else list(FIELDS)
    return _lines([head, *([_cell(row[name]) for name in head] for row in rows)])


def render_facts(facts: Facts, *, look: Look) -> str:
    """Return one line per row."""
    return _lines([("name", "value", "remark"), *(tuple(map(tsv, row)) for row in facts.rows)])


def render_report(report: Report, *, look: Look) -> str:
    """Return the report's one flat table."""
    return _lines([_cell(value) for value in row] for row in report.lines)


def _fields(model: RankedModel, place: int) -> dict[str, Value]:
    card, rank = model.card, model.rank
    offer = cheapest(card)
    scores = {d.id: d.score if d.known else None for d in model.dimensions}
    return {
        "id": card.id,
        "name": card.name,
        "place": place,
        "rank": rank.value,
        "rank_low": rank.low,
        "rank_high": rank.high,
        "coverage": rank.coverage,
        **scores,
        "tasks": " ".join(card.tasks),
        "open_weights": card.weights.open if card.weights else None,
        "licence": card.licence.id if card.licence else None,
        "commercial": card.licence.commercial if card.licence else None,
        "price_usd": offer_price(offer) if offer else None,
        "price_unit": offer.unit if offer else None,
        "parameters": card.weights.parameters if card.weights else None,
        "context_tokens": card.context.tokens if card.context else None,
        "released": card.released.day if card.released else None,
        "capabilities": len(card.capabilities),
        "times_matched": model.times_matched,
        "maker": card.maker,
    }


def columns_of(model: RankedModel, place: int) -> dict[str, Value]:
    """Return the columns of a list for one model, by name."""
    return _fields(model, place)


FIELDS = (
    "id", "name", "place", "rank", "rank_low", "rank_high", "coverage", "adoption", "quality",
    "ecosystem", "match", "freshness", "tasks", "open_weights", "licence", "commercial", "price_usd",
    "price_unit", "parameters", "context_tokens", "released", "capabilities", "times_matched", "maker",
)  # fmt: skip
"""Columns of a list, in their order."""


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return tsv(value) if isinstance(value, str) else f"{value:.15g}"


def _lines(rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def render_hits(hits: Hits, *, look: Look) -> str:
    """Return one line per model: place and fit first, the reason, the columns of a list, the picks."""
    head = ("place", "fit", "id", "capability", "words", "meaning", "lacks", "nearest")
    rest = tuple(name for name in FIELDS if name not in head)
    lines: list[Iterable[str]] = [(*head, *rest, "picked")]
    for place, hit in enumerate(hits.models, start=1):
        fields = _fields(hit.ranked, place)
        told: tuple[Value, ...] = (
            place,
            hit.fit,
            hit.ranked.card.id,
            hit.capability,
            " ".join(hit.words),
            hit.meaning,
            "; ".join(hit.lacks),
            hits.nearest,
        )
        lines.append([*map(_cell, told), *(_cell(fields[n]) for n in rest), _cell(hit.picked)])
    return _lines(lines)
