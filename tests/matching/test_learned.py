"""What picks teach a search: which models rise, by how much, and what is never learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcmp.matching.documents import Document
from modelcmp.matching.events import Counts, ModelCount, QueryCount
from modelcmp.matching.learned import (
    LEARNED,
    PRIOR,
    Learned,
    Picked,
    forget_learned,
    learn,
    load_picks,
    open_learned,
)
from modelcmp.matching.search import Lift, SearchIndex, index_documents
from modelcmp.matching.store import writing

DAYS = ("2026-11-01", "2026-11-02")
SEARCHES = [
    Picked("poster with a slogan", {"painter": 8}),
    Picked("minutes of meetings", {"listener": 3, "writer": 1}),
    Picked("album covers", {"gone": 9}),
]


@pytest.fixture
def learned() -> Learned:
    """Return what three searches teach, in memory."""
    return learn(SEARCHES, None, None)


@pytest.fixture
def index() -> SearchIndex:
    """Return an index of a painter and two writers."""
    return index_documents(
        [
            Document("painter", None, "text-to-image", "paints pictures", "paints", 2),
            Document("painter", "art", "text-to-image", "paints bold pictures", "paints"),
            Document("writer", None, "text-generation", "writes a slogan poster text", "writes"),
            Document("writer-b", None, "text-generation", "writes text", "writes"),
        ]
    )


def test_the_very_same_words_teach_in_full(learned: Learned) -> None:
    lifts = learned.lifts("A poster with slogans!")
    assert set(lifts) == {"painter"}
    assert lifts["painter"].picked == 8
    assert lifts["painter"].score == pytest.approx(LEARNED * 8 / (8 + PRIOR), rel=0.2)
    both = learned.lifts("minutes of a meeting")
    assert both["listener"].score == pytest.approx(3 * both["writer"].score)


@pytest.mark.parametrize("words", ["", "the of", "songs", "poster of birds and of plants by night"])
def test_other_words_teach_nothing(learned: Learned, words: str) -> None:
    assert learned.lifts(words) == {}


def test_a_lift_moves_a_model_up_and_gives_the_reason(index: SearchIndex) -> None:
    plain = index.search("slogan poster", 3)
    assert [match.model for match in plain] == ["writer"]
    lifted = index.search("slogan poster", 3, lifts={"painter": Lift(5.0, 8), "gone": Lift(5.0, 9)})
    assert [(m.model, m.picked, m.words) for m in lifted] == [
        ("painter", 8, ()), ("writer", 0, ("slogan", "poster")),
    ]  # fmt: skip
    assert lifted[1].strength == plain[0].strength
    assert lifted == index.search("slogan poster", lifts={"painter": Lift(5.0, 8)})


def test_a_lift_adds_to_what_the_words_make(index: SearchIndex) -> None:
    (plain,) = (m for m in index.search("writes text", 3) if m.model == "writer-b")
    found = index.search("writes text", 1, lifts={"writer-b": Lift(0.4, 2)})
    assert [(m.model, m.picked) for m in found] == [("writer-b", 2)]
    score = plain.strength / (1 - plain.strength) / 3
    assert found[0].strength == pytest.approx((score + 0.4) / (score + 0.4 + 1 / 3))


def test_filters_hold_for_what_was_learned(index: SearchIndex) -> None:
    lifts = {"painter": Lift(5.0, 8)}
    found = index.search("slogan poster", 3, lifts=lifts, keep=lambda model: model != "painter")
    assert [match.model for match in found] == ["writer"]


def test_only_searches_that_may_be_shown_are_learned_from(tmp_path: Path) -> None:
    path = tmp_path / "store"
    asked = {
        "often and long": ((4, 0), (3, 0)),
        "often on one day": ((9, 0),),
        "seldom": ((2, 0), (2, 0)),
        "painter": ((5, 5), (5, 5)),
        "never picked": ((5, 0), (5, 0)),
    }
    with writing(path) as store:
        queries = [
            QueryCount(query, DAYS[n], *counts)
            for query, days in asked.items()
            for n, counts in enumerate(days)
        ]
        models = [
            ModelCount(q, "painter", DAYS[0], 4, 0, 2, 1) for q in asked if q != "never picked"
        ]
        store.add(Counts(queries, models))
    assert load_picks(path) == [Picked("often and long", {"painter": 3})]
    assert load_picks(tmp_path / "none") == []
    (tmp_path / "damaged").write_bytes(b"x" * 5000)
    assert load_picks(tmp_path / "damaged") == []


def test_it_is_kept_by_the_state_of_the_store_and_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "learned"
    assert open_learned(folder, b"one") is None
    made = learn(SEARCHES, folder, b"one")
    kept = open_learned(folder, b"one")
    assert kept is not None
    assert kept.lifts("poster slogan") == made.lifts("poster slogan") != {}
    assert open_learned(folder, b"two") is None
    assert open_learned(None, b"one") is open_learned(folder, None) is None
    forget_learned(folder)
    assert not folder.exists()
    forget_learned(None)
