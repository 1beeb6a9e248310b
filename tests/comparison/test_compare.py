"""Ranked cards -> Comparison: rows, outcomes, overlap, caveats, and more than two models."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.comparison.compare import (
    Cell,
    Comparison,
    Row,
    capability_note,
    capability_overlap,
    compare_models,
    coverage_text,
    dimension_text,
    in_order,
    kinds_text,
    places,
    tag_set,
)
from modelcmp.errors import UsageError
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, Rank, RankedModel, make_method, rank_model, whole
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import Circumstances, State

MakeCard = Callable[..., ModelCard]

LABELS = (
    "Type", "Rank", "Coverage", "Adoption", "Quality", "Ecosystem", "Match graph", "Freshness",
    "Pricing", "Licence", "Parameters", "Context", "Released", "Capabilities", "Times matched",
)  # fmt: skip


BENCHMARKS = {
    "text-generation": ("Alpha", "Beta", "Gamma"),
    "text-to-image": ("Draw",),
    "image-text-to-text": ("Look",),
}


@pytest.fixture
def method(registry: Registry) -> Method:
    """Return the balanced method with benchmarks made for these tests, each from 20 to 100."""
    rows = [
        {"name": name, "metric": "score", "task": task, "floor": 20, "ceiling": 100, "why": "Test."}
        for task, names in BENCHMARKS.items()
        for name in names
    ]
    tables = registry._replace(
        benchmarks=tuple(build(Benchmark, row) for row in rows), expected=BENCHMARKS
    )
    return make_method(resolve_profile("balanced"), Circumstances(tables, "2026-11-23"))


def _figure(metric: str, value: int, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "value": value, "source": "page", "as_of": "2026-11-01", **more}


def _result(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "metric": "score", "value": value, "tier": "independent",
        "source": "page", "as_of": "2026-11-01", **more,
    }  # fmt: skip


def _capability(tag: str, kind: str = "interface", **more: Any) -> dict[str, Any]:
    return {
        "id": f"can-{tag}", "kind": kind, "tag": tag, "title": f"Can {tag}",
        "description": "For a test.", "claim": "verified", "source": "page", **more,
    }  # fmt: skip


WELL_KNOWN: dict[str, Any] = {
    "metrics": [
        _figure("hf_downloads_30d", 5_000_000),
        _figure("ollama_pulls", 50_000_000),
        _figure("hf_likes", 5_000),
        _figure("github_stars", 50_000),
        _figure("api_providers", 25),
        _figure("derivatives", 5_000),
    ],
    "weights": {"open": True, "formats": ["gguf"], "source": "page"},
    "licence": {"id": "MIT", "licence_class": "permissive", "source": "page"},
    "released": {"day": "2026-11-01", "source": "page"},
    "ecosystem": {
        "integrations": [{"name": "Runtime", "source": "page"}],
        "sdk_languages": ["python"], "sdk_source": "page",
    },
    "benchmarks": [
        _result("Alpha", 90), _result("Beta", 80),
        _result("Gamma", 85),
    ],
}  # fmt: skip


def _row(comparison: Comparison, label: str) -> Row:
    return next(row for row in comparison.rows if row.label == label)


def _texts(comparison: Comparison, label: str) -> list[str]:
    return [cell.text for cell in _row(comparison, label).cells]


def test_rows_in_the_order_a_reader_wants(make_card: MakeCard, method: Method) -> None:
    """One row per fact, one cell per model, in the order the models were asked for."""
    found = compare_models([make_card("b"), make_card("a"), make_card("c")], method)
    assert tuple(row.label for row in found.rows) == LABELS
    assert {len(row.cells) for row in found.rows} == {3}
    assert found.ids == ("b", "a", "c")


UNKNOWN_ROWS = [
    "Adoption", "Quality", "Ecosystem", "Match graph", "Freshness", "Pricing", "Licence",
    "Parameters", "Context", "Released", "Times matched",
]  # fmt: skip


@pytest.mark.parametrize("label", UNKNOWN_ROWS)
def test_unknown_prints_a_dash_and_the_word(
    make_card: MakeCard, method: Method, label: str
) -> None:
    """A card that says nothing shows a dash with a word and no number but the assumed 30."""
    (text, _) = _texts(compare_models([make_card("a"), make_card("b")], method), label)
    assert text.startswith("— ")
    assert re.search(r"unknown|not configured", text)
    assert set(re.findall(r"\d+", text)) <= {"30"}


@pytest.mark.parametrize("label", ["Adoption", "Quality", "Ecosystem", "Freshness"])
def test_unknown_dimension_says_what_is_assumed(
    make_card: MakeCard, method: Method, label: str
) -> None:
    """Dash, word and the assumed value; no bar and no lead."""
    found = compare_models([make_card("a"), make_card("b", **WELL_KNOWN)], method)
    cell, other = _row(found, label).cells
    assert cell == Cell("— unknown, assumed 30", None, False)
    assert not other.leads


@pytest.mark.parametrize(
    ("changes", "label", "text"),
    [
        pytest.param(
            {"metrics": [_figure(name, 0) for name in (
                "hf_downloads_30d", "ollama_pulls", "hf_likes", "github_stars", "api_providers",
            )]},
            "Adoption", "0, 100 % known", id="no-downloads",
        ),
        pytest.param(
            {"benchmarks": [
                _result("Alpha", 20), _result("Beta", 10),
                _result("Gamma", 0),
            ]},
            "Quality", "0, 100 % known", id="no-better-than-guessing",
        ),
        pytest.param(
            {"pricing": {"offers": [{
                "provider": "P", "unit": "image", "usd": 0, "source": "page", "as_of": "2026"
            }]}},
            "Pricing", "$0 an image (P)", id="free",
        ),
        pytest.param({"capabilities": []}, "Capabilities", "0", id="no-capability"),
    ],
)  # fmt: skip
def test_zero_prints_as_zero(
    make_card: MakeCard, method: Method, changes: dict[str, Any], label: str, text: str
) -> None:
    """Zero is a known value and is never a dash."""
    found = compare_models([make_card("a", **changes), make_card("b")], method)
    assert _texts(found, label)[0] == text


@pytest.mark.parametrize(
    ("changes", "label", "text"),
    [
        ({"licence": {"id": "MIT", "commercial": "allowed", "source": "page"}}, "Licence",
         "MIT, commercial use allowed"),
        ({"weights": {"open": True, "parameters": 7_241_732_096, "source": "page"}}, "Parameters",
         "7.24B"),
        ({"context": {"tokens": 128_000, "source": "page"}}, "Context", "128,000 tokens"),
        ({"released": {"day": "2026-05", "source": "page"}}, "Released", "2026-05"),
        ({"tasks": ["text-to-image"], "modalities": {"input": ["text"], "output": ["image"]}},
         "Context", "— not applicable"),
        ({"tasks": ["text-to-image", "text-generation"]}, "Type",
         "Text-to-Image, Text Generation"),
    ],
    ids=["licence", "parameters", "context", "released", "context-of-an-image-maker", "type"],
)  # fmt: skip
def test_facts_are_told(
    make_card: MakeCard, method: Method, changes: dict[str, Any], label: str, text: str
) -> None:
    """What the card states, in the words of the table."""
    found = compare_models([make_card("a", **changes), make_card("b")], method)
    assert _texts(found, label)[0] == text


def test_rank_and_coverage_rows_show_the_rank(make_card: MakeCard, method: Method) -> None:
    """`NN/100` with a bar of the published number, and coverage with its word and bounds."""
    found = compare_models([make_card("a", **WELL_KNOWN), make_card("b")], method)
    for model, cell in zip(found.models, _row(found, "Rank").cells, strict=True):
        assert cell.text == f"{whole(model.rank.value)}/100"
        assert cell.bar == model.rank.value
    assert _texts(found, "Coverage") == [
        f"100 % known (high), between {whole(found.models[0].rank.value)} and "
        f"{whole(found.models[0].rank.value)}",
        "0 % known (low), between 0 and 100",
    ]


def test_lead_is_marked_where_the_sentence_says_it(make_card: MakeCard, method: Method) -> None:
    """The table and the verdict agree on who leads on what."""
    older = {**WELL_KNOWN, "released": {"day": "2024-11-01", "source": "page"}}
    found = compare_models([make_card("a", **WELL_KNOWN), make_card("b", **older)], method)
    marked = {
        (model.card.id, d.id)
        for d in DIMENSIONS
        for model, cell in zip(found.models, _row(found, d.title).cells, strict=True)
        if cell.leads
    }
    assert marked == {("a", "freshness")}
    assert found.verdict.leads == {"a": ("freshness",), "b": ()}


def test_no_lead_on_quality_is_marked_between_different_jobs(
    make_card: MakeCard, method: Method
) -> None:
    """Quality stands side by side and is not compared, in the table as in the sentence."""
    good = make_card("a", tasks=["image-text-to-text"],
                     benchmarks=[_result("Look", 99)])  # fmt: skip
    poor = make_card("b", tasks=["text-to-image"],
                     benchmarks=[_result("Draw", 30)])  # fmt: skip
    found = compare_models([good, poor], method)
    assert found.verdict.call == "different-jobs"
    assert all(cell.bar is not None for cell in _row(found, "Quality").cells)
    assert not any(cell.leads for cell in _row(found, "Quality").cells)


@pytest.mark.parametrize("count", [0, 1])
def test_a_comparison_needs_two(make_card: MakeCard, method: Method, count: int) -> None:
    """One model is shown, not compared; the hint says how."""
    with pytest.raises(UsageError, match="two models") as caught:
        compare_models([make_card("a")] * count, method)
    assert "modelcmp show" in (caught.value.hint or "")


def test_a_model_named_twice_is_refused(make_card: MakeCard, method: Method) -> None:
    """Nobody is compared with itself."""
    with pytest.raises(UsageError, match="a is named twice"):
        compare_models([make_card("a"), make_card("b"), make_card("a")], method)


def _ranked(card: ModelCard, value: float, error: float = 0.0) -> RankedModel:
    return RankedModel(card, Rank(value, value, 0.0, 100.0, 1.0, error), ())


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param({"a": 60.0, "b": 50.0, "c": 40.0}, {"a": 1, "b": 2, "c": 3}, id="apart"),
        pytest.param({"a": 40.0, "b": 50.0, "c": 60.0}, {"c": 1, "b": 2, "a": 3}, id="upside-down"),
        pytest.param({"a": 50.0, "b": 48.1, "c": 40.0}, {"a": 1, "b": 1, "c": 3}, id="shared"),
        pytest.param({"a": 50.0, "b": 48.0, "c": 40.0}, {"a": 1, "b": 2, "c": 3}, id="gap-of-2"),
        pytest.param({"a": 50.0, "b": 50.0, "c": 50.0}, {"a": 1, "b": 1, "c": 1}, id="all-equal"),
        # Each ties with the one before, the third no longer with the head of the place.
        pytest.param({"a": 50.0, "b": 48.5, "c": 47.0}, {"a": 1, "b": 1, "c": 3}, id="chain"),
        pytest.param(
            {"a": 50.0, "b": 48.5, "c": 47.0, "d": 46.9}, {"a": 1, "b": 1, "c": 3, "d": 3},
            id="two-shared-places",
        ),
    ],
)  # fmt: skip
def test_places_share_inside_the_tie_rule(
    make_card: MakeCard, values: dict[str, float], found: dict[str, int]
) -> None:
    """Competition ranks: who ties with the head of a place shares it."""
    models = [_ranked(make_card(name), value) for name, value in values.items()]
    assert places(models) == found
    assert places(models[::-1]) == found


def test_noise_shares_a_place(make_card: MakeCard) -> None:
    """Five apart, with an error of 3: 1.96 * 3 = 5.88."""
    models = [_ranked(make_card("a"), 50.0, error=3.0), _ranked(make_card("b"), 45.0)]
    assert places(models) == {"a": 1, "b": 1}


def test_order_is_by_rank_then_id(make_card: MakeCard) -> None:
    """Equal ranks come in alphabetical order."""
    values = {"c": 10.0, "b": 20.0, "a": 10.0}
    models = [_ranked(make_card(name), value) for name, value in values.items()]
    assert [model.card.id for model in in_order(models)] == ["b", "a", "c"]


OWN_TAG = "x-own-tag"


def test_overlap_is_computed_from_tags(make_card: MakeCard, registry: Registry) -> None:
    """Tasks and tags: what all have, what one alone has, and nothing in between."""
    cards = [
        make_card("a", capabilities=[_capability("http-api"), _capability("streaming")]),
        make_card("b", capabilities=[_capability("http-api"), _capability("streaming")]),
        make_card("c", capabilities=[_capability("http-api"), _capability(OWN_TAG)]),
    ]
    overlap = capability_overlap(cards, registry)
    assert overlap.shared == ("http-api", "text-generation")
    assert overlap.only == {"a": (), "b": (), "c": (OWN_TAG,)}
    assert overlap.titles["http-api"] == registry.capability_tags["http-api"].title
    assert overlap.titles["text-generation"] == registry.tasks["text-generation"].name
    assert overlap.titles[OWN_TAG] == OWN_TAG


def test_words_make_no_overlap(make_card: MakeCard, registry: Registry) -> None:
    """The same title under another tag is another capability; `unique` claims count for nothing."""
    praise = {"title": "The same", "unique": "Nobody else has it."}
    cards = [
        make_card("a", capabilities=[_capability("http-api", **praise)]),
        make_card("b", capabilities=[_capability("http-api", **praise)]),
        make_card("c", capabilities=[_capability("batch-api", **praise)]),
    ]
    assert capability_overlap(cards, registry).only == {"a": (), "b": (), "c": ("batch-api",)}
    pair = capability_overlap(cards[:2], registry)
    assert "http-api" in pair.shared
    assert pair.only == {"a": (), "b": ()}


@pytest.mark.parametrize(
    ("claim", "counts"),
    [("verified", True), ("stated", True), ("unsourced", True), ("disputed", False)],
)
def test_disputed_capabilities_do_not_count_as_having(
    make_card: MakeCard, registry: Registry, claim: str, counts: bool
) -> None:
    """A disputed tag is neither shared nor anybody's own, and the other side has it alone."""
    one = make_card("a", capabilities=[_capability("streaming", claim=claim)])
    other = make_card("b", capabilities=[_capability("streaming")])
    overlap = capability_overlap([one, other], registry)
    assert ("streaming" in tag_set(one)) == counts
    assert ("streaming" in overlap.shared) == counts
    assert overlap.only == {"a": (), "b": () if counts else ("streaming",)}


