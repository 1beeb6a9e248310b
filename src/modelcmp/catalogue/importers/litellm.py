"""LiteLLM's table of prices: one entry per provider's name of a model, US dollars per single token, image, second or character."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.importers.draft import (
    Draft,
    Foreign,
    Imported,
    LeftOut,
    Wanted,
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
from modelcmp.catalogue.importers.prices import token_offer, unit_offer

SOURCE = "import_litellm"
ORIGIN = {
    "title": "LiteLLM, model prices and context windows",
    "url": "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json",
}

NO_MODELS = {"sample_spec": "explains the table", "fallback_generalizations": "holds rules"}
MODES = {
    "chat": None,
    "completion": None,
    "responses": None,
    "embedding": ["feature-extraction"],
    "image_generation": ["text-to-image"],
    "image_edit": ["image-to-image"],
    "video_generation": ["text-to-video"],
    "audio_transcription": ["automatic-speech-recognition"],
    "audio_speech": ["text-to-speech"],
    "rerank": ["text-ranking"],
    "moderation": ["text-classification"],
}
"""Mode -> tasks; None where what goes in decides."""


class Entry(Foreign):
    """What one key of the table says; limits may be sentences in the entry that explains it."""

    litellm_provider: str
    mode: str = "chat"
    max_tokens: float | None = None
    max_input_tokens: float | None = None
    max_output_tokens: float | None = None
    input_cost_per_token: float | None = None
    output_cost_per_token: float | None = None
    output_cost_per_image: float | None = None
    input_cost_per_image: float | None = None
    input_cost_per_second: float | None = None
    input_cost_per_character: float | None = None
    supported_modalities: list[str] | None = None
    supported_output_modalities: list[str] | None = None
    supports_vision: bool | None = None
    supports_function_calling: bool | None = None
    supports_response_schema: bool | None = None
    supports_reasoning: bool | None = None
    deprecation_date: str | None = None


class Row(NamedTuple):
    """One key of the table with its entry."""

    key: str
    name: str
    entry: Entry


def read_payload(payload: Any, wanted: Wanted) -> Imported:
    """Return a card for each model, whose offers are the table's entries of that name."""
    groups: dict[str, list[Row]] = defaultdict(list)
    left_out: list[LeftOut] = []
    for key, raw in payload.items() if isinstance(payload, dict) else ():
        if key in NO_MODELS:
            continue
        entry = read_row(Entry, raw)
        if isinstance(entry, str):
            left_out.append(LeftOut(key, entry))
        elif entry.mode not in MODES:
            left_out.append(LeftOut(key, f"{entry.mode} is no kind of model"))
        elif (name := _name(key)) is None:
            left_out.append(LeftOut(key, "is a price of a size or a pattern, not a model"))
        elif wanted.takes(key, name):
            groups[name.casefold()].append(Row(key, name, entry))
    passed_over: list[LeftOut] = []
    drafts = tuple(_draft(rows, wanted, passed_over) for rows in groups.values())
    return Imported(drafts, tuple(left_out), tuple(passed_over))


def _name(key: str) -> str | None:
    """Return the model's name in a key, without provider, region and version of a cloud.

    >>> [_name(key) for key in ("azure/eu/gpt-4o", "us.anthropic.claude-3-haiku-20240307-v1:0")]
    ['gpt-4o', 'claude-3-haiku-20240307']
    >>> _name("512-x-512/50-steps/stability.stable-diffusion-xl-v0"), _name("openai/*")
    (None, None)
    """
    parts = key.split("/")
    if "*" in key or any(re.fullmatch(r"\d+-x-\d+|\d+-steps|max-.*|hd|standard", p) for p in parts):
        return None
    name = re.sub(r"(-v\d+)?:\d+$", "", parts[-1])
    name = re.sub(
        r"^((us|eu|apac|global|jp|au)\.)?(anthropic|amazon|meta|mistral|cohere|ai21|deepseek|qwen|openai)\.",
        "",
        name,
    )
    return name.partition("@")[0] or None


