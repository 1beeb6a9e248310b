"""T14: text that a CI runner would take for one of its commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

COMMANDS = (
    "::error file=a.py::boom", "::set-output name=x::y", "::add-mask::x", "::stop-commands::t",
    "##[group]x", "##[error]boom", "  ::warning::x", "::endgroup::",
)  # fmt: skip
FORMATS = ("table", "markdown", "tsv")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", COMMANDS)
def test_no_line_begins_with_a_command(
    text: str, kind: str, spoilt: Any, card_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    quoted = json.dumps(text)
    card = card_text(
        "bad", f"limitations: [{{text: {quoted}, source: page}}]\nbest_for: [{quoted}]\n"
    )
    spoilt.put(card.replace("name: bad", f"name: {quoted}").encode())
    for words in (("show", "bad", "--full"), ("compare", "bad", "good", "--full"), ("list",)):
        result = spoilt.run(*words, "--format", kind, *spoilt.own)
        assert result.code == 0
        for line in (result.out + result.err).splitlines():
            assert not line.lstrip().startswith(("::", "##[")), line


@pytest.mark.parametrize("text", COMMANDS)
def test_no_line_of_an_error_begins_with_one(text: str, spoilt: Any) -> None:
    result = spoilt.run("show", *spoilt.own, "--", f"x\n{text}", "")
    assert result.code == 2
    for line in result.err.splitlines():
        assert not line.lstrip().startswith(("::", "##[")), line
