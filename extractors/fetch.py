"""Polite fetching: one GET at a time per host, unhurried, bounded in time and size.

The only file that knows httpx (`public.py` knows httpcore, below it). Foreign exceptions end here:
callers see `FetchError`s.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from types import TracebackType
from typing import Self

import httpcore
import httpx

from extractors.errors import AddressRefused, BodyTooLarge, FetchError, HostUnreachable, HttpError
from extractors.inflate import Inflater, Plain
from extractors.public import NotPublic, PublicOnly, Server

SHORT_WAIT_SECONDS = 10.0
"""The longest Retry-After that is waited for within one cycle."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a host gave to ask "has it changed since?" with (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that can be used: the body (200) or the word that it has not changed (304)."""

    url: str
    """As requested."""
    final_url: str
    """After redirects."""
    status: int
    body: bytes
    """Decompressed; empty for 304."""
    content_type: str | None
    """The whole header, charset parameter included."""
    validators: Validators
    """For the next request; those of the request where a 304 brings none."""
    fetched_at: datetime
    seconds: float
    """From the start of the request that succeeded to its last byte."""
    headers: tuple[tuple[str, str], ...] = ()
    """As they came, in their order."""

    @property
    def not_modified(self) -> bool:
        """The host says that the body is the one we have."""
        return self.status == 304


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much patience, and how much politeness."""

    connect_seconds: float = 10.0
    total_seconds: float = 30.0
    """Deadline of one request, its body and redirects included."""
    max_bytes: int = 20 * 1024 * 1024
    """Of the body after decompression."""
    per_host: int = 1
    """Requests to one host at the same time."""
    pace_seconds: float = 1.0
    """Least time between the starts of two requests to one host."""
    concurrency: int = 16
    """Requests at the same time in all."""
    max_redirects: int = 5
    retries: int = 1
    """Further attempts after a passing failure."""
    private_addresses: bool = False
    """Whether loopback and private networks may be asked too."""
    own_servers: frozenset[Server] = frozenset()
    """Servers that the operator named: these may be in a private network."""


class Fetcher:
    """An async context manager that answers `get`; share one among all sources of a cycle."""

    def __init__(
        self,
        user_agent: str,
        limits: FetchLimits | None = None,
        public: PublicOnly | None = None,
    ) -> None:
        """`public` makes the connections, unless private addresses are allowed."""
        self._limits = limits or FetchLimits()
        self._slots = asyncio.Semaphore(self._limits.concurrency)
        self._queues: dict[str, _Queue] = {}
        backend = public or PublicOnly(own=self._limits.own_servers)
        guarded = None if self._limits.private_addresses else _Guarded(backend)
        self._client = httpx.AsyncClient(
            transport=guarded,
            http2=True,
            follow_redirects=True,
            max_redirects=self._limits.max_redirects,
            timeout=httpx.Timeout(self._limits.total_seconds, connect=self._limits.connect_seconds),
            headers={"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, validators: Validators | None = None, pace: float = 0.0
    ) -> Response:
        """The answer of `url`, or a `FetchError` that says why there is none.

        Waits its turn at the host first, which holds up no other host, and leaves the host in peace
        for `pace` seconds after it, where that is more than usual. A passing failure
        (connection, 502, 503, 504, a short Retry-After) is tried again `retries` times.
        """
        queue = self._queues.setdefault(host_of(url), _Queue(self._limits))
        async with queue.slots:
            for attempt in count():
                await queue.turn(pace)
                try:
                    async with self._slots:
                        return await self._attempt(url, validators or Validators())
                except FetchError as error:
                    wait = patience(error) if attempt < self._limits.retries else None
                    if wait is None:
                        raise
                    queue.postpone(wait)
        raise AssertionError("unreachable")  # pragma: no cover

    async def _attempt(self, url: str, validators: Validators) -> Response:
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                return await self._request(url, validators)
        except TimeoutError as error:
            raise _too_slow(url, self._limits.total_seconds) from error
        except NotPublic as error:
            raise AddressRefused(url, str(error), PUBLIC_ONLY) from error
        except httpx.TooManyRedirects as error:
            raise HttpError(url, 302, "redirects in circles", CHECK_ADDRESS) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise AddressRefused(url, f"leads to no http address ({error})", HTTP_ONLY) from error
        except httpx.TimeoutException as error:
            raise _too_slow(url, self._limits.connect_seconds) from error
        except httpx.RequestError as error:
            raise HostUnreachable(url, _what_failed(error), CHECK_HOST) from error

    async def _request(self, url: str, validators: Validators) -> Response:
        began = asyncio.get_running_loop().time()
        async with self._client.stream("GET", url, headers=_conditions(validators)) as answer:
            _refuse_errors(url, answer)
            body = await _body(url, answer, self._limits.max_bytes)
        return Response(
            url=url,
            final_url=str(answer.url),
            status=304 if answer.status_code == 304 else 200,
            body=body,
            content_type=answer.headers.get("content-type"),
            validators=_validators(answer.headers, validators),
            fetched_at=datetime.now(UTC),
            seconds=asyncio.get_running_loop().time() - began,
            headers=tuple(answer.headers.multi_items()),
        )


ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "text/html;q=0.9, application/xhtml+xml;q=0.9, */*;q=0.8"
)
PORTS = {"http": 80, "https": 443}
CHECK_ADDRESS = "open the address in a browser and correct it"
CHECK_HOST = "check the address and this machine's connection; the next cycle tries again"
TOO_LARGE = "check that the address is a feed or a page; if it is, raise the cap"
PUBLIC_ONLY = "correct the address; for a server of your own set private_addresses under [fetch]"
HTTP_ONLY = "give an address that begins with http:// or https:// and names a host"


def server_of(url: str) -> Server:
    """Host and port that a request for `url` connects to; `AddressRefused` as `host_of`."""
    host_of(url)
    address = httpx.URL(url)
    return address.raw_host.decode("ascii"), address.port or PORTS[address.scheme]


def host_of(url: str) -> str:
    """The host and port that pacing goes by; `AddressRefused` for what is no http address."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused(url, f"is no address ({error})", HTTP_ONLY) from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise AddressRefused(url, "is no http address", HTTP_ONLY)
    return address.netloc.decode("ascii", "replace")


