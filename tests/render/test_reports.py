"""Reports in each format that has a form for them, held to stored files beside the others."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.render.test_golden import HERE, held

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.comparison.changes import find_changes
from modelcmp.comparison.difference import report_changes
from modelcmp.comparison.findings import report_findings
from modelcmp.comparison.missing import report_missing
from modelcmp.comparison.tables import Report, Section
from modelcmp.errors import CardProblem, UsageError
from modelcmp.render import FORMATS, Look
from modelcmp.render.export import plain
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method
from modelcmp.scoring.values import Circumstances

KINDS = ("table", "markdown", "json", "tsv")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return the cards of tests/cases."""
    return load_catalogue([HERE / "cases"], builtin=False, cache=None)


@pytest.fixture(scope="module")
def case_method(catalogue: Catalogue) -> Method:
    """Return the balanced method as of the cases' own day."""
    circumstances = Circumstances(catalogue.registry, catalogue.as_of)
    return make_method(resolve_profile("balanced"), circumstances)


def changed(card: ModelCard, **changes: Any) -> ModelCard:
    return build(ModelCard, {**plain(card), **changes})


def reports(catalogue: Catalogue, method: Method) -> dict[str, Report]:
    old = {card.id: card for card in catalogue.load_all().cards}
    gamma = plain(old["gamma"])
    new = {key: card for key, card in old.items() if key != "sparse"}
    new["gamma"] = changed(old["gamma"], maker="=New | *Maker*", metrics=gamma["metrics"][1:])
    new["fresh"] = changed(old["painter"], id="fresh")
    problems = [
        CardProblem("a.yaml", 3, 5, "licence.id", "is missing", "missing-field"),
        CardProblem("b|c.yaml", 0, 0, "", "=1 \x1b[31m", "unreadable"),
        CardProblem("b.yaml", 1, 1, "x", "is odd", "price-unit", "write 0.15"),
    ]
    chosen = [("alpha", "gamma"), ("alpha", "sparse")]
    return {
        "diff": report_changes(find_changes(old, new, method, pairs=chosen), "old", "new"),
        "missing": report_missing(list(old.values()), method),
        "findings": report_findings(problems, 3, strict=True),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["diff", "missing", "findings"])
def test_report(name: str, kind: str, catalogue: Catalogue, case_method: Method) -> None:
    text = FORMATS[kind].render(reports(catalogue, case_method)[name], Look())
    assert text == held(f"report-{name}{FORMATS[kind].suffixes[0]}", text)
    assert "\x1b" not in text
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_a_long_table_is_folded_away_in_markdown() -> None:
    rows = tuple((str(number),) for number in range(30))
    report = Report("T", "", (Section("S", ("N",), rows),), {}, (("n",),))
    text = FORMATS["markdown"].render(report, Look())
    assert "<details>\n<summary>30 rows</summary>\n\n| N |" in text
    report = report._replace(sections=(Section("S", ("N",), rows[:29]),))
    assert "<details>" not in FORMATS["markdown"].render(report, Look())


def test_a_format_without_a_form_for_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcmp.render.import_module", lambda name: ModuleType(name))
    with pytest.raises(UsageError, match="tsv has no form for this"):
        FORMATS["tsv"].render(Report("T", "", (), {}, ()), Look())


def test_columns_keep_their_place_without_unicode() -> None:
    section = Section("S", ("A", "B"), (("1 → 2", "x"), ("12345", "y")))
    text = FORMATS["table"].render(Report("T", "", (section,), {}, ()), Look(ascii_only=True))
    assert text.isascii()
    one, two = text.splitlines()[-2:]
    assert one.index("x") == two.index("y")
