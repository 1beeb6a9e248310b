"""Logs into episodes: what a row means, what is left out and why, and whom not to believe."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.matching import episodes, log_files, logs
from modelcmp.matching import events as events_module
from modelcmp.matching.aggregate import read_aggregate
from modelcmp.matching.cells import parse_time
from modelcmp.matching.episodes import episodes_of
from modelcmp.matching.events import (
    NO_CLOCK,
    Action,
    Counts,
    Event,
    LogError,
    Reading,
    Report,
    expected_units,
    fate_of,
)
from modelcmp.matching.logs import group_sources, open_log, read_source
from modelcmp.matching.names import model_names, names_a_model

DAY = "2026-11-01"
MODELS = {"one": "one", "two": "two", "Model One": "one"}
READING = Reading(resolve=MODELS.get)
HEAD = "time,client,query,action,model,position\n"

Read = Callable[..., tuple[Report, dict[tuple[str, ...], tuple[int, ...]]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a reader of text as a log: the report, and the counts by their keys."""

    def reader(
        *texts: str | bytes, reading: Reading = READING, aggregate: bool = False, name: str = "log"
    ) -> tuple[Report, dict[tuple[str, ...], tuple[int, ...]]]:
        with ExitStack() as stack:
            files = []
            for number, text in enumerate(texts):
                path = tmp_path / f"{name}{number}"
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
                files.append(open_log(str(path), stack, {}))
            kept: list[Counts] = []
            if aggregate:
                report, _ = read_aggregate(files[0], reading, kept.append)
            else:
                report, _ = read_source(files, reading, kept.append)
        return report, added(kept)

    return reader


def added(kept: Iterable[Counts]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return counts added up: (query, day) -> and (query, model, day) ->."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for counts in kept:
        for q in counts.queries:
            found[q[:2]] = plus(found.get(q[:2], (0, 0)), q[2:])
        for m in counts.models:
            found[m[:3]] = plus(found.get(m[:3], (0, 0, 0, 0)), m[3:])
    return found


def plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def event(
    query: str, seconds: float | None = 0, action: Action = Action.SEARCH, model: str | None = None,
    position: int | None = None, day: str = DAY,
) -> Event:  # fmt: skip
    moment = (day, NO_CLOCK if seconds is None else seconds)
    fate = fate_of(action, position or 0, action is Action.IMPRESSION)
    return moment, query, {model or "": fate}


# -- rows -------------------------------------------------------------------------------------------


def test_one_search_with_impressions_and_a_click_is_one_episode(read: Read) -> None:
    report, counts = read(
        HEAD
        + f"{DAY}T10:00:00Z,ann,Describe Photos?,impression,one,1\n"
        + f"{DAY}T10:00:00Z,ann,describe photos,impression,Model One,3\n"
        + f"{DAY}T10:00:00Z,ann,describe photos,impression,two,2\n"
        + f"{DAY}T10:00:09Z,ann,describe  photos,click,two,2\n"
    )
    assert (report.rows, report.bad_rows, report.episodes, report.queries) == (4, 0, 1, 1)
    assert (report.matched, report.picked, report.without_client) == (1, 1, 0)
    assert counts == {
        ("describe photos", DAY): (1, 0),
        ("describe photos", "one", DAY): (1, expected_units(1), 0, 0),
        ("describe photos", "two", DAY): (1, expected_units(2), 1, 0),
    }


def test_the_strongest_action_counts_alone(read: Read) -> None:
    rows = [f"{DAY},ann,q,{action},one,\n" for action in ("click", "chosen", "impression", "click")]
    _, counts = read(HEAD + "".join(rows))
    assert counts["q", "one", DAY] == (1, 0, 0, 1)


def test_the_same_search_on_two_days_is_two_episodes(read: Read) -> None:
    report, _ = read(HEAD + "2026-11-01T23:59:00Z,a,q,,,\n2026-11-02T00:01:00Z,a,q,,,\n")
    assert report.episodes == 2


def test_a_day_is_that_of_utc(read: Read) -> None:
    _, counts = read(HEAD + "2026-11-01T23:30:00-02:00,a,q,,,\n")
    assert list(counts) == [("q", "2026-11-02")]


def test_without_a_client_each_row_is_an_episode(read: Read) -> None:
    report, counts = read(f"q;date\nphotos;{DAY}\nphotos;{DAY}\n")
    assert (report.episodes, report.without_client) == (2, 2)
    assert counts == {("photos", DAY): (2, 0)}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "names",
    ["query,model,client,time,position,action", "q,item,user,timestamp,rank,event",
     "search,clicked,session,ts,Position,type", "TERM,result,client_id,date,rank,Action"],
)  # fmt: skip
def test_common_columns_are_found(read: Read, delimiter: str, names: str) -> None:
    row = f"photos,one,ann,{DAY},2,impression"
    text = f"{names}\n{row}\n".replace(",", delimiter)
    _, counts = read(text)
    assert counts["photos", "one", DAY] == (1, expected_units(2), 0, 0)