def test_capability_note_says_kind_claim_and_whether_it_stands_alone(
    make_card: MakeCard, registry: Registry
) -> None:
    """What a reader needs beside the title."""
    cards = [
        make_card("a", capabilities=[_capability("streaming", claim="stated")]),
        make_card("b", capabilities=[_capability("streaming"), _capability("batch-api")]),
    ]
    overlap = capability_overlap(cards, registry)
    shared, alone = cards[1].capabilities
    assert capability_note(cards[0].capabilities[0], "a", overlap) == (
        "interface, stated by the maker"
    )
    assert capability_note(shared, "b", overlap) == "interface, verified"
    assert capability_note(alone, "b", overlap) == "interface, verified, stated here alone"


@pytest.mark.parametrize(
    ("capabilities", "text"),
    [
        ([], "0"),
        ([_capability("streaming")], "1: 1 interface"),
        (
            [
                _capability("streaming"), _capability("http-api"),
                _capability("translation", "task"), _capability("runs-locally", "deployment"),
            ],
            "4: 1 task, 2 interfaces, 1 deployment",
        ),
    ],
    ids=["none", "one", "several"],
)  # fmt: skip
def test_kinds(make_card: MakeCard, capabilities: list[dict[str, Any]], text: str) -> None:
    """The number of capabilities, split by kind."""
    assert kinds_text(make_card(capabilities=capabilities)) == text


