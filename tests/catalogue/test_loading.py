"""From directories to cards: names, look-up, odd files, and how little is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import limits, loading
from modelcmp.catalogue.loading import Catalogue, find_root, load_catalogue
from modelcmp.errors import (
    AmbiguousNameError,
    CardError,
    CatalogueError,
    UnknownNameError,
)

CARD = """\
id: {id}
name: {name}
aliases: {aliases}
maker: {maker}
summary: A model for a test.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
sources: {{page: {{title: A page}}}}
"""


def write_card(directory: Path, model_id: str, *, file: str | None = None, **words: Any) -> Path:
    """Write a valid card and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (file or f"{model_id}.yaml")
    fields = {"name": f"Name {model_id}", "aliases": [], "maker": "Maker", **words}
    path.write_text(CARD.format(id=model_id, **fields))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty directory for cards."""
    directory = tmp_path / "cards"
    directory.mkdir()
    return directory


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows by each file that is read from now on."""
    paths: list[Path] = []
    original = loading.read_bytes

    def read(path: Path) -> bytes:
        paths.append(path)
        return original(path)

    monkeypatch.setattr(loading, "read_bytes", read)
    return paths


def only(directory: Path) -> Catalogue:
    """Return the catalogue of one directory alone, without a cache."""
    return load_catalogue([directory], builtin=False)


def problems_of(directory: Path) -> list[tuple[str, str]]:
    """Return what is wrong with a directory, as (path below it, message)."""
    return [
        (Path(problem.file).relative_to(directory).as_posix(), problem.message)
        for problem in only(directory).load_all().problems
    ]


def ids_of(directory: Path) -> list[str]:
    """Return the ids of the cards that could be used."""
    return [card.id for card in only(directory).load_all().cards]


# --- Names


@pytest.fixture
def named(folder: Path) -> Catalogue:
    """Return a catalogue of models with names of every kind."""
    write_card(folder, "flux.1-dev", name="FLUX.1 [dev]", aliases=["flux dev", "black-forest/dev"])
    write_card(folder, "flux.1-schnell", name="FLUX.1 [schnell]")
    write_card(folder, "bakllava", name="BakLLaVA 1", aliases=["bakllava-7b"])
    write_card(folder, "qwen", name="通义千问", aliases=["Straße"])
    write_card(folder / "deep" / "er", "buried", aliases=["hidden treasure"])
    return only(folder)


