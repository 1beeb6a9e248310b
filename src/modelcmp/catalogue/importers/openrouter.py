"""OpenRouter's list of models: prices as text in US dollars per single token, windows, and what each can be asked for."""

from collections.abc import Iterator
from typing import Any

from modelcmp.catalogue.importers.draft import (
    Draft,
    Foreign,
    Given,
    Imported,
    LeftOut,
    Wanted,
    clean,
    clean_name,
    new_card,
    positive,
    read_row,
    tag_capability,
    task_capability,
    tasks_of,
)
from modelcmp.catalogue.importers.knowledge import family_maker
from modelcmp.catalogue.importers.prices import token_offer

SOURCE = "import_openrouter"
ORIGIN = {"title": "OpenRouter, list of models", "url": "https://openrouter.ai/models"}
ADDRESS = "https://openrouter.ai/api/v1/models"

MAKERS = {
    "Google": "Google DeepMind", "Meta": "Meta", "Mistral": "Mistral AI", "Qwen": "Alibaba Qwen",
    "MoonshotAI": "Moonshot AI", "Z.AI": "Z.ai", "xAI": "xAI",
}  # fmt: skip
"""Makers whose name stands otherwise on the built-in cards."""


class Architecture(Foreign):
    """What goes in and comes out."""

    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()


class Dearer(Foreign):
    """Prices of long prompts."""

    min_prompt_tokens: int | None = None
    prompt: str | None = None
    completion: str | None = None


class Pricing(Foreign):
    """US dollars per token, as text."""

    prompt: str | None = None
    completion: str | None = None
    overrides: list[Dearer] | None = None


class Served(Foreign):
    """What the best provider behind the name serves."""

    context_length: float | None = None
    max_completion_tokens: float | None = None


class Model(Foreign):
    """One entry of `data`."""

    id: Given
    name: Given
    description: str | None = None
    hugging_face_id: str | None = None
    context_length: float | None = None
    architecture: Architecture = Architecture()
    pricing: Pricing = Pricing()
    top_provider: Served = Served()
    supported_parameters: list[str] | None = None
    benchmarks: dict[str, Any] | None = None


def read_payload(payload: Any, wanted: Wanted) -> Imported:
    """Return a card for each model of the list; free variants and routers give prices to none."""
    rows = payload.get("data") if isinstance(payload, dict) else payload
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    passed_over: list[LeftOut] = []
    for number, raw in enumerate(rows if isinstance(rows, list) else (), 1):
        model = read_row(Model, raw)
        if isinstance(model, str):
            named = isinstance(raw, dict) and raw.get("id")
            left_out.append(LeftOut(str(named or f"entry {number}"), model))
        elif wanted.takes(model.id, model.name):
            if ":" in model.id:
                left_out.append(LeftOut(model.id, "is a variant of another entry, not a model"))
            elif model.id.startswith("openrouter/"):
                left_out.append(LeftOut(model.id, "is a router in front of other models"))
            else:
                drafts.append(_draft(model, wanted, passed_over))
    return Imported(tuple(drafts), tuple(left_out), tuple(passed_over))


def _draft(model: Model, wanted: Wanted, passed_over: list[LeftOut]) -> Draft:
    said, colon, rest = model.name.partition(": ")
    name = clean_name(rest if colon else model.name)
    maker = family_maker(name) or (MAKERS.get(said, said) if colon else None)
    kinds = model.architecture
    tasks, modalities = tasks_of(name, kinds.input_modalities, kinds.output_modalities)
    card = new_card(
        wanted.registry, name=name, maker=maker, tasks=tasks, modalities=modalities, source=SOURCE,
        origin={**ORIGIN, "read_on": wanted.get_day()},
    )  # fmt: skip
    card["aliases"] = [clean_name(model.id)]
    card["context"] = _context(model)
    offer = _offer(model, wanted.get_day())
    if isinstance(offer, str):
        passed_over.append(LeftOut(model.id, offer))
    else:
        card["pricing"] = {"offers": [offer]}
    if repository := (model.hugging_face_id or "").strip():
        card["aliases"].append(clean_name(repository))
        card["links"] = {"weights": f"https://huggingface.co/{repository}"}
    told = clean(model.description or card["summary"])
    card["capabilities"] = [
        task_capability(wanted.registry, tasks[0], told, SOURCE),
        *(tag_capability(wanted.registry, tag, SOURCE) for tag in _tags(model)),
    ]
    passed_over += [
        LeftOut(model.id, f"{key} is no benchmark of the registry") for key in _measured(model)
    ]
    return Draft(card, model.id, f"{maker or said} {name}" if maker or colon else model.id)


def _context(model: Model) -> dict[str, Any] | None:
    window = positive(model.context_length)
    served = positive(model.top_provider.context_length)
    answer = positive(model.top_provider.max_completion_tokens)
    if not window and not served:
        return None
    found: dict[str, Any] = {"tokens": window or served}
    if answer and answer <= found["tokens"]:
        found["max_output_tokens"] = answer
    if window and served and served < window:
        found["caveats"] = [f"OpenRouter's first provider serves {served} tokens of it."]
    return {**found, "source": SOURCE}


def _offer(model: Model, day: str) -> dict[str, Any] | str:
    prices = model.pricing
    offer = token_offer(
        "OpenRouter", (prices.prompt, prices.completion), per_token=True, source=SOURCE, day=day
    )
    dearer = [_dearer(one, day) for one in prices.overrides or ()]
    if isinstance(offer, dict) and any(dearer):
        offer["note"] = clean("; ".join(filter(None, dearer)))
    return offer


def _dearer(one: Dearer, day: str) -> str | None:
    asked = (one.prompt, one.completion)
    offer = token_offer("", asked, per_token=True, source=SOURCE, day=day)
    if isinstance(offer, str) or not one.min_prompt_tokens:
        return None
    return (
        f"From {one.min_prompt_tokens} prompt tokens {offer['input_usd']:g} in and "
        f"{offer['output_usd']:g} out"
    )


def _tags(model: Model) -> list[str]:
    ticked = set(model.supported_parameters or ())
    table = (
        ("tools", "tool-calling"),
        ("structured_outputs", "structured-output"),
        ("reasoning", "reasoning-trace"),
    )
    return [tag for key, tag in table if key in ticked]


def _measured(model: Model) -> Iterator[str]:
    """Yield the names of the results an entry carries; none of them is scored here."""
    for board, held in sorted((model.benchmarks or {}).items()):
        if isinstance(held, dict):
            yield from (
                f"{board} {key}" for key, value in sorted(held.items()) if value is not None
            )
        elif held:
            yield board