def test_columns_are_named_by_the_user(read: Read) -> None:
    reading = READING._replace(columns={"query": "What", "model": "picked", "time": "at"})
    _, counts = read(f"what,picked,at,query\nphotos,one,{DAY},nothing\n", reading=reading)
    assert counts == {("photos", DAY): (1, 0), ("photos", "one", DAY): (0, 0, 1, 0)}


def test_a_search_column_beside_a_query_is_its_number(read: Read) -> None:
    report, _ = read(f"time,search,query\n{DAY},7,photos\n{DAY},7,photos\n{DAY},8,photos\n")
    assert (report.episodes, report.without_client) == (2, 0)


def test_a_column_that_is_not_there_is_named(read: Read) -> None:
    with pytest.raises(LogError, match="--map query=qq: there is no such column"):
        read("q,date\n", reading=READING._replace(columns={"query": "qq"}))
    with pytest.raises(LogError, match="no column holds the query"):
        read("a,b\n1,2\n")


def test_positions_may_count_from_zero(read: Read) -> None:
    row = f"{DAY},a,q,impression,one,0\n"
    _, counts = read(HEAD + row, reading=READING._replace(first_position=0))
    assert counts["q", "one", DAY] == (1, 1_000_000, 0, 0)
    assert read(HEAD + row)[0].first_bad[0].reason == "its position is no whole number from 1 on"


def test_a_pick_that_was_not_shown_expects_nothing(read: Read) -> None:
    _, counts = read(HEAD + f"{DAY},a,q,click,one,3\n")
    assert counts["q", "one", DAY] == (0, 0, 1, 0)


def test_json_lines(read: Read) -> None:
    rows: list[dict[str, Any]] = [
        {
            "q": "photos",
            "item": "one",
            "user": 5,
            "ts": 1793527200,
            "action": "impression",
            "rank": 2,
        },
        {"q": "photos", "user": 5, "ts": 1793527200000, "other": {"deep": [1]}},
        {"query": "words", "client": "b", "time": DAY, "shown": ["one", "unheard", "two"]},
    ]
    report, counts = read("\n".join(map(json.dumps, rows)))
    assert (report.rows, report.bad_rows, report.episodes) == (3, 0, 2)
    assert counts["photos", "one", DAY] == (1, expected_units(2), 0, 0)
    assert counts["words", "two", DAY] == (1, expected_units(3), 0, 0)


BEHAVIOUR_QUERIES = [
    {"query_id": "1", "client_id": "a", "user_query": "photos", "timestamp": f"{DAY}T10:00:00Z",
     "query_response_hit_ids": ["one", "two"]},
    {"query_id": "2", "client_id": "b", "user_query": "words", "timestamp": f"{DAY}T11:00:00Z"},
]  # fmt: skip
BEHAVIOUR_EVENTS = [
    {"query_id": "1", "client_id": "a", "action_name": "click", "timestamp": f"{DAY}T10:00:05Z",
     "event_attributes": {"object": {"object_id": "two"}, "position": {"ordinal": 2}}},
    {"query_id": "2", "client_id": "b", "action_name": "scroll", "timestamp": f"{DAY}T11:00:05Z"},
    {"query_id": "3", "client_id": "b", "action_name": "click", "timestamp": f"{DAY}T11:00:05Z"},
]  # fmt: skip