@pytest.mark.parametrize(
    ("code", "changes", "word"),
    [
        pytest.param("unknown-dimension", {}, "nothing is known of adoption", id="unknown"),
        pytest.param("low-coverage", {}, "0 %", id="low-coverage"),
        pytest.param(
            "undated-figure",
            {"metrics": [_figure("hf_likes", 3, as_of=None, read_on="2026-11-01")]},
            "Hugging Face likes", id="undated",
        ),
        pytest.param(
            "disputed-claim", {"capabilities": [_capability("streaming", claim="disputed")]},
            "Can streaming", id="disputed-claim",
        ),
        pytest.param(
            "disputed-licence",
            {"licence": {"id": "X", "commercial": "disputed", "source": "page"}},
            "commercial use", id="disputed-licence",
        ),
        pytest.param(
            "other-variant", {"benchmarks": [_result("Alpha", 70, variant="a smaller form")]},
            "a smaller form", id="other-variant",
        ),
        pytest.param("not-configured", {}, "Match graph", id="not-configured"),
        pytest.param(
            "different-jobs",
            {"tasks": ["image-classification"]}, "different jobs", id="different-jobs",
        ),
    ],
)  # fmt: skip
def test_caveats(
    make_card: MakeCard, method: Method, code: str, changes: dict[str, Any], word: str
) -> None:
    """Each reason to read a result with care, told of the model it concerns."""
    found = compare_models([make_card("a", **changes), make_card("b", **WELL_KNOWN)], method)
    texts = [caveat.text for caveat in found.caveats if caveat.code == code]
    assert len(texts) == 1
    assert word in texts[0]
    if code not in ("not-configured", "different-jobs"):
        assert texts[0].startswith("A: ")


