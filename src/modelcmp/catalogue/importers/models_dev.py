"""models.dev: prices, limits and dates by provider -> one card a model, with an offer for each provider.

Takes the site's api.json, or one JSON row per provider and model. Many providers list the same model,
and each in its own words: a fact is taken from the maker's own listing where there is one, else from most.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.importers.draft import (
    Draft,
    Foreign,
    Imported,
    LeftOut,
    Wanted,
    clean,
    clean_name,
    day_of,
    new_card,
    positive,
    read_row,
    tag_capability,
    task_capability,
    tasks_of,
)
from modelcmp.catalogue.importers.knowledge import family_maker
from modelcmp.catalogue.importers.prices import token_offer
from modelcmp.errors import squash

SOURCE = "import_models_dev"
ORIGIN = {"title": "models.dev", "url": "https://models.dev"}

OWN = {
    "Anthropic": "anthropic", "OpenAI": "openai", "Google DeepMind": "google", "Meta": "llama",
    "Mistral AI": "mistral", "Alibaba Qwen": "alibaba", "DeepSeek": "deepseek", "xAI": "xai",
    "Moonshot AI": "moonshotai", "Z.ai": "zai", "MiniMax": "minimax", "Cohere": "cohere",
    "Amazon": "amazon-bedrock", "NVIDIA": "nvidia", "Perplexity": "perplexity", "Xiaomi": "xiaomi",
    "StepFun": "stepfun", "Nous Research": "nousresearch",
}  # fmt: skip
"""Maker -> the provider under whose name it serves its own models there."""


class Cost(Foreign):
    """US dollars per million tokens."""

    input: float | None = None
    output: float | None = None
    context_over_200k: "Tier | None" = None


class Tier(Foreign):
    """Prices from a length of context on."""

    above_context: int | None = None
    input: float | None = None
    output: float | None = None


class Kinds(Foreign):
    """What goes in and what comes out, as api.json nests it."""

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


class Limit(Foreign):
    """Window and answer in tokens; 0 says that it is not known."""

    context: float | None = None
    output: float | None = None


class Listing(Foreign):
    """One model at one provider. `input` to `max_output` are the flat form of rows."""

    id: str
    name: str
    provider: str = ""
    provider_name: str = ""
    family: str | None = None
    open_weights: bool | None = None
    modalities: Kinds | None = None
    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    limit: Limit | None = None
    context: float | None = None
    max_output: float | None = None
    cost: Cost | None = None
    cost_tiers: tuple[Tier, ...] = ()
    release_date: str | None = None
    last_updated: str | None = None
    reasoning: bool = False
    tool_call: bool = False
    structured_output: bool = False
    status: str | None = None


class Row(NamedTuple):
    """A listing and where it stands in the payload."""

    where: str
    listing: Listing


def read_payload(payload: Any, wanted: Wanted) -> Imported:
    """Return a card for each model of the payload; `wanted.day` is the day its prices were read."""
    groups: dict[str, list[Row]] = defaultdict(list)
    left_out: list[LeftOut] = []
    for where, raw in _rows(payload):
        listing = read_row(Listing, raw)
        if isinstance(listing, str):
            left_out.append(LeftOut(where, listing))
        elif not squash(listing.name):
            left_out.append(LeftOut(where, "has no name"))
        elif wanted.takes(listing.name, listing.id):
            groups[squash(listing.name)].append(Row(where, listing))
    passed_over: list[LeftOut] = []
    drafts = tuple(_draft(rows, wanted, passed_over) for rows in groups.values())
    return Imported(drafts, tuple(left_out), tuple(passed_over))


def _rows(payload: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(payload, list):
        for number, row in enumerate(payload, 1):
            provider = row.get("provider") if isinstance(row, dict) else None
            named = isinstance(row, dict) and row.get("id")
            yield (f"{provider}/{row['id']}" if named else f"row {number}"), row
        return
    for key, provider in payload.items() if isinstance(payload, dict) else ():
        models = provider.get("models") if isinstance(provider, dict) else None
        for name, row in models.items() if isinstance(models, dict) else ():
            extra = {"provider": key, "provider_name": str(provider.get("name") or key)}
            yield f"{key}/{name}", {**row, **extra} if isinstance(row, dict) else row


def _draft(rows: list[Row], wanted: Wanted, passed_over: list[LeftOut]) -> Draft:
    listings = [row.listing for row in rows]
    maker = next(filter(None, (family_maker(one.name) for one in listings)), None) or next(
        filter(None, (family_maker(one.family or "") for one in listings)), None
    )
    own = [one for one in listings if one.provider and one.provider == OWN.get(maker or "")]
    name = clean_name(_most(own or listings, lambda one: one.name))
    inputs, outputs = _most(own or listings, _kinds)
    tasks, modalities = tasks_of(name, inputs, outputs)
    registry = wanted.registry
    origin = {**ORIGIN, "read_on": wanted.get_day()}
    card = new_card(
        registry, name=name, maker=maker, tasks=tasks, modalities=modalities, source=SOURCE,
        origin=origin,
    )  # fmt: skip
    card["aliases"] = [clean_name(_most(own or listings, lambda one: one.id.rpartition("/")[2]))]
    card["status"] = _status(own, listings)
    card["released"], card["maintained"] = _days(own, listings)
    card["weights"] = _weights(own, listings)
    card["context"] = _context(own or listings)
    offers = _offers(rows, wanted.get_day(), passed_over)
    card["pricing"] = {"offers": offers} if offers else None
    providers = len({one.provider for one in listings if one.provider})
    card["metrics"] = [
        {
            "metric": "api_providers",
            "value": providers,
            "note": "Providers that list it on models.dev",
            "source": SOURCE,
            "read_on": wanted.get_day(),
        }
    ]
    card["capabilities"] = [
        task_capability(registry, tasks[0], card["summary"], SOURCE),
        *(tag_capability(registry, tag, SOURCE) for tag in _tags(own or listings)),
    ]
    if not providers:
        card["metrics"] = []
    return Draft(card, rows[0].where, f"{maker or rows[0].listing.provider} {name}")


def _kinds(one: Listing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    held = one.modalities or Kinds(input=one.input, output=one.output)
    return tuple(sorted(held.input)), tuple(sorted(held.output))


def _most(listings: Sequence[Listing], read: Callable[[Listing], Any]) -> Any:
    """Return the value that most listings give; of equally frequent ones the first in order."""
    counts = Counter(read(one) for one in listings)
    return min(counts, key=lambda value: (-counts[value], value))


def _status(own: list[Listing], listings: list[Listing]) -> str | None:
    asked = own or listings
    return "deprecated" if all(one.status == "deprecated" for one in asked) else None


def _days(
    own: list[Listing], listings: list[Listing]
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Return release and last change. A reseller's listing changes for reasons of its own."""
    days = [day for one in own or listings if (day := day_of(one.release_date))]
    released = min(Counter(days).items(), key=lambda held: (-held[1], held[0]))[0] if days else None
    changes = [day for one in own if (day := day_of(one.last_updated))]
    maintained = max(changes, default=None)
    if maintained and released and maintained <= released:
        maintained = None
    return _event(released), _event(maintained)


