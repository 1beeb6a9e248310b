"""Same job? Enough evidence? Robust to weights? Each call at both sides of each threshold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.verdict import (
    CALLS,
    Verdict,
    compare_jobs,
    decide,
    is_tie,
    jaccard,
    lead,
)
from modelcmp.comparison.wording import join_words
from modelcmp.scoring.rank import DimensionScore, Rank, RankedModel, rounded, whole
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import State

MakeCard = Callable[..., ModelCard]

PROPERTY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""`make_card` holds nothing that one example could leave behind for the next."""

TITLES = {d.id: d.title.lower() for d in DIMENSIONS}


def _score(name: str, score: float | None, share: float, coverage: float) -> DimensionScore:
    known = score is not None
    shown = 30.0 if score is None else score
    return DimensionScore(
        id=name, title=TITLES[name].title(), state=State.KNOWN if known else State.UNKNOWN,
        share=share, exact=shown, score=shown, coverage=coverage if known else 0.0,
        low=0.0, high=100.0, points=rounded(share * shown), contributions=(),
    )  # fmt: skip


def _off(name: str) -> DimensionScore:
    return DimensionScore(
        id=name, title=TITLES[name].title(), state=State.NOT_CONFIGURED, share=0.0, exact=None,
        score=None, coverage=0.0, low=None, high=None, points=0.0, contributions=(),
    )  # fmt: skip


def ranked(
    card: ModelCard,
    scores: Mapping[str, float | None],
    *,
    value: float | None = None,
    coverage: float = 0.9,
    error: float = 0.0,
) -> RankedModel:
    """Return a ranked model made by hand: equal weights, None for unknown, the rest is off.

    Verdicts look at published numbers only, so rank and coverage may be set freely.
    """
    share = 1 / len(scores)
    dimensions = tuple(
        _score(d.id, scores[d.id], share, 1.0) if d.id in scores else _off(d.id) for d in DIMENSIONS
    )
    exact = sum(share * (30.0 if s is None else s) for s in scores.values())
    shown = rounded(exact) if value is None else value
    rank = Rank(shown, shown, 0.0, 100.0, coverage, error)
    return RankedModel(card, rank, dimensions)


AHEAD = {"adoption": 60.0, "quality": 45.0}
BEHIND = {"adoption": 50.0, "quality": 50.0}
# Differences 10 and -5: the leader holds 10/15 of all weightings.


@pytest.mark.parametrize(
    ("first", "second", "call"),
    [
        pytest.param({"coverage": 0.4}, {}, "leans", id="coverage-enough"),
        pytest.param({"coverage": 0.3999}, {}, "insufficient", id="leader-hardly-known"),
        pytest.param({}, {"coverage": 0.3999}, "insufficient", id="other-hardly-known"),
        pytest.param({"value": 50.0}, {"coverage": 0.1}, "insufficient", id="before-a-tie"),
        pytest.param({"value": 51.9}, {}, "tie", id="gap-1.9"),
        pytest.param({"value": 52.0}, {}, "leans", id="gap-2.0"),
        pytest.param({"value": 50.0}, {}, "tie", id="no-gap"),
        # Errors of 3 and 4 are 5 together; 1.96 of them are 9.8.
        pytest.param({"value": 59.7, "error": 3.0}, {"error": 4.0}, "tie", id="within-noise"),
        pytest.param({"value": 59.8, "error": 3.0}, {"error": 4.0}, "leans", id="beyond-noise"),
        pytest.param({"value": 53.9, "error": 2.0}, {}, "tie", id="noise-on-one-side"),
        pytest.param({"value": 54.0, "error": 2.0}, {}, "leans", id="beyond-noise-on-one-side"),
        pytest.param({"value": 90.0}, {}, "leans", id="far-ahead-under-too-few-weightings"),
    ],
)
def test_cautious_calls(
    make_card: MakeCard,
    registry: Registry,
    first: dict[str, float],
    second: dict[str, float],
    call: str,
) -> None:
    """Insufficient, tie and leans at both sides of their thresholds; 52.5 against 50 otherwise."""
    a = ranked(make_card("a"), AHEAD, **{"value": 52.5, **first})
    b = ranked(make_card("b"), BEHIND, **{"value": 50.0, **second})
    verdict = decide(a, b, registry)
    assert verdict.call == call
    assert verdict.leader == ("a" if call == "leans" else None)
    assert verdict.ranked == ("a", "b")


