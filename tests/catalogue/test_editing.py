"""Cards changed in place: comments, order, quotes and untouched lines stay as they were."""

from __future__ import annotations

import builtins
import copy
import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue.editing import Difference, differ, edit_card, pair_entries
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.writing import write_yaml
from modelcmp.errors import CardError, UsageError

pytest.importorskip("ruamel.yaml")

ROOT = Path(__file__).resolve().parent.parent.parent
CARD = """\
# written by hand
id: one   # the file's name
name: "One"
released: {day: 2024-10, source: page}  # month only
# popularity
metrics:
  # counted by hand
  - {metric: hf_likes, value: 12, source: page, as_of: 2026-1-1}  # flow
  - metric: github_stars
    value:   1_0 # wide

    # still about stars
# what it can do

limitations:
  - text: >-
      A long sentence that was
      folded by hand.
# the end comes near
best_for:
- 'Tests'

sources:
  page:
    title: A page     # no address
"""


def plain(text: str) -> Any:
    return parse_yaml(text.encode(), "f").value


def changed(text: str, change: Any) -> tuple[list[str], tuple[Difference, ...]]:
    """Return the lines that a change removes and adds, and the differences told."""
    wanted = copy.deepcopy(plain(text))
    change(wanted)
    edited = edit_card(text, wanted)
    assert plain(edited.text) == wanted
    lines = difflib.ndiff(text.splitlines(), edited.text.splitlines())
    return [line for line in lines if line[0] in "+-"], edited.differences


def test_nothing_wanted_changes_nothing() -> None:
    assert edit_card(CARD, plain(CARD)) == (CARD, ())


def test_a_value_keeps_its_quotes_and_the_comment_beside_it() -> None:
    lines, differences = changed(CARD, lambda card: card.update(name="3.5"))
    assert lines == ['- name: "One"', '+ name: "3.5"']
    assert differences == (Difference("name", "One", "3.5"),)
    lines, _ = changed(CARD, lambda card: card["released"].update(day="2024-10-22"))
    assert lines[1].startswith("+ released: {day: 2024-10-22, source: page} ")
    assert lines[1].endswith("# month only")


def test_a_figure_is_replaced_in_its_line() -> None:
    lines, differences = changed(CARD, lambda card: card["metrics"][1].update(value=77))
    assert [line.split() for line in lines] == [
        ["-", "value:", "1_0", "#", "wide"],
        ["+", "value:", "77", "#", "wide"],
    ]
    assert differences == (Difference("metrics[2].value", "1_0", 77),)


def test_an_entry_goes_before_the_comment_on_what_follows() -> None:
    new = {"metric": "ollama_pulls", "value": 5, "source": "page", "as_of": "2026-11-01"}
    wanted = copy.deepcopy(plain(CARD))
    wanted["metrics"].append(new)
    text = edit_card(CARD, wanted).text
    assert "    # still about stars\n  - metric: ollama_pulls\n" in text
    assert "    as_of: 2026-11-01\n# what it can do\n\nlimitations:" in text


def test_entries_of_a_list_in_flow_style_are_joined_in_flow_style() -> None:
    text = "metrics:\n  - {metric: a, value: 1}\n  # end of metrics\nid: one\n"
    lines, _ = changed(text, lambda card: card["metrics"].append({"metric": "b", "value": 2}))
    assert lines == ["+   - {metric: b, value: 2}"]


def test_a_new_field_stands_where_it_is_wanted() -> None:
    def change(card: dict[str, Any]) -> None:
        held = dict(card)
        card.clear()
        for key, value in held.items():
            card[key] = value
            if key == "released":
                card["licence"] = {"id": "MIT", "source": "page"}

    lines, differences = changed(CARD, change)
    assert lines == ["+ licence:", "+   id: MIT", "+   source: page"]
    assert differences == (Difference("licence", None, {"id": "MIT", "source": "page"}),)
    wanted = copy.deepcopy(plain(CARD))
    change(wanted)
    assert "  source: page\n# popularity\nmetrics:" in edit_card(CARD, wanted).text