NAMES = {
    "flux.1-dev": "flux.1-dev", "FLUX.1-Dev": "flux.1-dev", " flux.1-dev ": "flux.1-dev",
    "flux dev": "flux.1-dev", "FLUX DEV": "flux.1-dev", "black-forest/dev": "flux.1-dev",
    "FLUX.1 [dev]": "flux.1-dev", "flux1dev": "flux.1-dev", "flux_1_dev": "flux.1-dev",
    "Flux.1-Schnell": "flux.1-schnell", "BAKLLAVA": "bakllava", "BakLLaVA 1": "bakllava",
    "bakllava 7b": "bakllava", "BakLLaVA_7B": "bakllava", "通义千问": "qwen", "STRASSE": "qwen",
    "buried": "buried", "Hidden-Treasure": "buried", "name buried": "buried",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_gets_a_card_by_any_of_its_names(name: str, named: Catalogue) -> None:
    """Id, alias and name find the card, whatever the letter case and punctuation."""
    assert named.get(name).id == NAMES[name]


UNKNOWN = {
    "bakllva": "did you mean bakllava?",
    "flux": "did you mean flux.1-dev or flux.1-schnell?",
    "flux.1": "did you mean flux.1-dev or flux.1-schnell?",
    "flux.1-shnell": "did you mean flux.1-schnell",
    "zzzzzz": "modelcmp list shows the models there are",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_suggests_for_an_unknown_name(name: str, named: Catalogue) -> None:
    """An unknown name is never guessed; what looks like it is named once each."""
    with pytest.raises(UnknownNameError) as caught:
        named.get(name)
    assert caught.value.message == f"no model is called {name}"
    assert (caught.value.hint or "").startswith(UNKNOWN[name])


def test_suggests_three_at_most(folder: Path) -> None:
    """Of many that look alike, three are named."""
    for number in range(6):
        write_card(folder, f"model-{number}")
    with pytest.raises(UnknownNameError) as caught:
        only(folder).get("model")
    assert (caught.value.hint or "").count("model-") == 3


STRANGE = [
    "", " ", ".", "..", "../secret", "..\\secret", "/etc/passwd", "sub/../../secret", "a\0b", "\n",
    "..%2fsecret", "secret.yaml", "~", "*", "\udcff", "x" * 5_000, "-" * 200, "\u202e", "𝟙",
]  # fmt: skip


@pytest.mark.parametrize("name", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_name_is_an_unknown_one(
    name: str, folder: Path, tmp_path: Path, opened: list[Path]
) -> None:
    """No name leads out of the catalogue, and none is more than unknown."""
    write_card(folder, "one")
    write_card(tmp_path, "secret")
    with pytest.raises(UnknownNameError):
        only(folder).get(name)
    assert {path.parent for path in opened if path.suffix == ".yaml"} <= {
        folder,
        loading.DATA / "registry",
    }


@pytest.mark.parametrize("asked", ["shared", "SHARED", "sha-red"])
def test_an_ambiguous_alias_names_both_files(asked: str, folder: Path) -> None:
    """Two cards that claim a name are both named, and the hint says what to type instead."""
    first = write_card(folder, "one", aliases=["Shared"])
    second = write_card(folder, "two", aliases=["shared"])
    with pytest.raises(AmbiguousNameError) as caught:
        only(folder).get(asked)
    assert caught.value.message == f"{asked} is claimed by {first} and {second}"
    assert caught.value.hint == "say which: one or two"


def test_a_shared_alias_is_a_problem_that_takes_no_card_away(folder: Path) -> None:
    """The problem names both files; an alias like another's id is one as well."""
    first = write_card(folder, "one", aliases=["Shared"])
    second = write_card(folder, "two", aliases=["other", "sharED"])
    third = write_card(folder, "three", aliases=["ONE"])
    loaded = only(folder).load_all()
    assert [card.id for card in loaded.cards] == ["one", "three", "two"]
    assert [str(problem) for problem in loaded.problems] == [
        f"{third}: aliases[1]: ONE also names {first}",
        f"{second}: aliases[2]: sharED also names {first}",
    ]


def test_an_id_beats_the_alias_of_another(folder: Path) -> None:
    """A name that is an id means that card, whoever else claims it."""
    write_card(folder, "one")
    write_card(folder, "two", aliases=["one"])
    assert only(folder).get("ONE").id == "one"


def test_an_exact_name_beats_a_similar_one(folder: Path) -> None:
    """Punctuation is only ignored where nothing fits with it."""
    write_card(folder, "one", aliases=["a.b"])
    write_card(folder, "two", aliases=["a-b"])
    assert only(folder).get("a-b").id == "two"
    with pytest.raises(AmbiguousNameError):
        only(folder).get("ab")


def test_the_same_name_in_one_card_is_no_clash(folder: Path) -> None:
    """A card may repeat itself."""
    write_card(folder, "one", name="one", aliases=["One", "ONE", "o n e"])
    assert only(folder).load_all().problems == ()
    assert only(folder).get("o-n-e").id == "one"


# --- Several directories


def test_a_later_directory_replaces_a_card(tmp_path: Path) -> None:
    """The user's card counts, in every way of asking, and the replacement is said."""
    first, second = tmp_path / "a", tmp_path / "b"
    old = write_card(first, "one", maker="Old")
    write_card(first, "two", maker="Old")
    new = write_card(second, "one", maker="New")
    catalogue = load_catalogue([first, second], builtin=False)
    loaded = catalogue.load_all()
    assert catalogue.get("one").maker == "New"
    assert catalogue.get("name one").maker == "New"
    assert [(card.id, card.maker) for card in loaded.cards] == [("one", "New"), ("two", "Old")]
    assert loaded.replaced == (f"{new} replaces {old}",)
    assert catalogue.replacements("one") == [f"{new} replaces {old}"]
    assert catalogue.replacements("two") == []
    assert load_catalogue([second, first], builtin=False).get("one").maker == "Old"


def test_a_users_card_replaces_a_built_in_one(folder: Path) -> None:
    """The built-in catalogue comes first, so that any other directory may correct it."""
    model_id = load_catalogue().ids()[0]
    write_card(folder, model_id, maker="New")
    catalogue = load_catalogue([folder])
    assert catalogue.get(model_id).maker == "New"
    assert len(catalogue.ids()) == len(load_catalogue().ids())
    with pytest.raises(UnknownNameError):
        only(folder).get(load_catalogue().ids()[1])


def test_a_card_in_a_subfolder_replaces_an_earlier_one(tmp_path: Path) -> None:
    """The later directory counts wherever in it the file lies, for `get` as for `load_all`."""
    write_card(tmp_path / "a", "one", maker="Old")
    write_card(tmp_path / "b" / "sub", "one", maker="New")
    catalogue = load_catalogue([tmp_path / "a", tmp_path / "b"], builtin=False)
    assert [card.maker for card in catalogue.load_all().cards] == ["New"]
    assert catalogue.get("one").maker == "New"


def test_an_id_that_two_files_of_a_directory_bear_is_nobodys(folder: Path) -> None:
    """Nothing says which file counts, so none does, whichever way it is asked for."""
    above = write_card(folder, "one", maker="Above")
    below = write_card(folder / "below", "one", maker="Below")
    write_card(folder, "two")
    loaded = only(folder).load_all()
    assert [card.id for card in loaded.cards] == ["two"]
    assert set(only(folder).survey().paths) == {"two"}
    assert [(problem.file, problem.message) for problem in loaded.problems] == [
        (str(below), f"one is also the id of {above}"),
        (str(above), f"one is also the id of {below}"),
    ]
    for name in ("one", "name one"):
        with pytest.raises(AmbiguousNameError) as caught:
            only(folder).get(name)
        assert caught.value.message == f"one is the id of {below} and {above}"


def test_a_later_directory_settles_which_file_counts(tmp_path: Path) -> None:
    """Two files of an earlier directory matter no more to who asks for the one that replaces them."""
    for name in ("one.yaml", "one.yml"):
        write_card(tmp_path / "a", "one", file=name)
    write_card(tmp_path / "b", "one", maker="New")
    assert load_catalogue([tmp_path / "a", tmp_path / "b"], builtin=False).get("one").maker == "New"


def test_both_suffixes_are_cards(folder: Path) -> None:
    """`.yml` is as good as `.yaml`; other files are none."""
    write_card(folder, "one", file="one.yml")
    write_card(folder, "two", file="two.txt")
    write_card(folder, "three", file="three.yaml.bak")
    write_card(folder, "four", file="four.YAML~")
    assert ids_of(folder) == only(folder).ids() == ["one"]
    assert only(folder).get("one").id == "one"


@pytest.mark.parametrize("layout", ["flat", "models", "models itself", "no day"])
def test_finds_the_cards_of_a_directory(layout: str, tmp_path: Path) -> None:
    """A folder of cards, a folder with `models` in it, or that `models` folder."""
    cards = tmp_path / "cat" if layout in ("flat", "no day") else tmp_path / "cat" / "models"
    write_card(cards, "one")
    meta = tmp_path / "cat" / "catalogue.yaml"
    if layout != "no day":
        meta.write_text("title: Mine\nas_of: 2026-01-02\n")
    asked = cards if layout == "models itself" else tmp_path / "cat"
    root = find_root(asked)
    assert root == (cards, None if layout == "no day" else meta, False)
    assert ids_of(asked) == ["one"]


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    """A directory that is not there, or is a file, is named with what would be right."""
    path = tmp_path / "file"
    path.write_text("x")
    for wrong in (tmp_path / "nowhere", path):
        with pytest.raises(CatalogueError) as caught:
            load_catalogue([wrong])
        assert caught.value.message == f"{wrong}: no such catalogue directory"
        assert caught.value.hint


def test_a_directory_name_too_long_is_said(tmp_path: Path) -> None:
    """A name that no file system takes is no bug of ours."""
    with pytest.raises(CatalogueError):
        load_catalogue([tmp_path / ("x" * 300)])


def test_no_directory_at_all_is_said() -> None:
    """Without the built-in catalogue and without another there is nothing to read."""
    with pytest.raises(CatalogueError):
        load_catalogue(builtin=False)


def test_an_empty_directory_holds_no_cards(folder: Path) -> None:
    """Nothing there is no error."""
    assert only(folder).load_all() == ((), (), ())
    assert only(folder).ids() == []


# --- Bad cards and odd files


def test_one_bad_card_leaves_the_others(folder: Path) -> None:
    """Its problems are listed with positions; every other card is there under each name."""
    write_card(folder, "one", aliases=["uno"])
    write_card(folder, "two")
    (folder / "bad.yaml").write_text("id: bad\nname: 5\n")
    (folder / "worse.yaml").write_text("a: [\n")
    (folder / "worst.yaml").write_bytes(b"\xff\xfe\x00")
    assert ids_of(folder) == ["one", "two"]
    messages = problems_of(folder)
    assert {file for file, _ in messages} == {"bad.yaml", "worse.yaml", "worst.yaml"}
    assert ("bad.yaml", "must be text; put numbers and true or false in quotes") in messages
    assert only(folder).get("uno").id == "one"
    entries, problems = only(folder).names()
    assert [entry.id for entry in entries] == ["one", "two"]
    assert problems == only(folder).load_all().problems


def test_getting_a_bad_card_tells_all_its_problems(folder: Path) -> None:
    """The error holds every problem with file, line and column, and a hint that can be run."""
    path = folder / "bad.yaml"
    path.write_text("id: bad\nname: 5\nmakr: x\n")
    with pytest.raises(CardError) as caught:
        only(folder).get("bad")
    assert caught.value.message == "bad.yaml cannot be used"
    assert caught.value.hint == f"modelcmp validate {path} checks it again"
    where = [(p.file, p.line, p.column, p.field) for p in caught.value.problems]
    assert (str(path), 2, 7, "name") in where
    assert (str(path), 3, 1, "makr") in where


@pytest.mark.parametrize("file", ["two.yaml", "ONE.yaml", "one .yaml", "one.v2.yaml"])
def test_the_id_must_be_the_name_of_the_file(file: str, folder: Path) -> None:
    """A card under another name is left out, and both names are said."""
    write_card(folder, "one", file=file)
    assert ids_of(folder) == []
    assert problems_of(folder) == [(file, "is one; rename one to match")]


def test_the_catalogues_own_file_is_no_card(folder: Path) -> None:
    """`catalogue` is a name like any other that nothing here is called."""
    write_card(folder, "one")
    (folder / "catalogue.yaml").write_text("as_of: 2026-01-02\n")
    assert only(folder).ids() == ["one"]
    with pytest.raises(UnknownNameError):
        only(folder).get("catalogue")


def test_hidden_and_backup_files_are_skipped(folder: Path) -> None:
    """What editors, package managers and git leave behind is neither read nor reported."""
    write_card(folder, "one")
    for name in (".hidden.yaml", "#one.yaml#", "one.yaml~", "~.yaml~"):
        (folder / name).write_text("not: a card\n")
    for name in (".git", "node_modules", ".venv", "backup~"):
        write_card(folder / name, "two")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == []


def test_a_large_file_is_named_and_not_read(folder: Path, opened: list[Path]) -> None:
    """One byte beyond 1 MiB is refused by its size, 1 MiB is read."""
    card = write_card(folder, "one")
    text = card.read_bytes()
    card.write_bytes(text + b"#" * (limits.FILE_BYTES - len(text)))
    assert ids_of(folder) == ["one"]
    card.write_bytes(text + b"#" * (limits.FILE_BYTES - len(text) + 1))
    assert problems_of(folder) == [("one.yaml", "is larger than 1 MiB")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_named_and_never_waited_for(folder: Path) -> None:
    """A pipe that nobody writes to would block a plain open for ever."""
    write_card(folder, "one")
    os.mkfifo(folder / "pipe.yaml")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("pipe.yaml", "is not a regular file")]
    with pytest.raises(UnknownNameError):
        only(folder).get("pipe")


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_out_of_the_catalogue_is_named(folder: Path, tmp_path: Path) -> None:
    """A listing never reads a file outside the directory it was pointed at."""
    write_card(folder, "one")
    (folder / "two.yaml").symlink_to(write_card(tmp_path / "elsewhere", "two"))
    (folder / "three.yaml").symlink_to("../elsewhere/../elsewhere/two.yaml")
    (folder / "null.yaml").symlink_to(os.devnull)
    assert ids_of(folder) == ["one"]
    said = "is a link out of the catalogue"
    assert problems_of(folder) == [(f"{name}.yaml", said) for name in ("null", "three", "two")]


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_get_follows_no_link_out_of_the_catalogue(folder: Path, tmp_path: Path) -> None:
    """`get` reads no file that a listing would not (RELIABILITY 5.1)."""
    (folder / "two.yaml").symlink_to(write_card(tmp_path / "elsewhere", "two"))
    with pytest.raises((CardError, UnknownNameError)):
        only(folder).get("two")


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_inside_the_catalogue_is_followed(folder: Path) -> None:
    """A card may lie in a folder of its own and be linked from above."""
    write_card(folder / "sub", "one", file="card.txt")
    (folder / "one.yaml").symlink_to("sub/card.txt")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_from_a_subfolder_to_its_parent_stays_inside(folder: Path) -> None:
    """The border is that of the catalogue, not that of the folder the link lies in."""
    write_card(folder, "one", file="card.txt")
    (folder / "sub").mkdir()
    (folder / "sub" / "one.yaml").symlink_to("../card.txt")
    assert problems_of(folder) == []
    assert ids_of(folder) == ["one"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
@pytest.mark.parametrize("target", ["loop.yaml", "other.yaml"], ids=["itself", "each other"])
def test_a_link_that_leads_in_a_circle_is_named(target: str, folder: Path) -> None:
    """A circle of links is a problem of that file, and of no other card."""
    write_card(folder, "one")
    (folder / "loop.yaml").symlink_to(target)
    if target != "loop.yaml":
        (folder / target).symlink_to("loop.yaml")
    assert ids_of(folder) == ["one"]
    assert "loop.yaml" in dict(problems_of(folder))


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_to_nothing_is_named(folder: Path) -> None:
    """A broken link is a problem of that file."""
    write_card(folder, "one")
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("gone.yaml", "no such file or directory")]


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_linked_folders_are_not_entered(folder: Path) -> None:
    """No circle of folders is walked; one that is called like a card is named."""
    write_card(folder, "one")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "again.yaml").symlink_to(folder, target_is_directory=True)
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("again.yaml", "is a directory")]


@pytest.mark.skipif(os.name == "nt", reason="POSIX file numbers")
def test_reading_a_directory_leaves_nothing_open(folder: Path) -> None:
    """A file number is given back however the reading ends."""

    def next_free() -> int:
        number = os.open(os.devnull, os.O_RDONLY)
        os.close(number)
        return number

    before = next_free()
    with pytest.raises(CardError):
        loading.read_bytes(folder)
    leaked = list(range(before, next_free()))
    for number in leaked:
        os.close(number)
    assert leaked == []


def test_folders_are_read_down_to_the_limit(folder: Path) -> None:
    """A card 16 folders down is read; what lies deeper is named and left out."""
    deepest = folder.joinpath(*["d"] * limits.CATALOGUE_DEPTH)
    write_card(deepest, "one")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == []
    write_card(deepest / "d", "two")
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("/".join(["d"] * 17), "lies too deep; it was left out")]


