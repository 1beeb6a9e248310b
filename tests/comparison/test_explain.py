"""What a word of the output means: every word has an answer made from its table."""

from __future__ import annotations

import pytest

from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.explain import explain, explainable
from modelcmp.comparison.verdict import CALLS
from modelcmp.errors import UnknownNameError
from modelcmp.scoring.profiles import PROFILES
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS


def test_words_are_those_of_the_tables_each_once() -> None:
    """Signals, dimensions, profiles and calls; no word means two things."""
    words = explainable()
    assert set(words) == {
        *(s.id for s in SIGNALS), *(d.id for d in DIMENSIONS), *PROFILES, *CALLS,
    }  # fmt: skip
    assert len(words) == len(set(words))


@pytest.mark.parametrize("word", explainable())
def test_every_word_is_explained(registry: Registry, word: str) -> None:
    """A title, a sentence and a table with nothing left empty but remarks."""
    facts = explain(word, registry)
    assert facts.id == word
    assert facts.title
    assert facts.text.endswith(".")
    assert facts.rows
    assert all(name and value for name, value, _ in facts.rows)


@pytest.mark.parametrize(
    ("kind", "word"),
    [("signal", "hf_likes"), ("dimension", "quality"), ("profile", "demand"), ("call", "tie")],
)
def test_kind_is_said(registry: Registry, kind: str, word: str) -> None:
    """What sort of word it is."""
    assert explain(word, registry).kind == kind


@pytest.mark.parametrize("word", ["QUALITY", "  quality ", "Quality\n"])
def test_letter_case_and_space_do_not_count(registry: Registry, word: str) -> None:
    """People type words as they come."""
    assert explain(word, registry).id == "quality"


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.id)
def test_signal_says_its_row(registry: Registry, signal: object) -> None:
    """Dimension, weight, unit, direction and scale, as the table has them."""
    row = next(s for s in SIGNALS if s == signal)
    told = {name: value for name, value, _ in explain(row.id, registry).rows}
    assert told["dimension"] == row.dimension
    assert told["weight"] == f"{100 * row.weight:.0f} % of the dimension"
    assert told["unit"] == row.unit
    assert told["direction"] == row.direction
    assert told["scale"] == row.scale.describe()


@pytest.mark.parametrize(
    ("word", "row"),
    [
        pytest.param("hf_downloads_30d", ("10,000", "40.1", "worked value"), id="downloads"),
        pytest.param("hf_likes", ("1,000", "66.8", "worked value"), id="likes"),
        pytest.param("api_providers", ("0", "0.0", "worked value"), id="zero"),
        pytest.param("api_providers", ("50", "100.0", "worked value"), id="full-marks"),
        pytest.param("weight_formats", ("1", "33.3", "worked value"), id="formats"),
        pytest.param("benchmarks", ("maker", "0.6", "evidence tier, scales coverage"), id="tier"),
        pytest.param("balanced", ("quality", "35 %"), id="weight-of-a-profile"),
        pytest.param("demand", ("match", "45 %"), id="weight-of-another-profile"),
        pytest.param("adoption", ("hf_downloads_30d", "35 %"), id="weight-of-a-signal"),
        pytest.param("tie", ("tie", CALLS["tie"].rule, "this one"), id="call"),
        pytest.param("tie", ("leans", CALLS["leans"].rule, ""), id="the-other-calls"),
    ],
)
def test_rows_hold_the_numbers_of_the_tables(
    registry: Registry, word: str, row: tuple[str, ...]
) -> None:
    """Worked values, tiers, weights and rules."""
    assert row in [found[: len(row)] for found in explain(word, registry).rows]


def test_calls_are_told_in_the_order_they_are_tried(registry: Registry) -> None:
    """From the most cautious to the boldest."""
    assert [name for name, _, _ in explain("clear", registry).rows] == list(CALLS)
    assert list(CALLS) == ["different-jobs", "insufficient", "tie", "leans", "clear", "dominates"]


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        ("different-jobs", ("0.2",)),
        ("insufficient", ("40%",)),
        ("tie", ("2", "1.96")),
        ("clear", ("5", "75%", "60%")),
        ("dominates", ("5",)),
    ],
)
def test_rules_say_the_thresholds_of_the_method(rule: str, numbers: tuple[str, ...]) -> None:
    """The numbers a call depends on stand in its rule."""
    for number in numbers:
        assert number in CALLS[rule].rule


def test_licences_are_listed_with_their_points(registry: Registry) -> None:
    """Every class of the registry, with what it earns and allows."""
    rows = explain("licence_class", registry).rows
    for group in registry.licences.values():
        assert (group.title, str(group.points), group.meaning) in rows


def test_expected_sets_are_listed(registry: Registry) -> None:
    """Every task that has a set, with its benchmarks."""
    rows = explain("benchmarks", registry).rows
    for task, names in registry.expected.items():
        assert (task, ", ".join(names), "expected") in rows


def test_dimension_says_what_unknown_counts_as(registry: Registry) -> None:
    """The assumed value stands where a dimension is explained."""
    assert "30 of 100" in explain("quality", registry).text


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("qualty", "quality"),
        ("hf-likes", "hf_likes"),
        ("selfhost", "self-host"),
        ("dominate", "dominates"),
        ("zzzzzz", "there are hf_downloads_30d"),
    ],
)
def test_unknown_word_suggests(registry: Registry, word: str, meant: str) -> None:
    """A word that is none is named with what was probably meant, or with all there are."""
    with pytest.raises(UnknownNameError) as caught:
        explain(word, registry)
    assert word in caught.value.message
    assert meant in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_every_benchmark_and_task_is_explained(registry: Registry) -> None:
    """By its name in any letter case, with the reason for each constant."""
    for row in registry.benchmarks:
        facts = explain(row.name.upper(), registry)
        assert facts.kind == "benchmark"
        assert row.why in [why for _, _, why in facts.rows]
    for task in registry.tasks:
        assert explain(task, registry).kind == "task"
        assert (
            registry.expected_why.get(task, "No benchmarks are agreed")
            in explain(task, registry).text
        )
    everything = explainable(registry)
    assert len(everything) == len(set(everything))


def test_a_scale_says_which_way_is_better(registry: Registry) -> None:
    asr = explain("automatic-speech-recognition", registry)
    assert any("less is better" in value for _, value, _ in asr.rows)
    assert any("not scored" in value for _, value, _ in explain("MTEB English", registry).rows)
    assert any("scores 50" in value for _, value, _ in explain("LMArena text", registry).rows)