def test_well_known_models_need_no_caveats_of_their_own(
    make_card: MakeCard, method: Method
) -> None:
    """Only what concerns the installation remains."""
    found = compare_models([make_card("a", **WELL_KNOWN), make_card("b", **WELL_KNOWN)], method)
    assert [caveat.code for caveat in found.caveats] == ["not-configured"]


def test_dimension_text(make_card: MakeCard, method: Method) -> None:
    """Known with its coverage, unknown with what is assumed, off with the word."""
    model = rank_model(
        make_card(licence={"id": "MIT", "licence_class": "permissive", "source": "page"}), method
    )
    # One of five signals, weight .2: .2 * 100 + .8 * 30 = 44.
    assert dimension_text(model.dimension("ecosystem")) == "44, 20 % known"
    assert dimension_text(model.dimension("quality")) == "— unknown, assumed 30"
    assert model.dimension("match").state is State.NOT_CONFIGURED
    assert dimension_text(model.dimension("match")) == "— not configured"


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        pytest.param(0.75, "75 % known (high)", id="75"),
        pytest.param(0.7449, "74 % known (medium)", id="74.49"),
        pytest.param(0.5, "50 % known (medium)", id="50"),
        pytest.param(0.4949, "49 % known (low)", id="49.49"),
        pytest.param(0.7460, "74 % known (medium)", id="74.6"),
        pytest.param(0.4960, "49 % known (low)", id="49.6"),
    ],
)  # fmt: skip
def test_coverage_word_fits_the_number_shown(
    make_card: MakeCard, coverage: float, words: str
) -> None:
    """Words come from displayed values: nobody reads "75 %" as below 75 %."""
    model = RankedModel(make_card(), Rank(50.0, 50.0, 20.0, 80.0, coverage, 0.0), ())
    assert coverage_text(model).startswith(words)


