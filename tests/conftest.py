"""What tests share: cards built from a few words, and a method whose numbers stay put."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.scoring.profiles import resolve_profile
from modelcmp.scoring.rank import Method, make_method
from modelcmp.scoring.values import Circumstances

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-23"


def card_fields(model_id: str = "one", **changes: Any) -> dict[str, Any]:
    """Return the smallest valid card as plain values, with some fields changed."""
    return {
        "id": model_id,
        "name": model_id.title(),
        "maker": "Maker",
        "summary": "A model for a test.",
        "tasks": ["text-generation"],
        "modalities": {"input": ["text"], "output": ["text"]},
        "sources": {"page": {"title": "A page", "url": "https://example.org/page"}},
        **changes,
    }


@pytest.fixture
def make_card() -> Callable[..., ModelCard]:
    """Return a maker of cards: `make_card("id", field=plain value)`."""
    return lambda model_id="one", **changes: build(ModelCard, card_fields(model_id, **changes))


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the tables of the repository, read without a cache."""
    return load_catalogue(cache=None).registry


@pytest.fixture
def method(registry: Registry) -> Method:
    """Return the balanced method as of a fixed day."""
    return make_method(resolve_profile("balanced"), Circumstances(registry, AS_OF))


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep every test away from the user's cache, configuration and colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CATALOGUE", "EVIDENCE", "FORMAT", "PROFILE", "DEBUG"):
        monkeypatch.delenv(f"MODELCMP_{name}", raising=False)
    for name in ("SOURCE_DATE_EPOCH", "MODELCMP_LOOPBACK", "HF_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


class Request(NamedTuple):
    """One request as a loopback server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Step = Callable[[BaseHTTPRequestHandler], None]


class Loopback:
    """A real HTTP server on this machine that answers, or misbehaves, as each path was told to.

    A path's steps are used up one request at a time; the last one stays.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._steps: dict[str, list[Step]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {key.lower(): value for key, value in self.headers.items()}
                server.requests.append(Request(self.command, self.path, headers, body))
                steps = server._steps.get(self.path, [server.sends(b"{}", 404)])
                step = steps.pop(0) if len(steps) > 1 else steps[0]
                with suppress(OSError):
                    step(self)

            do_GET = do_POST = do_CONNECT = _serve  # noqa: N815

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def on(self, path: str, *steps: Step) -> None:
        """Say what a path answers, one step a request."""
        self._steps[path] = list(steps)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    @staticmethod
    def sends(body: Any, status: int = 200, **headers: str) -> Step:
        """Answer with a body (JSON unless bytes); names of headers are written with underscores."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            for name, value in {"Content-Length": str(len(data)), **given}.items():
                handler.send_header(name, value)
            handler.end_headers()
            if status not in (204, 304):
                handler.wfile.write(data)

        return step

    @staticmethod
    def raw(data: bytes) -> Step:
        """Write bytes as they are and hang up."""

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(data)

        return step

    def drips(self, start: bytes, drop: bytes = b" ") -> Step:
        """Write bytes, then one drop every 20 ms for ever: faster than any time-out per read."""

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(start)
            while not self.closing.wait(0.02):
                handler.wfile.write(drop)

        return step

    def hangs(self) -> Step:
        """Never answer."""

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            self.closing.wait(10)

        return step

    @staticmethod
    def resets() -> Step:
        """Break the connection off without a goodbye."""

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()

        return step


@pytest.fixture
def loopback() -> Iterator[Callable[[], Loopback]]:
    """Return a starter of servers on this machine, all closed when the test ends."""
    started: list[Loopback] = []

    def start() -> Loopback:
        started.append(Loopback())
        return started[-1]

    yield start
    for server in started:
        server.close()