def test_user_behavior_insights(read: Read) -> None:
    report, counts = read(
        "\n".join(map(json.dumps, BEHAVIOUR_QUERIES)), "\n".join(map(json.dumps, BEHAVIOUR_EVENTS))
    )
    assert (report.rows, report.bad_rows, report.episodes, report.picked) == (5, 1, 2, 1)
    assert report.first_bad[0].reason == "its query_id names no query read before it"
    assert counts == {
        ("photos", DAY): (1, 0),
        ("photos", "one", DAY): (1, expected_units(1), 0, 0),
        ("photos", "two", DAY): (1, expected_units(2), 1, 0),
        ("words", DAY): (1, 0),
    }


def test_behaviour_files_belong_together_queries_first(tmp_path: Path) -> None:
    texts = {
        "events": json.dumps(BEHAVIOUR_EVENTS[0]), "queries": json.dumps(BEHAVIOUR_QUERIES[0]),
        "csv": HEAD, "json": '{"q": "x"}',
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "queries").write_bytes(gzip.compress(texts["queries"].encode()))
    groups = group_sources([str(tmp_path / name) for name in texts])
    assert [[Path(name).name for name in group] for group in groups] == [
        ["queries", "events"], ["csv"], ["json"],
    ]  # fmt: skip


BAD = [
    (f"{DAY},a,,search,,", "has no query"),
    (f"{DAY},a, ?! ,search,,", "has no query"),
    (",a,q,search,,", "has no time"),
    ("yesterday,a,q,search,,", "its time cannot be read, or lies outside 1970 to 2100"),
    ("1e400,a,q,search,,", "its time cannot be read, or lies outside 1970 to 2100"),
    ("nan,a,q,search,,", "its time cannot be read, or lies outside 1970 to 2100"),
    ("1969-12-31,a,q,search,,", "its time cannot be read, or lies outside 1970 to 2100"),
    (f"{DAY},a,q,hover,one,", "its action is none that is known"),
    (f"{DAY},a,q,click,three,", "names a model the catalogue does not have"),
    (f"{DAY},a,q,click,,", "names no model"),
    (f"{DAY},a,q,impression,one,first", "its position is no number"),
    (f"{DAY},a,q,impression,one,1.5", "its position is no whole number from 1 on"),
    (f"{DAY},a,q,impression,one,0", "its position is no whole number from 1 on"),
    (f"{DAY},a,q,impression,one,inf", "its position is no number"),
    (f"{DAY},a,q", "has 3 columns where the header has 6"),
    (f'{DAY},a,"q,search,,', "has a quote that is not closed, or a cell that is too long"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_row_is_left_out_with_its_line_and_reason(read: Read, row: str, reason: str) -> None:
    report, counts = read(f"{HEAD}{DAY},a,good,,,\n\n{row}\n{DAY},a,fine,,,\n")
    assert (report.rows, report.bad_rows) == (3, 1)
    assert report.first_bad[0][1:] == (4, reason)
    assert set(counts) == {("good", DAY), ("fine", DAY)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "is not JSON"),
        ("[1]", "is no JSON object"),
        ("[" * 100_000, "is not JSON"),
        ('{"q": ["x"]}', "holds a list or object where text is expected"),
        ('{"q": "x", "time": "2026-11-01", "shown": ["no"]}', "names a model the catalogue does not have"),
        (json.dumps({"q": "x", "time": DAY, "shown": ["one"] * 101}), "shows more than 100 models"),
    ],
)  # fmt: skip
def test_a_bad_line_of_json(read: Read, row: str, reason: str) -> None:
    report, _ = read(f'{{"q": "good", "time": "{DAY}"}}\n{row}\n')
    assert (report.rows, report.first_bad[0].reason) == (2, reason)


def test_bytes_that_are_no_text(read: Read) -> None:
    good = f"{DAY},a,caf\u00e9,,,\r\n".encode()
    text = b"\xef\xbb\xbf" + HEAD.encode() + good + b"\xff" + good + good
    report, counts = read(text)
    assert (report.rows, report.bad_rows, report.first_bad[0].line) == (3, 1, 3)
    assert set(counts) == {("café", DAY)}


