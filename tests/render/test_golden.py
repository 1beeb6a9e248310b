"""Every format over the same comparisons, held to stored files.

`MODELCMP_UPDATE_GOLDEN=1 python -m pytest tests/render/test_golden.py` writes them anew; look at the
difference before committing it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.asking import Answer, figures_of
from modelcmp.catalogue.figures import Figure, Repository, read_over
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.comparison.baseline import hold_against, parse_baseline
from modelcmp.comparison.compare import compare_models
from modelcmp.comparison.explain import explain
from modelcmp.comparison.listing import Filters, make_listing
from modelcmp.comparison.refreshed import Refresh, make_refresh, report_refresh
from modelcmp.render import FORMATS, Look
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method, rank_model
from modelcmp.scoring.values import Circumstances

HERE = Path(__file__).resolve().parent.parent
GOLDEN = HERE / "golden"

COMPARISONS = {
    "tie": ("alpha", "beta"),
    "dominates": ("alpha", "gamma"),
    "missing": ("alpha", "sparse"),
    "different-jobs": ("painter", "alpha"),
    "three": ("alpha", "beta", "gamma"),
    "wide": ("wide", "alpha"),
    "hostile": ("hostile", "alpha"),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return the cards of tests/cases."""
    return load_catalogue([HERE / "cases"], builtin=False, cache=None)


@pytest.fixture(scope="module")
def case_method(catalogue: Catalogue) -> Method:
    """Return the balanced method as of the cases' own day."""
    return make_method(
        resolve_profile("balanced"), Circumstances(catalogue.registry, catalogue.as_of)
    )


def held(name: str, text: str) -> str:
    """Return the stored text of a name, after storing this one when asked to."""
    path = GOLDEN / name
    text = without_style(text)
    if os.environ.get("MODELCMP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    return path.read_bytes().decode("utf-8")


def without_style(text: str) -> str:
    """Return a page without its style sheet and the digest of it, which are files of their own."""
    text = re.sub("(?s)<style>.*?</style>", "<style></style>", text, count=1)
    return re.sub(r"sha256-[\w+/=]+", "sha256-", text, count=1)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("case", COMPARISONS)
def test_comparison(case: str, kind: str, catalogue: Catalogue, case_method: Method) -> None:
    cards = [catalogue.get(name) for name in COMPARISONS[case]]
    text = FORMATS[kind].render(compare_models(cards, case_method), Look())
    assert without_style(text) == held(f"compare-{case}{FORMATS[kind].suffixes[0]}", text)


@pytest.mark.parametrize("kind", FORMATS)
def test_since_a_baseline(kind: str, catalogue: Catalogue, case_method: Method) -> None:
    earlier = case_method.circumstances._replace(as_of="2026-06-23")
    then = make_method(case_method.profile, earlier)
    old = compare_models([catalogue.get("alpha"), catalogue.get("gamma")], then)
    baseline = parse_baseline(FORMATS["json"].render(old, Look()), "old.json")
    now = compare_models([catalogue.get(name) for name in ("alpha", "beta")], case_method)
    text = FORMATS[kind].render(hold_against(now, baseline), Look())
    assert without_style(text) == held(f"compare-baseline{FORMATS[kind].suffixes[0]}", text)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["gamma", "painter", "hostile"])
def test_model(name: str, kind: str, catalogue: Catalogue, case_method: Method) -> None:
    model = rank_model(catalogue.get(name), case_method)
    text = FORMATS[kind].render(model, Look(), method=case_method)
    assert without_style(text) == held(f"show-{name}{FORMATS[kind].suffixes[0]}", text)


@pytest.mark.parametrize("kind", FORMATS)
def test_listing(kind: str, catalogue: Catalogue, case_method: Method) -> None:
    listing = make_listing(catalogue.load_all().cards, case_method, Filters())
    text = FORMATS[kind].render(listing, Look())
    assert without_style(text) == held(f"rank{FORMATS[kind].suffixes[0]}", text)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("word", ["hf_likes", "ecosystem", "self-host", "leans"])
def test_explanation(word: str, kind: str, catalogue: Catalogue) -> None:
    text = FORMATS[kind].render(explain(word, catalogue.registry), Look())
    assert without_style(text) == held(f"explain-{word}{FORMATS[kind].suffixes[0]}", text)


