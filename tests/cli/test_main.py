"""Commands through `main`: standard output, standard error and exit code together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from modelcmp import __version__
from modelcmp.cli import main

CASES = Path(__file__).resolve().parent.parent / "cases"
OWN = ("--catalogue", str(CASES), "--no-builtin")


class Result(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a runner of command lines."""

    def runner(*arguments: str) -> Result:
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return runner


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"modelcmp {__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(run: Run, flag: str) -> None:
    result = run(flag)
    assert (result.code, result.err) == (0, "")
    for name in (
        "compare",
        "search",
        "pick",
        "show",
        "list",
        "rank",
        "evidence",
        "explain",
        "config",
    ):
        assert f"\n  {name} " in result.out
    assert "modelcmp compare bakllava sd35-large" in result.out


def test_compare_into_a_pipe_is_markdown(run: Run) -> None:
    result = run("compare", "alpha", "painter", *OWN)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("# Alpha vs Painter\n")
    assert result.out.endswith("\n") and not result.out.endswith("\n\n")


def test_list_into_a_pipe_is_tsv(run: Run) -> None:
    result = run("list", *OWN)
    lines = result.out.splitlines()
    assert (result.code, result.err) == (0, "")
    assert lines[0].startswith("id\tname\tplace\trank\t")
    assert [line.split("\t")[0] for line in lines[1:]] == sorted(
        ["alpha", "beta", "gamma", "hostile", "painter", "sparse", "wide"]
    )


