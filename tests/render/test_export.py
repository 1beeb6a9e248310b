"""What other tools get: lines of JSON, CSV that runs no formula, result files that read back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from tests.conftest import card_fields

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.checking import check_card
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.listing import Filters, Listing, make_listing
from modelcmp.render.export import (
    COLUMNS,
    plain,
    render_csv,
    render_eval_results,
    render_jsonl,
    result_file,
    unplaced_results,
)
from modelcmp.scoring.rank import Method

Make = Callable[..., ModelCard]
RESULT = {"name": "MMLU-Pro", "metric": "accuracy", "value": 72.5, "tier": "maker",
          "source": "page", "as_of": "2025-01-02"}  # fmt: skip
FULL: dict[str, Any] = {
    "benchmarks": [RESULT],
    "licence": {"id": "MIT", "licence_class": "permissive", "source": "page"},
    "ecosystem": {"integrations": []},
    "context": {"tokens": 1000, "source": "page"},
    "pricing": {
        "offers": [
            {"provider": "=P", "unit": "million-tokens", "input_usd": 0.15, "output_usd": 0.6,
             "source": "page", "as_of": "2026-01"},
        ]
    },
}  # fmt: skip


@pytest.fixture
def export(make_card: Make, method: Method) -> Callable[..., Listing]:
    """Return a maker of listings of cards."""
    return lambda *cards: make_listing(list(cards), method, Filters())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_a_card_survives_the_line_whole(
    make_card: Make, export: Callable[..., Listing], registry: Registry
) -> None:
    given = card_fields("full", **FULL)
    lines = render_jsonl(export(make_card("full", **FULL), make_card("bare"))).splitlines()
    found = [json.loads(line) for line in lines]
    assert {line["schema"] for line in found} == {"modelcmp/export/1"}
    by_id = {line["id"]: line for line in found}
    assert by_id["full"]["card"] == {**given, "status": "active"}
    assert by_id["bare"]["card"] == {**card_fields("bare"), "status": "active"}
    again = parse_yaml(json.dumps(by_id["full"]["card"]).encode(), "full.yaml")
    assert check_card(again, registry) == []
    assert plain(build(ModelCard, again.value)) == by_id["full"]["card"]


def test_a_line_is_a_line(make_card: Make, export: Callable[..., Listing]) -> None:
    """Separators that some readers split lines at stand as escapes."""
    text = render_jsonl(export(make_card("one", summary="a\u2028b\u2029c\nd")))
    assert len(text.splitlines()) == 1
    assert json.loads(text)["card"]["summary"] == "a\u2028b\u2029c\nd"


def test_csv_has_the_documented_columns(make_card: Make, export: Callable[..., Listing]) -> None:
    full, bare = rows(render_csv(export(make_card("full", **FULL), make_card("bare"))))
    assert list(full) == [column.name for column in COLUMNS]
    assert all(column.meaning.endswith(".") for column in COLUMNS)
    assert full["id"] == "full"
    told = ("price_usd", "price_input_usd", "price_unit", "licence_class", "context_tokens")
    assert [full[name] for name in told] == ["0.6", "0.15", "million-tokens", "permissive", "1000"]
    assert [bare[name] for name in told] == ["", "", "", "", ""]
    assert (bare["adoption"], bare["match"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        ('say "x", y', 'say "x", y'),
        ("a\nb", "a b"),
        ("plain", "plain"),
    ],
)
def test_csv_runs_no_formula(
    make_card: Make, export: Callable[..., Listing], text: str, cell: str
) -> None:
    (row,) = rows(render_csv(export(make_card("one", maker=text))))
    assert row["maker"] == cell


def test_numbers_are_not_touched(make_card: Make, export: Callable[..., Listing]) -> None:
    (row,) = rows(render_csv(export(make_card("full", **FULL))))
    assert row["price_provider"] == "'=P"
    assert float(row["rank"]) == float(row["rank"].lstrip("'"))


def test_a_result_file_is_what_the_hub_reads(make_card: Make, registry: Registry) -> None:
    text = result_file(make_card("one", **FULL), registry)
    (entry,) = parse_yaml(text.encode(), "one.yaml").value
    assert entry == {
        "dataset": {"id": "TIGER-Lab/MMLU-Pro", "task_id": "mmlu_pro"},
        "value": 72.5,
        "date": "2025-01-02",
        "source": {"url": "https://example.org/page", "name": "A page"},
        "notes": "72.5 (accuracy); measured by: maker",
    }


@pytest.mark.parametrize("day", [{"as_of": "2025-01"}, {"read_on": "2025-01-02"}])
def test_only_the_day_of_the_measurement_is_its_date(
    make_card: Make, registry: Registry, day: dict[str, str]
) -> None:
    result = {**{k: v for k, v in RESULT.items() if k != "as_of"}, **day}
    text = result_file(make_card("one", benchmarks=[result]), registry)
    assert "date" not in parse_yaml(text.encode(), "f").value[0]


def test_hostile_text_stays_inside_its_quotes(make_card: Make, registry: Registry) -> None:
    bad = 'x"\n- dataset: {id: evil}\n: \u202e # y\\'
    card = make_card("one", benchmarks=[{**RESULT, "note": bad}])
    entries = parse_yaml(result_file(card, registry).encode(), "f").value
    assert len(entries) == 1
    assert "evil" in entries[0]["notes"]


def test_what_the_hub_has_no_leaderboard_for_is_left_out_and_counted(
    make_card: Make, export: Callable[..., Listing], registry: Registry
) -> None:
    other = {**RESULT, "name": "MMLU"}
    card = make_card("one", benchmarks=[RESULT, other])
    assert unplaced_results(card, registry) == 1
    assert result_file(make_card("two", benchmarks=[other]), registry) == ""
    stream = render_eval_results(export(card, make_card("two", benchmarks=[other])))
    assert stream.count("---\n") == 1
    assert stream.startswith("---\n# one\n- dataset:\n")
