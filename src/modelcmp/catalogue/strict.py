"""What a schema cannot see: facts that are well formed and still can hardly be true.

Each rule takes a card that is already valid and yields what it doubts; none of them changes what is
scored. Where a document stands is known, so every doubt points at its line and column.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from statistics import median
from typing import Any, NamedTuple

from modelcmp.catalogue.card import BenchmarkResult, ModelCard, Offer, Strict
from modelcmp.catalogue.fields import find_look_alike, spell_look_alikes
from modelcmp.catalogue.reader import Document, Path
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.errors import CardProblem, squash, suggest


class Doubt(NamedTuple):
    """One finding before it knows its line: where in the card, which code, what and what to do."""

    path: Path
    code: str
    message: str
    hint: str = ""


class Surroundings(NamedTuple):
    """What a card is held against: the tables, the catalogue's day, and every name of a card."""

    registry: Registry
    as_of: str
    names: Mapping[str, str]
    """Ids, aliases and names in lower case, each with the id it belongs to."""


PLAUSIBLE_USD: dict[str, tuple[float, float]] = {
    "million-tokens": (0.001, 10_000),
    "million-characters": (0.001, 10_000),
    "image": (0.000_01, 100),
    "minute": (0.000_01, 100),
    "month": (0.1, 100_000),
}
"""Least and most US dollars a unit can plausibly cost: prices met in 2026 lie at least tenfold inside."""

PRICE_FACTOR = 1_000
"""So many times above or below the card's other offers, a price is of another unit."""

RATING_SPAN = 800
"""Points around an arena's reference in which ratings lie."""

_DAY_FIELDS = ("day", "as_of", "read_on")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060-\u2064\u00ad]")
_JOINERS = "\u200c\u200d"


def check_strictly(document: Document, card: ModelCard, around: Surroundings) -> list[CardProblem]:
    """Return what is doubtful about a valid card, sorted by place."""
    rules = (
        _window, _modalities, _days, _prices, _results, _tags, _models, _figures, _text,
    )  # fmt: skip
    doubts = [doubt for rule in rules for doubt in rule(card, around)]
    doubts += _read_otherwise(document)
    return sorted(place(document, doubt) for doubt in doubts)


def place(document: Document, doubt: Doubt) -> CardProblem:
    """Return a doubt with the line and column it stands on."""
    return document.problem(doubt.path, doubt.message, code=doubt.code, hint=doubt.hint)


def _window(card: ModelCard, _: Surroundings) -> Iterator[Doubt]:
    context = card.context
    if context is None or context.tokens is None or context.max_output_tokens is None:
        return
    if context.max_output_tokens > context.tokens:
        yield Doubt(
            ("context", "max_output_tokens"),
            "output-over-context",
            f"{context.max_output_tokens:,} is more than the window of {context.tokens:,} tokens",
        )


def _modalities(card: ModelCard, around: Surroundings) -> Iterator[Doubt]:
    for number, name in enumerate(card.tasks):
        task = around.registry.tasks[name]
        sides = (("takes in", task.input, card.modalities.input, "input"),
                 ("gives out", task.output, card.modalities.output, "output"))  # fmt: skip
        for verb, wanted, had, side in sides:
            missing = [kind for kind in wanted if kind not in had]
            # "Any to any" names all that such models can do together; one of them does some of it.
            enough = name == "any-to-any" and len(missing) < len(wanted)
            if missing and not enough:
                message = f"{name} {verb} {', '.join(missing)}, which modalities.{side} lacks"
                yield Doubt(("tasks", number), "task-modality", message)


def _days(card: ModelCard, around: Surroundings) -> Iterator[Doubt]:
    for path, text in _texts(card, ()):
        if path[-1] in _DAY_FIELDS and text > around.as_of[: len(text)]:
            message = f"{text} lies after {around.as_of}, the day the catalogue speaks for"
            yield Doubt(path, "future-day", message)


