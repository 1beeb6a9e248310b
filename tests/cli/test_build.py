"""`modelcmp build`: pages and blocks, all or nothing, inside the project alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from modelcmp.catalogue import loading
from modelcmp.catalogue.limits import DOCUMENT_BYTES
from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
BEGIN, END = "<!-- modelcmp:begin {} -->", "<!-- modelcmp:end -->"


class Result(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a runner of command lines."""

    def runner(*arguments: str) -> Result:
        code = main(arguments)
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return runner


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project's folder over the cards of tests/cases; the current one too."""
    root = tmp_path / "project"
    root.mkdir()
    configure(root, 'documents = ["*.md"]')
    monkeypatch.chdir(root)
    return root


def configure(root: Path, text: str) -> None:
    """Write the project's configuration."""
    head = f'catalogue = "{CASES.as_posix()}"\nbuiltin = false\n'
    (root / "modelcmp.toml").write_text(f"{head}{text}\n")


def block(command: str, content: str = "") -> str:
    """Return a block with some content."""
    return f"{BEGIN.format(command)}\n{content}{END}\n"


@pytest.mark.parametrize(
    "command",
    [
        "compare alpha beta",
        "compare alpha painter --profile quality-first --full",
        "compare alpha beta --for 'writing text'",
        "show hostile",
        "list --task text-generation --sort price",
        "rank --limit 2 --weight quality=90 --as-of 2026-12-01",
    ],
)
def test_a_block_holds_what_the_command_prints(command: str, project: Path, run: Run) -> None:
    import shlex

    (project / "a.md").write_text(block(command))
    assert run("build") == (0, "", "note: wrote a.md\n")
    printed = run(*shlex.split(command), "--format", "markdown").out
    written = (project / "a.md").read_text()
    assert written == block(command, f"\n{printed}\n")
    assert run("build") == (0, "", "note: 1 file is up to date\n")
    assert (project / "a.md").read_text() == written


def test_everything_else_stays_byte_for_byte(project: Path, run: Run) -> None:
    before, after = b"\xef\xbb\xbf# T\r\n\ttab \x01\r", "\r\nlast – no end".encode()
    marker = BEGIN.format("rank").encode()
    (project / "a.md").write_bytes(before + b"\n\n" + marker + b"\r\n" + END.encode() + after)
    assert run("build", "-q").code == 0
    held = (project / "a.md").read_bytes()
    assert held.startswith(before + b"\n\n" + marker + b"\r\n\r\n| Place |")
    assert held.endswith(b"\r\n\r\n" + END.encode() + after)


def test_check_writes_nothing_and_shows_the_difference(project: Path, run: Run) -> None:
    text = f"# T\n\n{block('rank')}"
    (project / "a.md").write_text(text)
    before = (project / "a.md").stat().st_mtime_ns
    result = run("build", "--check")
    assert (result.code, result.out) == (1, "")
    assert "--- a.md (as it is)\n+++ a.md (as it would be)\n" in result.err
    assert result.err.endswith(
        "error: 1 of 1 files out of date: a.md\nhint: modelcmp build writes them anew\n"
    )
    assert (project / "a.md").read_text() == text
    assert (project / "a.md").stat().st_mtime_ns == before
    assert run("build").code == 0
    assert run("build", "--check") == (0, "", "note: 1 file is up to date\n")


def test_diff_is_the_result(project: Path, run: Run) -> None:
    (project / "a.md").write_text(block("rank"))
    result = run("build", "--diff")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("--- a.md (as it is)\n+++ a.md (as it would be)\n@@ ")
    assert (project / "a.md").read_text() == block("rank")
    run("build")
    assert run("build", "--diff").out == ""