def test_a_line_may_be_one_mebibyte_long(read: Read) -> None:
    fits = f"{DAY},ab,x" + " y" * ((log_files.LINE_BYTES - 18) // 2) + ",,,\n"
    assert len(fits) == log_files.LINE_BYTES + 1, len(fits)  # with its end
    report, counts = read(f"{HEAD}{fits}{'z' * (log_files.LINE_BYTES + 5)}\n{DAY},a,after,,,\n")
    assert (report.rows, report.bad_rows) == (3, 1)
    assert report.first_bad[0].line == 3
    assert ("after", DAY) in counts
    report, counts = read(f"{HEAD}{'z' * (3 * log_files.LINE_BYTES)}\n{DAY},a,after,,,\n", name="b")
    assert (report.bad_rows, report.first_bad[0].line, list(counts)) == (1, 2, [("after", DAY)])


@pytest.mark.parametrize(("bad", "kept"), [(50, True), (51, False)])
def test_a_file_with_too_many_bad_rows_is_given_up(read: Read, bad: int, kept: bool) -> None:
    text = HEAD + f"{DAY},a,q,,,\n" * (100 - bad) + "x\n" * bad
    if kept:
        assert read(text)[0].bad_rows == bad
    else:
        with pytest.raises(
            LogError, match="51 of 100 rows are bad, so nothing was kept; line 51"
        ) as caught:
            read(text)
        assert caught.value.exit_code == 1


def test_few_rows_are_not_judged(read: Read) -> None:
    assert read(HEAD + "x\n" * 99)[0].bad_rows == 99


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-23T10:00:00Z", ("2026-11-23", 1795428000.0)),
        ("2026-11-23 10:00:00", ("2026-11-23", 1795428000.0)),
        ("2026-11-23T10:00:00.250+00:00", ("2026-11-23", 1795428000.25)),
        ("1795428000", ("2026-11-23", 1795428000.0)),
        ("1795428000000", ("2026-11-23", 1795428000.0)),
        ("1795428000000000", ("2026-11-23", 1795428000.0)),
        ("2026-11-23", ("2026-11-23", None)),
    ],
)
def test_times(text: str, found: tuple[str, float | None]) -> None:
    assert parse_time(text) == found


def test_rows_without_a_time_take_the_day_given(read: Read) -> None:
    _, counts = read("q\nphotos\n", reading=READING._replace(day="2026-01-02"))
    assert list(counts) == [("photos", "2026-01-02")]


# -- gzip -------------------------------------------------------------------------------------------


def test_gzip_counts_as_its_content(tmp_path: Path) -> None:
    plain = f"{HEAD}{DAY},a,q,,,\n".encode()
    (tmp_path / "a").write_bytes(plain)
    (tmp_path / "b").write_bytes(gzip.compress(plain[:20]) + gzip.compress(plain[20:]))
    digests = []
    for name in ("a", "b"):
        with ExitStack() as stack:
            file = open_log(str(tmp_path / name), stack, {})
            assert len(list(file.lines())) == 2
            digests.append((file.digest.digest(), file.size))
    assert digests[0] == digests[1]


@pytest.mark.parametrize("damage", ["cut", "flipped", "tail"])
def test_a_damaged_gzip_is_an_error(read: Read, damage: str) -> None:
    packed = bytearray(gzip.compress((HEAD + f"{DAY},a,q,,,\n" * 500).encode()))
    if damage == "cut":
        del packed[-10:]
    elif damage == "flipped":
        packed[-6] ^= 1
    else:
        packed += b"rubbish"
    with pytest.raises(LogError, match="the gzip file is damaged"):
        read(bytes(packed))


def test_a_gzip_bomb_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress((HEAD + "\n" * 4_000_000).encode())
    assert read(bomb)[0].rows == 0
    monkeypatch.setattr(log_files, "GZIP_FREE_BYTES", 1024 * 1024)
    with pytest.raises(LogError, match="unpacks to more than 200 times its size"):
        read(bomb)


