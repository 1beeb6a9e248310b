"""The one place that touches the network: JSON asked of a few hosts, politely and with every bound.

What is hidden here: whom may be asked, which token goes where, how long all of it may take, how much
may come back, when to wait and when to stop asking. A caller sees a value, or a `FetchError` whose
`kind` says why there is none. Requests go out one at a time.

Sockets and addresses are the business of `wire`.
"""

import json
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from modelcmp.catalogue import limits
from modelcmp.catalogue.cache import DocumentCache, default_cache_path
from modelcmp.catalogue.wire import Address, Clock, Wire, in_our_words, parse_address
from modelcmp.errors import ConfigError, FetchError, UsageError
from modelcmp.version import __version__

LOOPBACK = "MODELCMP_LOOPBACK"
"""Environment variable that lets servers of this machine be asked, without encryption."""


class Host(NamedTuple):
    """Somebody who may be asked, and the environment variable of the token that is for them only."""

    origin: str
    """Scheme, name and, where it is not the usual one, port."""
    token_variable: str | None = None


HUB = Host("https://huggingface.co", "HF_TOKEN")
GITHUB = Host("https://api.github.com", "GITHUB_TOKEN")
OPENROUTER = Host("https://openrouter.ai")


class Bounds(NamedTuple):
    """How much a run may take and take in."""

    request_seconds: float = limits.REQUEST_SECONDS
    run_seconds: float = limits.RUN_SECONDS
    wait_seconds: float = limits.WAIT_SECONDS
    answer_bytes: int = limits.ANSWER_BYTES


class _Reply(NamedTuple):
    """One answer as it came: status, headers by lower-case name, and a body only for a 200."""

    status: int
    headers: dict[str, str]
    body: bytes


_RETRIED = frozenset({500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})


def other_host(text: str) -> Host:
    """Return the host at an address somebody named, without a token: tokens have a host already."""
    address = parse_address(text)
    if address is None or address.path not in ("", "/"):
        raise UsageError(
            "a host is written as https://NAME or http://127.0.0.1:PORT, without a path",
            hint="for example https://hub.example.org",
        )
    return Host(address.origin)


def answers_path(environment: Mapping[str, str]) -> Path | None:
    """Return where answers are kept for this user, or None when there is no home to put them in."""
    checked = default_cache_path(dict(environment))
    return checked.with_name("answers-1.sqlite") if checked else None


