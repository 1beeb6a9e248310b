"""T9: ids and aliases that lead elsewhere, that some system cannot store, or that look alike."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import loading
from modelcmp.catalogue.loading import load_catalogue

PATHS = (
    "../good", "..", ".", "/etc/passwd", "a/b", "a\\b", "c:x", "c:\\x", "\\\\host\\share", "a/../b",
    "-rf", "--json", ".hidden", "trailing.", "trailing-", "a..b", "a b", "A", "ä", "ａ", "a\u200bb",
    "a:b", "a*b", "a?b", "a|b", "a<b", 'a"b', "a%2fb", "a\u0000b", "~", "$HOME", "a\nb", "é", "ß",
)  # fmt: skip
DEVICES = ("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9", "nul.x", "con.1.2")


@pytest.mark.parametrize("model_id", PATHS + DEVICES)
def test_an_unsafe_id_is_refused(model_id: str, spoilt: Any, card_text: Any) -> None:
    text = card_text("bad").replace("id: bad", f"id: {json.dumps(model_id)}")
    path = spoilt.put(text.encode())
    checked = spoilt.run("validate", str(path))
    assert checked.code == 1
    assert "bad.yaml:1:" in checked.out + checked.err


@pytest.mark.parametrize("name", [*PATHS, "../secret", "../secret.yaml", "/secret", "..\\secret"])
def test_an_unsafe_name_opens_nothing_outside(
    name: str, spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spoilt.folder.parent / "secret.yaml").write_text(card_text("secret"))
    opened: list[Path] = []
    read = loading.read_bytes
    monkeypatch.setattr(loading, "read_bytes", lambda path: opened.append(path) or read(path))
    asked = spoilt.run("show", *spoilt.own, "--", name)
    # Punctuation does not tell names apart: ../good may be the card good, never a file above it.
    assert (asked.code, asked.out) == (2, "") or (name, asked.code) == ("../good", 0)
    assert "Traceback" not in asked.err
    cards = [path for path in opened if path.parent != loading.DATA / "registry"]
    assert {path.parent for path in cards} <= {spoilt.folder, loading.DATA}


def test_an_id_is_the_name_of_its_file(spoilt: Any, card_text: Any) -> None:
    spoilt.assert_refused(card_text("other").encode(), "id: is other; rename one to match")


# Two aliases that fold to one: letter case, width, composed letters, ligatures, the two ways of é.
ALIKE = [("Sd", "sd"), ("ＳＤ", "sd"), ("ﬁne", "fine"), ("é", "e\u0301"), ("Straße", "STRASSE")]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_aliases_that_fold_to_one_name_both_files(
    one: str, other: str, spoilt: Any, card_text: Any
) -> None:
    for model_id, alias in (("a", one), ("b", other)):
        spoilt.put(card_text(model_id, f"aliases: [{json.dumps(alias)}]\n").encode(), model_id)
    checked = spoilt.run("validate", str(spoilt.folder))
    assert checked.code == 1
    assert "also names" in checked.out + checked.err
    asked = spoilt.run("show", one, *spoilt.own)
    assert asked.code == 2
    for name in ("a.yaml", "b.yaml"):
        assert str(spoilt.folder / name) in asked.err


@pytest.mark.parametrize("second", ["good.yml", "sub/good.yaml"])
def test_one_id_in_two_files_names_both(second: str, spoilt: Any, card_text: Any) -> None:
    path: Path = spoilt.folder / second
    path.parent.mkdir(exist_ok=True)
    path.write_text(card_text("good"))
    asked = spoilt.run("show", "good", *spoilt.own)
    checked = spoilt.run("validate", str(spoilt.folder))
    assert (asked.code, asked.out, checked.code) == (2, "", 1)
    for said in (asked.err, checked.out + checked.err):
        assert str(path) in said and str(spoilt.folder / "good.yaml") in said


@pytest.mark.parametrize("second", ["good.yml", "sub/good.yaml"])
def test_a_command_over_all_cards_goes_on_without_it(
    second: str, spoilt: Any, card_text: Any
) -> None:
    path: Path = spoilt.folder / second
    path.parent.mkdir(exist_ok=True)
    path.write_text(card_text("good"))
    spoilt.put(card_text("other").encode(), "other")
    for words in (("list", "--format", "tsv"), ("rank", "--format", "tsv"), ("missing",)):
        result = spoilt.run(*words, *spoilt.own)
        assert result.code == 0
        assert "other" in result.out and "good" not in result.out
        assert f"{path}:1:1: id: good is also the id of {spoilt.folder / 'good.yaml'}" in result.err
    compared = spoilt.run("compare", "other", "good", *spoilt.own)
    assert (compared.code, compared.out) == (2, "")


def test_a_flat_folder_is_not_listed_for_one_id(
    spoilt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if spoilt.folder.stat().st_nlink != 2:
        pytest.skip("this file system does not count a folder's subfolders")

    def fail(*_: object) -> None:
        raise AssertionError("a folder was listed")

    monkeypatch.setattr(os, "scandir", fail)
    catalogue = load_catalogue([spoilt.folder], builtin=False)
    assert catalogue.find_file("good") == spoilt.folder / "good.yaml"


def test_nothing_is_written_outside_for_an_id(
    spoilt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for name in ("../out", "/tmp/out", "a/b", "con", "..", ".x", "a\\b"):
        made = spoilt.run("new", "--into", str(spoilt.folder), "--", name)
        assert made.code == 2, name
    assert [p for p in sorted(tmp_path.rglob("*")) if "cache" not in str(p)] == [
        p for p in before if "cache" not in str(p)
    ]
