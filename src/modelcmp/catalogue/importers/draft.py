"""Foreign rows -> drafts of cards: what every importer does to names, prices, tasks and texts.

A draft is the plain data of a card without an id. Nothing here reads a file, a clock or the network.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from modelcmp.catalogue import limits
from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.fields import URL_PATTERN, check_day, check_id
from modelcmp.catalogue.reader import REFUSED, dotted
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError

OWN = "import_"
"""How the keys of importers' own sources begin: what has such a source, an import may bring up to date."""

NOT_STATED = "not stated"
"""Maker of a model whose source names none: cards need one, and none is made up."""


class LeftOut(NamedTuple):
    """A row, or a part of one, that no card holds, and why."""

    where: str
    reason: str


class Draft(NamedTuple):
    """The plain data of one card, without its id."""

    card: dict[str, Any]
    where: str
    """Line or name of the row it was made from."""
    full_name: str
    """What tells it from namesakes, such as owner/name."""


class Imported(NamedTuple):
    """What one payload gave."""

    drafts: tuple[Draft, ...]
    left_out: tuple[LeftOut, ...] = ()
    """Rows that gave no card."""
    passed_over: tuple[LeftOut, ...] = ()
    """Parts of rows that their cards go without."""


class Wanted(NamedTuple):
    """What an importer is told beside the payload."""

    registry: Registry
    day: str | None = None
    """Day the payload was read; None where nobody can say."""
    only: tuple[str, ...] = ()
    """Patterns of names; empty takes all."""

    def get_day(self) -> str:
        """Return the day the payload was read; raises UsageError when nobody said it."""
        if self.day is None:
            raise UsageError(
                "nothing says which day these figures speak for",
                hint="add --day DAY, the day on which the file was made or fetched",
            )
        return self.day

    def takes(self, *names: str | None) -> bool:
        """Return whether a row of these names is wanted."""
        folded = [name.casefold() for name in names if name]
        patterns = [pattern.casefold() for pattern in self.only]
        return not patterns or any(fnmatchcase(n, p) for n in folded for p in patterns)


class Foreign(BaseModel):
    """Base of the models of foreign payloads: new keys are no error, numbers are finite."""

    model_config = ConfigDict(
        extra="ignore",
        allow_inf_nan=False,
        defer_build=True,
        # The Hub writes createdAt beside pipeline_tag: a field is taken under either form.
        alias_generator=to_camel,
        populate_by_name=True,
    )


Given = Annotated[str, Field(min_length=1)]
"""Text that a row must have."""

F = TypeVar("F", bound=Foreign)


def read_row(cls: type[F], row: Any) -> F | str:
    """Return a row as its model, or in a sentence why it is none."""
    try:
        return cls.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = dotted(tuple(part for part in first["loc"] if isinstance(part, (str, int))))
        said = str(first["msg"]).lower()
        return f"{where}: {said}" if where else said


def clean(text: object, most: int = limits.TEXT_CHARACTERS) -> str:
    """Return foreign text as a card may hold it: one line, nothing invisible, not too long.

    >>> clean("  A model.\\r\\n\\u202eFast.  ")
    'A model. Fast.'
    """
    visible = REFUSED.sub(" ", unicodedata.normalize("NFC", str(text)))
    visible = re.sub("[\u200b-\u200d\u2060-\u2064\u00ad]", "", visible)
    words = " ".join(visible.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def clean_name(text: object) -> str:
    """Return foreign text as a name."""
    return clean(text, limits.NAME_CHARACTERS)


def make_id(name: str) -> str | None:
    """Return the id for a name, or None when nothing of it can stand in one.

    >>> make_id("Claude Sonnet 4.5 (latest)"), make_id("Größe_1"), make_id("文心"), make_id("con")
    ('claude-sonnet-4.5-latest', 'grosse-1', None, 'con-model')
    """
    folded = name.casefold().replace("ß", "ss")
    ascii_only = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9.]+", "-", ascii_only)
    plain = re.sub(r"\.{2,}", ".", plain)[: limits.ID_CHARACTERS].strip("-.")
    if not plain:
        return None
    try:
        return check_id(plain)
    except ValueError:
        stem, dot, rest = plain.partition(".")
        return f"{stem}-model{dot}{rest}"


