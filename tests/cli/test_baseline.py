"""`compare --baseline` and `--max-drop` through `main`, in every format."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from modelcmp.catalogue.limits import BASELINE_BYTES
from modelcmp.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a runner of comparisons of alpha and beta over a copy of the cases.

    Its baseline is old.json; alpha has lost most of its downloads since.
    """
    cards = tmp_path / "cards"
    shutil.copytree(ROOT / "tests" / "cases", cards)
    monkeypatch.chdir(tmp_path)

    def runner(*arguments: str) -> tuple[int, str, str]:
        given = ("compare", "alpha", "beta", "--catalogue", "cards", "--no-builtin", *arguments)
        code = main(given)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    assert runner("--json", "-o", "old.json")[0] == 0
    alpha = cards / "alpha.yaml"
    text = alpha.read_text()
    assert "value: 100000," in text
    alpha.write_text(text.replace("value: 100000,", "value: 0,"))
    return runner


@pytest.mark.parametrize("kind", ["table", "markdown", "json", "tsv"])
def test_every_format_tells_what_moved(run: Run, kind: str) -> None:
    code, out, _ = run("--baseline", "old.json", "--format", kind)
    assert code == 0
    document = json.loads(run("--baseline", "old.json", "--json")[1])["baseline"]["models"][0]
    was, now = document["rank_was"], document["rank_now"]
    assert was > now
    if kind == "tsv":
        cells = dict(line.split("\t")[:2] for line in out.splitlines())
        assert float(cells["baseline_rank"]) == was
        assert float(cells["rank_change"]) == round(now - was, 1)
        assert (cells["moved"], cells["within_noise"]) == ("hf_downloads_30d", "no")
    elif kind == "json":
        (signal,) = document["signals"]
        assert (signal["was"]["text"], signal["now"]["text"]) == ("100,000", "0")
        assert signal["now"]["evidence"][0]["source"] == "A page"
        assert signal["now"]["evidence"][0]["as_of"] == "2026-11-01"
    else:
        flat = " ".join(out.split())
        assert f"{was - now:.1f} lower than the {was:.1f} of the baseline" in flat
        assert "Since the baseline of 2026-11-23" in flat
        for text in ("100,000", "(60.0)", "0 (0.0)"):
            assert text in flat


def test_the_gate_decides_the_exit_code(run: Run) -> None:
    code, out, err = run("--baseline", "old.json", "--max-drop", "2")
    assert code == 1 and out.startswith("# Alpha vs Beta")
    assert err.startswith("error: alpha fell by ") and err.endswith(", more than 2\n")
    assert run("--baseline", "old.json", "--max-drop", "50")[0] == 0


def test_json_keeps_its_schema(run: Run) -> None:
    schema = json.loads((ROOT / "data" / "schema" / "comparison.json").read_text())
    for more in ((), ("--profile", "production")):
        document = json.loads(run("--baseline", "old.json", "--json", *more)[1])
        jsonschema.validate(document, schema)
        definition = schema["properties"]["baseline"]["anyOf"][0]
        assert set(document["baseline"]) == set(definition["properties"])
        model = definition["properties"]["models"]["items"]
        assert set(document["baseline"]["models"][0]) == set(model["properties"])
        signal = model["properties"]["signals"]["items"]
        assert set(document["baseline"]["models"][0]["signals"][0]) == set(signal["properties"])


def test_an_older_json_without_the_key_is_a_baseline(run: Run) -> None:
    document = json.loads(Path("old.json").read_text())
    del document["baseline"], document["need"]
    Path("old.json").write_text(json.dumps(document))
    assert run("--baseline", "old.json", "--max-drop", "50")[0] == 0


def test_another_method_is_said_and_never_judged(run: Run) -> None:
    code, out, _ = run("--baseline", "old.json", "--profile", "production")
    assert code == 0
    assert "The baseline was scored by another method" in out
    code, out, err = run("--baseline", "old.json", "--profile", "production", "--max-drop", "1")
    assert (code, out) == (2, "")
    assert "hint: it was made under profile balanced; use that, or make it anew" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-drop", "1"], "--max-drop needs something to drop from"),
        (["--baseline", "old.json", "--max-drop", "-1"], "--max-drop takes points from 0 to 100"),
        (["--baseline", "old.json", "--max-drop", "nan"], "--max-drop takes points from 0 to 100"),
        (["--baseline", "none.json"], "none.json: no such file or directory"),
        (["--baseline", "cards"], "cards: is no file"),
        (["--baseline", "cards/alpha.yaml"], "cards/alpha.yaml: is no comparison: "),
        (["--baseline", "latin.json"], "latin.json: is not UTF-8"),
        (["--baseline", "large.json"], "large.json: is larger than 16 MiB"),
    ],
)
def test_what_cannot_be_held_against(run: Run, arguments: list[str], message: str) -> None:
    Path("latin.json").write_bytes(b'"\xe9"')
    with Path("large.json").open("wb") as file:
        file.truncate(BASELINE_BYTES + 1)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}")


def test_text_of_a_baseline_is_data(run: Run) -> None:
    document = json.loads(Path("old.json").read_text())
    signal = document["models"][0]["dimensions"]["adoption"]["signals"][0]
    signal["text"] = "\x1b[31m|<b>@you\n::error::x"
    document["models"].append({**document["models"][0], "id": "gone", "name": "\x1b]0;x\x07::x"})
    document["as_of"] = "\x1b[2J"
    Path("old.json").write_text(json.dumps(document))
    for kind in ("table", "markdown", "tsv"):
        code, out, err = run("--baseline", "old.json", "--format", kind)
        assert code == 0
        assert "\x1b" not in out + err and "\x07" not in out
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())
    assert "<b>" not in run("--baseline", "old.json", "--format", "markdown")[1].replace("\\<b", "")


def test_a_block_reads_a_baseline_of_the_project_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    shutil.copy("old.json", project / "old.json")
    (project / "modelcmp.toml").write_text('catalogue = "../cards"\nbuiltin = false\n')
    block = "<!-- modelcmp:begin compare alpha beta --baseline {} -->\n<!-- modelcmp:end -->\n"
    (project / "a.md").write_text(block.format("old.json"))
    (project / "b.md").write_text(block.format("../old.json"))
    monkeypatch.chdir(project / "sub")
    assert main(["build", "../a.md"]) == 0
    assert "## Since the baseline" in (project / "a.md").read_text()
    assert main(["build", "../b.md"]) == 2
    assert (project / "b.md").read_text() == block.format("../old.json")
