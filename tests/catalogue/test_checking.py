"""Cards against their classes, the rules between fields, and the editor's schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from modelcmp.catalogue import limits
from modelcmp.catalogue.checking import card_schema, check_card, check_shape
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import CardProblem

Change = dict[str, Any]
LEFT_OUT = "<left out>"

MINIMAL: Change = {
    "id": "one",
    "name": "One",
    "maker": "Maker",
    "summary": "A model for a test.",
    "tasks": ["text-generation"],
    "modalities": {"input": ["text"], "output": ["text"]},
    "sources": {"page": {"title": "A page", "url": "https://example.org/page"}},
}

DAY = "2026-11-23"


def metric(**changes: Any) -> Change:
    """Return a card's `metrics` of one valid figure, changed."""
    plain = {"metric": "hf_likes", "value": 1, "source": "page", "as_of": DAY}
    return {"metrics": [without_left_out({**plain, **changes})]}


def result(**changes: Any) -> Change:
    """Return a card's `benchmarks` of one valid result, changed."""
    plain = {"name": "Test", "value": 1, "tier": "maker", "source": "page", "as_of": DAY}
    return {"benchmarks": [without_left_out({**plain, **changes})]}


def offer(**changes: Any) -> Change:
    """Return a card's `pricing` of one valid offer per image, changed."""
    plain = {"provider": "P", "unit": "image", "usd": 1, "source": "page", "as_of": DAY}
    return {"pricing": {"offers": [without_left_out({**plain, **changes})]}}


def capability(**changes: Any) -> Change:
    """Return a card's `capabilities` of one valid task, changed."""
    plain = {
        "id": "writing",
        "kind": "task",
        "tag": "text-generation",
        "title": "Writing",
        "description": "Writes.",
        "claim": "stated",
        "source": "page",
    }
    return {"capabilities": [without_left_out({**plain, **changes})]}


def capabilities(count: int) -> Change:
    """Return a card's `capabilities` of so many valid ones."""
    many = [capability(id=f"c{number}")["capabilities"][0] for number in range(count)]
    return {"capabilities": many}


def without_left_out(plain: Change) -> Change:
    """Return the values that are there."""
    return {key: value for key, value in plain.items() if value != LEFT_OUT}


def card_with(change: Change) -> Change:
    """Return the smallest valid card with some top-level fields changed."""
    return without_left_out({**copy.deepcopy(MINIMAL), **change})


@pytest.fixture
def check(registry: Registry) -> Callable[[Change], list[CardProblem]]:
    """Return a function from changed fields to the problems of the card."""

    def problems(change: Change) -> list[CardProblem]:
        text = json.dumps(card_with(change), ensure_ascii=False, indent=1)
        return check_card(parse_yaml(text.encode(), "one.yaml"), registry)

    return problems


@pytest.fixture
def check_text(registry: Registry) -> Callable[[str], list[CardProblem]]:
    """Return a function from the text of a card to its problems."""
    return lambda text: check_card(parse_yaml(text.encode(), "one.yaml"), registry)


@pytest.fixture(scope="module")
def schema(registry: Registry) -> jsonschema.Draft202012Validator:
    """Return a validator made of the schema that editors get."""
    return jsonschema.Draft202012Validator(card_schema(registry))


# --- Accepted, by the checker and by the editor's schema

LONG_URL = "https://a.b/" + "x" * 1_988

