"""Named weights: the table of the method, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.errors import UnknownNameError, UsageError
from modelcmp.scoring.profiles import DEFAULT_PROFILE, PROFILES, WeightProfile, resolve_profile
from modelcmp.scoring.signals import DIMENSIONS

NAMES = ("adoption", "quality", "ecosystem", "match", "freshness")
WITHOUT_MATCH = frozenset(NAMES) - {"match"}


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("balanced", (25, 35, 20, 15, 5)),
        ("production", (30, 25, 25, 15, 5)),
        ("quality-first", (10, 65, 10, 10, 5)),
        ("self-host", (15, 30, 45, 5, 5)),
        ("demand", (15, 20, 15, 45, 5)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_profiles_are_those_of_the_method(name: str, weights: tuple[float, ...]) -> None:
    """Every row of the method's table, each adding up to 100."""
    assert resolve_profile(name).weights == dict(zip(NAMES, weights, strict=True))
    assert sum(weights) == 100


def test_there_are_five_profiles_and_balanced_is_the_default() -> None:
    """The table of the method is the whole table."""
    assert set(PROFILES) == {"balanced", "production", "quality-first", "self-host", "demand"}
    assert DEFAULT_PROFILE == "balanced"
    assert tuple(d.id for d in DIMENSIONS) == NAMES


def test_shares_without_the_match_graph_are_spread_in_proportion() -> None:
    """Balanced without its 15 points of match: each weight out of the remaining 85."""
    shares = resolve_profile("balanced").shares(WITHOUT_MATCH)
    assert shares == pytest.approx(
        {"adoption": 25 / 85, "quality": 35 / 85, "ecosystem": 20 / 85, "freshness": 5 / 85}
    )


def test_shares_with_everything_configured_are_the_weights() -> None:
    """With all dimensions on, 35 of 100 is a share of 0.35."""
    shares = resolve_profile("balanced").shares(frozenset(NAMES))
    assert shares["quality"] == pytest.approx(0.35)
    assert shares["match"] == pytest.approx(0.15)


def test_overrides_replace_single_weights() -> None:
    """`--weight quality=50` leaves the others as they are, and the name says it was adjusted."""
    profile = resolve_profile("balanced", overrides={"quality": 50})
    assert profile.weights == {**PROFILES["balanced"].weights, "quality": 50}
    assert profile.id == "balanced, adjusted"
    assert PROFILES["balanced"].weights["quality"] == 35


def test_own_profile_leaves_out_what_weighs_nothing() -> None:
    """A dimension that a profile of the configuration does not name weighs 0."""
    profile = resolve_profile("mine", {"mine": {"quality": 3, "freshness": 1}})
    assert profile.weights == {
        "adoption": 0, "quality": 3, "ecosystem": 0, "match": 0, "freshness": 1,
    }  # fmt: skip
    assert profile.shares(WITHOUT_MATCH)["quality"] == 0.75


def test_own_profile_may_take_the_name_of_a_built_in_one() -> None:
    """The configuration has the last word."""
    profile = resolve_profile("balanced", {"balanced": {"quality": 1}})
    assert profile.shares(WITHOUT_MATCH)["quality"] == 1.0


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"quality": -1.0}, id="negative"),
        pytest.param({"quality": math.nan}, id="nan"),
        pytest.param({"quality": math.inf}, id="infinite"),
        pytest.param(dict.fromkeys(NAMES, 0.0), id="all-zero"),
    ],
)
def test_impossible_weights_are_refused(overrides: dict[str, float]) -> None:
    """Weights must be finite, 0 or more, and not all 0."""
    with pytest.raises(UsageError, match="weight"):
        resolve_profile("balanced", overrides=overrides)


def test_own_profile_of_nothing_is_refused() -> None:
    """An empty table of weights has nothing to weigh with."""
    with pytest.raises(UsageError, match="at least one weight"):
        resolve_profile("mine", {"mine": {}})


def test_weights_that_add_up_to_infinity_are_refused() -> None:
    """Two finite weights whose sum is not finite are a usage error, never a crash."""
    with pytest.raises(UsageError, match="weight"):
        resolve_profile("balanced", overrides={"quality": 1e308, "adoption": 1e308}).shares(
            WITHOUT_MATCH
        )


