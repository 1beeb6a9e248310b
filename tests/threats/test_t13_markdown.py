"""T13: every Markdown output, read back by two parsers, is built as it is with plain words in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import cmarkgfm
import html5lib
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.threats.hostile import ATTACKS, SHOWN, TOLD, hostile_fields, write_cards

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.comparison.compare import compare_models
from modelcmp.comparison.listing import Filters, make_listing
from modelcmp.render import FORMATS, Look
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import make_method, rank_model
from modelcmp.scoring.values import Circumstances

Pages = Callable[[str], tuple[str, ...]]
PLAIN = "plain words"
MARKDOWN_IT = MarkdownIt("gfm-like", {"linkify": False}).disable("linkify")
# Links that our own pages hold: to a source, and to and from its footnote.
OWN_LINK = re.compile(r"https://example\.org/a\(b\)c|#fn(ref)?-.*")


def cmark(text: str) -> str:
    """Return GitHub's own HTML for a text, raw HTML kept, bare addresses linked."""
    options = Options.CMARK_OPT_FOOTNOTES | Options.CMARK_OPT_UNSAFE
    return str(cmarkgfm.markdown_to_html_with_extensions(
        text, options, ["table", "strikethrough", "autolink", "tasklist"]
    ))  # fmt: skip


PARSERS = {"cmark-gfm": cmark, "markdown-it": MARKDOWN_IT.render}


def tree(html: str) -> Element:
    """Return what a browser makes of a piece of HTML."""
    parsed: Element = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return parsed


def skeleton(element: Element) -> list[str]:
    """Return the names of all elements, in order, ends included."""
    return [element.tag, *(name for child in element for name in skeleton(child)), "/"]


def words(element: Element) -> Iterator[str]:
    """Yield every text that a reader sees."""
    return (text for text in element.itertext() if text.strip())


def assert_harmless(document: str, twin: str) -> None:
    """Assert that a document has the structure of its twin with plain words, to both parsers."""
    assert len(document.splitlines()) == len(twin.splitlines())
    for parse in PARSERS.values():
        found, plain = tree(parse(document)), tree(parse(twin))
        assert skeleton(found) == skeleton(plain)
        for element in found.iter():
            assert element.tag not in ("img", "script", "iframe", "input", "del", "code")
            assert not [name for name in element.attrib if name.startswith("on")]
            if "href" in element.attrib:
                assert OWN_LINK.fullmatch(
                    element.attrib["href"].replace("%28", "(").replace("%29", ")")
                )
    # What GitHub makes links and pictures of beyond Markdown: people, issues, emoji codes, formulas.
    shown = " ".join(words(tree(cmark(document))))
    assert not re.search(r"@\w|#\d|:[\w+-]+:(?!:)", shown.replace("modelcmp:end", ""))


@pytest.fixture(scope="module")
def plain() -> dict[tuple[str, ...], str]:
    """Return a place to keep what each command says of plain words."""
    return {}


def of_plain(words: tuple[str, ...], path: Path, run: Any, held: dict[Any, str]) -> str:
    """Return what a command says when every text is made of plain words."""
    if words not in held:
        own = write_cards(path / "plain", [PLAIN])
        held[words] = run(*words, "--format", "markdown", *own).out
    return held[words]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_is_built_as_with_plain_words(
    attack: str, tmp_path: Path, run: Any, plain: dict[Any, str]
) -> None:
    own = write_cards(tmp_path / "cards", [attack])
    for words in SHOWN:
        result = run(*words, "--format", "markdown", *own)
        assert result.code == 0, result.err
        assert_harmless(result.out, of_plain(words, tmp_path, run, plain))


@pytest.mark.parametrize("words", TOLD, ids=lambda words: words[0])
def test_a_table_over_all_of_them_is_one_table(
    words: tuple[str, ...], tmp_path: Path, run: Any
) -> None:
    own = write_cards(tmp_path / "cards", ATTACKS)
    twins = write_cards(tmp_path / "twins", [PLAIN] * len(ATTACKS))
    found, wanted = (run(*words, "--format", "markdown", *o) for o in (own, twins))
    assert found.code == wanted.code
    if words[0] in ("validate", "config"):  # one finds other things, one names another folder
        wanted = found
    assert_harmless(found.out, wanted.out)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_search_for_it_is_a_heading_and_a_list(attack: str, tmp_path: Path, run: Any) -> None:
    own = write_cards(tmp_path / "cards", [PLAIN])
    found = run("search", "--format", "markdown", *own, "--", f"writing {attack}")
    if not found.out:
        return
    for parse in PARSERS.values():
        assert not {"img", "script", "a", "code", "del"} & set(skeleton(tree(parse(found.out))))


def test_a_built_document_keeps_its_blocks(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modelcmp.toml").write_text(
        'documents = "page.md"\ncatalogue = "cards"\nbuiltin = false\n'
    )
    write_cards(tmp_path / "cards", ATTACKS)
    names = ["bad", *(f"bad-{n}" for n in range(1, len(ATTACKS)))]
    commands = [*(f"show {name}" for name in names), "list", "rank"]
    block = "<!-- modelcmp:begin {} -->\n<!-- modelcmp:end -->\n"
    page = tmp_path / "page.md"
    page.write_text("# Ours\n\n" + "\n".join(block.format(command) for command in commands))
    day = ("--as-of", "2026-11-23")
    assert run("build", *day).code == 0
    once = page.read_text(encoding="utf-8")
    assert run("build", "--check", *day).code == 0
    assert len(re.findall(r"^<!-- modelcmp:(?:begin|end)", once, re.M)) == 2 * len(commands)
    for parse in PARSERS.values():
        assert not {"img", "script", "del", "code"} & set(skeleton(tree(parse(once))))


def test_what_changed_is_told_as_with_plain_words(tmp_path: Path, run: Any) -> None:
    told = []
    for number, texts in enumerate((ATTACKS, [PLAIN] * len(ATTACKS))):
        before, after = tmp_path / f"before-{number}", tmp_path / f"after-{number}"
        write_cards(before, ["other words"] * len(ATTACKS))
        write_cards(after, texts)
        result = run("diff", str(before), str(after), "--format", "markdown", "--no-builtin")
        assert result.code == 0 and "bad-7" in result.out
        told.append(result.out)
    assert_harmless(*told)


@pytest.fixture(scope="module")
def pages() -> Pages:
    """Return what renders a card and a twin as the pages there are."""
    registry = load_catalogue(cache=None).registry
    method = make_method(resolve_profile("balanced"), Circumstances(registry, "2026-11-23"))
    render, look = FORMATS["markdown"].render, Look(full=True)
    twin = build(ModelCard, hostile_fields(PLAIN, "twin"))

    def make(text: str) -> tuple[str, ...]:
        card = build(ModelCard, hostile_fields(text))
        return (
            render(rank_model(card, method), look, method=method),
            render(compare_models([card, twin], method), look),
            render(make_listing((card, twin), method, Filters()), look),
        )

    return make


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_text_leaves_the_structure(pages: Pages, text: str) -> None:
    for page, wanted in zip(pages(f"a{text}b"), pages(PLAIN), strict=True):
        assert_harmless(page, wanted)
