"""Asking hosts: every way a server can misbehave, against real servers on this machine."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import sys
import traceback
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcmp.catalogue import fetching, wire
from modelcmp.catalogue.fetching import (
    GITHUB,
    HUB,
    Bounds,
    Fetcher,
    Host,
    answers_path,
    other_host,
)
from modelcmp.catalogue.limits import ANSWER_BYTES
from modelcmp.catalogue.wire import Clock
from modelcmp.errors import ConfigError, FetchError, ModelcmpError, UsageError

API = Path(__file__).resolve().parent.parent / "cases" / "api"
HUB_MODEL = json.loads((API / "hub_model.json").read_text())
NOW = 1_795_000_000.0
SECRET = "hf_PlantedSecretThatMustNotShow"


class FakeClock:
    """Time that only passes when somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: NOW + self.passed, lambda: self.passed, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(loopback: Callable[[], Any]) -> Any:
    return loopback()


@pytest.fixture
def fetcher(server: Any, time: FakeClock) -> Fetcher:
    return Fetcher([Host(server.origin)], environment={}, loopback=True, clock=time.clock())


def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        fetcher.get_json(url)
    return raised.value


def test_an_answer_is_a_value(server: Any, fetcher: Fetcher) -> None:
    server.on("/model?full=1", server.sends(HUB_MODEL))
    assert fetcher.get_json(f"{server.origin}/model?full=1") == HUB_MODEL
    headers = server.requests[0].headers
    assert headers["user-agent"].startswith("modelcmp/")
    assert headers["accept-encoding"] == "gzip"
    assert "cookie" not in headers and "authorization" not in headers


def test_a_body_is_posted(server: Any, fetcher: Fetcher) -> None:
    server.on("/api/show", server.sends({"capabilities": ["vision"]}))
    answer = fetcher.post_json(f"{server.origin}/api/show", {"model": "llava"})
    assert answer == {"capabilities": ["vision"]}
    assert server.requests[0].method == "POST"
    assert json.loads(server.requests[0].body) == {"model": "llava"}


def test_a_packed_answer_is_unpacked(server: Any, fetcher: Fetcher) -> None:
    packed = gzip.compress(json.dumps(HUB_MODEL).encode(), mtime=0)
    server.on("/model", server.sends(packed, Content_Encoding="gzip"))
    assert fetcher.get_json(f"{server.origin}/model") == HUB_MODEL


