"""The whole catalogue for other tools: JSON lines, CSV, and the result files of the Hub.

These are promises: columns and keys are only added. Nothing here is rounded or worded for people but
what is so everywhere.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue.card import BenchmarkResult, ModelCard, Strict
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.facts import cheapest
from modelcmp.comparison.tables import Value
from modelcmp.render import Format
from modelcmp.render.clean import json_text, tsv, visible
from modelcmp.render.json import method_fields, model_fields
from modelcmp.render.tsv import columns_of
from modelcmp.scoring.quality import result_text
from modelcmp.scoring.rank import Method, RankedModel

if TYPE_CHECKING:
    from modelcmp.comparison.listing import Listing

EXPORT = "modelcmp/export/1"


class Column(NamedTuple):
    """One column of the CSV: its unit and what it holds. An empty cell is unknown."""

    name: str
    unit: str
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("id", "", "Id of the card."),
    Column("name", "", "Name as the maker writes it."),
    Column("maker", "", "Who made it."),
    Column("place", "", "Place by rank among the models exported; ties share one."),
    Column("rank", "points, 0 to 100", "The rank."),
    Column("rank_low", "points, 0 to 100", "The rank with all that is unknown at 0."),
    Column("rank_high", "points, 0 to 100", "The rank with all that is unknown at 100."),
    Column("coverage", "share, 0 to 1", "Share of the weight that rests on known facts."),
    Column("adoption", "points, 0 to 100", "Score of adoption; empty when nothing is known."),
    Column("quality", "points, 0 to 100", "Score of quality."),
    Column("ecosystem", "points, 0 to 100", "Score of the ecosystem."),
    Column("match", "points, 0 to 100", "Score of the match graph; empty without a search log."),
    Column("freshness", "points, 0 to 100", "Score of freshness."),
    Column("tasks", "Hugging Face task ids", "What it is for, separated by spaces."),
    Column("input", "modalities", "What goes in, separated by spaces."),
    Column("output", "modalities", "What comes out, separated by spaces."),
    Column("status", "", "active, superseded, deprecated or retired."),
    Column("released", "day, month or year", "First public release."),
    Column("licence", "SPDX expression or LicenseRef", "The terms it is under."),
    Column("licence_class", "", "Class of the scoring policy."),
    Column("commercial", "", "allowed, conditional, forbidden or disputed."),
    Column("open_weights", "true or false", "Whether anybody may download the weights."),
    Column("parameters", "parameters", "Total number."),
    Column("active_parameters", "parameters", "At work for one token."),
    Column("context_tokens", "tokens", "Context window."),
    Column("max_output_tokens", "tokens", "Longest answer."),
    Column("price_usd", "US dollars per price_unit", "The dearer amount of the cheapest offer."),
    Column("price_unit", "", "million-tokens, image, minute, million-characters or month."),
    Column("price_input_usd", "US dollars per million tokens", "Input price of that offer."),
    Column("price_output_usd", "US dollars per million tokens", "Output price of that offer."),
    Column("price_provider", "", "Who makes that offer."),
    Column("price_day", "day, month or year", "Day the price speaks for, or was read on."),
    Column("capabilities", "count", "Capabilities described."),
    Column("benchmarks", "count", "Results stated."),
    Column("times_matched", "searches", "Searches of the loaded log it was matched with."),
    Column("profile", "", "Weight profile of the rank."),
    Column("method", "", "Hash of constants and profile; ranks of two hashes do not compare."),
    Column("as_of", "day", "Day the rank speaks for."),
)
"""Every column of the CSV, in its order."""


def render_jsonl(listing: Listing) -> str:
    """Return one JSON object a line: the rank with its breakdown, and the whole card as it stands."""
    lines = []
    for model in listing.models:
        line = {
            "schema": EXPORT,
            **method_fields(listing.method),
            "place": listing.places[model.card.id],
            **model_fields(model, listing.method),
            "card": plain(model.card),
        }
        lines.append(json_text(json.dumps(line, ensure_ascii=False, allow_nan=False)))
    return "".join(f"{line}\n" for line in lines)


def plain(part: Any) -> Any:
    """Return a card as plain values; what it leaves out is left out."""
    if isinstance(part, Strict):
        told = {name: plain(getattr(part, name)) for name in part.__dataclass_fields__}
        fields = part.__dataclass_fields__
        return {
            name: value
            for name, value in told.items()
            if value not in (None, {}) and not (value == [] and fields[name].default == ())
        }
    if isinstance(part, dict):
        return {key: plain(value) for key, value in part.items()}
    return [plain(item) for item in part] if isinstance(part, tuple) else part


def render_csv(listing: Listing) -> str:
    """Return one line per model under a line of names, quoted as RFC 4180 says, lines ending in LF.

    Text that a spreadsheet would run as a formula gets a quote mark before it; numbers do not.
    """
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in COLUMNS])
    for model in listing.models:
        values = _values(model, listing.places[model.card.id], listing.method)
        writer.writerow([_cell(values[column.name]) for column in COLUMNS])
    return stream.getvalue()


def _values(model: RankedModel, place: int, method: Method) -> dict[str, Value]:
    card = model.card
    offer = cheapest(card)
    return {
        **columns_of(model, place),
        "input": " ".join(card.modalities.input),
        "output": " ".join(card.modalities.output),
        "status": card.status,
        "licence_class": card.licence.licence_class if card.licence else None,
        "active_parameters": card.weights.active_parameters if card.weights else None,
        "max_output_tokens": card.context.max_output_tokens if card.context else None,
        "price_input_usd": offer.input_usd if offer else None,
        "price_output_usd": offer.output_usd if offer else None,
        "price_provider": offer.provider if offer else None,
        "price_day": (offer.as_of or offer.read_on) if offer else None,
        "benchmarks": len(card.benchmarks),
        "profile": method.profile.id,
        "method": method.hash,
        "as_of": method.as_of,
    }


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return tsv(value) if isinstance(value, str) else f"{value:.15g}"


def render_eval_results(listing: Listing) -> str:
    """Return a YAML stream: one document per model with results that the Hub has a leaderboard for."""
    registry = listing.method.circumstances.registry
    parts = [result_file(model.card, registry) for model in listing.models]
    return "".join(f"---\n{part}" for part in parts if part)


def result_file(card: ModelCard, registry: Registry) -> str:
    """Return the results of one card as the Hub reads them from `.eval_results/`; empty for none.

    Format: https://huggingface.co/docs/hub/eval-results
    """
    entries = [
        _entry(card, result, row.hub_dataset, row.hub_task)
        for result in card.benchmarks
        if (row := registry.find_row(result)) and row.hub_dataset and row.hub_task
    ]
    if not entries:
        return ""
    repository = (card.links.weights or "").partition("https://huggingface.co/")[2]
    name = f"{card.id} ({repository})" if repository else card.id
    return f"# {visible(name)}\n{''.join(entries)}"


def unplaced_results(card: ModelCard, registry: Registry) -> int:
    """Return how many results of a card the Hub has no leaderboard for."""
    rows = [registry.find_row(result) for result in card.benchmarks]
    return sum(row is None or row.hub_dataset is None for row in rows)


def _entry(card: ModelCard, result: BenchmarkResult, dataset: str, task: str) -> str:
    lines = [
        f"- dataset:\n    id: {_quoted(dataset)}\n    task_id: {_quoted(task)}",
        f"  value: {result.value:.15g}",
    ]
    # The day an undated page was read is not the day of the measurement.
    if result.as_of and len(result.as_of) == len("2026-11-23"):
        lines.append(f"  date: {_quoted(result.as_of)}")
    source = card.sources[result.source]
    if source.url:
        lines.append(
            f"  source:\n    url: {_quoted(source.url)}\n    name: {_quoted(source.title)}"
        )
    lines.append(f"  notes: {_quoted('; '.join(_notes(result)))}")
    return "".join(f"{line}\n" for line in lines)


def _notes(result: BenchmarkResult) -> Iterator[str]:
    yield result_text(result)
    yield f"measured by: {result.tier}"
    if result.read_on:
        yield f"page read {result.read_on}"
    if result.note:
        yield result.note.rstrip(".")


def _quoted(text: str) -> str:
    """Return text as a double-quoted scalar, which YAML and JSON write alike."""
    return json.dumps(visible(text), ensure_ascii=False)


class Export(NamedTuple):
    """One row: a format, and the function that writes it."""

    format: Format
    render: Callable[[Listing], str]


EXPORTS: dict[str, Export] = {
    row.format.id: row
    for row in (
        Export(
            Format("jsonl", (".jsonl", ".ndjson"), "one JSON object per model and line", True),
            render_jsonl,
        ),
        Export(
            Format("csv", (".csv",), "one line per model, for spreadsheets and data frames", True),
            render_csv,
        ),
        Export(
            Format(
                "eval-results",
                (".yaml", ".yml"),
                "results as the Hub reads them from .eval_results/; -o FOLDER writes one file per model",
                True,
            ),
            render_eval_results,
        ),
    )
}
"""What `export` writes."""
