"""The word index: what it finds, in which order, why, and how it is kept."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError
from modelcmp.matching import kept, search
from modelcmp.matching.documents import Document, make_documents
from modelcmp.matching.search import SearchIndex, build_index, index_documents, open_index

MakeCard = Callable[..., ModelCard]


def _capability(name: str, title: str, description: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "kind": "task", "tag": "text-generation", "title": title,
        "description": description, "claim": "stated", "source": "page", **more,
    }  # fmt: skip


@pytest.fixture
def cards(make_card: MakeCard) -> list[ModelCard]:
    """Return a painter, a listener, and two writers that differ by id alone."""
    writer = {"capabilities": [_capability("letters", "Letters", "Writes polite letters.")]}
    return [
        make_card("writer-b", name="Writer", **writer),
        make_card("writer-a", name="Writer", **writer),
        make_card(
            "painter",
            tasks=["text-to-image"],
            capabilities=[
                _capability("posters", "Posters", "Paints posters with bold colours.", tag="text-to-image"),
                _capability("lettering", "Lettering", "Puts legible words on a poster."),
            ],
            limitations=[{"text": "Cannot paint hands."}],
            best_for=["Album covers."],
        ),
        make_card(
            "listener",
            tasks=["automatic-speech-recognition"],
            capabilities=[
                _capability("minutes", "Minutes", "Writes down what was said."),
                _capability("tongues", "Languages", "Serves Basque badly.", kind="limit"),
            ],
        ),
    ]  # fmt: skip


@pytest.fixture
def index(cards: list[ModelCard], registry: Registry) -> SearchIndex:
    """Return their index, in memory."""
    return build_index(cards, registry)


@pytest.mark.parametrize(
    ("words", "model", "capability", "matched"),
    [
        ("a bold poster", "painter", "posters", ("bold", "poster")),
        ("POSTERS that are legible", "painter", "lettering", ("POSTERS", "legible")),
        ("album cover", "painter", None, ("album", "cover")),  # said of the model as a whole
        ("generating illustrations", "painter", "posters", ("generating", "illustrations")),
        ("transcription of interviews", "listener", "minutes", ("transcription",)),
        ("polite letter", "writer-a", "letters", ("polite", "letter")),
    ],
)
def test_it_finds_the_model_the_capability_and_the_words(
    index: SearchIndex, words: str, model: str, capability: str | None, matched: tuple[str, ...]
) -> None:
    first = index.search(words)[0]
    assert (first.model, first.words, first.meaning) == (model, matched, False)
    assert first.capability == capability
    assert index.best(words)[0] == first


@pytest.mark.parametrize(
    "words", ["hands", "Basque badly", "", "the of and", "!?", "zebra", "need to use"]
)
def test_limits_stop_words_and_strange_words_find_nothing(index: SearchIndex, words: str) -> None:
    assert index.search(words) == []
    assert index.best(words) == []


def test_equal_models_come_by_id(index: SearchIndex) -> None:
    found = index.search("polite letters")
    assert [match.model for match in found[:2]] == ["writer-a", "writer-b"]
    assert found[0].strength == found[1].strength


def test_the_order_of_cards_does_not_matter(cards: list[ModelCard], registry: Registry) -> None:
    one, other = build_index(cards, registry), build_index(cards[::-1], registry)
    for words in ("poster", "write letters", "words said"):
        assert one.search(words) == other.search(words)


def test_the_registry_speaks_for_a_task(index: SearchIndex, registry: Registry) -> None:
    for task, model in (("text-to-image", "painter"), ("automatic-speech-recognition", "listener")):
        for synonym in registry.tasks[task].synonyms:
            assert index.search(synonym)[0].model == model, synonym


def test_spelling_almost_right_is_the_nearest(index: SearchIndex) -> None:
    assert index.search("pozters") == []
    (match,) = index.nearest("pozters", 5)
    assert (match.model, match.strength, match.words) == ("painter", 0.0, ())
    assert index.nearest("bake", 5) == []


def _many(count: int) -> list[Document]:
    """Return models of two tasks, each with three documents, some of which match more words."""
    words = ["red", "green", "blue", "round", "square", "large"]
    documents = []
    for n in range(count):
        for part in range(3):
            text = " ".join(words[(n + part * k) % 6] for k in range(1 + (n + part) % 4))
            documents.append(
                Document(f"m{n:03}", f"c{part}", f"task-{n % 2}", text, f"job {n % 2}")
            )
    return documents


def test_a_shorter_list_is_the_head_of_a_longer_one() -> None:
    index = index_documents(_many(200))
    for words in ("red", "red round", "green large job", "blue square large"):
        everything = index.search(words)
        assert len({match.model for match in everything}) == len(everything) > 30
        for limit in (1, 5, 20, 60):
            assert index.search(words, limit) == everything[:limit]
        chosen = [m for m in everything if m.model.endswith("7")]
        assert index.search(words, 3, keep=lambda name: name.endswith("7")) == chosen[:3]


def test_what_most_of_the_best_are_for_comes_first() -> None:
    """Hand-counted: nine models sort rows; an odd one shares one word more by chance."""
    rows = [
        Document(f"sorter-{n}", None, "sort", "sorts rows into classes", "sort") for n in range(9)
    ]
    odd = [Document("odd", None, "paint", "classes for rows", "paint")]
    index = index_documents([*odd, *rows])
    found = index.search("classes of rows")
    # "odd" is shorter, so its two words weigh more; the votes of nine sorters outweigh that.
    assert found[0].model == "sorter-0"
    assert found[-1].model == "odd"


def test_a_word_counts_by_the_models_that_have_it() -> None:
    """A model with forty documents that all name its job does not make the job's words common."""
    busy = [
        Document("busy", f"c{n}", "hear", "transcribes speech", "transcribes") for n in range(40)
    ]
    rare = [Document("rare", None, "other", "gadget", "other")]
    index = index_documents([*busy, *rare, Document("none", None, "other", "nothing", "other")])
    heard = index.search("transcribes gadget")
    assert heard[0].model == "busy"


