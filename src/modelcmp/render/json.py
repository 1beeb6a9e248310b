"""JSON: a promise. Keys are only ever added within one version of a schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelcmp.catalogue.card import BenchmarkResult, Capability, ModelCard
from modelcmp.comparison.facts import price_text
from modelcmp.render import Look
from modelcmp.render.clean import json_text, no_password
from modelcmp.scoring.rank import DimensionScore, Method, RankedModel, rounded
from modelcmp.scoring.values import Evidence, SignalValue

if TYPE_CHECKING:
    from modelcmp.comparison.compare import Comparison, NeedFit
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.hits import Hits
    from modelcmp.comparison.listing import Listing
    from modelcmp.comparison.since import Changes, ModelChange
    from modelcmp.comparison.tables import Report
    from modelcmp.comparison.verdict import Verdict

COMPARISON = "modelcmp/comparison/1"
MODEL = "modelcmp/model/1"
MODELS = "modelcmp/models/1"
FACTS = "modelcmp/facts/1"


def render_comparison(comparison: Comparison, *, look: Look) -> str:
    """Return the whole comparison; nothing is left out, whatever `look` says."""
    return _text(comparison_document(comparison))


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return what the JSON of a comparison holds."""
    verdict = comparison.verdict
    return {
        "schema": COMPARISON,
        **method_fields(comparison.method),
        "comparability": verdict.comparability.score,
        "jobs": _jobs(verdict),
        "caveats": [{"code": c.code, "text": c.text} for c in comparison.caveats],
        "models": [
            {**model_fields(m, comparison.method), "place": comparison.places[m.card.id]}
            for m in comparison.models
        ],
        "capability_overlap": {
            "shared": list(comparison.overlap.shared),
            "only": {model: list(tags) for model, tags in comparison.overlap.only.items()},
        },
        "verdict": {**_verdict(verdict), "sentence": comparison.sentence},
        "pairs": [_verdict(pair) for pair in comparison.pairs],
        "need": _need(comparison.need),
        "baseline": _changes(comparison.changes),
    }


def render_model(model: RankedModel, *, look: Look, method: Method) -> str:
    """Return one card with its full breakdown."""
    return _text(model_document(model, method))


def model_document(model: RankedModel, method: Method) -> dict[str, Any]:
    """Return what the JSON of one card holds."""
    card = model.card
    more = {
        "benchmarks": [_result(result, card) for result in card.benchmarks],
        "limitations": [
            {"text": x.text, "source": _source(card, x.source)} for x in card.limitations
        ],
        "best_for": list(card.best_for),
        "links": {
            name: getattr(card.links, name)
            for name in card.links.__dataclass_fields__
            if getattr(card.links, name)
        },
        "variants": [
            {"name": v.name, "model": v.model, "parameters": v.parameters, "note": v.note}
            for v in card.variants
        ],
    }
    return {"schema": MODEL, **method_fields(method), **model_fields(model, method), **more}


def render_listing(listing: Listing, *, look: Look) -> str:
    """Return the models of a list or ranking."""
    models = [
        {**model_fields(m, listing.method), "place": listing.places[m.card.id]}
        for m in listing.models
    ]
    return _text({"schema": MODELS, **method_fields(listing.method), "models": models})


def render_facts(facts: Facts, *, look: Look) -> str:
    """Return an explanation or the configuration."""
    rows = [{"name": name, "value": value, "remark": remark} for name, value, remark in facts.rows]
    head = {"kind": facts.kind, "id": facts.id, "title": facts.title, "text": facts.text}
    return _text({"schema": FACTS, **head, "rows": rows})


def render_report(report: Report, *, look: Look) -> str:
    """Return what a report says, as the values it was made from."""
    return _text(report.document)


def render_error(code: str, message: str, hint: str | None, problems: list[str]) -> str:
    """Return the object that stands for a result that could not be had."""
    told = {"code": code, "message": message, "hint": hint, "problems": problems}
    return no_password(_text({"error": told}))


