"""Sockets for `fetching`, laid under httpx2's wire (httpcore2): one deadline, and only safe addresses.

A time-out per read is no bound: a server that sends a byte now and then would hold us for ever, in
the headers as well as in the body. Here every read and write ends at the deadline of its request.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from modelcmp.errors import ConfigError, FetchError, UsageError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Clock(NamedTuple):
    """Time as this module sees it; tests bring their own."""

    now: Callable[[], float] = time.time
    """Seconds since 1970, to be held against the times that servers name."""
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Address(NamedTuple):
    """Where one request goes."""

    scheme: str
    name: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.scheme}://{name}" + ("" if self.port == usual else f":{self.port}")


def parse_address(text: str, base: Address | None = None) -> Address | None:
    """Return the parts of an http(s) address; None for all else, and for one with credentials."""
    httpx2, _ = library()
    try:
        url = httpx2.URL(text)
        if base is not None:
            url = httpx2.URL(base.origin + base.path).join(url)
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or not text:
            return None
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        return Address(url.scheme, url.raw_host.decode("ascii"), port, url.raw_path.decode("ascii"))
    except (httpx2.InvalidURL, ValueError):
        return None


def library() -> tuple[Any, Any]:
    """Return httpx2 and its wire; raises UsageError with the command that installs them."""
    try:
        import httpcore2
        import httpx2
    except ImportError:
        raise UsageError(
            "asking hosts needs an extra", hint="pip install 'modelcmp[refresh]'"
        ) from None
    return httpx2, httpcore2


@contextmanager
def in_our_words(name: str, seconds: float) -> Iterator[None]:
    """Turn what the library raises into FetchError; its own texts could hold what was sent."""
    import ssl

    _, httpcore2 = library()
    try:
        yield
    except httpcore2.TimeoutException:
        text = f"{name} gave no whole answer within {seconds:g} s"
        raise FetchError("slow", text) from None
    except (httpcore2.ConnectError, httpcore2.ProxyError) as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"{name} shows a certificate that does not hold"
            raise FetchError("unreachable", text, hint="is a proxy in between?") from None
        raise FetchError("unreachable", f"{name} cannot be reached") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
        raise FetchError("broken", f"{name} broke off its answer") from None


class Wire:
    """Sockets that hold to one deadline and go only to addresses that may be asked.

    Has the methods of httpcore2's NetworkBackend. The address that was checked is the one that is
    connected to: a name cannot mean another machine a moment later.
    """

    def __init__(self, clock: Clock, loopback: bool) -> None:
        self.deadline = 0.0
        self._clock = clock
        self._loopback = loopback
        self._pools: dict[tuple[str, str | None], Any] = {}

    def pool(self, address: Address, environment: Mapping[str, str]) -> Any:
        """Return the connections for an address: straight, or through the user's proxy."""
        httpx2, httpcore2 = library()
        proxy = _proxy_for(address, environment)
        key = (address.scheme, proxy)
        if key not in self._pools:
            given: dict[str, Any] = {"network_backend": _Proxied(self) if proxy else self}
            if address.scheme == "https":
                given["ssl_context"] = httpx2.create_ssl_context()
            try:
                self._pools[key] = (
                    _through(httpx2.Proxy(proxy), given)
                    if proxy
                    else httpcore2.ConnectionPool(**given)
                )
            except (ValueError, httpx2.InvalidURL):
                # Its address may hold a password, so it is not repeated.
                raise ConfigError("the proxy of the environment cannot be used") from None
        return self._pools[key]

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def left(self) -> float:
        """Return the seconds until the deadline; raises the library's time-out behind it."""
        seconds = self.deadline - self._clock.monotonic()
        if seconds <= 0:
            raise library()[1].ReadTimeout("deadline")
        return seconds

    def connect_tcp(self, host: str, port: int, *_: Any, **given: Any) -> "_Stream":
        numbers = _resolve(host, port, self.left())
        allowed = [number for number in numbers if _may_ask(number, self._loopback)]
        if not allowed:
            raise FetchError("wrong", f"{host} leads to an address inside a private network")
        return self.open(allowed, port, given)

    def open(self, numbers: Sequence[str], port: int, given: Mapping[str, Any]) -> "_Stream":
        """Return a connection to the first of these addresses that takes one."""
        _, httpcore2 = library()
        options = given.get("socket_options")
        for number in numbers:
            try:
                stream = httpcore2.SyncBackend().connect_tcp(
                    number, port, timeout=self.left(), socket_options=options
                )
            except httpcore2.ConnectError:
                continue
            return _Stream(stream, self)
        raise httpcore2.ConnectError("no address took the connection")

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class _Proxied:
    """The wire to a proxy: the user named it, so that it may lie in their own network."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def connect_tcp(self, host: str, port: int, *_: Any, **given: Any) -> "_Stream":
        return self._wire.open(_resolve(host, port, self._wire.left()), port, given)

    def sleep(self, seconds: float) -> None:
        self._wire.sleep(seconds)


class _Stream:
    """One connection whose every read and write ends at the wire's deadline."""

    def __init__(self, inner: Any, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found: bytes = self._inner.read(max_bytes, self._wire.left())
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wire.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        inner = self._inner.start_tls(ssl_context, server_hostname, self._wire.left())
        return _Stream(inner, self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _through(proxy: Any, given: dict[str, Any]) -> Any:
    """Return connections through a proxy; raises ValueError for one that does not speak http."""
    if proxy.url.scheme not in ("http", "https"):
        raise ValueError(proxy.url.scheme)
    _, httpcore2 = library()
    return httpcore2.HTTPProxy(proxy_url=str(proxy.url), proxy_auth=proxy.raw_auth, **given)


def _proxy_for(address: Address, environment: Mapping[str, str]) -> str | None:
    """Return the proxy that the environment names for an address; this machine is asked straight."""
    spelled = {key.lower(): value for key, value in environment.items()}
    proxy = spelled.get(f"{address.scheme}_proxy") or spelled.get("all_proxy")
    skipped = [part.strip().lstrip(".") for part in spelled.get("no_proxy", "").split(",")]
    straight = "*" in skipped or any(
        address.name == part or address.name.endswith(f".{part}") for part in skipped if part
    )
    if not proxy or straight or address.name in ("localhost", "127.0.0.1", "::1"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a name; the system's own resolver knows no deadline, so it is left."""
    _, httpcore2 = library()
    found: list[str] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(row[4][0]) for row in rows)
        except (OSError, UnicodeError) as error:
            failed.append(OSError(str(error)))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise httpcore2.ConnectTimeout("no address in time")
    if failed or not found:
        raise httpcore2.ConnectError("no address")
    return list(dict.fromkeys(found))


def _may_ask(number: str, loopback: bool) -> bool:
    """Return whether an address is public, or this machine's where that was allowed.

    >>> _may_ask("10.1.2.3", True), _may_ask("169.254.169.254", True), _may_ask("127.0.0.1", True)
    (False, False, True)
    >>> _may_ask("::ffff:10.0.0.1", True), _may_ask("140.82.112.5", False)
    (False, True)
    """
    address = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            address = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
        else:
            address = address.ipv4_mapped or address.sixtofour or address
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast
