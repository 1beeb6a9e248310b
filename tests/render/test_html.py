"""Pages parsed as a browser parses them: structure, addresses, and card text that stays text."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.cli import main
from modelcmp.comparison.compare import compare_models
from modelcmp.comparison.explain import explain
from modelcmp.comparison.listing import Filters, make_listing
from modelcmp.matching.graph import MatchGraph, ModelEvidence
from modelcmp.render import FORMATS, Look
from modelcmp.render.html import render_report
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method, rank_model
from modelcmp.scoring.values import Circumstances

CASES = Path(__file__).resolve().parent.parent / "cases"
HTML = FORMATS["html"]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return the cards of tests/cases."""
    return load_catalogue([CASES], builtin=False, cache=None)


def parse(text: str) -> Element:
    """Return the tree a browser makes of a page; a page that is not HTML5 fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text)
    return tree


def words(element: Element) -> str:
    """Return all text inside an element, spaces as one."""
    return " ".join("".join(element.itertext()).split())


def pages(catalogue: Catalogue, method: Method) -> dict[str, str]:
    """Return one page of each kind, with the hostile card wherever a card can stand."""
    cards = {name: catalogue.get(name) for name in ("alpha", "hostile", "painter", "sparse")}
    everything = catalogue.load_all().cards
    return {
        "comparison": HTML.render(compare_models(list(cards.values()), method), Look()),
        "model": HTML.render(rank_model(cards["hostile"], method), Look(), method=method),
        "listing": HTML.render(make_listing(everything, method, Filters()), Look()),
        "facts": HTML.render(explain("leans", catalogue.registry), Look()),
    }


KINDS = ("comparison", "model", "listing", "facts")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_well_built(kind: str, catalogue: Catalogue, method: Method) -> None:
    tree = parse(pages(catalogue, method)[kind])
    assert tree.get("lang") == "en"
    assert len(list(tree.iter("h1"))) == len(list(tree.iter("main"))) == 1
    assert words(next(tree.iter("title")))
    ids = Counter(e.get("id") for e in tree.iter() if e.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    levels = [int(e.tag[1]) for e in tree.iter() if e.tag in ("h1", "h2", "h3", "h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in tree.iter("table"):
        assert words(table[0]) and table[0].tag == "caption"
        heads = list(table.iter("th"))
        assert heads and all(e.get("scope") in ("col", "row", "rowgroup") for e in heads)
        assert all(words(e) for e in heads)
    for element in tree.iter():
        for name in ("aria-labelledby", "aria-describedby"):
            assert all(key in ids for key in (element.get(name) or "").split())


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_runs_nothing_and_loads_nothing(
    kind: str, catalogue: Catalogue, method: Method
) -> None:
    tree = parse(pages(catalogue, method)[kind])
    ids = {e.get("id") for e in tree.iter()}
    assert not {"script", "img", "iframe", "object", "form", "base"} & {e.tag for e in tree.iter()}
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in ("style", "src", "srcset")
            if name == "href" and element.get("rel") == "icon":
                assert value.startswith("data:image/svg+xml,")
            elif name == "href":
                assert re.match(r"https?://", value) or value[1:] in ids


def test_the_policy_lets_in_the_page_s_own_style_alone(
    catalogue: Catalogue, method: Method
) -> None:
    tree = parse(pages(catalogue, method)["comparison"])
    (policy,) = [e.get("content") or "" for e in tree.iter("meta") if e.get("http-equiv")]
    (style,) = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_hostile_text_is_shown_letter_by_letter(catalogue: Catalogue, method: Method) -> None:
    card = catalogue.get("hostile")
    tree = parse(pages(catalogue, method)["model"])
    assert words(next(tree.iter("h1"))) == card.name
    shown = words(tree)
    capability = card.capabilities[0]
    for text in (card.summary, capability.title, capability.description, card.maker):
        assert text in shown
    assert "line one line two | three" in shown


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred", "a\u202eb", "a\u200bb", "\ufeffa", "a\u2028b", "a\x00b", "</style><script>x()</script>"],
)  # fmt: skip
def test_what_cannot_be_seen_is_spelled_out(
    text: str, make_card: Callable[..., ModelCard], method: Method
) -> None:
    card = make_card("one", name=text, summary=text, limitations=[{"text": text}])
    page = HTML.render(rank_model(card, method), Look(), method=method)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]", page)
    tree = parse(page)
    assert not list(tree.iter("script"))
    assert len(list(tree.iter("style"))) == 1


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "x.html"]
)
def test_only_web_addresses_become_links(
    url: str, make_card: Callable[..., ModelCard], method: Method
) -> None:
    source: dict[str, Any] = {"page": {"title": "Page", "url": url, "read_on": "2026-01-01"}}
    card = make_card("one", sources=source, released={"day": "2026-01-01", "source": "page"})
    tree = parse(HTML.render(rank_model(card, method), Look(), method=method))
    assert "Page, as of 2026-01-01" in words(tree)
    assert all((e.get("href") or "").startswith("#") for e in tree.iter("a"))


def test_a_comparison_says_its_verdict_first_and_everything_after(
    catalogue: Catalogue, method: Method
) -> None:
    comparison = compare_models([catalogue.get("painter"), catalogue.get("alpha")], method)
    tree = parse(HTML.render(comparison, Look()))
    headings = [words(e) for e in tree.iter() if e.tag in ("h1", "h2")]
    names = [model.card.name for model in comparison.models]
    assert headings == [
        " vs ".join(names), "Verdict: different jobs", "Side by side", "Scores", "Capabilities", "Sources",
    ]  # fmt: skip
    shown = words(tree)
    assert comparison.sentence in shown
    for caveat in comparison.caveats:
        assert caveat.text in shown
    rows = [[words(cell) for cell in row] for row in next(tree.iter("table")).iter("tr")]
    assert [row[0] for row in rows[1:]] == [row.label for row in comparison.rows]
    for told, row in zip(rows[1:], comparison.rows, strict=True):
        assert all(t.startswith(c.text) for t, c in zip(told[1:], row.cells, strict=True))
    count = sum(len(model.card.capabilities) for model in comparison.models)
    assert len(list(tree.iter("details"))) == count > 0


def test_every_picture_is_followed_by_its_table(catalogue: Catalogue, method: Method) -> None:
    tree = parse(pages(catalogue, method)["comparison"])
    figures = 0
    for parent in tree.iter():
        for child, after in pairwise(parent):
            if child.tag == "figure":
                figures += 1
                assert next(after.iter("caption"), None) is not None
    assert figures == 1
    picture = next(e for e in tree.iter() if e.get("role") == "img")
    assert [child.tag.rpartition("}")[2] for child in picture[:2]] == ["title", "desc"]


def test_sources_lead_from_the_numbers_to_the_list(catalogue: Catalogue, method: Method) -> None:
    card = catalogue.get("alpha")
    tree = parse(HTML.render(rank_model(card, method), Look(), method=method))
    marks = {e.get("href") for e in tree.iter("a") if (e.get("href") or "").startswith("#source-")}
    items = {f"#{e.get('id')}" for e in tree.iter("li") if (e.get("id") or "").startswith("source")}
    assert marks == items != set()


def test_a_report_has_a_table_for_each_section() -> None:
    section = SimpleNamespace(
        title="Lacking", text="So much.", columns=("Fact", "Cards"), rows=(("<b>price</b>", "3"),),
        right=frozenset({1}),
    )  # fmt: skip
    empty = SimpleNamespace(title="Wrong", text="", columns=(), rows=(), right=frozenset())
    report = SimpleNamespace(title="What is missing", text="", sections=(section, empty))
    tree = parse(render_report(report, look=Look()))
    assert [words(e) for e in tree.iter("h2")] == ["Lacking", "Wrong"]
    (table,) = tree.iter("table")
    assert [words(cell) for cell in table.iter("td")] == ["<b>price</b>", "3"]
    assert words(table[0]) == "Lacking: 1 row"


def test_matches_of_a_search_log_are_shown(catalogue: Catalogue) -> None:
    card = catalogue.get("alpha")
    first = card.capabilities[0]
    graph = MatchGraph(
        needs=(), edges=(), models={"alpha": ModelEvidence(1234, 10, None, 1234, 7)},
        capabilities={("alpha", first.id): 1200}, scale=None, episodes=1234, navigational=0,
        days=7, looked_up=0,
    )  # fmt: skip
    circumstances = Circumstances(catalogue.registry, catalogue.as_of, graph)
    method = make_method(resolve_profile("balanced"), circumstances)
    comparison = compare_models([card, catalogue.get("beta")], method)
    tree = parse(HTML.render(comparison, Look()))
    told = words(next(tree.iter("details")))
    assert first.title in told and "matched 1,200 times" in told
    assert "Times matched1,200 times" in told
    listing = make_listing(catalogue.load_all().cards, method, Filters())
    table = next(parse(HTML.render(listing, Look())).iter("table"))
    rows = [[words(cell) for cell in row] for row in table.iter("tr")]
    assert rows[0][-1] == "Matched"
    assert [row[-1] for row in rows if row[1].startswith(card.name)] == ["1,234"]


def test_a_search_says_what_was_understood_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "found.html"
    given = ["--catalogue", str(CASES), "--no-builtin", "-o", str(page)]
    assert main(["search", "paint <b>pictures</b>, open weights", *given]) == 0
    assert capsys.readouterr().out == ""
    tree = parse(page.read_text(encoding="utf-8"))
    assert words(next(tree.iter("h1"))) == "paint <b>pictures</b>, open weights"
    assert [words(e) for e in tree.iter("h2")] == ["Understood"]
    rows = [[words(cell) for cell in row] for row in next(tree.iter("table")).iter("tr")]
    assert rows[0] == ["Place", "Model", "Fit", "Matched", "Rank", "Price"]
    assert len(rows) > 1


def test_a_template_that_names_what_is_not_there_fails() -> None:
    import jinja2

    from modelcmp.render.html import _environment

    with pytest.raises(jinja2.UndefinedError):
        _environment().from_string("{{ nothing_of_that_name }}").render()


def test_without_the_extra_the_hint_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from modelcmp.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "explain", "leans", "-o", str(tmp_path / "x.html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("error: HTML needs an extra\nhint: pip install 'modelcmp[html]'\n")
    assert not (tmp_path / "x.html").exists()