BAD_BODIES: dict[str, bytes] = {
    "a login page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
    "nothing": b"",
    "half a value": b'{"downloads": 5',
    "two values": b'{"downloads": 5} {}',
    "NaN": b'{"downloads": NaN}',
    "minus infinity": b'{"downloads": -Infinity}',
    "a number beyond all floats": b'{"downloads": 1e999}',
    "an integer of 5,000 digits": b'{"downloads": ' + b"9" * 5000 + b"}",
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "half of a surrogate pair": b'{"name": "\\ud800"}',
    "nested too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_what_is_no_json_is_a_failed_answer(server: Any, fetcher: Fetcher, body: bytes) -> None:
    server.on("/model", server.sends(body, Content_Type="application/json"))
    error = failure(fetcher, f"{server.origin}/model")
    assert error.kind == "wrong"
    assert "sent no JSON" in error.message
    assert len(server.requests) == 1


def test_the_type_a_server_claims_does_not_matter(server: Any, fetcher: Fetcher) -> None:
    server.on("/model", server.sends({"likes": 1}, Content_Type="text/html; charset=utf-7"))
    assert fetcher.get_json(f"{server.origin}/model") == {"likes": 1}


STATUSES = [
    (400, "broken", 1), (401, "denied", 1), (403, "denied", 1), (404, "missing", 1), (410, "missing", 1),
    (204, "broken", 1), (206, "broken", 1), (304, "broken", 1), (418, "broken", 1), (500, "broken", 3),
    (502, "broken", 3), (503, "broken", 3), (504, "broken", 3), (429, "limited", 3),
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind", "asked"), STATUSES)
def test_each_refusal_has_its_kind(
    server: Any, fetcher: Fetcher, status: int, kind: str, asked: int
) -> None:
    server.on("/model", server.sends({"error": "no"}, status))
    assert failure(fetcher, f"{server.origin}/model").kind == kind
    assert len(server.requests) == asked


def test_a_good_answer_after_a_bad_one_counts(
    server: Any, fetcher: Fetcher, time: FakeClock
) -> None:
    server.on("/model", server.sends(b"oops", 500), server.resets(), server.sends({"likes": 3}))
    assert fetcher.get_json(f"{server.origin}/model") == {"likes": 3}
    assert time.slept == [1.0, 2.0]


def bomb(size: int) -> bytes:
    return gzip.compress(b'"' + b" " * (size - 2) + b'"', mtime=0)


@pytest.mark.parametrize("packed", [True, False])
def test_the_limit_of_an_answer_holds_on_both_sides(
    server: Any, fetcher: Fetcher, packed: bool
) -> None:
    for size in (ANSWER_BYTES, ANSWER_BYTES + 1):
        data = bomb(size) if packed else gzip.decompress(bomb(size))
        headers = {"Content_Encoding": "gzip"} if packed else {}
        server.on(f"/{size}", server.sends(data, **headers))
    assert len(fetcher.get_json(f"{server.origin}/{ANSWER_BYTES}")) == ANSWER_BYTES - 2
    error = failure(fetcher, f"{server.origin}/{ANSWER_BYTES + 1}")
    assert (error.kind, f"{ANSWER_BYTES:,} bytes" in error.message) == ("wrong", True)


def test_a_bomb_is_stopped_before_it_is_unpacked(server: Any, fetcher: Fetcher) -> None:
    import tracemalloc

    server.on("/bomb", server.sends(bomb(60_000_000), Content_Encoding="gzip"))
    tracemalloc.start()
    try:
        assert failure(fetcher, f"{server.origin}/bomb").kind == "wrong"
        assert tracemalloc.get_traced_memory()[1] < 4 * ANSWER_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "body", "kind"),
    [
        ("gzip", b"no gzip at all", "wrong"),
        ("gzip", bomb(100)[:-12], "broken"),
        ("br", b"whatever", "wrong"),
        ("gzip, gzip", gzip.compress(bomb(100), mtime=0), "wrong"),
    ],
)
def test_badly_packed_answers(
    server: Any, fetcher: Fetcher, encoding: str, body: bytes, kind: str
) -> None:
    server.on("/model", server.sends(body, Content_Encoding=encoding))
    assert failure(fetcher, f"{server.origin}/model").kind == kind