@pytest.mark.parametrize(
    ("scores", "first", "second", "call"),
    [
        # Differences 15 and -5 are a share of .75 exactly; 14.9 and -5 of .7487.
        pytest.param((65.0, 45.0), {}, {}, "clear", id="share-75"),
        pytest.param((64.9, 45.0), {}, {}, "leans", id="share-below-75"),
        pytest.param((65.0, 45.0), {"value": 54.9}, {}, "leans", id="gap-4.9"),
        pytest.param((65.0, 45.0), {"value": 55.0}, {}, "clear", id="gap-5.0"),
        pytest.param((65.0, 45.0), {"coverage": 0.6}, {}, "clear", id="coverage-60"),
        pytest.param((65.0, 45.0), {"coverage": 0.5999}, {}, "leans", id="leader-below-60"),
        pytest.param((65.0, 45.0), {}, {"coverage": 0.5999}, "leans", id="other-below-60"),
        pytest.param((55.0, 50.0), {"value": 52.5}, {}, "dominates", id="none-behind"),
        pytest.param((55.0, 49.9), {"value": 52.5}, {}, "leans", id="one-behind-by-a-tenth"),
        pytest.param((54.4, 54.4), {"value": 54.4}, {}, "leans", id="nowhere-ahead-by-5"),
        pytest.param((54.6, 54.4), {"value": 54.5}, {}, "dominates", id="ahead-by-5-displayed"),
        pytest.param((55.0, 50.0), {"value": 51.9}, {}, "tie", id="a-tie-dominates-nobody"),
        pytest.param(
            (55.0, 50.0), {"coverage": 0.4}, {"coverage": 0.5}, "dominates", id="dominates-at-40"
        ),
        pytest.param((55.0, 50.0), {"coverage": 0.39}, {}, "insufficient", id="dominates-below-40"),
    ],
)
def test_bold_calls(
    make_card: MakeCard,
    registry: Registry,
    scores: tuple[float, float],
    first: dict[str, float],
    second: dict[str, float],
    call: str,
) -> None:
    """Clear and dominates at both sides of their thresholds; 60 against 50 on both otherwise."""
    mine = dict(zip(("adoption", "quality"), scores, strict=True))
    a = ranked(make_card("a"), mine, **{"value": 60.0, **first})
    b = ranked(make_card("b"), BEHIND, **{"value": 50.0, **second})
    assert decide(a, b, registry).call == call


@pytest.mark.parametrize("side", ["leader", "other"])
def test_an_unknown_dimension_ends_dominance(
    make_card: MakeCard, registry: Registry, side: str
) -> None:
    """Ahead everywhere, but one of two dimensions is unknown for one of them: clear, no more."""
    ahead: dict[str, float | None] = {"adoption": 70.0, "quality": 60.0}
    behind: dict[str, float | None] = {"adoption": 50.0, "quality": 20.0}
    assert (
        decide(ranked(make_card("a"), ahead), ranked(make_card("b"), behind), registry).call
        == "dominates"
    )
    (ahead if side == "leader" else behind)["quality"] = None
    verdict = decide(
        ranked(make_card("a"), ahead, value=65.0),
        ranked(make_card("b"), behind, value=40.0),
        registry,
    )
    assert verdict.call == "clear"
    assert verdict.leads == {"a": ("adoption",), "b": ()}


