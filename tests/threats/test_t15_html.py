"""T15: pages hold card text as text: no script, no handler, no address but the web's, in any page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from tests.threats.hostile import ATTACKS, write_cards

MORE = (
    "</script><script>x()</script>", "</title><script>x()</script>", "</style><b>x", "]]><x>",
    "<!--<script>", "-->", '" onclick="x()', "' onmouseover='x()", "{{ 7 * 7 }}", "{% raw %}",
    "</textarea><svg onload=x()>", "javascript:alert(1)", "data:text/html,<b>",
    "<a href=//evil.example>x</a>", "<base href=https://evil.example>", "&quot;&#60;b&#62;",
    "<svg><style><img src=x onerror=x()>", "<math><mi xlink:href='data:x'>", "<form><input>",
    "<iframe src=x>", "\u00a0<b>", "<meta http-equiv=refresh content=0>", "<plaintext>",
)  # fmt: skip
TEXTS = (*ATTACKS, *MORE)
NEVER = {"img", "iframe", "object", "embed", "form", "base", "applet", "frame", "math", "plaintext"}


def parsed(text: str) -> Element:
    """Return the tree a browser makes; a page that is not HTML5 fails."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    return tree


def assert_inert(tree: Element) -> None:
    """Assert that nothing in a page runs, loads or leads anywhere but to the web or within the site."""
    for element in tree.iter():
        if element.tag == "script":
            assert element.get("type") == "application/json" or element.get("src") == "site.js"
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in ("style", "srcset", "xlink:href")
            if name in ("href", "src") and element.get("rel") != "icon":
                assert re.match(r"https://example\.org/|#|(\.\./)*[\w./#-]+\Z", value), value
                assert "evil" not in value
        if element.tag == "meta" and element.get("http-equiv"):
            assert element.get("http-equiv") == "Content-Security-Policy"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Return the options that read one card for each text."""
    folder = tmp_path_factory.mktemp("hostile") / "cards"
    own = write_cards(folder, TEXTS)
    title = {"title": "</title><script>x()</script>", "as_of": "2026-11-23"}
    (folder / "catalogue.yaml").write_text(json.dumps(title))
    return own


PAGES: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "rank": ("rank",),
    "search": ("search", "<script>alert(1)</script> plain writing"),
    "missing": ("missing",),
    "explain": ("explain", "leans"),
    "config": ("config",),
    "compare": ("compare", *(f"bad-{n}" for n in range(1, 9)), "--full"),
}


@pytest.mark.parametrize("words", PAGES.values(), ids=PAGES.keys())
def test_a_page_over_all_of_them(words: tuple[str, ...], own: tuple[str, ...], run: Any) -> None:
    result = run(*words, "--format", "html", *own)
    assert result.code == 0, result.err
    tree = parsed(result.out)
    assert_inert(tree)
    assert not {"form", "input", "textarea", "script", *NEVER} & {e.tag for e in tree.iter()}
    if words[0] in ("list", "rank"):
        shown = " ".join("".join(tree.itertext()).split())
        for text in TEXTS:
            assert " ".join(text.split()) in shown


@pytest.mark.slow
def test_every_page_of_a_site(
    own: tuple[str, ...], tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("site", "out", *own).code == 0
    pages = sorted((tmp_path / "out").rglob("*.html"))
    names = {page.parent.name for page in pages}
    assert {"out", "models", "compare", "tasks"} <= names
    for page in pages:
        tree = parsed(page.read_text(encoding="utf-8"))
        assert_inert(tree)
        allowed = {"form", "input"} if page.name == "index.html" else set()
        assert not (NEVER - allowed) & {element.tag for element in tree.iter()}
        for block in tree.iter("script"):
            if block.get("type") == "application/json":
                assert not set("<>&\u2028\u2029") & set(block.text or "")
                json.loads(block.text or "")
    for told in (tmp_path / "out").rglob("*.json"):
        text = told.read_text(encoding="utf-8")
        assert text.isascii() and "\x7f" not in text
        json.loads(text)


def test_json_for_a_script_element_holds_no_mark_up() -> None:
    from modelcmp.render.html.site import _data_block

    hostile = [*TEXTS, "\u2028\u2029", "<!--", "\x7f\u202e"]
    text = str(_data_block(hostile))
    assert text.isascii() and not set("<>&") & set(text)
    assert json.loads(text) == hostile


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host", "https://a b",
            'https://x/"onclick=x', "https://x/<b>", "https://u:p@host/", "HTTPS://x", "ftp://x"]
)  # fmt: skip
def test_an_address_that_is_none_is_refused_in_a_card(
    url: str, spoilt: Any, card_text: Any
) -> None:
    text = card_text("bad").replace("https://example.org/page", url.replace('"', '\\"'))
    spoilt.assert_refused(text.encode(), "must be an http or https address")
