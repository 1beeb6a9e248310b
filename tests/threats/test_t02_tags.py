"""T2: tags that make Python objects, or any tag at all, on text, lists and mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TAGS = (
    "!!python/object/apply:os.system", "!!python/object/new:os.mkdir", "!!python/name:os.system",
    "!!python/module:antigravity", "!!python/tuple", "!!python/object:os.Thing", "!!binary",
    "!!set", "!!omap", "!!timestamp", "!!str", "!!int", "!own", "!<tag:example.org,2026:x>",
)  # fmt: skip
NODES = {"text": "touch {}", "list": "[touch {}]", "mapping": "{{args: [touch {}]}}"}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())
@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_refused_and_runs_nothing(
    tag: str, node: str, spoilt: Any, card_text: Any, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    value = node.format(made.as_posix())
    spoilt.assert_refused(card_text("bad", f"maker_note: {tag} {value}\n").encode(), "a tag (")
    assert not made.exists()
