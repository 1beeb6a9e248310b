"""Ranked cards -> Comparison: rows, outcomes, overlap, caveats and verdict, ready to be written.

Renderers only write: which number is shown, in which order, who leads and every word about it is
decided here.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.facts import (
    UNKNOWN,
    licence_text,
    parameters_text,
    price_text,
    window_text,
)
from modelcmp.comparison.verdict import (
    CALLS,
    Verdict,
    decide,
    is_tie,
)
from modelcmp.comparison.wording import join_words
from modelcmp.errors import UsageError
from modelcmp.scoring.rank import (
    ASSUMED,
    DimensionScore,
    Method,
    RankedModel,
    coverage_word,
    in_order,
    percent,
    rank_model,
    whole,
)
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import SignalValue, State

if TYPE_CHECKING:
    from modelcmp.comparison.since import Changes
    from modelcmp.matching.graph import MatchGraph

CLAIMS = {
    "verified": "verified",
    "stated": "stated by the maker",
    "disputed": "disputed",
    "unsourced": "unsourced",
}
KINDS = {
    "task": ("task", "tasks"),
    "interface": ("interface", "interfaces"),
    "deployment": ("deployment", "deployments"),
    "customisation": ("customisation", "customisations"),
    "limit": ("limit", "limits"),
    "variant": ("variant", "variants"),
    "licence": ("licence", "licences"),
}
NOT_CONFIGURED = "— not configured"

SERVES = 60.0
"""Fit from which a model counts as serving a need; below it only a stray word matched."""


class Cell(NamedTuple):
    """One cell: its text, the number a bar is drawn for (0-100 or None), and whether it leads."""

    text: str
    bar: float | None = None
    leads: bool = False


class Row(NamedTuple):
    """One line of the comparison table."""

    label: str
    cells: tuple[Cell, ...]


class Caveat(NamedTuple):
    """A reason to read the result with care. `code` is stable, `text` is for people."""

    code: str
    text: str


class Overlap(NamedTuple):
    """Capability tags that all models have, and those that one alone has."""

    shared: tuple[str, ...]
    only: dict[str, tuple[str, ...]]
    titles: dict[str, str]


class NeedFit(NamedTuple):
    """How well each compared model serves a need in words; None where it does not."""

    query: str
    understood: tuple[str, ...]
    fits: dict[str, float | None]
    """0-100, by model."""


class Comparison(NamedTuple):
    """Everything a comparison says, in the order a reader wants it."""

    models: tuple[RankedModel, ...]
    places: dict[str, int]
    method: Method
    rows: tuple[Row, ...]
    overlap: Overlap
    caveats: tuple[Caveat, ...]
    verdict: Verdict
    """On two models; with more, on the first place against the one it is least sure of."""
    pairs: tuple[Verdict, ...]
    sentence: str
    need: NeedFit | None = None
    changes: "Changes | None" = None
    """What moved since a baseline; None without one."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the models, in the order they were asked for."""
        return tuple(model.card.id for model in self.models)


def compare_models(
    cards: Sequence[ModelCard], method: Method, need: NeedFit | None = None
) -> Comparison:
    """Return the comparison of two or more cards; raises UsageError for fewer or a repeated one.

    A need that only one model serves decides between models that do different jobs.
    """
    ids = [card.id for card in cards]
    if len(ids) < 2:
        raise UsageError(
            "a comparison needs two models or more", hint="modelcmp show ID describes a single one"
        )
    if repeated := sorted({model for model in ids if ids.count(model) > 1}):
        raise UsageError(f"{join_words(repeated)} is named twice", hint="name each model once")
    registry = method.circumstances.registry
    models = tuple(rank_model(card, method) for card in cards)
    pairs = tuple(decide(a, b, registry) for a, b in combinations(models, 2))
    verdict = pairs[0] if len(pairs) == 1 else _overall(models, pairs)
    sentence = verdict.sentence if len(models) == 2 else _sentence(models, pairs, verdict)
    if need is not None:
        sentence = f"{sentence} {_say_need(models, need)}"
        verdict = _decide_by_need(verdict, need)._replace(sentence=sentence)
    return Comparison(
        models=models,
        places=places(models),
        method=method,
        rows=tuple(_rows(models, pairs, registry, need)),
        overlap=capability_overlap(cards, registry),
        caveats=tuple(_caveats(models, pairs, method)),
        verdict=verdict,
        pairs=pairs,
        sentence=sentence,
        need=need,
    )


