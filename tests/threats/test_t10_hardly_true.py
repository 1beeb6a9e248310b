"""T10: cards that read well and can hardly be true: refused, or doubted by validate --strict."""

from __future__ import annotations

import json
from typing import Any

import pytest

REFUSED: dict[str, tuple[str, str, str]] = {
    "misspelt key": ("licenc: {id: MIT}", "licenc", "licence"),
    "misspelt inner key": (
        "context: {tokns: 5, source: page}",
        "context.tokns",
        "tokens",
    ),
    "misspelt task": ("tasks: [text-generaton]", "tasks[1]", "text-generation"),
    "unlisted source": (
        "released: {day: 2026-01-01, source: pag}",
        "released.source",
        "page",
    ),
    "figure without a day": (
        "metrics: [{metric: hf_likes, value: 5, source: page}]",
        "metrics[1]",
        "as_of",
    ),
    "price of no unit": (
        "pricing: {offers: [{provider: P, unit: token, usd: 1, source: page, as_of: 2026-01-01}]}",
        "pricing.offers[1].unit",
        "million-tokens",
    ),
    "amount of another unit": (
        "pricing: {offers: [{provider: P, unit: image, input_usd: 1, source: page, as_of: 2026-01-01}]}",
        "pricing.offers[1]",
        "usd",
    ),
    "day of no month": ("released: {day: 2026-13-01, source: page}", "released.day", "no day"),
    "text for a number": (
        "context: {tokens: many, source: page}",
        "context.tokens",
        "whole number",
    ),
}
DOUBTED: dict[str, tuple[str, str, str]] = {
    "price per token": (
        "pricing: {offers: [{provider: P, unit: million-tokens, input_usd: 0.000002, "
        "output_usd: 0.000002, source: page, as_of: 2026-01-01}]}",
        "price-unit",
        "pricing.offers[1].input_usd",
    ),
    "price per million images": (
        "pricing: {offers: [{provider: P, unit: image, usd: 40000, source: page, as_of: 2026-01-01}]}",
        "price-unit",
        "pricing.offers[1].usd",
    ),
    "future day": ("released: {day: 2031-01-01, source: page}", "future-day", "released.day"),
    "output over context": (
        "context: {tokens: 1000, max_output_tokens: 2000, source: page}",
        "output-over-context",
        "context.max_output_tokens",
    ),
    "year alone": (
        "metrics: [{metric: hf_likes, value: 5, source: page, as_of: '2024'}]",
        "undated-figure",
        "metrics[1]",
    ),
    "look-alike letters": ('best_for: ["Mod\u0435l work"]', "mixed-script", "best_for[1]"),
}


def spoil(text: str, more: str) -> bytes:
    """Return the text of a card with one line in place of the one with the same key, or at its end."""
    key = more.split(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    return ("\n".join([*kept, more]) + "\n").encode()


@pytest.mark.parametrize(("more", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_where_it_stands(
    more: str, field: str, words: str, spoilt: Any, card_text: Any
) -> None:
    data = spoil(card_text("bad"), more)
    line = data.count(b"\n")
    spoilt.assert_refused(data, f"bad.yaml:{line}:")
    spoilt.assert_refused(data, field)
    told = spoilt.run("validate", str(spoilt.folder / "bad.yaml"))
    assert words in told.out + told.err


@pytest.mark.parametrize(("more", "code", "field"), DOUBTED.values(), ids=DOUBTED.keys())
def test_it_is_doubted_when_asked_strictly(
    more: str, code: str, field: str, spoilt: Any, card_text: Any
) -> None:
    data = spoil(card_text("bad"), more)
    path = spoilt.put(data)
    assert spoilt.run("validate", str(path)).code == 0
    day = ("--as-of", "2026-11-23")
    strict = spoilt.run("validate", "--strict", str(path), "--json", *day, *spoilt.own)
    assert strict.code == 1
    table = json.loads(strict.out)
    found = json.dumps(table)
    assert code in found and field in found
    lines = spoilt.run("validate", "--strict", str(path), *day, *spoilt.own)
    line = data.decode().count("\n")
    assert f"bad.yaml:{line}:" in lines.out and f"[warning: {code}]" in lines.out
    assert "hint: " in lines.out
