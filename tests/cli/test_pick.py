"""Searches are remembered only when asked, and a pick counts for the search before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "evidence.sqlite"


def export(store: Path) -> list[str]:
    from modelcmp.matching.store import dump, reading_store

    with reading_store(store) as held:
        return dump(held)


def test_nothing_is_recorded_unless_asked(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "write text", "--no-evidence", *OWN]) == 0
    assert not store.exists()
    assert not (tmp_path / "data").exists()


def test_a_search_and_a_pick_are_counted(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ("--evidence", str(store), *OWN)
    assert main(["search", "Write TEXT, mail ann@example.org!", "--remember", *own]) == 0
    shown = capsys.readouterr()
    assert "note: remembered \u201cwrite text, mail [redacted]\u201d" in shown.err
    assert main(["pick", "ALPHA", *own]) == 0
    assert "alpha was picked for \u201cwrite text, mail [redacted]\u201d" in capsys.readouterr().err
    assert b"ann@example.org" not in store.read_bytes()
    assert main(["show", "alpha", "--json", *own]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["times_matched"] == 1
    assert main(["pick", "gamma", "--for", "big text", *own]) == 0
    capsys.readouterr()
    assert main(["evidence", "stats", "--json", *own]) == 0
    rows = {row["name"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["episodes"] == "2"


def test_a_pick_needs_something_to_be_for(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pick", "alpha", "--evidence", str(store), *OWN]) == 2
    assert "no search was remembered that this pick could be for" in capsys.readouterr().err


def test_the_configuration_can_ask_for_it(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modelcmp.toml").write_text('remember = true\nevidence = "evidence.sqlite"\n')
    assert main(["search", "write text", *OWN]) == 0
    assert store.exists()
    before = export(store)
    assert main(["search", "write text", "--no-remember", *OWN]) == 0
    assert export(store) == before
