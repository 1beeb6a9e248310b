"""The pages say what the tool does: made from its tables, and naming everything there is."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from modelcmp.cli import main
from modelcmp.cli.app import COMMANDS, GROUPS, command_module
from modelcmp.config import ENVIRONMENT, KEYS
from modelcmp.render import FORMATS
from modelcmp.scoring.profiles import PROFILES
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """Return docs/build.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["method.md", "reference.md", "missing.md"])
def test_made_pages_are_up_to_date(build: ModuleType, page: str) -> None:
    texts = {path.name: text for path, text in build.pages()}
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == texts[page]


def test_everything_is_mentioned() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    names = [*COMMANDS, *ENVIRONMENT, *KEYS, *FORMATS, *PROFILES]
    names += [signal.id for signal in SIGNALS] + [dimension.id for dimension in DIMENSIONS]
    assert [name for name in names if name not in text] == []


def test_every_option_is_mentioned(build: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for command in build.command_names():
        assert main([*command.split(), "--help"]) == 0
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", capsys.readouterr().out))
        assert options
        assert [option for option in sorted(options) if option not in reference] == []


def test_the_list_of_commands_says_what_each_says_itself() -> None:
    for name, command in COMMANDS.items():
        module = command_module(name)
        text = module.HELP if name in GROUPS else getattr(module, f"{name}_command").__doc__
        assert text.splitlines()[0] == command.summary


def test_readme_shows_what_the_tool_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- output of: modelcmp (.+?) -->\n```text\n(.*?)```", readme, re.S)
    assert shown
    monkeypatch.setenv("COLUMNS", "80")
    for command, text in shown:
        assert main([*command.split(), "--format", "table"]) == 0
        printed = capsys.readouterr().out
        for piece in text.split("...\n"):
            assert piece in printed
            printed = printed[printed.index(piece) + len(piece) :]


def test_readme_commands_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"(?:\$ |`|/bin/|xargs )modelcmp ([a-z]+) ", readme))
    assert used <= set(COMMANDS)


PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_example_card_passes_strictly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (tmp_path / "my-model.yaml").write_text(example, encoding="utf-8")
    assert main(["validate", "--strict", str(tmp_path)]) == 0, capsys.readouterr().out


def test_links_into_a_page_meet_a_heading() -> None:
    for page in PAGES:
        for target, name in re.findall(r"\]\(([\w.-]+)#([\w-]+)\)", page.read_text("utf-8")):
            heads = re.findall(r"^#+ (.+)$", (page.parent / target).read_text("utf-8"), re.M)
            assert name in [head.lower().replace(" ", "-") for head in heads], (
                f"{page.name}: {name}"
            )


def test_the_documents_say_what_the_tool_says_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["build", "--check", "-q"]) == 0


def commands_of(text: str) -> list[str]:
    """Return the modelcmp commands in a page's code: a prompt, a step or a line of a recipe."""
    fences = re.findall(r"^```(?:console|yaml|make|toml)\n(.*?)^```", text, re.S | re.M)
    lines = [line for fence in fences for line in fence.splitlines()]
    found = [re.match(r"[\s$-]*(?:run: )?modelcmp ([a-z].*?)(?: [|>].*)?$", line) for line in lines]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_and_options_in_pages_exist(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in commands_of(page.read_text(encoding="utf-8")):
        words = command.split()
        name = words[:2] if words[0] in GROUPS else words[:1]
        assert main([*name, "--help"]) == 0, command
        help_text = capsys.readouterr().out
        used = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", f" {command}"))
        assert [option for option in sorted(used) if option not in help_text] == [], command


def test_getting_started_gets_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (block,) = re.findall(r"^```markdown\n(.*?)^```", page, re.S | re.M)
    (tmp_path / "README.md").write_text(block)
    ran = 0
    for fence in re.findall(r"^```\w+\n(.*?)^```", page, re.S | re.M):
        if named := re.match(r"# (\S+\.(?:yaml|toml))\n", fence):
            (tmp_path / named[1]).write_text(fence)
        for command in re.findall(r"^\$ modelcmp (.+)$", fence, re.M):
            assert main(shlex.split(command)) == 0, (command, capsys.readouterr().err)
            ran += 1
    assert ran > 8
    assert "(my-model)" in (tmp_path / "README.md").read_text()
