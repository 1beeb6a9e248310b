"""`validate --strict` through `main`: severities, exit codes, every format, GitHub's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelcmp.cli import main

CARD = """\
id: {id}
name: {id}
maker: Maker
summary: A model.
tasks: [text-generation]
modalities: {{input: [text], output: [text]}}
context: {{tokens: 100, max_output_tokens: {longest}, source: page}}
metrics:
  - {{metric: hf_downloads_30d, value: {downloads}, source: page, as_of: "2026-01-01"}}
  - {{metric: hf_likes, value: 5, source: page, as_of: "2026-01-01"}}
sources: {{page: {{title: Page}}}}
"""


def write(folder: Path, model: str, *, longest: int = 10, downloads: int = 5) -> Path:
    path = folder / f"{model}.yaml"
    path.write_text(CARD.format(id=model, longest=longest, downloads=downloads))
    return path


def test_a_warning_fails_strict_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "m", longest=200)
    assert main(["validate", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "note: 1 card checked, no problems\n")
    assert main(["validate", "--strict", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{tmp_path}/m.yaml:7:43: context.max_output_tokens: 200 is more than the window of 100 "
        "tokens [warning: output-over-context]",
        "  hint: look at the source: one of the two belongs to another model or plan",
    ]
    assert err.startswith("error: 1 warning in 1 card\n")
    assert main(["validate", "--strict", "--exit-zero", str(tmp_path)]) == 0


def test_a_spread_is_told_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "m", downloads=10_000_000)
    assert main(["validate", "--strict", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modelcmp/findings/1"
    assert document["counts"] == {"error": 0, "warning": 0, "notice": 1}
    (found,) = document["problems"]
    assert (found["code"], found["field"], found["line"]) == ("signal-spread", "metrics[2]", 10)
    assert set(found) == {
        "file", "line", "column", "field", "code", "severity", "message", "hint",
    }  # fmt: skip


def test_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "m", longest=200)
    monkeypatch.chdir(tmp_path)
    for kind, piece in (
        ("markdown", "| warning: output-over-context |"),
        ("table", "[warning: output-over-context]"),
        ("tsv", "[warning: output-over-context]"),
        ("github", "::warning file=m.yaml,title=modelcmp output-over-context,line=7,col=43::"),
    ):
        assert main(["validate", "--strict", ".", "--format", kind]) == 1
        assert piece in capsys.readouterr().out
    assert main(["validate", "--strict", ".", "-o", "found.tsv"]) == 1
    head, line = (tmp_path / "found.tsv").read_text().splitlines()
    assert head.split("\t")[:4] == ["file", "line", "column", "severity"]
    assert line.split("\t")[:4] == ["m.yaml", "7", "43", "warning"]


def test_github_paths_are_those_of_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "m", longest=200)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--strict", str(tmp_path), "--format", "github"]) == 1
    assert "::warning file=m.yaml," in capsys.readouterr().out


def test_other_commands_have_no_github_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--format", "github"]) == 2
    assert "no format is called github" in capsys.readouterr().err


def test_cards_know_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model in ("a", "b"):
        path = write(tmp_path, model)
        path.write_text(path.read_text() + "variants: [{name: V, model: b, source: page}]\n")
    assert main(["validate", "--strict", str(tmp_path)]) == 0
    assert main(["validate", "--strict", str(tmp_path / "a.yaml")]) == 1
    assert "no card is called b" in capsys.readouterr().out
    both = [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    assert main(["validate", "--strict", *both]) == 0


def test_the_day_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of January lie in the future of a December; a text that is no day is refused."""
    write(tmp_path, "m")
    assert main(["validate", "--strict", str(tmp_path), "--as-of", "2025-12-31"]) == 1
    assert "[warning: future-day]" in capsys.readouterr().out
    assert main(["validate", "--strict", str(tmp_path), "--as-of", "soon"]) == 2
    assert "soon is no day" in capsys.readouterr().err
