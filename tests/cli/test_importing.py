"""`import` and `new` as their users meet them: files, both streams and the exit code."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.importers import IMPORTERS, hub
from modelcmp.cli import main
from modelcmp.cli.importing import COMMANDS

CASES = Path(__file__).resolve().parents[1] / "cases" / "imports"
ROW = {
    "id": "own/m-1",
    "name": "M 1",
    "task": "text-generation",
    "owner": "own",
    "description": "Writes.",
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a runner that gives code, standard output and standard error, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def write_rows(*rows: Any, name: str = "list.jsonl") -> str:
    Path(name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return name


def files(folder: str = "cards") -> list[str]:
    return sorted(path.name for path in Path(folder).glob("**/*") if path.is_file())


def test_every_source_is_a_command() -> None:
    assert list(COMMANDS) == list(IMPORTERS)


def test_new_cards_are_written_validate_and_are_found(run: Run) -> None:
    file = write_rows(ROW, {**ROW, "id": "own/m-2", "name": "M 2"})
    code, out, err = run("import", "jsonl", file, "--into", "cards")
    assert code == 0
    assert err == "note: into cards: 2 new cards, 0 cards changed, 0 as before; 0 rows left out.\n"
    assert out.splitlines()[1:] == [
        "m-1\tnew card\tcards/m-1.yaml",
        "m-2\tnew card\tcards/m-2.yaml",
    ]
    assert files() == ["m-1.yaml", "m-2.yaml"]
    assert run("validate", "cards")[0] == 0
    assert "M 1" in run("show", "own/m-1", "--catalogue", "cards", "--no-builtin")[1]


def test_a_second_time_nothing_changes(run: Run) -> None:
    file = write_rows(ROW)
    run("import", "jsonl", file, "--into", "cards")
    before = Path("cards/m-1.yaml").stat()
    code, out, _ = run("import", "jsonl", file, "--into", "cards", "--format", "markdown")
    assert code == 0 and "0 new cards, 0 cards changed, 1 as before; 0 rows left out." in out
    assert Path("cards/m-1.yaml").stat().st_mtime_ns == before.st_mtime_ns


def test_a_dry_run_shows_the_same_and_writes_nothing(run: Run) -> None:
    file = write_rows(ROW)
    code, out, _ = run("import", "jsonl", file, "--into", "cards", "--dry-run", "-f", "markdown")
    assert code == 0 and "Nothing was written. It would be: 1 new card" in out
    assert not Path("cards").exists()


def test_a_card_by_hand_keeps_its_words_and_comments(run: Run) -> None:
    pytest.importorskip("ruamel.yaml")
    Path("cards").mkdir()
    card = Path("cards/m-1.yaml")
    run("new", "m-1", "--into", "cards")
    text = card.read_text().replace("maker: not stated ", "maker: Us         ")
    card.write_text(text)
    file = write_rows({**ROW, "context_length": 4096})
    code, out, _ = run("import", "jsonl", file, "--into", "cards")
    assert code == 0
    told = [line.split("\t")[1:] for line in out.splitlines()[1:]]
    assert ["maker", "kept Us; the source says own"] in told
    assert ["context", "added 4096"] in [[what, how.partition(",")[0]] for what, how in told]
    changed = card.read_text()
    assert [line for line in text.splitlines() if line not in changed.splitlines()] == []
    assert "\ncontext:\n  tokens: 4096\n" in changed
    assert run("validate", "cards")[0] == 0


def test_a_built_in_card_is_copied_and_stays(run: Run) -> None:
    pytest.importorskip("ruamel.yaml")
    file = write_rows(
        {**ROW, "name": "bakllava", "id": "bakllava", "as_of": "2026-11-01", "github_stars": 3}
    )
    code, out, _ = run("import", "jsonl", file, "--into", "cards")
    assert code == 0 and "bakllava\tbegins as a copy\tthe built-in card stays as it is" in out
    text = Path("cards/bakllava.yaml").read_text()
    assert text.startswith("# yaml-language-server") and "metric: github_stars" in text


def test_without_the_built_in_cards_nothing_is_copied(run: Run) -> None:
    file = write_rows({**ROW, "name": "bakllava", "id": "bakllava"})
    _, out, _ = run("import", "jsonl", file, "--into", "cards", "--no-builtin")
    assert "bakllava\tnew card" in out


def test_without_the_extra_new_cards_come_in_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    file = write_rows(ROW, {**ROW, "name": "bakllava", "id": "bakllava", "license": "mit"})
    code, _, err = run("import", "jsonl", file, "--into", "cards")
    assert code == 0 and files() == ["m-1.yaml"]
    assert "pip install 'modelcmp[edit]'" in err


def test_a_check_of_the_report_writes_no_card(run: Run) -> None:
    file = write_rows(ROW)
    assert run("import", "jsonl", file, "--into", "cards", "-o", "report.md", "--check")[0] == 1
    assert not Path("cards").exists()


def test_rows_that_do_not_fit_are_counted_and_five_are_named(run: Run) -> None:
    file = write_rows(ROW, *({"name": f"n{number}"} for number in range(7)))
    Path(file).write_text(Path(file).read_text() + "{broken\n")
    code, out, err = run("import", "jsonl", file, "--into", "cards")
    assert code == 0 and "m-1" in out
    assert err.splitlines()[1] == "note: 8 rows left out, the first 5:"
    assert len(err.splitlines()) == 7
    assert "list.jsonl:9: is not JSON" in err and "list.jsonl:2: says no task" in err
    assert run("import", "jsonl", file, "--into", "cards", "-q")[2] == ""


def test_where_nothing_fits_it_says_so_and_fails(run: Run) -> None:
    code, out, err = run("import", "jsonl", write_rows({"name": "x"}), "--into", "cards")
    assert (code, out) == (2, "")
    assert "error: no card can be made of it\nlist.jsonl:1: says no task\nhint: --map task=" in err
    assert not Path("cards").exists()


def test_without_a_folder_it_asks_for_one(run: Run) -> None:
    code, _, err = run("import", "jsonl", write_rows(ROW))
    assert code == 2 and "hint: add --into DIR" in err


def test_the_configured_catalogue_is_the_folder(run: Run) -> None:
    Path("own").mkdir()
    Path("modelcmp.toml").write_text('catalogue = ["own"]\n')
    assert run("import", "jsonl", write_rows(ROW))[0] == 0
    assert files("own") == ["m-1.yaml"]


def test_the_folder_of_the_program_is_refused(run: Run) -> None:
    import modelcmp

    place = str(Path(modelcmp.__file__).parent / "data")
    code, _, err = run("import", "jsonl", write_rows(ROW), "--into", place)
    assert code == 2 and "belongs to the program" in err


def test_a_link_in_the_folder_does_not_lead_out_of_it(run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    Path("cards").mkdir()
    Path("cards/m-1.yaml").symlink_to(outside)
    run("import", "jsonl", write_rows(ROW), "--into", "cards")
    assert not outside.exists()


def test_a_broken_card_is_never_written_over(run: Run) -> None:
    Path("cards").mkdir()
    Path("cards/m-1.yaml").write_text("id: [\n")
    code, _, err = run("import", "jsonl", write_rows(ROW), "--into", "cards")
    assert code == 2 and "is not YAML" in err
    assert Path("cards/m-1.yaml").read_text() == "id: [\n"


def test_names_that_would_leave_the_folder_do_not(run: Run) -> None:
    rows = [
        {**ROW, "id": f"x/{name}", "name": name} for name in ("../../etc/passwd", "con", "a/../b")
    ]
    assert run("import", "jsonl", write_rows(*rows), "--into", "cards")[0] == 0
    assert files() == ["a-.-b.yaml", "con-model.yaml", "etc-passwd.yaml"]


def test_csv_and_lists_are_read_too(run: Run) -> None:
    Path("list.csv").write_text("Model,Use\nM 1,text-generation\n")
    assert run("import", "jsonl", "list.csv", "--map", "name=Model,task=Use", "--into", "a")[0] == 0
    Path("list.json").write_text(json.dumps([ROW]))
    assert run("import", "jsonl", "list.json", "--into", "b")[0] == 0
    assert files("a") == files("b") == ["m-1.yaml"]


def test_a_column_that_no_row_has_is_an_error(run: Run) -> None:
    code, _, err = run("import", "jsonl", write_rows(ROW), "--map", "name=Modl", "--into", "cards")
    assert code == 2 and "no row has that column" in err and "description" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is neither JSON nor JSON lines"),
        (b"{", "is neither JSON nor JSON lines"),
        (b"\xff", "byte 1 is not UTF-8"),
        (b"[" * 100_000, "is neither JSON nor JSON lines"),
        (b'{"a": NaN}', "is neither JSON nor JSON lines"),
        (b"{}", "no card can be made of it"),
        (b"3", "no card can be made of it"),
    ],
)
@pytest.mark.parametrize("source", ["models-dev", "openrouter", "litellm"])
def test_files_that_are_no_payload(run: Run, content: bytes, said: str, source: str) -> None:
    Path("f.json").write_bytes(content)
    code, out, err = run("import", source, "f.json", "--day", "2026-11-20", "--into", "cards")
    assert (code, out) == (2, "") and said in err
    assert not Path("cards").exists()


def test_a_day_is_asked_for_and_checked(run: Run) -> None:
    file = str(CASES / "models_dev.jsonl")
    code, _, err = run("import", "models-dev", file, "--into", "cards")
    assert code == 2 and "hint: add --day DAY" in err
    code, _, err = run("import", "models-dev", file, "--into", "cards", "--day", "2026-02-30")
    assert code == 2 and "is no day of the calendar" in err


def test_patterns_choose_and_name_nothing_where_nothing_is(run: Run) -> None:
    file = str(CASES / "models_dev.jsonl")
    shared = (
        "import",
        "models-dev",
        file,
        "--into",
        "cards",
        "--day",
        "2026-05-21",
        "--no-builtin",
    )
    assert run(*shared, "--only", "claude*")[0] == 0
    assert files() == ["claude-sonnet-4.yaml"]
    assert "--only names nothing" in run(*shared, "--only", "nobody")[2]


@pytest.mark.parametrize(
    ("source", "file", "count"),
    [
        ("models-dev", "models_dev.jsonl", 6),
        ("openrouter", "openrouter.json", 2),
        ("litellm", "litellm.json", 6),
    ],
)
def test_the_samples_give_valid_cards(run: Run, source: str, file: str, count: int) -> None:
    code, _, _ = run(
        "import",
        source,
        str(CASES / file),
        "--day",
        "2026-11-20",
        "--into",
        "cards",
        "--no-builtin",
    )
    assert code == 0 and len(files()) == count
    assert run("validate", "cards")[0] == 0


def test_standard_input_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(json.dumps(ROW).encode())))
    assert run("import", "jsonl", "-", "--into", "cards")[0] == 0
    assert files() == ["m-1.yaml"]


class TestHosts:
    """A real server on this machine stands for the hosts."""

    @pytest.fixture
    def server(self, loopback: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
        pytest.importorskip("httpx2")
        monkeypatch.setenv("MODELCMP_LOOPBACK", "1")
        return loopback()

    def test_a_repository_is_asked_for_with_its_fields_and_dated_today(
        self, run: Run, server: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_ENDPOINT", server.origin)
        path = hub.model_address("org/m").removeprefix(hub.ADDRESS)
        server.on(path, server.sends({"id": "org/m", "pipeline_tag": "fill-mask", "likes": 3}))
        code, out, err = run("import", "hf", "org/m", "org/gone", "--into", "cards")
        assert code == 0 and "m\tnew card" in out
        assert "org/gone" in err
        assert re.search(r"read_on: 20\d\d-\d\d-\d\d", Path("cards/m.yaml").read_text())
        assert "expand[]=evalResults" in server.paths()[0]

    def test_a_repository_that_is_not_there_is_an_error(
        self, run: Run, server: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_ENDPOINT", server.origin)
        code, out, err = run("import", "hf", "org/gone", "--into", "cards")
        assert (code, out) == (2, "") and "404" in err

    def test_an_address_is_asked(self, run: Run, server: Any) -> None:
        payload = json.loads((CASES / "openrouter.json").read_text())
        server.on("/models", server.sends(payload))
        address = f"{server.origin}/models"
        code, _, _ = run(
            "import",
            "openrouter",
            address,
            "--into",
            "cards",
            "--day",
            "2026-08-04",
            "--no-builtin",
        )
        assert code == 0 and files() == ["claude-sonnet-4.yaml", "gpt-3.5-turbo.yaml"]
        assert "read_on: 2026-08-04" in Path("cards/claude-sonnet-4.yaml").read_text()

    def test_a_running_ollama_is_asked_for_each_model(
        self, run: Run, server: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MODELCMP_LOOPBACK")  # Ollama lives on this machine anyway
        monkeypatch.setenv("OLLAMA_HOST", server.origin.removeprefix("http://"))
        server.on("/api/tags", server.sends(json.loads((CASES / "ollama_tags.json").read_text())))
        server.on("/api/show", server.sends(json.loads((CASES / "ollama_show.json").read_text())))
        code, _, _ = run("import", "ollama", "--into", "cards", "--no-builtin")
        assert code == 0 and files() == ["deepseek-r1.yaml", "llama3.2.yaml"]
        asked = [json.loads(r.body) for r in server.requests if r.method == "POST"]
        assert asked == [{"model": "deepseek-r1:latest"}, {"model": "llama3.2:latest"}]

    def test_no_ollama_says_what_to_look_at(self, run: Run, server: Any) -> None:
        origin = server.origin
        server.close()
        code, out, err = run("import", "ollama", "--host", origin, "--into", "cards")
        assert (code, out) == (2, "") and "is Ollama running?" in err

    def test_rubbish_from_a_host_is_an_error_and_no_bug(self, run: Run, server: Any) -> None:
        server.on("/x", server.sends(b"<html>log in</html>"))
        code, _, err = run("import", "openrouter", f"{server.origin}/x", "--into", "cards")
        assert code == 2 and "sent no JSON" in err


class TestNew:
    def test_a_new_card_is_valid_as_it_is(self, run: Run) -> None:
        code, out, err = run("new", "my-model", "--into", "cards", "--name", "My Model: 2")
        assert (code, out) == (0, "") and "wrote cards/my-model.yaml" in err
        assert run("validate", "cards")[0] == 0

    @pytest.mark.parametrize("task", ["text-generation", "text-to-image", "feature-extraction"])
    def test_so_it_is_with_every_example_taken_in(self, run: Run, task: str) -> None:
        run("new", "m", "--into", "cards", "--task", task)
        card = Path("cards/m.yaml")
        heading = card.read_text().split("\nid:")[0]
        lines = (
            card.read_text()
            .removeprefix(heading)
            .replace("  # url", "  url")
            .replace("  # read", "  read")
        )
        filled = re.sub(r"^# (?! )(?=[a-z_]+:)|^# (?=  )", "", lines, flags=re.MULTILINE)
        assert filled.count("\n# ") <= 4  # sentences stay comments
        card.write_text(filled.lstrip("\n"))
        code, out, _ = run("validate", "cards")
        assert (code, out) == (0, "")
        assert run("show", "m", "--catalogue", "cards", "--no-builtin")[0] == 0

    def test_it_needs_no_other_card(self, run: Run) -> None:
        assert run("new", "m", "--into", "cards", "--no-builtin")[0] == 0

    def test_nothing_is_written_over(self, run: Run) -> None:
        run("new", "m", "--into", "cards")
        Path("cards/m.yaml").write_text("mine")
        code, _, err = run("new", "m", "--into", "cards")
        assert code == 2 and "is there already" in err
        assert run("new", "m", "-o", "cards/m.yaml")[0] == 2
        assert Path("cards/m.yaml").read_text() == "mine"

    def test_without_a_folder_it_goes_to_standard_output(self, run: Run) -> None:
        code, out, err = run("new", "m")
        assert (code, err) == (0, "") and "\nid: m\n" in out

    def test_an_id_that_no_card_can_have_gets_one_that_can(self, run: Run) -> None:
        code, _, err = run("new", "My_Model")
        assert code == 2 and "hint: modelcmp new my-model" in err
        assert "hint: did you mean text-to-image" in run("new", "m", "--task", "text-to-imag")[2]

    def test_the_file_is_named_by_the_id(self, run: Run) -> None:
        assert run("new", "m", "-o", "other.yaml")[0] == 2
        assert run("new", "m", "-o", "m.yaml")[0] == 0

    def test_a_card_that_will_replace_another_is_noted(self, run: Run) -> None:
        assert "will count instead" in run("new", "bakllava", "--into", "cards")[2]
