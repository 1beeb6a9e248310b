"""Figures of repositories: which a card names, and how a dated file is read over the cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.editing import edit_card
from modelcmp.catalogue.figures import (
    Figure,
    Repository,
    build_figures,
    check_figures,
    plain_with,
    read_over,
    repositories_of,
    stated_figures,
    with_stale,
    write_figures,
)
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.writing import write_yaml
from modelcmp.errors import CardError

Maker = Callable[..., ModelCard]


def card_fields(model_id: str = "one", **changes: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "name": "One",
        "maker": "Maker",
        "summary": "A model for a test.",
        "tasks": ["text-generation"],
        "modalities": {"input": ["text"], "output": ["text"]},
        **changes,
        "sources": {"page": {"title": "A page", "url": "https://example.org/page"}},
    }


def metric(name: str = "hf_likes", value: int = 5, **more: Any) -> dict[str, Any]:
    days = {} if "read_on" in more else {"as_of": "2026-01-01"}
    return {"metric": name, "value": value, "source": "page", **days, **more}


def figure(
    name: str = "hf_likes", repository: str = "maker/alpha", value: int = 9, **more: Any
) -> dict[str, Any]:
    row = {"metric": name, "repository": repository, "value": value, "as_of": "2026-11-25"}
    return {**row, **more}


def told(card: ModelCard) -> list[tuple[str, str | None, int]]:
    return [(m.metric, m.repository, m.value) for m in card.metrics]


LINKS: dict[str, list[Repository]] = {
    "https://huggingface.co/maker/alpha": [Repository("hub", "maker/alpha")],
    "https://huggingface.co/maker/alpha/tree/main?x#y": [Repository("hub", "maker/alpha")],
    "https://huggingface.co/maker/alpha#files": [Repository("hub", "maker/alpha")],
    "https://huggingface.co/maker": [],
    "https://huggingface.co/maker/": [],
    "https://huggingface.co/datasets/maker": [],
    "https://huggingface.co/spaces/maker/alpha": [],
    "https://huggingface.co/../alpha": [],
    "https://huggingface.co/maker/..": [],
    "https://huggingface.co.evil.example/maker/alpha": [],
    "https://github.com/maker/alpha.git": [Repository("github", "maker/alpha")],
    "https://github.com/maker/alpha/tree/v1/src": [Repository("github", "maker/alpha")],
    "https://github.com/maker_x/alpha": [],
    "https://github.com/maker": [],
    "https://example.org/maker/alpha": [],
}


@pytest.mark.parametrize(("address", "found"), LINKS.items())
def test_a_link_names_a_repository_or_none(
    make_card: Maker, address: str, found: list[Repository]
) -> None:
    for name in ("weights", "repository"):
        assert list(repositories_of(make_card(links={name: address}))) == found


def test_repositories_are_named_once_whatever_their_case(make_card: Maker) -> None:
    card = make_card(
        metrics=[
            metric(repository="Maker/Alpha"),
            metric("hf_downloads_30d", repository="maker/port"),
            metric("github_stars", repository="maker/code"),
            metric("ollama_pulls", repository="alpha"),
            metric("hf_likes", repository="no name"),
        ],
        links={"weights": "https://huggingface.co/maker/alpha"},
    )
    assert repositories_of(card) == (
        Repository("hub", "Maker/Alpha"),
        Repository("hub", "maker/port"),
        Repository("github", "maker/code"),
    )


OVER: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str | None, int]]]] = {
    "a newer figure replaces": (
        [metric(repository="maker/alpha")], [figure()], [("hf_likes", "maker/alpha", 9)],
    ),
    "an older one does not": (
        [metric(repository="maker/alpha")], [figure(as_of="2025-12-31")], [("hf_likes", "maker/alpha", 5)],
    ),
    "on the same day the file counts": (
        [metric(repository="maker/alpha")], [figure(as_of="2026-01-01")], [("hf_likes", "maker/alpha", 9)],
    ),
    "a month counts from its first day": (
        [metric(repository="maker/alpha", as_of="2026-11")], [figure(as_of="2026-11-01")],
        [("hf_likes", "maker/alpha", 9)],
    ),
    "a day a page was read is a day": (
        [metric(repository="maker/alpha", read_on="2026-12-01")], [figure()], [("hf_likes", "maker/alpha", 5)],
    ),
    "letter case is no difference": (
        [metric(repository="Maker/Alpha")], [figure()], [("hf_likes", "maker/alpha", 9)],
    ),
    "a figure of no repository gives way": (
        [metric("hf_downloads_30d", 1000), metric(repository="maker/alpha")],
        [figure("hf_downloads_30d", value=7)],
        [("hf_downloads_30d", "maker/alpha", 7), ("hf_likes", "maker/alpha", 5)],
    ),
    "each repository keeps its own": (
        [metric(repository="maker/alpha"), metric(repository="maker/port", value=2)],
        [figure("hf_likes", "maker/port", 3)],
        [("hf_likes", "maker/alpha", 5), ("hf_likes", "maker/port", 3)],
    ),
    "a new figure comes last": (
        [metric(repository="maker/alpha")], [figure("hf_downloads_30d", value=7)],
        [("hf_likes", "maker/alpha", 5), ("hf_downloads_30d", "maker/alpha", 7)],
    ),
    "other repositories are none of its business": (
        [metric(repository="maker/alpha")], [figure("hf_likes", "maker/other")],
        [("hf_likes", "maker/alpha", 5)],
    ),
    "a host's figure under another host's name": (
        [metric(repository="maker/alpha")], [figure("github_stars", "maker/alpha")],
        [("hf_likes", "maker/alpha", 5)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("held", "rows", "expected"), OVER.values(), ids=OVER.keys())
def test_per_figure_the_newest_day_wins(
    make_card: Maker,
    held: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    expected: list[tuple[str, str | None, int]],
) -> None:
    assert told(read_over(make_card(metrics=held), build_figures(rows))) == expected


def test_reading_over_twice_changes_nothing_more(make_card: Maker) -> None:
    figures = build_figures([figure(changed_on="2026-10-01")])
    once = read_over(
        make_card(metrics=[metric(repository="maker/alpha", note="Rounded.")]), figures
    )
    twice = read_over(once, figures)
    assert [m.__dict__ for m in once.metrics] == [m.__dict__ for m in twice.metrics]
    assert once.sources.keys() == twice.sources.keys() == {"page", "hub_api"}
    assert once.metrics[0].note is None
    assert once.metrics[0].changed_on == "2026-10-01"


def test_the_source_is_the_address_that_was_asked(make_card: Maker) -> None:
    taken = {"hub_api": {"title": "Mine"}, "page": {"title": "A page"}}
    card = make_card(metrics=[metric(repository="maker/alpha")], sources=taken)
    after = read_over(card, build_figures([figure()]))
    assert after.metrics[0].source == "hub_api_2"
    assert after.sources["hub_api_2"].url == "https://huggingface.co/api/models/maker/alpha"
    assert after.sources["hub_api"].title == "Mine"


def test_closed_weights_have_no_host_figures(make_card: Maker) -> None:
    weights = {"open": False, "source": "page"}
    links = {"repository": "https://github.com/maker/alpha"}
    card = make_card(weights=weights, links=links)
    assert read_over(card, build_figures([figure("github_stars")])) is card


def test_stale_marks_only_what_did_not_come(make_card: Maker) -> None:
    card = make_card(
        metrics=[
            metric(repository="maker/alpha"),
            metric("hf_downloads_30d", repository="maker/alpha"),
            metric(repository="maker/port", stale_since="2026-02-02"),
            metric("ollama_pulls", repository="maker/alpha"),
        ]
    )
    hub = Repository("hub", "maker/alpha")
    marked = with_stale(card, hub, ["hf_likes"], "2026-11-25")
    assert [m.stale_since for m in marked.metrics] == ["2026-11-25", None, "2026-02-02", None]
    again = with_stale(marked, hub, ["hf_likes"], "2026-11-26")
    assert again.metrics[0].stale_since == "2026-11-25"
    assert read_over(marked, build_figures([figure()])).metrics[0].stale_since is None


def test_a_card_is_edited_to_say_the_same(make_card: Maker) -> None:
    plain = card_fields(
        metrics=[
            metric(repository="maker/alpha", note="Rounded."),
            metric("ollama_pulls", repository="alpha", note=None),
        ]
    )
    text = write_yaml(plain).replace("metrics:", "# Counted by hand.\nmetrics:  # all of them")
    card = build(ModelCard, plain)
    after = read_over(card, build_figures([figure(), figure("hf_downloads_30d", value=7)]))
    edited = edit_card(text, plain_with(parse_yaml(text.encode(), "a").value, card, after)).text
    assert "# Counted by hand.\nmetrics:  # all of them" in edited
    said = build(ModelCard, parse_yaml(edited.encode(), "a").value)
    assert [m.__dict__ for m in said.metrics] == [m.__dict__ for m in after.metrics]
    assert {key: s.url for key, s in said.sources.items()} == {
        key: s.url for key, s in after.sources.items()
    }
    assert "note: null" in edited


def test_a_file_is_read_back_as_it_was_written() -> None:
    rows = [
        figure(repository="Zeta/z"), figure("hf_downloads_30d", value=0), figure(stale_since="2026-01-02"),
        figure("github_stars", "m/true", value=2**53 - 1, changed_on="2025-01-01"),
    ]  # fmt: skip
    text = write_figures(build_figures(rows).values())
    document = parse_yaml(text.encode(), "signals.yaml")
    assert check_figures(document) == []
    assert write_figures(build_figures(document.value["figures"]).values()) == text
    assert write_figures(build_figures(rows[::-1]).values()) == text
    assert sorted(map(str, document.value["figures"])) == sorted(map(str, rows))


def test_an_empty_file_is_read_back() -> None:
    document = parse_yaml(write_figures([]).encode(), "signals.yaml")
    assert check_figures(document) == [] and document.value == {"figures": []}


BAD_FILES: dict[str, str] = {
    "- figures": "holds one list, figures",
    "figures: []\nhost: https://evil.example": "holds one list, figures",
    "figures: 5": "must be a list",
    "figures: [5]": "must be a mapping",
    "figures: [{metric: hf_likes, value: 5, as_of: 2026-11-25}]": "repository: is missing",
    "figures: [{metric: hf_likes, repository: a/b, value: 5}]": "as_of: is missing",
    "figures: [{metric: fame, repository: a/b, value: 5, as_of: 2026-11-25}]": "must be one of",
    "figures: [{metric: hf_likes, repository: a/b, value: -5, as_of: 2026-11-25}]": "at least 0",
    "figures: [{metric: hf_likes, repository: a/b, value: 5.5, as_of: 2026-11-25}]": "whole number",
    'figures: [{metric: hf_likes, repository: a/b, value: "5", as_of: 2026-11-25}]': "whole number",
    "figures: [{metric: hf_likes, repository: a/b, value: 5, as_of: 2026-11-31}]": "no day of",
    "figures: [{metric: hf_likes, repository: a/b, value: 5, as_of: soon}]": "must be a day",
    "figures: [{metric: hf_likes, repository: a/b, value: 5, as_of: 2026-11-25, url: x}]": "unknown",
    "figures: [{metric: hf_likes, repository: a/b, value: 9007199254740992, as_of: 2026-11-25}]": "2^53",
}


@pytest.mark.parametrize(("text", "said"), BAD_FILES.items())
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "signals.yaml"
    path.write_text(text)
    with pytest.raises(CardError) as raised:
        load_catalogue(cache=None, signals=path).figures  # noqa: B018
    assert said in str(raised.value.problems[0])
    assert raised.value.problems[0].line >= 1


def test_a_figure_stands_once_in_a_file() -> None:
    text = "figures:\n- {metric: hf_likes, repository: a/b, value: 5, as_of: 2026-11-25}\n"
    text += "- {metric: hf_likes, repository: A/B, value: 6, as_of: 2026-11-26}\n"
    (problem,) = check_figures(parse_yaml(text.encode(), "signals.yaml"))
    assert str(problem) == "signals.yaml:3:3: figures[2]: is the same figure as figures[1]"


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[..., Catalogue]:
    """Return a loader of one card with a figure, and of a file of signals over it."""
    cards = tmp_path / "cards"
    cards.mkdir()
    plain = card_fields("alpha", metrics=[metric(repository="maker/alpha")])
    (cards / "alpha.yaml").write_text(write_yaml(plain))

    def load(*rows: dict[str, Any], given: bool = True, cache: bool = True) -> Catalogue:
        path = tmp_path / "signals.yaml"
        path.write_text(write_figures(build_figures(rows).values()))
        held = tmp_path / "cache.sqlite" if cache else None
        return load_catalogue([cards], builtin=False, cache=held, signals=path if given else None)

    return load


def test_every_way_to_a_card_reads_the_file_over_it(catalogue: Callable[..., Catalogue]) -> None:
    for _ in range(2):  # the second time from the cache
        loaded = catalogue(figure())
        assert loaded.get("alpha").metrics[0].value == 9
        assert loaded.load_all().cards[0].metrics[0].value == 9
        loaded.remember_good(loaded.fingerprint())
        lazy = loaded.by_id(loaded.fingerprint())
        assert lazy is not None and lazy["alpha"].metrics[0].value == 9
    assert catalogue(figure(), given=False).get("alpha").metrics[0].value == 5


def test_the_file_is_part_of_the_fingerprint(catalogue: Callable[..., Catalogue]) -> None:
    without = catalogue(given=False).fingerprint()
    prints = [catalogue(figure(value=n)).fingerprint() for n in (1, 2, 1)]
    assert len({without, *prints}) == 3
    assert prints[0] == prints[2]
    assert catalogue(figure(), given=False).fingerprint() == without


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    catalogue = load_catalogue(cache=None, signals=tmp_path / "none.yaml")
    with pytest.raises(CardError) as raised:
        catalogue.load_all()
    assert "no such file" in str(raised.value.problems[0])


def test_what_a_card_states_counts_as_held_by_its_newest_day(make_card: Maker) -> None:
    card = make_card(
        metrics=[
            metric(repository="maker/alpha", value=1, as_of="2026-03"),
            metric(repository="Maker/alpha", value=2, as_of="2026-02-01"),
            metric("github_stars"),
        ]
    )
    held = stated_figures(card)
    assert {key: (f.value, f.as_of) for key, f in held.items()} == {
        ("hf_likes", "maker/alpha"): (1, "2026-03")
    }
    assert isinstance(held["hf_likes", "maker/alpha"], Figure)