@pytest.mark.parametrize(
    ("one", "other", "score", "word"),
    [
        pytest.param(
            ["image-text-to-text"], ["text-to-image"], 0.10, "different jobs", id="reference-pair"
        ),
        pytest.param(["text-generation"], ["text-generation"], 1.0, "the same job", id="same"),
        # Nothing in common but the input: 0.2 * 1.
        pytest.param(
            ["text-classification"], ["text-to-image"], 0.2, "different jobs", id="only-the-input-in-common"
        ),
        # Nothing in common at all.
        pytest.param(
            ["image-classification"], ["text-to-image"], 0.0, "different jobs", id="nothing"
        ),
        # Same input, same output, other task: 0.3 + 0.2.
        pytest.param(["translation"], ["summarization"], 0.5, "partly the same job", id="at-0.5"),
        # One of two tasks, and all modalities: 0.25 + 0.3 + 0.2.
        pytest.param(
            ["translation", "summarization"], ["translation"], 0.75, "the same job", id="above-0.5"
        ),
        # One of two tasks, all outputs, one of two inputs: 0.25 + 0.3 + 0.1.
        pytest.param(
            ["image-text-to-text", "text-generation"], ["text-generation"], 0.65, "the same job",
            id="a-job-more",
        ),
    ],
)  # fmt: skip
def test_comparability(
    make_card: MakeCard,
    registry: Registry,
    one: list[str],
    other: list[str],
    score: float,
    word: str,
) -> None:
    """`0.5 J(tasks) + 0.3 J(outputs) + 0.2 J(inputs)`, the same from both sides."""
    a, b = make_card("a", tasks=one), make_card("b", tasks=other)
    found = compare_jobs(a, b, registry)
    assert found.score == pytest.approx(score)
    assert found.word == word
    assert compare_jobs(b, a, registry) == found
    call = decide(ranked(a, AHEAD), ranked(b, BEHIND), registry).call
    assert (call == "different-jobs") == (word == "different jobs")


def test_an_own_task_in_common_is_partly_the_same_job(
    make_card: MakeCard, registry: Registry
) -> None:
    """The registry has no modalities of it: 0.5 for the task alone, and that is something."""
    a, b = make_card("a", tasks=["x-own"]), make_card("b", tasks=["x-own"])
    assert compare_jobs(a, b, registry) == (0.5, "partly the same job", 1.0, 0.0, 0.0)
    other = make_card("c", tasks=["x-other"])
    assert compare_jobs(a, other, registry) == (0.0, "different jobs", 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("outputs", "inputs", "score", "word"),
    [
        # One output of three, one input of two: 0.3/3 + 0.2/2.
        pytest.param(3, 2, 0.2, "partly the same job", id="at-0.2"),
        # One of three and one of three: 0.3/3 + 0.2/3.
        pytest.param(3, 3, 0.1667, "different jobs", id="below-0.2"),
    ],
)
def test_comparability_at_its_lower_edge(
    make_card: MakeCard, registry: Registry, outputs: int, inputs: int, score: float, word: str
) -> None:
    """An output in common, and a score of 0.2, is partly the same job; less is another one."""
    kinds = ("text", "image", "audio")
    one = SimpleNamespace(output=kinds[:1], input=kinds[:1])
    many = SimpleNamespace(output=kinds[:outputs], input=kinds[:inputs])
    tables = registry._replace(tasks={"x-one": one, "x-many": many})
    a, b = make_card("a", tasks=["x-one"]), make_card("b", tasks=["x-many"])
    found = compare_jobs(a, b, tables)
    assert (found.score, found.word) == (score, word)
    assert found[2:] == (0.0, rounded(1 / outputs, 4), rounded(1 / inputs, 4))


def test_the_share_of_weightings_has_four_decimals(make_card: MakeCard, registry: Registry) -> None:
    """Ahead by 10, behind by 20: a third of all weightings."""
    a = ranked(make_card("a"), {"adoption": 60.0, "quality": 30.0}, value=60.0)
    b = ranked(make_card("b"), {"adoption": 50.0, "quality": 50.0}, value=50.0)
    assert decide(a, b, registry).weight_share == 0.3333


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        ({"image", "text"}, {"text"}, 0.5),
        ({"text"}, {"text"}, 1.0),
        ({"text"}, {"image"}, 0.0),
        (set(), {"text"}, 0.0),
        (set(), set(), 0.0),
    ],
)
def test_jaccard(a: set[str], b: set[str], share: float) -> None:
    """Overlap by union; nothing has nothing in common with nothing."""
    assert jaccard(a, b) == share