@pytest.mark.parametrize(
    ("name", "hint"),
    [("ballanced", "balanced"), ("selfhost", "self-host"), ("zzz", "there are balanced")],
)
def test_unknown_profile_suggests(name: str, hint: str) -> None:
    """A misspelt profile is named with what was probably meant, or with all there are."""
    with pytest.raises(UnknownNameError, match=name) as caught:
        resolve_profile(name)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("dimension", "hint"), [("qualty", "quality"), ("zzz", "there are adoption")]
)
def test_unknown_dimension_suggests(dimension: str, hint: str) -> None:
    """A weight for something that is no dimension is refused, never ignored."""
    with pytest.raises(UnknownNameError, match=dimension) as caught:
        resolve_profile("balanced", overrides={dimension: 1})
    assert hint in (caught.value.hint or "")


def test_all_weight_on_what_is_not_configured_is_refused() -> None:
    """Without a search log, a profile of match alone has nothing to go by."""
    profile = resolve_profile("mine", {"mine": {"match": 1}})
    with pytest.raises(UsageError, match="not configured") as caught:
        profile.shares(WITHOUT_MATCH)
    assert caught.value.hint


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(0, 1e6), min_size=5, max_size=5).filter(lambda w: sum(w) - w[3] > 1e-3),
    st.floats(0.01, 100),
    st.booleans(),
)
def test_only_the_proportions_of_weights_matter(
    weights: list[float], factor: float, with_match: bool
) -> None:
    """Shares sum to 1, lie in 0-1, and stay when all weights are multiplied."""
    configured = frozenset(NAMES) if with_match else WITHOUT_MATCH
    one = WeightProfile("one", dict(zip(NAMES, weights, strict=True))).shares(configured)
    many = WeightProfile("many", {n: w * factor for n, w in zip(NAMES, weights, strict=True)})
    assert sum(one.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in one.values())
    assert set(one) == configured
    assert many.shares(configured) == pytest.approx(one)


@pytest.mark.parametrize(
    ("weights", "message", "hint"),
    [
        (
            {"qualty": 1},
            "profile balanced, adjusted: no dimension is called qualty",
            "did you mean quality?",
        ),
        (
            {"zzz": 1},
            "profile balanced, adjusted: no dimension is called zzz",
            "there are adoption, quality, ecosystem, match, freshness",
        ),
        (
            {"quality": 1_000_001},
            "profile balanced, adjusted: the weight of quality must be 0 or more, at most 1,000,000",
            None,
        ),
        (
            dict.fromkeys(NAMES, 0.0),
            "profile balanced, adjusted: at least one weight must be above 0",
            None,
        ),
    ],
)
def test_a_refused_weight_is_told_in_full(
    weights: dict[str, float], message: str, hint: str | None
) -> None:
    with pytest.raises((UsageError, UnknownNameError)) as caught:
        resolve_profile("balanced", overrides=weights)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize("weight", [0, 1_000_000])
def test_the_edges_of_a_weight_are_taken(weight: float) -> None:
    assert resolve_profile("balanced", overrides={"match": weight}).weights["match"] == weight


def test_an_unknown_profile_is_told_in_full() -> None:
    with pytest.raises(UnknownNameError) as caught:
        resolve_profile("zzz", {"mine": {"quality": 1}})
    assert caught.value.message == "no profile is called zzz"
    assert caught.value.hint == (
        "there are balanced, production, quality-first, self-host, demand, mine"
    )
    with pytest.raises(UnknownNameError) as caught:
        resolve_profile("ballanced")
    assert caught.value.hint == "did you mean balanced?"


def test_weight_on_nothing_configured_is_told_in_full() -> None:
    with pytest.raises(UsageError) as caught:
        resolve_profile("mine", {"mine": {"match": 1}}).shares(WITHOUT_MATCH)
    assert (
        caught.value.message == "profile mine gives all its weight to what is not configured here"
    )
    assert caught.value.hint == "give another dimension some weight, such as --weight quality=30"


def test_a_profile_keeps_its_name_and_meaning() -> None:
    mine = {"mine": {"quality": 0.5}}
    assert resolve_profile("mine", mine)[::2] == ("mine", "From the configuration.")
    assert resolve_profile("mine", mine, {"match": 2})[::2] == (
        "mine, adjusted", "From the configuration.",
    )  # fmt: skip
    assert resolve_profile("balanced") is PROFILES["balanced"]
    assert resolve_profile("mine", mine).shares(WITHOUT_MATCH)["quality"] == 1.0


def test_every_built_in_profile_says_what_it_is_for() -> None:
    for name, profile in PROFILES.items():
        assert profile.id == name
        assert profile.meaning.endswith(".")
    assert WeightProfile("mine", {}).meaning == ""
