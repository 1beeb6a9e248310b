"""Nothing that a card says becomes active, in any format."""

from __future__ import annotations

import html
import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from modelcmp.render import clean

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
JOINER = "\u2060"
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

ATTACKS = [
    "a | b",
    "`code`",
    "**bold** _it_ ~~s~~",
    "[x](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "[x]: https://evil.example",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment -->",
    "https://evil.example",
    "www.evil.example",
    "mailto:a@b.example",
    "<https://evil.example>",
    "@someone",
    "#12",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "$x$",
    "a  \nb",
    "\\| \\",
    "&lt;b&gt;",
    "&#124;",
    ":tada:",
    "::error::x",
    "##[group]x",
    "=1+1",
]


def leaves(tokens: list[Token]) -> list[Token]:
    """Return the tokens with all their children."""
    found = []
    for token in tokens:
        found += [token, *leaves(token.children or [])]
    return found


def shown(text: str) -> str:
    """Return what a reader sees of `text` as a paragraph; fails if anything but text is there."""
    tokens = leaves(PARSER.parse(text))
    assert {token.type for token in tokens} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "text_special",
    }  # fmt: skip
    pieces = [token.content for token in tokens if token.type in ("text", "text_special")]
    return "".join(pieces).replace(JOINER, "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_shows_text_letter_by_letter(attack: str) -> None:
    assert shown(clean.markdown(attack)) == clean.visible(attack)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_survives_markdown(text: str) -> None:
    visible = clean.visible(text).strip()
    assert shown(clean.markdown(visible)).strip() == visible.replace(JOINER, "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_table_keeps_its_cells(attack: str) -> None:
    from modelcmp.render.markdown import table

    text = table(["a", "b"], [[clean.markdown(attack), "end"]])
    tokens = PARSER.parse(text)
    assert [token.type for token in tokens].count("table_open") == 1
    cells = [token.content for before, token in pairwise(tokens) if before.type == "td_open"]
    assert len(cells) == 2
    assert cells[1] == "end"


@pytest.mark.parametrize("attack", ["@someone", "#12", "https://evil.example", ":tada:"])
def test_what_github_links_by_itself_is_broken(attack: str) -> None:
    assert attack not in clean.markdown(attack)


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)])
def test_every_control_character_is_spelled_out(code: int) -> None:
    text = clean.visible(f"a{chr(code)}b")
    assert all(" " <= character <= "~" for character in text)
    assert text == "a b" if code == 0x0A else text == f"a\\x{code:02x}b"


@pytest.mark.parametrize("code", [0x200B, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xD800, 0xE0041])
def test_every_invisible_character_is_spelled_out(code: int) -> None:
    assert clean.visible(f"a{chr(code)}b") == f"aU+{code:04X}b"


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_visible_is_complete_and_done_at_once(text: str) -> None:
    once = clean.visible(text)
    assert clean.visible(once) == once
    assert "\n" not in once
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in once)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_formula_is_quoted(start: str) -> None:
    assert clean.tsv(f"{start}1+1") == f"'{start}1+1"
    assert clean.tsv(f"1{start}1") == f"1{start}1"


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_tsv_cell_is_one_cell(text: str) -> None:
    assert not {"\t", "\n", "\r"} & set(clean.tsv(text))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org/a(b)c", "https://example.org/a%28b%29c"),
        ("https://example.org/a|b", "https://example.org/a%7Cb"),
        ("https://example.org/a>b", "https://example.org/a%3Eb"),
    ],
)
def test_a_link_holds_its_address(url: str, target: str) -> None:
    text = clean.link("a](x) | <b>", url)
    tokens = leaves(PARSER.parse(text))
    links = [token for token in tokens if token.type == "link_open"]
    assert [token.attrs["href"] for token in links] == [target]
    assert clean.link("plain", None) == "plain"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.md")), ids=lambda path: path.stem)
def test_a_document_holds_no_html_but_details(path: Path) -> None:
    tokens = leaves(PARSER.parse(path.read_text(encoding="utf-8")))
    blocks = [token.content for token in tokens if token.type in ("html_block", "html_inline")]
    for block in blocks:
        for line in block.strip().splitlines():
            inside = line.removeprefix("<summary>").removesuffix("</summary>")
            assert line in ("<details>", "</details>") or "<" not in inside
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert all(str(link).startswith("https://example.org/") for link in links)
    assert "image" not in {token.type for token in tokens}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*")), ids=lambda path: path.name)