def _event(day: str | None) -> dict[str, str] | None:
    return {"day": day, "source": SOURCE} if day else None


def _weights(own: list[Listing], listings: list[Listing]) -> dict[str, Any] | None:
    """Return whether the weights are open: any yes counts, a no only from the maker itself.

    Resellers file open models as closed because they serve them.
    """
    if any(one.open_weights for one in listings):
        return {"open": True, "source": SOURCE}
    if any(one.open_weights is False for one in own):
        return {"open": False, "source": SOURCE}
    return None


def _context(asked: Sequence[Listing]) -> dict[str, Any] | None:
    windows = [positive(one.limit.context if one.limit else one.context) for one in asked]
    answers = [positive(one.limit.output if one.limit else one.max_output) for one in asked]
    window, answer = _usual(windows), _usual(answers)
    if window and answer and answer > window:
        answer = None
    found = {"tokens": window, "max_output_tokens": answer}
    known = {key: value for key, value in found.items() if value}
    return {**known, "source": SOURCE} if known else None


def _usual(numbers: list[int | None]) -> int | None:
    counts = Counter(number for number in numbers if number)
    return min(counts, key=lambda number: (-counts[number], number)) if counts else None


def _offers(rows: list[Row], day: str, passed_over: list[LeftOut]) -> list[dict[str, Any]]:
    """Return one offer for each provider and price; the second of a provider says as what."""
    offers: list[dict[str, Any]] = []
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for where, one in sorted(rows, key=lambda row: (row.listing.provider, row.listing.id)):
        if one.cost is None or not one.provider:
            continue
        asked = (one.cost.input, one.cost.output)
        who = one.provider_name or one.provider
        offer = token_offer(who, asked, per_token=False, source=SOURCE, day=day)
        if isinstance(offer, str):
            passed_over.append(LeftOut(where, offer))
            continue
        price = (offer["input_usd"], offer["output_usd"])
        if price not in seen[who]:
            notes = [f"As {one.id}"] if seen[who] else []
            if told := "; ".join([*notes, *_dearer(one)]):
                offer["note"] = clean(told)
            offers.append(offer)
            seen[who].append(price)
    return offers


def _dearer(one: Listing) -> Iterator[str]:
    """Yield what long prompts cost, in words: an offer has one price."""
    tiers = [(tier.above_context, tier) for tier in one.cost_tiers]
    if one.cost and one.cost.context_over_200k:
        tiers.append((200_000, one.cost.context_over_200k))
    for above, tier in tiers:
        if above and tier.input is not None and tier.output is not None:
            yield f"Above {above} tokens {tier.input:g} in and {tier.output:g} out"


def _tags(asked: Sequence[Listing]) -> list[str]:
    """Return what at least half of the listings tick off."""
    ticked = {
        "tool-calling": sum(one.tool_call for one in asked),
        "structured-output": sum(one.structured_output for one in asked),
        "reasoning-trace": sum(one.reasoning for one in asked),
    }
    return [tag for tag, often in ticked.items() if 2 * often >= len(asked)]
