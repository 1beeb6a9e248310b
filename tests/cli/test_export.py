"""`export` through `main`: formats by flag and ending, filters, folders, checks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")
RESULTS = """\
id: {id}
name: {id}
maker: Maker
summary: A model.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
benchmarks:
  - {{name: GSM8K, metric: accuracy, value: 80, tier: maker, source: page, as_of: "2025-01-01"}}
sources: {{page: {{title: Page, url: "https://example.org"}}}}
"""


@pytest.fixture
def own(tmp_path: Path) -> tuple[str, ...]:
    """Return the options for a catalogue of two models with a result each."""
    folder = tmp_path / "cards"
    folder.mkdir()
    for model in ("one", "two"):
        (folder / f"{model}.yaml").write_text(RESULTS.format(id=model))
    return ("--catalogue", str(folder), "--no-builtin", "--as-of", "2026-01-01")


def test_lines_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *OWN]) == 0
    out, err = capsys.readouterr()
    models = [json.loads(line)["id"] for line in out.splitlines()]
    assert len(models) == len(set(models)) == 7
    assert err == ""
    assert main(["export", *OWN, "--task", "text-to-image", "--profile", "demand"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["profile"] == "demand"


def test_the_ending_chooses_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "models.csv"
    assert main(["export", *OWN, "-o", str(path)]) == 0
    assert capsys.readouterr() == ("", f"note: wrote {path}\n")
    with path.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 7
    assert main(["export", *OWN, "-o", str(path), "--check"]) == 0


def test_a_setting_for_other_commands_does_not_stand_in_the_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODELCMP_FORMAT", "table")
    assert main(["export", *OWN]) == 0
    assert capsys.readouterr().out.startswith('{"schema"')
    assert main(["export", *OWN, "--format", "table"]) == 2
    assert "not to be had as table" in capsys.readouterr().err


def test_results_into_a_folder(
    own: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "results"
    command = ["export", *own, "--format", "eval-results", "-o", f"{folder}/"]
    assert main(command) == 2
    assert "no such folder" in capsys.readouterr().err
    folder.mkdir()
    assert main(command) == 0
    assert capsys.readouterr() == ("", f"note: wrote 2 files into {folder}\n")
    assert sorted(path.name for path in folder.iterdir()) == ["one.yaml", "two.yaml"]
    assert main([*command, "--check"]) == 0
    (folder / "two.yaml").write_text("old\n")
    assert main([*command, "--check"]) == 1
    assert (folder / "two.yaml").read_text() == "old\n"


def test_no_file_is_written_through_a_link_out_of_the_folder(
    own: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, outside = tmp_path / "results", tmp_path / "outside.yaml"
    folder.mkdir()
    outside.write_text("mine\n")
    (folder / "one.yaml").symlink_to(outside)
    assert main(["export", *own, "--format", "eval-results", "-o", str(folder)]) == 2
    assert outside.read_text() == "mine\n"
    assert "is a link out of the folder" in capsys.readouterr().err


def test_results_as_one_stream(own: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *own, "--format", "eval-results"]) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("#")] == ["# one", "# two"]
    assert err == ""
