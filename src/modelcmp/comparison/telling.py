"""What a report says beside its tables: shared capabilities, sources with their days, the method."""

from typing import NamedTuple

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.comparison.compare import Comparison
from modelcmp.scoring.rank import Method, RankedModel
from modelcmp.scoring.values import Evidence, stated_evidence


class Told(NamedTuple):
    """One capability in words: what sets it apart, how others do it, where that is written."""

    capability: Capability
    versus: tuple[str, ...]
    source: Evidence | None
    matched: str
    """How often the loaded log matched it; empty where none is loaded."""


def method_text(method: Method) -> str:
    """Return the line that says how scores were made: day, profile, weights and method hash."""
    weights = ", ".join(f"{name} {100 * share:.0f}" for name, share in method.shares.items())
    return (
        f"Scored as of {method.as_of} under profile {method.profile.id} ({weights}), "
        f"method {method.hash}."
    )


def overlap_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """Return who has which capability tags: what all share, then what one alone states."""
    overlap = comparison.overlap

    def titles(tags: tuple[str, ...]) -> str:
        return ", ".join(overlap.titles[tag] for tag in tags) or "none"

    everybody = "Both" if len(comparison.models) == 2 else "All"
    alone = [
        (f"Stated of {model.card.name} alone", titles(overlap.only[model.card.id]))
        for model in comparison.models
    ]
    return [(everybody, titles(overlap.shared)), *alone]


def sources_of(model: RankedModel) -> tuple[Evidence, ...]:
    """Return the evidence a rank rests on, each once, in the order its scores name it."""
    parts = (c for dimension in model.dimensions for c in dimension.contributions)
    return tuple(dict.fromkeys(e for c in parts for e in c.value.evidence))


def day_text(evidence: Evidence) -> str:
    """Return the day of a source: what it speaks for, or when an undated page was read."""
    if not evidence.day:
        return ""
    return f"{'read' if evidence.undated else 'as of'} {evidence.day}"


def tell_capability(capability: Capability, card: ModelCard, method: Method) -> Told:
    """Return a capability in words."""
    versus = [f"{a.model}: {a.text}" if a.model else a.text for a in capability.alternatives]
    source = None
    if capability.source is not None:
        read_on = card.sources[capability.source].read_on
        source = stated_evidence(card, capability.source, None, read_on)
    graph = method.circumstances.evidence
    count = graph.capabilities.get((card.id, capability.id), 0) if graph is not None else None
    return Told(capability, tuple(versus), source, "" if count is None else f"{count:,} times")
