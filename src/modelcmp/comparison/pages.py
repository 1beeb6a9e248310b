"""Ranked models -> SitePlan: which pages a site of the whole catalogue has, and what leads to what.

A comparison is worth a page when both models do the same job. With every such pair a large catalogue
would have half a million of them, so each model is compared with the few nearest to it in rank, those a
reader hesitates between, and with whatever the configuration names.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.compare import places
from modelcmp.comparison.verdict import compare_jobs
from modelcmp.scoring.rank import RankedModel, in_order

NEAREST = 6
"""With how many models of the same job, the nearest in rank, each model is compared."""

SAME = "the same job"


class TaskPage(NamedTuple):
    """The ranking of one task: its models, the highest first, and the place of each."""

    id: str
    name: str
    does: str
    models: tuple[RankedModel, ...]
    places: dict[str, int]


class SitePlan(NamedTuple):
    """Every page beside the front page and the method, in a fixed order."""

    models: tuple[RankedModel, ...]
    """By rank, the highest first."""
    places: dict[str, int]
    tasks: tuple[TaskPage, ...]
    comparisons: tuple[tuple[str, ...], ...]
    """Ids, as they stand side by side."""
    named: tuple[tuple[str, ...], ...]
    """Those the configuration asks for."""


def plan_site(
    models: Sequence[RankedModel],
    registry: Registry,
    named: Iterable[Sequence[str]] = (),
    *,
    nearest: int = NEAREST,
) -> SitePlan:
    """Return the plan of a site; the order of `models` does not matter, that inside `named` does."""
    ranked = in_order(models)
    wanted = {frozenset(ids): tuple(ids) for ids in named}
    found = {frozenset(pair): pair for pair in same_job_pairs(ranked, registry, nearest)}
    return SitePlan(
        models=tuple(ranked),
        places=places(ranked),
        tasks=tuple(_task_pages(ranked, registry)),
        comparisons=tuple(sorted({**found, **wanted}.values())),
        named=tuple(wanted.values()),
    )


def same_job_pairs(
    ranked: Sequence[RankedModel], registry: Registry, nearest: int
) -> set[tuple[str, str]]:
    """Return each model with the `nearest` ones in rank that do the same job, ids in order.

    A pair stands once, also when both name each other; so a model may be in more pairs than that.
    """
    jobs: dict[tuple[tuple[str, ...], tuple[str, ...]], bool] = {}

    def same(a: ModelCard, b: ModelCard) -> bool:
        # The job follows from the tasks alone, and few sets of tasks make up a large catalogue.
        key = (a.tasks, b.tasks)
        if key not in jobs:
            jobs[key] = compare_jobs(a, b, registry).word == SAME
        return jobs[key]

    pairs = set()
    for number, model in enumerate(ranked):
        found = 0
        for other in _outwards(ranked, number):
            if found == nearest:
                break
            if same(model.card, other.card):
                first, second = sorted((model.card.id, other.card.id))
                pairs.add((first, second))
                found += 1
    return pairs


def _outwards(ranked: Sequence[RankedModel], number: int) -> Iterator[RankedModel]:
    """Yield the others by their distance in rank; of two as far, the one ranked higher first."""
    here = ranked[number].rank.value
    above, below = number - 1, number + 1
    while above >= 0 or below < len(ranked):
        up = ranked[above].rank.value - here if above >= 0 else float("inf")
        down = here - ranked[below].rank.value if below < len(ranked) else float("inf")
        if up <= down:
            yield ranked[above]
            above -= 1
        else:
            yield ranked[below]
            below += 1


def _task_pages(ranked: Sequence[RankedModel], registry: Registry) -> Iterator[TaskPage]:
    for task in sorted({task for model in ranked for task in model.card.tasks}):
        mine = tuple(model for model in ranked if task in model.card.tasks)
        known = registry.tasks.get(task)
        name, does = (known.name, known.does) if known else (task, "")
        yield TaskPage(task, name, does, mine, places(mine))


def featured(plan: SitePlan) -> tuple[tuple[str, ...], ...]:
    """Return the comparisons a front page shows: those named, else the two highest of each task."""
    if plan.named:
        return plan.named
    there = {frozenset(ids): ids for ids in plan.comparisons}
    firsts = [frozenset(m.card.id for m in task.models[:2]) for task in plan.tasks]
    return tuple(dict.fromkeys(there[pair] for pair in firsts if pair in there))


def neighbours(plan: SitePlan, model: str) -> list[tuple[str, ...]]:
    """Return the comparisons a model is in."""
    return [ids for ids in plan.comparisons if model in ids]


def standing(plan: SitePlan, model: str) -> list[tuple[TaskPage, str]]:
    """Return each task of a model with its place there in words."""
    return [
        (task, f"Place {task.places[model]} of {len(task.models)} in {task.name}")
        for task in plan.tasks
        if model in task.places
    ]


def does_text(task: TaskPage) -> str:
    """Return what a model for a task does, as a sentence."""
    return f"A model for this task {task.does}." if task.does else ""


def scope_text(plan: SitePlan) -> str:
    """Return the line that says how much there is."""
    parts = (
        (len(plan.models), "model", "models"),
        (len(plan.comparisons), "comparison", "comparisons"),
        (len(plan.tasks), "task", "tasks"),
    )
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in parts)


def rule_text(nearest: int) -> str:
    """Return which comparisons have a page, in words."""
    if nearest == 0:
        return "Only the comparisons that the configuration names have a page."
    return (
        f"Each model stands beside the {nearest} nearest to it in rank that do the same job, and beside "
        "those that the configuration names. modelcmp compare puts any others side by side."
    )
