"""The cache of checked documents: never stale, and never in the way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import cache as cache_module
from modelcmp.catalogue import checking, loading
from modelcmp.catalogue.cache import DocumentCache, default_cache_path
from modelcmp.catalogue.loading import load_catalogue

CARD = """\
id: {id}
name: Model {id}
aliases: [{id}-alias]
maker: {maker}
summary: A model for a test.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
metrics:
- {{metric: hf_likes, value: 7, source: page, as_of: 2026-11-23}}
ecosystem: {{integrations: [], sdk_languages: [c], sdk_source: page}}
sources: {{page: {{title: A page}}}}
"""

IDS = ("one", "three", "two")


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """Return a directory of three cards and a day."""
    directory = tmp_path / "cards"
    directory.mkdir()
    for model_id in IDS:
        (directory / f"{model_id}.yaml").write_text(CARD.format(id=model_id, maker="Maker"))
    (directory / "catalogue.yaml").write_text("as_of: 2026-01-02\n")
    return directory


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return where the cache of the test lies; nothing is there yet."""
    return tmp_path / "cache" / "checked.sqlite"


def everything(cards: Path, cache: Path | None) -> dict[str, Any]:
    """Return all that a fresh catalogue says, by every way of asking."""
    catalogue = load_catalogue([cards], builtin=False, cache=cache)
    loaded = catalogue.load_all()
    return {
        "cards": [asdict(card) for card in loaded.cards],
        "problems": loaded.problems,
        "names": catalogue.names(),
        "by id": asdict(catalogue.get("one")),
        "by alias": asdict(catalogue.get("Two ALIAS")),
        "as of": catalogue.as_of,
        "tasks": sorted(catalogue.registry.tasks),
    }


def count_checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the file of each card checked from now on."""
    checked: list[str] = []
    original = checking.judge_card

    def counted(document: Any, registry: Any) -> Any:
        checked.append(Path(document.file).name)
        return original(document, registry)

    monkeypatch.setattr(checking, "judge_card", counted)
    return checked


def rows(cache: Path) -> int:
    """Return how many documents a cache file holds."""
    with closing(sqlite3.connect(cache)) as connection:
        return int(connection.execute("SELECT count(*) FROM checked").fetchone()[0])


def test_warm_equals_cold(cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card from the cache is the card from the file, and is not checked again."""
    bare = everything(cards, None)
    cold = everything(cards, cache)
    checked = count_checks(monkeypatch)
    warm = everything(cards, cache)
    assert bare == cold == warm
    assert [card["id"] for card in warm["cards"]] == list(IDS)
    assert checked == []


def test_a_refused_card_is_refused_again(cards: Path, cache: Path) -> None:
    """Problems are never cached away."""
    (cards / "two.yaml").write_text("id: two\n")
    catalogues = [load_catalogue([cards], builtin=False, cache=cache) for _ in range(2)]
    first, second = (catalogue.load_all() for catalogue in catalogues)
    assert first.problems == second.problems != ()
    assert [card.id for card in second.cards] == ["one", "three"]


@pytest.mark.parametrize(("old", "new"), [("maker: Maker", "maker: Baker"), ("A page", "B page")])
def test_an_edited_file_is_seen_at_once(old: str, new: str, cards: Path, cache: Path) -> None:
    """Even one of the same size and times, near its end: the whole content is the key."""
    path = cards / "one.yaml"
    before = path.stat()
    first = load_catalogue([cards], builtin=False, cache=cache).get("one")
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    second = load_catalogue([cards], builtin=False, cache=cache).get("one")
    assert asdict(second) != asdict(first)
    assert asdict(second) == asdict(load_catalogue([cards], builtin=False).get("one"))


def test_an_edit_is_seen_by_a_catalogue_in_use(cards: Path, cache: Path) -> None:
    """Nothing of a card is kept in memory between two questions."""
    catalogue = load_catalogue([cards], builtin=False, cache=cache)
    assert catalogue.get("one").maker == "Maker"
    (cards / "one.yaml").write_text(CARD.format(id="one", maker="Baker"))
    assert catalogue.get("one").maker == "Baker"