def patience(error: FetchError) -> float | None:
    """Seconds after which the request that failed so is worth repeating; None where it is not."""
    if isinstance(error, HttpError):
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= SHORT_WAIT_SECONDS else None
        return 1.0 if error.status in {502, 503, 504} else None
    # A slow host is not asked twice in a cycle; a broken connection (a stale one, often) is.
    broken = (httpx.NetworkError, httpx.RemoteProtocolError)
    return 0.2 if isinstance(error.__cause__, broken) else None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


class _Guarded(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that we choose, which it has no argument for."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            http2=True,
            network_backend=backend,
        )


@dataclass(slots=True)
class _Queue:
    """The line in front of one host."""

    limits: FetchLimits
    slots: asyncio.Semaphore = field(init=False)
    free_at: float = 0.0
    """On the loop's clock: when the next request may start."""

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.limits.per_host)

    async def turn(self, pace: float = 0.0) -> None:
        """Wait until this request may start, and book that start."""
        now = asyncio.get_running_loop().time()
        start = max(now, self.free_at)
        self.free_at = start + max(pace, self.limits.pace_seconds)
        if start > now:
            await asyncio.sleep(start - now)

    def postpone(self, seconds: float) -> None:
        """No request starts for `seconds` from now."""
        self.free_at = max(self.free_at, asyncio.get_running_loop().time() + seconds)


def _conditions(validators: Validators) -> dict[str, str]:
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value}


def _validators(headers: httpx.Headers, sent: Validators) -> Validators:
    found = Validators(headers.get("etag"), headers.get("last-modified"))
    return found if found != Validators() else sent


def _refuse_errors(url: str, answer: httpx.Response) -> None:
    status = answer.status_code
    if status in {200, 203, 304}:
        return
    wait = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
    what = f"answered {status} {answer.reason_phrase}".rstrip()
    raise HttpError(url, status, what, _remedy(status, wait), wait)


def _remedy(status: int, wait: float | None) -> str:
    if wait is not None and wait > SHORT_WAIT_SECONDS:
        return f"the host asks to come back in {wait:.0f} seconds"
    if status in {401, 402, 403, 451}:
        return "the host refuses us; open the address in a browser, or disable the source"
    if status in {404, 410}:
        return "the address is gone; find the new one or disable the source"
    if status >= 500 or status in {408, 425, 429}:
        return "the host has a passing problem; the next cycle tries again"
    return CHECK_ADDRESS


async def _body(url: str, answer: httpx.Response, cap: int) -> bytes:
    """The body, inflated by ourselves: httpx inflates a whole chunk before it can be counted."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower() or "identity"
    stream = _stream(url, encoding, cap)
    try:
        parts = [stream.add(chunk) async for chunk in answer.aiter_raw()]
    except OverflowError as error:
        raise BodyTooLarge(url, f"is larger than {cap:,} bytes", TOO_LARGE) from error
    except zlib.error as error:
        raise HostUnreachable(url, f"sent a damaged body ({error})", CHECK_HOST) from error
    if not stream.complete:
        raise HostUnreachable(url, "broke off within the answer", CHECK_HOST)
    return b"".join(parts)


def _stream(url: str, encoding: str, cap: int) -> Inflater | Plain:
    if encoding == "identity":
        return Plain(cap)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return Inflater(cap)
    what = f"answered in the encoding {encoding[:40]!r}, which was not asked for"
    raise HttpError(url, 415, what, CHECK_ADDRESS)


def _too_slow(url: str, seconds: float) -> HostUnreachable:
    return HostUnreachable(url, f"gave no whole answer within {seconds:g} seconds", CHECK_HOST)


def _what_failed(error: httpx.RequestError) -> str:
    begun = not isinstance(error, httpx.ConnectError)
    kind = "the connection broke" if begun else "no connection could be made"
    return f"{kind} ({str(error) or type(error).__name__})"