@pytest.mark.parametrize(
    ("one", "other", "ahead"),
    [
        pytest.param(55.0, 50.0, 1, id="five"),
        pytest.param(50.0, 55.0, -1, id="five-behind"),
        pytest.param(54.0, 50.0, 0, id="four"),
        pytest.param(50.0, 50.0, 0, id="equal"),
        pytest.param(54.6, 50.4, 1, id="displayed-55-to-50"),
        pytest.param(54.4, 49.6, 0, id="displayed-54-to-50"),
        pytest.param(90.0, None, 0, id="other-unknown"),
        pytest.param(None, 10.0, 0, id="one-unknown"),
        pytest.param(None, None, 0, id="both-unknown"),
        pytest.param(5.0, 0.0, 1, id="zero-is-known"),
    ],
)
def test_lead_needs_both_known_and_five_displayed_points(
    one: float | None, other: float | None, ahead: int
) -> None:
    """Decided from the whole numbers that are shown."""
    a, b = _score("adoption", one, 1.0, 1.0), _score("adoption", other, 1.0, 1.0)
    assert lead(a, b) == ahead
    assert lead(b, a) == -ahead


def test_nobody_leads_on_what_is_not_configured() -> None:
    """A dimension that is off leads nowhere."""
    assert lead(_off("match"), _score("match", 90.0, 1.0, 1.0)) == 0
    assert lead(_off("match"), _off("match")) == 0


def test_tie_looks_the_same_from_both_sides(make_card: MakeCard) -> None:
    """The gap has no direction."""
    a = ranked(make_card("a"), AHEAD, value=51.9)
    b = ranked(make_card("b"), BEHIND, value=50.0)
    c = ranked(make_card("c"), BEHIND, value=49.9)
    assert is_tie(a, b)
    assert is_tie(b, a)
    assert not is_tie(a, c)
    assert not is_tie(c, a)


def _pair(make_card: MakeCard, registry: Registry, **changes: Any) -> Verdict:
    """Return the verdict on a clear pair: 65 and 45 against 50 and 50."""
    a = ranked(make_card("a"), {"adoption": 65.0, "quality": 45.0}, value=55.0)
    b = ranked(make_card("b", **changes), BEHIND, value=50.0)
    return decide(a, b, registry)


def test_sentence_holds_the_displayed_numbers(make_card: MakeCard, registry: Registry) -> None:
    """Who ranks higher, what each leads on, how sure, and what would change it, in that order."""
    sentence = _pair(make_card, registry).sentence
    told = [
        "A ranks 55/100, B 50/100.",
        "A leads on adoption (65 to 50); B leads on quality (50 to 45).",
        "clear: the order holds under 75 % of all weightings.",
        "Coverage is 90 % (high) for A and 90 % (high) for B.",
        # Gap .5*15 - .5*5 = 5, closed at 20 points a whole weight: 25 points of 100.
        "Moving 25 points of weight from adoption to quality would turn it round.",
    ]
    places = [sentence.find(part) for part in told]
    assert min(places) >= 0, sentence
    assert places == sorted(places)


def test_verdict_carries_what_its_sentence_says(make_card: MakeCard, registry: Registry) -> None:
    """Exit code, JSON and words come from one value."""
    verdict = _pair(make_card, registry)
    assert (verdict.call, verdict.leader, verdict.gap) == ("clear", "a", 5.0)
    assert verdict.weight_share == 0.75
    assert verdict.leads == {"a": ("adoption",), "b": ("quality",)}
    assert verdict.flip is not None
    (move,) = verdict.flip
    assert (move.source, move.target) == ("adoption", "quality")
    assert move.points == pytest.approx(25)
    assert verdict.break_even == ()