BROKEN = {
    "truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
    "no HTTP": b"220 mail.example.org ESMTP\r\n",
    "chunks that lie": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a wrong length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "hangs up": b"",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_asked_for_again_and_then_given_up(
    server: Any, fetcher: Fetcher, data: bytes
) -> None:
    server.on("/model", server.raw(data))
    assert failure(fetcher, f"{server.origin}/model").kind == "broken"
    assert len(server.requests) == 3


def test_a_reset_connection_is_broken(server: Any, fetcher: Fetcher) -> None:
    server.on("/model", server.resets())
    assert failure(fetcher, f"{server.origin}/model").kind == "broken"


def test_bytes_behind_the_answer_do_not_leak_into_the_next(server: Any, fetcher: Fetcher) -> None:
    server.on(
        "/a", server.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n")
    )
    server.on("/b", server.sends({"b": 1}))
    assert fetcher.get_json(f"{server.origin}/a") == {}
    assert fetcher.get_json(f"{server.origin}/b") == {"b": 1}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
DRIPS: dict[str, Callable[[Any], Any]] = {
    "in its headers": lambda server: server.drips(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "in its body": lambda server: server.drips(HEAD + b"\r\n"),
    "informational answers": lambda server: server.drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "not at all": lambda server: server.hangs(),
}


@pytest.mark.parametrize("how", DRIPS.values(), ids=DRIPS.keys())
def test_no_server_stretches_the_deadline_of_a_request(server: Any, how: Any) -> None:
    server.on("/model", how(server))
    server.on("/next", server.sends({"likes": 1}))
    bounds = Bounds(request_seconds=0.3)
    with Fetcher([Host(server.origin)], environment={}, loopback=True, bounds=bounds) as fetcher:
        error = failure(fetcher, f"{server.origin}/model")
        assert (error.kind, "within 0.3 s" in error.message) == ("slow", True)
        assert fetcher.get_json(f"{server.origin}/next") == {"likes": 1}
    assert server.paths() == ["/model", "/next"]


def test_a_run_ends_in_the_middle_of_a_dripping_answer(server: Any) -> None:
    server.on("/model", server.drips(HEAD + b"\r\n"))
    bounds = Bounds(run_seconds=0.3)
    fetcher = Fetcher([Host(server.origin)], environment={}, loopback=True, bounds=bounds)
    for _ in range(2):
        error = failure(fetcher, f"{server.origin}/model")
        assert (error.kind, "goes on" in (error.hint or "")) == ("over", True)
    assert len(server.requests) == 1


def test_a_wait_that_outlasts_the_run_is_not_begun(server: Any, time: FakeClock) -> None:
    server.on("/model", server.sends({}, 429, Retry_After="50"))
    bounds = Bounds(run_seconds=40)
    fetcher = Fetcher(
        [Host(server.origin)], environment={}, loopback=True, bounds=bounds, clock=time.clock()
    )
    assert failure(fetcher, f"{server.origin}/model").kind == "over"
    assert time.slept == []


def test_an_answer_of_endless_redirects_shares_one_deadline(server: Any) -> None:
    server.on("/a", server.sends(b"", 302, Location="/b"))
    server.on("/b", server.drips(HEAD + b"\r\n"))
    bounds = Bounds(request_seconds=0.3)
    fetcher = Fetcher([Host(server.origin)], environment={}, loopback=True, bounds=bounds)
    assert failure(fetcher, f"{server.origin}/a").kind == "slow"


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_a_closed_port_cannot_be_reached_and_is_given_up(time: FakeClock) -> None:
    origin = closed_port()
    fetcher = Fetcher([Host(origin)], environment={}, loopback=True, clock=time.clock())
    messages = [failure(fetcher, f"{origin}/{number}").message for number in range(4)]
    assert all("cannot be reached" in message for message in messages[:3])
    assert "given up after 3 failures in a row" in messages[3]
    assert time.slept == []


def test_one_good_answer_keeps_a_host_open(server: Any) -> None:
    server.on("/bad", server.hangs())
    server.on("/good", server.sends({}))
    bounds = Bounds(request_seconds=0.1)
    fetcher = Fetcher([Host(server.origin)], environment={}, loopback=True, bounds=bounds)
    for path in ("/bad", "/bad", "/good", "/bad", "/bad"):
        if path == "/bad":
            assert "within" in failure(fetcher, server.origin + path).message
        else:
            assert fetcher.get_json(server.origin + path) == {}


def date(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


WAITS: dict[str, tuple[int, dict[str, str], list[float]]] = {
    "seconds": (429, {"Retry_After": "7"}, [7.0]),
    "a fraction": (429, {"Retry_After": "2.5"}, [2.5]),
    "a date": (429, {"Retry_After": date(30), "Date": date(0)}, [30.0]),
    "a date by the host's own clock": (429, {"Retry_After": date(3630), "Date": date(3600)}, [30.0]),
    "a date long past": (429, {"Retry_After": date(-9999), "Date": date(0)}, [1.0]),
    "a negative number": (429, {"Retry_After": "-5"}, [1.0]),
    "zero": (429, {"Retry_After": "0"}, [1.0]),
    "words": (429, {"Retry_After": "soon; please"}, [1.0]),
    "not a number": (429, {"Retry_After": "nan"}, [1.0]),
    "nothing at all": (429, {}, [1.0]),
    "the Hub's header": (429, {"RateLimit": '"api";r=0;t=55'}, [55.0]),
    "the Hub's header with room": (429, {"RateLimit": '"api" ; r = 0 ; t = 5'}, [5.0]),
    "the Hub's header beside another fault": (500, {"RateLimit": '"api";r=499;t=200'}, [1.0]),
    "GitHub's header beside another fault": (
        502, {"X_RateLimit_Remaining": "59", "X_RateLimit_Reset": str(int(NOW) + 3000), "Date": date(0)}, [1.0],
    ),
    "the Hub's header, spoilt": (429, {"RateLimit": '"api";r=0;t=-5'}, [1.0]),
    "a date without a zone": (429, {"Retry_After": date(30)[:-3] + "-0000", "Date": date(0)}, [30.0]),
    "GitHub's": (
        403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(NOW) + 12), "Date": date(0)}, [12.0],
    ),
    "GitHub's, past": (
        403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "5", "Date": date(0)}, [1.0],
    ),
    "GitHub's second limit": (403, {"Retry_After": "20"}, [20.0]),
    "a server out of order": (503, {"Retry_After": "4"}, [4.0]),
}  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "slept"), WAITS.values(), ids=WAITS.keys())
def test_waits_are_those_the_host_names(
    server: Any,
    fetcher: Fetcher,
    time: FakeClock,
    status: int,
    headers: dict[str, str],
    slept: list[float],
) -> None:
    server.on("/model", server.sends({}, status, **headers), server.sends({"likes": 2}))
    assert fetcher.get_json(f"{server.origin}/model") == {"likes": 2}
    assert time.slept == slept


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "61"},
        {"Retry_After": "9" * 250},
        {"Retry_After": "9" * 320},
        {"Retry_After": date(3600), "Date": date(0)},
        {"RateLimit": '"api";r=0;t=300'},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "9" * 200},
    ],
)
def test_too_long_a_wait_closes_the_host(
    server: Any, fetcher: Fetcher, time: FakeClock, headers: dict[str, str]
) -> None:
    server.on("/model", server.sends({}, 429, **headers))
    error = failure(fetcher, f"{server.origin}/model")
    if len(headers.get("Retry_After", "")) == 320:  # no number that anybody means
        assert (error.kind, time.slept) == ("limited", [1.0, 2.0])
    else:
        assert (error.kind, time.slept) == ("limited", [])
        assert "60 s of waiting are left" in error.message
    assert failure(fetcher, f"{server.origin}/other") is error
    assert set(server.paths()) == {"/model"}