def test_pages_are_written(project: Path, run: Run) -> None:
    (project / "docs").mkdir()
    configure(
        project,
        '[[page]]\nmodels = ["alpha", "beta"]\noutput = "docs/a.md"\nprofile = "production"\n'
        '[[page]]\nmodels = ["alpha", "beta"]\noutput = "a.json"\n'
        '[[page]]\nmodels = ["alpha"]\noutput = "docs/alpha.txt"\nfull = true\n'
        '[[page]]\nmodels = ["alpha", "beta"]\noutput = "b.txt"\nformat = "tsv"\n',
    )
    assert run("build", "--check").code == 1
    assert run("build").code == 0
    expected = run("compare", "alpha", "beta", "--profile", "production").out
    assert (project / "docs" / "a.md").read_text() == expected
    assert json.loads((project / "a.json").read_text())["profile"] == "balanced"
    assert (project / "docs" / "alpha.txt").read_text().startswith("Alpha  ")
    assert (project / "b.txt").read_text().startswith("field\talpha\tbeta\n")
    assert run("build", "--check") == (0, "", "note: 4 files are up to date\n")
    (project / "a.json").write_text("{}")
    assert run("build", "docs/a.md", "--check").code == 0
    assert run("build", "a.json").err == "note: wrote a.json\n"


def test_a_page_is_no_document_as_well(project: Path, run: Run) -> None:
    configure(project, 'documents = "*.md"\n[[page]]\nmodels = ["alpha"]\noutput = "p.md"\n')
    (project / "a.md").write_text(block("rank"))
    assert run("build", "-q").code == run("build", "--check", "-q").code == 0
    assert (project / "p.md").read_text().startswith("# Alpha\n")


def test_every_problem_at_once_and_nothing_written(project: Path, run: Run) -> None:
    good = block("rank")
    (project / "a.md").write_text(good)
    bad = (
        block("show alfa")
        + block("shw alpha")
        + block("show alpha -o /tmp/x.md")
        + block("rank --catalogue /")
        + block("rank --tsk")
        + block("compare alpha -")
        + block("show --help")
        + block("compare 'alpha beta")
        + block("evidence add x")
        + f"{END}\n"
    )
    (project / "b.md").write_text(bad)
    result = run("build")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        "error: 10 problems; nothing was written",
        "b.md:1:1: no model is called alfa (did you mean alpha?)",
        "b.md:3:1: a block cannot hold shw (did you mean show?)",
        "b.md:5:1: --output has no place in a block",
        "b.md:7:1: --catalogue has no place in a block",
        "b.md:9:1: no such option: --tsk (Possible options: --task)",
        "b.md:11:1: a block shows models, and reads nothing from standard input",
        "b.md:13:1: a block shows models, and reads nothing from standard input",
        "b.md:15:1: a quote is never closed",
        "b.md:17:1: a block cannot hold evidence (there are compare, show, list, rank)",
        "b.md:19:1: ends a block that was never begun",
    ]
    assert (project / "a.md").read_text() == good
    assert (project / "b.md").read_text() == bad


def test_a_gate_in_a_block_decides_the_exit_code(project: Path, run: Run) -> None:
    (project / "a.md").write_text(f"\n{block('compare alpha beta --expect alpha')}")
    result = run("build")
    assert result.code == 1
    assert result.err == (
        "note: wrote a.md\nerror: a check inside a block says no\n"
        "a.md:2:1: alpha is not called the leader (tie)\n"
    )
    assert run("build", "--check").code == 1


