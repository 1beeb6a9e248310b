"""Results published on the Hub -> results of a card, under keys of our registry of benchmarks alone.

A result is independent only where the Hub's mark of verification stands beside it with its proof; its
signature is not checked here. All else is its maker's word.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.importers.draft import (
    LeftOut,
    Wanted,
    as_text,
    clean,
    clean_name,
    day_of,
    url_of,
)
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.errors import CardError

CARD_SOURCE = "import_hub_card"
RESULT_SOURCE = "import_hub_results"
PAGE = "https://huggingface.co/"

DATASETS = {
    "tiger-lab/mmlu-pro": "MMLU-Pro", "mmlu_pro": "MMLU-Pro",
    "cais/mmlu": "MMLU", "hendrycks_test": "MMLU", "hendryckstest": "MMLU",
    "edinburgh-dawg/mmlu-redux": "MMLU-Redux",
    "idavidrein/gpqa": "GPQA", "gpqa": "GPQA",
    "huggingfaceh4/ifeval": "IFEval", "google/ifeval": "IFEval",
    "openai_humaneval": "HumanEval", "openai/openai_humaneval": "HumanEval",
    "openai/gsm8k": "GSM8K", "rowan/hellaswag": "HellaSwag",
    "huggingfaceh4/math-500": "MATH-500", "huggingfaceh4/aime_2024": "AIME 2024",
    "mmmu/mmmu": "MMMU", "mmmu/mmmu_pro": "MMMU-Pro", "lmms-lab/docvqa": "DocVQA",
    "lmms-lab/textvqa": "TextVQA", "huggingfacem4/chartqa": "ChartQA", "ai4math/mathvista": "MathVista",
}  # fmt: skip
"""Data sets of the Hub -> names of our registry; a data set may also carry the registry's own name."""

SPLITS = {"validation": "val", "val": "val", "test": "test", "testmini": "testmini"}
MEASURES = {
    "accuracy": ("accuracy", "acc", "acc_norm", "exact_match", "strict_acc"),
    "pass@1": ("pass@1", "pass_at_1", "pass@k"),
    "ANLS": ("anls",),
    "relaxed accuracy": ("relaxed_accuracy", "relaxed_acc"),
    "F1": ("f1",),
    "overall": ("overall",),
    "score": ("score",),
    "average": ("average",),
}
"""Measures of the registry -> how the Hub writes them."""


class Result(NamedTuple):
    """One published result as the Hub tells it, before our registry is asked."""

    dataset: str
    name: str
    split: str
    measure: str | None
    value: Any
    shots: int | None
    verified: bool
    day: str | None
    url: str | None
    note: str
    source: str


class Told(NamedTuple):
    """The results of one repository as the Hub tells them."""

    where: str
    """The repository, as owner/name."""
    entries: Sequence[Any]
    """Entries of `model-index`, from the API or the front matter."""
    files: Sequence[Any]
    """Entries of `.eval_results`, from the API or the files themselves."""


def read_results(
    told: Told, wanted: Wanted, sources: dict[str, Any], passed_over: list[LeftOut]
) -> list[dict[str, Any]]:
    """Return the results the registry knows, and add the sources they have to those of their card.

    What it does not know, or what is no result, is passed over.
    """
    results = [*_of_index(told), *_of_files(told, passed_over)]
    return _benchmarks(results, told.where, wanted, sources, passed_over)


def _of_index(told: Told) -> Iterator[Result]:
    for entry in told.entries:
        for result in _dicts(entry, "results"):
            dataset = _dict(result, "dataset")
            arguments = _dict(dataset, "args")
            for metric in _dicts(result, "metrics"):
                yield Result(
                    str(dataset.get("type") or ""),
                    str(dataset.get("name") or ""),
                    str(dataset.get("split") or ""),
                    str(metric.get("type") or ""),
                    metric.get("value"),
                    _shots(arguments, str(dataset.get("name") or "")),
                    metric.get("verified") is True and bool(metric.get("verifyToken")),
                    None,
                    url_of(_dict(result, "source").get("url")),
                    clean_name(_dict(result, "source").get("name") or ""),
                    CARD_SOURCE,
                )


def _of_files(told: Told, passed_over: list[LeftOut]) -> Iterator[Result]:
    for item in told.files:
        entry = item.get("data", item) if isinstance(item, dict) else {}
        dataset = _dict(entry, "dataset")
        if not dataset:
            passed_over.append(LeftOut(told.where, "a file of results that names no data set"))
            continue
        part = dataset.get("task_id") if dataset.get("task_id") != "default" else None
        yield Result(
            str(dataset.get("id") or ""),
            str(dataset.get("task_id") or ""),
            "",
            None,
            entry.get("value"),
            None,
            bool(entry.get("verifyToken")),
            day_of(entry.get("date")),
            url_of(_dict(entry, "source").get("url")),
            clean("; ".join(str(word) for word in (part, entry.get("notes")) if word)),
            RESULT_SOURCE,
        )