def _prices(card: ModelCard, _: Surroundings) -> Iterator[Doubt]:
    for number, offer in enumerate(card.pricing.offers):
        for name, amount in _amounts(offer):
            if amount == 0:
                continue
            path: Path = ("pricing", "offers", number, name)
            low, high = PLAUSIBLE_USD[offer.unit]
            if amount < low and offer.unit.startswith("million-"):
                one = offer.unit.removeprefix("million-").removesuffix("s")
                hint = f"if that is the price of one {one}, write {_usd(amount * 1e6)}"
                message = f"{_usd(amount)} US dollars per {offer.unit} is a price per {one}"
                yield Doubt(path, "price-unit", message, hint)
            elif not low <= amount <= high:
                told = "too little" if amount < low else "too much"
                message = f"{_usd(amount)} US dollars per {offer.unit} is {told} for that unit"
                many = amount > high and offer.unit.startswith("million-")
                hint = f"if the amount was multiplied twice, write {_usd(amount / 1e6)}"
                yield Doubt(path, "price-unit", message, hint if many else "")
            elif (others := _others(card, number, name)) and not _near(amount, others):
                message = (
                    f"{_usd(amount)} US dollars per {offer.unit} is {PRICE_FACTOR:,} times away "
                    f"from the card's other offers, {_usd(median(others))}"
                )
                yield Doubt(path, "price-unit", message)


def _amounts(offer: Offer) -> list[tuple[str, float]]:
    names = ("usd", "input_usd", "output_usd")
    return [(n, float(a)) for n in names if (a := getattr(offer, n)) is not None]


def _others(card: ModelCard, number: int, name: str) -> list[float]:
    mine = card.pricing.offers[number]
    return [
        float(amount)
        for other, offer in enumerate(card.pricing.offers)
        if other != number and offer.unit == mine.unit and (amount := getattr(offer, name))
    ]


def _near(amount: float, others: list[float]) -> bool:
    return median(others) / PRICE_FACTOR < amount < median(others) * PRICE_FACTOR


def _usd(amount: float) -> str:
    return f"{amount:.10f}".rstrip("0").rstrip(".") if amount < 1 else f"{amount:.10g}"


def _results(card: ModelCard, around: Surroundings) -> Iterator[Doubt]:
    for number, result in enumerate(card.benchmarks):
        row = around.registry.find_row(result)
        if row is None:
            yield _unknown_benchmark(number, result, around.registry)
            continue
        for name in ("value", "low", "high"):
            value = getattr(result, name)
            if value is not None and (message := _out_of_range(value, row)):
                yield Doubt(("benchmarks", number, name), "benchmark-range", message)


def _unknown_benchmark(number: int, result: BenchmarkResult, registry: Registry) -> Doubt:
    path: Path = ("benchmarks", number, "name")
    key = ", ".join(
        str(part) for part in (result.version, result.metric, result.shots) if part is not None
    )
    rows = [row for row in registry.benchmarks if squash(row.name) == squash(result.name)]
    if rows:
        keys = " or ".join(dict.fromkeys(row.key for row in rows[:3]))
        message = f"no row for {result.name} ({key or 'no metric'})"
        return Doubt(path, "benchmark-key", message, f"the registry has {keys}")
    near = suggest(result.name, dict.fromkeys(row.name for row in registry.benchmarks), most=1)
    message = f"the registry has no {result.name}"
    hint = f"did you mean {near[0]}? Else it is shown and never scored" if near else ""
    return Doubt(path, "unknown-benchmark", message, hint)