def test_partly_the_same_job_is_said(make_card: MakeCard, registry: Registry) -> None:
    """What each of them does stands in the sentence, and the call is made all the same."""
    verdict = _pair(make_card, registry, tasks=["translation"])
    assert verdict.call == "clear"
    assert "only partly the same job" in verdict.sentence
    assert registry.tasks["translation"].does in verdict.sentence
    assert registry.tasks["text-generation"].does in verdict.sentence


def test_different_jobs_names_no_leader_and_compares_no_quality(
    make_card: MakeCard, registry: Registry
) -> None:
    """The rank order is stated; quality is not compared, however far apart."""
    a = ranked(make_card("a", tasks=["image-text-to-text"]), {"adoption": 70.0, "quality": 95.0})
    b = ranked(make_card("b", tasks=["text-to-image"]), {"adoption": 50.0, "quality": 10.0})
    verdict = decide(a, b, registry)
    assert (verdict.call, verdict.leader) == ("different-jobs", None)
    assert (verdict.weight_share, verdict.flip, verdict.break_even) == (None, None, ())
    assert verdict.leads == {"a": ("adoption",), "b": ()}
    assert "A ranks 82/100, B 30/100." in verdict.sentence
    assert "A leads on adoption (70 to 50)." in verdict.sentence
    assert "quality (" not in verdict.sentence
    assert "95" not in verdict.sentence
    assert "quality is not compared and neither is declared better" in verdict.sentence
    assert registry.tasks["image-text-to-text"].does in verdict.sentence
    assert registry.tasks["text-to-image"].does in verdict.sentence
    assert not re.search(r"clear lead|leans?\b|ahead|turn it round", verdict.sentence)


def test_different_jobs_are_called_before_anything_else(
    make_card: MakeCard, registry: Registry
) -> None:
    """Neither little evidence nor equal ranks hide that the question does not arise."""
    a = ranked(make_card("a", tasks=["image-text-to-text"]), AHEAD, value=50.0, coverage=0.1)
    b = ranked(make_card("b", tasks=["text-to-image"]), BEHIND, value=50.0, coverage=0.1)
    assert decide(a, b, registry).call == "different-jobs"


def test_equal_ranks_read_as_equal(make_card: MakeCard, registry: Registry) -> None:
    """Equal numbers never read as a win."""
    a, b = ranked(make_card("a"), BEHIND), ranked(make_card("b"), BEHIND)
    sentence = decide(a, b, registry).sentence
    assert "A and B both rank 50/100." in sentence
    assert "Neither leads on a dimension that is known for both." in sentence
    assert "tie" in sentence
    assert " ranks " not in sentence
    assert "leads on adoption" not in sentence


def test_a_tie_names_what_may_decide(make_card: MakeCard, registry: Registry) -> None:
    """Price, licence and memory where they differ; what is unknown is said to be."""
    facts: dict[str, Any] = {
        "pricing": {
            "offers": [
                {"provider": "P", "unit": "image", "usd": 0.04, "source": "page",
                 "as_of": "2026-11-01"}
            ]
        },
        "licence": {"id": "MIT", "source": "page"},
        "weights": {
            "open": True, "source": "page",
            "files": [{"name": "Q4", "size_bytes": 4_100_000_000, "source": "page"}],
        },
    }  # fmt: skip
    a, b = ranked(make_card("a", **facts), BEHIND), ranked(make_card("b"), BEHIND)
    sentence = decide(a, b, registry).sentence
    assert "price (A: $0.04 an image (P); B: unknown)" in sentence
    assert "licence (A: MIT; B: unknown)" in sentence
    assert re.search(r"memory \(A: [^;]*4\.1 GB[^;]*Q4[^;]*; B: unknown\)", sentence)
    alike = decide(a, ranked(make_card("c", **facts), BEHIND), registry).sentence
    assert "What may decide" not in alike


