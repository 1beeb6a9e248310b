"""The pages say what the tool does: made from its tables, and naming everything there is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from modelcmp.cli import main
from modelcmp.cli.app import COMMANDS
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


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_example_card_passes_strictly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (tmp_path / "my-model.yaml").write_text(example, encoding="utf-8")
    assert main(["validate", "--strict", str(tmp_path)]) == 0, capsys.readouterr().out