def test_waits_are_capped_over_the_whole_run(
    server: Any, fetcher: Fetcher, time: FakeClock
) -> None:
    limited = server.sends({}, 429, Retry_After="25")
    server.on("/a", limited, server.sends({}))
    server.on("/b", limited, server.sends({}))
    server.on("/c", limited, server.sends({}))
    assert [fetcher.get_json(f"{server.origin}/{name}") for name in "ab"] == [{}, {}]
    assert "10 s of waiting are left" in failure(fetcher, f"{server.origin}/c").message
    assert time.slept == [25.0, 25.0]


def test_an_allowance_used_up_is_waited_for_before_the_next_request(
    server: Any, time: FakeClock
) -> None:
    server.on("/a", server.sends({}, RateLimit='"api";r=0;t=9'))
    server.on("/b", server.sends({}))
    told: list[str] = []
    fetcher = Fetcher(
        [Host(server.origin)], environment={}, loopback=True, clock=time.clock(), tell=told.append
    )
    fetcher.get_json(f"{server.origin}/a")
    assert time.slept == []
    fetcher.get_json(f"{server.origin}/b")
    assert time.slept == [9.0]
    assert told == [f"waiting 9 s for {server.origin[7:]}, as its rate limit asks"]


def test_redirects_of_the_same_host_are_followed_thrice(server: Any, fetcher: Fetcher) -> None:
    for number in range(5):
        server.on(f"/{number}", server.sends(b"", 307, Location=f"/{number + 1}"))
    server.on("/5", server.sends({"likes": 5}))
    assert fetcher.get_json(f"{server.origin}/2") == {"likes": 5}
    error = failure(fetcher, f"{server.origin}/1")
    assert (error.kind, "more than 3 times" in error.message) == ("wrong", True)


def test_a_redirect_in_a_circle_ends(server: Any, fetcher: Fetcher) -> None:
    server.on("/a", server.sends(b"", 301, Location="/b"))
    server.on("/b", server.sends(b"", 301, Location=server.origin + "/a"))
    assert failure(fetcher, f"{server.origin}/a").kind == "wrong"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)", "", "//[::1", "http://\x7f/",
        "http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://example.org/",
        "http://user:password@127.0.0.1/", "https://huggingface.co@evil.example/", "http://localhost:1/",
        "gopher://127.0.0.1:70/", "data:application/json,{}", "http://127.0.0.1:99999/",
    ],
)  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed(server: Any, fetcher: Fetcher, location: str) -> None:
    server.on("/model", server.sends(b"", 302, Location=location))
    error = failure(fetcher, f"{server.origin}/model")
    assert error.kind == "wrong"
    assert "password" not in error.message
    assert server.paths() == ["/model"]


def test_a_redirect_without_a_target_is_wrong(server: Any, fetcher: Fetcher) -> None:
    server.on("/model", server.sends(b"", 302))
    assert failure(fetcher, f"{server.origin}/model").kind == "wrong"


