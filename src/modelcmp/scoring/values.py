"""What a score is made of: the value of a signal, its state, and where it comes from."""

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry

if TYPE_CHECKING:
    from modelcmp.matching.graph import MatchGraph


class State(StrEnum):
    """What is known of a signal or dimension. Zero is a known value."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"
    NOT_CONFIGURED = "not configured"


class Evidence(NamedTuple):
    """Source and day of a statement. `undated`: the day is when the page was read."""

    source: str
    url: str | None
    day: str
    undated: bool = False


class SignalValue(NamedTuple):
    """One normalised input to scoring.

    `score` is 0-100 and only for known values; `weight` is the share of the dimension, which
    `confidence` (evidence tier, 0-1) turns into coverage; `low` and `high` are the score's own 95 %
    interval where the source gives one.
    """

    id: str
    title: str
    state: State
    weight: float
    raw: float | str | None = None
    text: str = ""
    score: float | None = None
    confidence: float = 1.0
    low: float | None = None
    high: float | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()


class Circumstances(NamedTuple):
    """What a score depends on beside the card: tables, as-of day, loaded search evidence."""

    registry: Registry
    as_of: str
    evidence: "MatchGraph | None" = None
    """The match graph of a loaded search log; None where none is configured."""


class Reading(NamedTuple):
    """What a card says of one signal before it is scaled."""

    raw: float | str | None = None
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    state: State = State.KNOWN
    reason: str = ""
    confidence: float = 1.0
    """How much of the signal counts as known, from 0 to 1."""


def stated_evidence(
    card: ModelCard, source: str, as_of: str | None, read_on: str | None
) -> Evidence:
    stated = card.sources[source]
    return Evidence(stated.title, stated.url, as_of or read_on or "", undated=as_of is None)
