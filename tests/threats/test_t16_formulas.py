"""T16: no cell of a table for spreadsheets is a formula; numbers stay numbers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.threats.hostile import hostile_fields, write_cards

from modelcmp.render.clean import tsv

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example")', '"=1+1', "-2+3+cmd|' /C calc'!A0", " =1+1", "a;=1+1",
)  # fmt: skip
RUN = tuple("=+-@\t\r＝＋－＠")
COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "rank": ("rank",),
    "show": ("show", "bad", "--full"),
    "compare": ("compare", "bad", "bad-1", "bad-2"),
    "search": ("search", "=1+1 plain writing"),
    "missing": ("missing",),
    "explain": ("explain", "leans"),
    "config": ("config",),
    "export": ("export", "--format", "csv"),
}


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def cells(command: str, text: str) -> list[list[str]]:
    """Return the rows of a table as a spreadsheet reads them."""
    if command == "export":
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [line.split("\t") for line in text.split("\n")[:-1]]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_cell_is_a_formula(command: str, tmp_path: Path, run: Any) -> None:
    own = write_cards(tmp_path / "cards", FORMULAS)
    form = () if command == "export" else ("--format", "tsv")
    result = run(*COMMANDS[command], *form, *own)
    assert result.code == 0, result.err
    rows = cells(command, result.out)
    assert len({len(row) for row in rows}) == 1 and len(rows) > 1
    told = [cell for row in rows for cell in row]
    assert not [cell for cell in told if cell.startswith(RUN) and not is_number(cell)]
    if command in ("list", "rank", "export"):
        assert {f"'{text}" for text in FORMULAS if text.startswith(RUN)} <= set(told)


def test_a_changed_cell_of_diff_is_none(tmp_path: Path, run: Any) -> None:
    write_cards(tmp_path / "before", ["was"] * len(FORMULAS))
    write_cards(tmp_path / "after", FORMULAS)
    sides = (str(tmp_path / "before"), str(tmp_path / "after"))
    result = run("diff", *sides, "--format", "tsv", "--no-builtin")
    assert result.code == 0 and "cmd|" in result.out
    told = [cell for row in cells("diff", result.out) for cell in row]
    assert not [cell for cell in told if cell.startswith(RUN) and not is_number(cell)]


def test_numbers_are_not_touched(tmp_path: Path, run: Any) -> None:
    folder = tmp_path / "cards"
    own = write_cards(folder, ["=1+1"])
    fields = hostile_fields("=1+1")
    fields["benchmarks"][1]["value"] = -7.5
    (folder / "bad.yaml").write_text(json.dumps(fields))
    found = run("export", "--format", "csv", *own).out
    row = next(csv.DictReader(io.StringIO(found)))
    for column in ("rank", "coverage", "parameters", "context_tokens", "price_usd", "benchmarks"):
        float(row[column])
    assert row["price_usd"] == "0.5" and row["parameters"] == "7000000000"
    assert json.loads(run("export", *own).out.splitlines()[0])["card"]["name"] == "=1+1"


@pytest.mark.parametrize("start", RUN)
def test_each_sign_gets_a_quote_mark(start: str) -> None:
    cell = tsv(f"{start}1")
    assert not cell.startswith(RUN)
    assert tsv(f"a{start}1").startswith("a")