def test_rank_is_in_order_of_rank(run: Run) -> None:
    document = json.loads(run("rank", "--json", *OWN).out)
    ranks = [model["rank"]["value"] for model in document["models"]]
    assert document["schema"] == "modelcmp/models/1"
    assert ranks == sorted(ranks, reverse=True)
    assert document["models"][0]["place"] == 1


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["--task", "text-to-image"], ["painter"]),
        (["--open-weights"], ["alpha", "beta", "gamma"]),
        (["--licence", "mit"], ["painter"]),
        (["--licence", "community"], ["hostile"]),
        (["--maker", "studio"], ["painter"]),
        (["--max-price", "0.3"], ["beta", "painter"]),
        (["--min-context", "8192"], ["alpha", "beta", "gamma"]),
        (["--min-context", "8193"], []),
        (["--commercial", "--task", "text-generation"], ["alpha", "beta", "gamma", "hostile"]),
        (["--limit", "2"], ["alpha", "beta"]),
        (["--sort", "price", "--limit", "2"], ["painter", "beta"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else None,
)
def test_filters(run: Run, filters: list[str], ids: list[str]) -> None:
    result = run("list", *filters, *OWN)
    assert [line.split("\t")[0] for line in result.out.splitlines()[1:]] == ids
    assert result.code == 0


def test_a_filter_says_what_it_could_not_judge(run: Run) -> None:
    result = run("list", "--max-price", "1", *OWN)
    assert "note: --max-price: the cards of 3 models do not say; left out\n" in result.err
    assert run("list", "--max-price", "1", "-q", *OWN).err == ""


def test_unknown_model_suggests(run: Run) -> None:
    result = run("compare", "alfa", "beta", *OWN)
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: no model is called alfa\nhint: did you mean alpha?\n"


@pytest.mark.parametrize("name", ["sd3.5", "flux", "bakllva", "SD35", "mystral"])
def test_what_people_type_finds_something(run: Run, name: str) -> None:
    result = run("show", name)
    assert result.code == 2
    assert "hint: did you mean " in result.err


@pytest.mark.parametrize("name", ["BakLLaVA", "bakllava-1", "SD35-Large", "SD 3.5 Large"])
def test_names_are_forgiving(run: Run, name: str) -> None:
    assert run("show", name, "--json").code == 0


def test_an_error_is_json_too(run: Run) -> None:
    result = run("show", "alfa", "--json", *OWN)
    assert result.code == 2
    assert json.loads(result.out) == {
        "error": {
            "code": "unknown-name",
            "message": "no model is called alfa",
            "hint": "did you mean alpha?",
            "problems": [],
        }
    }
    assert result.err.startswith("error: no model is called alfa\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "alpha"], "a comparison needs two models or more"),
        (["compare", "alpha", "ALPHA"], "alpha is named twice"),
        (["compare", "alpha", "beta", "--profile", "balancd"], "no profile is called balancd"),
        (["compare", "alpha", "beta", "--weight", "quality"], "--weight takes DIM=N, not quality"),
        (["compare", "alpha", "beta", "--weight", "quality=-1"], "must be 0 or more"),
        (["compare", "alpha", "beta", "--weight", "quality=nan"], "must be 0 or more"),
        (["compare", "alpha", "beta", "--weight", "speed=1"], "no dimension is called speed"),
        (["compare", "alpha", "beta", "--as-of", "2026-02-30"], "2026-02-30 is no day"),
        (["compare", "alpha", "beta", "--format", "jsn"], "no format is called jsn"),
        (["compare", "alpha", "beta", "--check"], "--check needs the file to look at"),
        (["compare", "alpha", "beta", "-o", "x.doc"], "does not say which format is meant"),
        (["compare", "alpha", "beta", "--fail-on", "leens"], "no call is called leens"),
        (["compare", "alpha", "beta", "--fail-under", "101"], "takes a rank from 0 to 100"),
        (["compare", "alpha", "beta", "--min-coverage", "40"], "takes a share from 0 to 1"),
        (["compare", "alpha", "beta", "--expect", "gamma"], "is not among the models compared"),
        (["compare", "alpha", "beta", "--color", "yes"], "--color takes auto, always or never"),
        (["compare", "alpha", "beta", "--colour"], "no such option: --colour"),
        (["list", "--task", "text-to-imge"], "no task is called text-to-imge"),
        (["list", "--sort", "speed"], "cannot sort by speed"),
        (["list", "--limit", "0"], "--limit"),
        (["explain", "hf_like"], "nothing here is called hf_like"),
        (["schema", "crd"], "no schema is called crd"),
        (["compar", "alpha", "beta"], "no such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_right_exits_2(run: Run, arguments: list[str], message: str) -> None:
    known = arguments[0] != "compar"
    result = run(*arguments, *(OWN if known else ()))
    assert result.code == 2
    assert message in result.err
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("gates", "code", "message"),
    [
        (["--expect", "gamma"], 0, ""),
        (["--expect", "alpha"], 1, "error: alpha is not called the leader (dominates)\n"),
        (["--fail-under", "40"], 0, ""),
        (["--fail-under", "50"], 1, "error: alpha ranks 48.0, below 50\n"),
        (["--min-coverage", "1"], 0, ""),
        (["--fail-on", "tie"], 0, ""),
        (["--fail-on", "tie", "--fail-on", "dominates"], 1, "error: the call is dominates\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_gates(run: Run, gates: list[str], code: int, message: str) -> None:
    result = run("compare", "alpha", "gamma", *gates, *OWN)
    assert (result.code, result.err) == (code, message)
    assert result.out.startswith("# Alpha vs Gamma\n")


def test_output_to_a_file_and_check(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    arguments = ("compare", "alpha", "beta", "-o", str(page), *OWN)
    missing = run(*arguments, "--check")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith(f"error: {page} does not exist yet\n")
    written = run(*arguments)
    assert (written.code, written.out, written.err) == (0, "", f"note: wrote {page}\n")
    assert run(*arguments, "--check") == (0, "", "")
    page.write_text(page.read_text().replace("Alpha", "Alfa", 1))
    before = page.read_bytes()
    differs = run(*arguments, "--check")
    assert (differs.code, differs.out) == (1, "")
    assert "-# Alfa vs Beta\n+# Alpha vs Beta\n" in differs.err
    assert page.read_bytes() == before


def test_output_keeps_mode_and_follows_a_link(run: Run, tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert run("compare", "alpha", "beta", "-o", str(link), *OWN).code == 0
    assert link.is_symlink()
    assert json.loads(real.read_text())["schema"] == "modelcmp/comparison/1"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.glob("*.json*")) == ["link.json", "real.json"]


def test_output_into_a_missing_folder(run: Run, tmp_path: Path) -> None:
    result = run("compare", "alpha", "beta", "-o", str(tmp_path / "no" / "x.md"), *OWN)
    assert result.code == 2
    assert "no such file or directory\nhint: make the folder first\n" in result.err


def test_a_file_does_not_depend_on_the_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = set()
    for columns in ("0", "1", "40", "500", "abc"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("FORCE_COLOR", "1")
        page = tmp_path / f"{columns}.txt"
        assert run("compare", "alpha", "beta", "-o", str(page), *OWN).code == 0
        texts.add(page.read_text())
    assert len(texts) == 1
    assert "\x1b" not in texts.pop()


def test_dash_is_standard_output(run: Run) -> None:
    assert run("compare", "alpha", "beta", "-o", "-", *OWN).out.startswith("# Alpha vs Beta\n")


def test_names_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("alpha\n\n beta \n"))
    assert run("compare", "-", *OWN).out.startswith("# Alpha vs Beta\n")


def test_a_user_card_replaces_a_builtin_one(run: Run, tmp_path: Path) -> None:
    card = (CASES / "alpha.yaml").read_text().replace("id: alpha", "id: bakllava")
    (tmp_path / "bakllava.yaml").write_text(card)
    result = run("show", "bakllava", "--catalogue", str(tmp_path))
    assert result.out.startswith("# Alpha\n")
    assert result.err.startswith(f"note: {tmp_path / 'bakllava.yaml'} replaces ")


def test_one_bad_card_leaves_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alpha.yaml").write_text((CASES / "alpha.yaml").read_text())
    (tmp_path / "bad.yaml").write_text("id: bad\nnme: Bad\n")
    own = ("--catalogue", str(tmp_path), "--no-builtin", "--as-of", "2026-11-23")
    listed = run("list", *own)
    assert listed.code == 0
    assert [line.split("\t")[0] for line in listed.out.splitlines()[1:]] == ["alpha"]
    assert f"warning: {tmp_path / 'bad.yaml'}:2:1: nme: unknown field; did you mean name?" in (
        listed.err
    )
    named = run("compare", "alpha", "bad", *own)
    assert (named.code, named.out) == (2, "")
    assert "bad.yaml:2:1: nme: unknown field; did you mean name?\n" in named.err


def test_validate(run: Run, tmp_path: Path) -> None:
    good = run("validate", str(CASES))
    assert (good.code, good.out, good.err) == (0, "", "note: 7 cards checked, no problems\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: bad\nnme: Bad\n")
    result = run("validate", str(bad))
    assert result.code == 1
    assert result.out.splitlines()[0].startswith(f"{bad}:")
    assert len([line for line in result.out.splitlines() if not line.startswith("  hint")]) == 7
    assert result.err.startswith("error: 7 errors in 1 card\n")
    assert run("validate", str(bad), "--exit-zero").code == 0
    assert json.loads(run("validate", str(bad), "--json").out)["problems"][0]["hint"]


def test_validate_finds_an_alias_of_two_cards(run: Run, tmp_path: Path) -> None:
    for name in ("alpha", "beta"):
        text = (CASES / f"{name}.yaml").read_text().replace("maker:", "aliases: [same]\nmaker:")
        (tmp_path / f"{name}.yaml").write_text(text)
    result = run("validate", str(tmp_path))
    assert result.code == 1
    assert f"{tmp_path / 'beta.yaml'}: aliases[1]: same also names " in result.out
    own = ("--catalogue", str(tmp_path), "--no-builtin")
    named = run("show", "SAME", *own)
    assert named.code == 2
    assert str(tmp_path / "alpha.yaml") in named.err
    assert str(tmp_path / "beta.yaml") in named.err


def test_schema(run: Run) -> None:
    data = CASES.parent.parent / "data" / "schema"
    assert run("schema").out == (data / "card.json").read_text()
    assert run("schema", "comparison").out == (data / "comparison.json").read_text()


def test_config_says_where_values_come_from(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "below").mkdir(parents=True)
    (project / "pyproject.toml").write_text(
        '[tool.modelcmp]\nprofile = "demand"\ncatalogue = "cards"\n[tool.modelcmp.weights]\nquality = 50\n'
    )
    monkeypatch.chdir(project / "below")
    monkeypatch.setenv("MODELCMP_PROFILE", "production")
    result = run("config", "--format", "tsv", "--weight", "match=0")
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in result.out.splitlines()}
    file = str(project / "pyproject.toml")
    assert rows["catalogue"] == [str(project / "cards"), file]
    assert rows["profile"] == ["production", "MODELCMP_PROFILE"]
    assert rows["weights"] == ["match = 0", "command line"]
    assert rows["builtin"] == ["true", "built in"]
    assert run("config", "--no-config", "--format", "tsv").out.count("pyproject.toml") == 0


def test_a_profile_of_ones_own(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modelcmp.toml").write_text("[profiles.ours]\nadoption = 1\n")
    document = json.loads(run("show", "alpha", "--profile", "ours", "--json", *OWN).out)
    assert document["profile"] == "ours"
    assert document["rank"]["value"] == document["dimensions"]["adoption"]["score"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('profil = "x"', "unknown key profil\nhint: did you mean profile or profiles?"),
        ("weights = 3", "weights must be a table of numbers"),
        ("builtin = 1", "builtin must be true or false"),
        ("catalogue = 3", "catalogue must be a text or a list of texts"),
        ("x = [", "is not TOML"),
    ],
)
def test_a_bad_configuration(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modelcmp.toml").write_text(text + "\n")
    result = run("list", *OWN)
    assert result.code == 2
    assert message in result.err


def test_verbose_says_what_was_used(run: Run) -> None:
    result = run("compare", "alpha", "beta", "-v", *OWN)
    assert f"cards from {CASES}\n" in result.err
    assert "profile = balanced (built in)\n" in result.err


def test_a_bug_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the \x1b[31mroof\x1b[0m is on fire")

    monkeypatch.setattr("modelcmp.comparison.compare.compare_models", broken)
    result = run("compare", "alpha", "beta", *OWN)
    assert (result.code, result.out) == (3, "")
    assert "Traceback" not in result.err
    assert "\x1b" not in result.err
    assert f"this is a bug in modelcmp {__version__}: RuntimeError: the \\x1b[31mroof" in result.err
    assert "Traceback" in run("compare", "alpha", "beta", "--debug", *OWN).err


def test_control_characters_of_an_argument_are_spelled_out(run: Run) -> None:
    for arguments in (["show", "\x1b[31mx", *OWN], ["show", "alpha", "--\x1b[31mx"]):
        result = run(*arguments)
        assert result.code == 2
        assert "\x1b" not in result.err
        assert "\\x1b[31mx" in result.err


def test_a_catalogue_without_a_day_says_which_is_used(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alpha.yaml").write_text((CASES / "alpha.yaml").read_text())
    own = ("show", "alpha", "--catalogue", str(tmp_path), "--no-builtin", "--json")
    assert "no catalogue.yaml says which day these cards speak for" in run(*own).err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert json.loads(run(*own).out)["as_of"] == "2026-01-01"
    assert json.loads(run(*own, "--as-of", "2026-03-01").out)["as_of"] == "2026-03-01"


def test_nothing_asked_for(run: Run) -> None:
    result = run()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: modelcmp ")
    assert "modelcmp compare bakllava sd35-large" in result.err
    group = run("evidence")
    assert (group.code, group.out) == (2, "")
    assert group.err.startswith("Usage: modelcmp evidence ")
    assert "\n  gaps " in group.err


def test_an_empty_table_is_left_out(run: Run) -> None:
    result = run("evidence", "gaps", *OWN)
    assert result.code == 0
    assert result.out.endswith("There is no evidence from searches yet.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--licence", "permisive"], "no licence or class here is called permisive\nhint: did you"),
        (["--maker", "studoi"], "no maker here is called studoi\nhint: did you mean Studio?"),
    ],
    ids=["licence", "maker"],
)
def test_a_slip_in_a_filter_shows(run: Run, arguments: list[str], message: str) -> None:
    result = run("list", *arguments, *OWN)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_facts_of_a_card_count_as_capabilities(run: Run) -> None:
    document = json.loads(run("compare", "alpha", "beta", "--json", *OWN).out)
    shared = document["capability_overlap"]["shared"]
    assert {"open-weights", "commercial-use", "http-api", "text-generation"} == set(shared)
    assert document["capability_overlap"]["only"] == {
        "alpha": ["runs-locally"],
        "beta": ["server-runtime"],
    }


def test_a_need_that_only_one_serves_decides(run: Run) -> None:
    arguments = ("compare", "bakllava", "sd35-large", "--for", "describe product photos")
    document = json.loads(run(*arguments, "--json").out)
    assert document["verdict"]["call"] == "different-jobs"
    assert document["verdict"]["leader"] == "bakllava"
    assert document["need"]["fits"]["bakllava"] > document["need"]["fits"]["sd35-large"]
    assert "Only BakLLaVA 1 serves the need" in document["verdict"]["sentence"]
    assert run(*arguments, "--expect", "bakllava").code == 0
    fits = document["need"]["fits"]
    shown = f"| Fit | {fits['bakllava']:.0f}/100 | {fits['sd35-large']:.0f}/100 |"
    assert shown in run(*arguments).out


def test_a_need_that_none_serves_decides_nothing(run: Run) -> None:
    arguments = ("compare", "alpha", "painter", "--for", "zzzyx", "--json", *OWN)
    document = json.loads(run(*arguments).out)
    assert document["verdict"]["leader"] is None
    assert set(document["need"]["fits"].values()) == {None}
    assert "None of them serves the need" in document["verdict"]["sentence"]


def write_log(path: Path, model: str, count: int = 40, people: str = "c") -> str:
    """Write a log in which one model is shown first and picked by every second person."""
    lines = ["time,client,query,model,position,action"]
    for number in range(count):
        day = f"2026-11-{1 + number % 20:02d}"
        lines.append(f"{day}T10:00:00Z,{people}{number},does its task,{model},1,impression")
        if number % 2:
            lines.append(f"{day}T10:00:09Z,{people}{number},does its task,{model},1,click")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_search_log_becomes_the_fifth_dimension(run: Run, tmp_path: Path) -> None:
    pair = ("compare", "alpha", "beta", "--json", *OWN)
    before = json.loads(run(*pair).out)
    assert [model["times_matched"] for model in before["models"]] == [None, None]
    assert before["models"][0]["dimensions"]["match"]["state"] == "not configured"
    store = str(tmp_path / "evidence.sqlite")
    log = write_log(tmp_path / "log.csv", "alpha")
    assert run("evidence", "add", log, "--evidence", store, *OWN).code == 0
    after = json.loads(run(*pair, "--evidence", store).out)
    alpha, beta = after["models"]
    assert (alpha["times_matched"], beta["times_matched"]) == (40, 0)
    assert alpha["dimensions"]["match"]["state"] == "known"
    assert alpha["dimensions"]["match"]["score"] > beta["dimensions"]["match"]["score"]
    assert after["weights"]["match"] == 0.15
    assert "not-configured" not in {caveat["code"] for caveat in after["caveats"]}
    assert json.loads(run(*pair, "--evidence", store, "--no-evidence").out) == before
    listed = run("list", "--evidence", store, *OWN).out.splitlines()
    column = listed[0].split("\t").index("times_matched")
    assert listed[1].split("\t")[column] == "40"
    assert "matched 40 times" in run("show", "alpha", "--evidence", store, *OWN).out


def test_evidence_of_the_environment_and_the_default_place(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write_log(tmp_path / "log.csv", "alpha")
    assert run("evidence", "add", log, *OWN).code == 0
    assert json.loads(run("show", "alpha", "--json", *OWN).out)["times_matched"] == 40
    monkeypatch.setenv("MODELCMP_EVIDENCE", str(tmp_path / "other.sqlite"))
    assert json.loads(run("show", "alpha", "--json", *OWN).out)["times_matched"] is None


def test_a_store_that_is_asked_for_must_be_there(run: Run, tmp_path: Path) -> None:
    result = run("show", "alpha", "--evidence", str(tmp_path / "none.sqlite"), *OWN)
    assert (result.code, result.out) == (2, "")
    assert "no such evidence\nhint: modelcmp evidence add makes it\n" in result.err
    (tmp_path / "junk.sqlite").write_text("not a store")
    damaged = run("show", "alpha", "--evidence", str(tmp_path / "junk.sqlite"), "--json", *OWN)
    assert json.loads(damaged.out)["times_matched"] is None
    assert damaged.err.startswith("note: ")


def test_kept_scores_of_a_log_are_never_stale(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelcmp.matching import graph

    store = str(tmp_path / "evidence.sqlite")
    show = ("show", "alpha", "--json", "--evidence", store, *OWN)
    add = ("evidence", "add", "--evidence", store, *OWN)
    assert run(*add, write_log(tmp_path / "one.csv", "alpha", 40)).code == 0
    first = run(*show).out
    made = []
    original = graph.load_graph
    monkeypatch.setattr(graph, "load_graph", lambda *a, **k: made.append(1) or original(*a, **k))
    assert run(*show).out == first
    assert made == []
    assert run(*add, write_log(tmp_path / "two.csv", "alpha", 60, "d")).code == 0
    assert json.loads(run(*show).out)["times_matched"] > json.loads(first)["times_matched"]
    assert made == [1]