def _downloads(count: int) -> dict[str, Any]:
    return {**WELL_KNOWN, "metrics": [_figure("hf_downloads_30d", count), _figure("hf_likes", 9)]}


def test_three_models(make_card: MakeCard, method: Method) -> None:
    """Every pair has its call; the whole is as sure as the least sure call on the first."""
    cards = [
        make_card("low", benchmarks=[], metrics=[]),
        make_card("top", **WELL_KNOWN),
        make_card("mid", **_downloads(1_000)),
    ]
    found = compare_models(cards, method)
    assert {frozenset(pair.ranked) for pair in found.pairs} == {
        frozenset(pair) for pair in (("top", "mid"), ("top", "low"), ("mid", "low"))
    }
    assert found.places["top"] == 1
    assert "top" in found.verdict.ranked
    # Nothing is known of `low`, so no pair with it can be called.
    assert found.verdict.call == "insufficient"
    assert "No overall leader is called (not enough evidence)." in found.sentence
    for model in found.models:
        assert f"{model.card.name} {whole(model.rank.value)}/100" in found.sentence
    assert found.sentence.count(" against ") == 3


def test_three_models_with_a_leader(make_card: MakeCard, method: Method) -> None:
    """Ahead of both others: the first place is named with the least sure of its calls."""
    cards = [
        make_card("top", **WELL_KNOWN),
        make_card("mid", **_downloads(1_000)),
        make_card("low", **{**_downloads(0), "benchmarks": [
            _result("Alpha", 30), _result("Beta", 15),
            _result("Gamma", 20),
        ]}),
    ]  # fmt: skip
    found = compare_models(cards, method)
    assert found.places == {"top": 1, "mid": 2, "low": 3}
    assert found.verdict.leader == "top"
    assert "Top comes first" in found.sentence
    assert found.verdict in found.pairs


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_order_of_the_models_changes_columns_only(
    make_card: MakeCard, method: Method, order: tuple[int, ...]
) -> None:
    """Places, verdict and sentence are the same in whichever order models are named."""
    cards = [
        make_card("a", **WELL_KNOWN), make_card("b", **_downloads(7)), make_card("c"),
    ]  # fmt: skip
    straight = compare_models(cards, method)
    turned = compare_models([cards[index] for index in order], method)
    assert turned.places == straight.places
    assert turned.verdict == straight.verdict
    assert turned.sentence == straight.sentence
    assert turned.overlap == straight.overlap
    for one, other in zip(straight.rows, turned.rows, strict=True):
        assert other.cells == tuple(one.cells[index] for index in order)