def test_files_are_read_up_to_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last file within the limit is read; beyond it the directory is named."""
    monkeypatch.setattr(limits, "CATALOGUE_FILES", 3)
    for number in range(3):
        write_card(folder, f"m{number}")
    assert ids_of(folder) == ["m0", "m1", "m2"]
    assert problems_of(folder) == []
    write_card(folder, "m3")
    assert ids_of(folder) == ["m0", "m1", "m2"]
    assert problems_of(folder) == [(".", "holds more than 3 files; the rest was left out")]


def test_subfolders_are_no_way_round_the_limit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RELIABILITY 3 limits the files of a catalogue, not those of a folder."""
    monkeypatch.setattr(limits, "CATALOGUE_FILES", 3)
    for number in range(6):
        write_card(folder / f"d{number % 2}", f"m{number}")
    assert len(ids_of(folder)) == 3


def refusing(original: Callable[..., Any], refused: Path) -> Callable[..., Any]:
    """Return `original`, but denied for one path: as root, modes would deny nothing."""

    def call(path: Any, *args: Any, **options: Any) -> Any:
        if os.fspath(path) == str(refused):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **options)

    return call


def test_an_unreadable_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permission denied is a problem of that file."""
    write_card(folder, "one")
    closed = write_card(folder, "two")
    monkeypatch.setattr(os, "open", refusing(os.open, closed))
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("two.yaml", "permission denied")]
    with pytest.raises(CardError) as caught:
        only(folder).get("two")
    assert str(caught.value.problems[0]) == f"{closed}: permission denied"


def test_an_unreadable_folder_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permission denied is a problem of that folder; what lies beside it is read."""
    write_card(folder, "one")
    write_card(folder / "closed", "two")
    monkeypatch.setattr(os, "scandir", refusing(os.scandir, folder / "closed"))
    assert ids_of(folder) == ["one"]
    assert problems_of(folder) == [("closed", "permission denied")]


