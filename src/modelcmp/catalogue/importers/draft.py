"""Foreign rows -> drafts of cards: what every importer does to names, prices, tasks and texts.

A draft is the plain data of a card without an id. Nothing here reads a file, a clock or the network.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
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
        loc_by_alias=False,
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
