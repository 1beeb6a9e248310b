"""Search as a whole: what is found, what is said of it, and how every format writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.cli import main
from modelcmp.cli.app import COMMANDS
from modelcmp.cli.session import index_folder
from modelcmp.comparison.hits import NEAREST, NOTHING, Hits, find_hits, head_text, reason_text
from modelcmp.comparison.listing import Filters
from modelcmp.matching.need import read_need
from modelcmp.matching.search import build_index
from modelcmp.render import Look, markdown, table, tsv
from modelcmp.render import json as as_json
from modelcmp.scoring.rank import Method

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")

MakeCard = Callable[..., ModelCard]
Find = Callable[..., Hits]

LOCAL = {
    "id": "local", "kind": "deployment", "tag": "runs-locally", "title": "Runs at home",
    "description": "Runs in a cellar.", "claim": "stated", "source": "page",
}  # fmt: skip
POSTERS = {
    "id": "posters", "kind": "task", "tag": "text-to-image", "title": "Posters",
    "description": "Paints bold posters.", "claim": "stated", "source": "page",
}  # fmt: skip
OFFER = {"provider": "P", "unit": "image", "usd": 0.04, "source": "page", "as_of": "2026-11-01"}
LICENCE = {"id": "MIT", "licence_class": "permissive", "commercial": "allowed", "source": "page"}
IMAGES = {"tasks": ["text-to-image"], "modalities": {"input": ["text"], "output": ["image"]}}


@pytest.fixture
def cards(make_card: MakeCard) -> list[ModelCard]:
    """Return two painters, of which one runs locally and one has a price, and a writer."""
    return [
        make_card("home-painter", **IMAGES, capabilities=[POSTERS, LOCAL], licence=LICENCE),
        make_card("paid-painter", **IMAGES, capabilities=[POSTERS], pricing={"offers": [OFFER]},
                  weights={"open": False, "source": "page"}),
        make_card("writer", weights={"open": True, "source": "page"}),
    ]  # fmt: skip


@pytest.fixture
def find(cards: list[ModelCard], method: Method) -> Find:
    """Return a search over them."""
    registry = method.circumstances.registry
    index = build_index(cards, registry)

    def search(
        text: str, filters: Filters = Filters(), *, limit: int = 10, literal: bool = False
    ) -> Hits:
        need = read_need(text, registry, literal=literal)
        return find_hits(
            {card.id: card for card in cards},
            need,
            index,
            method,
            filters,
            limit=limit,
            literal=literal,
        )

    return search


def _ids(hits: Hits) -> list[str]:
    return [hit.ranked.card.id for hit in hits.models]


def test_words_find_models_with_fit_and_reason(find: Find) -> None:
    hits = find("bold posters")
    assert _ids(hits) == ["home-painter", "paid-painter"]
    first = hits.models[0]
    assert (first.capability, first.title, first.words, first.lacks) == (
        "posters", "Posters", ("bold", "posters"), (),
    )  # fmt: skip
    assert 50 < first.fit < 100
    assert (hits.nearest, head_text(hits)) == (False, "")
    assert reason_text(first) == "Posters: bold, posters"


def test_facts_hold_models_to_what_was_said(find: Find) -> None:
    assert _ids(find("bold posters offline")) == ["home-painter"]
    assert _ids(find("bold posters under $0.05 per image")) == ["paid-painter"]
    hits = find("bold posters under $0.05 per image")
    assert hits.understood == ("a price of at most $0.05 an image",)
    assert hits.unknown == {"a price of at most $0.05 an image": 2}


def test_filters_of_list_hold_as_well(find: Find) -> None:
    assert _ids(find("bold posters", Filters(licences=("permissive",)))) == ["home-painter"]
    assert _ids(find("bold posters", Filters(max_price=0.05))) == ["paid-painter"]
    assert _ids(find("bold posters", Filters(tasks=("text-to-image",)), limit=1)) == [
        "home-painter"
    ]


def test_facts_alone_list_what_meets_them_by_rank(find: Find) -> None:
    hits = find("offline, MIT licence")
    assert _ids(hits) == ["home-painter"]
    assert hits.models[0].fit == 100
    everything = find("offline")
    assert sorted(_ids(everything)) == ["home-painter", "writer"]
    assert {hit.fit for hit in everything.models} == {100}


def test_literal_reads_no_facts(find: Find) -> None:
    hits = find("bold posters offline", literal=True)
    assert _ids(hits) == ["home-painter", "paid-painter"]
    assert (hits.understood, hits.literal) == ((), True)


def test_a_need_nobody_serves_names_the_nearest_and_what_they_lack(find: Find) -> None:
    hits = find("bold posters offline", Filters(max_price=0.01))
    assert hits.nearest
    assert head_text(hits) == NEAREST
    assert {hit.ranked.card.id: hit.lacks for hit in hits.models} == {
        "home-painter": ("--max-price",),
        "paid-painter": ("runs on your own machine", "--max-price"),
    }
    assert reason_text(hits.models[0]).endswith("lacks --max-price")


def test_a_slip_of_the_pen_comes_near(find: Find) -> None:
    hits = find("pozters")
    assert hits.nearest
    assert {hit.fit for hit in hits.models} == {0}
    assert reason_text(hits.models[0]) == "no word as it stands"


def test_nothing_at_all_is_said_as_such(find: Find) -> None:
    hits = find("zebra crossing")
    assert (hits.models, hits.nearest, head_text(hits)) == ((), True, NOTHING)
    assert _ids(find("zebra crossing offline"))  # what meets the fact is nearer than nothing


LOOK = Look(width=80)
RENDERERS: dict[str, Callable[..., str]] = {
    "table": table.render_hits,
    "markdown": markdown.render_hits,
    "json": as_json.render_hits,
    "tsv": tsv.render_hits,
}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("text", ["bold posters offline", "pozters", "zebra crossing", "offline"])
def test_every_format_writes_every_kind_of_result(find: Find, name: str, text: str) -> None:
    hits = find(text)
    drawn = RENDERERS[name](hits, look=LOOK)
    assert drawn == RENDERERS[name](find(text), look=LOOK)
    assert drawn.endswith("\n") and not drawn.endswith("\n\n")
    assert all(model in drawn for model in _ids(hits))
    if name != "tsv":
        assert all(line in drawn for line in hits.understood)
    if name in ("table", "markdown"):
        assert head_text(hits) in drawn


@pytest.mark.parametrize("name", RENDERERS)
def test_hostile_text_stays_text(find: Find, name: str) -> None:
    drawn = RENDERERS[name](find("\x1b[31m posters <b> | [x](http://y) \x07 =1+1"), look=LOOK)
    assert not any(ord(character) < 32 and character not in "\t\n" for character in drawn)
    assert "\x1b" not in drawn
    if name == "markdown":
        assert "<b>" not in drawn.replace("\\<b\\>", "")


def test_json_has_exactly_these_keys(find: Find) -> None:
    document = json.loads(as_json.render_hits(find("bold posters offline"), look=LOOK))
    assert list(document) == [
        "schema", "profile", "weights", "method", "as_of", "query", "literal", "understood", "nearest", "models",
    ]  # fmt: skip
    assert document["schema"] == "modelcmp/models/1"
    assert document["query"] == "bold posters offline"
    assert document["understood"] == ["runs on your own machine"]
    (model,) = document["models"]
    hits = find("bold posters")
    listed = set(as_json.model_fields(hits.models[0].ranked, hits.method))
    assert set(model) == listed | {"fit", "matched", "lacks", "place"}
    assert model["matched"] == {
        "capability": "posters", "words": ["posters", "bold"], "meaning": False, "picked": 0,
    } or model["matched"] == {
        "capability": "posters", "words": ["bold", "posters"], "meaning": False, "picked": 0,
    }  # fmt: skip
    assert model["place"] == 1


def test_tsv_has_its_columns_also_when_empty(find: Find) -> None:
    head = tsv.render_hits(find("zebra"), look=LOOK).splitlines()
    assert len(head) == 1
    assert head[0].split("\t")[:8] == [
        "place", "fit", "id", "capability", "words", "meaning", "lacks", "nearest",
    ]  # fmt: skip
    rows = tsv.render_hits(find("bold posters"), look=LOOK).splitlines()
    assert {row.count("\t") for row in rows} == {head[0].count("\t")}


def test_indexes_lie_beside_the_checked_cards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("MODELCMP_CACHE", str(tmp_path / "cards.sqlite"))
    assert index_folder() == tmp_path / "cards-search"
    monkeypatch.setenv("MODELCMP_CACHE", "")
    assert index_folder() is None


registered = pytest.mark.skipif("search" not in COMMANDS, reason="search is not a command yet")


@registered
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "describe product photos offline, commercial use", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["understood"] == ["terms that allow commercial use", "runs on your own machine"]
    assert 0 < len(document["models"]) <= 10
    fits = [model["fit"] for model in document["models"]]
    assert fits == sorted(fits, reverse=True)


@registered
def test_words_need_no_quotes_and_the_limit_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "transcribe", "speech", "--limit", "2", "-f", "tsv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 2 <= len(lines) <= 3


@registered
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([" "], "search needs words"),
        (["x", "--task", "nonsense"], "no task is called nonsense"),
        (["x", "--max-price", "nan"], "--max-price takes"),
    ],
)
def test_what_cannot_be_right_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["search", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


@registered
def test_a_search_that_finds_nothing_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "zzzzqqqq", "-f", "table"]) == 0
    assert NOTHING in capsys.readouterr().out


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return evidence in which the writer was picked for posters, by enough people on two days."""
    rows = [
        f"2026-11-{day:02d},c{n},Bold posters,{action},{model},{place}"
        for day in (1, 2)
        for n in range(4)
        for action, model, place in (("impression", "beta", 1), ("click", "beta", 1))
    ]
    log = tmp_path / "log.csv"
    log.write_text("time,client,query,action,model,position\n" + "\n".join(rows) + "\n")
    path = str(tmp_path / "evidence.sqlite")
    assert main(["evidence", "add", str(log), "--evidence", path, *OWN, "-q"]) == 0
    return path


