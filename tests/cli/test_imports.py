"""What a command may load and open: the start-up budget, held by lists and never by time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases"
SCRIPT = """
import sys
from modelcmp.cli import main
code = main(sys.argv[1:])
sys.stderr.write("LOADED " + " ".join(sorted(sys.modules)) + "\\n")
sys.exit(code)
"""
HEAVY = {"pydantic", "pydantic_core", "yaml", "rich", "jinja2", "click", "difflib", "tomllib"}
CORE = {"modelcmp.scoring.rank", "modelcmp.comparison.compare", "modelcmp.catalogue.loading"}
# Typer suggests commands by itself, so difflib comes with it.
WITH_TYPER = HEAVY - {"difflib"}


def loaded(tmp_path: Path, *arguments: str) -> set[str]:
    """Return the modules that one run of a command had loaded at its end."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "MODELCMP_CACHE": str(tmp_path / "cache.sqlite"),
    }
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    return set(result.stderr.rpartition("LOADED ")[2].split())


def test_version_loads_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, "--version") & (HEAVY | CORE | {"typer"}) == set()


def test_the_list_of_commands_loads_none_of_them(tmp_path: Path) -> None:
    modules = {name for name in loaded(tmp_path, "--help") if name.startswith("modelcmp.cli.")}
    assert modules <= {"modelcmp.cli.app", "modelcmp.cli.streams"}