def test_insufficient_says_what_is_missing(make_card: MakeCard, registry: Registry) -> None:
    """The model of which least is known, and the dimensions of which most is unknown."""
    a = ranked(make_card("a"), {"adoption": 70.0, "quality": 60.0})
    b = ranked(make_card("b"), {"adoption": 20.0, "quality": None}, coverage=0.3)
    sentence = decide(a, b, registry).sentence
    assert "30 % (low) for B: too little to call a leader." in sentence
    assert "most is missing on quality of B" in sentence


def test_break_even_of_an_unknown_dimension(make_card: MakeCard, registry: Registry) -> None:
    """Behind by 20 with half the weight unknown: 30 + 20/.5 = 70 there would close it."""
    a = ranked(make_card("a"), {"adoption": 80.0, "quality": 40.0})
    b = ranked(make_card("b"), {"adoption": 50.0, "quality": None})
    verdict = decide(a, b, registry)
    # 60 against (50 + 30)/2 = 40.
    assert verdict.gap == 20.0
    (even,) = verdict.break_even
    assert (even.model, even.dimension, even.value, even.reachable) == ("b", "quality", 70.0, True)
    assert "an average of 70 on what is unknown of B's quality" in verdict.sentence.replace(
        "An average", "an average"
    )


def test_break_even_out_of_reach_is_not_suggested(make_card: MakeCard, registry: Registry) -> None:
    """Behind by 40: 30 + 40/.5 = 110 cannot be."""
    a = ranked(make_card("a"), {"adoption": 90.0, "quality": 50.0})
    b = ranked(make_card("b"), {"adoption": 30.0, "quality": None}, value=30.0)
    verdict = decide(a, b, registry)
    (even,) = verdict.break_even
    assert (even.value, even.reachable) == (110.0, False)
    assert "average of" not in verdict.sentence


@pytest.mark.parametrize(
    "quality",
    [pytest.param(40.0, id="ahead-everywhere"), pytest.param(50.0, id="equal-somewhere")],
)
def test_what_dominates_is_not_turned_round(
    make_card: MakeCard, registry: Registry, quality: float
) -> None:
    """Ahead whatever the weights, and so no weights that would change it."""
    a = ranked(make_card("a"), {"adoption": 80.0, "quality": 50.0})
    b = ranked(make_card("b"), {"adoption": 60.0, "quality": quality})
    verdict = decide(a, b, registry)
    assert verdict.call == "dominates"
    assert verdict.flip is None
    assert "whatever the weights" in verdict.sentence
    assert "turn it round" not in verdict.sentence


def test_what_would_change_a_dominating_lead_is_said_in_full(
    make_card: MakeCard, registry: Registry
) -> None:
    """Half of B's quality is unknown; the sentence says what an average there would do."""
    a = ranked(make_card("a"), {"adoption": 60.0, "quality": 50.0})
    b = ranked(make_card("b"), {"adoption": 50.0, "quality": 45.0})
    half = tuple(d._replace(coverage=0.5) if d.id == "quality" else d for d in b.dimensions)
    verdict = decide(a, b._replace(dimensions=half), registry)
    # Behind by 7.5, and a quarter of the weight is unknown: 30 + 7.5/.25.
    assert (verdict.call, verdict.break_even[0].value) == ("dominates", 60.0)
    assert "average of 60" in verdict.sentence
    assert "turn" in verdict.sentence


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_join_words(words: list[str], text: str) -> None:
    """As in a sentence."""
    assert join_words(words) == text


SCORES = st.one_of(st.none(), st.integers(0, 1_000).map(lambda n: n / 10), st.just(50.0))
TASKS = st.sampled_from(
    [["text-generation"], ["image-text-to-text"], ["text-to-image"], ["translation"]]
)


