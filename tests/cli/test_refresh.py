"""The command `refresh`, through main, against real servers on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue import figures, limits
from modelcmp.catalogue.fetching import Fetcher
from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases" / "api"
TODAY = "2026-11-25"
SECRET = "hf_PlantedSecretThatMustNotShow"

CARD = """\
# A card somebody wrote by hand.
id: {id}
name: {name}
maker: Maker
summary: A model for a test.
tasks: [text-generation]
modalities:
  input: [text]
  output: [text]
links:
  repository: https://github.com/maker/{id}  # the code
metrics:
  # counted last winter
  - metric: hf_likes
    value: 100
    repository: maker/{id}
    source: page
    as_of: "2026-01-01"
sources:
  page:
    title: A page
    url: https://example.org/page
"""

HUB = "/api/models/maker/{}?expand%5B%5D=downloads&expand%5B%5D=likes&expand%5B%5D=lastModified"
GITHUB = "/repos/maker/{}"


class World:
    """Two cards, two hosts that know them, and a place for a file of signals."""

    def __init__(self, folder: Path, start: Callable[[], Any], capsys: Any) -> None:
        self.hub, self.github = start(), start()
        self.cards = folder / "cards"
        self.cards.mkdir()
        self.signals = folder / "signals.yaml"
        self._capsys = capsys
        for name in ("alpha", "beta"):
            (self.cards / f"{name}.yaml").write_text(CARD.format(id=name, name=name.title()))
            self.answers(name)

    def answers(
        self, name: str, *, downloads: int = 500_000, likes: int = 300, stars: int = 40
    ) -> None:
        hub = json.loads((CASES / "hub_model.json").read_text())
        hub |= {"id": f"maker/{name}", "downloads": downloads, "likes": likes}
        github = json.loads((CASES / "github_repository.json").read_text())
        github |= {"full_name": f"maker/{name}", "stargazers_count": stars}
        self.hub.on(HUB.format(name), self.hub.sends(hub, ETag='"one"'))
        self.github.on(GITHUB.format(name), self.github.sends(github))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code and both streams of one refresh."""
        hosts = (
            ()
            if "--check" in arguments
            else ("--hub", self.hub.origin, "--github", self.github.origin)
        )
        day = () if "--today" in arguments else ("--today", TODAY)
        return self.main("refresh", *arguments, *hosts, *day)

    def main(self, *arguments: str) -> tuple[int, str, str]:
        given = ("--catalogue", str(self.cards), "--no-builtin", "--as-of", "2026-11-23")
        code = main([*arguments, *given])
        out, err = self._capsys.readouterr()
        return code, out, err

    def asked(self) -> list[str]:
        return self.hub.paths() + self.github.paths()

    def card(self, name: str = "alpha") -> str:
        return (self.cards / f"{name}.yaml").read_text()


