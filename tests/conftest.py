"""What tests share: cards built from a few words, and a method whose numbers stay put."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method
from modelcmp.scoring.values import Circumstances

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-23"


def card_fields(model_id: str = "one", **changes: Any) -> dict[str, Any]:
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


@pytest.fixture
def make_card() -> Callable[..., ModelCard]:
    """Return a maker of cards: `make_card("id", field=plain value)`."""
    return lambda model_id="one", **changes: build(ModelCard, card_fields(model_id, **changes))


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the tables of the repository, read without a cache."""
    return load_catalogue(cache=None).registry


@pytest.fixture
def method(registry: Registry) -> Method:
    """Return the balanced method as of a fixed day."""
    return make_method(resolve_profile("balanced"), Circumstances(registry, AS_OF))


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep every test away from the user's cache, configuration and colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CATALOGUE", "EVIDENCE", "FORMAT", "PROFILE", "DEBUG"):
        monkeypatch.delenv(f"MODELCMP_{name}", raising=False)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