def test_strength_is_the_share_of_the_words_weight(index: SearchIndex) -> None:
    """More words of the same document found, the stronger; words nobody has weaken."""
    (all_found, one_strange, most_strange) = (
        index.search(words)[0].strength
        for words in ("bold poster", "bold poster zebra", "bold poster zebra giraffe lion")
    )
    assert 0 < most_strange < one_strange < all_found < 1


HOSTILE = [
    'text:"poster', "posters AND NOT (", "title:* OR *:*", "poster^1000", "[a TO z]", "\\", "po*", "/.*/",
    "'; DROP", "\x00poster", "poster\ud800", "پوستر", "海报", "ﬁ ligature", "a" * 100_000, "poster " * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_a_query_is_words_and_never_a_language(index: SearchIndex, words: str) -> None:
    found = index.search(words)
    assert {match.model for match in found} <= {"painter", "listener", "writer-a", "writer-b"}
    assert all(set(match.words) <= {"text", "poster", "posters", "title"} for match in found)
    assert all(0 < match.strength < 1 for match in found)


_INDEX = index_documents(_many(30))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_query(text: str) -> None:
    found = _INDEX.search(text, 5)
    assert found == _INDEX.search(text)[:5]
    assert found == _INDEX.search(text, 5)


def test_an_empty_catalogue_has_an_index(registry: Registry, tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        index = build_index([], registry, folder)
        assert index.search("poster") == index.best("poster") == index.nearest("poster", 3) == []


def test_a_kept_index_answers_alike(
    cards: list[ModelCard], registry: Registry, index: SearchIndex, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "indexes"
    made = build_index(cards, registry, folder)
    assert made.path is not None and made.path.parent == folder
    opened = build_index(cards, registry, folder)
    assert opened.path == made.path
    assert [entry.name for entry in folder.iterdir()] == [made.path.name]
    for words in ("poster", "write letters", "what was said"):
        assert index.search(words) == made.search(words) == opened.search(words)


def test_another_content_is_another_index(
    cards: list[ModelCard], registry: Registry, make_card: MakeCard, tmp_path: Path
) -> None:
    first = build_index(cards, registry, tmp_path).path
    changed = [*cards[1:], make_card("writer-b", name="Scribe")]
    assert build_index(changed, registry, tmp_path).path != first
    assert build_index(cards[::-1], registry, tmp_path).path == first


def test_old_indexes_go(tmp_path: Path) -> None:
    for number in range(kept.KEPT + 3):
        index_documents([Document(f"m{number}", None, "t", "poster", "t")], tmp_path)
    assert len(list(tmp_path.iterdir())) == kept.KEPT


def test_it_goes_to_other_processes_by_path(tmp_path: Path) -> None:
    documents = _many(10)
    kept, in_memory = index_documents(documents, tmp_path), index_documents(documents)
    assert len(pickle.dumps(kept)) < 1_000
    for index in (kept, in_memory):
        assert pickle.loads(pickle.dumps(index)).best("red round") == index.best("red round")


def _flip(path: Path) -> None:
    file = max(path.glob("*.store"), key=lambda file: file.stat().st_size)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x55
    file.write_bytes(bytes(content))


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a flipped bit": _flip,
    "a file cut short": lambda path: (path / "meta.json").write_bytes(b"{"),
    "a file gone": lambda path: (path / "meta.json").unlink(),
    "no sums": lambda path: (path / "sums.json").unlink(),
    "sums of something else": lambda path: (path / "sums.json").write_text("[1]"),
    "sums that are no JSON": lambda path: (path / "sums.json").write_text("[" * 100_000),
    "a file more": lambda path: (path / "extra").write_text("x"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_made_anew(damage: str, tmp_path: Path) -> None:
    documents = _many(5)
    first = index_documents(documents, tmp_path)
    expected = first.search("red round")
    assert first.path is not None
    DAMAGE[damage](first.path)
    assert open_index(first.path) is None
    again = index_documents(documents, tmp_path)
    assert again.search("red round") == expected


def test_no_place_to_keep_it_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = _many(5)
    expected = index_documents(documents).search("red round")
    file = tmp_path / "file"
    file.write_text("in the way")
    assert index_documents(documents, file).search("red round") == expected
    assert file.read_text() == "in the way"

    def full(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    index = index_documents(documents, tmp_path / "full")
    assert index.path is None
    assert index.search("red round") == expected
    assert list((tmp_path / "full").iterdir()) == []


def test_another_process_may_have_been_quicker(tmp_path: Path) -> None:
    documents = _many(5)
    first = index_documents(documents, tmp_path)
    assert first.path is not None
    assert kept.write_index(first.path, lambda path: search._fill(documents, path))
    assert [entry.name for entry in tmp_path.iterdir()] == [first.path.name]


def test_a_kept_index_names_its_files(tmp_path: Path) -> None:
    path = index_documents(_many(5), tmp_path).path
    assert path is not None
    sums = json.loads((path / "sums.json").read_text("utf-8"))
    assert set(sums) == {f.name for f in path.iterdir() if f.suffix != ".lock"} - {"sums.json"}


def test_documents_of_a_card(cards: list[ModelCard], registry: Registry) -> None:
    documents = make_documents(cards, registry)
    assert [(d.model, d.capability) for d in documents] == [
        ("listener", None), ("listener", "minutes"), ("painter", None), ("painter", "posters"),
        ("painter", "lettering"), ("writer-a", None), ("writer-a", "letters"), ("writer-b", None),
        ("writer-b", "letters"),
    ]  # fmt: skip


def test_meaning_without_its_extra_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, cards: list[ModelCard], registry: Registry
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(UsageError) as raised:
        build_index(cards, registry, semantic=True)
    assert raised.value.hint == "pip install 'modelcmp[semantic]'"
    assert build_index(cards, registry).search("poster")


def test_meaning_finds_what_shares_no_word() -> None:
    pytest.importorskip("wordllama")
    documents = [
        Document("listener", "said", "hear", "transcribes speech into text", "hear"),
        Document("painter", "posters", "paint", "paints pictures and illustrations", "paint"),
    ]
    index = index_documents(documents, semantic=True)
    assert index_documents(documents).search("drawing artwork") == []
    first = index.search("drawing artwork")[0]
    assert (first.model, first.words, first.meaning) == ("painter", (), True)
    assert index.search("drawing artwork", 1) == index.search("drawing artwork")[:1]
    by_word = index.search("speech")[0]
    assert (by_word.model, by_word.words) == ("listener", ("speech",))