def _text(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return json_text(text) + "\n"


def method_fields(method: Method) -> dict[str, Any]:
    """Return the fields that say how scores were made, by the same names everywhere."""
    return {
        "profile": method.profile.id,
        "weights": {name: rounded(share, 4) for name, share in method.shares.items()},
        "method": method.hash,
        "as_of": method.as_of,
    }


def _need(need: NeedFit | None) -> dict[str, Any] | None:
    if need is None:
        return None
    return {"query": need.query, "understood": list(need.understood), "fits": need.fits}


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    verdict = changes.verdict
    return {
        "as_of": changes.as_of_was,
        "profile": changes.profile_was,
        "method": changes.method_was,
        "same_method": changes.same_method,
        "models": [_model_change(model, scored=changes.same_method) for model in changes.models],
        "added": list(changes.added),
        "gone": list(changes.gone),
        "verdict": None
        if verdict is None
        else {
            "call_was": verdict.call_was,
            "call_now": verdict.call_now,
            "leader_was": verdict.leader_was,
            "leader_now": verdict.leader_now,
            "sentence_was": verdict.sentence_was,
        },
    }


def _model_change(model: ModelChange, *, scored: bool) -> dict[str, Any]:
    """Return what moved of a model; numbers that cannot be compared are null."""
    return {
        "id": model.id,
        "rank_was": model.rank_was if scored else None,
        "rank_now": model.rank_now,
        "change": model.change if scored else None,
        "within_noise": model.noise if scored else None,
        "coverage_was": model.coverage_was if scored else None,
        "coverage_now": model.coverage_now,
        "dimensions": [
            {
                "id": d.id,
                "score_was": d.was,
                "score_now": d.now,
                "coverage_was": d.coverage_was,
                "coverage_now": d.coverage_now,
                "points_change": d.points,
            }
            for d in model.dimensions
        ],
        "signals": [
            {
                "id": s.id,
                "dimension": s.dimension,
                "title": s.title,
                "was": _signal_then(s.was, scored=scored),
                "now": _signal_then(s.now, scored=scored),
                "points_change": s.points if scored else None,
            }
            for s in model.signals
        ],
    }


def _signal_then(value: SignalValue | None, *, scored: bool) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "state": str(value.state),
        "text": value.text or None,
        "score": None if value.score is None or not scored else rounded(value.score),
        "reason": value.reason or None,
        "evidence": [_evidence(e) for e in value.evidence],
    }


def _jobs(verdict: Verdict) -> dict[str, Any]:
    jobs = verdict.comparability
    return {"word": jobs.word, "tasks": jobs.tasks, "outputs": jobs.outputs, "inputs": jobs.inputs}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    flip = verdict.flip
    return {
        "call": verdict.call,
        "leader": verdict.leader,
        "ranked": list(verdict.ranked),
        "gap": verdict.gap,
        "leads": {model: list(names) for model, names in verdict.leads.items()},
        "weight_share": verdict.weight_share,
        "flip": None
        if flip is None
        else [{"from": m.source, "to": m.target, "points": rounded(m.points)} for m in flip],
        "break_even": [
            {"model": b.model, "dimension": b.dimension, "value": b.value, "reachable": b.reachable}
            for b in verdict.break_even
        ],
        "comparability": verdict.comparability.score,
        "sentence": verdict.sentence,
    }


def model_fields(model: RankedModel, method: Method) -> dict[str, Any]:
    """Return the fields every schema gives of a model, by the same names everywhere."""
    card = model.card
    graph = method.circumstances.evidence
    weights = card.weights
    return {
        "id": card.id,
        "name": card.name,
        "maker": card.maker,
        "summary": card.summary,
        "tasks": list(card.tasks),
        "modalities": {
            "input": list(card.modalities.input),
            "output": list(card.modalities.output),
        },
        "status": card.status,
        "released": card.released.day if card.released else None,
        "rank": {
            "value": model.rank.value,
            "low": model.rank.low,
            "high": model.rank.high,
            "coverage": model.rank.coverage,
        },
        "dimensions": {d.id: _dimension(d) for d in model.dimensions},
        "pricing": _pricing(card),
        "licence": _licence(card),
        "open_weights": weights.open if weights else None,
        "parameters": weights.parameters if weights else None,
        "context_tokens": card.context.tokens if card.context else None,
        "capabilities": [
            _capability(c, card, graph.times_matched(card.id, c.id) if graph else None)
            for c in card.capabilities
        ],
        "times_matched": model.times_matched,
    }