def _serving(need: NeedFit) -> list[str]:
    return [model for model, fit in need.fits.items() if fit is not None and fit >= SERVES]


def _decide_by_need(verdict: Verdict, need: NeedFit) -> Verdict:
    serving = _serving(need)
    decided = verdict.call == "different-jobs" and len(serving) == 1
    return verdict._replace(leader=serving[0]) if decided else verdict


def _say_need(models: tuple[RankedModel, ...], need: NeedFit) -> str:
    names = {model.card.id: model.card.name for model in models}
    serving = _serving(need)
    if not serving:
        return f"None of them serves the need \u201c{need.query}\u201d."
    if len(serving) == 1:
        return f"Only {names[serving[0]]} serves the need \u201c{need.query}\u201d."
    told = [
        f"{names[model]} fits {whole(fit)} of 100"
        if fit is not None
        else f"{names[model]} not at all"
        for model, fit in need.fits.items()
    ]
    return f"For the need \u201c{need.query}\u201d {join_words(told)}."


def places(models: Sequence[RankedModel]) -> dict[str, int]:
    """Return the place of each model: 1 is best, and what ties with the head of a place shares it."""
    found: dict[str, int] = {}
    head: RankedModel | None = None
    place = 0
    for number, model in enumerate(in_order(models), start=1):
        if head is None or not is_tie(head, model):
            head, place = model, number
        found[model.card.id] = place
    return found


def _overall(models: tuple[RankedModel, ...], pairs: tuple[Verdict, ...]) -> Verdict:
    """Return the most cautious verdict that concerns the model ranked first."""
    first = in_order(models)[0].card.id
    order = list(CALLS)
    mine = [pair for pair in pairs if first in pair.ranked]
    return min(mine, key=lambda v: (order.index(v.call), v.gap, v.ranked))


def _sentence(models: tuple[RankedModel, ...], pairs: tuple[Verdict, ...], verdict: Verdict) -> str:
    ranked = in_order(models)
    told = [f"{m.card.name} {whole(m.rank.value)}/100" for m in ranked]
    names = {m.card.id: m.card.name for m in models}
    calls = [
        f"{names[pair.ranked[0]]} against {names[pair.ranked[1]]}: {CALLS[pair.call].title.lower()}"
        for pair in sorted(pairs, key=lambda p: p.ranked)
    ]
    best = (
        f"{names[verdict.leader]} comes first; the least sure call on it is "
        f"{CALLS[verdict.call].title.lower()}."
        if verdict.leader
        else f"No overall leader is called ({CALLS[verdict.call].title.lower()})."
    )
    return f"By rank: {join_words(told)}. {best} Pair by pair: {'; '.join(calls)}."


def capability_overlap(cards: Sequence[ModelCard], registry: Registry) -> Overlap:
    """Return which tags all cards have and which a single one has, computed from the tags alone."""
    tags = {card.id: tag_set(card) for card in cards}
    everything = set().union(*tags.values())
    shared = {tag for tag in everything if all(tag in mine for mine in tags.values())}
    only = {
        card: tuple(sorted(t for t in mine if sum(t in other for other in tags.values()) == 1))
        for card, mine in tags.items()
    }
    return Overlap(tuple(sorted(shared)), only, {t: tag_title(t, registry) for t in everything})