@pytest.mark.parametrize("arguments", [("--help",), ("compare", "--help"), ("rank", "-h")])
def test_help_loads_no_core(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert loaded(tmp_path, *arguments) & (WITH_TYPER | CORE) == set()


@pytest.mark.parametrize("kind", ["markdown", "json", "tsv"])
def test_a_warm_comparison_loads_no_validator(tmp_path: Path, kind: str) -> None:
    arguments = ("compare", "bakllava", "sd35-large", "--format", kind)
    assert {"pydantic", "yaml"} <= loaded(tmp_path, *arguments)
    assert loaded(tmp_path, *arguments) & WITH_TYPER == set()


@pytest.mark.parametrize("arguments", [("list",), ("rank", "--limit", "3"), ("show", "bakllava")])
def test_a_warm_command_has_nobody_to_call(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Other processes help with many new cards alone; what starts them is not loaded for less."""
    loaded(tmp_path, *arguments, "--format", "tsv" if arguments[0] != "show" else "json")
    warm = loaded(tmp_path, *arguments, "--format", "tsv" if arguments[0] != "show" else "json")
    assert warm & {"multiprocessing", "modelcmp.catalogue.sharing"} == set()


def test_a_warm_table_loads_rich_alone(tmp_path: Path) -> None:
    arguments = ("compare", "bakllava", "sd35-large", "--format", "table")
    loaded(tmp_path, *arguments)
    assert loaded(tmp_path, *arguments) & WITH_TYPER == {"rich"}


def test_a_warm_search_loads_neither_verdict_nor_openssl(tmp_path: Path) -> None:
    arguments = ("search", "describe product photos", "--no-builtin", "--catalogue", str(CASES))
    assert "tempfile" in loaded(tmp_path, *arguments)  # the index is made
    warm = loaded(tmp_path, *arguments)
    unwanted = {
        "modelcmp.comparison.compare", "modelcmp.comparison.verdict", "modelcmp.matching.meaning",
        "modelcmp.matching.store", "hashlib", "tempfile", "numpy", "wordllama",
    }  # fmt: skip
    assert {"tantivy", "modelcmp.comparison.hits"} <= warm
    assert warm & (WITH_TYPER | unwanted) == set()


def test_figures_over_the_cards_cost_no_validator(tmp_path: Path) -> None:
    row = "{metric: hf_likes, repository: SkunkworksAI/BakLLaVA-1, value: 5, as_of: 2026-11-25}"
    (tmp_path / "signals.yaml").write_text(f"figures:\n  - {row}\n", encoding="utf-8")
    arguments = ("compare", "bakllava", "sd35-large", "--format", "json")
    loaded(tmp_path, *arguments)
    assert "modelcmp.catalogue.figures" not in loaded(tmp_path, *arguments)
    over = (*arguments, "--signals", "signals.yaml")
    loaded(tmp_path, *over)
    modules = loaded(tmp_path, *over)
    assert "modelcmp.catalogue.figures" in modules
    assert modules & (WITH_TYPER | {"httpx2", "modelcmp.catalogue.fetching"}) == set()


def test_nothing_but_refresh_loads_the_network(tmp_path: Path) -> None:
    check = ("refresh", "--check", "--max-age", "99999d", "--format", "tsv")
    for arguments in (("refresh", "--help"), ("rank", "--format", "tsv"), check):
        network = {"httpx2", "httpcore2", "ssl", "modelcmp.catalogue.fetching"}
        assert loaded(tmp_path, *arguments) & network == set()


def test_completion_of_ids_parses_no_yaml(tmp_path: Path) -> None:
    script = """
import os, sys
from modelcmp.cli.session import complete_models
found = complete_models("sd35")
sys.stdout.write(" ".join(found))
assert not {"yaml", "pydantic", "rich"} & set(sys.modules), sorted(sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert result.stdout.split() == ["sd35-large", "sd35-large-turbo", "sd35-medium"]


@pytest.mark.parametrize("words", ["compare sd35", "compare bakllava sd35", "show sd35"])
def test_the_shell_is_offered_ids(tmp_path: Path, words: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "_MODELCMP_COMPLETE": "complete_bash",
        "COMP_WORDS": f"modelcmp {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    result = subprocess.run(
        [sys.executable, "-c", "import sys; from modelcmp.cli import run; run()"],
        env=environment,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.stdout.split() == ["sd35-large", "sd35-large-turbo", "sd35-medium"]


def test_two_models_open_two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelcmp.catalogue import loading

    opened: list[str] = []
    read = loading.read_bytes

    def watched(path: Path) -> bytes:
        opened.append(path.name)
        return read(path)

    monkeypatch.setattr(loading, "read_bytes", watched)
    catalogue = loading.load_catalogue(cache=None)
    catalogue.get("bakllava"), catalogue.get("sd35-large")
    cards = [name for name in opened if (loading.DATA / "models" / name).is_file()]
    assert cards == ["bakllava.yaml", "sd35-large.yaml"]


def test_the_rooms_import_only_what_lies_below(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("rich", {"render/table.py", "cli/evidence.py"}),
        ("yaml", {"catalogue/reader.py"}),
        ("markdown_it", {"render/documents.py"}),
        (
            "pydantic",
            {
                *("catalogue/fields.py", "catalogue/checking.py", "catalogue/importers/draft.py"),
                "comparison/baseline.py",
            },
        ),
        ("ruamel", {"catalogue/editing.py"}),
        ("click", set()),
        ("sqlite3", {"catalogue/cache.py", "matching/store.py"}),
        ("tantivy", {"matching/search.py"}),
        ("httpx2", {"catalogue/wire.py"}),
        ("httpcore2", {"catalogue/wire.py"}),
    ],
)
def test_a_library_stays_in_its_room(library: str, rooms: set[str]) -> None:
    source = ROOT / "src" / "modelcmp"
    words = (f"import {library}\n", f"import {library}.", f"from {library} ", f"from {library}.")
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    }
    assert found == rooms


COUNT = """
import sys
calls = 0
def count(frame, event, argument):
    global calls
    calls += event == "call"
from modelcmp.cli import main
sys.setprofile(count)
code = main(sys.argv[1:])
sys.setprofile(None)
sys.stderr.write(f"CALLS {calls}\\n")
sys.exit(code)
"""


def calls(tmp_path: Path, *arguments: str) -> int:
    """Return how many Python functions one warm run of a command enters."""
    command = [sys.executable, "-c", COUNT, *arguments]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONHASHSEED": "0",
        "MODELCMP_CACHE": str(tmp_path / "cache.sqlite"),
    }
    for _ in range(2):
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
        )
    return int(result.stderr.rpartition("CALLS ")[2])


def test_a_comparison_costs_the_same_in_a_large_catalogue(tmp_path: Path) -> None:
    card = (ROOT / "tests" / "cases" / "alpha.yaml").read_text(encoding="utf-8")
    counts = []
    for size in (10, 1_000):
        folder = tmp_path / f"cards-{size}"
        folder.mkdir()
        for number in range(size):
            text = card.replace("id: alpha", f"id: model-{number}")
            (folder / f"model-{number}.yaml").write_text(text, encoding="utf-8")
        own = ("--catalogue", str(folder), "--no-builtin", "--as-of", "2026-11-23", "--json")
        counts.append(calls(tmp_path, "compare", "model-1", "model-2", *own))
    assert counts[1] <= counts[0] * 1.01


def test_a_comparison_stays_within_its_calls(tmp_path: Path) -> None:
    # It took 78,000 when this was written; a validator or a second pass would break it.
    assert calls(tmp_path, "compare", "bakllava", "sd35-large", "--format", "json") < 100_000