@pytest.fixture
def world(
    tmp_path: Path,
    loopback: Callable[[], Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setenv("MODELCMP_LOOPBACK", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return World(tmp_path, loopback, capsys)


SIGNALS = """\
# Figures asked of hosts by `modelcmp refresh --signals FILE`; read over cards with --signals FILE.
figures:
  - {metric: github_stars, repository: maker/alpha, value: 40, as_of: 2026-11-25, changed_on: 2026-11-01}
  - {metric: hf_downloads_30d, repository: maker/alpha, value: 500000, as_of: 2026-11-25, changed_on: 2026-10-01}
  - {metric: hf_likes, repository: maker/alpha, value: 300, as_of: 2026-11-25}
"""


def test_a_file_of_signals_is_written_and_says_what_changed(world: World) -> None:
    code, out, err = world.run("alpha", "--signals", "signals.yaml", "--format", "table")
    assert code == 0
    assert err == "note: wrote signals.yaml\n"
    assert world.signals.read_text() == SIGNALS
    told = out.partition("Changes\n")[2]
    lines = [line.split() for line in told.splitlines()]
    assert lines[0] == ["Model,", "repository", "Figure", "Before", "Now", "Change"]
    assert lines[1][:2] == ["alpha", "rank"]
    assert float(lines[1][3]) > float(lines[1][2])
    assert lines[2:5] == [
        ["maker/alpha", "downloads", "—", "500,000", "new"],
        ["maker/alpha", "likes", "100", "300", "+200"],
        ["maker/alpha", "stars", "—", "40", "new"],
    ]
    assert "Figures: 1 changed, 2 new; 1 rank moved." in out
    assert world.card() == CARD.format(id="alpha", name="Alpha")
    assert all(len(line) <= 80 for line in out.splitlines())


def test_what_came_is_read_over_the_cards(world: World) -> None:
    before = json.loads(world.main("show", "alpha", "--json")[1])
    world.run("--signals", "signals.yaml")
    after = json.loads(world.main("show", "alpha", "--json", "--signals", "signals.yaml")[1])
    assert after["rank"]["value"] > before["rank"]["value"]
    signals = {s["id"]: s for s in after["dimensions"]["adoption"]["signals"]}
    assert signals["hf_likes"]["value"] == 300
    assert signals["hf_likes"]["evidence"] == [
        {
            "source": "Hugging Face Hub API",
            "url": "https://huggingface.co/api/models/maker/alpha",
            "as_of": TODAY,
        }
    ]
    shown = world.main("show", "alpha", "--format", "table", "--signals", "signals.yaml")[1]
    assert "Last change" in shown and "2026-10-01, maker/alpha" in shown
    for command in (["compare", "alpha", "beta"], ["rank"], ["list"]):
        plain = world.main(*command, "--json")[1]
        over = world.main(*command, "--json", "--signals", "signals.yaml")[1]
        assert over != plain


def test_the_environment_and_the_project_name_the_file(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.run("--signals", "signals.yaml")
    flagged = world.main("rank", "--json", "--signals", "signals.yaml")[1]
    (tmp_path / "modelcmp.toml").write_text('signals = "signals.yaml"\n')
    monkeypatch.chdir(world.cards)
    assert world.main("rank", "--json")[1] == flagged
    monkeypatch.setenv("MODELCMP_SIGNALS", str(tmp_path / "none.yaml"))
    code, _, err = world.main("rank", "--json")
    assert (code, "none.yaml: no such file" in err) == (2, True)


def test_cards_are_written_with_their_comments(world: World) -> None:
    code, _, err = world.run("--format", "table")
    assert (code, err) == (0, "note: wrote 2 cards\n")
    text = world.card()
    for kept in ("# A card somebody wrote by hand.", "  # the code", "  # counted last winter"):
        assert kept in text
    assert "value: 300" in text and "value: 500000" in text and "value: 40" in text
    assert f"as_of: {TODAY}" in text or f'as_of: "{TODAY}"' in text
    assert "url: https://huggingface.co/api/models/maker/alpha" in text
    assert world.main("validate", str(world.cards))[0] == 0
    over = json.loads(world.main("show", "alpha", "--json")[1])
    signals = {s["id"]: s["value"] for s in over["dimensions"]["adoption"]["signals"]}
    assert (signals["hf_likes"], signals["hf_downloads_30d"], signals["github_stars"]) == (
        300,
        500000,
        40,
    )


def test_cards_and_a_file_of_signals_come_to_the_same_rank(world: World) -> None:
    promised = json.loads(world.run("--signals", "signals.yaml", "--json")[1])
    over = json.loads(world.main("rank", "--json", "--signals", "signals.yaml")[1])
    world.run("--force")
    own = json.loads(world.main("rank", "--json")[1])
    ranks = [[(m["id"], m["rank"]["value"], m["place"]) for m in x["models"]] for x in (over, own)]
    assert ranks[0] == ranks[1]
    assert sorted(ranks[0]) == [
        (m["id"], m["rank"]["now"], m["place"]["now"]) for m in promised["models"]
    ]


def test_a_note_on_an_old_figure_goes_with_it_and_is_told(world: World) -> None:
    path = world.cards / "alpha.yaml"
    path.write_text(
        path.read_text().replace("    source: page\n", "    note: Rounded.\n    source: page\n")
    )
    code, _, err = world.run("alpha", "-q")
    assert (code, err) == (0, "")
    assert "Rounded" not in world.card()
    path.write_text(path.read_text().replace("value: 300", "value: 200\n    note: Rounded."))
    assert (
        "note: alpha: a note on hf_likes went with its figure: Rounded."
        in world.run("alpha", "--force")[2]
    )


def test_a_dry_run_writes_nothing(world: World) -> None:
    for target in ((), ("--signals", "signals.yaml")):
        code, out, err = world.run(*target, "--dry-run", "--json")
        assert code == 0
        assert err == "note: a dry run: nothing was written\n"
        result = json.loads(out)
        assert result["written"] is False
        assert result["models"][0]["figures"][1]["state"] == "changed"
    assert world.card() == CARD.format(id="alpha", name="Alpha")
    assert not world.signals.exists()


def test_each_format_tells_every_figure(world: World) -> None:
    _, tsv, _ = world.run("--dry-run")
    head, *rows = [line.split("\t") for line in tsv.splitlines()]
    assert head == [
        "id", "metric", "repository", "before", "before_day", "now", "now_day", "state", "problem",
        "rank_before", "rank_now", "place_before", "place_now",
    ]  # fmt: skip
    assert len(rows) == 6
    likes = dict(zip(head, rows[1], strict=True))
    assert (likes["before"], likes["before_day"], likes["now"], likes["now_day"], likes["state"]) == (
        "100", "2026-01-01", "300", TODAY, "changed",
    )  # fmt: skip
    _, document, _ = world.run("--dry-run", "--json")
    result = json.loads(document)
    assert list(result) == [
        "schema", "profile", "method", "as_of", "day", "target", "written", "models",
    ]  # fmt: skip
    assert list(result["models"][0]) == ["id", "name", "rank", "place", "figures"]
    _, markdown, _ = world.run("--dry-run", "--format", "markdown")
    assert "| maker/alpha | likes | 100 | 300 | +200 |" in markdown
    assert markdown.startswith(f"# Figures of {TODAY}\n")


def test_what_was_asked_today_is_not_asked_again(world: World) -> None:
    world.run("--signals", "signals.yaml")
    first = world.asked()
    code, out, _ = world.run("--signals", "signals.yaml", "--format", "table")
    assert (code, world.asked()) == (0, first)
    assert f"Figures of {TODAY}\nFigures: 6 asked earlier today; no ranks moved." in out
    full = world.run("--signals", "signals.yaml", "--format", "table", "--full")[1]
    assert full.count("asked today") == 6
    world.run("--signals", "signals.yaml", "--force")
    assert len(world.asked()) == 2 * len(first)
    world.run("--signals", "signals.yaml", "--today", "2026-11-26")
    assert len(world.asked()) == 3 * len(first)
    assert world.signals.read_text().count("2026-11-26") == 6


def test_a_later_run_asks_only_whether_it_changed(world: World) -> None:
    world.run("alpha", "--signals", "signals.yaml")
    world.hub.on(HUB.format("alpha"), world.hub.sends(b"", 304))
    code, out, _ = world.run("alpha", "--signals", "signals.yaml", "--today", "2026-11-26")
    assert (code, out.count("\tsame\t")) == (0, 3)
    assert world.hub.requests[1].headers["if-none-match"] == '"one"'


@pytest.mark.parametrize("target", ["cards", "signals"])
def test_an_interrupted_run_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    given = ("--signals", "signals.yaml") if target == "signals" else ()
    ask = Fetcher.get_json

    def interrupted(fetcher: Fetcher, url: str) -> Any:
        if "beta" in url:
            raise KeyboardInterrupt
        return ask(fetcher, url)

    monkeypatch.setattr(Fetcher, "get_json", interrupted)
    assert world.run(*given)[0] == 130
    kept = world.signals.read_text() if given else world.card()
    assert TODAY in kept
    monkeypatch.setattr(Fetcher, "get_json", ask)
    assert world.run(*given)[0] == 0
    assert [path for path in world.asked() if "alpha" in path] == [
        HUB.format("alpha"),
        GITHUB.format("alpha"),
    ]
    assert sum("beta" in path for path in world.asked()) == 2


@pytest.mark.parametrize("target", ["cards", "signals"])
def test_a_failed_answer_leaves_the_old_figure_marked_stale(world: World, target: str) -> None:
    given = ("--signals", "signals.yaml") if target == "signals" else ()
    world.run(*given, "--today", "2026-11-20")
    world.hub.on(HUB.format("alpha"), world.hub.sends(b"<html>log in</html>"))
    world.answers("beta", likes=301)
    code, out, err = world.run(*given)
    assert code == 0
    assert f"warning: maker/alpha: {world.hub.origin[7:]} sent no JSON; older figures stay" in err
    assert "alpha\thf_likes\tmaker/alpha\t300\t2026-11-20\t300\t2026-11-20\tstale\t" in out
    assert "beta\thf_likes\tmaker/beta\t300\t2026-11-20\t301\t2026-11-25\tchanged\t" in out
    text = world.signals.read_text() if given else world.card()
    assert text.count(f"stale_since: {TODAY}") == 2
    shown = world.main("show", "alpha", "--format", "table", *given)[1]
    assert f"300, not renewed since {TODAY}" in shown
    compared = world.main("compare", "alpha", "beta", "--format", "markdown", *given)[1]
    assert f"Alpha: a host gave no answer since {TODAY}" in compared
    world.answers("alpha", likes=302)
    world.run(*given, "--today", "2026-11-26")
    text = world.signals.read_text() if given else world.card()
    assert "stale_since" not in text and "302" in text


def test_half_an_answer_gives_half_the_figures(world: World) -> None:
    world.hub.on(
        HUB.format("alpha"), world.hub.sends({"id": "maker/alpha", "downloads": 7, "likes": -1})
    )
    code, out, err = world.run("alpha", "--signals", "signals.yaml")
    assert (code, "no usable likes" in err) == (0, True)
    assert "\thf_downloads_30d\tmaker/alpha\t\t\t7\t" in out
    assert "\thf_likes\tmaker/alpha\t100\t2026-01-01\t100\t2026-01-01\tstale\t" in out
    assert "hf_likes" not in world.signals.read_text()


@pytest.mark.parametrize("target", ["cards", "signals"])
def test_if_nothing_came_nothing_is_written(world: World, target: str) -> None:
    given = ("--signals", "signals.yaml") if target == "signals" else ()
    for server in (world.hub, world.github):
        server.close()
    code, out, err = world.run(*given)
    assert (code, out) == (2, "")
    assert "error: nothing came, and nothing was written: " in err
    assert "cannot be reached" in err
    assert world.card() == CARD.format(id="alpha", name="Alpha")
    assert not world.signals.exists()


def test_nothing_came_as_json_is_one_object(world: World) -> None:
    world.hub.close()
    world.github.close()
    code, out, _ = world.run("--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "no-answer")


def test_a_limited_host_is_left_alone_and_the_other_asked(world: World) -> None:
    for name in ("alpha", "beta"):
        world.github.on(GITHUB.format(name), world.github.sends({}, 429, Retry_After="3600"))
    code, out, err = world.run("--signals", "signals.yaml", "--max-wait", "5")
    assert code == 0
    assert len(world.github.requests) == 1
    assert out.count("\tnot-asked\t") == 2 and out.count("\tchanged\t") == 2
    assert "warning: 2 repositories not asked: " in err
    assert "stale" not in world.signals.read_text()
    assert "asks to wait 3,600 s; 5 s of waiting are left" in err


def test_a_server_out_of_order_is_waited_for_no_longer_than_allowed(world: World) -> None:
    world.hub.on(HUB.format("alpha"), world.hub.sends({}, 500))
    code, _, err = world.run("alpha", "--signals", "signals.yaml", "--max-wait", "0")
    assert (code, "answered 500; older figures stay" in err, "waiting" in err) == (0, True, False)
    assert len(world.hub.requests) == 1


def test_a_host_that_went_away_is_given_up_and_its_figures_are_not_marked(world: World) -> None:
    for name in ("gamma", "delta", "epsilon"):
        (world.cards / f"{name}.yaml").write_text(CARD.format(id=name, name=name.title()))
    world.github.close()
    code, out, err = world.run("--signals", "signals.yaml")
    assert code == 0
    assert err.count("cannot be reached; older figures stay") == 3
    assert "warning: 2 repositories not asked: " in err and "given up after 3 failures" in err
    assert out.count("\tgithub_stars\t") == 5


def test_a_file_too_large_to_be_read_again_is_not_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "#" * (limits.FILE_BYTES + 1)
    monkeypatch.setattr(figures, "write_figures", lambda _: text)
    code, _, err = world.run("--signals", "signals.yaml")
    assert (code, world.signals.exists()) == (2, False)
    assert "signals.yaml would be too large to be read again" in err


def test_no_output_shows_a_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    world.hub.on(HUB.format("alpha"), world.hub.sends({"error": SECRET}, 401))
    for form in ("table", "json", "tsv", "markdown"):
        code, out, err = world.run(
            "--format", form, "--signals", "signals.yaml", "-v", "--debug", "--force"
        )
        assert code == 0
        assert SECRET not in out + err
    # Hosts named on the command line are not the tokens' own.
    assert all("authorization" not in r.headers for r in world.hub.requests + world.github.requests)


def test_hostile_names_in_answers_reach_no_output(world: World) -> None:
    evil = {"id": "\x1b[31mevil", "downloads": 5, "likes": 5, "lastModified": "\x1b]0;x\x07"}
    world.hub.on(HUB.format("alpha"), world.hub.sends(evil))
    code, out, err = world.run("alpha", "--signals", "signals.yaml", "--format", "table")
    assert code == 0
    assert "\x1b" not in out + err + world.signals.read_text()


def test_this_machine_is_asked_only_if_allowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELCMP_LOOPBACK")
    code, _, err = world.run("--signals", "signals.yaml")
    assert (code, world.asked()) == (2, [])
    assert "hint: MODELCMP_LOOPBACK=1 in the environment allows servers on this machine" in err


def test_the_environment_names_hosts_but_no_project_does(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELCMP_HUB", world.hub.origin)
    monkeypatch.setenv("MODELCMP_GITHUB", world.github.origin)
    assert world.main("refresh", "--signals", "signals.yaml", "--today", TODAY)[0] == 0
    assert len(world.asked()) == 4
    for key in ("hub", "github", "hosts", "token", "loopback"):
        (tmp_path / "modelcmp.toml").write_text(f'{key} = "https://evil.example"\n')
        code, _, err = world.run("--signals", "signals.yaml", "--force")
        assert (code, f"unknown key {key}" in err) == (2, True)


@pytest.mark.parametrize("outside", ["../victim.yaml", "/tmp/modelcmp-victim.yaml"])
def test_a_project_cannot_have_a_file_written_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outside: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    (project / "modelcmp.toml").write_text(f'signals = "{outside}"\n')
    code, _, err = world.run()
    assert (code, world.asked()) == (2, [])
    assert "signals lies outside its folder" in err
    (project / "modelcmp.toml").write_text('signals = "own.yaml"\n')
    assert world.run()[0] == 0
    assert (project / "own.yaml").is_file()


def test_a_project_cannot_have_cards_changed_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    (project / "modelcmp.toml").write_text('catalogue = "../cards"\nbuiltin = false\n')
    hosts = ("--hub", world.hub.origin, "--github", world.github.origin, "--today", TODAY)
    assert main(["refresh", *hosts]) == 2
    assert world.asked() == []
    assert world.card() == CARD.format(id="alpha", name="Alpha")


def test_a_file_that_is_no_file_of_signals_is_never_overwritten(
    world: World, tmp_path: Path
) -> None:
    for text in ("PASSWORD=1\n", "figures: nonsense\n", ""):
        (tmp_path / "notes.yaml").write_text(text)
        code, _, err = world.run("--signals", "notes.yaml")
        assert (code, "notes.yaml cannot be used" in err) == (2, True)
        assert (tmp_path / "notes.yaml").read_text() == text
    assert world.asked() == []


def test_built_in_cards_are_not_written_to(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hosts = ["--hub", world.hub.origin, "--github", world.github.origin]
    assert main(["refresh", *hosts]) == 2
    assert "hint: --signals FILE keeps the figures in a file" in capsys.readouterr().err
    assert main(["refresh", "bakllava", "--catalogue", str(world.cards), *hosts]) == 2
    assert "bakllava is a built-in card" in capsys.readouterr().err
    assert world.asked() == []


def test_closed_models_are_not_asked_for(world: World) -> None:
    path = world.cards / "alpha.yaml"
    path.write_text(
        path.read_text().replace("links:", "weights:\n  open: false\n  source: page\nlinks:")
    )
    code, out, _ = world.run("--signals", "signals.yaml")
    assert (code, "alpha" in out) == (0, False)
    assert not any("alpha" in path for path in world.asked())
    code, _, err = world.run("alpha", "--signals", "signals.yaml")
    assert (code, err) == (0, "note: alpha: closed weights have no figures there\n")
    text = CARD.format(id="beta", name="Beta")
    bare = text[: text.index("links:")] + text[text.index("sources:") :]
    (world.cards / "beta.yaml").write_text(bare)
    said = world.run("beta", "--signals", "signals.yaml")[2]
    assert said == "note: beta: its card names no repository of the Hub or GitHub\n"


def test_ages_are_checked_without_asking_anybody(world: World) -> None:
    code, out, err = world.run("--check", "--max-age", "90d", "--format", "table")
    assert code == 1
    assert "alpha: likes, maker/alpha  100    2026-01-01, 328 days old" in out
    assert "error: 2 figures of 2 models older than 90 days" in err
    assert "hint: modelcmp refresh asks for them again" in err
    assert world.run("--check", "--max-age", "328d")[0] == 0
    assert world.run("--check", "--max-age", "327d")[0] == 1
    world.run("--signals", "signals.yaml")
    before = world.asked()
    code, out, err = world.run("--check", "--signals", "signals.yaml")
    assert (code, err) == (0, f"note: Older than 90 days on {TODAY}: none of 6 figures.\n")
    assert (
        world.run("--check", "alpha", "--today", "2027-06-01", "--signals", "signals.yaml")[0] == 1
    )
    assert world.asked() == before


def test_the_age_is_held_against_the_clock_unless_a_day_is_given(world: World) -> None:
    path = world.cards / "alpha.yaml"
    path.write_text(path.read_text().replace("2026-01-01", "1999-01-01"))
    assert world.main("refresh", "--check", "alpha")[0] == 1
    path.write_text(path.read_text().replace("1999-01-01", "2099-01-01"))
    assert world.main("refresh", "--check", "alpha")[0] == 0


BAD_OPTIONS = {
    ("--max-age", "90d"): "--max-age is for --check",
    ("--check", "--max-age", "soon"): "--max-age takes days",
    ("--check", "--max-age", "-5d"): "--max-age takes days",
    ("--check", "--max-age", ""): "--max-age takes days",
    ("--check", "--max-age", "²d"): "--max-age takes days",
    ("--today", "2026-13-01"): "2026-13-01 is no day",
    ("--today", "20261125"): "20261125 is no day",
    ("--max-wait", "-1"): "--max-wait takes seconds",
    ("--max-wait", "nan"): "--max-wait takes seconds",
    ("--hub", "ftp://x"): "a host is written as",
    ("no-such-model",): "no model is called no-such-model",
}


@pytest.mark.parametrize(("arguments", "said"), BAD_OPTIONS.items())
def test_options_that_cannot_be_are_errors(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = world.main("refresh", *arguments, "--signals", "s.yaml")
    assert (code, out) == (2, "")
    assert f"error: {said}" in err


def test_a_card_that_cannot_be_changed_is_named_and_the_others_are_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelcmp.catalogue import editing
    from modelcmp.errors import CardError, CardProblem

    edit = editing.edit_card

    def fails_on_alpha(text: str, wanted: Any, file: str) -> Any:
        if "alpha" in file:
            problem = CardProblem(file, 0, 0, "", "cannot be changed")
            raise CardError("no", problems=(problem,))
        return edit(text, wanted, file)

    monkeypatch.setattr(editing, "edit_card", fails_on_alpha)
    code, _, err = world.run()
    assert code == 2
    assert "alpha.yaml: cannot be changed" in err
    assert world.card("alpha") == CARD.format(id="alpha", name="Alpha")
    assert "value: 300" in world.card("beta")


def test_a_run_that_is_over_says_what_was_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelcmp.errors import FetchError

    ask = Fetcher.get_json

    def over(fetcher: Fetcher, url: str) -> Any:
        if "beta" in url:
            raise FetchError("over", "the time is up")
        return ask(fetcher, url)

    monkeypatch.setattr(Fetcher, "get_json", over)
    code, out, err = world.run("--signals", "signals.yaml")
    assert (code, out.count("\tnot-asked\tthe time is up\t")) == (0, 3)
    assert "warning: 2 repositories not asked: the time is up" in err
    assert "hint: run it again: it goes on where it stopped" in err
    assert "stale" not in world.signals.read_text()


def test_a_repository_with_another_name_is_told(world: World) -> None:
    moved = {"id": "maker/omega", "downloads": 1, "likes": 2}
    world.hub.on(HUB.format("alpha"), world.hub.sends(b"", 307, Location="/api/models/maker/omega"))
    world.hub.on("/api/models/maker/omega", world.hub.sends(moved))
    code, _, err = world.run("alpha", "--signals", "signals.yaml")
    assert (code, "note: maker/alpha is called maker/omega now" in err) == (0, True)
    assert "repository: maker/alpha, value: 2" in world.signals.read_text()


def test_a_folder_that_is_not_there_is_said_before_anybody_is_asked(world: World) -> None:
    code, _, err = world.run("--signals", "none/signals.yaml")
    assert (code, world.asked()) == (2, [])
    assert "error: none/signals.yaml: no such folder" in err


FORMS: dict[str, Callable[[str], str]] = {
    "lines that end as on Windows": lambda text: text.replace("\n", "\r\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "no line end": lambda text: text.rstrip("\n"),
    "no figure yet": lambda text: text[: text.index("metrics:")] + text[text.index("sources:") :],
    "an empty list": lambda text: text[: text.index("metrics:")] + "metrics: []\n" + text[text.index("sources:") :],
    "one line a figure": lambda text: text[: text.index("metrics:")]
    + "metrics:\n  - {metric: hf_likes, value: 100, source: page, as_of: 2026-01-01}  # by hand\n"
    + "links:\n  weights: https://huggingface.co/maker/alpha\n"
    + text[text.index("sources:") :],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_cards_in_other_manners_are_written_too(world: World, form: Callable[[str], str]) -> None:
    text = CARD.format(id="alpha", name="Alpha")
    if "weights:" in form(text):
        text = text.replace(
            "links:\n  repository: https://github.com/maker/alpha  # the code\n", ""
        )
    elif "hf_likes" not in form(text):
        text = text.replace("links:", "links:\n  weights: https://huggingface.co/maker/alpha")
    path = world.cards / "alpha.yaml"
    path.write_bytes(form(text).encode())
    code, _, err = world.run("alpha")
    assert (code, err) == (0, "note: wrote 1 card\n")
    written = path.read_bytes().decode()
    assert "# A card somebody wrote by hand." in written
    assert ("\r\n" in written) == ("\r\n" in form(text))
    assert written.index("metrics:") < written.index("sources:")
    over = json.loads(world.main("show", "alpha", "--json")[1])
    signals = {s["id"]: s["value"] for s in over["dimensions"]["adoption"]["signals"]}
    assert (signals["hf_likes"], signals["hf_downloads_30d"]) == (300, 500_000)
    assert world.main("validate", str(world.cards))[0] == 0


def test_without_a_card_that_can_be_read_there_is_nothing_to_ask_for(world: World) -> None:
    for name in ("alpha", "beta"):
        (world.cards / f"{name}.yaml").write_text("id: 5\n")
    code, _, err = world.run("--signals", "signals.yaml")
    assert (code, world.asked()) == (2, [])
    assert "error: there is no card to ask for" in err