def test_what_is_posted_is_not_sent_elsewhere(server: Any, fetcher: Fetcher) -> None:
    server.on("/api/show", server.sends(b"", 307, Location="/other"))
    with pytest.raises(FetchError, match="redirects what was sent"):
        fetcher.post_json(f"{server.origin}/api/show", {})
    assert server.paths() == ["/api/show"]


def test_a_token_goes_to_its_own_host_alone(loopback: Callable[[], Any]) -> None:
    hub, github, other = loopback(), loopback(), loopback()
    hosts = [
        Host(hub.origin, "HF_TOKEN"), Host(github.origin, "GITHUB_TOKEN"), other_host(other.origin),
    ]  # fmt: skip
    environment = {"HF_TOKEN": SECRET, "GITHUB_TOKEN": "ghp_Another"}
    fetcher = Fetcher(hosts, environment=environment, loopback=True)
    hub.on("/stays", hub.sends(b"", 307, Location="/here"))
    hub.on("/here", hub.sends({}))
    hub.on("/leaves", hub.sends(b"", 307, Location=github.origin + "/there"))
    for server in (github, other):
        server.on("/there", server.sends({}))
    for url in (f"{hub.origin}/stays", f"{hub.origin}/leaves", f"{other.origin}/there"):
        fetcher.get_json(url)
    assert [request.headers.get("authorization") for request in hub.requests] == [
        f"Bearer {SECRET}"
    ] * 3
    # Sent on by another host: not even the token that would be its own.
    assert [request.headers.get("authorization") for request in github.requests] == [None]
    assert [request.headers.get("authorization") for request in other.requests] == [None]
    fetcher.get_json(f"{github.origin}/there")
    assert github.requests[-1].headers["authorization"] == "Bearer ghp_Another"


def test_tokens_have_no_other_host_than_their_own() -> None:
    assert (HUB.origin, GITHUB.origin) == ("https://huggingface.co", "https://api.github.com")
    assert other_host("https://hub.example.org:443/") == Host("https://hub.example.org", None)


FAULTS: dict[str, Callable[[Any], Any]] = {
    "denied": lambda server: server.sends({"error": SECRET}, 401),
    "missing": lambda server: server.sends({"error": SECRET}, 404),
    "limited": lambda server: server.sends({"error": SECRET}, 429, Retry_After=SECRET),
    "no JSON": lambda server: server.sends(SECRET.encode()),
    "elsewhere": lambda server: server.sends(b"", 302, Location=f"https://evil.example/{SECRET}"),
    "credentials": lambda server: server.sends(b"", 302, Location=f"https://u:{SECRET}@127.0.0.1/"),
    "broken": lambda server: server.raw(SECRET.encode()),
    "bad header": lambda server: server.raw(b"HTTP/1.1 200 OK\r\n" + SECRET.encode() + b"\r\n\r\n"),
    "reset": lambda server: server.resets(),
}


