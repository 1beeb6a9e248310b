"""What is read off an answer, and which repositories are asked at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcmp.catalogue.asking import Questions, Told, figures_of, read_answer
from modelcmp.catalogue.figures import HOSTS, Repository, build_figures
from modelcmp.errors import FetchError

API = Path(__file__).resolve().parent.parent / "cases" / "api"
HUB = Repository("hub", "maker/alpha-7b")
GITHUB = Repository("github", "maker/alpha")
TODAY = "2026-11-25"
ORIGINS = {"hub": "https://huggingface.co", "github": "https://api.github.com"}


def recorded(name: str) -> Any:
    return json.loads((API / f"{name}.json").read_text())


def test_answers_of_the_recorded_shapes_are_read() -> None:
    hub = read_answer(HUB, recorded("hub_model"))
    assert hub == Told({"hf_downloads_30d": 54321, "hf_likes": 210}, "2026-10-01")
    github = read_answer(GITHUB, recorded("github_repository"))
    assert github == Told({"github_stars": 987}, "2026-11-01")


SHAPES: list[Any] = [
    None,
    [],
    "text",
    5,
    True,
    {},
    {"id": 5, "downloads": 1},
    {"downloads": 1, "likes": 1},
]


@pytest.mark.parametrize("value", SHAPES)
def test_an_answer_of_another_shape_is_none(value: Any) -> None:
    for repository in (HUB, GITHUB):
        with pytest.raises(FetchError, match="not the shape"):
            read_answer(repository, value)


BAD_COUNTS: list[Any] = [-1, 1.0, 2.5, True, False, None, "5", [5], {"n": 5}, 2**53, float("nan")]


@pytest.mark.parametrize("count", BAD_COUNTS)
def test_a_figure_that_cannot_be_one_is_left_out_and_named(count: Any) -> None:
    told = read_answer(HUB, {**recorded("hub_model"), "likes": count})
    assert told.figures == {"hf_downloads_30d": 54321}
    assert told.problem == "the answer holds no usable likes"
    told = read_answer(GITHUB, {"full_name": "maker/alpha", "stargazers_count": count})
    assert (told.figures, told.problem) == ({}, "the answer holds no usable stargazers_count")


NAMES = {
    "Maker/Alpha-7B": "",
    "maker/beta": "maker/beta",
    "\x1b[31m/x": "",
    "../x": "",
    "a/b/c": "",
    "x" * 500: "",
}


@pytest.mark.parametrize(("name", "moved"), NAMES.items())
def test_another_name_is_told_if_it_can_be_one(name: str, moved: str) -> None:
    assert read_answer(HUB, {**recorded("hub_model"), "id": name}).moved_to == moved


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ["id", "full_name", "downloads", "likes", "lastModified", "stargazers_count", "pushed_at"]


@given(st.one_of(JSON, st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("a/b"))))
def test_any_answer_is_figures_or_a_failure(value: Any) -> None:
    for repository in (HUB, GITHUB):
        try:
            told = read_answer(repository, value)
        except FetchError as error:
            assert error.kind == "wrong"
            continue
        assert all(type(n) is int and 0 <= n < 2**53 for n in told.figures.values())
        assert bool(told.problem) == (len(told.figures) < len(HOSTS[repository.host].metrics))


@pytest.mark.parametrize("count", [0, 1, 2**53 - 1])
def test_zero_is_a_figure(count: int) -> None:
    told = read_answer(HUB, {"id": HUB.name, "downloads": count, "likes": 0})
    assert told == Told({"hf_downloads_30d": count, "hf_likes": 0})


DAYS: dict[Any, str | None] = {
    "2026-10-01T09:30:00.000Z": "2026-10-01",
    "2026-10-01": "2026-10-01",
    "2026-02-30T00:00:00Z": None,
    "yesterday": None,
    "2026-10-01\x1b[31m": None,
    "٢٠٢٦-10-01": None,
    1769000000: None,
    None: None,
}


@pytest.mark.parametrize(("stated", "day"), DAYS.items())
def test_the_last_change_is_a_day_or_nothing(stated: Any, day: str | None) -> None:
    assert read_answer(HUB, {**recorded("hub_model"), "lastModified": stated}).changed_on == day


class Script:
    """Answers by address; counts what it is asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get_json(self, url: str) -> Any:
        self.asked.append(url)
        for part, answer in self.answers.items():
            if part in url:
                if isinstance(answer, FetchError):
                    raise answer
                return answer
        raise AssertionError(url)