def open_fetcher(
    hosts: Sequence[Host],
    environment: Mapping[str, str],
    *,
    max_wait: float = limits.WAIT_SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> "Fetcher":
    """Return a fetcher as a command wants it: the user's tokens, cache and switches.

    `max_wait` is in seconds; `tell` hears of each wait. Use it in a `with` block.
    """
    return Fetcher(
        hosts,
        environment=environment,
        cache=answers_path(environment),
        loopback=bool(environment.get(LOOPBACK)),
        bounds=Bounds(wait_seconds=max_wait),
        tell=tell,
    )


class Fetcher:
    """Asks hosts for JSON within the bounds of one run.

    `hosts` are all that may be asked or redirected to. `environment` holds the tokens. `cache` is
    the file of earlier answers, which makes requests conditional; None does without. `loopback`
    lets plain http and addresses of this machine through, for local servers. `tell` hears of waits.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        *,
        environment: Mapping[str, str] = os.environ,
        cache: Path | None = None,
        loopback: bool = False,
        bounds: Bounds = Bounds(),
        clock: Clock = Clock(),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._wire = Wire(clock, loopback)
        self._origins = frozenset(host.origin for host in hosts)
        self._tokens = _read_tokens(hosts, environment)
        self._environment = environment
        self._cache = DocumentCache(cache)
        self._loopback = loopback
        self._bounds = bounds
        self._clock = clock
        self._tell = tell
        self._run_ends = clock.monotonic() + bounds.run_seconds
        self._wait_left = bounds.wait_seconds
        self._ready: dict[str, float] = {}
        self._closed: dict[str, FetchError] = {}
        self._failures: dict[str, int] = {}

    def __enter__(self) -> "Fetcher":
        """Return the fetcher itself; its connections close at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._wire.close()

    def get_json(self, url: str) -> Any:
        """Return what lies at an address, asking only whether it changed where that is known.

        Raises FetchError when nothing usable came, UsageError for an address that is none of the
        hosts'.
        """
        return self._ask("GET", self._checked(url), None)

    def post_json(self, url: str, body: Any) -> Any:
        """Return the answer to a JSON body; raises as `get_json` does. Nothing is remembered."""
        return self._ask("POST", self._checked(url), json.dumps(body).encode())

    def _checked(self, url: str) -> Address:
        address = parse_address(url)
        if address is None or address.origin not in self._origins:
            raise UsageError("that address is none of the hosts that may be asked")
        if address.scheme == "http" and not self._loopback:
            raise UsageError(
                f"{address.origin} is not asked without encryption",
                hint=f"{LOOPBACK}=1 in the environment allows servers on this machine",
            )
        return address

    def _ask(self, method: str, address: Address, body: bytes | None) -> Any:
        origin = address.origin
        if closed := self._closed.get(origin):
            raise closed
        try:
            value = self._with_retries(method, address, body)
        except FetchError as error:
            self._count_failure(origin, error)
            raise
        self._failures[origin] = 0
        return value

    def _count_failure(self, origin: str, error: FetchError) -> None:
        """Close a host for this run when it asks for too long a wait or cannot be reached."""
        if error.kind == "limited":
            self._closed[origin] = error
        if error.kind not in ("slow", "unreachable"):
            self._failures[origin] = 0
            return
        self._failures[origin] = self._failures.get(origin, 0) + 1
        if self._failures[origin] >= limits.FAILURES_IN_A_ROW:
            text = f"{_name_of(origin)} was given up after {limits.FAILURES_IN_A_ROW} failures in a row"
            self._closed[origin] = FetchError(error.kind, text, hint=error.hint)

    def _with_retries(self, method: str, address: Address, body: bytes | None) -> Any:
        for attempt in range(limits.RETRIES + 1):
            last = attempt == limits.RETRIES
            self._wait_until_ready(address.origin)
            try:
                reply, etag, held = self._follow(method, address, body)
            except FetchError as error:
                if error.kind != "broken" or last:
                    raise
                self._wait(address.origin, 2.0**attempt, "after a broken answer")
                continue
            seconds = _told_to_wait(reply, self._clock.now())
            self._note_limits(address.origin, reply, seconds)
            limited = _is_limited(reply)
            if (not limited and reply.status not in _RETRIED) or last:
                return self._value(address, reply, etag, held)
            self._wait(address.origin, max(seconds or 0.0, 2.0**attempt), "as it asks")
        raise AssertionError("the last attempt answers or raises")

    def _note_limits(self, origin: str, reply: _Reply, seconds: float | None) -> None:
        """Remember when a host that has just used up its allowance may be asked again."""
        if reply.status < 400 and seconds is not None and _nothing_left(reply.headers):
            self._ready[origin] = self._clock.monotonic() + seconds

    def _wait_until_ready(self, origin: str) -> None:
        seconds = self._ready.pop(origin, 0.0) - self._clock.monotonic()
        if seconds > 0:
            self._wait(origin, seconds, "as its rate limit asks")

    def _wait(self, origin: str, seconds: float, why: str) -> None:
        name = _name_of(origin)
        if seconds > self._wait_left:
            told = "for a long time" if seconds > 1e6 else f"{seconds:,.0f} s"
            raise FetchError(
                "limited",
                f"{name} asks to wait {told}; {self._wait_left:,.0f} s of waiting are left",
                hint=_token_hint(origin, self._tokens) or "--max-wait SECONDS allows longer waits",
            )
        if self._clock.monotonic() + seconds >= self._run_ends:
            self._run_is_over()
        if seconds >= 1:
            self._tell(f"waiting {seconds:,.0f} s for {name}, {why}")
        self._wait_left -= seconds
        self._clock.sleep(seconds)

    def _run_is_over(self) -> NoReturn:
        raise FetchError(
            "over",
            f"the {self._bounds.run_seconds:,.0f} s that one run may take are over",
            hint="run it again: it goes on where it stopped",
        )

    def _follow(
        self, method: str, address: Address, body: bytes | None
    ) -> tuple[_Reply, bytes, str | None]:
        """Return the answer behind all redirects, its cache key, and the body held for it."""
        now = self._clock.monotonic()
        if now >= self._run_ends:
            self._run_is_over()
        self._wire.deadline = min(now + self._bounds.request_seconds, self._run_ends)
        here, crossed = address, False
        for _ in range(limits.REDIRECTS + 1):
            token = None if crossed else self._tokens.get(here.origin)
            key = _cache_key(here, token)
            held = self._cache.find(key) if method == "GET" else None
            headers = _headers(token, held[0] if held else None, body)
            reply = self._send(method, here, headers, body)
            if reply.status not in _MOVED:
                return reply, key, held[1] if held else None
            if method != "GET":
                raise FetchError("wrong", f"{_name_of(here.origin)} redirects what was sent to it")
            target = self._redirect(here, reply)
            crossed = crossed or target.origin != here.origin
            here = target
        raise FetchError(
            "wrong", f"{_name_of(address.origin)} redirects more than {limits.REDIRECTS} times"
        )

    def _redirect(self, here: Address, reply: _Reply) -> Address:
        """Return where a redirect leads: the same host, or https of a host that may be asked."""
        name = _name_of(here.origin)
        target = parse_address(reply.headers.get("location", ""), base=here)
        if target is None:
            raise FetchError("wrong", f"{name} redirects to no address that can be asked")
        safe = target.scheme == "https" or self._loopback
        if target.origin != here.origin and not (safe and target.origin in self._origins):
            raise FetchError("wrong", f"{name} redirects to another host, which is not asked")
        return target

    def _send(
        self, method: str, address: Address, headers: dict[str, str], body: bytes | None
    ) -> _Reply:
        name = _name_of(address.origin)
        with in_our_words(name, self._bounds.request_seconds):
            pool = self._wire.pool(address, self._environment)
            url = address.origin + address.path
            raw = [(key.encode(), value.encode()) for key, value in headers.items()]
            with pool.stream(method, url, headers=raw, content=body) as response:
                found = {
                    key.decode("latin-1").lower(): value.decode("latin-1")
                    for key, value in response.headers
                }
                data = b""
                if response.status == 200:
                    packed = found.get("content-encoding", "")
                    data = _unpack(response.iter_stream(), packed, self._bounds.answer_bytes, name)
                return _Reply(response.status, found, data)

    def _value(self, address: Address, reply: _Reply, key: bytes, held: str | None) -> Any:
        name = _name_of(address.origin)
        if reply.status == 304 and held is not None:
            return _parse_json(held.encode(), name)
        if reply.status != 200:
            raise _refusal(reply, address, self._tokens)
        value = _parse_json(reply.body, name)
        etag = reply.headers.get("etag", "")
        if re.fullmatch(r'(W/)?"[\x21\x23-\x7e]{1,200}"', etag):
            self._cache.add(key, etag, reply.body.decode("utf-8"))
            self._cache.flush()
        return value


def _read_tokens(hosts: Sequence[Host], environment: Mapping[str, str]) -> dict[str, str]:
    tokens = {}
    for host in hosts:
        token = environment.get(host.token_variable or "", "").strip()
        if not token:
            continue
        if not re.fullmatch(r"[\x21-\x7e]{1,1000}", token):
            # The value itself must not be shown, nor reach a library that would show it.
            raise ConfigError(f"{host.token_variable} holds characters that no token has")
        tokens[host.origin] = token
    return tokens


def _name_of(origin: str) -> str:
    return origin.partition("://")[2]


def _headers(token: str | None, etag: str | None, body: bytes | None) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": f"modelcmp/{__version__}",
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    if etag:
        headers["if-none-match"] = etag
    if body is not None:
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
    return headers


def _cache_key(address: Address, token: str | None) -> bytes:
    """Return what an answer is kept under: hosts answer differently to different tokens."""
    text = f"{address.origin}{address.path}\0{token or ''}"
    return blake2b(text.encode(), digest_size=20, person=b"answer").digest()


def _unpack(parts: Iterator[bytes], packed: str, most: int, name: str) -> bytes:
    """Return the whole body, unpacked little by little, so that a small bomb stays small."""
    if packed.strip().lower() not in ("", "identity", "gzip"):
        raise FetchError("wrong", f"{name} packs its answer in a way that was not asked for")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packed.lower() else None
    body = bytearray()
    for part in parts:
        try:
            body += unpacker.decompress(part, most + 1 - len(body)) if unpacker else part
        except zlib.error:
            raise FetchError("wrong", f"{name} sent an answer that cannot be unpacked") from None
        if len(body) > most:
            raise FetchError("wrong", f"{name} sent more than {most:,} bytes")
    if unpacker and not unpacker.eof:
        raise FetchError("broken", f"{name} broke off its answer")
    return bytes(body)


def _parse_json(body: bytes, name: str) -> Any:
    """Return the value of a JSON text; raises FetchError for what only lenient readers take."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair fails here
    except (ValueError, RecursionError):
        # Also the login page of a network that answers for everybody, with status 200.
        raise FetchError(
            "wrong",
            f"{name} sent no JSON",
            hint="does this network ask to log in first?",
        ) from None
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _refusal(reply: _Reply, address: Address, tokens: Mapping[str, str]) -> FetchError:
    """Return the error for an answer that is none."""
    name, status = _name_of(address.origin), reply.status
    hint = _token_hint(address.origin, tokens)
    if _is_limited(reply):
        return FetchError("limited", f"{name} says that it was asked too often", hint=hint)
    if status in (404, 410):
        return FetchError("missing", f"{name} has nothing there ({status})")
    if status in (401, 403):
        return FetchError("denied", f"{name} does not show it to everybody ({status})", hint=hint)
    return FetchError("broken", f"{name} answered {status}")


def _token_hint(origin: str, tokens: Mapping[str, str]) -> str | None:
    variables = {host.origin: host.token_variable for host in (HUB, GITHUB)}
    if origin in tokens or not variables.get(origin):
        return None
    return f"a token in {variables[origin]} raises the limit and opens what it may see"


def _is_limited(reply: _Reply) -> bool:
    asked_to_wait = "retry-after" in reply.headers or _nothing_left(reply.headers)
    return reply.status == 429 or (reply.status == 403 and asked_to_wait)


def _nothing_left(headers: Mapping[str, str]) -> bool:
    left = headers.get("x-ratelimit-remaining") or _rate_limit(headers, "r")
    return left is not None and re.fullmatch(r"\s*0+\s*", left) is not None


def _rate_limit(headers: Mapping[str, str], letter: str) -> str | None:
    r"""Return one parameter of the Hub's header `RateLimit: "api";r=0;t=55`."""
    found = re.search(rf";\s*{letter}=([0-9]{{1,12}})\b", headers.get("ratelimit", ""))
    return found[1] if found else None


def _told_to_wait(reply: _Reply, now: float) -> float | None:
    """Return the seconds a host asks to wait; None when it does not, or not in a way that counts.

    Retry-After, as seconds or as a date, comes before the Hub's RateLimit and GitHub's
    x-ratelimit-reset. Times are held against the host's own clock where it tells it.
    """
    headers = reply.headers
    here = _seconds_of_date(headers.get("date", "")) or now
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,300}(\.[0-9]{1,20})?", after):
        return float(after)
    if (until := _seconds_of_date(after)) is not None:
        return max(0.0, until - here)
    if (seconds := _rate_limit(headers, "t")) is not None:
        return float(seconds)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if re.fullmatch(r"[0-9]{1,300}", reset) and _nothing_left(headers):
        return max(0.0, float(reset) - here)
    return None


def _seconds_of_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
