"""T34: published numbers are rounded once, ties are ties, and no order of anything changes a result."""

from __future__ import annotations

import json
import random
import re
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.threats.hostile import hostile_fields

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.comparison.compare import compare_models
from modelcmp.comparison.listing import Filters, make_listing
from modelcmp.render import FORMATS, Look
from modelcmp.scoring.rank import Method, rank_model, rounded, whole

MINUS_ZERO = re.compile(r"(?<![\w.\-–])-0(\.0+)?(?![\w.])")


@given(st.floats(-1e6, 1e6))
@settings(max_examples=300, derandomize=True)
def test_a_number_is_rounded_to_the_nearest_once(number: float) -> None:
    published = rounded(number)
    exact = Decimal(number).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    assert Decimal(repr(published)) == exact
    assert rounded(published) == published
    assert str(published) != "-0.0"


@pytest.mark.parametrize("number", [-0.0, -0.04, -1e-300, -0.0499, 0.0])
def test_there_is_no_negative_nothing(number: float) -> None:
    assert str(rounded(number)) == "0.0"
    assert whole(rounded(number)) == 0


def shuffled(fields: Any, seed: int) -> Any:
    """Return a card's plain values with every list whose order says nothing, and every key, shuffled."""
    chance = random.Random(seed)
    if isinstance(fields, dict):
        keys = list(fields)
        chance.shuffle(keys)
        return {key: shuffled(fields[key], seed + 1) for key in keys}
    if isinstance(fields, list):
        items = [shuffled(item, seed + 1) for item in fields]
        chance.shuffle(items)
        return items
    return fields


def rich_fields(name: str, numbers: list[float]) -> dict[str, Any]:
    """Return a card with several of everything that is added up."""
    fields = hostile_fields("words", name)
    day = {"source": "page", "as_of": "2026-01-01"}
    fields["metrics"] = [
        {"metric": "hf_downloads_30d", "value": int(n * 1000), "repository": f"m/{i}", **day}
        for i, n in enumerate(numbers)
    ]
    fields["benchmarks"] = [
        {"name": "MMLU", "metric": "accuracy", "shots": 5, "value": n, "variant": f"v{i}"}
        | {"tier": "maker", **day}
        for i, n in enumerate(numbers)
    ]
    return fields


NUMBERS = st.lists(st.floats(0.1, 99.9).map(lambda n: round(n, 3)), min_size=2, max_size=6)


@given(NUMBERS, st.integers(0, 1000))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_order_inside_a_card_changes_no_number(
    method: Method, numbers: list[float], seed: int
) -> None:
    fields = rich_fields("one", numbers)
    usual = rank_model(build(ModelCard, fields), method)
    other = rank_model(build(ModelCard, shuffled(fields, seed)), method)
    assert other.rank == usual.rank
    for before, after in zip(usual.dimensions, other.dimensions, strict=True):
        assert (before.score, before.coverage, before.points) == (
            after.score, after.coverage, after.points
        )  # fmt: skip


@given(st.lists(NUMBERS, min_size=3, max_size=3), st.integers(0, 5))
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_order_of_models_changes_no_result(
    method: Method, three: list[list[float]], which: int
) -> None:
    cards = [build(ModelCard, rich_fields(f"m{n}", nums)) for n, nums in enumerate(three)]
    other = list(permutations(cards))[which]
    render = FORMATS["tsv"].render
    assert render(make_listing(tuple(cards), method, Filters()), Look()) == render(
        make_listing(tuple(other), method, Filters()), Look()
    )
    usual, turned = (compare_models(list(c), method).verdict for c in (cards, other))
    assert (usual.call, usual.leader) == (turned.call, turned.leader)
    for kind in ("json", "tsv", "markdown"):
        page = FORMATS[kind].render(compare_models(list(other), method), Look())
        assert not MINUS_ZERO.search(page), kind


def test_equal_cards_tie_exactly(method: Method) -> None:
    cards = tuple(build(ModelCard, rich_fields(name, [0.1, 0.2, 0.3])) for name in "abc")
    listing = make_listing(cards, method, Filters())
    assert set(listing.places.values()) == {1}
    document = json.loads(FORMATS["json"].render(compare_models(list(cards[:2]), method), Look()))
    assert document["verdict"]["leader"] is None
