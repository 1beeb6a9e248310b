"""What a program that imports modelcmp may rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelcmp
from modelcmp.errors import UnknownNameError

CASES = str(Path(__file__).resolve().parent / "cases")


def test_compare_two_models() -> None:
    comparison = modelcmp.compare("bakllava", "sd35-large")
    assert comparison.ids == ("bakllava", "sd35-large")
    assert comparison.verdict.call == "different-jobs"


def test_own_catalogue_profile_and_weights() -> None:
    catalogue = modelcmp.load_catalogue(CASES, builtin=False)
    comparison = modelcmp.compare(
        "alpha", "gamma", catalogue=catalogue, profile="demand", weights={"adoption": 90}
    )
    assert comparison.verdict.leader == "gamma"
    assert comparison.method.profile.weights["adoption"] == 90
    with pytest.raises(UnknownNameError):
        modelcmp.compare("alpha", "nobody", catalogue=catalogue)


def test_every_public_name_is_there() -> None:
    assert all(hasattr(modelcmp, name) for name in modelcmp.__all__)


def test_a_catalogue_reads_a_file_of_figures_over_its_cards(tmp_path: Path) -> None:
    row = "{metric: hf_downloads_30d, repository: maker/alpha, value: 7, as_of: 2026-11-25}"
    (tmp_path / "signals.yaml").write_text(f"figures:\n  - {row}\n", encoding="utf-8")
    catalogue = modelcmp.load_catalogue(CASES, builtin=False, signals=tmp_path / "signals.yaml")
    found = {m.metric: m.value for m in catalogue.get("alpha").metrics}
    assert found["hf_downloads_30d"] == 7
