"""T4: numbers that are huge, not finite, in another base, or of another type than the field's."""

from __future__ import annotations

import json
from typing import Any

import pytest

COUNT = "context: {{tokens: {}, source: page}}\n"
PRICE = (
    "pricing: {{offers: [{{provider: P, unit: million-tokens, input_usd: {}, output_usd: 1,"
    " source: page, as_of: 2026-11-01}}]}}\n"
)
SCORE = "benchmarks: [{{name: B, metric: accuracy, value: {}, tier: maker, source: page}}]\n"
WHOLE, FINITE = "must be a whole number", "is not a finite number"
LARGE = "is a larger number than 2^53 - 1"

# Row: line of the card, number, part of the message, which names field and range.
REFUSED = [
    (COUNT, "0", "context.tokens: must be at least 1"),
    (COUNT, "-1", "context.tokens: must be at least 1"),
    (COUNT, "9007199254740992", f"context.tokens: {LARGE}"),
    (COUNT, "18446744073709551616", f"context.tokens: {LARGE}"),
    (COUNT, "9" * 4_301, f"context.tokens: {LARGE}"),
    (COUNT, "1" + "0" * 100_000, f"context.tokens: {LARGE}"),
    (COUNT, "5.0", f"context.tokens: {WHOLE}"),
    (COUNT, "1e3", f"context.tokens: {WHOLE}"),
    (COUNT, "0x10", f"context.tokens: {WHOLE}"),
    (COUNT, "0o17", f"context.tokens: {WHOLE}"),
    (COUNT, "010", f"context.tokens: {WHOLE}"),
    (COUNT, "1_000", f"context.tokens: {WHOLE}"),
    (COUNT, "1:30", f"context.tokens: {WHOLE}"),
    (COUNT, "true", f"context.tokens: {WHOLE}"),
    (COUNT, "'4096'", f"context.tokens: {WHOLE}"),
    (COUNT, '" 5 "', f"context.tokens: {WHOLE}"),
    (COUNT, ".inf", f"context.tokens: .inf {FINITE}"),
    (PRICE, ".nan", f".nan {FINITE}"),
    (PRICE, "-.INF", f"-.INF {FINITE}"),
    (PRICE, "1.0e+999", f"1.0e+999 {FINITE}"),
    (PRICE, "-0.01", "input_usd: must be at least 0"),
    (PRICE, "1000000.5", "input_usd: must be at most 1000000"),
    (PRICE, "'nan'", "input_usd: must be a number"),
    (PRICE, "false", "input_usd: must be a number"),
    (SCORE, "1e10", "value: must be at most 1000000000"),
    (SCORE, "-1e10", "value: must be at least -1000000000"),
    (SCORE, "'70'", "value: must be a number"),
]


@pytest.mark.parametrize(("line", "number", "words"), REFUSED)
def test_a_number_out_of_range_names_field_and_range(
    line: str, number: str, words: str, spoilt: Any, card_text: Any
) -> None:
    spoilt.assert_refused(card_text("bad", line.format(number)).encode(), words)


EDGES = [
    (COUNT, "1", "context_tokens", 1),
    (COUNT, "9007199254740991", "context_tokens", 2**53 - 1),
    (PRICE, "0", "input_usd", 0),
    (PRICE, "1000000", "input_usd", 1_000_000),
    (PRICE, "1e-9", "input_usd", 1e-9),
]


@pytest.mark.parametrize(("line", "number", "field", "value"), EDGES)
def test_the_last_number_within_range_is_read_exactly(
    line: str, number: str, field: str, value: float, spoilt: Any, card_text: Any
) -> None:
    spoilt.put(card_text("bad", line.format(number)).encode())
    shown = spoilt.run("show", "bad", "--json", *spoilt.own)
    assert shown.code == 0
    card = json.loads(shown.out)
    offer = (card["pricing"]["offers"] or [{}])[0]
    assert {**card, **offer}[field] == value


def test_a_list_goes_on_without_it(spoilt: Any, card_text: Any) -> None:
    spoilt.assert_left_out(card_text("bad", COUNT.format(".nan")).encode(), FINITE)