def test_no_file_holds_a_control_character_or_a_command(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not any(ord(c) < 0x20 and c not in "\n\t" for c in text)
    assert "\x7f" not in text
    if path.suffix != ".json":
        assert not any(line.lstrip().startswith(("::", "##[")) for line in text.splitlines())
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_hostile_text_stands_in_json_as_it_is() -> None:
    text = (GOLDEN / "compare-hostile.json").read_text(encoding="utf-8")
    assert "<script>alert(1)</script> :bug: **b**" in text
    assert html.unescape(text) == text or "&lt;b&gt;" in text


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_text_in_html_and_svg_reads_back_as_it_is_shown(text: str) -> None:
    safe = clean.xml(text)
    root = ElementTree.fromstring(f'<a b="{safe}">{safe}</a>')
    shown = clean.visible(text).replace("\ufffe", "U+FFFE").replace("\uffff", "U+FFFF")
    assert (root.text or "") == root.get("b") == shown


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org/a(b)c?d=e#f", "https://example.org/a%28b%29c?d=e#f"),
        ('http://example.org/"onclick=x', "http://example.org/%22onclick=x"),
        ("https://Example.org/~A-Z_%20.x", "https://Example.org/~A-Z_%20.x"),
        ("https://example.org/é", "https://example.org/%C3%A9"),
        ("https://example.org/日本", "https://example.org/%E6%97%A5%E6%9C%AC"),
        ("https://example.org/\U0001f600", "https://example.org/%F0%9F%98%80"),
        ("https://example.org/\ud800", "https://example.org/%ED%A0%80"),
        ("https://", None),
        ("HTTPS://example.org", None),
        ("javascript:alert(1)//https://example.org", None),
        (" https://example.org", None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_may_be_links(url: str | None, target: str | None) -> None:
    assert clean.address(url) == target


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb", "a b"),
        ("a\r\n\r\nb", "a  b"),
        ("a\rb", "a\\x0db"),
        ("a\n\rb", "a \\x0db"),
        ("a\x9fb\xa0c", "a\\x9fb\xa0c"),
    ],
)
def test_a_line_end_is_one_space(text: str, shown: str) -> None:
    assert clean.visible(text) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("www.a.example", "www&#46;a.example"),
        ("WWW.a", "WWW&#46;a"),
        ("http://a, ftp:b", "http&#58;//a, ftp&#58;&#8288;b"),
        ("12. a 3. b", "12\\. a 3. b"),
        (" 1) a", " 1\\) a"),
        ("- - a", "\\- - a"),
        ("::a", "\\::&#8288;a"),
        ("#1 a@b @ c", "\\#&#8288;1 a@&#8288;b @ c"),
        (":up: a:b", ":&#8288;up: a:&#8288;b"),
    ],
)
def test_markdown_is_written_so(text: str, written: str) -> None:
    assert clean.markdown(text) == written


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("::error::x", ": :error::x"),
        ("  ::add-mask::x  ", "  : :add-mask::x  "),
        ("\t##[group]x ##[endgroup]", "\t## [group]x ##[endgroup]"),
        ("a ::error::x", "a ::error::x"),
        ("a##[group]", "a##[group]"),
        (":x::", ":x::"),
        ("## [x]", "## [x]"),
        ("", ""),
    ],
)
def test_a_line_that_commands_a_runner_is_broken_once(line: str, harmless: str) -> None:
    assert clean.no_command(line) == harmless


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a\tb", "a b"),
        ("\t=1", " =1"),
        ("\r=1", "\\x0d=1"),
        ("", ""),
    ],
)
def test_a_tab_in_a_cell_is_a_space(cell: str, written: str) -> None:
    assert clean.tsv(cell) == written


@pytest.mark.parametrize(
    ("character", "escaped"),
    [
        ("\x7f", "\\u007f"),
        ("\x9b", "\\u009b"),
        ("\u202e", "\\u202e"),
        ("\ufeff", "\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\udb40\\udc41"),
    ],
)
def test_what_json_leaves_bare_is_escaped(character: str, escaped: str) -> None:
    text = json.dumps(f"a{character}b", ensure_ascii=False)
    assert clean.json_text(text) == f'"a{escaped}b"'
    assert json.loads(clean.json_text(text)) == f"a{character}b"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=3))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_json_text_says_the_same_and_keeps_its_lines(value: dict[str, str]) -> None:
    plain = json.dumps(value, ensure_ascii=False, indent=2)
    safe = clean.json_text(plain)
    assert json.loads(safe) == value
    assert safe.count("\n") == plain.count("\n")
    assert clean.visible(safe.replace("\n", "")) == safe.replace("\n", "")