def tag_set(card: ModelCard) -> set[str]:
    """Return what a card can be compared on: tasks, tags of undisputed capabilities, plain facts.

    What a card states as a fact (weights to download, commercial use, a price) counts even where
    none of its capabilities says so.
    """
    commercial = card.licence.commercial if card.licence else None
    facts = {
        "open-weights": card.weights is not None and card.weights.open,
        "commercial-use": commercial == "allowed",
        "commercial-threshold": commercial == "conditional" and not _closed(card),
        "http-api": bool(card.pricing.offers) and card.status != "retired",
    }
    stated = {c.tag for c in card.capabilities if c.claim != "disputed"}
    return {*card.tasks, *stated, *(tag for tag, holds in facts.items() if holds)}


def _closed(card: ModelCard) -> bool:
    return card.weights is not None and not card.weights.open


def tag_title(tag: str, registry: Registry) -> str:
    """Return the title of a task or tag, or the tag itself when a user made it."""
    if tag in registry.tasks:
        return registry.tasks[tag].name
    return registry.capability_tags[tag].title if tag in registry.capability_tags else tag


def capability_note(
    capability: Capability,
    model: str,
    overlap: Overlap | None = None,
    evidence: "MatchGraph | None" = None,
) -> str:
    """Return kind, claim, whether no other card of a comparison states it, and how often it matched."""
    note = f"{capability.kind}, {CLAIMS[capability.claim]}"
    if overlap is not None and capability.tag in overlap.only[model]:
        note += ", stated here alone"
    if evidence is not None:
        note += f", matched {evidence.times_matched(model, capability.id):,} times"
    return note


def kinds_text(card: ModelCard) -> str:
    """Return the number of capabilities, split by kind."""
    counts = [
        (sum(c.kind == kind for c in card.capabilities), words) for kind, words in KINDS.items()
    ]
    parts = [f"{count} {words[0] if count == 1 else words[1]}" for count, words in counts if count]
    return f"{len(card.capabilities)}: {', '.join(parts)}" if parts else "0"


def rank_text(model: RankedModel) -> str:
    """Return the rank as `NN/100`."""
    return f"{whole(model.rank.value)}/100"


def coverage_text(model: RankedModel) -> str:
    """Return coverage and bounds of a rank, such as "52 % known (medium), 31 to 68"."""
    rank = model.rank
    return (
        f"{percent(rank.coverage)} known ({coverage_word(rank.coverage)}), "
        f"between {whole(rank.low)} and {whole(rank.high)}"
    )


def dimension_text(score: DimensionScore) -> str:
    """Return a dimension score with its coverage, or the dash and the word for what is unknown."""
    if score.state is State.NOT_CONFIGURED:
        return NOT_CONFIGURED
    if not score.known or score.score is None:
        return f"{UNKNOWN}, assumed {ASSUMED:.0f}"
    return f"{whole(score.score)}, {percent(score.coverage)} known"


def missing_text(value: SignalValue) -> str:
    """Return the dash, the word and the reason for a signal that has no value."""
    text = f"— {value.state}: {value.reason}"
    return f"{text}, assumed {ASSUMED:.0f}" if value.state is State.UNKNOWN else text


def count_text(card: ModelCard) -> str:
    """Return how many capabilities a card describes, in words."""
    count = len(card.capabilities)
    return "1 capability" if count == 1 else f"{count} capabilities"


def times_text(model: RankedModel) -> str:
    """Return how often a loaded log matched the model, or the dash where none is loaded."""
    matched = model.times_matched
    return NOT_CONFIGURED if matched is None else f"{matched:,}"


def _rows(
    models: tuple[RankedModel, ...],
    pairs: tuple[Verdict, ...],
    registry: Registry,
    need: NeedFit | None,
) -> list[Row]:
    def row(label: str, texts: list[str | None]) -> Row:
        return Row(label, tuple(Cell(text or UNKNOWN) for text in texts))

    cards = [model.card for model in models]
    rows = [
        row("Type", [registry.task_names(card.tasks) for card in cards]),
        Row("Rank", tuple(Cell(rank_text(m), m.rank.value) for m in models)),
        row("Coverage", [coverage_text(m) for m in models]),
    ]
    if need is not None:
        rows.append(Row("Fit", tuple(_fit_cell(need.fits[card.id]) for card in cards)))
    rows += [_dimension_row(d.id, d.title, models, pairs) for d in DIMENSIONS]
    rows += [
        row("Pricing", [price_text(card) for card in cards]),
        row("Licence", [licence_text(card) for card in cards]),
        row("Parameters", [parameters_text(card) for card in cards]),
        Row("Context", tuple(Cell(window_text(card)) for card in cards)),
        row("Released", [card.released.day if card.released else None for card in cards]),
        row("Capabilities", [kinds_text(card) for card in cards]),
        row("Times matched", [times_text(m) for m in models]),
    ]
    return rows


