"""What the queries of a log match: looked up on every core, most frequent first, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelcmp.matching import lookups
from modelcmp.matching.documents import Document
from modelcmp.matching.lookups import Lookups, due, find_records, forget_lookups
from modelcmp.matching.search import SearchIndex, index_documents

THINGS = ["letters", "posters", "maps", "songs", "charts", "plants"]
QUERIES = [f"{one} and {other} {n}" for n in range(4) for one in THINGS for other in THINGS]


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    """Return a kept index of twelve models that do some of six things each."""
    documents = [
        Document(f"model-{n:02d}", f"c{k}", f"task-{n % 3}", f"{thing} {THINGS[n % 6]}", "", k % 2)
        for n in range(12)
        for k, thing in enumerate(THINGS[n % 4 : n % 4 + 3])
    ]
    return index_documents(documents, tmp_path / "indexes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where look-ups are kept."""
    return tmp_path / "matches"


def test_what_is_kept_is_what_the_index_says(index: SearchIndex, folder: Path) -> None:
    held = Lookups(index, folder)
    assert held("letters") is None
    held.look_up(["letters", "nothing of it", "letters"])
    again = Lookups(index, folder)
    for found in (held, again):
        assert found("nothing of it") == []
        assert found("letters") == [m._replace(words=()) for m in index.best("letters")]
        assert found("maps") is None
        assert ("letters" in found, "maps" in found) == (True, False)


@pytest.mark.slow
def test_any_number_of_processes_keeps_the_same(
    index: SearchIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "CHUNK", 25)
    kept = []
    for processes in (1, 2, 3):
        folder = tmp_path / f"by-{processes}"
        Lookups(index, folder).look_up(QUERIES, processes=processes)
        (file,) = folder.iterdir()
        kept.append(file.read_bytes())
    assert kept[0] == kept[1] == kept[2]


def test_the_order_and_number_of_runs_does_not_matter(index: SearchIndex, tmp_path: Path) -> None:
    Lookups(index, tmp_path / "a").look_up(QUERIES)
    Lookups(index, tmp_path / "b").look_up(reversed(QUERIES[:50]))
    Lookups(index, tmp_path / "b").look_up(QUERIES)
    (one,), (other,) = (list((tmp_path / name).iterdir()) for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_known_queries_are_not_looked_up_again(
    index: SearchIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lookups(index, folder).look_up(["letters"])
    asked: list[str] = []

    def watched(index: SearchIndex, queries: list[str]) -> list[bytes]:
        asked.extend(queries)
        return find_records(index, queries)

    monkeypatch.setattr(lookups, "find_records", watched)
    told: list[int] = []
    Lookups(index, folder).look_up(["letters", "maps"], told=told.append)
    assert (asked, told) == (["maps"], [1])


def test_what_was_done_before_an_interruption_is_kept(
    index: SearchIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "CHUNK", 10)

    def stop(done: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Lookups(index, folder).look_up(QUERIES, processes=1, told=stop)
    held = Lookups(index, folder)
    assert [query in held for query in QUERIES[:21]] == [True] * 20 + [False]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-1], lambda data: b"x" + data[1:], lambda _: b""]
)
def test_a_damaged_file_is_no_file(
    index: SearchIndex, folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    Lookups(index, folder).look_up(["letters"])
    (file,) = folder.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    held = Lookups(index, folder)
    assert held("letters") is None
    held.look_up(["letters"])
    assert Lookups(index, folder)("letters")


def test_no_query_is_in_the_file_and_none_stays(index: SearchIndex, folder: Path) -> None:
    Lookups(index, folder).look_up(["letters of my aunt"])
    (file,) = folder.iterdir()
    assert b"aunt" not in file.read_bytes()
    forget_lookups(folder)
    assert list(folder.iterdir()) == []
    forget_lookups(folder / "none")
    forget_lookups(None)


def test_without_a_place_nothing_is_kept(index: SearchIndex, tmp_path: Path) -> None:
    for held in (Lookups(index, None), Lookups(index, tmp_path / "file" / "below")):
        (tmp_path / "file").write_text("")
        held.look_up(["letters"])
        assert held("letters")


def test_other_cards_are_another_file_and_old_ones_go(index: SearchIndex, folder: Path) -> None:
    for number in range(lookups.KEPT + 3):
        other = index_documents([Document("m", None, "t", f"text {number}", "")], index.path.parent)
        Lookups(other, folder).look_up(["text"])
    assert len(list(folder.iterdir())) == lookups.KEPT


@pytest.mark.parametrize(
    ("share", "most", "found"),
    [
        (1.0, None, ["b", "c", "d", "a"]),
        (0.9, None, ["b", "c", "d"]),
        (0.5, None, ["b"]),
        (1.0, 2, ["b", "c"]),
        (0.51, None, ["b", "c"]),
    ],
)
def test_the_most_frequent_are_due_first(share: float, most: int | None, found: list[str]) -> None:
    counts = [("a", 1), ("d", 2), ("b", 5), ("c", 2)]
    assert due(counts, share, most=most) == found
    assert due([], share, most=most) == []