def test_after_a_folded_text_the_comment_stays_with_what_follows() -> None:
    wanted = copy.deepcopy(plain(CARD))
    wanted["limitations"].append({"text": "Another."})
    assert "  - text: Another.\n# the end comes near\nbest_for:" in edit_card(CARD, wanted).text


def test_what_is_removed_takes_only_its_own_comments() -> None:
    lines, _ = changed(CARD, lambda card: card["metrics"].pop())
    assert lines == [
        "-   - metric: github_stars", "-     value:   1_0 # wide", "- ", "-     # still about stars",
    ]  # fmt: skip
    lines, _ = changed(CARD, lambda card: card.pop("limitations"))
    assert "- limitations:" in lines and len(lines) == 5
    assert not any("the end comes near" in line for line in lines)


def test_other_manners_of_indenting_are_kept() -> None:
    text = "a:\n    b:\n    -   c: 1\n        d: 2\n# end\ne: [1,  2]\n"
    lines, _ = changed(text, lambda card: card["a"]["b"][0].update(c=3))
    assert len(lines) == 2


def test_line_ends_of_windows_are_kept() -> None:
    text = CARD.replace("\n", "\r\n")
    wanted = {**plain(text), "name": "Two"}
    assert edit_card(text, wanted).text == CARD.replace('"One"', '"Two"').replace("\n", "\r\n")


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: [\n", "- a\n", "a: 1\n---\nb: 2\n"])
def test_what_the_reader_refuses_is_not_edited(text: str) -> None:
    with pytest.raises(CardError):
        edit_card(text, {"a": 1})


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("ruamel"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        edit_card(CARD, {**plain(CARD), "name": "Two"})
    assert caught.value.hint == "pip install 'modelcmp[edit]'"


def test_entries_pair_by_what_names_them() -> None:
    old = [{"metric": "a", "value": 1}, {"metric": "b", "value": 2}, {"metric": "b", "value": 3}]
    new = [{"metric": "b", "value": 3}, {"metric": "c", "value": 1}, {"metric": "b", "value": 9}]
    assert pair_entries(old, new) == [2, None, 1]
    assert list(differ(old, new)) == [
        Difference("[1]", {"metric": "a", "value": 1}, None),
        Difference("[2]", None, {"metric": "c", "value": 1}),
        Difference("[3].value", 2, 9),
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data/models").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_card_of_the_catalogue_changes_in_one_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines, _ = changed(text, lambda card: card.update(summary="Short."))
    assert lines[-1] == "+ summary: Short." and sum(line[0] == "+" for line in lines) == 1


SCALARS = st.sampled_from(["a", "b c", "3.5", "no", "x: y", 1, 2.5, True, None, "long text " * 15])
ENTRIES = st.fixed_dictionaries({"id": st.sampled_from("pqrst"), "n": SCALARS})
CARDS = st.fixed_dictionaries(
    {"id": st.just("one")},
    optional={
        "name": SCALARS,
        "tasks": st.lists(st.sampled_from("abcd"), max_size=3),
        "metrics": st.lists(ENTRIES, max_size=3),
        "links": st.dictionaries(st.sampled_from(["x", "y", "z"]), SCALARS, max_size=3),
        "sources": st.dictionaries(st.sampled_from(["p", "q"]), ENTRIES, max_size=2),
    },
)


@settings(max_examples=150, deadline=None)
@given(CARDS, CARDS, st.randoms(use_true_random=False))
def test_any_card_becomes_any_other_and_comments_on_fields_that_stay_survive(
    first: dict[str, Any], second: dict[str, Any], random: Any
) -> None:
    lines: list[str] = []
    for line in write_yaml(first).splitlines(keepends=True):
        field = line.partition(":")[0]
        if line[0].isalpha() and random.random() < 0.6:
            lines.append(f"# on {field} itself\n")
        lines.append(line)
    text = "".join(lines)
    edited = edit_card(text, second)
    assert plain(edited.text) == second
    for line in lines:
        field = line.split()[2] if line.startswith("# on ") else ""
        if field in first and field in second:
            assert line in edited.text
