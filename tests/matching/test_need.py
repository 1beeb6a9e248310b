"""What is read out of a request as a fact, and how cards are held to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.matching.need import Fact, lacking, meets, read_need

MakeCard = Callable[..., ModelCard]

OFFLINE = "runs on your own machine"
OPEN = "weights that can be downloaded"
COMMERCIAL = "terms that allow commercial use"


def _context(tokens: str) -> str:
    return f"a context window of at least {tokens} tokens"


def _price(text: str) -> str:
    return f"a price of at most {text}"


READ = [
    ("describe product photos offline, commercial use", "describe product photos", {OFFLINE, COMMERCIAL}),
    ("draw cats locally", "draw cats", {OFFLINE}),
    ("chat on my laptop", "chat", {OFFLINE}),
    ("chat on our own server", "chat", {OFFLINE}),
    ("self-hosted OCR", "OCR", {OFFLINE}),
    ("OCR without internet", "OCR", {OFFLINE}),
    ("run local LLM for code", "LLM for code", {OFFLINE}),
    ("open-weights chat", "chat", {OPEN}),
    ("open source chat", "chat", {OPEN}),
    ("captions for commercial purposes", "captions", {COMMERCIAL}),
    ("posters under $0.05 per image", "posters", {_price("$0.05 an image")}),
    ("posters below 0.05 USD an image", "posters", {_price("$0.05 an image")}),
    ("posters at most 5 cents", "posters", {_price("$0.05 a unit")}),
    ("chat for less than $10 per million tokens", "chat for", {_price("$10 per million tokens")}),
    ("chat under $0.01 per 1k tokens", "chat", {_price("$10 per million tokens")}),
    ("dictation up to $0.006 a minute", "dictation", {_price("$0.006 a minute")}),
    ("chat with 128k context", "chat", {_context("128,000")}),
    ("chat with a context window of at least 1M tokens", "chat with a", {_context("1,000,000")}),
    ("chat, at least 32000 tokens", "chat", {_context("32,000")}),
    ("chat, context of 200,000", "chat", {_context("200,000")}),
    ("captions, MIT license", "captions", {"under the licence MIT"}),
    ("captions under Apache-2.0", "captions", {"under the licence Apache-2.0"}),
    ("captions, permissive licence", "captions", {"a licence of the class permissive"}),
]  # fmt: skip

LEFT_ALONE = [
    "local news classification",
    "non-commercial research",
    "tell commercials apart",
    "cheap embeddings",
    "polish my English text",
    "sort pictures in under 10 ms",
    "classify 20 newsgroups",
    "mit students' essays",
    "a picture of 5 cents",
    "summaries below 500 words",
    "permissive parents",
]

KEPT = [
    ("summaries in German", "works in German"),
    ("transcribe French podcasts", "works in French"),
    ("multilingual chat", "works in many languages"),
    ("anime, text to image", "takes text in and gives image out"),
    ("fast speech-to-text", "takes audio in and gives text out"),
    ("photo -> text for shops", "takes image in and gives text out"),
]


@pytest.mark.parametrize(("text", "words", "understood"), READ)
def test_a_condition_becomes_a_fact_and_leaves_the_words(
    text: str, words: str, understood: set[str], registry: Registry
) -> None:
    need = read_need(text, registry)
    assert (need.words, set(need.understood)) == (words, understood)
    assert not need.only_facts


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_may_mean_something_else_stays_words(text: str, registry: Registry) -> None:
    need = read_need(text, registry)
    assert (need.words, need.facts, need.only_facts) == (text, (), False)


@pytest.mark.parametrize(("text", "line"), KEPT)
def test_a_language_and_a_pair_are_looked_up_as_well(
    text: str, line: str, registry: Registry
) -> None:
    need = read_need(text, registry)
    assert need.understood == (line,)
    assert sorted(need.words.replace(",", "").split()) == sorted(text.replace(",", "").split())


@pytest.mark.parametrize("text", ["offline", "open weights, commercial use", "text to image"])
def test_a_request_of_facts_alone_keeps_its_words(text: str, registry: Registry) -> None:
    need = read_need(text, registry)
    assert need.only_facts
    assert need.words == text


def test_of_facts_alone_those_about_the_task_are_looked_up(registry: Registry) -> None:
    need = read_need("text to image under $0.05 per image, offline", registry)
    assert (need.words, need.only_facts, len(need.facts)) == ("text to image", True, 3)


def test_facts_out_of_order_leave_the_other_words_whole(registry: Registry) -> None:
    need = read_need("German text and letters in French", registry)
    assert need.understood == ("works in French", "works in German")
    assert sorted(need.words.split()) == ["French", "German", "and", "in", "letters", "text"]


def test_literal_reads_nothing(registry: Registry) -> None:
    need = read_need("draw offline under $1", registry, literal=True)
    assert need == ("draw offline under $1", "draw offline under $1", (), False)


def test_a_fact_said_twice_is_one(registry: Registry) -> None:
    assert len(read_need("draw offline, locally, on my laptop", registry).facts) == 1


LICENCE = {
    "id": "Apache-2.0",
    "licence_class": "permissive",
    "commercial": "allowed",
    "source": "page",
}
LOCAL = {
    "id": "local", "kind": "deployment", "tag": "runs-locally", "title": "Local",
    "description": "Runs.", "claim": "stated", "source": "page",
}  # fmt: skip
MANY = {**LOCAL, "id": "many", "kind": "interface", "tag": "multilingual"}
IMAGE_OFFER = {
    "provider": "P",
    "unit": "image",
    "usd": 0.04,
    "source": "page",
    "as_of": "2026-11-01",
}
TOKEN_OFFER = {
    "provider": "P", "unit": "million-tokens", "input_usd": 1, "output_usd": 3, "source": "page",
    "as_of": "2026-11-01",
}  # fmt: skip

MEETS: list[tuple[str, dict[str, Any], bool | None]] = [
    ("x offline", {"capabilities": [LOCAL]}, True),
    ("x offline", {"capabilities": [{**LOCAL, "claim": "disputed"}]}, None),
    ("x offline", {"weights": {"open": True, "source": "page"}}, True),
    ("x offline", {"weights": {"open": False, "source": "page"}}, False),
    ("x offline", {}, None),
    ("x open weights", {"weights": {"open": True, "source": "page"}}, True),
    ("x open weights", {"weights": {"open": False, "source": "page"}}, False),
    ("x open weights", {}, None),
    ("x commercial use", {"licence": LICENCE}, True),
    ("x commercial use", {"licence": {**LICENCE, "commercial": "conditional"}}, True),
    ("x commercial use", {"licence": {**LICENCE, "commercial": "disputed"}}, False),
    ("x commercial use", {"licence": {**LICENCE, "commercial": "forbidden"}}, False),
    ("x commercial use", {"licence": {"id": "MIT", "source": "page"}}, None),
    ("x commercial use", {}, None),
    ("x under $0.05 per image", {"pricing": {"offers": [IMAGE_OFFER]}}, True),
    ("x under $0.04 per image", {"pricing": {"offers": [IMAGE_OFFER]}}, True),
    ("x under $0.03 per image", {"pricing": {"offers": [IMAGE_OFFER]}}, False),
    ("x under $9 per million tokens", {"pricing": {"offers": [IMAGE_OFFER]}}, None),
    ("x under $2", {"pricing": {"offers": [TOKEN_OFFER]}}, False),
    ("x under $3", {"pricing": {"offers": [TOKEN_OFFER]}}, True),
    ("x under $3", {}, None),
    ("x 8k context", {"context": {"tokens": 8192, "source": "page"}}, True),
    ("x 8192 tokens context", {"context": {"tokens": 8191, "source": "page"}}, False),
    ("x 8k context", {"context": {"source": "page"}}, None),
    ("x 8k context", {}, None),
    ("x in German", {"capabilities": [MANY]}, True),
    ("x in German", {"summary": "Reads German letters."}, True),
    ("x in German", {"capabilities": [{**LOCAL, "description": "Made for german."}]}, True),
    ("x in German", {"summary": "From Germany."}, None),
    ("x in German", {}, None),
    ("x apache", {"licence": LICENCE}, True),
    ("x Apache-2", {"licence": LICENCE}, True),
    ("x MIT licence", {"licence": LICENCE}, False),
    ("x MIT licence", {"licence": {"id": "Apache-2.0 AND MIT", "source": "page"}}, True),
    ("x llama licence", {"licence": {"id": "LicenseRef-Llama-3.1", "source": "page"}}, True),
    ("x MIT licence", {}, None),
    ("x permissive licence", {"licence": LICENCE}, True),
    ("x copyleft licence", {"licence": LICENCE}, False),
    ("x copyleft licence", {"licence": {"id": "MIT", "source": "page"}}, None),
    ("x text to image", {"tasks": ["text-to-image"]}, True),
    ("x text to image", {"modalities": {"input": ["text"], "output": ["image"]}}, True),
    ("x image to text", {"tasks": ["image-text-to-text"]}, True),
    ("x text to image", {}, False),
]


@pytest.mark.parametrize(("text", "fields", "expected"), MEETS)
def test_a_card_meets_a_fact_fails_it_or_does_not_say(
    text: str,
    fields: dict[str, Any],
    expected: bool | None,
    registry: Registry,
    make_card: MakeCard,
) -> None:
    need = read_need(text, registry)
    (fact,) = need.facts
    card = make_card(**fields)
    assert meets(card, fact, registry) is expected
    assert lacking(card, need, registry) == ([] if expected else [fact])


def test_a_pair_no_task_does_is_words(registry: Registry) -> None:
    tables = registry._replace(tasks={})
    assert read_need("cats, text to image", tables).facts == ()
    assert read_need("cats, text to image", registry).facts == (
        Fact("modalities", ("text", "image"), "takes text in and gives image out"),
    )


_REGISTRY = load_catalogue(cache=None).registry
_PIECES = st.sampled_from(
    ["under", "$", "1", "k", "tokens", "context", "at least", "text", "to", "image", "open", "in",
     "German", "MIT", "licence", "commercial", "offline", ",", ";", "  ", "cats", "per", "-", "\n"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=30).map(" ".join)))
def test_any_text_is_a_need(text: str) -> None:
    need = read_need(text, _REGISTRY)
    assert need.text == text
    assert need == read_need(text, _REGISTRY)
    assert len(set(need.understood)) == len(need.understood)
    said = set("".join(c if c.isalnum() else " " for c in text).split())
    assert set("".join(c if c.isalnum() else " " for c in need.words).split()) <= said


@pytest.mark.parametrize("piece", ["under $", "1,", "open ", "9" * 50, "in ", "at least ", " "])
def test_a_long_text_is_read_in_one_go(piece: str, registry: Registry) -> None:
    assert read_need(piece * 20_000, registry).text == piece * 20_000