def test_the_catalogue_is_loaded_once(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    real = loading.load_catalogue
    monkeypatch.setattr(loading, "load_catalogue", lambda *a, **k: loads.append(a) or real(*a, **k))
    (project / "a.md").write_text("\n".join(block(f"rank --limit {n}") for n in range(1, 6)))
    assert run("build").code == 0
    assert len(loads) == 1


def test_notes_say_which_block_they_mean(project: Path, run: Run) -> None:
    (project / "a.md").write_text(block("rank --max-price 1"))
    assert run("build").err.startswith("note: a.md:1: --max-price: the cards of ")
    assert run("build", "-q").err == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('documents = ["../*.md"]', "../*.md: leads out of the project's folder"),
        ('documents = ["/etc/*"]', "/etc/*: leads out of the project's folder"),
        ('documents = ["none/*.md"]', "none/*.md: matches no document"),
        ('documents = [""]', "documents: leads out of the project's folder"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "../x.md"',
         "../x.md: lies outside of the project's folder"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "/tmp/x.md"',
         "/tmp/x.md: lies outside of the project's folder"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "out/x.md"',
         "out/x.md: lies outside of the project's folder"),
        ('[[page]]\nmodels = ["alpha"]\noutput = ".git/x.md"', ".git/x.md: belongs to git"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "in/.GIT/x.md"', "in/.GIT/x.md: belongs to git"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "no/x.md"',
         "no/x.md: the folder it is in does not exist"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "in"', "in: is no file"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "modelcmp.toml"\nformat = "markdown"',
         "modelcmp.toml: a page ends with .txt, .md, "),
        ('[[page]]\nmodels = ["alpha"]\noutput = "x.md"\nformat = "markdwn"',
         "x.md: no format is called markdwn (did you mean markdown?)"),
        ('[[page]]\nmodels = ["alfa"]\noutput = "x.md"',
         "x.md: no model is called alfa (did you mean alpha?)"),
        ('[[page]]\nmodels = ["alpha"]\noutput = "x.md"\n'
         '[[page]]\nmodels = ["beta"]\noutput = "in/../x.md"',
         "in/../x.md: two pages are written to it"),
        ('documents = ["link.md"]', "link.md: lies outside of the project's folder"),
    ],
)  # fmt: skip
def test_nothing_outside_of_the_project(
    text: str, message: str, project: Path, tmp_path: Path, run: Run
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "held.md").write_text(block("rank"))
    (project / "out").symlink_to(outside)
    (project / "link.md").symlink_to(outside / "held.md")
    (project / "in" / ".GIT").mkdir(parents=True)
    (project / ".git").mkdir()
    configure(project, text)
    result = run("build")
    assert result.code == 2
    assert any(line.startswith(message) for line in result.err.splitlines()[1:])
    assert (outside / "held.md").read_text() == block("rank")
    assert sorted(path.name for path in outside.iterdir()) == ["held.md"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("documents = 3", "documents must be a text or a list of texts"),
        ("page = 3", "page must be a list of tables"),
        ("[[page]]\nmodel = 1", "page 1: unknown key model"),
        ('[[page]]\noutput = "x.md"', "page 1: models must be a list of ids"),
        ('[[page]]\nmodels = ["--output=x"]\noutput = "x.md"', "page 1: models must be a list"),
        ('[[page]]\nmodels = ["a"]', "page 1: output is missing"),
        ('[[page]]\nmodels = ["a"]\noutput = 1', "page 1: output must be text"),
        ('[[page]]\nmodels = ["a"]\noutput = "x.md"\nfull = 1', "page 1: full must be true"),
    ],
)
def test_a_wrong_configuration_is_refused(text: str, message: str, project: Path, run: Run) -> None:
    configure(project, text)
    result = run("build")
    assert result.code == 2 and message in result.err


def test_what_one_user_has_of_their_own_stays_out(tmp_path: Path, project: Path, run: Run) -> None:
    own = tmp_path / "config" / "modelcmp"
    own.mkdir(parents=True)
    (project / "a.md").write_text(block("rank"))
    assert run("build").code == 0
    log = tmp_path / "log.jsonl"
    row = {"time": "2026-11-01T10:00:00Z", "query": "writing", "client": "c", "model": "alpha"}
    rows = [{**row, "client": f"c{n}", "action": a, "position": 1} for n in range(40)
            for a in ("impression", "click")]  # fmt: skip
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert run("evidence", "add", str(log)).code == 0
    (own / "modelcmp.toml").write_text('profile = "production"\n')
    assert "not configured" not in run("show", "alpha", "--format", "tsv").out
    assert run("build", "--check").code == 0
    configure(project, 'documents = "a.md"\nprofile = "demand"')
    assert run("build", "--check").code == 1


