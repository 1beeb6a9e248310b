"""The model card: what one model is, can do, costs and scores, each number with its source and day.

The classes here are plain dataclasses that never change, so that a comparison of cards already checked costs
no validator. The types in their annotations stand in `fields.py`; `checking.py` lets pydantic hold
a file against them, strictly, and makes the editor's JSON Schema from the same lines. The text
under each field is that schema's description.

Unknown is written by leaving a field out. An empty list says "known to be none".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from modelcmp.catalogue.fields import (
        CapabilityKind,
        Claim,
        Commercial,
        Count,
        Day,
        Id,
        Key,
        LicenceClass,
        Measure,
        MetricName,
        Modality,
        Name,
        PositiveCount,
        PriceUnit,
        Status,
        Tag,
        Task,
        Text,
        Tier,
        Url,
        Usd,
    )


@cache
def _shape(cls: Any) -> tuple[frozenset[str], frozenset[str], dict[str, Any]]:
    """Return the fields of a class that must be given, all of them, and the values of the others."""
    every = fields(cls)
    required = frozenset(field.name for field in every if field.default is MISSING)
    defaults = {f.name: f.default for f in every if f.name not in required}
    return required, required | defaults.keys(), defaults


class Strict:
    """Base of all card classes: unknown keys are refused, nothing is converted, nothing changes.

    A frozen dataclass would say the same, but compiles half a dozen methods for each of twenty
    classes on every start: a third of the time of a comparison. Here one initialiser serves all.
    """

    __pydantic_config__: ClassVar[Any] = {
        "extra": "forbid",
        "strict": True,
        "hide_input_in_errors": True,
        "use_attribute_docstrings": True,
        "defer_build": True,
    }
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __init__(self, **values: Any) -> None:
        """Take field values by name; what has a default may be left out."""
        cls: Any = type(self)
        required, known, defaults = _shape(cls)
        if not required <= values.keys() or not values.keys() <= known:
            missing = sorted(required - values.keys())
            unknown = sorted(values.keys() - known)
            raise TypeError(f"{type(self).__name__}: {missing} missing, {unknown} unknown")
        self.__dict__.update(defaults, **values)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse: a card is what its file says."""
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __repr__(self) -> str:
        """Return the class with its fields, for failing tests."""
        parts = (f"{name}={value!r}" for name, value in self.__dict__.items() if value)
        return f"{type(self).__name__}({', '.join(parts)})"


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Source(Strict):
    """Where a statement comes from."""

    title: Name
    """What the page or data set is called."""
    url: Url | None = None
    """Its public address."""
    read_on: Day | None = None
    """The day it was read, where the page itself carries none."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Dated(Strict):
    """An event in the life of the model."""

    day: Day
    """Day, month or year; a month or year counts from its first day."""
    source: Key
    """Key into `sources`."""
    note: Text | None = None
    """What exactly happened on that day."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Modalities(Strict):
    """What goes in and what comes out."""

    input: tuple[Modality, ...]
    """Kinds of data the model reads."""
    output: tuple[Modality, ...]
    """Kinds of data the model makes."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Licence(Strict):
    """The terms the model is under."""

    id: Name
    """SPDX expression, or `LicenseRef-` and a name of its own."""
    licence_class: LicenceClass | None = None
    """Group of the scoring policy; leave out when the terms are not stated."""
    commercial: Commercial | None = None
    """May it be used commercially: allowed, conditional (thresholds), forbidden or disputed."""
    terms: Text | None = None
    """The terms that decide, in a sentence."""
    url: Url | None = None
    """The licence text."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class WeightFile(Strict):
    """One published file or package of the weights."""

    name: Name
    """Tag or file name, such as Q4_0."""
    part: Name | None = None
    """Which part it is, when the model needs it beside others; parts say nothing of memory."""
    size_bytes: PositiveCount
    """Size on disk."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Weights(Strict):
    """The trained parameters and how they are handed out."""

    open: bool
    """True when anybody may download them, whatever the licence then allows."""
    gated: bool | None = None
    """True when the host asks to accept terms first."""
    parameters: PositiveCount | None = None
    """Total number of parameters."""
    active_parameters: PositiveCount | None = None
    """Parameters at work for one token, in a mixture of experts."""
    formats: tuple[Key, ...] | None = None
    """File formats in which they are published, such as safetensors or gguf."""
    files: tuple[WeightFile, ...] = ()
    """Packages whose size is known."""
    note: Text | None = None
    """What the parameter count includes."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Context(Strict):
    """How much the model takes in at once."""

    tokens: PositiveCount | None = None
    """Context window, in tokens, as the maker states or ships it."""
    max_output_tokens: PositiveCount | None = None
    """Longest answer, in tokens."""
    caveats: tuple[Text, ...] = ()
    """Why the number may not hold in practice."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Offer(Strict):
    """What one provider asks for using the model."""

    provider: Name
    """Who serves it."""
    unit: PriceUnit
    """What the price is for; million-tokens takes input_usd and output_usd, all else usd."""
    usd: Usd | None = None
    """US dollars per unit."""
    input_usd: Usd | None = None
    """US dollars per million input tokens."""
    output_usd: Usd | None = None
    """US dollars per million output tokens."""
    note: Text | None = None
    """Plan, resolution or step count the price holds for."""
    source: Key
    """Key into `sources`."""
    as_of: Day | None = None
    """Day the price speaks for."""
    read_on: Day | None = None
    """Day an undated price page was read."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Pricing(Strict):
    """Prices known. No offer means unknown, never free."""

    offers: tuple[Offer, ...] = ()
    """One entry per provider and plan."""
    note: Text | None = None
    """What was looked for and not found."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Variant(Strict):
    """A sibling: another size, a distilled or a quantized form."""

    name: Name
    """What it is called."""
    model: Id | None = None
    """Its own card, where there is one."""
    parameters: PositiveCount | None = None
    """Total number of parameters."""
    note: Text | None = None
    """How it differs."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Links(Strict):
    """Where to go next."""

    home: Url | None = None
    """Product or project page."""
    repository: Url | None = None
    """Source code."""
    weights: Url | None = None
    """Download page of the weights."""
    documentation: Url | None = None
    """Manual or API reference."""
    paper: Url | None = None
    """Technical report."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Metric(Strict):
    """A popularity figure somebody published."""

    metric: MetricName
    """Which figure."""
    value: Count
    """The figure itself."""
    repository: Name | None = None
    """Repository it belongs to; downloads of several are added up, likes and stars take the most."""
    note: Text | None = None
    """How the figure was counted or rounded."""
    source: Key
    """Key into `sources`."""
    as_of: Day | None = None
    """Day the figure speaks for."""
    read_on: Day | None = None
    """Day an undated page was read."""
    changed_on: Day | None = None
    """Day the repository was last changed, as its host tells it; shown, never scored."""
    stale_since: Day | None = None
    """Day since which the host gave no usable answer; the figure is older than that."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class BenchmarkResult(Strict):
    """One published result. Name, version, metric, shots and variant together are its key."""

    name: Name
    """Benchmark, as in the registry."""
    version: Name | None = None
    """Edition or split, such as 1.1 or val."""
    metric: Name | None = None
    """What was measured, such as accuracy or rating."""
    shots: Count | None = None
    """Examples in the prompt; leave out when not stated."""
    variant: Name | None = None
    """Form of the model that was measured, when it is not the one on the card."""
    value: Measure
    """The result, in the benchmark's own unit."""
    low: Measure | None = None
    """Lower end of the 95 % interval."""
    high: Measure | None = None
    """Upper end of the 95 % interval."""
    tier: Tier
    """Who measured: own-run, independent, maker, or unsourced."""
    note: Text | None = None
    """Harness or prompting that a reader must know of."""
    source: Key
    """Key into `sources`."""
    as_of: Day | None = None
    """Day the result speaks for."""
    read_on: Day | None = None
    """Day an undated page was read."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Integration(Strict):
    """A runtime, library or application that runs the model."""

    name: Name
    """What it is called."""
    note: Text | None = None
    """Version or component."""
    source: Key
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Ecosystem(Strict):
    """What others have built around the model."""

    integrations: tuple[Integration, ...] | None = None
    """Runtimes, libraries and applications that run it."""
    sdk_languages: tuple[Key, ...] | None = None
    """Programming languages with an official client or reference code."""
    sdk_source: Key | None = None
    """Key into `sources` for the languages."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Alternative(Strict):
    """Another way to get the same thing done."""

    model: Id | None = None
    """Card of the other model, where there is one."""
    text: Text
    """How the two differ here."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Capability(Strict):
    """Something the model can do, or a limit on it."""

    id: Key
    """Name inside this card."""
    kind: CapabilityKind
    """task, interface, deployment, customisation, limit, variant or licence."""
    tag: Tag
    """Task id (kind task) or tag of the registry, so that models can be compared on it."""
    title: Name
    """A few words."""
    description: Text
    """One or two sentences of fact."""
    unique: Text | None = None
    """What sets this model apart here, as far as the sources carry it."""
    alternatives: tuple[Alternative, ...] = ()
    """How other models do it."""
    claim: Claim
    """verified (checked against a second source), stated (by the maker), disputed or unsourced."""
    source: Key | None = None
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Limitation(Strict):
    """Something the model does badly or not at all."""

    text: Text
    """One sentence."""
    source: Key | None = None
    """Key into `sources`."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class ModelCard(Strict):
    """Everything modelcmp knows about one model. The file's name is its id."""

    id: Id
    """Lower case letters, digits, dots and hyphens."""
    name: Name
    """Name as the maker writes it."""
    aliases: tuple[Name, ...] = ()
    """Other names people type."""
    maker: Name
    """Who made it."""
    summary: Text
    """What it is, in one sentence."""
    tasks: tuple[Task, ...]
    """What it is for: pipeline tags of Hugging Face."""
    modalities: Modalities
    """What goes in and what comes out."""
    released: Dated | None = None
    """First public release."""
    maintained: Dated | None = None
    """Last release or declared maintenance."""
    status: Status = "active"
    """Where it stands in its life."""
    licence: Licence | None = None
    """Terms; leave out when not stated."""
    weights: Weights | None = None
    """Trained parameters; leave out when nothing is known of them."""
    context: Context | None = None
    """Window, for models that have one."""
    pricing: Pricing = Pricing()
    """Prices known."""
    variants: tuple[Variant, ...] = ()
    """Siblings."""
    links: Links = Links()
    """Where to go next."""
    metrics: tuple[Metric, ...] = ()
    """Popularity figures."""
    benchmarks: tuple[BenchmarkResult, ...] = ()
    """Published results."""
    ecosystem: Ecosystem = Ecosystem()
    """What others have built around it."""
    capabilities: tuple[Capability, ...] = ()
    """What it can do."""
    limitations: tuple[Limitation, ...] = ()
    """What it does badly or not at all."""
    best_for: tuple[Text, ...] = ()
    """Uses it suits."""
    sources: dict[Key, Source]
    """Every source the card names, by a key of its own."""