@st.composite
def _contents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what a model holds: scores of the four dimensions, tasks, coverage and noise."""
    names = ("adoption", "quality", "ecosystem", "freshness")
    return {
        "scores": {name: draw(SCORES) for name in names},
        "tasks": draw(TASKS),
        "coverage": draw(st.sampled_from([0.2, 0.3999, 0.4, 0.5, 0.6, 0.75, 1.0])),
        "error": draw(st.sampled_from([0.0, 0.5, 2.0])),
    }


def _model(make_card: MakeCard, model_id: str, contents: dict[str, Any]) -> RankedModel:
    return ranked(
        make_card(model_id, tasks=contents["tasks"]),
        contents["scores"],
        coverage=contents["coverage"],
        error=contents["error"],
    )


@PROPERTY
@given(one=_contents(), other=_contents())
def test_order_of_arguments_changes_nothing(
    make_card: MakeCard, registry: Registry, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """A against B is B against A, word for word."""
    a, b = _model(make_card, "a", one), _model(make_card, "b", other)
    assert decide(a, b, registry) == decide(b, a, registry)


@PROPERTY
@given(one=_contents(), other=_contents())
def test_swapping_the_models_mirrors_the_verdict(
    make_card: MakeCard, registry: Registry, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """What A was, B is, once they have changed contents."""
    straight = decide(_model(make_card, "a", one), _model(make_card, "b", other), registry)
    swapped = decide(_model(make_card, "b", one), _model(make_card, "a", other), registry)
    turn = {"a": "b", "b": "a", None: None}
    assert swapped.call == straight.call
    assert swapped.gap == straight.gap
    assert swapped.leader == turn[straight.leader]
    assert swapped.leads == {turn[name]: found for name, found in straight.leads.items()}
    assert swapped.comparability == straight.comparability
    assert swapped.flip == straight.flip
    assert [even[1:] for even in swapped.break_even] == [even[1:] for even in straight.break_even]
    if straight.gap:
        assert swapped.ranked == tuple(turn[name] for name in straight.ranked)
        assert swapped.weight_share == straight.weight_share


@PROPERTY
@given(one=_contents(), other=_contents())
def test_verdict_is_consistent_with_itself(
    make_card: MakeCard, registry: Registry, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Leader, call, gap and share never disagree."""
    models = {"a": _model(make_card, "a", one), "b": _model(make_card, "b", other)}
    verdict = decide(models["a"], models["b"], registry)
    first, second = (models[name] for name in verdict.ranked)
    assert verdict.call in CALLS
    assert first.rank.value >= second.rank.value
    assert verdict.gap == rounded(first.rank.value - second.rank.value) >= 0
    assert (verdict.leader is not None) == (verdict.call in ("leans", "clear", "dominates"))
    assert verdict.leader in (None, verdict.ranked[0])
    if verdict.leader:
        assert verdict.gap >= 2.0
        assert verdict.weight_share is not None
        assert 0 < verdict.weight_share <= 1
    else:
        assert (verdict.flip, verdict.break_even) == (None, ())
    if verdict.call == "dominates":
        assert verdict.weight_share == 1.0


@PROPERTY
@given(one=_contents(), other=_contents())
def test_sentence_says_leads_only_where_somebody_does(
    make_card: MakeCard, registry: Registry, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Each lead with both displayed numbers, and no lead on equal or unknown scores."""
    models = {"a": _model(make_card, "a", one), "b": _model(make_card, "b", other)}
    verdict = decide(models["a"], models["b"], registry)
    first, second = (models[name] for name in verdict.ranked)
    sentence = verdict.sentence
    high, low = whole(first.rank.value), whole(second.rank.value)
    assert (f"both rank {high}/100" if high == low else f"{high}/100, ") in sentence
    assert f"{low}/100" in sentence
    told = set(re.findall(r"(\w+) \((\d+) to (\d+)\)", sentence))
    meant = set()
    for model, other_id in (("a", "b"), ("b", "a")):
        for name in verdict.leads[model]:
            mine, theirs = models[model].dimension(name), models[other_id].dimension(name)
            assert mine.known
            assert theirs.known
            shown = whole(mine.score or 0), whole(theirs.score or 0)
            assert shown[0] - shown[1] >= 5
            meant.add((TITLES[name], str(shown[0]), str(shown[1])))
        name = models[model].card.name
        assert (f"{name} leads on" in sentence) == bool(verdict.leads[model])
    assert told == meant
    if verdict.call == "different-jobs":
        assert all("quality" not in names for names in verdict.leads.values())