def test_the_order_of_the_directory_is_irrelevant(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards, names and problems come in the same order however the system lists them."""
    for model_id in ("b", "a", "c"):
        write_card(folder, model_id, aliases=["same"])
    write_card(folder / "sub", "d")
    (folder / "bad.yaml").write_text("x")
    expected = problems_of(folder), only(folder).names(), only(folder).ids()
    original = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: reversed(list(original(path))))
    assert (problems_of(folder), only(folder).names(), only(folder).ids()) == expected
    assert ids_of(folder) == ["a", "b", "c", "d"]


# --- How little is opened


@pytest.mark.parametrize("cached", [False, True], ids=["no cache", "cache"])
def test_getting_an_id_opens_that_file_only(
    cached: bool, folder: Path, tmp_path: Path, opened: list[Path]
) -> None:
    """However large the catalogue is; only the tables that cards are held against come on top."""
    for number in range(20):
        write_card(folder, f"m{number}")
    (folder / "catalogue.yaml").write_text("as_of: 2026-01-02\n")
    cache = tmp_path / "cache.sqlite" if cached else None
    load_catalogue([folder], builtin=False, cache=cache).get("m3")
    tables = loading.DATA / "registry"
    assert [path for path in opened if path.parent != tables] == [folder / "m3.yaml"]
    del opened[:]
    load_catalogue([folder], cache=cache).get("M7")
    assert [path for path in opened if path.parent != tables] == [folder / "m7.yaml"]


def test_listing_ids_opens_nothing(folder: Path, opened: list[Path]) -> None:
    """Shell completion reads the directory alone, so a bad card is offered too."""
    write_card(folder, "one")
    (folder / "bad.yaml").write_text("x")
    assert only(folder).ids() == ["bad", "one"]
    assert opened == []


def test_loading_opens_nothing(folder: Path, opened: list[Path]) -> None:
    """A catalogue is made without a look at any card."""
    (folder / "bad.yaml").write_text("x")
    load_catalogue([folder])
    assert opened == []


WARM_GET = """
import sys
from pathlib import Path
from modelcmp.catalogue.loading import load_catalogue
catalogue = load_catalogue([sys.argv[1]], builtin=False, cache=Path(sys.argv[2]))
print(catalogue.get("one").id, catalogue.as_of, len(catalogue.registry.tasks) > 0)
print([name for name in ("pydantic", "yaml", "rich", "typer", "jinja2") if name in sys.modules])
"""


def test_a_warm_get_imports_neither_pydantic_nor_yaml(folder: Path, tmp_path: Path) -> None:
    """What was checked before needs no validator and no parser; the first look needs both."""
    write_card(folder, "one")
    (folder / "catalogue.yaml").write_text("as_of: 2026-01-02\n")
    source = Path(loading.__file__).resolve().parents[2]
    runs = [
        subprocess.run(
            [sys.executable, "-c", WARM_GET, str(folder), str(tmp_path / "cache.sqlite")],
            env={**os.environ, "PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.splitlines()
        for _ in range(2)
    ]
    assert runs == [
        ["one 2026-01-02 True", "['pydantic', 'yaml']"],
        ["one 2026-01-02 True", "[]"],
    ]


# --- The day a catalogue speaks for


def test_the_latest_stated_day_counts(tmp_path: Path) -> None:
    """Of several catalogues that state a day, whatever their order."""
    for name, day in (("a", "2031-05-06"), ("b", "2030-12-31")):
        write_card(tmp_path / name, name)
        (tmp_path / name / "catalogue.yaml").write_text(f"title: {name}\nas_of: {day}\n")
    paths = [tmp_path / "a", tmp_path / "b"]
    for directories in (paths, paths[::-1]):
        catalogue = load_catalogue(directories, builtin=False)
        assert (catalogue.as_of, catalogue.states_as_of) == ("2031-05-06", True)
    assert load_catalogue([tmp_path / "b"], builtin=False).as_of == "2030-12-31"


def test_a_catalogue_without_a_day_takes_the_built_in_one(folder: Path) -> None:
    """Never the clock; that no day was stated can be asked."""
    catalogue = only(folder)
    assert catalogue.as_of == load_catalogue().as_of
    assert not catalogue.states_as_of
    assert load_catalogue().states_as_of


FULL_DAY = "must be a full day, such as 2026-11-23"
HOLDS = "must hold as_of (a day) and may hold title"
METAS = {
    "empty": ("", 1, HOLDS),
    "a list": ("- 2026-01-02\n", 1, HOLDS),
    "no day": ("title: Mine\n", 1, HOLDS),
    "unknown field": ("as_of: 2026-01-02\nasof: 1\n", 1, HOLDS),
    "a month": ("title: Mine\nas_of: 2026-01\n", 2, FULL_DAY),
    "a year": ("as_of: 2026\n", 1, FULL_DAY),
    "no calendar day": ("as_of: 2026-02-30\n", 1, "is no day of the calendar"),
    "a word": ("as_of: today\n", 1, "must be a day (2024-10-22), a month (2024-10) or a year"),
    "null": ("as_of:\n", 1, "must be a day (2024-10-22), a month (2024-10) or a year"),
    "a list of days": ("as_of: [2026-01-02]\n", 1, "must be a day (2024-10-22)"),
    "no YAML": ("as_of: [\n", 2, "is not YAML"),
    "an anchor": ("as_of: &a 2026-01-02\n", 1, "an anchor (&) is not allowed"),
}


@pytest.mark.parametrize("name", METAS)
def test_a_bad_day_of_the_catalogue_is_said(name: str, folder: Path) -> None:
    """The catalogue's own file is held to rules as well, with file and line."""
    text, line, message = METAS[name]
    path = folder / "catalogue.yaml"
    path.write_text(text)
    with pytest.raises(CardError) as caught:
        only(folder).as_of  # noqa: B018
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)
    assert problem.message.startswith(message)


def test_a_bad_day_does_not_keep_cards_from_being_read(folder: Path) -> None:
    """Who asks for a card need not know the day."""
    write_card(folder, "one")
    (folder / "catalogue.yaml").write_text("as_of: today\n")
    assert only(folder).get("one").id == "one"
    assert ids_of(folder) == ["one"]
