"""Pictures beside Markdown: their names, their words, and the links to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelcmp.catalogue.card import ModelCard
from modelcmp.cli import main
from modelcmp.render.pictures import Image, picture_name, picture_scores
from modelcmp.scoring.rank import Method, rank_model

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")


def test_the_words_tell_what_the_picture_shows(
    make_card: Callable[..., ModelCard], method: Method
) -> None:
    models = [rank_model(make_card(name), method) for name in ("one", "two")]
    picture = picture_scores(models, method)
    assert picture.name == "one-vs-two.svg"
    assert picture.alt.startswith("Scores of One and Two. Rank: One ")
    for line in ("Rank", "Adoption", "Quality", "Ecosystem", "Freshness"):
        assert f"{line}: " in picture.alt
    assert ElementTree.fromstring(picture.svg).tag == "{http://www.w3.org/2000/svg}svg"


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_an_image_is_one_image_whatever_its_words(words: str, way: str) -> None:
    if re.search(r"[\ud800-\udfff]", way):
        return
    (paragraph,) = (t for t in MarkdownIt("commonmark").parse(str(Image(words, way))) if t.children)
    (image,) = paragraph.children or []
    assert image.type == "image"
    assert unquote(str(image.attrs["src"])) == way


def test_names_are_plain_and_never_too_long() -> None:
    long = [f"model-{number}" for number in range(100)]
    assert len(picture_name(long, "balanced")) < 120
    assert picture_name(long, "balanced") != picture_name(list(reversed(long)), "balanced")
    assert picture_name(["a"], "../../etc/x") == "a-etc-x.svg"


def test_a_link_leads_from_the_document_to_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "img").mkdir()
    command = ["compare", "alpha", "beta", *OWN, "--images", "img", "-o", "docs/a.md"]
    assert main([*command, "--check"]) == 1
    assert list((tmp_path / "img").iterdir()) == []
    assert main(command) == 0
    assert capsys.readouterr().err.endswith(
        "note: wrote img/alpha-vs-beta.svg\nnote: wrote docs/a.md\n"
    )
    (link,) = re.findall(r"^!\[Scores of .*\]\((.*)\)$", (tmp_path / "docs/a.md").read_text(), re.M)
    assert (tmp_path / "docs" / link).resolve() == tmp_path / "img" / "alpha-vs-beta.svg"
    assert main([*command, "--check"]) == 0
    (tmp_path / "img" / "alpha-vs-beta.svg").write_text("")
    assert main([*command, "--check"]) == 1
    capsys.readouterr()
    assert main(["show", "alpha", *OWN, "--images", "img"]) == 0
    assert "](img/alpha.svg)\n" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["table", "json", "tsv"])
def test_only_markdown_shows_pictures(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["show", "alpha", *OWN, "--images", str(tmp_path), "--format", kind]
    assert main(command) == 2
    captured = capsys.readouterr()
    assert f"error: --images is for Markdown, not for {kind}\n" in captured.err
    assert list(tmp_path.glob("*.svg")) == []


def test_a_missing_folder_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "alpha", *OWN, "--images", str(tmp_path / "no")]) == 2
    assert "hint: make the folder first" in capsys.readouterr().err
