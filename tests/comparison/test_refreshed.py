"""What a refresh says of figures, ranks and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelcmp.catalogue.asking import Answer, figures_of
from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.figures import Figure, Repository, read_over
from modelcmp.comparison.refreshed import Refresh, make_refresh
from modelcmp.scoring.rank import Method, rank_model

DAY = "2026-11-25"
GITHUB = Repository("github", "maker/alpha")


def came(value: int | None = None, kind: str = "done", problem: str = "") -> Answer:
    row = {"metric": "github_stars", "repository": GITHUB.name, "value": value, "as_of": DAY}
    return Answer(GITHUB, kind, (Figure(**row),) if value is not None else (), problem)


@pytest.fixture
def refresh(make_card: Callable[..., ModelCard], method: Method) -> Callable[..., Refresh]:
    """Return a refresh of one model with so many stars, among others."""

    def make(stars: int | None, *answers: Answer, others: int = 0) -> Refresh:
        metrics: list[dict[str, Any]] = []
        if stars is not None:
            metrics = [
                {
                    "metric": "github_stars", "value": stars, "repository": "maker/alpha", "source": "page",
                    "as_of": "2026-01-01",
                }
            ]  # fmt: skip
        card = make_card(
            "alpha", metrics=metrics, links={"repository": "https://github.com/maker/alpha"}
        )
        rivals = [
            make_card(f"rival-{n}", metrics=[
                {"metric": "github_stars", "value": 50_000, "source": "page", "as_of": "2026-01-01"}
            ])
            for n in range(others)
        ]  # fmt: skip
        after = read_over(card, figures_of(answers))
        return make_refresh(
            [card, *rivals], {"alpha": after}, {"alpha": answers}, method,
            day=DAY, target="cards", written=True,
        )  # fmt: skip

    return make


STATES: list[tuple[int | None, Answer, str, str]] = [
    (10, came(12), "changed", "+2"),
    (12_000, came(10), "changed", "-11,990"),
    (10, came(10), "same", "same"),
    (None, came(0), "new", "new"),
    (0, came(0), "same", "same"),
    (10, came(kind="held"), "held", "asked today"),
    (10, came(kind="failed", problem="it broke"), "stale", "stale: it broke"),
    (None, came(kind="failed", problem="it broke"), "unknown", "it broke"),
    (10, came(kind="not-asked", problem="no time"), "not-asked", "not asked"),
]


@pytest.mark.parametrize(("stars", "answer", "state", "text"), STATES)
def test_each_figure_has_a_state_and_a_text(
    refresh: Callable[..., Refresh], stars: int | None, answer: Answer, state: str, text: str
) -> None:
    result = refresh(stars, answer)
    (figure,) = result.models[0].figures
    assert (figure.state, figure.change_text()) == (state, text)
    assert figure.before == stars
    assert result.summary().startswith("Figures: 1 ")


def test_places_count_among_all_cards(refresh: Callable[..., Refresh]) -> None:
    (model,) = refresh(100, came(90_000), others=3).models
    assert (model.place_before, model.place_now) == (4, 1)
    assert model.rank_now == rank_model(model.card, refresh(1).method).rank.value
    assert model.rank_text() == f"+{model.rank_now - model.rank_before:.1f}, place 4 to 1"
    (model,) = refresh(100, came(100), others=3).models
    assert (model.moved, model.rank_text()) == (False, "same")


def test_what_stayed_the_same_is_left_out_unless_asked_for(refresh: Callable[..., Refresh]) -> None:
    result = refresh(10, came(10))
    assert result.told(full=False) == []
    assert len(result.told(full=True)) == 1
    assert result.summary() == "Figures: 1 stayed the same; no ranks moved."
    assert refresh(10).summary() == "Figures: none; no ranks moved."