C = TypeVar("C")


def build(cls: Callable[..., C], plain: dict[str, Any]) -> C:
    """Return the dataclass for plain values that were checked before; checks nothing itself.

    >>> build(Alternative, {"model": "flux.1-dev", "text": "Larger."}).model
    'flux.1-dev'
    """
    values = dict(plain)
    made = _made_fields(cls)
    for name in made.keys() & plain.keys():
        inner, value = made[name], plain[name]
        if isinstance(value, list):
            values[name] = tuple([build(inner, item) for item in value] if inner else value)
        elif inner is Source and value is not None:
            values[name] = {key: build(Source, item) for key, item in value.items()}
        elif inner is not None and value is not None:
            values[name] = build(inner, value)
    return cls(**values)


@cache
def _made_fields(cls: Any) -> dict[str, type[Any] | None]:
    """Return the fields of `cls` that hold no plain value: card classes, or None for plain lists."""
    made: dict[str, type[Any] | None] = dict.fromkeys(
        field.name for field in fields(cls) if "tuple" in str(field.type)
    )
    return {**made, **nested_fields(cls)}


@cache
def nested_fields(cls: Any) -> dict[str, Any]:
    """Return the fields of `cls` that hold other card classes, read off the annotation's text."""
    nested = {}
    for field in fields(cls):
        for word in re.findall(r"\w+", str(field.type)):
            inner = globals().get(word)
            if isinstance(inner, type) and issubclass(inner, Strict):
                nested[field.name] = inner
    return nested
