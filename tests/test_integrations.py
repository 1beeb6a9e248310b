"""The GitHub Action, the pre-commit hooks and the example: run as their runners run them.

What installs modelcmp from a package index runs only where MODELCMP_TEST_INSTALL says so, as .ci/run
does; elsewhere the steps find the modelcmp of these tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "team"
HERE = Path(sys.executable).parent
INSTALLS = bool(os.environ.get("MODELCMP_TEST_INSTALL"))
needs_install = pytest.mark.skipif(not INSTALLS, reason="MODELCMP_TEST_INSTALL is not set")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example that was just built: whether the one kept here is true is not asked."""
    copy = tmp_path_factory.mktemp("example") / "team"
    shutil.copytree(EXAMPLE, copy)
    subprocess.run([str(HERE / "modelcmp"), "build", "-q"], cwd=copy, check=True)
    return copy


class Job(NamedTuple):
    """What a job left behind: the exit code of each step that ran, what they said, the summary."""

    codes: dict[str, int]
    out: str
    summary: str


class Runner(NamedTuple):
    """A stand-in for the runner of GitHub Actions, as far as a composite action needs one."""

    workspace: Path
    temp: Path
    installs: bool = False

    def run(self, **inputs: str) -> Job:
        """Run the steps of action.yml with these inputs, in order, as the runner does."""
        given = {name: row["default"] for name, row in ACTION["inputs"].items()} | inputs
        summary = self.temp / "summary.md"
        summary.touch()
        if not self.installs and not (self.temp / "modelcmp").exists():
            (self.temp / "modelcmp").mkdir()
            (self.temp / "modelcmp" / "bin").symlink_to(HERE)
        codes: dict[str, int] = {}
        said = ""
        for step in ACTION["runs"]["steps"]:
            if step["name"] == "Install modelcmp" and not self.installs:
                continue
            if not self._wanted(step.get("if", ""), given, failed=any(codes.values())):
                continue
            script = self.temp / "step.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                cwd=self.workspace / self._filled(step.get("working-directory", "."), given),
                env={
                    "PATH": "/usr/bin:/bin",
                    "HOME": str(self.temp),
                    "CI": "true",
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_ACTION_PATH": str(ROOT),
                    "GITHUB_WORKSPACE": str(self.workspace),
                    "GITHUB_STEP_SUMMARY": str(summary),
                    "RUNNER_TEMP": str(self.temp),
                    **{n: self._filled(v, given) for n, v in step.get("env", {}).items()},
                },
                capture_output=True,
                text=True,
            )
            codes[step["name"]] = done.returncode
            said += done.stdout + done.stderr
        return Job(codes, said, summary.read_text())

    @staticmethod
    def _filled(text: str, inputs: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs[m.group(1)], text)

    @staticmethod
    def _wanted(condition: str, inputs: dict[str, str], *, failed: bool) -> bool:
        """Return whether a step runs: without a word on it, only while no step has failed."""
        terms = [term.strip() for term in condition.split("&&") if term.strip()]
        if failed and "!cancelled()" not in terms:
            return False
        for term in terms:
            if term == "!cancelled()":
                continue
            match = re.fullmatch(r"inputs\.([\w-]+) (==|!=) '(\w*)'", term)
            assert match, term
            if (inputs[match[1]] == match[3]) is not (match[2] == "=="):
                return False
        return True


@pytest.fixture
def runner(example: Path, tmp_path: Path) -> Runner:
    """Return a runner whose workspace is a copy of the example."""
    workspace, temp = tmp_path / "workspace", tmp_path / "temp dir"
    shutil.copytree(example, workspace)
    temp.mkdir()
    return Runner(workspace, temp)


def _annotates() -> bool:
    command = [str(HERE / "modelcmp"), "validate", "--format", "github", str(EXAMPLE / "models")]
    return subprocess.run(command, capture_output=True).returncode == 0