def test_the_users_own_file_names_no_documents(tmp_path: Path, project: Path, run: Run) -> None:
    own = tmp_path / "config" / "modelcmp"
    own.mkdir(parents=True)
    (own / "modelcmp.toml").write_text('documents = ["*.md"]\n')
    result = run("list")
    assert result.code == 2
    assert "documents belongs in the file of a project" in result.err


def test_files_that_cannot_be_documents(project: Path, tmp_path: Path, run: Run) -> None:
    (project / "latin.md").write_bytes(b"caf\xe9\n" + block("rank").encode())
    (project / "large.md").write_bytes(b"a" * (DOCUMENT_BYTES + 1))
    os.mkfifo(project / "pipe.md")
    (tmp_path / "else.md").write_text(block("rank"))
    result = run("build", "latin.md", "large.md", "pipe.md", "none.md", "../else.md")
    assert result.code == 2
    assert result.err.splitlines() == [
        "error: 5 problems; nothing was written",
        "../else.md: lies outside of the project's folder",
        "large.md: is larger than 4 MiB",
        "latin.md: is not UTF-8",
        "none.md: no such file or directory",
        "pipe.md: is no file",
    ]
    (project / "large.md").write_bytes(b"a" * DOCUMENT_BYTES)
    assert run("build", "large.md").code == 0


def test_hidden_folders_only_where_named(project: Path, run: Run) -> None:
    for folder in (".hidden", "node_modules", "docs"):
        (project / folder).mkdir()
        (project / folder / "a.md").write_text(block("rank"))
    configure(project, 'documents = ["**/*.md"]')
    assert run("build").err == "note: wrote docs/a.md\n"
    configure(project, 'documents = [".hidden/*.md"]')
    assert run("build").err == "note: wrote .hidden/a.md\n"


def test_nothing_to_build_is_said(project: Path, run: Run) -> None:
    configure(project, "")
    result = run("build")
    assert result.code == 2 and "nothing to build" in result.err


@pytest.mark.parametrize("option", [["-o", "x.md"], ["--format", "json"], ["--json"]])
def test_where_and_how_are_not_asked_of_build(option: list[str], project: Path, run: Run) -> None:
    assert run("build", *option).code == 2


def test_mode_and_link_stay(project: Path, run: Run) -> None:
    (project / "in").mkdir()
    real = project / "in" / "real.md"
    real.write_text(block("rank"))
    real.chmod(0o640)
    (project / "a.md").symlink_to(real)
    assert run("build").code == 0
    assert (project / "a.md").is_symlink()
    assert "| Place |" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_where_a_build_was_started_does_not_matter(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sub").mkdir()
    (project / "a.md").write_text(block("rank"))
    monkeypatch.chdir(project / "sub")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("MODELCMP_FORMAT", "json")
    assert run("build", "-q").code == 0
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "200")
    assert run("build", "--check", "-q").code == 0


