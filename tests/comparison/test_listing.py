"""Which models a list holds, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.comparison.listing import SORT_KEYS, Filters, Listing, failing, make_listing
from modelcmp.errors import UnknownNameError
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import Circumstances

MakeCard = Callable[..., ModelCard]


@pytest.fixture
def method(registry: Registry) -> Method:
    """Return the balanced method with one benchmark, made for these tests."""
    row = {
        "name": "Alpha",
        "metric": "score",
        "task": "text-generation",
        "floor": 0,
        "why": "Test.",
    }
    tables = registry._replace(
        benchmarks=(build(Benchmark, row),), expected={"text-generation": ("Alpha",)}
    )
    return make_method(resolve_profile("balanced"), Circumstances(tables, "2026-11-23"))


def _offer(unit: str, usd: float) -> dict[str, Any]:
    return {"provider": "P", "unit": unit, "usd": usd, "source": "page", "as_of": "2026-11-01"}


def _tokens(input_usd: float, output_usd: float) -> dict[str, Any]:
    return {
        "provider": "P", "unit": "million-tokens", "input_usd": input_usd,
        "output_usd": output_usd, "source": "page", "as_of": "2026-11-01",
    }  # fmt: skip


def _licence(name: str = "MIT", **more: Any) -> dict[str, Any]:
    return {"id": name, "source": "page", **more}


def _downloads(count: int) -> list[dict[str, Any]]:
    return [{"metric": "hf_downloads_30d", "value": count, "source": "page", "as_of": "2026-11-01"}]


OPEN = {"open": True, "source": "page"}
CLOSED = {"open": False, "source": "page"}

FILTERS = [
    pytest.param("task", Filters(tasks=("text-generation",)), {}, True, id="task"),
    pytest.param(
        "task", Filters(tasks=("translation", "text-generation")), {}, True, id="one-of-two-tasks"
    ),
    pytest.param("task", Filters(tasks=("translation",)), {}, False, id="other-task"),
    pytest.param(
        "licence", Filters(licences=("mit",)), {"licence": _licence()}, True, id="licence"
    ),
    pytest.param(
        "licence", Filters(licences=("permissive",)),
        {"licence": _licence(licence_class="permissive")}, True, id="licence-class",
    ),
    pytest.param(
        "licence", Filters(licences=("some terms",)),
        {"licence": _licence("LicenseRef-Some-Terms")}, True, id="licence-without-its-prefix",
    ),
    pytest.param(
        "licence", Filters(licences=("apache-2.0",)), {"licence": _licence()}, False,
        id="other-licence",
    ),
    pytest.param(
        "licence", Filters(licences=("permissive",)), {"licence": _licence()}, None,
        id="class-not-stated",
    ),
    pytest.param("licence", Filters(licences=("mit",)), {}, None, id="licence-unknown"),
    pytest.param("maker", Filters(makers=("mak",)), {}, True, id="part-of-the-maker"),
    pytest.param(
        "maker", Filters(makers=("BIG-LAB",)), {"maker": "Big Lab, Inc."}, True,
        id="maker-without-case-and-punctuation",
    ),
    pytest.param("maker", Filters(makers=("other",)), {}, False, id="other-maker"),
    pytest.param(
        "open-weights", Filters(open_weights=True), {"weights": OPEN}, True, id="open"
    ),
    pytest.param(
        "open-weights", Filters(open_weights=True), {"weights": CLOSED}, False, id="closed"
    ),
    pytest.param("open-weights", Filters(open_weights=True), {}, None, id="weights-unknown"),
    *(
        pytest.param(
            "commercial", Filters(commercial=True), {"licence": _licence(commercial=word)}, answer,
            id=f"commerce-{word}",
        )
        for word, answer in (
            ("allowed", True), ("conditional", True), ("forbidden", False), ("disputed", False),
        )
    ),
    pytest.param(
        "commercial", Filters(commercial=True), {"licence": _licence()}, None,
        id="commerce-not-stated",
    ),
    pytest.param("commercial", Filters(commercial=True), {}, None, id="commerce-no-licence"),
    pytest.param(
        "max-price", Filters(max_price=2.0), {"pricing": {"offers": [_offer("image", 2.0)]}},
        True, id="price-at-the-limit",
    ),
    pytest.param(
        "max-price", Filters(max_price=1.99), {"pricing": {"offers": [_offer("image", 2.0)]}},
        False, id="price-above-the-limit",
    ),
    pytest.param(
        "max-price", Filters(max_price=2.0), {"pricing": {"offers": [_tokens(1.0, 3.0)]}},
        False, id="the-dearer-part-decides",
    ),
    pytest.param(
        "max-price", Filters(max_price=2.0),
        {"pricing": {"offers": [_tokens(1.0, 3.0), _tokens(1.0, 2.0)]}}, True,
        id="one-offer-is-enough",
    ),
    pytest.param(
        "max-price", Filters(max_price=0.0), {"pricing": {"offers": [_offer("month", 0.0)]}},
        True, id="free-is-a-price",
    ),
    pytest.param("max-price", Filters(max_price=2.0), {}, None, id="price-unknown"),
    pytest.param(
        "min-context", Filters(min_context=8_000),
        {"context": {"tokens": 8_000, "source": "page"}}, True, id="context-at-the-limit",
    ),
    pytest.param(
        "min-context", Filters(min_context=8_001),
        {"context": {"tokens": 8_000, "source": "page"}}, False, id="context-below-the-limit",
    ),
    pytest.param(
        "min-context", Filters(min_context=1), {"context": {"source": "page"}}, None,
        id="context-not-stated",
    ),
    pytest.param("min-context", Filters(min_context=1), {}, None, id="no-context"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "filters", "changes", "answer"), FILTERS)
def test_filters(
    make_card: MakeCard,
    method: Method,
    name: str,
    filters: Filters,
    changes: dict[str, Any],
    answer: bool | None,
) -> None:
    """True keeps a card, False leaves it out, unknown leaves it out and is counted."""
    card = make_card(**changes)
    listing = make_listing([card], method, filters)
    assert failing(card, filters) == ([] if answer else [name])
    assert [m.card.id for m in listing.models] == (["one"] if answer else [])
    assert listing.unknown == ({name: 1} if answer is None else {})


def test_every_filter_has_a_case_above() -> None:
    """A new field of the filters needs its cases."""
    used = {
        field
        for param in FILTERS
        for field in Filters._fields
        if getattr(param.values[1], field) != Filters._field_defaults[field]
    }
    assert used == set(Filters._fields)


def test_no_filter_keeps_everything(make_card: MakeCard, method: Method) -> None:
    """Filters that ask for nothing leave nothing out, whatever is unknown."""
    listing = make_listing([make_card("a"), make_card("b")], method, Filters())
    assert [m.card.id for m in listing.models] == ["a", "b"]
    assert listing.unknown == {}


def test_filters_join(make_card: MakeCard, method: Method) -> None:
    """All filters must be met; each unknown is counted under its own name."""
    cards = [
        make_card("both", weights=OPEN, licence=_licence(commercial="allowed")),
        make_card("open", weights=OPEN),
        make_card("terms", licence=_licence(commercial="allowed")),
        make_card("neither"),
    ]
    listing = make_listing(cards, method, Filters(open_weights=True, commercial=True))
    assert [m.card.id for m in listing.models] == ["both"]
    assert listing.unknown == {"open-weights": 2, "commercial": 2}
    assert failing(cards[3], Filters(open_weights=True, commercial=True)) == [
        "open-weights", "commercial",
    ]  # fmt: skip


def _result(value: float) -> dict[str, Any]:
    return {
        "name": "Alpha", "metric": "score", "value": value,
        "tier": "independent", "source": "page", "as_of": "2026-11-01",
    }  # fmt: skip


# Sort key -> what the first and the second model hold; the third holds nothing of it.
SORTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rank": ({"metrics": _downloads(9_000_000)}, {"metrics": _downloads(1_000)}),
    "id": ({}, {}),
    "released": (
        {"released": {"day": "2026-03", "source": "page"}},
        {"released": {"day": "2025-12-31", "source": "page"}},
    ),
    "price": (
        {"pricing": {"offers": [_offer("image", 9.0), _offer("image", 0.0)]}},
        {"pricing": {"offers": [_offer("image", 0.5)]}},
    ),
    "context": (
        {"context": {"tokens": 128_000, "source": "page"}},
        {"context": {"tokens": 8_000, "source": "page"}},
    ),
    "parameters": (
        {"weights": {**OPEN, "parameters": 7_000_000_000}},
        {"weights": {**OPEN, "parameters": 70_000_000_000}},
    ),
    # One download scores below the 30 that is assumed of the third, and still comes before it.
    "adoption": ({"metrics": _downloads(9_000_000)}, {"metrics": _downloads(1)}),
    "quality": ({"benchmarks": [_result(99)]}, {"benchmarks": [_result(1)]}),
    "ecosystem": (
        {"licence": _licence(licence_class="permissive")},
        {"licence": _licence(licence_class="closed")},
    ),
    "freshness": (
        {"released": {"day": "2026-11-01", "source": "page"}},
        {"released": {"day": "2019-01-01", "source": "page"}},
    ),
}


@pytest.mark.parametrize("sort", SORTED)
def test_sort_keys_put_the_best_first_and_unknown_last(
    make_card: MakeCard, method: Method, sort: str
) -> None:
    """Ids run against the order looked for, so that only the key can make it."""
    best, worse = SORTED[sort]
    ids = ("a", "b", "c") if sort == "id" else ("c", "b", "a")
    # A model of which nothing is known ranks in the middle, so that rank has its own case.
    rank_last = {"status": "deprecated", "released": {"day": "2019", "source": "page"}}
    unknown = {"metrics": _downloads(0), **rank_last} if sort == "rank" else {}
    cards = [
        make_card(ids[2], **unknown),
        make_card(ids[0], **best),
        make_card(ids[1], **worse),
    ]
    listing = make_listing(cards, method, Filters(), sort=sort)
    assert tuple(m.card.id for m in listing.models) == ids
    assert listing.by_rank == (sort == "rank")


def test_every_sort_key_has_a_case_above() -> None:
    """Match has no scores before a search log is loaded; its test is the next one."""
    assert {*SORTED, "match"} == set(SORT_KEYS)
    assert {d.id for d in DIMENSIONS} < set(SORT_KEYS)


def test_sorting_by_what_nobody_has_keeps_the_order_of_rank(
    make_card: MakeCard, method: Method
) -> None:
    """Without a search log every match score is unknown."""
    cards = [make_card("c", metrics=_downloads(9_000_000)), make_card("a"), make_card("b")]
    listing = make_listing(cards, method, Filters(), sort="match")
    assert [m.card.id for m in listing.models] == ["c", "a", "b"]


@pytest.mark.parametrize(("sort", "meant"), [("prise", "price"), ("zzz", "there are rank")])
def test_unknown_sort_key_suggests(method: Method, sort: str, meant: str) -> None:
    """A key that is none is refused, also when there is nothing to sort."""
    with pytest.raises(UnknownNameError, match=sort) as caught:
        make_listing([], method, Filters(), sort=sort)
    assert meant in (caught.value.hint or "")


def _four(make_card: MakeCard, method: Method, **options: Any) -> Listing:
    counts = {"a": 9_000_000, "b": 8_900_000, "c": 1_000_000, "d": 0}
    cards = [make_card(name, metrics=_downloads(count)) for name, count in counts.items()]
    return make_listing(cards, method, Filters(), **options)


def test_places_share_inside_the_tie_rule(make_card: MakeCard, method: Method) -> None:
    """Full marks and nearly so share place 1; the third comes third, the fourth fourth."""
    # Downloads weigh .35 of 25/85: 99.3 and 99.2, 80.0, 0.0 give ranks 37.1, 37.1, 35.1, 26.9.
    listing = _four(make_card, method)
    assert [m.rank.value for m in listing.models] == pytest.approx(
        [37.1, 37.1, 35.1, 26.9], abs=0.11
    )
    assert listing.places == {"a": 1, "b": 1, "c": 3, "d": 4}


@pytest.mark.parametrize(
    ("limit", "ids"), [(None, "abcd"), (0, ""), (1, "a"), (2, "ab"), (4, "abcd"), (99, "abcd")]
)
def test_limit_cuts_after_places_are_given(
    make_card: MakeCard, method: Method, limit: int | None, ids: str
) -> None:
    """A limit shows fewer models and changes nobody's place."""
    listing = _four(make_card, method, limit=limit)
    assert "".join(m.card.id for m in listing.models) == ids
    assert listing.places == _four(make_card, method).places