def _fit_cell(fit: float | None) -> Cell:
    return Cell("— does not serve it") if fit is None else Cell(f"{whole(fit)}/100", fit)


def _dimension_row(
    name: str, title: str, models: tuple[RankedModel, ...], pairs: tuple[Verdict, ...]
) -> Row:
    cells = []
    for model in models:
        score = model.dimension(name)
        mine = [pair.leads[model.card.id] for pair in pairs if model.card.id in pair.ranked]
        leads = all(name in names for names in mine)
        cells.append(Cell(dimension_text(score), score.score if score.known else None, leads))
    return Row(title, tuple(cells))


def _caveats(
    models: tuple[RankedModel, ...], pairs: tuple[Verdict, ...], method: Method
) -> list[Caveat]:
    found = []
    different = [pair for pair in pairs if pair.call == "different-jobs"]
    if different:
        names = {model.card.id: model.card.name for model in models}
        who = "; ".join(join_words([names[model] for model in p.ranked]) for p in different)
        text = "do different jobs; scores of quality stand side by side but are not compared."
        subject = "The models" if len(models) == 2 else who
        found.append(Caveat("different-jobs", f"{subject} {text}"))
    for model in models:
        found += _model_caveats(model)
    off = [d.title for d in DIMENSIONS if d.id not in method.configured]
    if off:
        found.append(
            Caveat(
                "not-configured",
                f"{join_words(off)} is not configured here: no search log is loaded, and its weight "
                "is spread over the other dimensions.",
            )
        )
    return found


def _model_caveats(model: RankedModel) -> list[Caveat]:
    found = []
    name = model.card.name
    values = [c.value for d in model.dimensions for c in d.contributions]
    unknown = [d.title.lower() for d in model.dimensions if d.state is State.UNKNOWN]
    if unknown:
        text = f"{name}: nothing is known of {join_words(unknown)}; {ASSUMED:.0f} is assumed."
        found.append(Caveat("unknown-dimension", text))
    if coverage_word(model.rank.coverage) == "low":
        text = f"{name}: only {percent(model.rank.coverage)} of the weight rests on known facts."
        found.append(Caveat("low-coverage", text))
    figures = {"hf_downloads_30d", "ollama_pulls", "hf_likes", "github_stars", "api_providers"}
    undated = [v for v in values if v.id in figures and any(e.undated for e in v.evidence)]
    if undated:
        titles = join_words([v.title for v in undated])
        text = f"{name}: {titles} come from undated pages; the day given is when they were read."
        found.append(Caveat("undated-figure", text))
    stale = sorted({m.stale_since for m in model.card.metrics if m.stale_since})
    if stale:
        text = f"{name}: a host gave no answer since {stale[0]}; its older figures stand."
        found.append(Caveat("stale-figure", text))
    disputed = [c.title for c in model.card.capabilities if c.claim == "disputed"]
    if disputed:
        found.append(Caveat("disputed-claim", f"{name}: disputed is {join_words(disputed)}."))
    if model.card.licence is not None and model.card.licence.commercial == "disputed":
        text = f"{name}: sources disagree on whether commercial use is allowed."
        found.append(Caveat("disputed-licence", text))
    variants = sorted({r.variant for r in model.card.benchmarks if r.variant})
    if variants:
        text = f"{name}: some results were measured on another form ({', '.join(variants)})."
        found.append(Caveat("other-variant", text))
    return found
