"""Named weights: how much each dimension counts, and the rules for changing them."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from modelcmp.errors import UnknownNameError, UsageError, did_you_mean
from modelcmp.scoring.signals import DIMENSIONS


class WeightProfile(NamedTuple):
    """Weights by dimension id, as people write them; only their proportions matter."""

    id: str
    weights: dict[str, float]
    meaning: str = ""

    def shares(self, configured: frozenset[str]) -> dict[str, float]:
        """Return the share (0-1) of each configured dimension; they sum to 1.

        A dimension that is off in this installation spreads its weight over the others in
        proportion, for every model alike.
        """
        total = math.fsum(w for d, w in self.weights.items() if d in configured)
        if total <= 0:
            raise UsageError(
                f"profile {self.id} gives all its weight to what is not configured here",
                hint="give another dimension some weight, such as --weight quality=30",
            )
        return {d.id: self.weights[d.id] / total for d in DIMENSIONS if d.id in configured}


def _profile(name: str, meaning: str, *weights: float) -> WeightProfile:
    by_dimension = dict(zip((d.id for d in DIMENSIONS), weights, strict=True))
    return WeightProfile(name, by_dimension, meaning)


PROFILES: dict[str, WeightProfile] = {
    profile.id: profile
    for profile in (
        _profile("balanced", "No special need; quality counts most.", 25, 35, 20, 15, 5),
        _profile(
            "production", "Something others rely on: use and support count.", 30, 25, 25, 15, 5
        ),
        _profile("quality-first", "The best result, whatever it takes.", 10, 65, 10, 10, 5),
        _profile(
            "self-host", "To run on one's own machines: formats, runtimes, terms.", 15, 30, 45, 5, 5
        ),
        _profile("demand", "What people look for and pick.", 15, 20, 15, 45, 5),
    )
}
DEFAULT_PROFILE = "balanced"
LARGEST_WEIGHT = 1_000_000


def resolve_profile(
    name: str,
    own: Mapping[str, Mapping[str, float]] | None = None,
    overrides: Mapping[str, float] | None = None,
) -> WeightProfile:
    """Return the profile of this name, with single weights replaced.

    `own` are profiles of the user's configuration; a dimension one leaves out weighs 0. Raises
    UnknownNameError for a name that is neither, UsageError for weights that cannot be.
    """
    known = {**PROFILES, **{key: _own_profile(key, value) for key, value in (own or {}).items()}}
    if name not in known:
        raise UnknownNameError(
            f"no profile is called {name}",
            hint=did_you_mean(name, known) or f"there are {', '.join(known)}",
        )
    profile = known[name]
    if overrides:
        weights = {**profile.weights, **overrides}
        profile = WeightProfile(f"{name}, adjusted", weights, profile.meaning)
    _check(profile)
    return profile


def _own_profile(name: str, weights: Mapping[str, float]) -> WeightProfile:
    zeros = {d.id: 0.0 for d in DIMENSIONS}
    return WeightProfile(name, {**zeros, **weights}, "From the configuration.")


def _check(profile: WeightProfile) -> None:
    known = [d.id for d in DIMENSIONS]
    for dimension, weight in profile.weights.items():
        if dimension not in known:
            raise UnknownNameError(
                f"profile {profile.id}: no dimension is called {dimension}",
                hint=did_you_mean(dimension, known) or f"there are {', '.join(known)}",
            )
        if not 0 <= weight <= LARGEST_WEIGHT:
            raise UsageError(
                f"profile {profile.id}: the weight of {dimension} must be 0 or more, "
                f"at most {LARGEST_WEIGHT:,}"
            )
    if not any(profile.weights.values()):
        raise UsageError(f"profile {profile.id}: at least one weight must be above 0")
