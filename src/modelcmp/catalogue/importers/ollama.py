"""A running Ollama server: the models it holds, with sizes from `tags` and the model file's own numbers from `show`."""

import re
from typing import Any

from modelcmp.catalogue.importers.draft import (
    Draft,
    Foreign,
    Given,
    Imported,
    LeftOut,
    Wanted,
    clean_name,
    new_card,
    positive,
    read_row,
    tag_capability,
    task_capability,
)
from modelcmp.catalogue.importers.knowledge import family_maker, licence_of

SOURCE = "import_ollama"
ADDRESS = "http://127.0.0.1:11434"

TASKS = (
    ("vision", "image-text-to-text"),
    ("completion", "text-generation"),
    ("embedding", "feature-extraction"),
)
TAGS = (("tools", "tool-calling"), ("thinking", "reasoning-trace"))
LICENCES = (
    (r"apache license\W+version 2\.0", "apache-2.0"),
    (r"^\W*(the )?mit license|permission is hereby granted, free of charge", "mit"),
    (r"llama 3\.1 community", "llama3.1"),
    (r"llama 3\.2 community", "llama3.2"),
    (r"llama 3\.3 community", "llama3.3"),
    (r"llama 3 community", "llama3"),
    (r"llama 2 community", "llama2"),
    (r"gemma terms of use", "gemma"),
)
"""How licence texts begin -> the Hub's word for the licence."""


class Details(Foreign):
    """What both answers say of the model file."""

    parent_model: str | None = None
    format: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class Tagged(Foreign):
    """One model that the server holds."""

    name: Given
    size: int | None = None
    remote_model: str | None = None
    details: Details = Details()


class Shown(Foreign):
    """What the server says of one model."""

    license: str | list[str] | None = None
    details: Details = Details()
    model_info: dict[str, Any] | None = None
    capabilities: list[str] | None = None
    remote_model: str | None = None


def read_payload(payload: Any, wanted: Wanted) -> Imported:
    """Return a card for each model of `tags`; `show` maps names to the answers for them."""
    tags = payload.get("tags") if isinstance(payload, dict) else None
    shown = payload.get("show") if isinstance(payload, dict) else None
    rows = tags.get("models") if isinstance(tags, dict) else None
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    for number, raw in enumerate(rows if isinstance(rows, list) else (), 1):
        tagged = read_row(Tagged, raw)
        if isinstance(tagged, str):
            left_out.append(LeftOut(f"model {number}", tagged))
            continue
        if not wanted.takes(tagged.name):
            continue
        answer = shown.get(tagged.name) if isinstance(shown, dict) else None
        show = read_row(Shown, answer if isinstance(answer, dict) else {})
        if isinstance(show, str):
            left_out.append(LeftOut(tagged.name, show))
            continue
        drafts.append(_draft(tagged, show, wanted))
    return Imported(tuple(drafts), tuple(left_out))


def _draft(tagged: Tagged, show: Shown, wanted: Wanted) -> Draft:
    plain = tagged.name.removesuffix(":latest")
    name = clean_name(plain.rpartition("/")[2].replace(":", "-"))
    able = set(show.capabilities or ("completion",))
    tasks = [task for key, task in TASKS if key in able] or ["text-generation"]
    maker = family_maker(name)
    origin = {"title": "Ollama on this machine", "read_on": wanted.day}
    card = new_card(
        wanted.registry, name=name, maker=maker, tasks=tasks, source=SOURCE, origin=origin
    )
    card["aliases"] = [clean_name(plain), clean_name(tagged.name)]
    if found := dict(licence_of(_licence(show.license))):
        card["licence"] = {**found, "source": SOURCE}
    remote = tagged.remote_model or show.remote_model
    if not remote:
        card["weights"] = _weights(tagged, show)
        card["ecosystem"] = {"integrations": [{"name": "Ollama", "source": SOURCE}]}
    window = positive(_info(show, "context_length"))
    card["context"] = {"tokens": window, "source": SOURCE} if window else None
    tags = [tag for key, tag in TAGS if key in able] + ([] if remote else ["runs-locally"])
    card["capabilities"] = [
        task_capability(wanted.registry, tasks[0], card["summary"], SOURCE),
        *(tag_capability(wanted.registry, tag, SOURCE) for tag in tags),
    ]
    return Draft(card, tagged.name, plain)


def _info(show: Shown, key: str) -> Any:
    """Return a number of the model file; its keys begin with the name of its architecture."""
    held = show.model_info or {}
    return held.get(f"{held.get('general.architecture')}.{key}")


def _weights(tagged: Tagged, show: Shown) -> dict[str, Any]:
    """Return the weights; the count comes from the file, since `parameter_size` is rounded text."""
    details = show.details if show.details.format else tagged.details
    found: dict[str, Any] = {"open": True}
    if count := positive((show.model_info or {}).get("general.parameter_count")):
        found["parameters"] = count
    if details.format and re.fullmatch(r"[a-z0-9]+", details.format):
        found["formats"] = [details.format]
    if size := positive(tagged.size):
        level = clean_name(details.quantization_level or tagged.name)
        found["files"] = [{"name": f"{level} (Ollama)", "size_bytes": size, "source": SOURCE}]
    return {**found, "source": SOURCE}


def _licence(text: str | list[str] | None) -> str:
    said = "\n".join(text) if isinstance(text, list) else text or ""
    start = " ".join(said[:1_000].casefold().split())
    return next((word for pattern, word in LICENCES if re.search(pattern, start)), "")
