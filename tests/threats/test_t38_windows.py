"""T38: what would break on Windows and shows on any system: names, line ends, lengths, paths in outputs."""

from __future__ import annotations

import ntpath
import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from tests.threats.hostile import write_cards

from modelcmp.catalogue import limits
from modelcmp.catalogue.directories import file_names

ROOT = Path(__file__).resolve().parent.parent.parent
DEVICES = ("con", "nul", "aux", "prn", "com1", "lpt9", "con.yaml", "nul.txt")


@pytest.mark.parametrize("name", DEVICES)
def test_a_name_that_windows_keeps_is_no_id(name: str, spoilt: Any, card_text: Any) -> None:
    spoilt.assert_refused(card_text(name).encode(), "a name that Windows keeps for itself", name)


IDS = ("a", "a-b", "a.b-c", "0", "con-x", "a" * limits.ID_CHARACTERS, "nul0", "xcon", "com10")
NO_IDS = (
    "C:",
    "c:x",
    "\\\\host\\share",
    "a\\b",
    "..\\a",
    "a/b",
    "a.",
    "a ",
    "a:b",
    "a*",
    "A",
    "a|b",
    "a?",
)


@pytest.mark.parametrize("model_id", IDS)
def test_an_id_is_one_plain_name_everywhere(model_id: str) -> None:
    for name in file_names(model_id):
        for kind in (PurePosixPath, PureWindowsPath):
            path = kind("cards") / name
            assert path.name == name and path.parent == kind("cards") and not path.is_absolute()
        assert ntpath.splitdrive(name)[0] == ""
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]|[. ]$', name)
        assert not PureWindowsPath(name).is_reserved()


@pytest.mark.parametrize("name", NO_IDS)
def test_a_name_that_would_lead_elsewhere_there_is_no_file(name: str) -> None:
    assert file_names(name) == []


class TextMode:
    """Opens files as Windows does: text that names no line end of its own gets CRLF."""

    def __init__(self) -> None:
        self.fdopen = os.fdopen

    def __call__(self, handle: int, mode: str = "r", *args: Any, **more: Any) -> Any:
        if "b" not in mode and more.get("newline") is None:
            more["newline"] = "\r\n"
        return self.fdopen(handle, mode, *args, **more)


@pytest.mark.parametrize("ending", ["md", "json", "tsv", "txt", "html"])
def test_a_file_ends_its_lines_with_lf(
    ending: str, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fdopen", TextMode())
    own = write_cards(tmp_path / "cards", ["line one\nline two"])
    page = tmp_path / f"page.{ending}"
    assert run("compare", "bad", "twin", "-o", str(page), *own).code == 0
    assert page.read_bytes().endswith(b"\n") and b"\r" not in page.read_bytes()


def test_a_site_and_a_new_card_end_theirs_with_lf(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fdopen", TextMode())
    own = write_cards(tmp_path / "cards", ["plain"])
    assert run("site", "out", *own).code == 0
    assert run("new", "fresh", "--into", "made", *own).code in (0, 2)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) > 8
    assert not [path for path in written if b"\r" in path.read_bytes()]


def test_no_page_names_a_path_with_backslashes(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures and pages of a site are linked by the separator of the web."""
    monkeypatch.chdir(tmp_path)
    own = write_cards(tmp_path / "cards", ["plain"])
    (tmp_path / "docs" / "img").mkdir(parents=True)
    page = tmp_path / "docs" / "page.md"
    done = run("compare", "bad", "twin", "-o", "docs/page.md", "--images", "docs/img", *own)
    assert done.code == 0
    links = re.findall(r"!\[[^\]]*\]\(<?([^)>]+)>?\)", page.read_text(encoding="utf-8"))
    assert links and all(link.startswith("img/") and "\\" not in link for link in links)


def test_every_text_file_is_opened_with_its_encoding() -> None:
    """Without one, Windows reads and writes in the code page of the machine."""
    bad: list[str] = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        inside = r"[^()]*(?:\([^()]*\)[^()]*)*"
        calls = re.findall(rf"\.(?:read|write)_text\({inside}\)", text)
        opened = re.findall(rf"(?:\bopen|\.open|fdopen)\({inside}\)", text)
        calls += [call for call in opened if re.search(r'"[rwa]t?\+?"', call)]
        bad += [f"{path.name}: {call}" for call in calls if "utf-8" not in call]
    assert bad == []


def test_ci_runs_on_windows_with_the_bytes_of_the_repository() -> None:
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "windows-" in ci
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "* -text" in attributes.splitlines()