@pytest.mark.parametrize("how", FAULTS.values(), ids=FAULTS.keys())
def test_no_failure_shows_a_token(server: Any, time: FakeClock, how: Any) -> None:
    server.on("/model", how(server))
    fetcher = Fetcher(
        [Host(server.origin, "HF_TOKEN")],
        environment={"HF_TOKEN": SECRET},
        loopback=True,
        clock=time.clock(),
    )
    error = failure(fetcher, f"{server.origin}/model")
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error.hint)
    assert SECRET not in shown
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("bad", [f"{SECRET}\nX-Evil: 1", f"{SECRET} é", "a" * 1001])
def test_a_token_that_cannot_be_one_is_refused_unseen(bad: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Fetcher([HUB], environment={"HF_TOKEN": bad})
    shown = "".join(traceback.format_exception(raised.value))
    assert "HF_TOKEN" in shown and SECRET not in shown and "aaaa" not in shown


def test_space_around_a_token_is_not_part_of_it(server: Any) -> None:
    server.on("/", server.sends({}))
    environment = {"HF_TOKEN": f" {SECRET}\n"}
    fetcher = Fetcher([Host(server.origin, "HF_TOKEN")], environment=environment, loopback=True)
    fetcher.get_json(f"{server.origin}/")
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_an_answer_is_asked_for_again_only_if_it_changed(server: Any, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    server.on(
        "/model",
        server.sends({"likes": 1}, ETag='W/"one"'),
        server.sends(b"", 304),
        server.sends({"likes": 2}, ETag='"two"'),
        server.sends(b"", 304),
    )
    answers = []
    for _ in range(4):
        with Fetcher([Host(server.origin)], environment={}, loopback=True, cache=cache) as fetcher:
            answers.append(fetcher.get_json(f"{server.origin}/model")["likes"])
    assert answers == [1, 1, 2, 2]
    asked = [request.headers.get("if-none-match") for request in server.requests]
    assert asked == [None, 'W/"one"', 'W/"one"', '"two"']


def test_what_one_token_saw_is_not_shown_to_another(server: Any, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    server.on("/model", server.sends({"private": True}, ETag='"one"'))
    for environment in ({"HF_TOKEN": SECRET}, {"HF_TOKEN": "hf_other"}, {}):
        fetcher = Fetcher(
            [Host(server.origin, "HF_TOKEN")], environment=environment, loopback=True, cache=cache
        )
        fetcher.get_json(f"{server.origin}/model")
    assert [request.headers.get("if-none-match") for request in server.requests] == [None] * 3
    assert SECRET.encode() not in cache.read_bytes()
    assert cache.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("etag", ['"a"b"', "bare", '"' + "a" * 300 + '"', '"a b"', '""'])
def test_an_odd_mark_is_never_sent_back(server: Any, tmp_path: Path, etag: str) -> None:
    server.on("/model", server.sends({}, ETag=etag))
    for _ in range(2):
        fetcher = Fetcher(
            [Host(server.origin)], environment={}, loopback=True, cache=tmp_path / "a.sqlite"
        )
        fetcher.get_json(f"{server.origin}/model")
    assert server.requests[1].headers.get("if-none-match") is None


def test_a_damaged_cache_is_done_without(server: Any, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    cache.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    server.on("/model", server.sends({"likes": 1}, ETag='"one"'))
    fetcher = Fetcher([Host(server.origin)], environment={}, loopback=True, cache=cache)
    assert fetcher.get_json(f"{server.origin}/model") == {"likes": 1}


def test_bad_answers_are_not_kept(server: Any, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    server.on("/model", server.sends(b"<html>", ETag='"one"'), server.sends({}))
    fetcher = Fetcher([Host(server.origin)], environment={}, loopback=True, cache=cache)
    failure(fetcher, f"{server.origin}/model")
    fetcher.get_json(f"{server.origin}/model")
    assert server.requests[1].headers.get("if-none-match") is None


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "file:///etc/passwd", "https://u:p@huggingface.co/", "huggingface.co", "",
     "https://huggingface.co.evil.example/", "http://huggingface.co/", "https://huggingface.co:8443/"],
)  # fmt: skip
def test_only_named_hosts_are_asked(url: str) -> None:
    with pytest.raises(UsageError, match="none of the hosts"):
        Fetcher([HUB], environment={}).get_json(url)


def test_plain_http_needs_the_switch(server: Any) -> None:
    with pytest.raises(UsageError) as raised:
        Fetcher([Host(server.origin)], environment={}).get_json(f"{server.origin}/")
    assert "MODELCMP_LOOPBACK=1" in (raised.value.hint or "")
    assert server.requests == []


@pytest.mark.parametrize(
    "number", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
               "100.64.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "224.0.0.1",
               "2002:7f00:1::"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    row = (family, socket.SOCK_STREAM, 6, "", (number, 443))
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_, **__: [row])
    error = failure(Fetcher([HUB], environment={}), "https://huggingface.co/api")
    assert "inside a private network" in error.message


def test_with_the_switch_private_networks_stay_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_, **__: [row])
    fetcher = Fetcher([Host("http://hub.local")], environment={}, loopback=True)
    assert "inside a private network" in failure(fetcher, "http://hub.local/").message


def test_a_name_nobody_knows_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(wire.socket, "getaddrinfo", nobody)
    assert failure(Fetcher([HUB], environment={}), "https://huggingface.co/").kind == "unreachable"


def test_a_resolver_that_sleeps_does_not_hold_the_run(
    monkeypatch: pytest.MonkeyPatch, server: Any
) -> None:
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_, **__: server.closing.wait(10) and [])
    fetcher = Fetcher([HUB], environment={}, bounds=Bounds(request_seconds=0.1))
    assert failure(fetcher, "https://huggingface.co/").kind == "slow"


def test_the_proxy_of_the_environment_is_used(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("huggingface.co:443", server.sends(b"", 403))
    proxy = f"http://user:{SECRET}@{server.origin[7:]}"
    fetcher = Fetcher([HUB], environment={"HTTPS_PROXY": proxy, "HF_TOKEN": "hf_token"})
    error = failure(fetcher, "https://huggingface.co/api")
    assert error.kind == "unreachable"
    assert SECRET not in "".join(traceback.format_exception(error))
    (request,) = server.requests
    assert (request.method, request.path) == ("CONNECT", "huggingface.co:443")
    assert request.headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[::1", "nonsense://x"])
def test_a_proxy_that_cannot_be_used_is_said(proxy: str) -> None:
    fetcher = Fetcher([HUB], environment={"https_proxy": proxy})
    with pytest.raises(ConfigError, match="the proxy of the environment"):
        fetcher.get_json("https://huggingface.co/api")


@pytest.mark.parametrize("skipped", ["huggingface.co", "example.org, .co", "*"])
def test_no_proxy_is_heeded(server: Any, monkeypatch: pytest.MonkeyPatch, skipped: str) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(wire.socket, "getaddrinfo", nobody)
    environment = {"https_proxy": server.origin, "no_proxy": skipped}
    failure(Fetcher([HUB], environment=environment), "https://huggingface.co/api")
    assert server.requests == []


@pytest.mark.parametrize(
    "text", ["ftp://x", "hub", "https://u:p@hub.example", "https://hub.example/api", "", "https://"]
)
def test_a_host_is_named_without_path_or_credentials(text: str) -> None:
    with pytest.raises(UsageError, match="without a path") as raised:
        other_host(text)
    assert "u:p" not in raised.value.message


def test_without_the_extra_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ModelcmpError) as raised:
        Fetcher([HUB], environment={}).get_json("https://huggingface.co/")
    assert raised.value.hint == "pip install 'modelcmp[refresh]'"


def test_answers_lie_beside_the_checked_cards(tmp_path: Path) -> None:
    cards = str(tmp_path / "checked.sqlite")
    assert answers_path({"MODELCMP_CACHE": cards}) == tmp_path / "answers-1.sqlite"
    assert answers_path({"MODELCMP_CACHE": "", "HOME": str(tmp_path)}) is None
    assert answers_path({}) is None
    kept = tmp_path / "modelcmp" / "answers-1.sqlite"
    assert answers_path({"XDG_CACHE_HOME": str(tmp_path)}) == kept


@given(
    st.dictionaries(
        st.sampled_from(
            ["retry-after", "ratelimit", "x-ratelimit-reset", "x-ratelimit-remaining", "date"]
        ),
        st.one_of(
            st.text(max_size=40),
            st.integers().map(str),
            st.datetimes().map(lambda day: day.strftime("%a, %d %b %Y %H:%M:%S GMT")),
            st.integers().map(lambda n: f'"api";r=0;t={n}'),
        ),
    )
)
def test_no_header_makes_a_wait_that_is_none(headers: dict[str, str]) -> None:
    seconds = fetching._told_to_wait(fetching._Reply(429, headers, b""), NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate of our own for this machine, with its key, as one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


@pytest.fixture
def secure(server: Any, certificate: Path) -> str:
    """Return the origin of the server after it was made to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = server._server
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    return server.origin.replace("http:", "https:")


def test_https_is_asked_with_the_token_of_its_host(
    server: Any, secure: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
    server.on("/model", server.sends({"likes": 1}))
    environment = {"HF_TOKEN": SECRET}
    fetcher = Fetcher([Host(secure, "HF_TOKEN")], environment=environment, loopback=True)
    assert fetcher.get_json(f"{secure}/model") == {"likes": 1}
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_certificate_nobody_vouches_for_ends_it(server: Any, secure: str) -> None:
    fetcher = Fetcher([Host(secure)], environment={}, loopback=True)
    error = failure(fetcher, f"{secure}/model")
    assert (error.kind, "certificate that does not hold" in error.message) == ("unreachable", True)
    assert server.requests == []


def test_a_handshake_that_never_ends_is_bounded() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        origin = f"https://127.0.0.1:{silent.getsockname()[1]}"
        bounds = Bounds(request_seconds=0.2)
        fetcher = Fetcher([Host(origin)], environment={}, loopback=True, bounds=bounds)
        assert failure(fetcher, f"{origin}/").kind == "slow"
