"""Rows of any table -> cards: columns are found by their common names, or named by the user."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.importers.draft import (
    OWN,
    Draft,
    Imported,
    LeftOut,
    Wanted,
    as_text,
    clean,
    clean_name,
    day_of,
    find_task,
    new_card,
    positive,
    task_capability,
    url_of,
)
from modelcmp.catalogue.importers.knowledge import licence_of, maker_of
from modelcmp.catalogue.importers.prices import token_offer
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError, did_you_mean

METRICS = (
    "hf_downloads_30d",
    "hf_likes",
    "github_stars",
    "ollama_pulls",
    "api_providers",
    "derivatives",
)

NO_TASK = "says no task"

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "model_id", "modelid", "repo_id", "repo", "slug"),
    "name": ("name", "model_name", "model", "title"),
    "maker": ("maker", "owner", "author", "organization", "organisation", "org", "vendor", "company", "developer"),
    "summary": ("summary", "description", "abstract"),
    "task": ("task", "tasks", "pipeline_tag", "domain", "category"),
    "capability": ("capability", "functionality"),
    "aliases": ("aliases", "alias"),
    "licence": ("licence", "license"),
    "parameters": ("parameters", "params", "num_parameters", "parameter_count"),
    "open_weights": ("open_weights",),
    "context": ("context", "context_length", "context_window", "context_tokens", "max_input_tokens"),
    "max_output": ("max_output", "max_output_tokens"),
    "released": ("released", "release_date"),
    "url": ("url", "homepage", "link"),
    "provider": ("provider",),
    "input_usd": ("input_usd",),
    "output_usd": ("output_usd",),
    "input_usd_per_token": ("input_usd_per_token", "input_cost_per_token"),
    "output_usd_per_token": ("output_usd_per_token", "output_cost_per_token"),
    "hf_downloads_30d": ("hf_downloads_30d", "downloads_30d"),
    "hf_likes": ("hf_likes",),
    "github_stars": ("github_stars",),
    "ollama_pulls": ("ollama_pulls",),
    "api_providers": ("api_providers",),
    "derivatives": ("derivatives",),
    "day": ("as_of", "day"),
}  # fmt: skip
"""What a card can take from a column -> names of columns that mean it wherever they stand.

Downloads, likes and prices are taken unasked only where the name says of what, and per what.
"""


class Table(NamedTuple):
    """Rows as a file holds them, and what its columns mean."""

    rows: Sequence[tuple[str, Any]]
    """Where each row stands, and the row."""
    title: str
    """What the file is called as a source."""
    url: str | None = None
    columns: Mapping[str, str] = {}
    """Meaning -> column, as `parse_columns` gives them."""


def parse_columns(text: str) -> dict[str, str]:
    """Return the columns named by `meaning=column,...`; raises UsageError.

    `meaning=:text` is the same text for every row, and `meaning=` says that no column has it.

    >>> parse_columns("name=model, hf_likes=likes")
    {'name': 'model', 'hf_likes': 'likes'}
    """
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        meaning, equals, column = part.partition("=")
        if not equals or meaning.strip() not in COLUMNS:
            raise UsageError(
                f"--map {part}: the left side names what a card takes",
                hint=did_you_mean(meaning.strip(), COLUMNS) or f"there are {', '.join(COLUMNS)}",
            )
        found[meaning.strip()] = column.strip()
    return found


def source_key(title: str) -> str:
    """Return the key under which a table stands among a card's sources.

    >>> source_key("My Models (2026).jsonl")
    'import_my_models_2026_jsonl'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:60]
    return f"{OWN}{plain or 'table'}"


def read_payload(payload: Table, wanted: Wanted) -> Imported:
    """Return a card for each row that says what the model is called and what it is for."""
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    passed_over: list[LeftOut] = []
    for where, raw in payload.rows:
        if not isinstance(raw, dict):
            left_out.append(LeftOut(where, "is not an object (key: value)"))
            continue
        row = _Row({str(key): value for key, value in raw.items()}, payload.columns)
        full = clean_name(row.text("id") or row.text("name"))
        if not full:
            left_out.append(LeftOut(where, "says neither name nor id"))
        elif wanted.takes(full, row.text("name")):
            made = _draft(row, full, payload, wanted, where, passed_over)
            if isinstance(made, str):
                left_out.append(LeftOut(where, made))
            else:
                drafts.append(made)
    return Imported(tuple(drafts), tuple(left_out), tuple(passed_over))


def unused_columns(payload: Table) -> list[str]:
    """Return the columns that no card takes anything from."""
    every = {str(key) for _, row in payload.rows if isinstance(row, dict) for key in row}
    named = {column.partition(".")[0] or column for column in payload.columns.values()}
    common = {
        c for meaning, names in COLUMNS.items() if meaning not in payload.columns for c in names
    }
    return sorted(name for name in every if name not in named and name.casefold() not in common)


