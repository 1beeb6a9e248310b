"""What changed between two catalogues: facts by what they are about, ranks, order, verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.comparison.changes import card_changes, find_changes
from modelcmp.comparison.difference import report_changes
from modelcmp.errors import UnknownNameError
from modelcmp.scoring.rank import Method

Make = Callable[..., ModelCard]


def likes(value: int, **more: Any) -> dict[str, Any]:
    figure = {"metric": "hf_likes", "value": value, "source": "page", "as_of": "2026-01-01"}
    return {"metrics": [{**figure, **more}]}


def told(old: ModelCard, new: ModelCard) -> list[tuple[str, Any, Any]]:
    return [tuple(change) for change in card_changes(old, new)]


CHAT = {"id": "chat", "kind": "interface", "tag": "streaming", "title": "T", "description": "D",
        "claim": "unsourced"}  # fmt: skip
CALL = {**CHAT, "id": "call", "tag": "tool-calling"}
RESULT = {"name": "MMLU", "metric": "accuracy", "shots": 5, "value": 60.0, "tier": "maker",
          "source": "page", "as_of": "2025-01-01"}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, []),
        ({"maker": "A"}, {"maker": "B"}, [("maker", "A", "B")]),
        (likes(1), likes(2), [("metrics[hf_likes].value", 1, 2)]),
        (
            likes(1, repository="a/b"),
            likes(1, repository="a/b", as_of="2026-02-01"),
            [("metrics[hf_likes, a/b].as_of", "2026-01-01", "2026-02-01")],
        ),
        (
            {"capabilities": [CHAT, CALL]},
            {"capabilities": [CALL, {**CHAT, "title": "New"}]},
            [("capabilities[chat].title", "T", "New")],
        ),
        (
            {"benchmarks": [RESULT]},
            {"benchmarks": [{**RESULT, "value": 61.0}]},
            [("benchmarks[MMLU, accuracy, 5 shots].value", 60.0, 61.0)],
        ),
        (
            {},
            {"context": {"tokens": 5, "source": "page"}},
            [("context.tokens", None, 5), ("context.source", None, "page")],
        ),
        ({"aliases": ["a", "b"]}, {"aliases": ["b", "c"]}, [("aliases", ["a", "b"], ["b", "c"])]),
    ],
    ids=str,
)
def test_facts(make_card: Make, old: Any, new: Any, expected: list[Any]) -> None:
    assert told(make_card(**old), make_card(**new)) == expected
    swapped = [(field, after, before) for field, before, after in expected]
    assert sorted(told(make_card(**new), make_card(**old)), key=str) == sorted(swapped, key=str)


def test_an_entry_that_comes_is_one_change(make_card: Make) -> None:
    ((field, old, new),) = told(make_card(), make_card(capabilities=[CHAT]))
    assert (field, old, new["title"]) == ("capabilities[chat]", None, "T")
    more = {"page": {"title": "A page", "url": "https://example.org/page"}, "two": {"title": "2"}}
    assert told(make_card(), make_card(sources=more)) == [("sources[two]", None, {"title": "2"})]


def test_known_to_be_none_is_not_unknown(make_card: Make) -> None:
    assert told(make_card(), make_card(ecosystem={"integrations": []})) == [
        ("ecosystem.integrations", None, [])
    ]


def test_entries_about_the_same_thing_are_told_apart(make_card: Make) -> None:
    offer = {"provider": "P", "unit": "image", "usd": 1.0, "source": "page", "as_of": "2026-01-01"}
    twice = {"pricing": {"offers": [offer, {**offer, "usd": 2.0}]}}
    other = {"pricing": {"offers": [offer, {**offer, "usd": 3.0}]}}
    assert told(make_card(**twice), make_card(**other)) == [
        ("pricing.offers[P, image, 2].usd", 2.0, 3.0)
    ]


@pytest.fixture
def sides(make_card: Make) -> tuple[dict[str, ModelCard], dict[str, ModelCard]]:
    """Return a catalogue before and after: b overtakes a, c goes, d comes, p stays."""
    painter = {"tasks": ["text-to-image"]}
    old = [make_card("a", **likes(500)), make_card("b", **likes(100)), make_card("c")]
    new = [make_card("a", **likes(500)), make_card("b", **likes(5000)), make_card("d")]
    stays = make_card("p", **painter, **likes(600))
    return (
        {card.id: card for card in [*old, stays]},
        {card.id: card for card in [*new, stays]},
    )


def test_cards_ranks_and_turned_pairs(sides: Any, method: Method) -> None:
    changes = find_changes(*sides, method)
    assert (changes.added, changes.removed) == (("d",), ("c",))
    assert [card.id for card in changes.changed] == ["b"]
    assert [change.id for change in changes.ranks] == ["b", "c", "d"]
    assert changes.ranks[0].shift > 0
    # b passed p as well, but p is for another task.
    assert [change.pair for change in changes.pairs] == [("a", "b")]
    assert changes.pairs[0].old and changes.pairs[0].new
    assert changes.pairs[0].old.ranked == ("a", "b")
    assert changes.pairs[0].new.ranked == ("b", "a")


def test_chosen_pairs_are_told_whatever_became_of_them(sides: Any, method: Method) -> None:
    chosen = [("p", "a"), ("a", "d"), ("a", "b")]
    changes = find_changes(*sides, method, pairs=chosen)
    assert [change.pair for change in changes.pairs] == chosen
    assert [change.changed for change in changes.pairs] == [False, True, True]
    assert changes.pairs[1].old is None
    with pytest.raises(UnknownNameError):
        find_changes(*sides, method, pairs=[("a", "nobody")])


def test_what_cannot_be_read_is_neither_gone_nor_new(sides: Any, method: Method) -> None:
    changes = find_changes(*sides, method, unreadable=["c", "d"])
    assert (changes.added, changes.removed, changes.unreadable) == ((), (), ("c", "d"))


def test_nothing_changed(sides: Any, method: Method) -> None:
    changes = find_changes(sides[0], sides[0], method)
    assert not changes.differ
    report = report_changes(changes, "old", "new")
    assert report.text.startswith("No card differs.")
    assert report.sections == ()
    assert len(report.lines) == 1


def test_swapping_the_sides_mirrors(sides: Any, method: Method) -> None:
    there, back = find_changes(*sides, method), find_changes(*reversed(sides), method)
    assert (there.added, there.removed) == (back.removed, back.added)
    assert [c.shift for c in there.ranks] == [-c.shift + 0.0 for c in back.ranks]


def test_the_report_says_it_in_words_and_values(sides: Any, method: Method) -> None:
    report = report_changes(find_changes(*sides, method), "main", "data")
    assert report.text.startswith(
        "1 card added, 1 card removed, 1 fact changed in 1 card, 1 rank moved and 1 verdict changed."
    )
    assert [section.title for section in report.sections] == ["Cards", "Facts", "Ranks", "Verdicts"]
    assert report.sections[1].rows == (
        ("b", "metrics[hf_likes].value", "100", "5,000 (+4900.0 %)"),
    )  # fmt: skip
    document = json.loads(json.dumps(report.document))
    assert list(document) == [
        "schema", "old", "new", "profile", "method", "as_of", "added", "removed", "unreadable",
        "changed", "ranks", "pairs",
    ]  # fmt: skip
    assert document["changed"] == [
        {"id": "b", "facts": [{"field": "metrics[hf_likes].value", "old": 100, "new": 5000}]}
    ]
    assert document["ranks"][1]["new"] is None
    assert len({len(line) for line in report.lines}) == 1
