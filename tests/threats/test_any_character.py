"""Every code point there is, in every output format: nothing moves a cursor, nothing becomes mark-up.

The rows T11, T13, T14, T15 and T16 ask this of chosen texts through the commands; here it is asked of
all 1,114,112 code points, of the functions that clean and of the renderers.
"""

from __future__ import annotations

import json
import re
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.threats.hostile import hostile_fields

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.comparison.compare import compare_models
from modelcmp.comparison.listing import Filters, make_listing
from modelcmp.errors import CardProblem
from modelcmp.render import FORMATS, Look, clean
from modelcmp.render.export import EXPORTS
from modelcmp.render.github import render_findings
from modelcmp.render.pictures import picture_scores
from modelcmp.scoring.rank import Method, rank_model

STEP = 8192
BLOCKS = [(start, min(start + STEP, 0x110000)) for start in range(0, 0x110000, STEP)]
EVERY = "".join(map(chr, range(0x110000)))
NEVER = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""What no output holds: controls, what turns lines round, what cannot be seen, half characters."""
JOINER = "\u2060"
"""Put in by Markdown as `&#8288;`, never as itself."""
CLEANERS = {
    "visible": clean.visible, "markdown": clean.markdown, "xml": clean.xml, "tsv": clean.tsv,
    "json": clean.json_text,
}  # fmt: skip


@pytest.mark.parametrize("name", CLEANERS)
def test_a_cleaner_lets_none_through(name: str) -> None:
    text = CLEANERS[name](EVERY)
    assert not NEVER.search(text)
    assert "\t" not in text
    assert ("\n" in text) == (name == "json")
    if name == "xml":
        assert not set("<>\"'") & set(text)
    text.encode("utf-8")


@pytest.mark.parametrize("name", CLEANERS)
def test_a_cleaner_takes_each_one_alone(name: str) -> None:
    cleaner = CLEANERS[name]
    alone = [(c, cleaner(c)) for c in EVERY]
    assert not [c for c, text in alone if NEVER.search(text)]
    if name == "tsv":
        assert not [c for c, text in alone if text[:1] in clean.tsv("=")[1:] + "+-@\t\r＝＋－＠"]
    if name == "visible":  # what can be seen is left as it is
        kept = sum(c == text for c, text in alone)
        assert (
            kept == 0x110000 - len(NEVER.findall(EVERY)) - 2
        )  # tab is spelled out, the end of line a space


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return [EVERY[start:end] for start, end in BLOCKS]


LINES = ("table", "markdown", "tsv", "json", "html")


@pytest.mark.slow
@pytest.mark.parametrize("kind", LINES)
def test_a_format_lets_none_through(kind: str, blocks: list[str], method: Method) -> None:
    # The first and the last planes hold what matters; the rest are letters, every 16th block of them.
    chosen = [text for n, text in enumerate(blocks) if n < 9 or n % 16 == 0 or 112 <= n < 114]
    render = FORMATS[kind].render
    for text in chosen:
        fields = hostile_fields("short")
        fields["summary"] = fields["capabilities"][0]["description"] = text
        fields["limitations"][0]["text"] = fields["best_for"][0] = text
        fields["name"] = fields["maker"] = text[:STEP:41]
        card = build(ModelCard, fields)
        look = Look(full=True, width=100)
        pages = [
            render(rank_model(card, method), look, method=method),
            render(make_listing((card,), method, Filters()), look),
        ]
        for page in pages:
            assert not NEVER.search(page)
            assert "\t" not in page or kind == "tsv"
            page.encode("utf-8")
        if kind == "json" and not re.search("[\ud800-\udfff]", text):
            assert text in texts(json.loads(pages[0]))


def texts(value: Any) -> list[str]:
    """Return every text in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


HARD = "".join(c for c in EVERY[:0x3000] if not c.isalnum())
TEXT = st.text(st.sampled_from(HARD) | st.characters(), max_size=30)


@given(TEXT)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_comparison_of_any_text(text: str) -> None:
    card, twin = (build(ModelCard, hostile_fields(t, n)) for t, n in ((text, "bad"), ("x", "twin")))
    comparison = compare_models([card, twin], _method())
    for kind in LINES:
        page = FORMATS[kind].render(comparison, Look(full=True, width=100))
        assert not NEVER.search(page), kind
        if kind != "json":
            assert not [
                line for line in page.splitlines() if line.lstrip().startswith(("::", "##["))
            ]
    page = FORMATS["html"].render(comparison, Look())
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    assert not list(tree.iter("script"))
    picture = picture_scores(comparison.models, _method()).svg
    assert not NEVER.search(picture)


@given(TEXT)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_an_annotation_is_one_command_of_ours(text: str) -> None:
    problem = CardProblem(f"{text}.yaml", 3, 5, text, text, "bad-value", text)
    lines = render_findings([problem] * 12, 1).split("\n")
    assert len(lines) == 14  # ten annotations, two lines, the count, and the end
    for line in lines[:10]:
        head, _, data = line[2:].partition("::")
        assert head.startswith("error file=") and head.count(",") == 3
        assert not NEVER.search(line) and "::" not in head
        assert "%" not in re.sub(r"%(25|0A|0D|3A|2C)", "", head + data)
    assert not [line for line in lines[10:12] if line.lstrip().startswith(("::", "##["))]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_lets_none_through(name: str, method: Method) -> None:
    for start in (0, 0x2000, 0xD000, 0xE000, 0xF000, 0xE0000):
        text = EVERY[start : start + 0x1000]
        listing = make_listing((build(ModelCard, hostile_fields(text)),), method, Filters())
        page = EXPORTS[name].render(listing)
        assert not NEVER.search(page)
        page.encode("utf-8")


_held: list[Any] = []


def _method() -> Method:
    from modelcmp.catalogue.loading import load_catalogue
    from modelcmp.scoring.profiles import resolve_profile
    from modelcmp.scoring.rank import make_method
    from modelcmp.scoring.values import Circumstances

    if not _held:
        registry = load_catalogue(cache=None).registry
        _held.append(
            make_method(resolve_profile("balanced"), Circumstances(registry, "2026-11-23"))
        )
    held: Method = _held[0]
    return held
