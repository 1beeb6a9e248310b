"""Which pages a site has: the same job, the nearest in rank, and what the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.pages import featured, plan_site, rule_text, scope_text, standing
from modelcmp.comparison.verdict import compare_jobs
from modelcmp.scoring.rank import Rank, RankedModel

Maker = Callable[..., RankedModel]
TEXT, PAINT, SEE = "text-generation", "text-to-image", "image-text-to-text"


@pytest.fixture
def ranked(make_card: Callable[..., ModelCard]) -> Maker:
    """Return a maker of models with a rank of our choice: the plan asks for nothing else."""

    def make(model_id: str, value: float, *tasks: str) -> RankedModel:
        card = make_card(model_id, tasks=list(tasks or (TEXT,)))
        return RankedModel(card, Rank(value, value, value, value, 1.0, 0.0), ())

    return make


def test_each_model_stands_beside_the_nearest_of_its_job(ranked: Maker, registry: Registry) -> None:
    models = [ranked("a", 90), ranked("b", 80), ranked("c", 75), ranked("d", 40)]
    plan = plan_site(models, registry, nearest=1)
    # a's nearest is b, b's and c's is each other, d's is c.
    assert plan.comparisons == (("a", "b"), ("b", "c"), ("c", "d"))


def test_of_two_as_near_the_higher_rank_comes_first(ranked: Maker, registry: Registry) -> None:
    models = [ranked("high", 60), ranked("here", 50), ranked("low", 40)]
    pairs = plan_site(models, registry, nearest=1).comparisons
    assert ("here", "high") in pairs and ("here", "low") in pairs  # low's own nearest is here
    assert ("high", "low") not in pairs


def test_different_jobs_have_no_page_unless_they_are_named(
    ranked: Maker, registry: Registry
) -> None:
    models = [ranked("writer", 50), ranked("painter", 50, PAINT)]
    assert plan_site(models, registry).comparisons == ()
    plan = plan_site(models, registry, [("writer", "painter")])
    assert plan.comparisons == plan.named == featured(plan) == (("writer", "painter"),)


def test_a_named_pair_keeps_its_order_and_stands_once(ranked: Maker, registry: Registry) -> None:
    plan = plan_site([ranked("a", 50), ranked("b", 49)], registry, [("b", "a")])
    assert plan.comparisons == (("b", "a"),)


def test_none_are_compared_where_none_are_asked_for(ranked: Maker, registry: Registry) -> None:
    plan = plan_site([ranked("a", 50), ranked("b", 49)], registry, nearest=0)
    assert plan.comparisons == ()
    assert rule_text(0) == "Only the comparisons that the configuration names have a page."
    assert scope_text(plan) == "2 models, 0 comparisons, 1 task"


def test_a_task_ranks_its_own_models(ranked: Maker, registry: Registry) -> None:
    models = [ranked("a", 50, TEXT, SEE), ranked("b", 70), ranked("c", 60, SEE)]
    plan = plan_site(models, registry)
    assert [(t.id, [m.card.id for m in t.models]) for t in plan.tasks] == [
        (SEE, ["c", "a"]),
        (TEXT, ["b", "a"]),
    ]
    assert [text for _, text in standing(plan, "a")] == [
        "Place 2 of 2 in Image-Text-to-Text",
        "Place 2 of 2 in Text Generation",
    ]


def test_the_front_page_shows_the_two_highest_of_each_task(
    ranked: Maker, registry: Registry
) -> None:
    models = [ranked(name, 90 - 10 * n) for n, name in enumerate("abc")]
    models += [ranked("p", 50, PAINT), ranked("q", 40, PAINT), ranked("r", 30, PAINT)]
    assert featured(plan_site(models, registry)) == (("a", "b"), ("p", "q"))


SETS = st.sampled_from([(TEXT,), (PAINT,), (SEE,), (SEE, TEXT)])


@given(
    st.lists(st.tuples(st.integers(0, 100), SETS), min_size=2, max_size=12), st.integers(0, 3),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_plan_is_what_its_rule_says(
    ranked: Maker, registry: Registry, drawn: list[tuple[int, tuple[str, ...]]], nearest: int, mixed: object
) -> None:  # fmt: skip
    models = [ranked(f"m{n:02d}", value, *tasks) for n, (value, tasks) in enumerate(drawn)]
    plan = plan_site(models, registry, nearest=nearest)
    shuffled = list(models)
    mixed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_site(shuffled, registry, nearest=nearest) == plan
    same = {
        frozenset((a.card.id, b.card.id))
        for a, b in combinations(models, 2)
        if compare_jobs(a.card, b.card, registry).word == "the same job"
    }
    pairs = {frozenset(ids) for ids in plan.comparisons}
    assert pairs <= same
    value = {m.card.id: m.rank.value for m in models}
    for model in models:
        mine = [pair for pair in same if model.card.id in pair]
        gaps = sorted(abs(value[a] - value[b]) for a, b in map(tuple, mine))
        paired = sorted(abs(value[a] - value[b]) for a, b in map(tuple, pairs & set(mine)))
        assert paired[: min(nearest, len(mine))] == gaps[: min(nearest, len(mine))]