def _draft(rows: list[Row], wanted: Wanted, passed_over: list[LeftOut]) -> Draft:
    first = next((row for row in rows if row.key == row.name), rows[0])
    entries = [first.entry, *(row.entry for row in rows if row is not first)]
    name = clean_name(first.name)
    maker = family_maker(name)
    tasks, modalities = _tasks(name, first.entry)
    card = new_card(
        wanted.registry, name=name, maker=maker, tasks=tasks, modalities=modalities, source=SOURCE,
        origin={**ORIGIN, "read_on": wanted.get_day()},
    )  # fmt: skip
    card["context"] = _context(entries)
    card["status"] = _status(first.entry, wanted.day)
    offers = _offers(rows, wanted.get_day(), passed_over)
    card["pricing"] = {"offers": offers} if offers else None
    card["capabilities"] = [
        task_capability(wanted.registry, tasks[0], card["summary"], SOURCE),
        *(tag_capability(wanted.registry, tag, SOURCE) for tag in _tags(first.entry)),
    ]
    return Draft(card, first.key, first.key)


def _tasks(name: str, entry: Entry) -> tuple[list[str], dict[str, list[str]] | None]:
    if tasks := MODES[entry.mode]:
        return tasks, None
    inputs = entry.supported_modalities or ["text", *(["image"] if entry.supports_vision else [])]
    return tasks_of(name, inputs, entry.supported_output_modalities or ["text"])


def _context(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """Return the limits of the first entry that states any; `max_tokens` alone is an old answer limit."""
    for entry in entries:
        window, answer = positive(entry.max_input_tokens), positive(entry.max_output_tokens)
        if entry.mode not in ("chat", "completion", "responses"):
            answer = None
        if window and answer and answer > window:
            answer = None
        if window or answer:
            found = {"tokens": window, "max_output_tokens": answer}
            return {**{key: held for key, held in found.items() if held}, "source": SOURCE}
    return None


def _status(entry: Entry, day: str | None) -> str | None:
    ends = day_of(entry.deprecation_date)
    return "deprecated" if ends and day and ends <= day else None


def _offers(rows: list[Row], day: str, passed_over: list[LeftOut]) -> list[dict[str, Any]]:
    offers: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
    for row in sorted(rows):
        offer = _offer(row.entry, day)
        if isinstance(offer, str):
            passed_over.append(LeftOut(row.key, offer))
            continue
        place = (offer["provider"], offer["unit"])
        price = tuple(offer.get(key) for key in ("input_usd", "output_usd", "usd"))
        if price not in seen[place]:
            if seen[place]:
                offer["note"] = clean_name(f"As {row.key}")
            seen[place].add(price)
            offers.append(offer)
    return offers


def _offer(entry: Entry, day: str) -> dict[str, Any] | str:
    """Return the price in the unit the mode is billed by: 60 seconds a minute, a million characters."""
    provider = entry.litellm_provider
    image = entry.output_cost_per_image or entry.input_cost_per_image
    if entry.mode in ("image_generation", "image_edit") and image:
        return unit_offer(provider, image, "image", 1, source=SOURCE, day=day)
    if entry.mode == "audio_transcription" and entry.input_cost_per_second:
        seconds = entry.input_cost_per_second
        return unit_offer(provider, seconds, "minute", 60, source=SOURCE, day=day)
    if entry.mode == "audio_speech" and entry.input_cost_per_character:
        each = entry.input_cost_per_character
        return unit_offer(provider, each, "million-characters", 1_000_000, source=SOURCE, day=day)
    out = entry.output_cost_per_token
    if out is None and entry.mode in ("embedding", "rerank", "moderation"):
        out = 0.0
    asked = (entry.input_cost_per_token, out)
    return token_offer(provider, asked, per_token=True, source=SOURCE, day=day)


def _tags(entry: Entry) -> list[str]:
    table = (
        (entry.supports_function_calling, "tool-calling"),
        (entry.supports_response_schema, "structured-output"),
        (entry.supports_reasoning, "reasoning-trace"),
    )
    return [tag for ticked, tag in table if ticked]