ACCEPTED: dict[str, Change] = {
    "smallest": {},
    "everything": {
        "aliases": ["uno", "no", "010"],
        "released": {"day": "2024-02-29", "source": "page", "note": "First."},
        "maintained": {"day": "2025", "source": "page"},
        "status": "superseded",
        "licence": {"id": "MIT", "licence_class": "permissive", "source": "page"},
        "weights": {
            "open": True,
            "gated": None,
            "parameters": 1,
            "formats": [],
            "files": [{"name": "a", "size_bytes": 2**53 - 1, "source": "page"}],
            "source": "page",
        },
        "context": {"tokens": 4096, "source": "page"},
        "variants": [{"name": "small", "model": "one-small", "source": "page"}],
        "links": {"home": "https://example.org"},
        "ecosystem": {
            "integrations": [{"name": "x", "source": "page"}],
            "sdk_languages": ["c"],
            "sdk_source": "page",
        },
        "limitations": [{"text": "None known."}],
        "best_for": ["Tests"],
        **metric(),
        **result(shots=0, low=0.5, high=1),
        **offer(),
        **capability(alternatives=[{"text": "By hand."}]),
    },
    "no sources": {"sources": {}},
    "value 0": metric(value=0),
    "value 2^53 - 1": metric(value=2**53 - 1),
    "measure -1e9": result(value=-1e9),
    "measure 1e9": result(value=1e9),
    "whole measure": result(value=5),
    "price 0": offer(usd=0),
    "price 1,000,000": offer(usd=1_000_000),
    "price of tokens": offer(unit="million-tokens", usd=LEFT_OUT, input_usd=0.5, output_usd=0),
    "day read": metric(as_of=LEFT_OUT, read_on=DAY),
    "year": {"released": {"day": "2024", "source": "page"}},
    "month": {"released": {"day": "2024-10", "source": "page"}},
    "first year": {"released": {"day": "1900-01-01", "source": "page"}},
    "interval of no width": result(low=1, high=1),
    "kept up in the month of release": {
        "released": {"day": "2024-10-22", "source": "page"},
        "maintained": {"day": "2024-10", "source": "page"},
    },
    "kept up on the day of release": {
        "released": {"day": "2024-10-22", "source": "page"},
        "maintained": {"day": "2024-10-22", "source": "page"},
    },
    "claim without source": capability(claim="unsourced", source=LEFT_OUT),
    "own tag": capability(kind="interface", tag="x-own"),
    "tag of the registry": capability(kind="interface", tag="http-api"),
    "500 capabilities": capabilities(500),
    "id of 100": {"id": "a" * 100},
    "id of one": {"id": "7"},
    "id like a version": {"id": "llava-1.6-mistral-7b"},
    "id that begins like a device": {"id": "console"},
    "name of 200": {"name": "n" * 200},
    "text of 10,000": {"summary": "n" * 10_000},
    "name in other scripts": {"name": "通义 Ümlaut"},
    "http": {"links": {"home": "http://a.b"}},
    "port, query and fragment": {"links": {"home": "https://a.b:443/x%20y?z=1&v=~#w"}},
    "address of 2000": {"links": {"home": LONG_URL}},
    "results that differ in shots": {
        "benchmarks": [*result(shots=0)["benchmarks"], *result(shots=5)["benchmarks"]]
    },
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts(
    name: str,
    check: Callable[[Change], list[CardProblem]],
    schema: jsonschema.Draft202012Validator,
) -> None:
    """A valid card has no problem, and the editor underlines nothing in it."""
    assert check(ACCEPTED[name]) == []
    assert list(schema.iter_errors(card_with(ACCEPTED[name]))) == []


# --- Refused for the shape of one field: the schema says so too

WHOLE = "must be a whole number"
NUMBER = "must be a number"
TEXT = "must be text; put numbers and true or false in quotes"
ID = "must be lower case letters, digits, dots and hyphens"
KEY = "must be lower case letters, digits, hyphens and underscores"
URL = "must be an http or https address"
LIST = "must be a list"
MAP = "must be a mapping (key: value)"

MISSHAPEN: dict[str, tuple[Change, str, str]] = {
    "unknown field": ({"licens": 1}, "licens", "unknown field; did you mean licence?"),
    "unlike any field": ({"zzqqzz": 1}, "zzqqzz", "unknown field"),
    "unknown in a map": (
        {"modalities": {"input": ["text"], "output": ["text"], "inptu": []}},
        "modalities.inptu",
        "unknown field; did you mean input?",
    ),
    "unknown in a list": (metric(valeu=1), "metrics[1].valeu", "unknown field; did you mean value"),
    "unknown in an offer": (
        offer(provder="x"),
        "pricing.offers[1].provder",
        "unknown field; did you mean provider?",
    ),
    "unknown in a source": (
        {"sources": {"page": {"title": "A", "titel": "B"}}},
        "sources.page.titel",
        "unknown field; did you mean title?",
    ),
    "missing": ({"maker": LEFT_OUT}, "maker", "is missing"),
    "missing in a list": (metric(value=LEFT_OUT), "metrics[1].value", "is missing"),
    "figure in quotes": (metric(value="379"), "metrics[1].value", WHOLE),
    "figure true": (metric(value=True), "metrics[1].value", WHOLE),
    "figure null": (metric(value=None), "metrics[1].value", WHOLE),
    "figure in a list": (metric(value=[1]), "metrics[1].value", WHOLE),
    "figure with a fraction": (metric(value=1.5), "metrics[1].value", WHOLE),
    "figure below 0": (metric(value=-1), "metrics[1].value", "must be at least 0"),
    "measure in quotes": (result(value="0.5"), "benchmarks[1].value", NUMBER),
    "measure true": (result(value=True), "benchmarks[1].value", NUMBER),
    "measure false": (result(value=False), "benchmarks[1].value", NUMBER),
    "measure too large": (result(value=1e9 + 1), "benchmarks[1].value", "must be at most 1"),
    "measure too small": (result(value=-1e9 - 1), "benchmarks[1].value", "must be at least -1"),
    "shots below 0": (result(shots=-1), "benchmarks[1].shots", "must be at least 0"),
    "price below 0": (offer(usd=-0.01), "pricing.offers[1].usd", "must be at least 0"),
    "price too large": (offer(usd=1_000_000.5), "pricing.offers[1].usd", "must be at most 1000000"),
    "price in quotes": (offer(usd="1"), "pricing.offers[1].usd", NUMBER),
    "price true": (offer(usd=True), "pricing.offers[1].usd", NUMBER),
    "no parameters": (
        {"weights": {"open": True, "parameters": 0, "source": "page"}},
        "weights.parameters",
        "must be at least 1",
    ),
    "open yes": (
        {"weights": {"open": "yes", "source": "page"}},
        "weights.open",
        "must be true or false",
    ),
    "open 1": ({"weights": {"open": 1, "source": "page"}}, "weights.open", "must be true or false"),
    "name a number": ({"name": 5}, "name", TEXT),
    "name true": ({"name": True}, "name", TEXT),
    "name null": ({"name": None}, "name", TEXT),
    "name empty": ({"name": ""}, "name", "must not be empty"),
    "name of 201": ({"name": "n" * 201}, "name", "must have at most 200 characters"),
    "text of 10,001": ({"summary": "n" * 10_001}, "summary", "must have at most 10000 characters"),
    "tasks a word": ({"tasks": "text-generation"}, "tasks", LIST),
    "tasks a map": ({"tasks": {"a": 1}}, "tasks", LIST),
    "sources a list": ({"sources": []}, "sources", MAP),
    "licence a word": ({"licence": "MIT"}, "licence", MAP),
    "figure a number": ({"metrics": [5]}, "metrics[1]", MAP),
    "status": (
        {"status": "alive"},
        "status",
        "must be one of 'active', 'superseded', 'deprecated' or 'retired'",
    ),
    "modality": (
        {"modalities": {"input": ["txt"], "output": ["text"]}},
        "modalities.input[1]",
        "must be one of 'text', ",
    ),
    "tier": (result(tier="maybe"), "benchmarks[1].tier", "must be one of 'own-run', "),
    "metric": (metric(metric="stars"), "metrics[1].metric", "must be one of 'hf_downloads_30d', "),
    "unit": (offer(unit="token"), "pricing.offers[1].unit", "must be one of 'million-tokens', "),
    "day a number": ({"released": {"day": 2024, "source": "page"}}, "released.day", TEXT),
    "day with a time": (
        {"released": {"day": "2024-10-22T00:00", "source": "page"}},
        "released.day",
        "must be a day (2024-10-22), a month (2024-10) or a year (2024)",
    ),
    "key in capitals": (capability(id="Writing"), "capabilities[1].id", KEY),
    "key with a dot": (capability(id="a.b"), "capabilities[1].id", KEY),
    "unknown task": (
        {"tasks": ["text-generaton"]},
        "tasks[1]",
        "no task is called text-generaton; did you mean text-generation?",
    ),
    "unknown task of a capability": (
        capability(tag="text-generaton"),
        "capabilities[1].tag",
        "no task is called text-generaton; did you mean text-generation?",
    ),
    "unknown tag": (
        capability(kind="interface", tag="http-ap"),
        "capabilities[1].tag",
        "no tag is called http-ap; did you mean http-api?; a tag of your own begins with x-",
    ),
    "id of 101": ({"id": "a" * 101}, "id", "must have at most 100 characters"),
    "id empty": ({"id": ""}, "id", "must not be empty"),
    "id a number": ({"id": 5}, "id", TEXT),
    "address of 2001": (
        {"links": {"home": LONG_URL + "x"}},
        "links.home",
        "must have at most 2000 characters",
    ),
}

BAD_IDS = [
    "One", "a b", " a", "-a", "a-", ".a", "a.", "a_b", "a/b", "../a", "a\\b", "a:b", "a%2fb",
    "é", "ａ", "o\u200bne", "оne", "~", "*", "$HOME",
]  # fmt: skip
for _text in BAD_IDS:
    MISSHAPEN[f"id {_text!a}"] = ({"id": _text}, "id", ID)

BAD_URLS = [
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd",
    "ftp://a.b/", "vbscript:x", "mailto:a@b.c", "//a.b/", "a.b", "/x", "", "https://", "https:///x",
    "https:a.b", "HTTPS://a.b/", "https://a.b/[x]", "https://a.b/x]", "https://a.b/[x",
    "https://a.b/x|y", "https://a.b/<x>", 'https://a.b/"x', "https://a.b/x`", "https://a.b/{x}",
    "https://a.b/x y", " https://a.b/", "https://a.b/\\x", "https://a.b/^",
    "https://user:secret@a.b/", "https://user@a.b/", "https://a.b@c.d/", "https://-a.b/",
    "https://[::1]/", "https://a.b:x/", "https://a.b:123456/", "https://exämple.org/",
    "https://a.b/é", "https://a.b/\u200b", "x https://a.b/",
]  # fmt: skip
for _text in BAD_URLS:
    MISSHAPEN[f"address {_text!a}"] = ({"links": {"home": _text}}, "links.home", URL)


@pytest.mark.parametrize("name", MISSHAPEN)
def test_refuses_what_has_the_wrong_shape(
    name: str,
    check: Callable[[Change], list[CardProblem]],
    schema: jsonschema.Draft202012Validator,
) -> None:
    """One problem, in the reader's words, at a position; the editor underlines it as well."""
    change, field, message = MISSHAPEN[name]
    (problem,) = check(change)
    assert problem.field == field
    assert problem.message.startswith(message)
    assert problem.line > 0
    assert problem.column > 0
    assert not schema.is_valid(card_with(change))


# --- Refused by rules that a schema cannot hold

DAYS = "must be a day (2024-10-22), a month (2024-10) or a year (2024)"
CALENDAR = "is no day of the calendar"
ONE_DAY = "needs one of as_of (its own day) and read_on (day an undated page was read)"
TOKENS = "a price per million-tokens needs input_usd and output_usd, and no usd"
IMAGE = "a price per image needs usd, and no input_usd or output_usd"

BROKEN_RULES: dict[str, tuple[Change, str, str]] = {
    "id with two dots": ({"id": "a..b"}, "id", "must not hold two dots in a row"),
    "source unknown": (
        metric(source="pag"),
        "metrics[1].source",
        "no source is called pag; did you mean page?",
    ),
    "source unlike any": (
        {"released": {"day": DAY, "source": "zzz"}},
        "released.source",
        "no source is called zzz",
    ),
    "source of a capability": (
        capability(source="zzz"),
        "capabilities[1].source",
        "no source is called zzz",
    ),
    "source of a file": (
        {
            "weights": {
                "open": True,
                "files": [{"name": "a", "size_bytes": 1, "source": "zzz"}],
                "source": "page",
            }
        },
        "weights.files[1].source",
        "no source is called zzz",
    ),
    "source of languages": (
        {"ecosystem": {"sdk_languages": ["c"], "sdk_source": "zzz"}},
        "ecosystem.sdk_source",
        "no source is called zzz",
    ),
    "figure without a day": (metric(as_of=LEFT_OUT), "metrics[1]", ONE_DAY),
    "figure with two days": (metric(read_on=DAY), "metrics[1]", ONE_DAY),
    "result without a day": (result(as_of=LEFT_OUT), "benchmarks[1]", ONE_DAY),
    "result with two days": (result(read_on=DAY), "benchmarks[1]", ONE_DAY),
    "offer without a day": (offer(as_of=LEFT_OUT), "pricing.offers[1]", ONE_DAY),
    "kept up before release": (
        {
            "released": {"day": "2024-10-22", "source": "page"},
            "maintained": {"day": "2024-10-21", "source": "page"},
        },
        "maintained.day",
        "lies before the release",
    ),
    "kept up the month before": (
        {
            "released": {"day": "2024-10-22", "source": "page"},
            "maintained": {"day": "2024-09", "source": "page"},
        },
        "maintained.day",
        "lies before the release",
    ),
    "tokens with one price": (offer(unit="million-tokens"), "pricing.offers[1]", TOKENS),
    "tokens with three prices": (
        offer(unit="million-tokens", input_usd=1, output_usd=1),
        "pricing.offers[1]",
        TOKENS,
    ),
    "tokens in but not out": (
        offer(unit="million-tokens", usd=LEFT_OUT, input_usd=1),
        "pricing.offers[1]",
        TOKENS,
    ),
    "image without price": (offer(usd=LEFT_OUT), "pricing.offers[1]", IMAGE),
    "image by tokens in": (offer(input_usd=0), "pricing.offers[1]", IMAGE),
    "image by tokens out": (offer(output_usd=1), "pricing.offers[1]", IMAGE),
    "low without high": (result(low=0), "benchmarks[1]", "an interval needs both low and high"),
    "high without low": (result(high=2), "benchmarks[1]", "an interval needs both low and high"),
    "below its interval": (
        result(low=2, high=3),
        "benchmarks[1].value",
        "lies outside its interval 2 to 3",
    ),
    "above its interval": (
        result(low=-1, high=0.5),
        "benchmarks[1].value",
        "lies outside its interval -1 to 0.5",
    ),
    "interval upside down": (
        result(low=2, high=0),
        "benchmarks[1].value",
        "lies outside its interval 2 to 0",
    ),
    "same result twice": (
        {"benchmarks": [*result()["benchmarks"], *result(value=2)["benchmarks"]]},
        "benchmarks[2]",
        "has the same key as benchmarks[1]",
    ),
    "no task": ({"tasks": []}, "tasks", "must name at least one task"),
    "501 capabilities": (capabilities(501), "capabilities", "must have at most 500 entries"),
    "capability twice": (
        {
            "capabilities": [
                *capability()["capabilities"],
                *capability(title="Again")["capabilities"],
            ]
        },
        "capabilities[2].id",
        "is also the id of capabilities[1]",
    ),
    "stated without source": (
        capability(source=LEFT_OUT),
        "capabilities[1]",
        "a claim that is stated needs a source",
    ),
    "disputed without source": (
        capability(claim="disputed", source=LEFT_OUT),
        "capabilities[1]",
        "a claim that is disputed needs a source",
    ),
    "tag of another kind": (
        capability(kind="deployment", tag="http-api"),
        "capabilities[1].tag",
        "http-api belongs to capabilities of kind interface, not deployment",
    ),
    "own tag for a task": (
        capability(tag="x-own"),
        "capabilities[1].tag",
        "no task is called x-own",
    ),
}
for _text in ["con", "prn", "aux", "nul", "com1", "lpt9", "con.x", "nul.tar.gz"]:
    BROKEN_RULES[f"id {_text}"] = ({"id": _text}, "id", "is a name that Windows keeps for itself")

BAD_DAYS = {
    DAYS: [
        "", "yesterday", "24-01-01", "2024-1-1", "2024/10/22", "20241022", "2024-", "2024-10-",
        "1899", "2100", "22.10.2024", "2024-10-2", "٢٠٢٤", "-2024", "2024 ", "2024-W10",
    ],
    CALENDAR: ["2023-02-29", "2024-02-30", "2024-13", "2024-00", "2024-00-10", "2024-04-31"],
}  # fmt: skip
for _message, _texts in BAD_DAYS.items():
    for _text in _texts:
        _released = {"released": {"day": _text, "source": "page"}}
        BROKEN_RULES[f"day {_text!a}"] = (_released, "released.day", _message)


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_refuses_what_breaks_a_rule(
    name: str, check: Callable[[Change], list[CardProblem]]
) -> None:
    """One problem, in the reader's words, at the field that breaks the rule."""
    change, field, message = BROKEN_RULES[name]
    (problem,) = check(change)
    assert (problem.field, problem.message) == (field, message)
    assert problem.line > 0


def test_refuses_a_free_output_price_on_an_image(
    check: Callable[[Change], list[CardProblem]],
) -> None:
    """Zero is a known value: output_usd 0 beside usd is as wrong as input_usd 0."""
    assert [problem.message for problem in check(offer(output_usd=0))] == [IMAGE]


@pytest.mark.parametrize("code", [0x200B, 0x200C, 0x2060, 0x2063], ids=hex)
def test_refuses_zero_width_characters_in_a_name(
    code: int, check: Callable[[Change], list[CardProblem]]
) -> None:
    """RELIABILITY T17: two names that look alike are no two names."""
    assert [problem.field for problem in check({"name": f"O{chr(code)}ne"})] == ["name"]


def test_a_bad_source_key_is_named_without_jargon(
    check: Callable[[Change], list[CardProblem]],
) -> None:
    """The field of a bad key is the key."""
    (problem,) = check({"sources": {"My page": {"title": "A"}}})
    assert (problem.field, problem.message) == ("sources.My page", KEY)


@pytest.mark.parametrize(
    "text", ["", "- a\n", "text\n", "5\n", "[]\n"], ids=["empty", "list", "text", "number", "[]"]
)
def test_a_card_is_a_mapping(text: str, check_text: Callable[[str], list[CardProblem]]) -> None:
    """Whatever else a file holds is refused in a sentence."""
    (problem,) = check_text(text)
    assert str(problem) == "one.yaml:1:1: a card must be a mapping (key: value)"


# --- Positions, order and words

BAD_CARD = """\
id: One
name: no
maker: 010
summary: >-
  Two
  lines.
taks: [text-generation]
tasks: [text-generation]
modalities:
  input: [text]
  output: [speech]
metrics:
- metric: hf_likes
  value: "379"
  source: page
- metric: hf_likes
  value: true
  source: page
  valeu: 2
sources:
  page: {title: A page, url: "javascript:alert(1)"}
"""


def test_lists_all_problems_in_the_order_of_the_file(
    check_text: Callable[[str], list[CardProblem]],
) -> None:
    """Every problem of the shape at once, each with line and column, unknown fields at the key."""
    problems = check_text(BAD_CARD)
    assert [(p.line, p.column, p.field) for p in problems] == [
        (1, 5, "id"),
        (7, 1, "taks"),
        (11, 12, "modalities.output[1]"),
        (14, 10, "metrics[1].value"),
        (17, 10, "metrics[2].value"),
        (19, 3, "metrics[2].valeu"),
        (21, 30, "sources.page.url"),
    ]
    assert str(problems[1]) == "one.yaml:7:1: taks: unknown field; did you mean tasks?"


def test_what_is_missing_stands_where_it_belongs(
    check_text: Callable[[str], list[CardProblem]],
) -> None:
    """A missing field has the position of the mapping it is missing from."""
    text = BAD_CARD.replace("  source: page\n- metric", "- metric")
    missing = [p for p in check_text(text) if p.message == "is missing"]
    assert [(p.line, p.column, p.field) for p in missing] == [(13, 3, "metrics[1].source")]


def test_rules_between_fields_wait_for_the_shape(
    check: Callable[[Change], list[CardProblem]],
) -> None:
    """A card of the wrong shape is not also told of what follows from it."""
    assert [p.field for p in check({"status": "alive", "tasks": []})] == ["status"]
    assert [p.field for p in check({"tasks": []})] == ["tasks"]


def test_all_broken_rules_are_listed(check: Callable[[Change], list[CardProblem]]) -> None:
    """Rules of different kinds are reported together, sorted by line."""
    problems = check({**metric(source="zzz", as_of=LEFT_OUT), **result(low=0), **offer(usd=None)})
    assert [p.field for p in problems] == [
        "metrics[1]",
        "metrics[1].source",
        "benchmarks[1]",
        "pricing.offers[1]",
    ]
    assert [p.line for p in problems] == sorted(p.line for p in problems)


JARGON = [
    "pydantic", "input should", "expected", "value error", "argument", "dataclass", "tuple",
    "string", "_type", "none", "str ", "dict", "regex", "integer", "pattern",
]  # fmt: skip


@pytest.mark.parametrize("name", [*MISSHAPEN, *BROKEN_RULES])
def test_messages_are_words(name: str, check: Callable[[Change], list[CardProblem]]) -> None:
    """No message speaks of types, validators or the library, and none repeats a long input."""
    change, _, _ = {**MISSHAPEN, **BROKEN_RULES}[name]
    for problem in check(change):
        words = problem.message.casefold()
        assert not [word for word in JARGON if word in words]
        assert len(problem.message) <= limits.PROBLEM_CHARACTERS


def test_checks_the_part_it_is_pointed_at() -> None:
    """A part of a document is held against its own kind; positions stay those of the file."""
    text = b"benchmarks: []\nexpected:\n  text-generation: [5]\n"
    (problem,) = check_shape("expected", parse_yaml(text, "b.yaml"), ("expected",))
    assert str(problem) == f"b.yaml:3:21: expected.text-generation[1]: {TEXT}"
    assert check_shape("benchmarks", parse_yaml(text, "b.yaml"), ("benchmarks",)) == []


# --- The schema


def test_the_schema_is_a_schema(registry: Registry) -> None:
    """Editors can read it, and it describes every field."""
    schema = card_schema(registry)
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = {
        f"{owner}.{name}": field
        for owner, part in {"card": schema, **schema["$defs"]}.items()
        for name, field in part["properties"].items()
    }
    assert len(fields) > 80
    described = {f"#/$defs/{name}" for name, part in schema["$defs"].items() if part["description"]}
    silent = [
        name
        for name, field in fields.items()
        if not field.get("description") and field.get("$ref") not in described
    ]
    assert silent == []


def test_the_schema_completes_tasks_and_tags(registry: Registry) -> None:
    """Tasks and tags of the registry are offered; own tags are let through."""
    schema = card_schema(registry)
    assert schema["properties"]["tasks"]["items"]["enum"] == sorted(registry.tasks)
    offered = schema["$defs"]["Capability"]["properties"]["tag"]["anyOf"][0]["enum"]
    assert set(offered) == {*registry.tasks, *registry.capability_tags}


@pytest.mark.parametrize("tag", ["x-my_tag", "x-"])
def test_the_schema_takes_the_own_tags_that_the_checker_takes(
    tag: str,
    check: Callable[[Change], list[CardProblem]],
    schema: jsonschema.Draft202012Validator,
) -> None:
    """Whatever tag one of them takes, the other takes."""
    change = capability(kind="interface", tag=tag)
    assert (check(change) == []) == schema.is_valid(card_with(change))