CHANGES = st.fixed_dictionaries(
    {
        "metrics": st.integers(0, 10_000_000).map(lambda n: [_figure("hf_downloads_30d", n)]),
        "benchmarks": st.lists(st.floats(0, 100).map(lambda x: _result("Alpha", x)), max_size=1),
        "tasks": st.sampled_from([["text-generation"], ["text-to-image"], ["translation"]]),
    },
    optional={
        "released": st.sampled_from(["2020", "2025-05", "2026-11-01"]).map(
            lambda day: {"day": day, "source": "page"}
        ),
        "licence": st.sampled_from(["permissive", "closed"]).map(
            lambda group: {"id": "X", "licence_class": group, "source": "page"}
        ),
        "weights": st.just({"open": False, "source": "page"}),
    },
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    one=CHANGES,
    other=CHANGES,
    third=CHANGES,
    profile=st.sampled_from(["balanced", "quality-first", "self-host"]),
)
def test_a_third_model_changes_no_rank_and_no_pair(
    make_card: MakeCard,
    method: Method,
    one: dict[str, Any],
    other: dict[str, Any],
    third: dict[str, Any],
    profile: str,
) -> None:
    """Scores are absolute: what two models are to each other hangs on nobody else."""
    method = make_method(resolve_profile(profile), method.circumstances)
    cards = [make_card("a", **one), make_card("b", **other), make_card("c", **third)]
    pair, all_three = compare_models(cards[:2], method), compare_models(cards, method)
    for before, after in zip(pair.models, all_three.models, strict=False):
        assert after.rank == before.rank
        assert after.dimensions == before.dimensions
    assert pair.verdict in all_three.pairs
    for before_row, after_row in zip(pair.rows, all_three.rows, strict=True):
        assert [(c.text, c.bar) for c in after_row.cells[:2]] == [
            (c.text, c.bar) for c in before_row.cells
        ]
