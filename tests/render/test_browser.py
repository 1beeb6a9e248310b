"""Pages in a real browser: nothing goes wrong, nothing goes out, everybody gets everywhere.

Chromium is spoken to through a pipe, in its own protocol. Without it, or without the checker of
accessibility, these tests are skipped; .ci/browser brings both and then asks for them.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from modelcmp.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CASES = Path(__file__).resolve().parent.parent / "cases"
PATIENCE = 60.0
AXE = os.environ.get("MODELCMP_TEST_AXE", "")

PAGES = (
    "report.html",
    "site/index.html",
    "site/method.html",
    "site/models/gamma.html",
    "site/models/hostile.html",
    "site/models/wide.html",
    "site/compare/index.html",
    "site/compare/painter_vs_alpha.html",
    "site/compare/wide_vs_hostile_vs_sparse_vs_alpha_vs_beta.html",
    "site/tasks/text-generation.html",
)


class Browser:
    """A headless Chromium and what it said so far."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        flags = [
            "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}",
        ]  # fmt: skip

        def place_pipes() -> None:
            # Chromium reads commands from 3 and answers on 4.
            reading, writing = os.dup(to_read), os.dup(to_write)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [program, *flags, *sandbox], preexec_fn=place_pipes, pass_fds=(3, 4),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._held = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        """Give one command and return its result; what else is said meanwhile is kept."""
        self._last += 1
        command = {"id": self._last, "method": method, "params": given}
        if session:
            command["sessionId"] = session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") == self._last:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result

    def wait_for(self, method: str, session: str) -> None:
        """Wait until an event of this kind was said in a session."""
        while not any(e["method"] == method for e in self.said(session)):
            self._receive()

    def said(self, session: str) -> list[dict[str, Any]]:
        """Return the events of a session."""
        return [event for event in self.events if event.get("sessionId") == session]

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser says nothing"
            data = os.read(self._in, 1 << 20)
            assert data, "the browser has gone"
            self._held += data
        text, _, self._held = self._held.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(AssertionError, OSError):
            self.send("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._out)
        os.close(self._in)


class Tab:
    """One page, opened at a width in light or dark."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        width: int = 1100,
        dark: bool = False,
        script: bool = True,
    ) -> None:
        self._browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=800, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        self.media("screen", "dark" if dark else "light")
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        if not script:
            self.send("Emulation.setScriptExecutionDisabled", value=True)
        self.send("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired", self._session)

    def send(self, method: str, **given: Any) -> dict[str, Any]:
        """Give a command that concerns this page."""
        return self._browser.send(method, self._session, **given)

    def media(self, kind: str, scheme: str = "light") -> None:
        """Show the page on a screen or on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=kind, features=features)

    def ask(self, expression: str) -> Any:
        """Return what an expression in the page comes to."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        told = {"key": key, "windowsVirtualKeyCode": code, "text": text}
        self.send("Input.dispatchKeyEvent", type="keyDown", **told)
        self.send("Input.dispatchKeyEvent", type="keyUp", **told)

    def write(self, text: str) -> None:
        """Write into what has the focus."""
        self.send("Input.insertText", text=text)

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for."""
        said = self._browser.said(self._session)
        found = [
            e["params"]["request"]["url"]
            for e in said
            if e["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in found if not url.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """What the console would show in red or yellow."""
        found = []
        for event in self._browser.said(self._session):
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] != "verbose":
                found.append(str(told["entry"]))
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(str(told))
        return found

    def close(self) -> None:
        """Close the page."""
        with contextlib.suppress(AssertionError):
            self.send("Page.close")


Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a report and a site over the cards of tests/cases, hostile ones and all."""
    place = tmp_path_factory.mktemp("pages")
    wide = ["wide", "hostile", "sparse", "alpha", "beta"]
    config = place / "modelcmp.toml"
    config.write_text(f'pairs = [["painter", "alpha"], {json.dumps(wide)}]\n')
    given = ["--catalogue", str(CASES), "--no-builtin", "--config", str(config), "-q"]
    assert main(["compare", "wide", "alpha", "-o", str(place / "report.html"), *given]) == 0
    assert main(["site", str(place / "site"), *given]) == 0
    return place


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a browser; without one the test is skipped, or fails where one was asked for."""
    program = shutil.which("chromium")
    if program is None:
        (pytest.fail if AXE else pytest.skip)("needs chromium (.ci/browser installs it)")
    running = Browser(program, tmp_path_factory.mktemp("profile"))
    yield running
    running.close()


@pytest.fixture
def visit(browser: Browser, folder: Path) -> Iterator[Open]:
    """Return what opens one of the pages, by its path in the folder or by an address."""
    opened: list[Tab] = []

    def go(page: str, **how: Any) -> Tab:
        url = page if "://" in page else f"{folder.as_uri()}/{page}"
        opened.append(Tab(browser, url, **how))
        return opened[-1]

    yield go
    for tab in opened:
        tab.close()


@pytest.fixture
def axe() -> str:
    """Return the source of the accessibility checker, or skip."""
    if not AXE:
        pytest.skip("needs axe-core (.ci/browser installs it)")
    return Path(AXE).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_without_a_complaint_and_asks_nobody(
    page: str, visit: Open, folder: Path
) -> None:
    tab = visit(page)
    assert tab.complaints == []
    inside = f"{folder.as_uri()}/"
    assert tab.requests and all(url.startswith(inside) for url in tab.requests)
    wanted = {"report.html": 1, "site/index.html": 3}.get(page, 2)
    assert len(tab.requests) == wanted
    # The style sheet was let in by the page's own policy.
    assert tab.ask("getComputedStyle(document.querySelector('main')).paddingBottom") == "48px"


def test_the_site_works_under_any_address(visit: Open, folder: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        root = f"http://127.0.0.1:{server.server_port}/site/"
        tab = visit(f"{root}index.html?q=gamma")
        assert tab.complaints == []
        assert sorted(tab.requests) == [
            f"{root}index.html?q=gamma", f"{root}site.js", f"{root}style.css",
        ]  # fmt: skip
        assert shown(tab) == ["gamma"]
    finally:
        server.shutdown()
        server.server_close()


def shown(tab: Tab) -> list[str]:
    """Return the models that the front page lists at the moment."""
    rows = "[...document.querySelectorAll('tr[data-model]')]"
    found: list[str] = tab.ask(
        f"{rows}.filter((r) => r.checkVisibility()).map((r) => r.dataset.model)"
    )
    return found


def test_search_finds_a_model_by_name_and_by_use(visit: Open) -> None:
    tab = visit("site/index.html")
    everything = shown(tab)
    assert len(everything) == len(list(CASES.glob("*.yaml"))) - 1
    tab.ask("document.getElementById('words').focus()")
    tab.write("PAINT")
    assert shown(tab) == ["painter"]
    assert (
        tab.ask("document.getElementById('told').textContent") == f"1 of {len(everything)} models"
    )
    tab.write("er nothinglikeit")
    assert shown(tab) == []
    assert tab.ask("document.getElementById('told').textContent").startswith("No model here")
    assert tab.complaints == []


def test_filters_narrow_the_list(visit: Open) -> None:
    tab = visit("site/index.html?task=text-to-image")
    assert shown(tab) == ["painter"]
    tab = visit("site/index.html")
    index = json.loads(tab.ask("document.getElementById('index').textContent"))
    for name in ("open", "commercial"):
        tab.ask(f"document.getElementById('{name}').click()")
        assert set(shown(tab)) == {entry["id"] for entry in index if entry[name]}
        tab.ask(f"document.getElementById('{name}').click()")


def test_without_scripts_the_list_is_whole(visit: Open) -> None:
    tab = visit("site/index.html", script=False)
    answer = tab.send("DOM.getDocument", depth=0)["root"]["nodeId"]
    rows = tab.send("DOM.querySelectorAll", nodeId=answer, selector="tr[data-model]:not([hidden])")
    assert len(rows["nodeIds"]) == len(list(CASES.glob("*.yaml"))) - 1
    finder = tab.send("DOM.querySelectorAll", nodeId=answer, selector="#finder[hidden]")
    assert len(finder["nodeIds"]) == 1


REACHABLE = """
window.reachable = [...document.querySelectorAll(
  'a[href], summary, input, select, button, [tabindex="0"]')].filter((e) => e.checkVisibility());
window.reached = new Set();
document.addEventListener("focusin", (event) => {
  reached.add(event.target);
  const style = getComputedStyle(event.target);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) window.unseen = event.target.outerHTML;
});
reachable.length
"""


@pytest.mark.parametrize("page", ["report.html", "site/index.html", "site/models/gamma.html"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: str, visit: Open) -> None:
    tab = visit(page)
    count = tab.ask(REACHABLE)
    assert count > 10
    for number in range(count + 2):
        tab.press("Tab", 9)
        if number == 0:
            assert tab.ask("document.activeElement.className") == "skip"
    missed = tab.ask(
        "reachable.filter((e) => !reached.has(e)).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert missed == []
    assert tab.ask("window.unseen || ''") == ""


def test_the_keyboard_skips_to_the_content_and_opens_a_capability(visit: Open) -> None:
    tab = visit("report.html")
    tab.press("Tab", 9)
    tab.press("Enter", 13)
    assert tab.ask("location.hash") == "#main"
    tab.ask("document.querySelector('summary').focus()")
    tab.press("Enter", 13)
    assert tab.ask("document.querySelector('details').open") is True


@pytest.mark.parametrize("width", [320, 550, 1600])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_sticks_out_sideways(page: str, width: int, visit: Open) -> None:
    # 320 is also what a window of 640 leaves at a zoom of 200 %.
    tab = visit(page, width=width)
    assert tab.ask("document.documentElement.scrollWidth") <= width
    cut = tab.ask(
        "[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && "
        "!e.closest('.scroll, svg') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert cut == []


def test_the_letters_of_a_picture_stay_readable_on_a_telephone(visit: Open) -> None:
    tab = visit("report.html", width=320)
    out = tab.ask(
        "[...document.querySelectorAll('figure text')].filter((t) => "
        "t.getBoundingClientRect().right > innerWidth).map((t) => t.textContent)"
    )
    assert out == []
    sizes = "[...document.querySelectorAll('figure tspan')].map((t) => parseFloat(getComputedStyle(t).fontSize))"
    assert min(tab.ask(sizes)) >= 12


def test_paper_shows_every_capability_and_where_links_lead(visit: Open) -> None:
    tab = visit("report.html")
    bodies = "[...document.querySelectorAll('details .body')].map((e) => e.getBoundingClientRect().height)"
    tab.media("print")
    heights = tab.ask(bodies)
    assert heights and min(heights) > 10
    after = "getComputedStyle(document.querySelector('a[href^=\"http\"]'), '::after').content"
    assert "http" in tab.ask(after)
    assert tab.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_dark_is_dark(visit: Open) -> None:
    for dark, paper in ((False, "rgb(251, 251, 249)"), (True, "rgb(20, 24, 31)")):
        tab = visit("report.html", dark=dark)
        assert tab.ask("getComputedStyle(document.body).backgroundColor") == paper


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_a_checker_of_accessibility_has_nothing_to_say(
    page: str, dark: bool, visit: Open, axe: str
) -> None:
    for width in (1100, 320):
        tab = visit(page, width=width, dark=dark)
        tab.ask("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
        tab.ask(f"{axe}; 0")
        found = tab.ask(
            "axe.run(document, {preload: false}).then((r) => r.violations.map((v) => "
            "[v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + n.failureSummary)]))"
        )
        assert found == []
        assert tab.complaints == []