def _out_of_range(value: float, row: Benchmark) -> str | None:
    if row.reference is not None:
        inside = abs(value - row.reference) <= RATING_SPAN
        return None if inside else f"{value:g} is no rating near {row.reference:g}"
    floor, ceiling = row.floor or 0.0, 100.0 if row.ceiling is None else row.ceiling
    if row.lower_is_better:
        # Errors can outnumber what was there to get right, so that a rate may pass its floor.
        inside = ceiling <= value <= ceiling + 2 * (floor - ceiling)
        return None if inside else f"{value:g} is outside {ceiling:g} to {floor:g}"
    if not min(0.0, floor) <= value <= ceiling:
        return f"{value:g} is outside {min(0.0, floor):g} to {ceiling:g}"
    if ceiling == 100 and 0 < value <= 1:
        return f"{value:g} of 100 looks like a share of 1"
    return None


def _tags(card: ModelCard, around: Surroundings) -> Iterator[Doubt]:
    for number, capability in enumerate(card.capabilities):
        path: Path = ("capabilities", number, "tag")
        own = capability.tag.removeprefix("x-")
        if not own.strip("-_"):
            yield Doubt(path, "untagged-capability", f"{capability.tag} says nothing")
        elif own != capability.tag and own in around.registry.capability_tags:
            message = f"{capability.tag} stands for itself alone"
            yield Doubt(path, "untagged-capability", message, f"the registry has the tag {own}")


def _models(card: ModelCard, around: Surroundings) -> Iterator[Doubt]:
    named: list[tuple[Path, str | None]] = [
        (("variants", number, "model"), variant.model)
        for number, variant in enumerate(card.variants)
    ]
    named += [
        (("capabilities", number, "alternatives", place, "model"), alternative.model)
        for number, capability in enumerate(card.capabilities)
        for place, alternative in enumerate(capability.alternatives)
    ]
    ids = set(around.names.values())
    for path, model in named:
        if model is None or model in ids:
            continue
        owner = around.names.get(model.casefold())
        near = [owner] if owner else suggest(model, sorted(ids), most=1)
        hint = f"did you mean {near[0]}?" if near else ""
        yield Doubt(path, "unknown-model", f"no card is called {model}", hint)


def _figures(card: ModelCard, _: Surroundings) -> Iterator[Doubt]:
    for number, metric in enumerate(card.metrics):
        name = "as_of" if metric.as_of else "read_on"
        day = metric.as_of or metric.read_on or ""
        if len(day) < len("2026-11"):
            yield Doubt(("metrics", number, name), "undated-figure", f"{day} is no day")


def _text(card: ModelCard, _: Surroundings) -> Iterator[Doubt]:
    for path, text in _texts(card, ()):
        if text.isascii():
            continue
        if word := find_look_alike(text):
            yield Doubt(path, "mixed-script", f"mixes alphabets: {spell_look_alikes(word)}")
        for found in _INVISIBLE.finditer(text):
            if not _joins(text, found.start()):
                message = f"holds the invisible character U+{ord(found.group()):04X}"
                yield Doubt(path, "invisible-character", message)
                break


def _joins(text: str, at: int) -> bool:
    """Return whether a joiner stands between letters or signs that need one, as in Persian."""
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return text[at] in _JOINERS and len(around) == 2 and not any(c.isascii() for c in around)


def _read_otherwise(document: Document) -> Iterator[Doubt]:
    days = [(path, text) for path, text, _ in document.otherwise if _is_day(path)]
    for path, text, reading in document.otherwise:
        if not _is_day(path):
            shown = text if len(text) <= 40 else f"{text[:40]}..."
            yield Doubt(path, "yaml-1.1", f"{shown} without quotes is {reading} to other tools")
    if days:
        path, text = days[0]
        more = f" and {len(days) - 1} more days" if len(days) > 1 else ""
        yield Doubt(path, "yaml-1.1-day", f"{text}{more} without quotes: dates to other tools")


def _is_day(path: Path) -> bool:
    return bool(path) and path[-1] in _DAY_FIELDS


def _texts(part: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text of a card with its place."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, Strict):
        for field in fields(part):
            yield from _texts(getattr(part, field.name), (*path, field.name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _texts(value, (*path, key))
    elif isinstance(part, tuple):
        for number, value in enumerate(part):
            yield from _texts(value, (*path, number))
