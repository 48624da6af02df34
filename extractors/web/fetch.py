"""Polite fetching: one GET at a time per host, unhurried, bounded in time and size.

The only file that knows httpx (`public.py` knows httpcore, below it). Foreign exceptions end here:
callers see `FetchError`s.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from types import TracebackType
from typing import Self

import httpcore
import httpx

from extractors.errors import (
    AddressRefused,
    Blocked,
    FetchError,
    HostResting,
    HostUnreachable,
    HttpError,
)
from extractors.web.body import beginning, whole_body
from extractors.web.challenge import challenge_in
from extractors.web.headers import fresh_seconds, retry_after
from extractors.web.host import Host, Respite
from extractors.web.public import NotPublic, PublicOnly, Server
from extractors.web.remedy import (
    BE_PATIENT,
    BLOCKED,
    CHECK_ADDRESS,
    CHECK_HOST,
    HTTP_ONLY,
    PUBLIC_ONLY,
    SHORT_WAIT_SECONDS,
    remedy,
)
from extractors.web.response import Response, Validators


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


Permit = Callable[[str], Awaitable[None]]
"""Raises FetchError where an address may not be asked."""


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
        self._hosts: dict[str, Host] = {}
        self.respite = Respite()
        """Hosts that asked for patience; what is known of before may be put in."""
        backend = public or PublicOnly(own=self._limits.own_servers)
        guarded = None if self._limits.private_addresses else _Guarded(backend)
        self._client = httpx.AsyncClient(
            verify=_authorities(),
            transport=guarded,
            http2=True,
            follow_redirects=False,  # each address on the way is asked in its own host's turn
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
        self,
        url: str,
        validators: Validators | None = None,
        pace: float = 0.0,
        permit: Permit | None = None,
    ) -> Response:
        """The answer of `url`, or a `FetchError` that says why there is none.

        `permit` is asked before each address that it is sent on to.

        Waits its turn at each host that it is sent on to, which holds up no other host, and leaves
        it in peace for `pace` seconds after it, where that is more than usual. A passing failure
        (connection, 502, 503, 504, a short Retry-After) is tried again `retries` times.
        """
        errand = _Errand(url, validators or Validators(), pace, url, self._limits.total_seconds)
        for _ in range(self._limits.max_redirects + 1):
            answer = await self._patiently(errand)
            if isinstance(answer, Response):
                return answer
            errand = answer
            if permit:
                await permit(errand.place)
        raise HttpError(url, 302, "redirects in circles", CHECK_ADDRESS)

    def slow_down(self, url: str, seconds: float) -> None:
        """Ask the host of `url` at least `seconds` apart: it wishes so."""
        self._host(url).slow_down(seconds)

    def _host(self, url: str) -> Host:
        limits = self._limits
        return self._hosts.setdefault(host_of(url), Host(limits.per_host, limits.pace_seconds))

    async def _patiently(self, errand: _Errand) -> Response | _Errand:
        """What the next address of the errand says, in this host's turn."""
        host = self._host(errand.place)
        async with host.slots:
            for attempt in count():
                self.refuse_resting(errand.place)
                await host.turn(errand.pace)
                try:
                    async with self._slots:
                        return await self._attempt(errand)
                except FetchError as error:
                    wait = patience(error) if attempt < self._limits.retries else None
                    if wait is None:
                        self._heed(errand.place, error)
                        raise
                    host.postpone(wait)
        raise AssertionError("unreachable")  # pragma: no cover

    def refuse_resting(self, url: str) -> None:
        """Raises HostResting where the host of `url` has asked for patience."""
        if seconds := self.respite.left(host_of(url), datetime.now(UTC)):
            what = f"its host wants to be left alone for {seconds:.0f} more seconds"
            raise HostResting(url, what, BE_PATIENT, seconds)

    def _heed(self, url: str, error: FetchError) -> None:
        """A Retry-After is a word of the host: it goes for all that is asked of it."""
        if error.retry_after:
            self.respite.grant(host_of(url), error.retry_after, datetime.now(UTC))

    async def _attempt(self, errand: _Errand) -> Response | _Errand:
        url = errand.url
        try:
            async with asyncio.timeout(errand.seconds_left):
                return await self._request(errand)
        except TimeoutError as error:
            raise _too_slow(url, self._limits.total_seconds) from error
        except NotPublic as error:
            raise AddressRefused(url, str(error), PUBLIC_ONLY) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise AddressRefused(url, f"leads to no http address ({error})", HTTP_ONLY) from error
        except httpx.TimeoutException as error:
            raise _too_slow(url, self._limits.connect_seconds) from error
        except httpx.RequestError as error:
            raise HostUnreachable(url, _what_failed(error), CHECK_HOST) from error

    async def _request(self, errand: _Errand) -> Response | _Errand:
        began = asyncio.get_running_loop().time()
        conditions = _conditions(errand.validators)
        async with self._client.stream("GET", errand.place, headers=conditions) as answer:
            if answer.has_redirect_location and answer.next_request:
                spent = asyncio.get_running_loop().time() - began
                return errand.sent_on(str(answer.next_request.url), answer.status_code, spent)
            await _refuse_errors(errand, answer)
            body = await whole_body(
                errand.url, _encoding(answer), answer.aiter_raw(), self._limits.max_bytes
            )
            _refuse_challenge(errand.url, answer, body)
        return _response(errand, answer, body, asyncio.get_running_loop().time() - began)


ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "text/html;q=0.9, application/xhtml+xml;q=0.9, */*;q=0.8"
)
CHALLENGING = frozenset({202, 403, 405, 412, 429, 503, 512, 521})
"""Statuses of answers that may be a bot check: their bodies are looked at."""
PORTS = {"http": 80, "https": 443}


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
    if isinstance(error, Blocked):
        return None
    if isinstance(error, HttpError):
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= SHORT_WAIT_SECONDS else None
        return 1.0 if error.status in {502, 503, 504} else None
    # A slow host is not asked twice in a cycle; a broken connection (a stale one, often) is.
    broken = (httpx.NetworkError, httpx.RemoteProtocolError)
    return 0.2 if isinstance(error.__cause__, broken) else None


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed: read once, for that takes 20 ms."""
    return httpx.create_ssl_context()


class _Guarded(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that we choose, which it has no argument for."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(verify=_authorities())
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_authorities(),
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            http2=True,
            network_backend=backend,
        )


@dataclass(frozen=True, slots=True)
class _Errand:
    """A request on its way from `url` to wherever it is sent on to."""

    url: str
    validators: Validators
    pace: float
    place: str
    """The address that is asked next."""
    seconds_left: float
    for_good: bool = True
    """Whether all that sent it on said that the address has moved for good."""

    def sent_on(self, place: str, status: int, spent: float) -> _Errand:
        """The errand after an answer that leads to `place`. Raises AddressRefused."""
        try:
            host_of(place)
        except AddressRefused as error:
            what = f"leads to no http address ({place[:200]})"
            raise AddressRefused(self.url, what, HTTP_ONLY) from error
        left = max(0.0, self.seconds_left - spent)
        for_good = self.for_good and status in {301, 308}
        return replace(self, place=place, seconds_left=left, for_good=for_good)


def _response(errand: _Errand, answer: httpx.Response, body: bytes, seconds: float) -> Response:
    now, sent_on = datetime.now(UTC), errand.place != errand.url
    return Response(
        url=errand.url,
        final_url=errand.place,
        status=304 if answer.status_code == 304 else 200,
        body=body,
        content_type=answer.headers.get("content-type"),
        validators=_validators(answer, errand.validators),
        fetched_at=now,
        seconds=seconds,
        headers=tuple(answer.headers.multi_items()),
        moved_to=errand.place if sent_on and errand.for_good else None,
        fresh_seconds=fresh_seconds(answer.headers, now),
    )


def _conditions(validators: Validators) -> dict[str, str]:
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value}


def _validators(answer: httpx.Response, sent: Validators) -> Validators:
    found = Validators(answer.headers.get("etag"), answer.headers.get("last-modified"))
    return sent if answer.status_code == 304 and found == Validators() else found


async def _refuse_errors(errand: _Errand, answer: httpx.Response) -> None:
    status = answer.status_code
    if status in {200, 203} or (status == 304 and errand.validators != Validators()):
        return
    if status in CHALLENGING:
        _refuse_challenge(
            errand.url, answer, await beginning(_encoding(answer), answer.aiter_raw())
        )
    wait = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
    what = f"answered {status} {answer.reason_phrase}".rstrip()
    raise HttpError(errand.url, status, what, remedy(status, wait), wait)


def _refuse_challenge(url: str, answer: httpx.Response, body: bytes) -> None:
    whose = challenge_in(answer.status_code, answer.headers, body)
    if whose:
        what = f"a bot check by {whose} stands in front of it"
        raise Blocked(url, answer.status_code, what, BLOCKED)


def _encoding(answer: httpx.Response) -> str:
    return answer.headers.get("content-encoding", "").strip().lower() or "identity"


def _too_slow(url: str, seconds: float) -> HostUnreachable:
    return HostUnreachable(url, f"gave no whole answer within {seconds:g} seconds", CHECK_HOST)


def _what_failed(error: httpx.RequestError) -> str:
    begun = not isinstance(error, httpx.ConnectError)
    kind = "the connection broke" if begun else "no connection could be made"
    return f"{kind} ({str(error) or type(error).__name__})"