def test_files_that_are_none(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with pytest.raises(LogError, match="no such file"):
            open_log(str(tmp_path / "none"), stack, {})
        with pytest.raises(LogError, match="is no regular file"):
            open_log(str(tmp_path), stack, {})


def test_standard_input(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        buffer = io.BufferedReader(io.BytesIO(f"{HEAD}{DAY},a,q,,,\n".encode()))  # type: ignore[arg-type]

    monkeypatch.setattr(logs.sys, "stdin", Stream)
    with ExitStack() as stack:
        report, _ = read_source([open_log("-", stack, {})], READING, lambda _: None)
    assert report.episodes == 1


# -- episodes ---------------------------------------------------------------------------------------


def queries(events: list[Event]) -> list[str]:
    return [episode.query for episode in episodes_of(events)]


def test_beginnings_typed_within_half_a_minute_collapse() -> None:
    assert queries([event("des", 0), event("desc", 30), event("describe photos", 60)]) == [
        "describe photos"
    ]


@pytest.mark.parametrize(
    "events",
    [
        [event("des", 0), event("describe", 30.5)],
        [event("describe", 0), event("des", 5)],
        [event("des", 0), event("photos", 5)],
        [event("des", None), event("describe", None)],
        [event("des", 0, Action.CLICK, "one"), event("describe", 5)],
    ],
)
def test_other_queries_stand_by_themselves(events: list[Event]) -> None:
    assert len(queries(events)) == 2


def test_a_beginning_searched_for_again_stands(read: Read) -> None:
    assert queries([event("des", 0), event("describe", 5), event("des", 500)]) == [
        "des", "describe",
    ]  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject) -> None:
    one = st.builds(
        event,
        st.sampled_from(["a", "ab", "abc", "b"]),
        st.integers(0, 90).map(float),
        st.sampled_from(list(Action)[1:]),
        st.sampled_from(["one", "two"]),
        st.integers(1, 9),
    )
    events = data.draw(st.lists(one, max_size=8))
    shuffled = data.draw(st.permutations(events))
    assert [
        e._replace(models=dict(sorted(e.models.items()))) for e in episodes_of(list(events))
    ] == [e._replace(models=dict(sorted(e.models.items()))) for e in episodes_of(list(shuffled))]


# -- floods and names -------------------------------------------------------------------------------


def test_at_most_five_matches_of_a_client_and_model_count(read: Read) -> None:
    days = [f"2026-11-{day:02d}" for day in range(1, 8)]
    rows = [f"{day},a,need {day},impression,one,1\n" for day in days]
    report, counts = read(HEAD + "".join(rows))
    assert (report.episodes, report.capped) == (5, 2)
    assert sum(value[0] for key, value in counts.items() if len(key) == 3) == 5


def test_the_cap_is_that_of_one_client(read: Read) -> None:
    rows = [f"{DAY},client {n},q,impression,one,1\n" for n in range(20)]
    assert read(HEAD + "".join(rows))[0].episodes == 20


def test_asking_the_same_thing_every_day_counts_five_times(read: Read) -> None:
    rows = [f"2026-11-{day:02d},a,q,,,\n" for day in range(1, 21)]
    report, _ = read(HEAD + "".join(rows))
    # Twenty days in a row may reach into two windows.
    assert report.episodes in range(5, 11)
    assert report.episodes + report.capped == 20


@pytest.mark.parametrize(("searches", "aside"), [(500, 0), (501, 1)])
def test_a_client_that_searches_all_day_is_set_aside(read: Read, searches: int, aside: int) -> None:
    rows = [f"{DAY}T10:00:00Z,bot,query {n:03d},,,\n" for n in range(searches)]
    report, _ = read(HEAD + "".join(rows) + f"{DAY},ann,q,,,\n")
    assert report.set_aside == aside
    assert report.episodes == (1 if aside else 501)


def test_long_lists_of_results_are_no_flood(read: Read) -> None:
    rows = [f"{DAY}T10:00:00Z,ann,q,impression,one,{n}\n" for n in range(1, 900)]
    assert read(HEAD + "".join(rows))[0].set_aside == 0


def test_large_logs_are_read_in_parts(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "".join(
        f"{DAY}T10:{n % 60:02d}:00Z,client {n % 50},need {n % 7},impression,one,{n % 9 + 1}\n"
        for n in range(2000)
    )
    whole = read(text)
    monkeypatch.setattr(log_files, "_BLOCK", 4096)
    monkeypatch.setattr(episodes, "_EVENTS_HELD", 100)
    monkeypatch.setattr(episodes, "_COUNTS_HELD", 3)
    monkeypatch.setattr(events_module, "KEYS_HELD", 3)
    in_parts = read(text, name="again")
    assert in_parts[1] == whole[1]
    assert in_parts[0]._replace(queries=0) == whole[0]._replace(queries=0)


def test_queries_that_name_a_model_count_apart(read: Read) -> None:
    reading = READING._replace(navigates=names_a_model(["Model One", "one-7b", "12", "ab"]))
    report, counts = read(
        HEAD + f"{DAY},a,run model-one here,,,\n{DAY},a,a model,,,\n", reading=reading
    )
    assert report.navigational == 1
    assert counts["run model-one here", DAY] == (1, 1)
    assert not reading.navigates("12 monkeys") and not reading.navigates("ab testing")
    assert reading.navigates("ONE 7B".casefold())


def test_names_of_models_are_resolved_as_in_the_catalogue() -> None:
    resolve = model_names([("a-1", "a-1"), ("A One", "a-1"), ("b.1", "b"), ("b-1", "c")])
    assert [resolve(name) for name in ("A-1", "a one", "AONE", "b1", "B.1", "nothing", "")] == [
        "a-1", "a-1", "a-1", None, "b", None, None,
    ]  # fmt: skip


# -- counts made elsewhere --------------------------------------------------------------------------

COUNTS = (
    "kind,query,day,model,episodes,navigational,shown,expected,clicked,chosen\n"
    f"query,Photos?,{DAY},,12,0,,,,\n"
    f"model,photos,{DAY},one,,,10,4.25,2,1\n"
)


def test_counts_made_elsewhere(read: Read) -> None:
    report, counts = read(COUNTS, aggregate=True)
    assert (report.rows, report.episodes, report.picked) == (2, 12, 3)
    assert counts == {
        ("photos", DAY): (12, 0),
        ("photos", "one", DAY): (10, 4_250_000, 2, 1),
    }


def test_counts_as_json_lines(read: Read) -> None:
    rows = [
        {"kind": "query", "query": "photos", "day": DAY, "episodes": 12, "navigational": 0},
        {"kind": "model", "query": "photos", "day": DAY, "model": "one", "shown": 1, "expected": 1.0},
    ]  # fmt: skip
    _, counts = read("\n".join(map(json.dumps, rows)), aggregate=True)
    assert counts["photos", "one", DAY] == (1, 1_000_000, 0, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"other,q,{DAY},,1,0,,,,", "its kind is neither query nor model"),
        (f"query,q,{DAY},,1,2,,,,", "has no episodes, or more that name a model than there are"),
        (f"query,q,{DAY},,0,0,,,,", "has no episodes, or more that name a model than there are"),
        (f"query,q,{DAY},,-1,0,,,,", "its episodes is no count"),
        (f"query,q,{DAY},,1e30,0,,,,", "its episodes is no count"),
        (f"query,q,{DAY},,nan,0,,,,", "its episodes is no count"),
        (f"query,q,{DAY}T10:00,,1,0,,,,", "its day is not written as 2026-11-23"),
        (f"model,q,{DAY},three,,,1,1,0,0", "names a model the catalogue does not have"),
        (f"model,q,{DAY},one,,,1,1.5,0,0", "expects more picks than it was shown"),
        (f"model,q,{DAY},one,,,1,x,0,0", "its expected is no number of picks"),
        (f"query,,{DAY},,1,0,,,,", "has no query"),
    ],
)
def test_bad_counts(read: Read, row: str, reason: str) -> None:
    report, _ = read(f"{COUNTS}{row}\n", aggregate=True)
    assert report.first_bad[0][1:] == (4, reason)


def test_counts_have_exactly_these_columns(read: Read) -> None:
    with pytest.raises(LogError, match="counts have exactly the columns kind, query, day"):
        read(HEAD, aggregate=True)