def test_places_stay_when_sorted_by_something_else(make_card: MakeCard, method: Method) -> None:
    """A place is one of the rank, whatever the order on the page."""
    assert _four(make_card, method, sort="id", limit=2).places == _four(make_card, method).places


def test_places_count_among_the_models_listed(make_card: MakeCard, method: Method) -> None:
    """What a filter leaves out takes no place."""
    cards = [
        make_card("first", metrics=_downloads(9_000_000), maker="Elsewhere"),
        make_card("second", metrics=_downloads(0)),
    ]
    listing = make_listing(cards, method, Filters(makers=("maker",)))
    assert listing.places == {"second": 1}


def test_order_of_cards_is_irrelevant(make_card: MakeCard, method: Method) -> None:
    """The same list whichever card was read first."""
    cards = [
        make_card(name, metrics=_downloads(n)) for name, n in (("b", 5), ("a", 5), ("c", 9_000))
    ]
    one = make_listing(cards, method, Filters())
    other = make_listing(cards[::-1], method, Filters())
    assert [m.card.id for m in one.models] == [m.card.id for m in other.models]
    assert [m.card.id for m in one.models] == ["c", "a", "b"]
    assert one.places == other.places


def test_nothing_to_list(method: Method) -> None:
    """An empty list is a list."""
    listing = make_listing([], method, Filters(open_weights=True))
    assert (listing.models, listing.places, listing.unknown) == ((), {}, {})