def test_what_was_picked_for_similar_searches_rises(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(*more: str) -> list[dict[str, Any]]:
        capsys.readouterr()
        assert main(["search", "posters, bold", "--json", "--evidence", store, *OWN, *more]) == 0
        models: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["models"]
        return models

    first = ask()[0]
    assert (first["id"], first["matched"]["picked"]) == ("beta", 8)
    assert ask()[0] == first  # what was learned is kept
    assert main(["search", "posters, bold", "--format", "markdown", "--evidence", store, *OWN]) == 0
    assert "picked 8 times for similar searches" in capsys.readouterr().out
    assert all(model["matched"]["picked"] == 0 for model in ask("--no-evidence"))
    assert [m["matched"]["picked"] for m in ask("--task", "text-to-image")] == [0] * len(
        ask("--task", "text-to-image")
    )
    assert main(["evidence", "forget", "bold posters", "--evidence", store, *OWN]) == 0
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "log.csv"]
    assert not any(b"bold" in path.read_bytes().lower() for path in kept if "learned" in str(path))
    assert all(model["matched"]["picked"] == 0 for model in ask())


def test_json_tells_how_often_each_capability_matched(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for more, known in ((("--evidence", store), True), (("--no-evidence",), False)):
        for command in (("show", "beta"), ("compare", "alpha", "beta")):
            capsys.readouterr()
            assert main([*command, "--json", *more, *OWN]) == 0
            told = json.loads(capsys.readouterr().out)
            for model in told.get("models", [told]):
                counts = [c["times_matched"] for c in model["capabilities"]]
                assert all((count is not None) == known for count in counts)
                assert not known or sum(counts) <= model["times_matched"]


def test_evidence_is_matched_in_part_and_then_in_full(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from modelcmp.matching import lookups

    log = tmp_path / "more.csv"
    rows = [f"2026-11-0{1 + n % 2},d{n},question {n}" for n in range(30)]
    log.write_text("time,client,query\n" + "\n".join(rows) + "\n")
    capsys.readouterr()
    assert main(["evidence", "add", str(log), "--evidence", store, "--json", *OWN]) == 0
    told = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    share = told["held against the index"]
    assert share["value"] == "92 %"  # 8 episodes of one query, then as many of 30 as make 90 %
    assert share["remark"] == "of all episodes; evidence match does the rest"
    monkeypatch.setattr(lookups, "AT_ONCE", 5)
    lookups_before = main(["evidence", "forget", "question 1", "--evidence", store, *OWN])
    assert lookups_before == 0
    capsys.readouterr()
    assert main(["show", "beta", "--evidence", store, *OWN]) == 0
    assert "note: 32 % of the episodes are held against the index so far" in capsys.readouterr().err
    assert main(["evidence", "match", "--evidence", store, "--json", *OWN]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["value"] == "100 %"
    assert main(["show", "beta", "--evidence", store, *OWN]) == 0
    assert capsys.readouterr().err == ""
