"""`diff` through `main`: two folders, git revisions, gates, and what cannot be read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
GIT = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """Return a folder of cards under data/models in a repository with one commit."""
    folder = tmp_path / "repo" / "data" / "models"
    folder.mkdir(parents=True)
    for path in CASES.glob("*.yaml"):
        shutil.copy(path, folder if path.stem != "catalogue" else folder.parent)
    git(tmp_path, "init", "-q", "-b", "main", str(tmp_path / "repo"))
    git(tmp_path / "repo", "add", "-A")
    git(tmp_path / "repo", "commit", "-qm", "first")
    return folder


def change(folder: Path) -> None:
    path = folder / "alpha.yaml"
    path.write_text(path.read_text().replace("maker: ", "maker: New "))
    (folder / "beta.yaml").unlink()


def test_two_folders(cards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new"
    shutil.copytree(cards.parent, new)
    change(new / "models")
    assert main(["diff", str(cards.parent), str(new), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modelcmp/difference/1"
    assert document["removed"] == ["beta"]
    assert [card["id"] for card in document["changed"]] == ["alpha"]
    assert document["changed"][0]["facts"][0]["field"] == "maker"
    assert main(["diff", str(new), str(new), "--exit-code"]) == 0
    assert "No card differs." in capsys.readouterr().out
    assert main(["diff", str(cards.parent), str(new), "--exit-code"]) == 1
    assert capsys.readouterr().err.startswith("error: the catalogues differ: 1 card removed")


@pytest.mark.parametrize("where", ["data", "data/models"])
def test_a_revision_and_the_files_at_hand(
    cards: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cards.parent.parent / where
    assert main(["diff", "--rev", "HEAD", str(folder), "--exit-code"]) == 0
    assert capsys.readouterr().err == ""
    change(cards)
    assert main(["diff", "--rev", "main", str(folder), "--format", "tsv"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["removed", "beta", "", "", ""] in lines
    assert [line[:3] for line in lines if line[0] == "fact"] == [["fact", "alpha", "maker"]]


def test_two_revisions_and_a_branch(cards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = cards.parent.parent
    git(repo, "checkout", "-qb", "topic")
    change(cards)
    git(repo, "commit", "-qam", "topic")
    git(repo, "checkout", "-q", "main")
    (cards / "gamma.yaml").unlink()
    git(repo, "commit", "-qam", "main goes on")
    for rev, removed in (
        ("main~1..topic", ["beta"]),
        ("main..topic", ["beta"]),
        ("topic...main", ["gamma"]),
        ("main~1...", ["gamma"]),
    ):
        assert main(["diff", "--rev", rev, str(cards.parent), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["removed"] == removed, rev
    # What main did meanwhile is no doing of the branch.
    git(repo, "checkout", "-q", "topic")
    assert main(["diff", "--rev", "main...", str(cards.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == []


def test_a_hook_does_not_lead_git_astray(
    cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert main(["diff", "--rev", "HEAD", str(cards), "--exit-code"]) == 0


def test_a_link_in_the_tree_leads_nowhere(
    cards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text((cards / "alpha.yaml").read_text())
    (cards / "alpha.yaml").unlink()
    (cards / "alpha.yaml").symlink_to(secret)
    git(cards, "commit", "-qam", "link")
    assert main(["diff", "--rev", "HEAD~1..HEAD", str(cards.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == ["alpha"]


def test_a_broken_card_is_named_and_not_called_removed(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cards / "alpha.yaml").write_text("id: [")
    git(cards, "commit", "-qam", "broken")
    assert main(["diff", "--rev", "HEAD~1..HEAD", str(cards.parent), "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["removed"], document["unreadable"]) == ([], ["alpha"])
    assert "warning: HEAD:models/alpha.yaml:2:1:" in err


def test_pairs_come_from_the_command_line_or_the_configuration(
    cards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = [str(cards), str(cards)]
    assert main(["diff", *same, "--pair", "alpha,beta", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"][0]["pair"] == ["alpha", "beta"]
    config = tmp_path / "modelcmp.toml"
    config.write_text('pairs = [["gamma", "alpha"]]\n')
    assert main(["diff", *same, "--config", str(config), "--json"]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (pair["pair"], pair["changed"]) == (["gamma", "alpha"], False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["."], "diff takes two folders"),
        ([".", ".", "--rev", "HEAD"], "diff takes one folder"),
        (["--rev", "..main", "{}"], "names no older revision"),
        (["--rev", "no-such-thing", "{}"], "git knows no revision no-such-thing"),
        (["--rev", "--output=x", "{}"], "git knows no revision --output=x"),
        (["--rev", "HEAD", "/"], "git: not a git repository"),
        (["--rev", "HEAD", "nowhere"], "nowhere: no such catalogue directory"),
        (["{}", "{}", "--pair", "a"], "a is no pair of models"),
        (["{}", "{}", "--pair", "alpha,nobody"], "no card on either side is called nobody"),
    ],
)
def test_what_cannot_be_compared(
    cards: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *(a.replace("{}", str(cards)) for a in arguments)]) == 2
    assert said in capsys.readouterr().err