def give_ids(drafts: Sequence[Draft]) -> tuple[list[Draft], list[LeftOut]]:
    """Return the drafts with ids of their own, and those whose id another one has.

    Namesakes take the id of their full name, whichever comes first, so that the order of rows
    decides nothing.
    """
    names = [make_id(draft.card["name"]) for draft in drafts]
    often = Counter(names)
    chosen: dict[str, Draft] = {}
    left_out: list[LeftOut] = []
    for draft, short in zip(drafts, names, strict=True):
        own = short if short and often[short] == 1 else make_id(draft.full_name)
        if own is None:
            left_out.append(LeftOut(draft.where, f"no id can be made from {draft.card['name']}"))
        elif own in chosen:
            left_out.append(LeftOut(draft.where, f"its id {own} is that of {chosen[own].where}"))
        else:
            chosen[own] = draft._replace(card={"id": own, **draft.card})
    return list(chosen.values()), left_out


def free_aliases(drafts: Iterable[Draft], taken: dict[str, str]) -> list[Draft]:
    """Return the drafts without aliases that name another card; `taken` maps names to ids."""
    kept = list(drafts)
    ids = {draft.card["id"] for draft in kept}
    owners = Counter(a.casefold() for d in kept for a in dict.fromkeys(d.card.get("aliases", ())))
    result = []
    for draft in kept:
        own = draft.card["id"]
        aliases = [
            alias
            for alias in dict.fromkeys(draft.card.get("aliases", ()))
            if owners[alias.casefold()] == 1
            and alias.casefold() not in (ids - {own})
            and taken.get(alias.casefold(), own) == own
            and alias.casefold() not in (own, draft.card["name"].casefold())
        ]
        result.append(draft._replace(card={**draft.card, "aliases": aliases}))
    return result


