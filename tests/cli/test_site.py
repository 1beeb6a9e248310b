"""The command `site`: whole, incremental, careful with what is not its own."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib
import pytest

from modelcmp import config
from modelcmp.cli import main, site
from modelcmp.cli.folder import LIST, STAGING

CASES = Path(__file__).resolve().parent.parent / "cases"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """Return a catalogue of our own that a test may change."""
    return Path(shutil.copytree(CASES, tmp_path / "cards"))


@pytest.fixture
def run(
    cards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Return what runs `site OUT` over those cards; gives the code and both streams."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments: str, out: str = "out") -> tuple[int, str, str]:
        code = main(["site", out, "--catalogue", str(cards), "--no-builtin", *arguments])
        return (code, *capsys.readouterr())

    return go


def files(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def parsed(data: bytes) -> Element:
    """Return the tree a browser makes of a page; a page that is not HTML5 fails."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(data)
    return tree


def stamps(folder: Path) -> dict[str, int]:
    """Return what changes when a file is written anew, even with the same bytes."""
    return {name: (folder / name).stat().st_ino for name in files(folder)}


def written(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """Return the pages that were written between two looks, the list of files aside."""
    return {name for name in after if before.get(name) != after[name]} - {LIST}


def test_a_site_is_whole(run: Run, tmp_path: Path) -> None:
    code, printed, told = run()
    found = files(tmp_path / "out")
    assert (code, printed) == (0, "")
    assert told == f"note: out: {len(found) - 1} files written, 0 as before, 0 removed\n"
    models = {path.stem for path in CASES.glob("*.yaml")} - {"catalogue"}
    assert {name for name in found if name.startswith("models/")} == {
        f"models/{model}.{ending}" for model in models for ending in ("html", "json")
    }
    assert {"index.html", "method.html", "compare/index.html", "style.css", "site.js"} <= set(found)
    assert not (tmp_path / "out" / STAGING).exists()
    for name, data in found.items():
        if name.endswith(".html"):
            assert name.removesuffix("html") + "json" in found
        elif name.endswith(".json") and name != LIST:
            assert json.loads(data)["schema"].startswith("modelcmp/")


def test_every_link_is_relative_and_leads_to_a_page(run: Run, tmp_path: Path) -> None:
    run()
    out = tmp_path / "out"
    found = files(out)
    led_to = set()
    for name, data in found.items():
        if not name.endswith(".html"):
            continue
        tree = parsed(data)
        ids = [e.get("id") for e in tree.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), name
        assert len(list(tree.iter("h1"))) == 1
        for element in tree.iter():
            assert element.get("style") is None and not any(
                a.startswith("on") for a in element.attrib
            )
            for address in filter(None, (element.get("href"), element.get("src"))):
                if element.get("rel") == "icon":
                    assert address.startswith("data:image/svg+xml,")
                    continue
                if re.match(r"https?://", address):
                    assert element.tag == "a"
                    continue
                target, _, part = address.partition("#")
                assert not target.startswith("/") and ":" not in target
                path = (
                    os.path.normpath(os.path.join(os.path.dirname(name), target))
                    if target
                    else name
                )
                assert path in found, f"{name}: {address}"
                led_to.add(path)
                assert not part or f'id="{part}"'.encode() in found[path], f"{name}: {address}"
    assert led_to == set(found) - {LIST}


def test_a_second_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    run()
    before = stamps(tmp_path / "out")
    code, _, told = run()
    assert code == 0
    assert told == f"note: out: 0 files written, {len(before) - 1} as before, 0 removed\n"
    assert stamps(tmp_path / "out") == before


def test_the_bytes_do_not_depend_on_what_was_there(run: Run, cards: Path, tmp_path: Path) -> None:
    run()
    beta = cards / "beta.yaml"
    beta.write_text(beta.read_text().replace("name: Beta", "name: Better"))
    run()
    run(out="fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_one_changed_card_writes_only_what_depends_on_it(
    run: Run, cards: Path, tmp_path: Path
) -> None:
    run()
    before = stamps(tmp_path / "out")
    beta = cards / "beta.yaml"
    beta.write_text(re.sub(r"(?m)^summary: .*$", "summary: Another sentence.", beta.read_text()))
    run()
    changed = written(before, stamps(tmp_path / "out"))
    # A summary stands on the model's own page, in every JSON about it, and in the search.
    assert {"models/beta.html", "models/beta.json", "index.html", "index.json"} <= changed
    assert all("beta" in name or name.startswith("index.") for name in changed)
    assert not any(name.startswith("compare/") and name.endswith(".html") for name in changed)


def test_what_is_gone_from_the_catalogue_goes_from_the_site(
    run: Run, cards: Path, tmp_path: Path
) -> None:
    run()
    out = tmp_path / "out"
    own = out / "models" / "notes.txt"
    own.write_text("mine")
    changed_by_hand = out / "models" / "beta.json"
    changed_by_hand.write_text("mine too")
    (cards / "beta.yaml").unlink()
    (cards / "painter.yaml").unlink()
    assert run()[0] == 0
    assert not (out / "models" / "beta.html").exists()
    assert not (out / "tasks" / "text-to-image.html").exists()
    assert own.read_text() == "mine"
    assert changed_by_hand.read_text() == "mine too"
    assert not [name for name in files(out) if "beta_vs" in name or "_vs_beta" in name]
    assert b"models/beta.html" not in (out / "index.html").read_bytes()


def test_a_page_that_was_damaged_is_made_again(run: Run, tmp_path: Path) -> None:
    run()
    whole = files(tmp_path / "out")
    (tmp_path / "out" / "method.html").write_text("broken")
    (tmp_path / "out" / "style.css").unlink()
    _, _, told = run()
    assert told.startswith("note: out: 2 files written")
    assert files(tmp_path / "out") == whole


@pytest.mark.parametrize("kind", ["file", "others"])
def test_a_folder_that_is_not_ours_is_refused(kind: str, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
        expected = "error: out: not a directory\n"
    else:
        out.mkdir()
        (out / "index.html").write_text("mine")
        expected = (
            "error: out: holds files that are not a site of modelcmp\n"
            "hint: name an empty folder or one that is not there yet\n"
        )
    assert run() == (2, "", expected)
    assert (out if kind == "file" else out / "index.html").read_text() == "mine"


def test_a_file_of_somebody_else_is_never_replaced(run: Run, cards: Path, tmp_path: Path) -> None:
    run()
    before = files(tmp_path / "out")
    (tmp_path / "out" / "models" / "delta.html").write_text("mine")
    delta = (cards / "beta.yaml").read_text().replace("id: beta", "id: delta")
    (cards / "delta.yaml").write_text(delta.replace("aliases:", "# aliases:"))
    code, _, told = run()
    assert code == 2
    assert "delta.html: is in the way and was not written by modelcmp\nhint: move it" in told
    assert files(tmp_path / "out") == {**before, "models/delta.html": b"mine"}


@pytest.mark.parametrize(
    "name", ["../../victim.txt", "/etc/passwd", "models/../../victim.txt", "..\\victim.txt", LIST]
)
def test_a_hostile_list_of_files_reaches_nothing_outside(
    name: str, run: Run, tmp_path: Path
) -> None:
    victim = tmp_path.parent / "victim.txt"
    victim.write_text("mine")
    run()
    path = tmp_path / "out" / LIST
    held = json.loads(path.read_text())
    held["files"][name] = [None, None]
    path.write_text(json.dumps(held))
    code, _, told = run()
    assert code == 0 and told.endswith(" 0 removed\n")
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other/1", "files": {}}', "\x00"])
def test_a_list_that_cannot_be_read_is_refused(text: str, run: Run, tmp_path: Path) -> None:
    run()
    (tmp_path / "out" / LIST).write_text(text)
    before = files(tmp_path / "out")
    code, printed, told = run()
    assert (code, printed) == (2, "")
    assert told.endswith("hint: name an empty folder, or remove this one\n")
    assert files(tmp_path / "out") == before


def test_a_run_that_fails_leaves_the_site_as_it_was(
    run: Run, cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    before = files(tmp_path / "out")
    beta = cards / "beta.yaml"
    beta.write_text(beta.read_text().replace("name: Beta", "name: Better"))
    real, made = Path.write_bytes, 0

    def fails_late(path: Path, data: bytes) -> int:
        nonlocal made
        made += 1
        if made > 4:
            raise OSError(28, "No space left on device")
        return real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fails_late)
        code, printed, told = run()
    assert (code, printed, made) == (2, "", 5)
    assert told.startswith("error: out/") and told.endswith(": no space left on device\n")
    assert files(tmp_path / "out") == before
    assert not (tmp_path / "out" / STAGING).exists()


@pytest.mark.parametrize("after", range(0, 12, 3))
def test_a_run_cut_off_while_moving_is_put_right_by_the_next(
    after: int, run: Run, cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    beta = cards / "beta.yaml"
    beta.write_text(beta.read_text().replace("name: Beta", "name: Better"))
    (cards / "alpha.yaml").unlink()
    real, moves = os.replace, 0

    def stops(source: str, target: str) -> None:
        nonlocal moves
        moves += 1
        if moves > after:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stops)
        assert run()[0] == 130
    for name, data in files(tmp_path / "out").items():
        if name.endswith(".html"):
            parsed(data)
    assert run()[0] == 0
    run(out="fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_check_says_what_would_change_and_writes_nothing(
    run: Run, cards: Path, tmp_path: Path
) -> None:
    code, printed, told = run("--check")
    assert (code, printed) == (1, "")
    assert told.startswith("error: out is out of date: style.css, site.js, ")
    assert not (tmp_path / "out").exists()
    run()
    assert run("--check") == (0, "", "")
    (cards / "beta.yaml").unlink()
    before = stamps(tmp_path / "out")
    assert run("--check")[0] == 1
    assert stamps(tmp_path / "out") == before


def test_pairs_of_the_configuration_have_a_page(run: Run, tmp_path: Path) -> None:
    settings = tmp_path / "modelcmp.toml"
    settings.write_text('pairs = [["painter", "alpha"], ["gamma", "beta", "alpha"]]\n')
    assert run("--nearest", "0")[0] == 0
    compared = {p.stem for p in (tmp_path / "out" / "compare").glob("*.html")}
    assert compared == {"index", "painter_vs_alpha", "gamma_vs_beta_vs_alpha"}
    assert b"compare/painter_vs_alpha.html" in (tmp_path / "out" / "index.html").read_bytes()


def test_pages_of_the_configuration_have_a_comparison_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Page(NamedTuple):
        models: tuple[str, ...]

    pages = [Page(("painter", "alpha")), Page(("gamma",))]
    monkeypatch.setitem(config.DEFAULTS, "page", pages)
    assert run("--nearest", "0")[0] == 0
    compared = {p.stem for p in (tmp_path / "out" / "compare").glob("*.html")}
    assert compared == {"index", "painter_vs_alpha"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('pairs = "alpha"', "pairs must be a list of lists of two models or more"),
        ('pairs = [["alpha"]]', "pairs must be a list of lists of two models or more"),
        ("pairs = [[1, 2]]", "pairs must be a list of lists of two models or more"),
        ('pairs = [["alpha", "nobody"]]', "no model is called nobody"),
        ('pairs = [["alpha", "alpha"]]', "pairs: alpha, alpha names a model twice"),
    ],
)
def test_pairs_that_cannot_be_are_refused(
    text: str, message: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "modelcmp.toml").write_text(text + "\n")
    code, printed, told = run()
    assert (code, printed) == (2, "")
    assert message in told
    assert not (tmp_path / "out").exists()


def test_searches_of_the_user_are_published_only_when_they_are_named(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    rows = [f"2026-11-01,c{n},write text,click,alpha,1" for n in range(30)]
    log.write_text("\n".join(["time,client,query,action,model,position", *rows]) + "\n")
    own = ["--catalogue", str(CASES), "--no-builtin"]
    assert main(["evidence", "add", str(log), *own]) == 0
    capsys.readouterr()
    (store,) = (tmp_path / "data").rglob("evidence.sqlite")
    run(out="plain")
    assert b"not configured" in (tmp_path / "plain" / "models" / "alpha.html").read_bytes()
    assert run("--evidence", str(store), out="named")[0] == 0
    matched = json.loads((tmp_path / "named" / "models" / "alpha.json").read_bytes())
    assert matched["times_matched"] > 0
    assert "Matched" in (tmp_path / "named" / "index.html").read_text()


@pytest.mark.parametrize("option", [("-o", "x.html"), ("--format", "html"), ("--json",)])
def test_options_of_a_single_result_are_refused(option: tuple[str, ...], run: Run) -> None:
    code, printed, told = run(*option)
    assert (code, printed == "") == (2, option[0] != "--json")
    assert told.startswith("error: no such option: -")


def test_a_folder_above_that_is_not_there_is_not_made(run: Run, tmp_path: Path) -> None:
    code, _, told = run(out="a/b")
    assert (code, told) == (
        2,
        "error: a/b: no such file or directory\nhint: make the folder above it first\n",
    )
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_several_processes_write_the_same_bytes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(out="one")
    monkeypatch.setattr(site, "ENOUGH_FOR_TWO", 1)
    monkeypatch.setattr(site, "AT_ONCE", 3)
    monkeypatch.setattr(site, "_processors", lambda: 2)
    assert run(out="two")[0] == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_card_text_cannot_leave_the_search_data(run: Run, tmp_path: Path) -> None:
    run()
    tree = parsed((tmp_path / "out" / "index.html").read_bytes())
    scripts = list(tree.iter("script"))
    assert [e.get("src") for e in scripts] == [None, "site.js"]
    index = json.loads(scripts[0].text or "")
    listed = [e.get("data-model") for e in tree.iter("tr") if e.get("data-model")]
    assert [entry["id"] for entry in index] == listed
    (hostile,) = [entry for entry in index if entry["id"] == "hostile"]
    assert "<script>alert(1)</script>" in hostile["words"]
    for path in (tmp_path / "out").rglob("*.html"):
        if path.name != "index.html" or path.parent.name == "compare":
            assert not list(parsed(path.read_bytes()).iter("script"))