def _dimension(score: DimensionScore) -> dict[str, Any]:
    return {
        "state": str(score.state),
        "score": score.score if score.known else None,
        "entered": score.score,
        "low": score.low,
        "high": score.high,
        "coverage": score.coverage,
        "weight": rounded(score.share, 4),
        "points": score.points,
        "signals": [
            {
                "id": c.value.id,
                "title": c.value.title,
                "state": str(c.value.state),
                "value": c.value.raw,
                "text": c.value.text or None,
                "score": None if c.value.score is None else rounded(c.value.score),
                "low": None if c.value.low is None else rounded(c.value.low),
                "high": None if c.value.high is None else rounded(c.value.high),
                "weight": rounded(c.value.weight, 4),
                "confidence": c.value.confidence,
                "points": c.points,
                "reason": c.value.reason or None,
                "evidence": [_evidence(e) for e in c.value.evidence],
            }
            for c in score.contributions
        ],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    key = "read_on" if evidence.undated else "as_of"
    return {"source": evidence.source, "url": evidence.url, key: evidence.day}


def _pricing(card: ModelCard) -> dict[str, Any]:
    return {
        "text": price_text(card),
        "offers": [
            {
                "provider": offer.provider,
                "unit": offer.unit,
                "usd": offer.usd,
                "input_usd": offer.input_usd,
                "output_usd": offer.output_usd,
                "note": offer.note,
                "source": _source(card, offer.source),
                "as_of": offer.as_of,
                "read_on": offer.read_on,
            }
            for offer in card.pricing.offers
        ],
        "note": card.pricing.note,
    }


def _licence(card: ModelCard) -> dict[str, Any] | None:
    licence = card.licence
    if licence is None:
        return None
    return {
        "id": licence.id,
        "class": licence.licence_class,
        "commercial": licence.commercial,
        "terms": licence.terms,
        "url": licence.url,
        "source": _source(card, licence.source),
    }


def _capability(
    capability: Capability, card: ModelCard, times_matched: int | None
) -> dict[str, Any]:
    return {
        "id": capability.id,
        "kind": capability.kind,
        "tag": capability.tag,
        "title": capability.title,
        "description": capability.description,
        "unique": capability.unique,
        "alternatives": [{"model": a.model, "text": a.text} for a in capability.alternatives],
        "claim": capability.claim,
        "source": _source(card, capability.source),
        "times_matched": times_matched,
    }


def _result(result: BenchmarkResult, card: ModelCard) -> dict[str, Any]:
    fields = (
        "name",
        "version",
        "metric",
        "shots",
        "variant",
        "value",
        "low",
        "high",
        "tier",
        "note",
    )
    told = {name: getattr(result, name) for name in fields}
    days = {"as_of": result.as_of, "read_on": result.read_on}
    return {**told, "source": _source(card, result.source), **days}


def _source(card: ModelCard, key: str | None) -> dict[str, Any] | None:
    if key is None:
        return None
    source = card.sources[key]
    return {"title": source.title, "url": source.url}


def render_hits(hits: Hits, *, look: Look) -> str:
    """Return the models a search found, with what was understood and why each was found."""
    models = [
        {
            **model_fields(hit.ranked, hits.method),
            "fit": hit.fit,
            "matched": {
                "capability": hit.capability,
                "words": list(hit.words),
                "meaning": hit.meaning,
                "picked": hit.picked,
            },
            "lacks": list(hit.lacks),
            "place": place,
        }
        for place, hit in enumerate(hits.models, start=1)
    ]
    return _text(
        {
            "schema": MODELS,
            **method_fields(hits.method),
            "query": hits.query,
            "literal": hits.literal,
            "understood": list(hits.understood),
            "nearest": hits.nearest,
            "models": models,
        }
    )