needs_annotations = pytest.mark.skipif(not _annotates(), reason="validate has no --format github")


def break_card(workspace: Path) -> None:
    """Leave a card without its licence class's right name."""
    card = workspace / "models" / "reply-small.yaml"
    card.write_text(
        card.read_text().replace("licence_class: permissive", "licence_class: permisive")
    )


def age_card(workspace: Path) -> None:
    """Change a figure, so that the documents are out of date."""
    card = workspace / "models" / "reply-small.yaml"
    card.write_text(card.read_text().replace("value: 61.4", "value: 31.4"))


@needs_annotations
def test_the_action_is_content_with_the_example(runner: Runner) -> None:
    job = runner.run(build="true", compare="reply-small reply-large")
    assert set(job.codes.values()) == {0}
    assert job.summary.startswith("# Reply Small vs Reply Large\n")


@needs_annotations
def test_the_action_marks_the_line_of_a_broken_card(runner: Runner) -> None:
    break_card(runner.workspace)
    job = runner.run(build="true")
    assert job.codes["Check cards"] == 1
    (line,) = (line for line in job.out.splitlines() if line.startswith("::error "))
    assert "models/reply-small.yaml" in line and "line=9" in line


@needs_annotations
def test_the_action_takes_paths_line_by_line(runner: Runner) -> None:
    (runner.workspace / "my models").mkdir()
    shutil.move(runner.workspace / "models" / "triage.yaml", runner.workspace / "my models")
    break_card(runner.workspace)
    assert runner.run(paths="my models/triage.yaml\n").codes["Check cards"] == 0
    assert runner.run(paths="my models\nmodels").codes["Check cards"] == 1


def test_the_action_holds_documents_to_the_cards(runner: Runner) -> None:
    assert runner.run(validate="false", build="true").codes["Check documents"] == 0
    age_card(runner.workspace)
    job = runner.run(validate="false", build="true", compare="reply-small reply-large")
    assert job.codes["Check documents"] == 1
    assert "+++ README.md (as it would be)" in job.out
    # The summary is wanted most when something is wrong.
    assert job.codes["Compare"] == 0 and job.summary


def test_the_action_hands_gates_on(runner: Runner) -> None:
    age_card(runner.workspace)
    gate = "--baseline docs/small-vs-large.json --max-drop 2"
    job = runner.run(validate="false", compare="reply-small\nreply-large", arguments=gate)
    assert job.codes["Compare"] == 1
    assert "error: reply-small fell by " in job.out
    assert "## Since the baseline of 2026-11-20" in job.summary
    assert runner.run(validate="false", compare="reply-small reply-large").codes["Compare"] == 0


@pytest.mark.parametrize(
    "text",
    ["$(touch pwned)", "`touch pwned`", "; touch pwned", "a' b\" ; touch pwned", "-o pwned x"],
)
def test_inputs_of_the_action_are_data(runner: Runner, text: str) -> None:
    runner.run(validate="false", compare=text, arguments="")
    runner.run(validate="true", paths=text)
    assert not (runner.workspace / "pwned").exists()


def test_the_action_keeps_inputs_out_of_its_scripts_and_asks_for_nobody_else() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "uses" not in step
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    assert all(row["description"] and isinstance(row["default"], str)
               for row in ACTION["inputs"].values())  # fmt: skip


@needs_install
@pytest.mark.slow
@needs_annotations
def test_the_action_installs_what_it_runs(runner: Runner) -> None:
    job = runner._replace(installs=True).run(build="true", compare="reply-small reply-large")
    assert job.codes == {
        "Install modelcmp": 0, "Check cards": 0, "Check documents": 0, "Compare": 0,
    }  # fmt: skip