class _Row:
    """One row, asked by meaning."""

    def __init__(self, row: dict[str, Any], columns: Mapping[str, str]) -> None:
        self._row = row
        self._folded = {key.casefold(): value for key, value in row.items()}
        self._columns = columns

    def values(self, meaning: str) -> Iterator[Any]:
        """Yield what the columns of a meaning hold, the likeliest column first."""
        if meaning in self._columns:
            yield self._at(self._columns[meaning])
            return
        yield from (self._folded.get(name) for name in COLUMNS[meaning])

    def value(self, meaning: str) -> Any:
        """Return the first value that is there."""
        return next((value for value in self.values(meaning) if value not in (None, "")), None)

    def text(self, meaning: str) -> str:
        """Return a value as text, empty when there is none or it is a list or mapping."""
        value = self.value(meaning)
        return "" if value is None or isinstance(value, (list, dict)) else clean(value)

    def list(self, meaning: str) -> list[str]:
        """Return a value as names: a list as it is, text parted at commas."""
        value = self.value(meaning)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [name for part in parts if (name := clean_name(part))]

    def number(self, meaning: str) -> float | int | None:
        """Return a value as a number, also from the text of one."""
        value = self.value(meaning)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        plain = str(value or "").strip().replace("_", "").replace(",", "")
        if re.fullmatch(r"[0-9]{1,16}", plain):
            return int(plain)
        return float(plain) if re.fullmatch(r"[0-9]{1,16}\.[0-9]{1,16}", plain) else None

    def _at(self, column: str) -> Any:
        if column.startswith(":"):
            return column[1:]
        if not column or column in self._row:
            return self._row.get(column)
        value: Any = self._row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def _draft(
    row: _Row, full: str, table: Table, wanted: Wanted, where: str, passed_over: list[LeftOut]
) -> Draft | str:
    tasks = _tasks(row, wanted.registry)
    if not tasks:
        said = as_text(row.value("task")) if row.value("task") else ""
        return f"{said} is no task" if said else NO_TASK
    name = clean_name(row.text("name") or full.rpartition("/")[2])
    maker = maker_of(row.text("maker") or full.rpartition("/")[0])
    source = source_key(table.title)
    origin = {"title": clean_name(table.title), "url": url_of(table.url), "read_on": wanted.day}
    card = new_card(
        wanted.registry, name=name, maker=maker, tasks=tasks, summary=row.text("summary"),
        source=source, origin=origin,
    )  # fmt: skip
    card["aliases"] = [*([full] if "/" in full else []), *row.list("aliases")]
    capability = task_capability(wanted.registry, tasks[0], card["summary"], source)
    if title := clean_name(row.text("capability")):
        capability["title"] = title
    card["capabilities"] = [capability]
    card["links"] = {"home": url_of(row.text("url"))} if url_of(row.text("url")) else None
    _add_facts(card, row, source)
    _add_figures(card, row, full, source, wanted, where, passed_over)
    return Draft(card, where, full if "/" in full or not maker else f"{maker}/{full}")


def _tasks(row: _Row, registry: Registry) -> list[str]:
    """Return the tasks of the first column that names any, or that holds the name of one."""
    for value in row.values("task"):
        names = value if isinstance(value, list) else str(value or "").split(",")
        found = [task for name in names if (task := find_task(str(name), registry))]
        if found:
            return list(dict.fromkeys(found))
    for value in row.values("task"):
        words = f" {' '.join(str(value or '').casefold().split())} "
        held = [r for r in registry.tasks.values() if f" {r.name.casefold()} " in words]
        if held:
            return [max(held, key=lambda task: len(task.name)).id]
    return []


def _add_facts(card: dict[str, Any], row: _Row, source: str) -> None:
    if licence := dict(licence_of(row.text("licence"))):
        card["licence"] = {**licence, "source": source}
    if day := day_of(row.text("released")):
        card["released"] = {"day": day, "source": source}
    is_open = {"true": True, "false": False}.get(str(row.value("open_weights")).casefold())
    if is_open is not None:
        count = positive(row.number("parameters"))
        known = {"open": is_open, **({"parameters": count} if count else {})}
        card["weights"] = {**known, "source": source}
    limits = {
        "tokens": positive(row.number("context")),
        "max_output_tokens": positive(row.number("max_output")),
    }
    if any(limits.values()):
        card["context"] = {**{key: held for key, held in limits.items() if held}, "source": source}


def _add_figures(
    card: dict[str, Any], row: _Row, full: str, source: str, wanted: Wanted, where: str,
    passed_over: list[LeftOut],
) -> None:  # fmt: skip
    """Add what needs a day: the row's own, or the day the table was read."""
    metrics = []
    for name in METRICS:
        value = row.number(name)
        if isinstance(value, int):
            repository = {"repository": full} if "/" in full and name.startswith("hf_") else {}
            metrics.append(
                {"metric": name, "value": value, **repository, **_dated(row, source, wanted)}
            )
    card["metrics"] = metrics
    for suffix, per_token in (("", False), ("_per_token", True)):
        asked = (row.value(f"input_usd{suffix}"), row.value(f"output_usd{suffix}"))
        if asked != (None, None):
            dated = _dated(row, source, wanted)
            provider = row.text("provider") or row.text("maker") or card["name"]
            offer = token_offer(provider, asked, per_token=per_token, source=source, day="")
            if isinstance(offer, str):
                passed_over.append(LeftOut(where, offer))
            else:
                del offer["read_on"]
                card["pricing"] = {"offers": [{**offer, **dated}]}


def _dated(row: _Row, source: str, wanted: Wanted) -> dict[str, Any]:
    """Return source and day; a row may say "no later than" of its day."""
    said = row.text("day")
    latest = said.startswith("<=")
    if day := day_of(said.removeprefix("<=")):
        note = {"note": "The file dates it no later than this."} if latest else {}
        return {**note, "source": source, "as_of": day}
    return {"source": source, "read_on": wanted.get_day()}
