"""A card and what a source brought: a person's word stays, an importer's own is brought up to date."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.checking import check_card
from modelcmp.catalogue.importers.draft import Draft, Imported, in_order
from modelcmp.catalogue.importers.planning import There, plan_card, plan_import
from modelcmp.catalogue.merging import Kept, merge_card
from modelcmp.catalogue.reader import Document, parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.catalogue.writing import write_yaml

OWN = "import_list"


def card_fields(model_id: str, **changes: Any) -> dict[str, Any]:
    """Return the smallest valid card as plain values, with some fields changed."""
    return {
        "id": model_id,
        "name": model_id.title(),
        "maker": "Maker",
        "summary": "A model for a test.",
        "tasks": ["text-generation"],
        "modalities": {"input": ["text"], "output": ["text"]},
        "sources": {"page": {"title": "A page", "url": "https://example.org/page"}},
        **changes,
    }


PAGE = {"title": "A list", "url": "https://example.org/list"}


def brought(**changes: Any) -> dict[str, Any]:
    given = {**changes, "sources": {OWN: {**PAGE, "read_on": "2026-11-20"}}}
    return in_order(card_fields("one", **{"maker": "not stated", **given}))


def offer(provider: str, usd: float, source: str = OWN, day: str = "2026-11-20") -> dict[str, Any]:
    return {
        "provider": provider, "unit": "million-tokens", "input_usd": usd, "output_usd": usd,
        "source": source, "read_on": day,
    }  # fmt: skip


def metric(value: int, source: str = OWN, day: str = "2026-11-20") -> dict[str, Any]:
    return {
        "metric": "hf_likes",
        "value": value,
        "repository": "o/m",
        "source": source,
        "read_on": day,
    }


def test_what_a_person_wrote_wins_and_the_difference_is_told() -> None:
    held = card_fields(
        "one",
        context={"tokens": 4096, "source": "page"},
        licence={"id": "MIT", "source": "page"},
        metrics=[metric(5, "page")],
        pricing={"offers": [offer("Azure", 2, "page")]},
        links={"weights": "https://example.org/mine"},
    )
    merged = merge_card(
        held,
        brought(
            maker="Somebody",
            tasks=["fill-mask"],
            context={"tokens": 8192, "max_output_tokens": 100, "source": OWN},
            licence={"id": "MIT", "source": OWN},
            metrics=[metric(7)],
            pricing={"offers": [offer("azure", 3)]},
            links={"weights": "https://example.org/theirs"},
        ),
    )
    assert merged.card == held
    assert sorted(merged.kept) == [
        Kept("context.max_output_tokens", None, 100),
        Kept("context.tokens", 4096, 8192),
        Kept("links.weights", "https://example.org/mine", "https://example.org/theirs"),
        Kept("maker", "Maker", "Somebody"),
        Kept("metrics[1].value", 5, 7),
        Kept("pricing.offers[1].input_usd", 2, 3),
        Kept("pricing.offers[1].output_usd", 2, 3),
        Kept("tasks", ["text-generation"], ["fill-mask"]),
    ]


def test_what_the_card_lacks_is_added_with_its_source_and_in_the_usual_place() -> None:
    held = card_fields("one", aliases=["a"], metrics=[metric(5, "page")])
    merged = merge_card(
        held,
        brought(
            aliases=["A", "b"],
            context={"tokens": 8192, "source": OWN},
            pricing={"offers": [offer("azure", 3)]},
            metrics=[{**metric(7), "metric": "github_stars"}],
        ),
    )
    assert merged.kept == ()
    assert merged.card["aliases"] == ["a", "b"]
    assert [m["value"] for m in merged.card["metrics"]] == [5, 7]
    assert list(merged.card["sources"]) == ["page", OWN]
    keys = list(merged.card)
    assert keys.index("context") == keys.index("modalities") + 1
    assert keys.index("pricing") == keys.index("context") + 1


def test_its_own_values_are_brought_up_to_date_but_never_back() -> None:
    first = merge_card(
        card_fields("one"),
        brought(pricing={"offers": [offer("p", 3), offer("q", 1)]}, metrics=[metric(7)]),
    ).card
    later = brought(
        pricing={"offers": [offer("p", 2, day="2026-12-01")]},
        metrics=[{**metric(9, day="2026-12-01"), "as_of": "2026-12-01"}],
        context={"tokens": 8192, "source": OWN},
    )
    del later["metrics"][0]["read_on"]
    again = merge_card(first, later)
    assert [o["input_usd"] for o in again.card["pricing"]["offers"]] == [2, 1]
    assert again.card["metrics"] == [{**later["metrics"][0]}]
    earlier = brought(pricing={"offers": [offer("p", 9, day="2026-01-01")]})
    assert merge_card(again.card, earlier).card["pricing"] == again.card["pricing"]


def test_a_person_may_use_the_same_page_under_a_key_of_their_own() -> None:
    held = card_fields("one", context={"tokens": 1, "source": "mine"})
    held["sources"]["mine"] = PAGE
    merged = merge_card(held, brought(context={"tokens": 2, "source": OWN}))
    assert merged.card["context"]["tokens"] == 1 and len(merged.kept) == 1


def test_a_key_that_means_another_page_is_not_shared() -> None:
    held = card_fields("one")
    held["sources"][OWN] = {"title": "Other", "url": "https://example.org/other"}
    merged = merge_card(held, brought(context={"tokens": 2, "source": OWN}))
    assert merged.card["context"]["source"] == f"{OWN}_2"
    assert merged.card["sources"][OWN]["title"] == "Other"


def test_a_capability_the_card_has_under_its_tag_is_not_doubled() -> None:
    has = {
        "id": "tools", "kind": "interface", "tag": "tool-calling", "title": "T", "description": "D",
        "claim": "disputed", "source": "page",
    }  # fmt: skip
    new = {**has, "id": "tool-calling", "claim": "stated", "source": OWN}
    other = {**new, "id": "reasoning-trace", "tag": "reasoning-trace"}
    held = card_fields("one", capabilities=[has])
    merged = merge_card(held, brought(capabilities=[new, other]))
    assert [c["id"] for c in merged.card["capabilities"]] == ["tools", "reasoning-trace"]


def test_the_order_of_modalities_is_no_difference() -> None:
    held = card_fields("one", modalities={"input": ["image", "text"], "output": ["text"]})
    merged = merge_card(held, brought(modalities={"input": ["text", "image"], "output": ["text"]}))
    assert merged.kept == ()


SOURCES = st.sampled_from(["page", OWN])
BLOCK = st.fixed_dictionaries({"tokens": st.integers(1, 9), "source": SOURCES})
FIGURES = st.lists(
    st.builds(metric, st.integers(0, 9), SOURCES, st.sampled_from(["2026-01-01", "2026-12-01"])),
    max_size=2,
)


@settings(max_examples=60, deadline=None)
@given(FIGURES, BLOCK, FIGURES, BLOCK)
def test_merging_keeps_every_word_of_a_person_and_a_second_time_changes_nothing(
    figures: list[Any], context: Any, new_figures: list[Any], new_context: Any
) -> None:
    held = card_fields("one", metrics=figures, context=context)
    held["sources"][OWN] = PAGE
    for part in (*new_figures, new_context):
        part["source"] = OWN
    new = brought(metrics=new_figures, context=new_context)
    before = copy.deepcopy((held, new))
    card = merge_card(held, new).card
    assert (held, new) == before
    for figure in figures:
        if figure["source"] == "page":
            assert figure in card["metrics"]
    if context["source"] == "page":
        assert card["context"] == context
    assert merge_card(card, new).card == card


def draft(name: str, where: str = "row", **changes: Any) -> Draft:
    card = {k: v for k, v in brought(name=name, **changes).items() if k != "id"}
    return Draft(card, where, where)


def plan(registry: Registry, *drafts: Draft, **there: str) -> Any:
    names = {text.partition("id: ")[2].split()[0]: key for key, text in there.items()}
    for key, text in there.items():
        for alias in parse_yaml(text.encode(), key).value.get("aliases", ()):
            names[alias] = key
    found = {key: There(text, f"{key}.yaml") for key, text in there.items()}
    return plan_import(Imported(drafts), names, found.get, registry)


def test_a_draft_joins_the_card_an_alias_names_and_comments_stay(registry: Registry) -> None:
    text = "# mine\n" + write_yaml(card_fields("one", aliases=["the one"]))
    result = plan(registry, draft("The One", context={"tokens": 5, "source": OWN}), one=text)
    (change,) = result.changes
    assert change.id == "one" and change.text.startswith("# mine\nid: one\n")
    assert {d.path for d in change.differences} == {"context", f"sources.{OWN}"}


def test_a_model_of_another_owner_is_another_card(registry: Registry) -> None:
    text = write_yaml(card_fields("labse", aliases=["a/labse"]))
    same = draft("labse", "a/labse", aliases=["a/labse"])
    other = draft("LaBSE", "b/LaBSE", aliases=["b/LaBSE"])
    assert [change.id for change in plan(registry, same, labse=text).changes] == ["labse"]
    (change,) = plan(registry, other, labse=text).changes
    assert (change.id, change.was) == ("b-labse", None)


def test_a_card_that_names_its_repository_takes_no_other(registry: Registry) -> None:
    text = write_yaml(card_fields("labse", links={"weights": "https://huggingface.co/a/LaBSE"}))
    assert plan(registry, draft("labse", "a/LaBSE", aliases=["a/LaBSE"]), labse=text).changes
    result = plan(registry, draft("labse", "b/labse", aliases=["b/labse"]), labse=text)
    assert result.changes == () and result.left_out[0].reason.startswith("is not a/labse")


def test_namesakes_join_no_card_by_their_common_name(registry: Registry) -> None:
    text = write_yaml(card_fields("one", name="LaBSE"))
    rows = [draft("LaBSE", f"{owner}/labse", aliases=[f"{owner}/labse"]) for owner in "ab"]
    names = {"one": "one", "labse": "one"}
    found = {"one": There(text, "one.yaml")}
    result = plan_import(Imported(tuple(rows)), names, found.get, registry)
    assert [change.id for change in result.changes] == ["a-labse", "b-labse"]


def test_of_two_rows_for_one_card_that_with_its_id_counts(registry: Registry) -> None:
    text = write_yaml(card_fields("one", aliases=["the one"]))
    result = plan(registry, draft("The One", "first"), draft("one", "second"), one=text)
    assert [row.reason for row in result.left_out] == ["means the card one, as second does"]


def test_a_card_that_would_not_be_valid_is_left_out_with_its_reason(registry: Registry) -> None:
    good, bad = draft("good", "good"), draft("bad", "bad", context={"tokens": -5, "source": OWN})
    result = plan(registry, bad, good)
    assert [change.id for change in result.changes] == ["good"]
    assert [(row.where, row.reason) for row in result.left_out] == [
        ("bad", "context.tokens: must be at least 1")
    ]


def test_a_card_that_is_broken_is_not_touched(registry: Registry) -> None:
    result = plan_import(
        Imported((draft("one"),)), {}, lambda _: There("id: [", "one.yaml"), registry
    )
    assert result.changes == () and "not YAML" in result.left_out[0].reason


@pytest.mark.parametrize("text", ["- a\n", "id: one\n"])
def test_a_file_that_is_no_card_is_not_touched(registry: Registry, text: str) -> None:
    planned = plan_card(brought(), There(text, "one.yaml"), registry)
    assert isinstance(planned, str)


def test_the_cards_of_these_tests_are_valid(registry: Registry) -> None:
    assert check_card(Document("f", brought()), registry) == []
