"""When card files are read again, and when their times alone are believed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelcmp.catalogue import freshness, loading
from modelcmp.catalogue.loading import Catalogue, load_catalogue

CARD = """id: {name}
name: {name}
maker: M
summary: A model for {use}.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
sources: {{page: {{title: P, url: 'https://example.org/'}}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of three cards, one of them in a subfolder, old enough to be believed."""
    monkeypatch.setattr(freshness, "SETTLED_SECONDS", 0.02)
    path = tmp_path / "cards"
    (path / "more").mkdir(parents=True)
    for name, where in (("one", path), ("two", path), ("three", path / "more")):
        (where / f"{name}.yaml").write_text(CARD.format(name=name, use="letters"), "utf-8")
    time.sleep(0.05)
    return path


@pytest.fixture
def open_it(folder: Path, tmp_path: Path) -> Callable[[], Catalogue]:
    """Return what opens the folder as a new process would."""
    return lambda: load_catalogue([folder], builtin=False, cache=tmp_path / "cache.sqlite")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three files be too many to ask each time."""
    monkeypatch.setattr(freshness, "ASKED_EACH_TIME", 2)
    monkeypatch.setattr(loading, "ASKED_EACH_TIME", 2)


def forbid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(loading, name, fail)


Change = Callable[[Path], object]


def edit_and_set_the_clock_back(folder: Path) -> None:
    """Write as many bytes in place and claim the old time: what a copy program leaves."""
    path = folder / "one.yaml"
    before = path.stat()
    path.write_text(path.read_text("utf-8").replace("letters", "postage"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(folder: Path) -> None:
    """Write beside and rename, as most editors do."""
    draft = folder / "draft"
    draft.write_text(CARD.format(name="one", use="posters"), "utf-8")
    draft.rename(folder / "one.yaml")


CHANGES: dict[str, Change] = {
    "edited in place": edit_and_set_the_clock_back,
    "replaced": replace,
    "edited below": lambda f: (f / "more" / "three.yaml").write_text(
        CARD.format(name="three", use="maps"), "utf-8"
    ),
    "added": lambda f: (f / "four.yaml").write_text(CARD.format(name="four", use="x"), "utf-8"),
    "added below": lambda f: (f / "more" / "four.yml").write_text(
        CARD.format(name="four", use="x"), "utf-8"
    ),
    "removed": lambda f: (f / "two.yaml").unlink(),
    "renamed": lambda f: (f / "two.yaml").rename(f / "too.yaml"),
    "a folder moved in": lambda f: (f / "more").rename(f / "less"),
}
SEEN_AT_ONCE = set(CHANGES) - {"edited in place", "edited below"}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(open_it: Callable[[], Catalogue], folder: Path, change: str) -> None:
    first = open_it().fingerprint()
    assert open_it().fingerprint() == first
    CHANGES[change](folder)
    # Moving a folder changes no card and no id.
    assert (open_it().fingerprint() == first) == (change == "a folder moved in")


def test_unchanged_files_are_not_read_again(
    open_it: Callable[[], Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_it().fingerprint()
    monkeypatch.setattr(Catalogue, "_content_digest", lambda _: pytest.fail("was read again"))
    assert open_it().fingerprint() == first


def test_files_too_young_to_be_told_apart_are_read_again(
    open_it: Callable[[], Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "SETTLED_SECONDS", 60)
    first = open_it().fingerprint()
    monkeypatch.setattr(Catalogue, "_content_digest", lambda _: "read again")
    assert first != open_it().fingerprint() == "read again"


def test_of_a_large_catalogue_the_folders_are_asked(
    open_it: Callable[[], Catalogue], large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_it().fingerprint()
    forbid(monkeypatch, "look_at")
    assert open_it().fingerprint() == first


@pytest.mark.parametrize("change", sorted(SEEN_AT_ONCE))
def test_what_a_folder_tells_is_seen_at_once_in_a_large_one(
    open_it: Callable[[], Catalogue], folder: Path, large: None, change: str
) -> None:
    first = open_it().fingerprint()
    CHANGES[change](folder)
    assert (open_it().fingerprint() == first) == (change == "a folder moved in")


@pytest.mark.parametrize("change", sorted(set(CHANGES) - SEEN_AT_ONCE))
def test_an_edit_in_place_is_seen_when_the_card_is_shown_or_seconds_later(
    open_it: Callable[[], Catalogue],
    folder: Path,
    large: None,
    change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalogue = open_it()
    first = catalogue.fingerprint()
    catalogue.remember_good(first)
    CHANGES[change](folder)
    other = open_it()
    assert other.fingerprint() == first
    cards = other.by_id(first)
    assert cards is not None
    assert cards["two"].id == "two"
    assert not other.changed
    changed = cards["one" if change == "edited in place" else "three"]
    assert "letters" not in changed.summary
    assert other.changed
    assert other.fingerprint(anew=True) != first
    assert not other.changed
    now = time.time_ns()
    monkeypatch.setattr(freshness.time, "time_ns", lambda: now + 11 * 10**9)
    assert open_it().fingerprint() != first


def test_a_spoilt_look_is_taken_anew(open_it: Callable[[], Catalogue]) -> None:
    assert freshness.unpack_look([1, 2]) is None
    assert freshness.unpack_look(None) is None
    assert freshness.unpack_look(["a", 1, "s", {}, True]) is None
    assert freshness.unpack_look([1, 1, "s", {"a": 1}, True]) is not None


def test_a_link_to_nowhere_hides_no_other_file(
    open_it: Callable[[], Catalogue], folder: Path
) -> None:
    (folder / "a.yaml").symlink_to(folder / "nowhere.yaml")
    time.sleep(0.05)
    first = open_it().fingerprint()
    CHANGES["edited in place"](folder)
    assert open_it().fingerprint() != first


@pytest.mark.parametrize("name", ["../one", "ONE", "", "a/b", "none"])
def test_what_is_no_id_finds_no_file(open_it: Callable[[], Catalogue], name: str) -> None:
    catalogue = open_it()
    catalogue.remember_good(catalogue.fingerprint())
    cards = catalogue.by_id(catalogue.fingerprint())
    assert cards is not None
    assert name not in cards
    assert sorted(cards) == ["one", "three", "two"]
    assert len(cards) == 3
