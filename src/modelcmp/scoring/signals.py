"""The SIGNALS table: one row per signal, from which help, docs, tests and scores are made.

A signal reads one card and answers with a `SignalValue`: known (with score and evidence), unknown,
not applicable (with the reason) or not configured. Nothing here looks at another card.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from modelcmp.catalogue.card import Metric, ModelCard
from modelcmp.scoring.quality import quality_values
from modelcmp.scoring.scales import HalfLife, LogScale, Scale, TableScale, first_day
from modelcmp.scoring.values import (
    Circumstances,
    Evidence,
    Reading,
    SignalValue,
    State,
    stated_evidence,
)


class Dimension(NamedTuple):
    """A named group of signals."""

    id: str
    title: str
    meaning: str


class Signal(NamedTuple):
    """One row: where a signal belongs, how it is read and scaled, and what it means."""

    id: str
    dimension: str
    title: str
    unit: str
    weight: float
    scale: Scale
    read: Callable[[ModelCard, Circumstances], Reading] | None
    """None for benchmark results, which are many values: see `quality_values`."""
    meaning: str
    direction: str = "more is better"


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("adoption", "Adoption", "How many people use it, by the figures hosts publish."),
    Dimension("quality", "Quality", "How well it does its tasks, by published benchmark results."),
    Dimension(
        "ecosystem", "Ecosystem", "What runs it, what was built on it, what its terms allow."
    ),
    Dimension(
        "match", "Match graph", "How often people who search are matched with it and pick it."
    ),
    Dimension("freshness", "Freshness", "How long ago it was released or declared maintained."),
)

_OLLAMA_OUTPUTS = frozenset({"text", "vector"})


def _closed(card: ModelCard) -> bool:
    return card.weights is not None and not card.weights.open


def _hub_figure(
    name: str, combine: Callable[[Iterable[int]], int]
) -> Callable[[ModelCard, Circumstances], Reading]:
    """Return a reader of a figure that only downloadable weights have."""

    def read(card: ModelCard, _: Circumstances) -> Reading:
        # Whether a figure applies never hangs on its being stated, or leaving it out would pay.
        if _closed(card):
            reason = "closed weights are served, not downloaded"
            return Reading(state=State.NOT_APPLICABLE, reason=reason)
        metrics = _newest_per_repository(card, name)
        if metrics:
            value = combine(metric.value for metric in metrics)
            evidence = [stated_evidence(card, m.source, m.as_of, m.read_on) for m in metrics]
            stale = min((m.stale_since for m in metrics if m.stale_since), default=None)
            text = f"{value:,}" + (f", not renewed since {stale}" if stale else "")
            return Reading(value, text, tuple(dict.fromkeys(evidence)))
        return Reading(state=State.UNKNOWN, reason="no figure in the card")

    return read


def _newest_per_repository(card: ModelCard, name: str) -> list[Metric]:
    """Return one figure per repository: that of the latest day, on equal days the larger."""
    best: dict[str | None, Metric] = {}
    for metric in card.metrics:
        if metric.metric != name:
            continue
        held = best.get(metric.repository)
        if held is None or _age_key(metric) > _age_key(held):
            best[metric.repository] = metric
    return [best[key] for key in sorted(best, key=str)]


def _age_key(metric: Metric) -> tuple[date, int]:
    return (first_day(metric.as_of or metric.read_on or ""), metric.value)


def _read_ollama(card: ModelCard, circumstances: Circumstances) -> Reading:
    tables = circumstances.registry.tasks
    outputs = {kind for task in card.tasks if task in tables for kind in tables[task].output}
    if outputs and not outputs & _OLLAMA_OUTPUTS:
        reason = "Ollama runs models that answer in text or vectors"
        return Reading(state=State.NOT_APPLICABLE, reason=reason)
    return _hub_figure("ollama_pulls", max)(card, circumstances)


def _read_providers(card: ModelCard, _: Circumstances) -> Reading:
    metrics = _newest_per_repository(card, "api_providers")
    if not metrics:
        return Reading(state=State.UNKNOWN, reason="no count in the card")
    value = max(metric.value for metric in metrics)
    evidence = tuple(stated_evidence(card, m.source, m.as_of, m.read_on) for m in metrics)
    return Reading(value, f"{value:,}", evidence)


def _read_integrations(card: ModelCard, circumstances: Circumstances) -> Reading:
    found = card.ecosystem.integrations
    if found is None:
        return Reading(state=State.UNKNOWN, reason="no list in the card")
    names = ", ".join(item.name for item in found)
    evidence = tuple(
        dict.fromkeys(_standing(card, item.source, circumstances.as_of) for item in found)
    )
    return Reading(len(found), f"{len(found)}: {names}" if found else "0", evidence)


def _standing(card: ModelCard, source: str, as_of: str) -> Evidence:
    """Return evidence for a fact without a day of its own: the day its page was read, or as-of."""
    stated = card.sources[source]
    return Evidence(stated.title, stated.url, stated.read_on or as_of, undated=True)


def _read_formats(card: ModelCard, circumstances: Circumstances) -> Reading:
    if _closed(card):
        return Reading(state=State.NOT_APPLICABLE, reason="closed weights have no file format")
    if card.weights is None or card.weights.formats is None:
        return Reading(state=State.UNKNOWN, reason="no list in the card")
    formats = card.weights.formats
    evidence = (_standing(card, card.weights.source, circumstances.as_of),)
    return Reading(len(formats), f"{len(formats)}: {', '.join(formats)}", evidence)


def _read_languages(card: ModelCard, circumstances: Circumstances) -> Reading:
    languages = card.ecosystem.sdk_languages
    if languages is None:
        return Reading(state=State.UNKNOWN, reason="no list in the card")
    source = card.ecosystem.sdk_source
    evidence = (_standing(card, source, circumstances.as_of),) if source else ()
    return Reading(len(languages), f"{len(languages)}: {', '.join(languages)}", evidence)


def _read_licence(card: ModelCard, circumstances: Circumstances) -> Reading:
    licence = card.licence
    if licence is None or licence.licence_class is None:
        return Reading(state=State.UNKNOWN, reason="terms not stated")
    group = circumstances.registry.licences[licence.licence_class]
    evidence = (_standing(card, licence.source, circumstances.as_of),)
    return Reading(float(group.points), f"{group.title}: {licence.id}", evidence)


def _read_age(card: ModelCard, circumstances: Circumstances) -> Reading:
    events = [event for event in (card.released, card.maintained) if event is not None]
    if not events:
        return Reading(state=State.UNKNOWN, reason="no release day in the card")
    latest = max(events, key=lambda event: first_day(event.day))
    days = max(0, (first_day(circumstances.as_of) - first_day(latest.day)).days)
    text = f"{days:,} days since {latest.day}"
    if card.status in ("deprecated", "retired"):
        text += f", {card.status}"
    source = card.sources[latest.source]
    return Reading(days, text, (Evidence(source.title, source.url, latest.day),))


_NO_LOG = Reading(state=State.NOT_CONFIGURED, reason="no search log is loaded")


def _read_times_matched(card: ModelCard, circumstances: Circumstances) -> Reading:
    graph = circumstances.evidence
    if graph is None:
        return _NO_LOG
    from modelcmp.matching.graph import coverage_of

    matched = graph.of(card.id).times_matched
    text = f"{matched:,} of {graph.episodes:,} searches on {graph.days:,} days"
    confidence = coverage_of(graph.episodes)
    return Reading(matched, text, (_own_log(circumstances),), confidence=confidence)


def _read_pick_lift(card: ModelCard, circumstances: Circumstances) -> Reading:
    graph = circumstances.evidence
    if graph is None:
        return _NO_LOG
    from modelcmp.matching.graph import coverage_of, lift_of

    found = graph.of(card.id)
    score = lift_of(found)
    if score is None or found.expected is None:
        return Reading(state=State.UNKNOWN, reason="never shown at a position the log tells")
    text = f"{found.picked_when_shown:,} picked, {found.expected:.1f} to expect by position"
    confidence = coverage_of(found.episodes)
    return Reading(score, text, (_own_log(circumstances),), confidence=confidence)


def _own_log(circumstances: Circumstances) -> Evidence:
    return Evidence("Own search log", None, circumstances.as_of)


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "hf_downloads_30d",
        "adoption",
        "Hugging Face downloads",
        "downloads in 30 days",
        0.35,
        LogScale(100, 10_000_000),
        _hub_figure("hf_downloads_30d", sum),
        "Downloads in the last 30 days, added up over the repositories the card names.",
    ),
    Signal(
        "ollama_pulls",
        "adoption",
        "Ollama pulls",
        "pulls, all time",
        0.15,
        LogScale(1_000, 100_000_000),
        _read_ollama,
        "Pulls from the Ollama library since it was added.",
    ),
    Signal(
        "hf_likes",
        "adoption",
        "Hugging Face likes",
        "likes",
        0.15,
        LogScale(10, 10_000),
        _hub_figure("hf_likes", max),
        "Likes on the hub, of the repository that has most.",
    ),
    Signal(
        "github_stars",
        "adoption",
        "GitHub stars",
        "stars",
        0.15,
        LogScale(100, 100_000),
        _hub_figure("github_stars", max),
        "Stars of the model's own repository, of the one that has most.",
    ),
    Signal(
        "api_providers",
        "adoption",
        "API providers",
        "providers",
        0.20,
        LogScale(1, 50),
        _read_providers,
        "Companies that serve it over an API.",
    ),
    Signal(
        "benchmarks",
        "quality",
        "Benchmark results",
        "score per benchmark",
        1.0,
        TableScale("benchmarks"),
        None,
        "Results in the benchmarks expected for each task, one place per benchmark; "
        "tasks weigh the same, and so do the places of one task.",
    ),
    Signal(
        "integrations",
        "ecosystem",
        "Integrations",
        "runtimes, libraries and apps",
        0.30,
        LogScale(1, 30),
        _read_integrations,
        "Runtimes, libraries and applications that run it.",
    ),
    Signal(
        "weight_formats",
        "ecosystem",
        "Weight formats",
        "formats",
        0.15,
        LogScale(1, 7),
        _read_formats,
        "File formats in which the weights are published.",
    ),
    Signal(
        "sdk_languages",
        "ecosystem",
        "SDK languages",
        "languages",
        0.15,
        LogScale(1, 7),
        _read_languages,
        "Programming languages with an official client or reference code.",
    ),
    Signal(
        "derivatives",
        "ecosystem",
        "Derivatives",
        "fine-tunes, adapters and quantizations",
        0.20,
        LogScale(10, 10_000),
        _hub_figure("derivatives", sum),
        "Models that others made from it.",
    ),
    Signal(
        "licence_class",
        "ecosystem",
        "Licence class",
        "points",
        0.20,
        TableScale("licences"),
        _read_licence,
        "How much the terms allow; a stated policy.",
        "more freedom is better",
    ),
    Signal(
        "times_matched",
        "match",
        "Times matched",
        "episodes",
        0.50,
        LogScale(5, 5_000),
        _read_times_matched,
        "Searches in the user's own log that this model was matched with.",
    ),
    Signal(
        "pick_lift",
        "match",
        "Pick lift",
        "picks against expected picks",
        0.50,
        TableScale("expected picks by position"),
        _read_pick_lift,
        "How much more often it was picked than its positions in the lists would lead to expect.",
    ),
    Signal(
        "age",
        "freshness",
        "Age",
        "days",
        1.0,
        HalfLife(365, 10),
        _read_age,
        "Days from the last release or declared maintenance to the as-of day.",
        "less is better",
    ),
)


def signal_values(card: ModelCard, circumstances: Circumstances) -> dict[str, list[SignalValue]]:
    """Return what a card says of every signal, by dimension."""
    found: dict[str, list[SignalValue]] = {dimension.id: [] for dimension in DIMENSIONS}
    for signal in SIGNALS:
        if signal.read is None:
            found["quality"] += quality_values(card, circumstances)
        else:
            reading = signal.read(card, circumstances)
            found[signal.dimension].append(_scaled(signal, reading, card))
    return found


def _scaled(signal: Signal, reading: Reading, card: ModelCard) -> SignalValue:
    score = None
    if reading.state is State.KNOWN and isinstance(reading.raw, (int, float)):
        if isinstance(signal.scale, HalfLife):
            old = card.status in ("deprecated", "retired")
            score = signal.scale.score(reading.raw, capped=old)
        elif isinstance(signal.scale, LogScale):
            score = signal.scale.score(reading.raw)
        else:
            score = float(reading.raw)
    return SignalValue(
        id=signal.id,
        title=signal.title,
        state=reading.state,
        weight=signal.weight,
        raw=reading.raw,
        text=reading.text,
        score=score,
        reason=reading.reason,
        confidence=reading.confidence,
        evidence=reading.evidence,
    )
