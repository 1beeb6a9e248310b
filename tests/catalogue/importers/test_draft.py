"""What every importer does to foreign names, prices, days and texts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcmp.catalogue.fields import ID_PATTERN, check_id
from modelcmp.catalogue.importers.draft import (
    Draft,
    Wanted,
    clean,
    clean_name,
    day_of,
    find_task,
    free_aliases,
    give_ids,
    make_id,
    positive,
    tasks_of,
    url_of,
)
from modelcmp.catalogue.importers.knowledge import licence_of
from modelcmp.catalogue.importers.prices import (
    FREE,
    PER_MILLION,
    PER_TOKEN,
    token_offer,
    unit_offer,
)
from modelcmp.catalogue.reader import REFUSED
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError


def draft(name: str, full: str = "", **card: Any) -> Draft:
    return Draft({"name": name, **card}, full or name, full or name)


@given(st.text(max_size=150))
def test_an_id_is_one_or_there_is_none(name: str) -> None:
    made = make_id(name)
    if made is not None:
        assert re.fullmatch(ID_PATTERN, made) and len(made) <= 100
        assert check_id(made) == made
        assert make_id(made) == made


@given(st.text(max_size=300))
def test_clean_text_holds_nothing_a_card_refuses(text: str) -> None:
    assert not REFUSED.search(clean(text)) and "\n" not in clean(text)
    assert len(clean_name(text)) <= 200


def test_namesakes_take_their_full_names_whatever_the_order() -> None:
    rows = [draft("labse", "a/labse"), draft("LaBSE", "b/LaBSE"), draft("other", "c/other")]
    for order in (rows, rows[::-1]):
        given_ids, left_out = give_ids(order)
        assert sorted(d.card["id"] for d in given_ids) == ["a-labse", "b-labse", "other"]
        assert left_out == []


def test_a_collision_and_a_name_without_id_are_named() -> None:
    given_ids, left_out = give_ids([draft("x", "a/x"), draft("X", "A x"), draft("文心", "文心")])
    assert [d.card["id"] for d in given_ids] == ["a-x"]
    assert [(row.where, row.reason) for row in left_out] == [
        ("A x", "its id a-x is that of a/x"),
        ("文心", "no id can be made from 文心"),
    ]


def test_an_alias_that_names_another_card_goes() -> None:
    rows = [
        draft("A", id="a", aliases=["shared", "b", "taken", "own", "A", "own"]),
        draft("B", id="b", aliases=["Shared"]),
    ]
    first, second = free_aliases(rows, {"taken": "c", "own": "a"})
    assert (first.card["aliases"], second.card["aliases"]) == (["own"], [])


@pytest.mark.parametrize(
    ("given_prices", "per_token", "expected"),
    [
        (("0.000003", "0.000015"), True, (3, 15)),
        ((2.5e-07, 1.25e-06), True, (0.25, 1.25)),
        ((1.1e-06, 3.3e-06), True, (1.1, 3.3)),  # 1.1e-06 * 1e6 is 1.0999999999999999 in floats
        ((3.307, 16.536), False, (3.307, 16.536)),
        ((0.13, 0), False, (0.13, 0)),
    ],
)
def test_prices_of_either_unit_come_out_per_million(
    given_prices: Any, per_token: bool, expected: Any
) -> None:
    offer = token_offer("x", given_prices, per_token=per_token, source="s", day="2026-01-01")
    assert isinstance(offer, dict)
    assert (offer["input_usd"], offer["output_usd"]) == expected


@pytest.mark.parametrize(
    ("given_prices", "per_token", "reason"),
    [
        ((0, 0), False, FREE),
        (("0", "0"), True, FREE),
        ((0.000003, 0.000015), False, PER_TOKEN),
        ((2.5, 10), True, PER_MILLION),
        (("-1", "-1"), True, "its price changes with the request"),
        ((3, None), False, "its price is not stated for both input and output"),
        (("soon", "later"), True, "its price is not stated for both input and output"),
        ((True, 1), False, "its price is not stated for both input and output"),
        (("NaN", "1"), False, "its price is not stated for both input and output"),
        ((50_000, 1), False, "asks over 10,000 dollars per million tokens"),
        (("1e-12", "1e-12"), True, "asks next to nothing per million tokens"),
    ],
)
def test_what_is_no_price_says_why(given_prices: Any, per_token: bool, reason: str) -> None:
    offer = token_offer("x", given_prices, per_token=per_token, source="s", day="2026-01-01")
    assert offer == reason


def test_other_units() -> None:
    minute = unit_offer("x", 0.0001, "minute", 60, source="s", day="2026-01-01")
    assert isinstance(minute, dict) and minute["usd"] == 0.006
    assert unit_offer("x", 0, "image", 1, source="s", day="2026-01-01") == FREE
    assert isinstance(unit_offer("x", None, "image", 1, source="s", day="2026-01-01"), str)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-10-22T12:00:00Z", "2024-10-22"),
        ("2025-05", "2025-05"),
        ("2025", "2025"),
        ("1970-01-01", None),
        ("2025-02-30", None),
        ("2025-05-1", None),
        ("20250501", None),
        ("1066-10-14", None),
        ("", None),
        (None, None),
        (20250501, None),
    ],
)
def test_days(text: object, day: str | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("number", "kept"), [(0, None), (-1, None), (True, None), (1.0, 1), (2**60, None), (None, None)]
)
def test_only_a_number_above_zero_is_known(number: object, kept: int | None) -> None:
    assert positive(number) == kept


def test_licences() -> None:
    assert dict(licence_of("MIT"))["id"] == "MIT"
    assert dict(licence_of("cc-by-nc-4.0"))["commercial"] == "forbidden"
    assert dict(licence_of("My Own, v2")) == {"id": "LicenseRef-My-Own-v2"}
    assert licence_of("other") == ()


def test_addresses() -> None:
    assert url_of("https://example.org/a?b=c") == "https://example.org/a?b=c"
    assert url_of("javascript:alert(1)") is None and url_of("file:///etc/passwd") is None


def test_tasks_by_other_names(registry: Registry) -> None:
    found = [
        find_task(text, registry)
        for text in ("conversational", "Text_To Image", "Fill-Mask", "cooking")
    ]
    assert found == ["text-generation", "text-to-image", "fill-mask", None]


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "tasks"),
    [
        ("Chat", ["text"], ["text"], ["text-generation"]),
        ("Chat", ["text", "image", "pdf"], ["text"], ["image-text-to-text", "text-generation"]),
        ("Painter", ["text"], ["image"], ["text-to-image"]),
        ("Painter", ["text", "image"], ["image"], ["text-to-image", "image-to-image"]),
        ("Both", ["text"], ["text", "image"], ["text-generation", "text-to-image"]),
        ("Film", ["text"], ["video"], ["text-to-video"]),
        ("Voice", ["text"], ["audio"], ["text-to-speech"]),
        ("Ear", ["audio"], ["text"], ["automatic-speech-recognition"]),
        ("text-embedding-3-large", ["text"], ["text"], ["feature-extraction"]),
        ("Rerank 3", ["text"], ["text"], ["text-ranking"]),
        ("Whisper", ["text"], ["text"], ["automatic-speech-recognition"]),
        ("Nothing said", [], [], ["text-generation"]),
    ],
)
def test_tasks_from_what_goes_in_and_out(
    name: str, inputs: list[str], outputs: list[str], tasks: list[str], registry: Registry
) -> None:
    found, modalities = tasks_of(name, inputs, outputs)
    assert found == tasks and set(found) <= set(registry.tasks)
    assert modalities["input"] and modalities["output"]


def test_a_day_that_nobody_said_is_asked_for(registry: Registry) -> None:
    with pytest.raises(UsageError) as caught:
        Wanted(registry).get_day()
    assert "--day" in str(caught.value.hint)


def test_patterns_choose_in_any_case(registry: Registry) -> None:
    wanted = Wanted(registry, only=("claude*", "*/x"))
    assert wanted.takes("Claude 3", None) and wanted.takes("other", "a/X")
    assert not wanted.takes("gpt", None) and Wanted(registry).takes("anything")
