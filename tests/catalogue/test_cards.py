"""The cards that come with modelcmp: all valid, all sourced, and at one with each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.loading import DATA, Loaded, load_catalogue
from modelcmp.errors import squash

FILES = sorted((DATA / "models").rglob("*.y*ml"))
SCHEMA_LINE = "# yaml-language-server: $schema="


@cache
def built_in() -> Loaded:
    """Return the built-in cards, read without a cache."""
    return load_catalogue().load_all()


def card_of(path: Path) -> ModelCard:
    """Return the card of a file, or fail with what is wrong with it."""
    found = [card for card in built_in().cards if card.id == path.stem]
    assert len(found) == 1, [str(p) for p in built_in().problems if p.file == str(path)]
    return found[0]


def statements(part: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every (place, value) of a card's plain values, down to the last."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from statements(value, f"{where}.{key}")
    elif isinstance(part, (list, tuple)):
        for number, value in enumerate(part, 1):
            yield from statements(value, f"{where}[{number}]")
    else:
        yield where, part


def sources_named(card: ModelCard) -> set[str]:
    """Return the keys of all sources that a card's statements name."""
    said = statements(asdict(card))
    return {value for where, value in said if value and where.endswith(("source", "sdk_source"))}


each_card = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_all_cards_are_valid() -> None:
    """Nothing is wrong with any card, and no two claim the same name."""
    assert [str(problem) for problem in built_in().problems] == []
    assert built_in().replaced == ()
    assert [card.id for card in built_in().cards] == sorted(path.stem for path in FILES)


def test_there_are_cards_enough() -> None:
    """Enough models to compare, on different tasks."""
    assert len(FILES) >= 38
    assert len({card.tasks[0] for card in built_in().cards}) >= 10


def test_every_card_sets_itself_apart() -> None:
    """At least five capabilities, two of them unique beside named cards of the catalogue."""
    for card in built_in().cards:
        assert len(card.capabilities) >= 5, card.id
        apart = [c for c in card.capabilities if c.unique and any(a.model for a in c.alternatives)]
        assert len(apart) >= 2, card.id


def test_names_are_unique() -> None:
    """No id, name or alias leads to two cards, whatever the case and punctuation."""
    names = Counter(
        name
        for card in built_in().cards
        for name in {squash(text) for text in (card.id, card.name, *card.aliases)}
    )
    assert [name for name, count in names.items() if count > 1] == []


@each_card
def test_the_file_name_is_the_id(path: Path) -> None:
    """One card per file, called like the model."""
    assert path.suffix == ".yaml"
    assert path.parent == DATA / "models"
    assert card_of(path).id == path.stem


@each_card
def test_the_first_line_names_the_schema(path: Path) -> None:
    """Editors find the schema, and it is there."""
    first = path.read_text("utf-8").splitlines()[0]
    assert first.startswith(SCHEMA_LINE)
    assert (path.parent / first.removeprefix(SCHEMA_LINE)).resolve().is_file()


@each_card
def test_other_models_exist(path: Path) -> None:
    """Alternatives and variants that name a card name one that is there, and not their own."""
    card = card_of(path)
    named = {item.model for item in card.variants}
    named |= {other.model for item in card.capabilities for other in item.alternatives}
    assert named - {None} <= {file.stem for file in FILES} - {card.id}


@each_card
def test_every_source_is_used(path: Path) -> None:
    """Nothing is listed that no statement rests on, and each source can be looked up."""
    card = card_of(path)
    assert set(card.sources) == sources_named(card)
    assert [key for key, source in card.sources.items() if source.url is None] == []


@each_card
def test_every_figure_has_a_source_and_a_day(path: Path) -> None:
    """Popularity, results and prices say where they are from and which day they speak for."""
    card = card_of(path)
    figures: list[Any] = [*card.metrics, *card.benchmarks, *card.pricing.offers]
    for item in figures:
        assert item.source in card.sources
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", item.as_of or item.read_on or "")
        assert item.as_of is None or item.read_on is None


@each_card
def test_no_result_is_that_of_another_size(path: Path) -> None:
    """What a sibling of other parameters, or with a card of its own, reached is not counted here."""
    card = card_of(path)
    siblings = {item.name for item in card.variants if item.parameters or item.model}
    assert {item.variant for item in card.benchmarks} & siblings == set()


@each_card
def test_languages_have_a_source(path: Path) -> None:
    """A count that is scored says where it is from."""
    ecosystem = card_of(path).ecosystem
    assert (ecosystem.sdk_languages is None) or (ecosystem.sdk_source is not None)


@each_card
def test_no_day_lies_after_the_catalogues(path: Path) -> None:
    """A card knows nothing that the catalogue's as-of day does not."""
    as_of = load_catalogue().as_of
    days = [
        (where, value)
        for where, value in statements(asdict(card_of(path)))
        if value and where.endswith((".day", ".as_of", ".read_on"))
    ]
    assert days
    assert [(where, day) for where, day in days if day > as_of] == []


@each_card
def test_a_card_says_enough_to_be_compared(path: Path) -> None:
    """Every model has something it can do, something it cannot, and a use it suits."""
    card = card_of(path)
    assert card.capabilities
    assert card.limitations
    assert card.best_for
    assert card.released is not None


@each_card
def test_tasks_have_capabilities(path: Path) -> None:
    """What a card says the model is for, a capability of kind task describes."""
    card = card_of(path)
    described = {item.tag for item in card.capabilities if item.kind == "task"}
    assert set(card.tasks) <= described


@pytest.mark.parametrize(("model_id", "count"), [("bakllava", 9), ("sd35-large", 14)])
def test_the_reference_pair_is_complete(model_id: str, count: int) -> None:
    """The two models that the project was started for keep all that was found out about them."""
    assert len(card_of(DATA / "models" / f"{model_id}.yaml").capabilities) == count