def test_only_what_is_read_is_asked_for() -> None:
    script = Script(alpha=recorded("hub_model"))
    Questions(script, ORIGINS, TODAY).answer(HUB, {})
    (url,) = script.asked
    assert url.startswith("https://huggingface.co/api/models/maker/alpha-7b?expand%5B%5D=downloads")


def test_a_repository_is_asked_once_whatever_its_case() -> None:
    script = Script(alpha=recorded("hub_model"))
    questions = Questions(script, ORIGINS, TODAY)
    first = questions.answer(HUB, {})
    assert questions.answer(Repository("hub", "Maker/Alpha-7B"), {}) is first
    assert len(script.asked) == 1
    assert first.kind == "done" and first.missing == ()
    figures = figures_of([first])
    assert {key: (f.value, f.as_of, f.changed_on) for key, f in figures.items()} == {
        ("hf_downloads_30d", "maker/alpha-7b"): (54321, TODAY, "2026-10-01"),
        ("hf_likes", "maker/alpha-7b"): (210, TODAY, None),
    }


def held(day: str = TODAY, **more: Any) -> Any:
    rows = [
        {"metric": name, "repository": "Maker/alpha-7b", "value": 1, "as_of": day, **more}
        for name in ("hf_downloads_30d", "hf_likes")
    ]
    return build_figures(rows)


def test_what_was_asked_today_is_not_asked_again_unless_forced() -> None:
    script = Script(alpha=recorded("hub_model"))
    assert Questions(script, ORIGINS, TODAY).answer(HUB, held()).kind == "held"
    assert script.asked == []
    assert Questions(script, ORIGINS, TODAY, force=True).answer(HUB, held()).kind == "done"


@pytest.mark.parametrize(
    "figures",
    [held("2026-11-24"), held(stale_since=TODAY), dict(list(held().items())[:1]), {}],
)
def test_what_is_older_stale_or_half_there_is_asked_again(figures: Any) -> None:
    script = Script(alpha=recorded("hub_model"))
    assert Questions(script, ORIGINS, TODAY).answer(HUB, figures).kind == "done"


def test_a_failed_answer_says_what_is_missing() -> None:
    half = {**recorded("hub_model"), "downloads": -1}
    script = Script(alpha=half, gone=FetchError("missing", "nothing there", hint="look"))
    questions = Questions(script, ORIGINS, TODAY)
    answer = questions.answer(HUB, {})
    assert (answer.kind, answer.missing) == ("failed", ("hf_downloads_30d",))
    assert [f.metric for f in answer.figures] == ["hf_likes"]
    gone = questions.answer(Repository("hub", "maker/gone"), {})
    assert (gone.missing, gone.problem, gone.hint) == (
        ("hf_downloads_30d", "hf_likes"), "nothing there", "look",
    )  # fmt: skip


def test_once_the_run_is_over_nobody_is_asked() -> None:
    script = Script(slow=FetchError("over", "the time is up"), alpha=recorded("hub_model"))
    questions = Questions(script, ORIGINS, TODAY)
    assert questions.answer(Repository("hub", "maker/slow"), {}).kind == "not-asked"
    answer = questions.answer(HUB, {})
    assert (answer.kind, answer.problem, answer.missing) == ("not-asked", "the time is up", ())
    assert len(script.asked) == 1


@pytest.mark.parametrize("kind", ["limited", "given-up"])
def test_a_host_left_alone_says_nothing_of_its_repositories(kind: str) -> None:
    script = Script(alpha=FetchError(kind, "left alone"), other=recorded("hub_model"))
    questions = Questions(script, ORIGINS, TODAY)
    assert (questions.answer(HUB, {}).kind, questions.answer(HUB, {}).missing) == ("not-asked", ())
    assert questions.answer(Repository("hub", "maker/other"), {}).kind == "done"
