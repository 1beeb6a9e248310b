"""What `--strict` doubts: each rule on both sides of its line, with the place it points at."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conftest import AS_OF, card_fields

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.checking import check_card
from modelcmp.catalogue.codes import CODES, SEVERITIES
from modelcmp.catalogue.fields import find_look_alike
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.reader import parse_yaml, read_otherwise
from modelcmp.catalogue.registry import Registry
from modelcmp.catalogue.strict import Surroundings, check_strictly
from modelcmp.errors import CardProblem

NAMES = {"one": "one", "other": "other", "the other": "other"}
FIGURE = {"metric": "hf_likes", "value": 1, "source": "page"}
RESULT = {"tier": "maker", "source": "page", "as_of": "2025-01-01"}
OFFER = {"provider": "P", "unit": "million-tokens", "source": "page", "as_of": "2026-01-01"}
CLAIM = {"id": "c", "kind": "interface", "title": "T", "description": "D", "claim": "unsourced"}


def doubts(registry: Registry, **changes: Any) -> list[CardProblem]:
    """Return what is doubtful about the smallest card with these fields; it must be valid."""
    text = json.dumps(card_fields(**changes), ensure_ascii=False)
    document = parse_yaml(text.encode(), "one.yaml")
    assert check_card(document, registry) == []
    card = build(ModelCard, document.value)
    return check_strictly(document, card, Surroundings(registry, AS_OF, NAMES))


def codes(registry: Registry, **changes: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in doubts(registry, **changes)]


def test_a_plain_card_is_not_doubted(registry: Registry) -> None:
    assert doubts(registry) == []


def context(tokens: int, longest: int) -> dict[str, Any]:
    return {"context": {"tokens": tokens, "max_output_tokens": longest, "source": "page"}}


def offers(*amounts: float, unit: str = "million-tokens") -> dict[str, Any]:
    names = ("input_usd", "output_usd") if unit == "million-tokens" else ("usd",)
    rows = [{**OFFER, "unit": unit, **dict.fromkeys(names, amount)} for amount in amounts]
    return {"pricing": {"offers": rows}}


def results(**fields: Any) -> dict[str, Any]:
    return {"benchmarks": [{**RESULT, **fields}]}


def capability(**fields: Any) -> dict[str, Any]:
    return {"capabilities": [{**CLAIM, "tag": "streaming", **fields}]}


MMLU = {"name": "MMLU", "metric": "accuracy"}
ASR = {"name": "Open ASR Leaderboard", "version": "English", "metric": "average word error rate"}
ARENA = {"name": "LMArena text", "version": "overall", "metric": "rating"}
INPUT = "pricing.offers[1].input_usd"

GOOD: list[dict[str, Any]] = [
    context(1000, 1000),
    offers(0.0),
    offers(0.001, 0.5),
    offers(600),
    offers(30, unit="million-characters"),
    offers(0.003, unit="image"),
    results(**MMLU, value=0.0),
    results(**MMLU, value=100.0),
    results(**ASR, value=0.0),
    results(**ASR, value=120.0),
    results(**ARENA, value=1500.0),
    capability(alternatives=[{"model": "other", "text": "t"}]),
    capability(alternatives=[{"text": "t"}]),
    capability(tag="x-own-idea"),
    {"variants": [{"name": "V", "model": "one", "source": "page"}]},
    {"metrics": [{**FIGURE, "as_of": "2026-11"}]},
    {"metrics": [{**FIGURE, "as_of": AS_OF}]},
    {"released": {"day": "2026", "source": "page"}},
    {"summary": "Москва, μP und naïve Façade."},
    {"summary": "می\u200cخواهم"},
]
BAD: list[tuple[dict[str, Any], str, str]] = [
    (context(1000, 1001), "output-over-context", "context.max_output_tokens"),
    ({"tasks": ["text-to-image"]}, "task-modality", "tasks[1]"),
    ({"modalities": {"input": ["image"], "output": ["text"]}}, "task-modality", "tasks[1]"),
    ({"metrics": [{**FIGURE, "as_of": "2026-11-24"}]}, "future-day", "metrics[1].as_of"),
    ({"metrics": [{**FIGURE, "read_on": "2026-12"}]}, "future-day", "metrics[1].read_on"),
    ({"released": {"day": "2027", "source": "page"}}, "future-day", "released.day"),
    (offers(0.00000015), "price-unit", INPUT),
    (offers(150_000), "price-unit", INPUT),
    (offers(0.5, 0.6, 900), "price-unit", "pricing.offers[3].input_usd"),
    (offers(0.000015, unit="million-characters"), "price-unit", "pricing.offers[1].usd"),
    (offers(1000, unit="image"), "price-unit", "pricing.offers[1].usd"),
    (results(**MMLU, value=100.5), "benchmark-range", "benchmarks[1].value"),
    (results(**MMLU, value=-1.0), "benchmark-range", "benchmarks[1].value"),
    (results(**MMLU, value=0.71), "benchmark-range", "benchmarks[1].value"),
    (results(**ASR, value=-0.1), "benchmark-range", "benchmarks[1].value"),
    (results(**ARENA, value=71.0), "benchmark-range", "benchmarks[1].value"),
    (results(**MMLU, value=90.0, low=80.0, high=101.0), "benchmark-range", "benchmarks[1].high"),
    (results(name="MMLU", metric="score", value=9.0), "benchmark-key", "benchmarks[1].name"),
    (results(name="Own test", value=9.0), "unknown-benchmark", "benchmarks[1].name"),
    (capability(tag="x-"), "untagged-capability", "capabilities[1].tag"),
    (capability(tag="x-streaming"), "untagged-capability", "capabilities[1].tag"),
    (
        capability(alternatives=[{"text": "t"}, {"model": "nobody", "text": "t"}]),
        "unknown-model",
        "capabilities[1].alternatives[2].model",
    ),
    (
        {"variants": [{"name": "V", "model": "gone", "source": "page"}]},
        "unknown-model",
        "variants[1].model",
    ),
    ({"metrics": [{**FIGURE, "as_of": "2026"}]}, "undated-figure", "metrics[1].as_of"),
    ({"summary": "A S\u043era clone."}, "mixed-script", "summary"),
    ({"summary": "Two\u200bwords."}, "invisible-character", "summary"),
    ({"best_for": ["a\u200db"]}, "invisible-character", "best_for[1]"),
]  # fmt: skip


@pytest.mark.parametrize("changes", GOOD, ids=range(len(GOOD)))
def test_what_can_be_true_passes(registry: Registry, changes: dict[str, Any]) -> None:
    assert doubts(registry, **changes) == []


@pytest.mark.parametrize(("changes", "code", "field"), BAD, ids=range(len(BAD)))
def test_what_can_hardly_be_true_is_doubted(
    registry: Registry, changes: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) in codes(registry, **changes)
    assert {found for found, _ in codes(registry, **changes)} == {code}


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        (offers(0.00000015), "if that is the price of one token, write 0.15"),
        (offers(150_000), "if the amount was multiplied twice, write 0.15"),
        (results(name="MMMLU", value=1.0), "did you mean MMLU? Else it is shown and never scored"),
        (results(name="GenEval", metric="acc", value=1.0), "the registry has GenEval (overall)"),
        (capability(alternatives=[{"model": "othr", "text": "t"}]), "did you mean other?"),
    ],
)
def test_a_hint_says_what_was_meant(registry: Registry, changes: Any, hint: str) -> None:
    assert doubts(registry, **changes)[0].hint == hint


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        *((word, "true") for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON")),
        *((word, "false") for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF")),
        ("1:30", "a number of base 60"),
        ("190:20:30.5", "a number of base 60"),
        ("010", "a number of another base"),
        ("0o10", "a number of another base"),
        ("0x1F", "a number of another base"),
        ("1_000", "a number"),
        ("2024-01-02", "a date"),
        ("2024-1-2T03:04:05Z", "a date"),
        ("=", "an error"),
        *((word, None) for word in ("oN", "none", "north", "2024-10", "1:70", "a:b", "-x", "")),
    ],
)
def test_what_other_tools_read(text: str, reading: str | None) -> None:
    assert read_otherwise(text) == reading


@pytest.mark.parametrize(
    ("line", "field", "at"),
    [
        ("name: no", "name", (2, 7)),
        ("name: 010", "name", (2, 7)),
        ("name: 1:30", "name", (2, 7)),
        ("name: x\naliases: [on, ok]", "aliases[1]", (3, 11)),
        ("name: x\nweights: {open: true, parameters: 3, source: y}", "weights.source", (3, 46)),
    ],
)
def test_plain_text_read_otherwise_is_pointed_at(
    registry: Registry, line: str, field: str, at: tuple[int, int]
) -> None:
    rest = card_fields()
    del rest["id"], rest["name"]
    rest["sources"]["y"] = {"title": "Y"}
    tail = "\n".join(f"{key}: {json.dumps(value)}" for key, value in rest.items())
    document = parse_yaml(f"id: one\n{line}\n{tail}\n".encode(), "one.yaml")
    card = build(ModelCard, document.value)
    found = check_strictly(document, card, Surroundings(registry, AS_OF, NAMES))
    assert [(p.code, p.field, p.line, p.column) for p in found] == [("yaml-1.1", field, *at)]
    quoted = json.dumps(document.value)
    assert parse_yaml(quoted.encode(), "one.yaml").otherwise == []


def test_plain_days_are_told_of_once_a_file() -> None:
    document = parse_yaml(b"a: {day: 2024-01-02}\nb: {as_of: 2024-01-03}\nc: 2024-01-04\n", "f")
    assert [text for _, text, _ in document.otherwise] == [
        "2024-01-02", "2024-01-03", "2024-01-04",
    ]  # fmt: skip


def test_a_name_that_mixes_alphabets_is_refused(registry: Registry) -> None:
    for name, good in (("Sora", True), ("S\u043era", False), ("Сора", True), ("μP", True)):
        text = json.dumps(card_fields(name=name)).encode()
        problems = check_card(parse_yaml(text, "one.yaml"), registry)
        assert (problems == []) is good
        assert good or "U+043E" in problems[0].message
    assert find_look_alike("plain") is None


def test_every_code_says_what_it_means() -> None:
    for code in CODES.values():
        assert code.severity in SEVERITIES
        assert code.meaning.endswith(".")
        assert code.hint


def test_every_problem_of_a_schema_has_a_code(registry: Registry) -> None:
    card = card_fields(nme="x", metrics=[{**FIGURE, "source": "gone"}], summary=3)
    problems = check_card(parse_yaml(json.dumps(card).encode(), "one.yaml"), registry)
    assert {p.code for p in problems} == {"unknown-field", "bad-value"}
    card = card_fields(metrics=[{**FIGURE, "source": "gone"}])
    problems = check_card(parse_yaml(json.dumps(card).encode(), "one.yaml"), registry)
    assert {p.code for p in problems} == {"unknown-source", "undated"}


def test_built_in_cards_pass_strictly() -> None:
    catalogue = load_catalogue(cache=None)
    cards = catalogue.load_all().cards
    names = {card.id: card.id for card in cards}
    around = Surroundings(catalogue.registry, catalogue.as_of, names)
    found: list[str] = []
    for model, path in catalogue.paths().items():
        document = parse_yaml(path.read_bytes(), path.name)
        problems = check_strictly(document, catalogue.get(model), around)
        found += [str(p) for p in problems if CODES[p.code].severity != "notice"]
    assert found == []
