"""Compare AI models from sourced cards: ranks with coverage, verdicts with reasons.

from modelcmp import compare, load_catalogue

comparison = compare("bakllava", "sd35-large")
comparison.verdict.call     # "different-jobs"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelcmp.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from modelcmp.catalogue.loading import Catalogue
    from modelcmp.comparison.compare import Comparison


__all__ = ["__version__", "compare", "load_catalogue"]


def load_catalogue(
    *directories: str, builtin: bool = True, signals: str | Path | None = None
) -> Catalogue:
    """Return the catalogue of the built-in cards and of these directories; no card is opened yet.

    `signals` is a file of figures, as `modelcmp refresh --signals` writes it, read over the cards.
    """
    from pathlib import Path

    from modelcmp.catalogue import loading

    path = None if signals is None else Path(signals)
    return loading.load_catalogue(directories, builtin=builtin, signals=path)


def compare(
    *names: str,
    catalogue: Catalogue | None = None,
    profile: str = "balanced",
    weights: Mapping[str, float] | None = None,
    as_of: str | None = None,
) -> Comparison:
    """Return the comparison of two or more models, named by id or alias.

    `weights` (dimension -> number) changes the profile. Raises a ModelcmpError for a name or weight
    that cannot be.
    """
    from modelcmp.comparison.compare import compare_models
    from modelcmp.scoring.profiles import resolve_profile
    from modelcmp.scoring.rank import make_method
    from modelcmp.scoring.values import Circumstances

    cards = catalogue or load_catalogue()
    chosen = resolve_profile(profile, overrides=weights)
    method = make_method(chosen, Circumstances(cards.registry, as_of or cards.as_of))
    return compare_models([cards.get(name) for name in names], method)
