"""Plain values -> problems: pydantic holds a document against its classes, the rules against sense.

Only a file that no cache has seen comes here, so pydantic is loaded only then.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from modelcmp.catalogue import limits
from modelcmp.catalogue.card import (
    BenchmarkResult,
    Metric,
    ModelCard,
    Offer,
    Source,
    build,
    nested_fields,
)
from modelcmp.catalogue.reader import Document, Path
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import CardProblem, suggest


@cache
def _adapter(wanted: str) -> Any:
    """Return the pydantic validator of one kind of document."""
    from pydantic import ConfigDict, TypeAdapter

    from modelcmp.catalogue import fields, figures, registry

    kinds: dict[str, Any] = {
        "card": ModelCard,
        "tasks": tuple[registry.Task, ...],
        "licences": tuple[registry.LicenceGroup, ...],
        "capability_tags": tuple[registry.CapabilityTag, ...],
        "benchmarks": tuple[registry.Benchmark, ...],
        "expected": dict[str, tuple[str, ...]],
        "expected_why": dict[str, fields.Text],
        "figures": tuple[figures.Figure, ...],
    }
    # Annotations are text until here; `fields` has the types that their names stand for.
    config = None if wanted == "card" else ConfigDict(defer_build=True)
    adapter: TypeAdapter[Any] = TypeAdapter(kinds[wanted], config=config)
    adapter.rebuild(force=True, _types_namespace=vars(fields))
    return adapter


def check_shape(wanted: str, document: Document, at: Path = ()) -> list[CardProblem]:
    """Return what keeps the document, or its part `at`, from being a `wanted`."""
    value = document.value
    for part in at:
        value = value.get(part) if isinstance(value, dict) else None
    return _check_text(wanted, write_json(value), document, at)


def write_json(value: Any) -> bytes:
    """Return plain values as JSON; pydantic's own writer takes half the time of Python's."""
    from pydantic_core import to_json

    return to_json(value)


def _check_text(wanted: str, text: bytes, document: Document, at: Path = ()) -> list[CardProblem]:
    from pydantic import ValidationError

    try:
        # JSON mode is strict about types and still takes a list for a tuple.
        _adapter(wanted).validate_json(text, strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        return [
            _problem(document, at, one, wanted if number < limits.SUGGESTIONS else "")
            for number, one in enumerate(errors)
        ]
    return []


def _problem(document: Document, at: Path, error: Any, wanted: str) -> CardProblem:
    # pydantic marks a bad key by one more part of the path.
    path: Path = (*at, *(part for part in error["loc"] if part != "[key]"))
    kind = error["type"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        near = suggest(str(path[-1]), _known_fields(error["loc"])) if wanted == "card" else []
        also = f"; did you mean {near[0]}?" if near else ""
        return document.problem(path, f"unknown field{also}", at_key=True, code="unknown-field")
    if kind.startswith("missing"):
        return document.problem(path, "is missing", code="missing-field")
    words = _in_words(kind, error)[: limits.PROBLEM_CHARACTERS]
    return document.problem(path, words, code="bad-value")


def _in_words(kind: str, error: Any) -> str:
    given = error.get("ctx", {})
    if kind == "literal_error":
        return f"must be one of {given['expected']}"
    if kind == "value_error":
        return str(given["error"])
    if kind == "string_pattern_mismatch":
        return _pattern_words(given["pattern"])
    words = {
        "string_type": "must be text; put numbers and true or false in quotes",
        "int_type": "must be a whole number",
        "int_from_float": "must be a whole number",
        "float_type": "must be a number",
        "bool_type": "must be true or false",
        "tuple_type": "must be a list",
        "dict_type": "must be a mapping (key: value)",
        "dataclass_type": "must be a mapping (key: value)",
        "string_too_short": "must not be empty",
        "string_too_long": f"must have at most {given.get('max_length')} characters",
        "greater_than_equal": f"must be at least {given.get('ge')}",
        "less_than_equal": f"must be at most {given.get('le')}",
    }
    return words.get(kind, str(error["msg"]).lower())


def _pattern_words(pattern: str) -> str:
    from modelcmp.catalogue import fields

    words = {
        fields.ID_PATTERN: "must be lower case letters, digits, dots and hyphens",
        fields.KEY_PATTERN: "must be lower case letters, digits, hyphens and underscores",
        fields.DAY_PATTERN: "must be a day (2024-10-22), a month (2024-10) or a year (2024)",
        fields.URL_PATTERN: "must be an http or https address, other characters percent-encoded",
    }
    return words.get(pattern, f"must match {pattern}")


def _known_fields(loc: Path) -> list[str]:
    """Return the field names allowed where `loc` points, for suggestions."""
    cls: Any = ModelCard
    for part in loc[:-1]:
        cls = nested_fields(cls).get(part, cls) if isinstance(part, str) else cls
    return list(cls.__dataclass_fields__)


def check_card(document: Document, registry: Registry) -> list[CardProblem]:
    """Return everything wrong with a card; empty when it may be used."""
    return judge_card(document, registry)[0]


def judge_card(
    document: Document, registry: Registry
) -> tuple[list[CardProblem], ModelCard | None, str]:
    """Return everything wrong with a card, the card where its shape is right, and its text as JSON.

    Rules between fields are looked at only once the shape is right.
    """
    if not isinstance(document.value, dict):
        words = "a card must be a mapping (key: value)"
        return [document.problem((), words, code="bad-value")], None, ""
    text = write_json(document.value)
    if problems := _check_text("card", text, document):
        return sorted(problems), None, ""
    card = build(ModelCard, document.value)
    rules = {
        _check_sources: "unknown-source",
        _check_languages: "unknown-source",
        _check_days: "undated",
        _check_offers: "bad-price",
        _check_results: "bad-result",
        _check_capabilities: "bad-capability",
    }
    found = [
        document.problem(path, text, code=code)
        for rule, code in rules.items()
        for path, text in rule(card, registry)
    ]
    return sorted(found), card, text.decode("utf-8")


Finding = tuple[Path, str]


def _check_sources(card: ModelCard, _: Registry) -> Iterator[Finding]:
    for path, key in _source_keys(card, ()):
        if key not in card.sources:
            near = suggest(key, card.sources)
            yield (
                path,
                f"no source is called {key}" + (f"; did you mean {near[0]}?" if near else ""),
            )


def _check_languages(card: ModelCard, _: Registry) -> Iterator[Finding]:
    if card.ecosystem.sdk_languages is not None and card.ecosystem.sdk_source is None:
        yield ("ecosystem", "sdk_languages"), "needs sdk_source, the key of its source"


def _source_keys(part: Any, path: Path) -> Iterator[tuple[Path, str]]:
    cls: Any = type(part)
    keys, inner = _sourced(cls)
    for name in keys:
        if (value := getattr(part, name)) is not None:
            yield (*path, name), value
    for name in inner:
        value = getattr(part, name)
        if isinstance(value, tuple):
            for number, item in enumerate(value):
                yield from _source_keys(item, (*path, name, number))
        elif value is not None:
            yield from _source_keys(value, (*path, name))


@cache
def _sourced(cls: Any) -> tuple[list[str], list[str]]:
    """Return the fields of a card class that name a source, and those whose classes have such fields."""
    keys = [name for name in cls.__dataclass_fields__ if name in ("source", "sdk_source")]
    inner = [
        name for name, of in nested_fields(cls).items() if of is not Source and any(_sourced(of))
    ]
    return keys, inner


def _check_days(card: ModelCard, _: Registry) -> Iterator[Finding]:
    groups: dict[str, tuple[Metric | BenchmarkResult | Offer, ...]] = {
        "metrics": card.metrics,
        "benchmarks": card.benchmarks,
    }
    dated: list[tuple[Path, Metric | BenchmarkResult | Offer]] = [
        ((name, number), item)
        for name, items in groups.items()
        for number, item in enumerate(items)
    ]
    dated += [(("pricing", "offers", number), o) for number, o in enumerate(card.pricing.offers)]
    for path, item in dated:
        if (item.as_of is None) == (item.read_on is None):
            yield (
                path,
                "needs one of as_of (its own day) and read_on (day an undated page was read)",
            )
    if card.released and card.maintained:
        first, last = card.released.day, card.maintained.day
        if last < first and not first.startswith(last):
            yield ("maintained", "day"), "lies before the release"


def _check_offers(card: ModelCard, _: Registry) -> Iterator[Finding]:
    for number, offer in enumerate(card.pricing.offers):
        path: Path = ("pricing", "offers", number)
        tokens = offer.unit == "million-tokens"
        if tokens and (
            offer.input_usd is None or offer.output_usd is None or offer.usd is not None
        ):
            yield path, "a price per million-tokens needs input_usd and output_usd, and no usd"
        if not tokens and (
            offer.usd is None or (offer.input_usd, offer.output_usd) != (None, None)
        ):
            yield path, f"a price per {offer.unit} needs usd, and no input_usd or output_usd"


def _check_results(card: ModelCard, _: Registry) -> Iterator[Finding]:
    seen: dict[tuple[Any, ...], int] = {}
    for number, result in enumerate(card.benchmarks):
        path: Path = ("benchmarks", number)
        if (result.low is None) != (result.high is None):
            yield path, "an interval needs both low and high"
        elif result.low is not None and not _inside(result):
            yield (*path, "value"), f"lies outside its interval {result.low} to {result.high}"
        key = (result.name, result.version, result.metric, result.shots, result.variant)
        if key in seen:
            yield path, f"has the same key as benchmarks[{seen[key] + 1}]"
        seen.setdefault(key, number)


def _inside(result: BenchmarkResult) -> bool:
    low = result.value if result.low is None else result.low
    high = result.value if result.high is None else result.high
    return low <= result.value <= high


def _check_capabilities(card: ModelCard, registry: Registry) -> Iterator[Finding]:
    if not card.tasks:
        yield ("tasks",), "must name at least one task"
    for number, task in enumerate(card.tasks):
        if task not in registry.tasks:
            yield ("tasks", number), _no_such("task", task, registry.tasks)
    if len(card.capabilities) > limits.CAPABILITIES:
        yield ("capabilities",), f"must have at most {limits.CAPABILITIES} entries"
    seen: dict[str, int] = {}
    for number, capability in enumerate(card.capabilities):
        path: Path = ("capabilities", number)
        if capability.id in seen:
            yield (*path, "id"), f"is also the id of capabilities[{seen[capability.id] + 1}]"
        seen.setdefault(capability.id, number)
        if capability.claim != "unsourced" and capability.source is None:
            yield path, f"a claim that is {capability.claim} needs a source"
        yield from _check_tag(path, capability.kind, capability.tag, registry)


def _check_tag(path: Path, kind: str, tag: str, registry: Registry) -> Iterator[Finding]:
    if kind == "task":
        if tag not in registry.tasks:
            yield (*path, "tag"), _no_such("task", tag, registry.tasks)
    elif not tag.startswith("x-"):
        row = registry.capability_tags.get(tag)
        if row is None:
            yield (
                (*path, "tag"),
                _no_such("tag", tag, registry.capability_tags)
                + ("; a tag of your own begins with x-"),
            )
        elif row.kind != kind:
            yield (*path, "tag"), f"{tag} belongs to capabilities of kind {row.kind}, not {kind}"


def _no_such(what: str, word: str, table: dict[str, Any]) -> str:
    near = suggest(word, table)
    return f"no {what} is called {word}" + (f"; did you mean {near[0]}?" if near else "")


def card_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of a card, with the tasks and tags of the registry to complete from."""
    schema: dict[str, Any] = _adapter("card").json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "modelcmp model card"
    schema["properties"]["tasks"]["items"] = {"enum": sorted(registry.tasks)}
    schema["properties"]["tasks"]["minItems"] = 1
    schema["$defs"]["Capability"]["properties"]["tag"] = {
        "description": "Task id (kind task), tag of the registry, or a tag of your own with x-.",
        "anyOf": [
            {"enum": sorted({*registry.tasks, *registry.capability_tags})},
            {"type": "string", "pattern": r"^x-[a-z0-9_\-]*$"},
        ],
    }
    return schema