def refreshed(catalogue: Catalogue, method: Method) -> Refresh:
    """Return a refresh with a figure of each state, and with texts that mean no good."""
    day = "2026-11-25"

    def came(repository: Repository, kind: str, problem: str = "", **figures: int) -> Answer:
        rows = [
            Figure(metric=name, repository=repository.name, value=value, as_of=day)
            for name, value in figures.items()
        ]
        return Answer(repository, kind, tuple(rows), problem)

    answers = {
        "alpha": [
            came(Repository("hub", "maker/alpha"), "done", hf_downloads_30d=4_000_000, hf_likes=100),
            came(Repository("github", "maker/alpha"), "held"),
        ],
        "beta": [
            came(Repository("hub", "maker/beta"), "failed", "no usable downloads", hf_likes=3_000),
        ],
        "gamma": [came(Repository("hub", "maker/gamma"), "not-asked", "the time is up")],
        "hostile": [
            came(Repository("github", "[red]e|vil/<b>"), "failed", "::error::![x](https://evil.example)"),
        ],
        "sparse": [came(Repository("github", "maker/sparse"), "done", github_stars=90_000)],
    }  # fmt: skip
    cards = catalogue.load_all().cards
    after = {card.id: card for card in cards if card.id in answers}
    for name in ("alpha", "beta"):
        after[name] = read_over(after[name], figures_of(answers[name]))
    return make_refresh(cards, after, answers, method, day=day, target="s.yaml", written=True)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("full", [False, True])
def test_refresh(kind: str, full: bool, catalogue: Catalogue, case_method: Method) -> None:
    report = report_refresh(refreshed(catalogue, case_method), full=full)
    text = FORMATS[kind].render(report, Look())
    promise = FORMATS[kind].promise  # a promise holds everything, asked for or not
    name = "refresh-full" if full and not promise else "refresh"
    assert without_style(text) == held(f"{name}{FORMATS[kind].suffixes[0]}", text)


def test_no_golden_file_is_left_over() -> None:
    names = {f"compare-{case}" for case in COMPARISONS} | {"rank", "compare-baseline"}
    names |= {f"show-{name}" for name in ("gamma", "painter", "hostile")}
    names |= {f"explain-{word}" for word in ("hf_likes", "ecosystem", "self-host", "leans")}
    names |= {f"report-{name}" for name in ("diff", "missing", "findings")}
    names |= {"refresh", "refresh-full"}
    assert {path.stem for path in GOLDEN.iterdir()} == names


@pytest.mark.parametrize("case", COMPARISONS)
def test_the_same_numbers_stand_in_every_format(
    case: str, catalogue: Catalogue, case_method: Method
) -> None:
    cards = [catalogue.get(name) for name in COMPARISONS[case]]
    comparison = compare_models(cards, case_method)
    texts = {kind: FORMATS[kind].render(comparison, Look(width=120)) for kind in FORMATS}
    document: dict[str, Any] = json.loads(texts["json"])
    columns = [line.split("\t") for line in texts["tsv"].splitlines()]
    cells = {line[0]: line[1:] for line in columns}
    for number, model in enumerate(document["models"]):
        rank = model["rank"]["value"]
        assert cells["rank"][number] == f"{rank:g}"
        assert f"{round(rank)}/100" in texts["markdown"]
        assert f"{round(rank)}/100" in texts["table"]
        for name, dimension in model["dimensions"].items():
            score = dimension["score"]
            assert cells[name][number] == ("" if score is None else f"{score:g}")


def test_a_comparison_keeps_its_schema(catalogue: Catalogue, case_method: Method) -> None:
    import jsonschema

    path = HERE.parent / "data" / "schema" / "comparison.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for names in COMPARISONS.values():
        cards = [catalogue.get(name) for name in names]
        text = FORMATS["json"].render(compare_models(cards, case_method), Look())
        jsonschema.validate(json.loads(text), schema)


def test_the_schema_names_every_key(catalogue: Catalogue, case_method: Method) -> None:
    path = HERE.parent / "data" / "schema" / "comparison.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    cards = [catalogue.get("alpha"), catalogue.get("painter")]
    document = json.loads(FORMATS["json"].render(compare_models(cards, case_method), Look()))
    assert list(document) == list(schema["properties"])
    model, verdict = document["models"][0], document["verdict"]
    definitions = schema["$defs"]
    assert set(model) == set(definitions["model"]["properties"])
    assert set(verdict) == set(definitions["verdict"]["properties"])
    dimension = model["dimensions"]["adoption"]
    assert set(dimension) == set(definitions["dimension"]["properties"])
    assert set(dimension["signals"][0]) == set(definitions["signal"]["properties"])


def test_points_sum_to_the_rank(catalogue: Catalogue, case_method: Method) -> None:
    for name in ("alpha", "gamma", "painter", "sparse", "wide"):
        model = rank_model(catalogue.get(name), case_method)
        assert round(sum(d.points for d in model.dimensions), 1) == model.rank.value
        for dimension in model.dimensions:
            parts = sum(c.points for c in dimension.contributions)
            assert round(parts, 1) == dimension.points