def test_every_action_of_others_is_pinned() -> None:
    pages = [*ROOT.glob("examples/**/*.yml"), *ROOT.glob("docs/*.md"), ROOT / "action.yml"]
    used = [
        (page.name, name)
        for page in pages
        for name in re.findall(r"uses: *(\S+)", page.read_text(encoding="utf-8"))
    ]
    assert used
    for page, name in used:
        assert name == "OWNER/modelcmp@COMMIT" or re.search(r"@[0-9a-f]{40}$", name), (page, name)


@pytest.mark.parametrize("page", [*ROOT.glob("examples/**/workflows/*.yml")], ids=lambda p: p.name)
def test_workflows_ask_for_little(page: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(page.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("OWNER/modelcmp"):
                assert set(step["with"]) <= set(ACTION["inputs"])


HookRun = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hook(example: Path, tmp_path: Path) -> HookRun:
    """Return a runner of a hook's entry on the files that pre-commit would hand it."""
    shutil.copytree(example, tmp_path / "repo")

    def run(hook_id: str, *changed: str) -> subprocess.CompletedProcess[str]:
        (row,) = (row for row in HOOKS if row["id"] == hook_id)
        left_out = row.get("exclude", "^$")
        matching = [
            name
            for name in changed
            if re.search(row["files"], name) and not re.search(left_out, name)
        ]
        assert matching, "pre-commit would skip it"
        files = matching if row.get("pass_filenames", True) else []
        command = [str(HERE / row["entry"].split()[0]), *row["entry"].split()[1:], *files]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        return subprocess.run(
            command, cwd=tmp_path / "repo", env=environment, capture_output=True, text=True
        )

    return run


def test_the_validate_hook_checks_the_cards_it_is_given(hook: HookRun, tmp_path: Path) -> None:
    card = "models/reply-small.yaml"
    assert hook("modelcmp-validate", card, "models/triage.yaml", "README.md").returncode == 0
    break_card(tmp_path / "repo")
    failed = hook("modelcmp-validate", card)
    assert failed.returncode == 1 and f"{card}:9:" in failed.stdout
    assert hook("modelcmp-validate", "models/triage.yaml").returncode == 0


def test_the_check_hook_sees_documents_nobody_touched(hook: HookRun, tmp_path: Path) -> None:
    assert hook("modelcmp-check", "README.md").returncode == 0
    age_card(tmp_path / "repo")
    failed = hook("modelcmp-check", "models/reply-small.yaml")
    assert failed.returncode == 1 and "README.md (as it would be)" in failed.stderr


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("models/a.yml", True),
        ("data/models/a.yaml", True),
        ("models/catalogue.yaml", False),
        ("models/README.md", False),
        ("models/deep/a.yaml", False),
        ("a.yaml", False),
    ],
)
def test_which_files_are_cards(name: str, card: bool) -> None:
    row = HOOKS[0]
    found = re.search(row["files"], name) and not re.search(row["exclude"], name)
    assert bool(found) is card


@needs_install
@pytest.mark.slow
def test_pre_commit_runs_the_hooks(example: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    shutil.copytree(example, repository)
    environment = {
        "PATH": f"{HERE}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PRE_COMMIT_HOME": str(tmp_path / "hooks"),
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org",
    }  # fmt: skip
    environment |= {k: v for k, v in os.environ.items() if k.startswith("PIP_")}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=repository, env=environment, capture_output=True, text=True
        )

    assert run("git", "init", "-q").returncode == 0
    assert run("git", "add", "-A").returncode == 0
    good = run("pre-commit", "try-repo", str(ROOT), "--all-files")
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.count("Passed") == 2
    break_card(repository)
    bad = run("pre-commit", "try-repo", str(ROOT), "modelcmp-validate", "--all-files")
    assert bad.returncode == 1 and "models/reply-small.yaml:9:" in bad.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_example_is_true(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "team")
    environment = {"PATH": f"{HERE}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for change, code in ((None, 0), (age_card, 2)):
        if change:
            change(tmp_path / "team")
        command = ["make", "--silent", "check"]
        done = subprocess.run(
            command, cwd=tmp_path / "team", env=environment, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
