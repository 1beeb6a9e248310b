"""`missing` through `main`: names, filters, every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")


def test_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, piece in (
        ("table", "Rank could become"),
        ("markdown", "| Missing fact | In the card |"),
        ("tsv", "id\tdimension\tsignal\ttitle\tfield\trank\tlow\thigh\tswing\n"),
        ("json", '"schema": "modelcmp/missing/1"'),
    ):
        assert main(["missing", "sparse", *OWN, "--format", kind]) == 0
        out, err = capsys.readouterr()
        assert piece in out
        assert err == ""


def test_names_and_filters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missing", *OWN, "--json"]) == 0
    every = {model["id"] for model in json.loads(capsys.readouterr().out)["models"]}
    assert main(["missing", *OWN, "--json", "--task", "text-to-image"]) == 0
    some = {model["id"] for model in json.loads(capsys.readouterr().out)["models"]}
    assert some < every
    assert main(["missing", "Alpha", "alpha", *OWN, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["models"]) == 1
    assert main(["missing", "alpa", *OWN]) == 2
    assert "did you mean alpha" in capsys.readouterr().err


def test_other_weights_give_other_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missing", "sparse", *OWN, "--format", "tsv"]) == 0
    balanced = capsys.readouterr().out
    assert main(["missing", "sparse", *OWN, "--format", "tsv", "--profile", "self-host"]) == 0
    assert capsys.readouterr().out != balanced