def test_pictures_stand_beside_the_documents_that_show_them(project: Path, run: Run) -> None:
    for folder in ("docs", "docs/my pictures"):
        (project / folder).mkdir()
    configure(
        project,
        'documents = ["docs/*.md"]\n[[page]]\nmodels = ["alpha"]\noutput = "one.md"\n'
        'images = "docs/my pictures"\nprofile = "production"\n',
    )
    command = "compare alpha beta --images 'docs/my pictures'"
    (project / "docs" / "a.md").write_text(block(command) + block(command))
    assert run("build", "--check").code == 1
    assert list((project / "docs" / "my pictures").iterdir()) == []
    assert run("build").code == 0
    drawn = sorted(path.name for path in (project / "docs" / "my pictures").iterdir())
    assert drawn == ["alpha-production.svg", "alpha-vs-beta.svg"]
    text = (project / "docs" / "a.md").read_text()
    assert text.count("](my%20pictures/alpha-vs-beta.svg)\n") == 2
    assert "](docs/my%20pictures/alpha-production.svg)\n" in (project / "one.md").read_text()
    assert run("build", "--check") == (0, "", "note: 4 files are up to date\n")
    (project / "docs" / "my pictures" / "alpha-vs-beta.svg").write_text("<svg/>")
    assert run("build", "--check").code == 1


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (["show alpha --images .."], "../alpha.svg: lies outside of the project's folder"),
        (["show alpha --images /tmp"], "/tmp/alpha.svg: lies outside of the project's folder"),
        (["show alpha --images no"], "no/alpha.svg: the folder it is in does not exist"),
        (["show alpha --images .", "show alpha --images . --as-of 2027-01-01"],
         "alpha.svg: two different pictures would be written to it"),
    ],
)  # fmt: skip
def test_pictures_that_cannot_be_drawn(
    commands: list[str], message: str, project: Path, run: Run
) -> None:
    (project / "a.md").write_text("\n".join(block(command) for command in commands))
    result = run("build")
    assert result.code == 2
    assert message.rpartition("/")[2] in result.err
    assert not (project / "alpha.svg").exists()


def test_a_broken_card_is_not_left_out_in_silence(project: Path, tmp_path: Path, run: Run) -> None:
    cards = tmp_path / "cards"
    cards.mkdir()
    (cards / "alpha.yaml").write_text((CASES / "alpha.yaml").read_text())
    (cards / "broken.yaml").write_text("id: broken\n")
    (project / "modelcmp.toml").write_text(
        'catalogue = "../cards"\nbuiltin = false\nas_of = "2026-11-23"\ndocuments = "a.md"\n'
    )
    (project / "a.md").write_text(block("rank"))
    result = run("build")
    assert result.code == 2
    assert "nothing was written" in result.err and "broken.yaml:1:1: name: is missing" in result.err
    assert (project / "a.md").read_text() == block("rank")
    (project / "a.md").write_text(block("show alpha"))
    assert run("build").code == 0


def test_a_pattern_may_name_what_a_page_will_be(project: Path, run: Run) -> None:
    configure(project, 'documents = "p*.md"\n[[page]]\nmodels = ["alpha"]\noutput = "page.md"\n')
    assert run("build").err == "note: wrote page.md\n"


def test_pyproject_configures_as_well(project: Path, run: Run) -> None:
    (project / "modelcmp.toml").unlink()
    (project / "pyproject.toml").write_text(
        f'[tool.modelcmp]\ncatalogue = "{CASES.as_posix()}"\nbuiltin = false\ndocuments = "a.md"\n'
        '[[tool.modelcmp.page]]\nmodels = ["alpha"]\noutput = "p.md"\n'
    )
    (project / "a.md").write_text(block("rank"))
    assert run("build").err == "note: wrote p.md\nnote: wrote a.md\n"
    assert run("build", "--check").code == 0
    assert run("config", "--json").out.count('"value": "p.md"') == 1


def test_without_a_configuration_the_files_named_are_built(project: Path, run: Run) -> None:
    (project / "modelcmp.toml").unlink()
    (project / "a.md").write_text(block("rank --limit 1"))
    own = ("--catalogue", str(CASES), "--no-builtin")
    assert run("build", "a.md", *own).err == "note: wrote a.md\n"
    assert run("build", *own).code == 2


def test_a_write_that_fails_leaves_the_old_file(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b.md"):
        (project / name).write_text(block("rank"))
    real = os.replace

    def fail(source: str, target: Path) -> None:
        if Path(target).name == "b.md":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail)
    result = run("build")
    assert (result.code, result.out) == (2, "")
    assert "error: " in result.err and "b.md: no space left on device" in result.err
    assert (project / "b.md").read_text() == block("rank")
    assert sorted(path.name for path in project.iterdir()) == ["a.md", "b.md", "modelcmp.toml"]
    monkeypatch.setattr(os, "replace", real)
    assert run("build").err == "note: wrote b.md\nnote: 1 file is up to date\n"