def in_order(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card with its fields in the order of the class, without the empty ones."""
    order = list(ModelCard.__dataclass_fields__)
    given = {key: value for key, value in card.items() if value not in (None, [], {}, "")}
    return {key: given[key] for key in sorted(given, key=order.index)}


def new_card(
    registry: Registry,
    *,
    name: str,
    tasks: Sequence[str],
    source: str,
    origin: dict[str, Any],
    maker: str | None = None,
    summary: str | None = None,
    modalities: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return the fields that every card must have; what it does is told by its tasks where nothing else is."""
    rows = [registry.tasks[task] for task in tasks]
    known = modalities or {
        "input": list(dict.fromkeys(kind for row in rows for kind in row.input)),
        "output": list(dict.fromkeys(kind for row in rows for kind in row.output)),
    }
    told = clean(summary or "") or sentence(registry, clean_name(name), maker, tasks)
    return {
        "name": clean_name(name),
        "maker": clean_name(maker or NOT_STATED),
        "summary": told,
        "tasks": list(tasks),
        "modalities": known,
        "sources": {source: {key: value for key, value in origin.items() if value}},
    }


def sentence(registry: Registry, name: str, maker: str | None, tasks: Sequence[str]) -> str:
    """Return what a model is, for a source that says no more than its tasks."""
    by = f" by {clean_name(maker)}" if maker and maker != NOT_STATED else ""
    return clean(f"{name}{by} {registry.does(tuple(tasks))}.")


def task_capability(registry: Registry, task: str, text: str, source: str) -> dict[str, Any]:
    """Return the capability that says what a model is for, so that searches find its card."""
    return {
        "id": task,
        "kind": "task",
        "tag": task,
        "title": registry.tasks[task].name,
        "description": clean(text),
        "claim": "stated",
        "source": source,
    }


def tag_capability(registry: Registry, tag: str, source: str) -> dict[str, Any]:
    """Return a capability of the registry's table that a source ticks off for a model."""
    row = registry.capability_tags[tag]
    return {
        "id": tag,
        "kind": row.kind,
        "tag": tag,
        "title": row.title,
        "description": row.meaning,
        "claim": "stated",
        "source": source,
    }


OTHER_TASKS = {
    "text2text-generation": "text-generation",
    "conversational": "text-generation",
    "chat": "text-generation",
    "completion": "text-generation",
    "image-captioning": "image-to-text",
    "speech-recognition": "automatic-speech-recognition",
    "speech-to-text": "automatic-speech-recognition",
    "embedding": "feature-extraction",
    "embeddings": "feature-extraction",
    "rerank": "text-ranking",
    "reranking": "text-ranking",
}
"""Names of tasks that the registry has under another name, among them some the Hub gave up."""


def find_task(text: str, registry: Registry) -> str | None:
    """Return the registry's id for a task as others write it, or None.

    >>> from modelcmp.catalogue.loading import load_catalogue
    >>> find_task("Text to Image", load_catalogue(cache=None).registry)
    'text-to-image'
    """
    plain = re.sub(r"[\s_]+", "-", text.strip().casefold())
    if plain in registry.tasks:
        return plain
    if plain in OTHER_TASKS:
        return OTHER_TASKS[plain]
    named = {re.sub(r"\s+", "-", row.name.casefold()): row.id for row in registry.tasks.values()}
    return named.get(plain)


_BY_NAME = (
    (r"rerank", "text-ranking", ["text"], ["label"]),
    (r"embed|\bbge\b|voyage|minilm|mpnet|\be5\b", "feature-extraction", ["text"], ["vector"]),
    (r"whisper|transcribe|\basr\b", "automatic-speech-recognition", ["audio"], ["text"]),
    (r"\btts\b", "text-to-speech", ["text"], ["audio"]),
)
"""Kinds of model that price lists file under text in and text out; their names tell them."""


def tasks_of(
    name: str, inputs: Iterable[str], outputs: Iterable[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Return the tasks and modalities of a model a price list describes by what goes in and out."""
    words = re.sub(r"[^a-z0-9]+", " ", name.casefold())
    for pattern, task, goes_in, comes_out in _BY_NAME:
        if re.search(pattern, words):
            return [task], {"input": goes_in, "output": comes_out}
    known = ("text", "image", "audio", "video")
    inside = [kind for kind in known if kind in set(inputs)] or ["text"]
    out = [kind for kind in known if kind in set(outputs)] or ["text"]
    tasks = []
    if "text" in out:
        if inside == ["audio"]:
            tasks.append("automatic-speech-recognition")
        else:
            tasks += ["image-text-to-text"] if "image" in inside else []
            tasks.append("text-generation")
    if "image" in out:
        tasks += ["text-to-image", *(["image-to-image"] if "image" in inside else [])]
    if "video" in out:
        tasks += ["text-to-video"] if "text" in inside else ["image-to-video"]
    if out == ["audio"]:
        tasks.append("text-to-speech")
    return tasks, {"input": inside, "output": out}


FREE = "costs nothing there: a free tier or a subscription, which is no price"
PER_TOKEN = "looks like a price per token, where one per million tokens is due"
PER_MILLION = "looks like a price per million tokens, where one per token is due"
CHEAPEST, DEAREST = 0.0005, 10_000.0
"""US dollars per million tokens between which a price is believed."""


def token_offer(
    provider: str, given: tuple[object, object], *, per_token: bool, source: str, day: str
) -> dict[str, Any] | str:
    """Return the offer for prices of input and output tokens, or why they are none.

    Prices are US dollars, per token or per million tokens; text stays exact.

    >>> token_offer("x", ("0.000003", "0.000015"), per_token=True, source="s", day="2026-01-01")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'provider': 'x', 'unit': 'million-tokens', 'input_usd': 3, 'output_usd': 15, 'source': 's',
     'read_on': '2026-01-01'}
    """
    prices = [_usd(text, 1_000_000 if per_token else 1) for text in given]
    if None in prices:
        return "its price is not stated for both input and output"
    if any(price is not None and price < 0 for price in prices):
        return "its price changes with the request"
    asked = [price for price in prices if price]
    if not asked:
        return FREE
    if max(asked) > DEAREST:
        return PER_MILLION if per_token else "asks over 10,000 dollars per million tokens"
    if min(asked) < CHEAPEST:
        return "asks next to nothing per million tokens" if per_token else PER_TOKEN
    return {
        "provider": clean_name(provider),
        "unit": "million-tokens",
        "input_usd": prices[0],
        "output_usd": prices[1],
        "source": source,
        "read_on": day,
    }


def unit_offer(
    provider: str, price: object, unit: str, factor: int, *, source: str, day: str
) -> dict[str, Any] | str:
    """Return the offer for one price in US dollars, times `factor` to reach the unit."""
    usd = _usd(price, factor)
    if usd is None or usd < 0:
        return "its price is not stated"
    if not usd:
        return FREE
    return {
        "provider": clean_name(provider),
        "unit": unit,
        "usd": usd,
        "source": source,
        "read_on": day,
    }


def _usd(given: object, factor: int) -> float | None:
    """Return a price times a factor, computed in decimals, or None for what is no number."""
    try:
        number = Decimal(str(given)) * factor
    except InvalidOperation:
        return None
    if given is None or isinstance(given, bool) or not number.is_finite():
        return None
    usd = float(round(number, 9))
    return int(usd) if usd.is_integer() else usd


MAKERS = (
    (r"claude", "Anthropic"),
    (r"gpt|o[1345]|chatgpt|dall-e|davinci|text-embedding-(3|ada)|codex|sora|whisper", "OpenAI"),
    (r"gemini|gemma|imagen|veo|palm", "Google DeepMind"),
    (r"(meta-)?llama|codellama", "Meta"),
    (r"mistral|mixtral|ministral|codestral|devstral|magistral|pixtral|voxtral", "Mistral AI"),
    (r"qwen|qwq|qvq", "Alibaba Qwen"),
    (r"deepseek", "DeepSeek"),
    (r"grok", "xAI"),
    (r"kimi|moonlight", "Moonshot AI"),
    (r"glm|chatglm", "Z.ai"),
    (r"minimax", "MiniMax"),
    (r"command|aya|cohere", "Cohere"),
    (r"phi|wizardlm", "Microsoft"),
    (r"nova|titan", "Amazon"),
    (r"nemotron", "NVIDIA"),
    (r"granite", "IBM"),
    (r"flux", "Black Forest Labs"),
    (r"stable-?diffusion|sd[0-9x]|sdxl", "Stability AI"),
    (r"sonar", "Perplexity"),
    (r"jamba", "AI21 Labs"),
    (r"ernie", "Baidu"),
    (r"hunyuan", "Tencent"),
    (r"mimo", "Xiaomi"),
    (r"step", "StepFun"),
    (r"voyage", "Voyage AI"),
    (r"seed|doubao", "ByteDance"),
    (r"yi", "01.AI"),
    (r"falcon", "TII"),
    (r"olmo", "Ai2"),
    (r"hermes", "Nous Research"),
    (r"moondream", "vikhyat / M87 Labs"),
)
"""Families that belong to one maker, as their names begin; the makers as the built-in cards write them."""


def family_maker(name: str) -> str | None:
    """Return who makes the family a name begins with, or None where that is not common knowledge.

    >>> family_maker("Claude Sonnet 4"), family_maker("o3-mini"), family_maker("Phind CodeLlama")
    ('Anthropic', 'OpenAI', None)
    """
    plain = re.sub(r"[\s_/]+", "-", name.strip().casefold())
    return next((maker for start, maker in MAKERS if re.match(rf"({start})(?![a-z])", plain)), None)


ORGANISATIONS = {
    "anthropic": "Anthropic", "black-forest-labs": "Black Forest Labs", "deepseek-ai": "DeepSeek",
    "google": "Google DeepMind", "meta-llama": "Meta", "microsoft": "Microsoft",
    "mistralai": "Mistral AI", "openai": "OpenAI", "qwen": "Alibaba Qwen",
    "stabilityai": "Stability AI",
}  # fmt: skip
"""Names of organisations on the Hub, in lower case -> makers as the built-in cards write them."""


def maker_of(owner: str) -> str | None:
    """Return the maker behind the name of an owner; None for an empty one.

    >>> maker_of("mistralai"), maker_of("somebody"), maker_of("")
    ('Mistral AI', 'somebody', None)
    """
    return ORGANISATIONS.get(owner.casefold(), owner) or None


@cache
def licence_of(name: str) -> tuple[tuple[str, str], ...]:
    """Return the licence fields of a Hub licence word; empty when it says nothing.

    >>> dict(licence_of("apache-2.0"))["licence_class"], licence_of("unknown")
    ('permissive', ())
    """
    plain = name.strip().casefold()
    if plain in ("", "unknown", "other", "none", "n/a", "unlicense"):
        return ()
    for words, spdx, group, commercial in LICENCES:
        if plain in words:
            found = (("id", spdx), ("licence_class", group), ("commercial", commercial))
            return tuple((key, value) for key, value in found if value)
    reference = re.sub(r"[^A-Za-z0-9.]+", "-", name.strip()).strip("-.")
    return (("id", f"LicenseRef-{reference}"[: limits.NAME_CHARACTERS]),) if reference else ()


LICENCES: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("apache-2.0", "apache 2.0", "apache license 2.0"), "Apache-2.0", "permissive", "allowed"),
    (("mit", "mit license"), "MIT", "permissive", "allowed"),
    (("bsd-2-clause",), "BSD-2-Clause", "permissive", "allowed"),
    (("bsd-3-clause", "bsd"), "BSD-3-Clause", "permissive", "allowed"),
    (("isc",), "ISC", "permissive", "allowed"),
    (("cc0-1.0",), "CC0-1.0", "permissive", "allowed"),
    (("cc-by-4.0",), "CC-BY-4.0", "permissive", "allowed"),
    (("cc-by-sa-4.0",), "CC-BY-SA-4.0", "copyleft", "allowed"),
    (("gpl-3.0", "gpl"), "GPL-3.0-only", "copyleft", "allowed"),
    (("gpl-2.0",), "GPL-2.0-only", "copyleft", "allowed"),
    (("agpl-3.0",), "AGPL-3.0-only", "copyleft", "allowed"),
    (("lgpl-3.0", "lgpl"), "LGPL-3.0-only", "copyleft", "allowed"),
    (("mpl-2.0",), "MPL-2.0", "copyleft", "allowed"),
    (("cc-by-nc-4.0",), "CC-BY-NC-4.0", "research", "forbidden"),
    (("cc-by-nc-sa-4.0",), "CC-BY-NC-SA-4.0", "research", "forbidden"),
    (("cc-by-nc-nd-4.0",), "CC-BY-NC-ND-4.0", "research", "forbidden"),
    (("openrail",), "LicenseRef-OpenRAIL", "use-restricted", "allowed"),
    (("creativeml-openrail-m",), "LicenseRef-CreativeML-OpenRAIL-M", "use-restricted", "allowed"),
    (
        ("openrail++", "creativeml-openrail-m-plus-plus"),
        "LicenseRef-CreativeML-OpenRAIL-M-plus-plus",
        "use-restricted",
        "allowed",
    ),
    (("bigscience-openrail-m",), "LicenseRef-BigScience-OpenRAIL-M", "use-restricted", "allowed"),
    (
        ("bigscience-bloom-rail-1.0",),
        "LicenseRef-BigScience-BLOOM-RAIL-1.0",
        "use-restricted",
        "allowed",
    ),
    (("bigcode-openrail-m",), "LicenseRef-BigCode-OpenRAIL-M", "use-restricted", "allowed"),
    (("llama2",), "LicenseRef-Llama-2-Community", "community", "conditional"),
    (("llama3",), "LicenseRef-Llama-3-Community", "community", "conditional"),
    (("llama3.1",), "LicenseRef-Llama-3.1-Community", "community", "conditional"),
    (("llama3.2",), "LicenseRef-Llama-3.2-Community", "community", "conditional"),
    (("llama3.3",), "LicenseRef-Llama-3.3-Community", "community", "conditional"),
    (("llama4",), "LicenseRef-Llama-4-Community", "community", "conditional"),
    (("gemma",), "LicenseRef-Gemma", "community", "conditional"),
)
"""Words of the Hub -> SPDX id, class and commercial use; ids as the built-in cards write them."""


def day_of(text: object) -> str | None:
    """Return the day, month or year a foreign text begins with, or None when it cannot be one.

    A day in 1970 is what programs write that do not know.

    >>> day_of("2024-10-22T00:00:00.000Z"), day_of("2025-05"), day_of("1970-01-01"), day_of("soon")
    ('2024-10-22', '2025-05', None, None)
    """
    found = re.match(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?(?![0-9-])", str(text or "").strip())
    if found is None or found[0].startswith("1970"):
        return None
    try:
        return check_day(found[0])
    except ValueError:
        return None


def url_of(text: object) -> str | None:
    """Return an address if a card may hold it, else None."""
    given = str(text or "").strip()
    return given if len(given) <= 2_000 and re.fullmatch(URL_PATTERN, given) else None


def positive(number: object) -> int | None:
    """Return a whole number above zero; anything else means that it is not known."""
    whole = isinstance(number, (int, float)) and not isinstance(number, bool)
    if not whole or not 1 <= number <= limits.LARGEST_INTEGER:  # type: ignore[operator]
        return None
    return int(number)  # type: ignore[call-overload,no-any-return]


def as_text(value: Any) -> str:
    """Return any JSON value as a short text for a message."""
    return clean(value if isinstance(value, str) else json.dumps(value), 80)