def test_a_copied_card_must_still_match_its_file_name(cards: Path, cache: Path) -> None:
    """The same content under another name is found in the cache and refused all the same."""
    load_catalogue([cards], builtin=False, cache=cache).get("one")
    shutil.copy(cards / "one.yaml", cards / "copy.yaml")
    catalogue = load_catalogue([cards], builtin=False, cache=cache)
    entries, problems = catalogue.names()
    loaded = catalogue.load_all()
    assert [(entry.id, entry.path.stem) for entry in entries] == [(name, name) for name in IDS]
    assert [card.id for card in loaded.cards] == list(IDS)
    assert [Path(problem.file).name for problem in loaded.problems] == ["copy.yaml"]
    assert problems == loaded.problems


@pytest.mark.parametrize("changed", ["_code_digest", "_registry_bytes"])
def test_other_rules_are_other_keys(
    changed: str, cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card checked by other code or against other tables is checked again."""
    everything(cards, cache)
    read, digest = loading._registry_bytes()
    if changed == "_code_digest":
        monkeypatch.setattr(loading, "_code_digest", lambda: b"another version")
    else:
        monkeypatch.setattr(loading, "_registry_bytes", lambda: (read, digest[::-1]))
    checked = count_checks(monkeypatch)
    load_catalogue([cards], builtin=False, cache=cache).get("one")
    assert checked == ["one.yaml"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_the_cache_is_for_its_owner_alone(cards: Path, cache: Path) -> None:
    """File and folder are closed to others."""
    everything(cards, cache)
    assert cache.stat().st_mode & 0o077 == 0
    assert cache.parent.stat().st_mode & 0o077 == 0


# --- Trouble with the file


def make_damage(cards: Path, cache: Path, kind: str) -> None:
    """Fill the cache, then damage it in one way."""
    everything(cards, cache)
    content = cache.read_bytes()
    changes: dict[str, bytes] = {
        "empty": b"",
        "text": b"not a database\n" * 500,
        "header only": content[:16],
        "cut in half": content[: len(content) // 2],
        "cut by a page": content[:-4096],
        "first page zeroed": bytes(4096) + content[4096:],
        "all but the first page zeroed": content[:4096] + bytes(len(content) - 4096),
        "every page scrambled": content[:100] + content[100:][::-1],
    }
    cache.write_bytes(changes[kind])


DAMAGE = ["empty", "text", "header only", "cut in half", "cut by a page", "first page zeroed",
          "all but the first page zeroed", "every page scrambled"]  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_costs_time_only(kind: str, cards: Path, cache: Path) -> None:
    """The answer is the same, and two runs later there is a working cache again."""
    expected = everything(cards, None)
    make_damage(cards, cache, kind)
    assert everything(cards, cache) == expected
    assert everything(cards, cache) == expected
    assert rows(cache) >= len(IDS)


FOREIGN = {
    "no table": "DROP TABLE checked",
    "no such column": "ALTER TABLE checked RENAME COLUMN names TO other",
    "another shape": "DROP TABLE checked; CREATE TABLE checked (a INTEGER)",
    "a view": "DROP TABLE checked; CREATE VIEW checked AS SELECT 1 AS digest",
    "text that is not UTF-8": "UPDATE checked SET document = CAST(x'ff' AS TEXT)",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_database_is_done_without(kind: str, cards: Path, cache: Path) -> None:
    """A database of another program, or of another version of this one, changes no answer."""
    expected = everything(cards, None)
    everything(cards, cache)
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.executescript(FOREIGN[kind])
    assert everything(cards, cache) == expected
    assert everything(cards, cache) == expected


ROWS = {
    "document cut": "UPDATE checked SET document = '{'",
    "document a list": "UPDATE checked SET document = '[]'",
    "card without fields": "UPDATE checked SET document = '{}' WHERE names <> '[]'",
    "document of bytes": "UPDATE checked SET document = x'ff'",
    "names cut": "UPDATE checked SET names = '['",
    "names empty": "UPDATE checked SET names = '[]' WHERE names <> '[]'",
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_damaged_row_is_checked_anew(kind: str, cards: Path, cache: Path) -> None:
    """Every trouble with the cache is answered by doing without, a spoilt row included."""
    expected = everything(cards, None)
    everything(cards, cache)
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute(ROWS[kind])
    assert everything(cards, cache) == expected


def test_a_spoilt_row_of_the_day_is_read_anew(cards: Path, cache: Path) -> None:
    """A row that lost the day never means another day."""
    everything(cards, cache)
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute("UPDATE checked SET document = '{}' WHERE document LIKE '%as_of%'")
    assert load_catalogue([cards], builtin=False, cache=cache).as_of == "2026-01-02"


def test_bytes_lost_inside_a_row_cost_time_only(cards: Path, cache: Path) -> None:
    """SQLite has no checksums: what a disk or a cut-off copy loses inside a text shows only here."""
    expected = everything(cards, None)
    everything(cards, cache)
    content = cache.read_bytes()
    assert content.count(b'"Maker"') == len(IDS)
    cache.write_bytes(content.replace(b'"Maker"', bytes(7)))
    assert everything(cards, cache) == expected


def put_directory(cache: Path) -> Path:
    cache.mkdir(parents=True)
    (cache / "file").write_text("x")
    return cache


def put_file_as_parent(cache: Path) -> Path:
    cache.parent.write_text("a file where the folder should be")
    return cache


def put_broken_link(cache: Path) -> Path:
    cache.parent.mkdir()
    cache.symlink_to(cache.parent / "nowhere" / "at" / "all")
    return cache


def put_link_to_itself(cache: Path) -> Path:
    cache.parent.mkdir()
    cache.symlink_to(cache)
    return cache


def put_odd_name(cache: Path) -> Path:
    return cache.parent / "100% ?mode=memory#x;é" / "a b.sqlite"


ODD_PLACES = {
    "a directory": put_directory,
    "below a file": put_file_as_parent,
    "a broken link": put_broken_link,
    "a link to itself": put_link_to_itself,
    "an odd name": put_odd_name,
}


@pytest.mark.parametrize("place", ODD_PLACES.values(), ids=ODD_PLACES.keys())
def test_a_cache_that_cannot_be_used_is_done_without(
    place: Callable[[Path], Path], cards: Path, cache: Path
) -> None:
    """Wherever the cache is said to lie, the answer is the same, cold and warm."""
    expected = everything(cards, None)
    where = place(cache)
    assert everything(cards, where) == expected
    assert everything(cards, where) == expected


def test_an_odd_name_holds_a_cache_all_the_same(cards: Path, cache: Path) -> None:
    """Characters with a meaning in an address do not lead to another file."""
    where = put_odd_name(cache)
    everything(cards, where)
    assert where.is_file()
    assert rows(where) >= len(IDS)
    assert [path.name for path in where.parent.parent.iterdir()] == [where.parent.name]


def test_a_path_too_long_is_done_without(cards: Path, cache: Path) -> None:
    """A folder name that no file system takes costs time only."""
    assert everything(cards, cache.parent / ("x" * 300) / "a.sqlite") == everything(cards, None)


def test_an_unreadable_folder_is_done_without(
    cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permission denied on the way to the cache costs time only (as root, so by pretending)."""
    expected = everything(cards, None)
    original = os.stat

    def refuse(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(str(cache.parent)):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **options)

    monkeypatch.setattr(os, "stat", refuse)
    assert everything(cards, cache) == expected


def test_a_read_only_cache_still_answers(
    cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is used as it is; what is new is checked each time."""
    load_catalogue([cards], builtin=False, cache=cache).get("one")
    original = sqlite3.connect

    def read_only(path: Any, **options: Any) -> Any:
        if not options.get("uri"):
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return original(path, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    checked = count_checks(monkeypatch)
    for _ in range(2):
        load_catalogue([cards], builtin=False, cache=cache).load_all()
    assert checked == ["three.yaml", "two.yaml"] * 2


def test_a_locked_cache_is_not_waited_for_in_vain(
    cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process writes, cards are checked instead."""
    expected = everything(cards, None)
    everything(cards, cache)
    original = sqlite3.connect
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda *given, **options: original(*given, **{**options, "timeout": 0.0}),
    )
    with closing(original(cache)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert everything(cards, cache) == expected
        other.rollback()
    assert rows(cache) >= len(IDS)


def test_a_cache_deleted_while_in_use_changes_nothing(cards: Path, cache: Path) -> None:
    """A catalogue goes on without the file, and what it learns is written anew."""
    everything(cards, cache)
    catalogue = load_catalogue([cards], builtin=False, cache=cache)
    assert catalogue.get("one").id == "one"
    shutil.rmtree(cache.parent)
    assert catalogue.get("one").id == "one"
    (cards / "two.yaml").write_text(CARD.format(id="two", maker="Baker"))
    assert catalogue.get("two").maker == "Baker"
    assert cache.is_file()
    assert load_catalogue([cards], builtin=False, cache=cache).get("two").maker == "Baker"


WRITER = """
import sys
from pathlib import Path
from modelcmp.catalogue.loading import load_catalogue
loaded = load_catalogue([sys.argv[1]], builtin=False, cache=Path(sys.argv[2])).load_all()
print(*(card.id for card in loaded.cards))
"""


def test_processes_that_write_at_once_do_not_disturb_each_other(cards: Path, cache: Path) -> None:
    """Each answers in full, and what they leave behind is sound."""
    source = Path(loading.__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    command = [sys.executable, "-c", WRITER, str(cards), str(cache)]
    running = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    results = [(*process.communicate(timeout=60), process.returncode) for process in running]
    assert results == [(" ".join(IDS) + "\n", "", 0)] * 4
    with closing(sqlite3.connect(cache)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert everything(cards, cache) == everything(cards, None)


# --- The cache by itself


def test_rows_are_found_after_a_flush_only(cache: Path) -> None:
    """What was added is written once, by `flush`, and is there for the next process."""
    store = DocumentCache(cache)
    store.add(b"key", "[]", "{}")
    assert store.find(b"key") is None
    assert not cache.exists()
    store.flush()
    assert store.find(b"key") == ("[]", "{}")
    assert DocumentCache(cache).find(b"key") == ("[]", "{}")
    assert DocumentCache(cache).find(b"other") is None


def test_nothing_new_writes_nothing(cache: Path) -> None:
    """An empty flush makes no file."""
    DocumentCache(cache).flush()
    assert not cache.parent.exists()


def test_no_path_switches_the_cache_off() -> None:
    """Without a path nothing is kept and nothing fails."""
    store = DocumentCache(None)
    store.add(b"key", "[]", "{}")
    store.flush()
    assert store.find(b"key") is None


def test_old_rows_do_not_pile_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its limit the cache starts again with what is new."""
    monkeypatch.setattr(cache_module, "BYTES_KEPT", 16_000)
    for number in range(6):
        store = DocumentCache(cache)
        store.add(b"key%d" % number, "[]", "x" * 6_000)
        store.flush()
    assert 0 < rows(cache) < 6
    assert DocumentCache(cache).find(b"key5") == ("[]", "x" * 6_000)


PLACES: list[tuple[dict[str, str], str | None]] = [
    ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/modelcmp/checked-1.sqlite"),
    ({"HOME": "/h"}, "/h/.cache/modelcmp/checked-1.sqlite"),
    ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/modelcmp/checked-1.sqlite"),
    ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/modelcmp/checked-1.sqlite"),
    ({"LOCALAPPDATA": "/l"}, "/l/.cache/modelcmp/checked-1.sqlite"),
    ({"HOME": "relative"}, None),
    ({"HOME": ""}, None),
    ({}, None),
]


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
@pytest.mark.parametrize(("environment", "path"), PLACES)
def test_where_the_cache_lies(environment: dict[str, str], path: str | None) -> None:
    """In the user's cache folder; nowhere when there is no home to put it in."""
    assert default_cache_path(environment) == (None if path is None else Path(path))