def _dict(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _dicts(value: Any, key: str) -> list[dict[str, Any]]:
    inner = value.get(key) if isinstance(value, dict) else None
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def _shots(arguments: dict[str, Any], name: str) -> int | None:
    stated = arguments.get("num_few_shot")
    if isinstance(stated, int) and not isinstance(stated, bool) and stated >= 0:
        return stated
    found = re.search(r"\(?(\d{1,3})[- ]shot", name, re.IGNORECASE)
    return int(found[1]) if found else None


def _benchmarks(
    results: Sequence[Result],
    where: str,
    wanted: Wanted,
    sources: dict[str, Any],
    passed_over: list[LeftOut],
) -> list[dict[str, Any]]:
    """Return the results the registry knows; of several for one key the proven one, then the first."""
    taken: dict[tuple[Any, ...], dict[str, Any]] = {}
    for result in sorted(results, key=lambda one: not one.verified):
        told = f"{result.dataset or result.name or 'a result'} {result.measure or ''}".strip()
        row = _row_of(result, wanted.registry)
        if row is None:
            passed_over.append(LeftOut(where, f"{as_text(told)} is no benchmark of the registry"))
            continue
        made = _benchmark(result, row, wanted)
        if isinstance(made, str):
            passed_over.append(LeftOut(where, f"{as_text(told)}: {made}"))
            continue
        key = tuple(made.get(field) for field in ("name", "version", "metric", "shots"))
        if key in taken:
            passed_over.append(LeftOut(where, f"{as_text(told)} is given more than once"))
            continue
        made["source"] = _source_of(result, where, wanted, sources)
        taken[key] = made
    return sorted(taken.values(), key=lambda made: (made["name"], str(made.get("version"))))


def _row_of(result: Result, registry: Registry) -> Benchmark | None:
    """Return the registry's row for a result: by data set, measure and split, without a guess."""
    bare = re.sub(r"\s*\(?\d+[- ]shot\)?", "", result.name, flags=re.IGNORECASE).strip().casefold()
    named = {row.name.casefold(): row.name for row in registry.benchmarks}
    name = (
        DATASETS.get(result.dataset.casefold())
        or named.get(result.dataset.casefold())
        or named.get(bare)
    )
    rows = [row for row in registry.benchmarks if row.name == name]
    if result.measure is not None:
        said = result.measure.casefold()
        rows = [
            row for row in rows if said in (row.metric.casefold(), *MEASURES.get(row.metric, ()))
        ]
    split = SPLITS.get(result.split.casefold())
    plain = [row for row in rows if row.version is None]
    fitting = plain or [row for row in rows if row.version == (split or row.version)]
    if not plain and len({row.version for row in fitting}) > 1:
        return None
    exact = [row for row in fitting if row.shots == result.shots]
    return next(iter(exact or [row for row in fitting if row.shots is None]), None)


def _benchmark(result: Result, row: Benchmark, wanted: Wanted) -> dict[str, Any] | str:
    value = result.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "its value is no number"
    if row.floor is None or row.ceiling is None:
        return "a rating is taken from its own board only"
    top = max(row.floor, row.ceiling)
    notes = [result.note]
    if top == 100 and 0 < value <= 1:
        value, notes = round(value * 100, 6), [*notes, "Stated as a share of 1."]
    elif top == 1 and 1 < value <= 100:
        value, notes = round(value / 100, 6), [*notes, "Stated in per cent."]
    if not 0 <= value <= top:
        return f"{value:g} lies outside its range"
    if result.verified:
        notes.append("Marked as verified by the Hub.")
    made: dict[str, Any] = {"name": row.name, "version": row.version, "metric": row.metric}
    made |= {"shots": result.shots, "value": value}
    made["tier"] = "independent" if result.verified else "maker"
    made["note"] = clean("; ".join(filter(None, notes)))
    made |= {"as_of": result.day} if result.day else {"read_on": wanted.get_day()}
    return {key: held for key, held in made.items() if held not in (None, "")}


def _source_of(result: Result, where: str, wanted: Wanted, sources: dict[str, Any]) -> str:
    """Return the key of a result's source: the page it names, or the file that holds it."""
    titles = {CARD_SOURCE: "Model card of", RESULT_SOURCE: "Evaluation results of"}
    url = result.url or f"{PAGE}{where}"
    title = f"{titles[result.source]} {where}"
    for key, held in sources.items():
        if key.startswith(result.source) and held.get("url") == url:
            return key
    number = sum(key.startswith(result.source) for key in sources) + 1
    key = result.source if number == 1 else f"{result.source}_{number}"
    sources[key] = {"title": clean_name(title), "url": url, "read_on": wanted.get_day()}
    return key


def read_yaml(text: str, where: str, passed_over: list[LeftOut]) -> Any:
    """Return the plain values of a YAML text, or None and a word on what is wrong with it."""
    try:
        return parse_yaml(text.encode("utf-8", "replace"), where).value
    except CardError as error:
        passed_over += [LeftOut(where, problem.message) for problem in error.problems[:1]]
        return None
