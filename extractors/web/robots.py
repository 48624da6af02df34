"""robots.txt (RFC 9309): which pages a host lets programs fetch, and how fast.

The only file that knows protego. Feeds are fetched as they are offered; pages go through a
`Visitor`.
"""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from extractors.errors import FetchError, HttpError, RobotsRefused
from extractors.web.fetch import Fetcher
from extractors.web.remedy import LATER
from extractors.web.response import Response, Validators

TOKEN = "noroshi"  # noqa: S105 (a name, no secret)
"""Our product token: what follows `User-agent:` in a group that means us."""
LARGEST = 512 * 1024
"""Bytes that are read of one; the RFC asks for 500 KiB at least."""
GOOD_FOR = timedelta(hours=24)
"""The RFC lets nobody go by one for longer."""
ASK_AGAIN = timedelta(minutes=30)
"""After a failure."""
FORGIVEN = timedelta(days=30)
"""A host whose robots.txt fails for this long is one without (RFC 9309, section 2.3.1.4)."""
SLOWEST = 60.0
"""Seconds: who asks for a longer pause between two pages gets this one."""


CROWDED = 429
"""A status of 4xx that says nothing about whether there is a robots.txt."""


class Found(StrEnum):
    """What came of asking for a robots.txt."""

    RULES = "rules"
    NONE = "none"
    """4xx but 429: the host has none, and everything is allowed."""
    UNREACHABLE = "unreachable"
    """5xx, 429, or no answer: nothing is allowed, unless rules of before are known."""


@dataclass(frozen=True, slots=True)
class Robots:
    """The robots.txt of one server."""

    server: str
    """Scheme, host and port: `https://news.example`."""
    found: Found
    asked_at: datetime
    text: str = ""
    """The rules, of now or of before."""
    failing_since: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether one may still go by it."""
        failing = self.found is Found.UNREACHABLE
        return now - self.asked_at < (ASK_AGAIN if failing else GOOD_FOR)

    def allows(self, url: str, token: str = TOKEN) -> bool:
        """Whether who calls himself `token` may fetch `url`."""
        if self.found is Found.UNREACHABLE and not self.text:
            since = self.failing_since or self.asked_at
            return self.asked_at - since > FORGIVEN
        return bool(_rules(self.text, token).can_fetch(url, token))

    def delay(self) -> float:
        """Seconds that the host wants between two requests, as far as we go along with it."""
        return min(_rules(self.text, TOKEN).crawl_delay(TOKEN) or 0.0, SLOWEST)


@dataclass(slots=True)
class Visitor:
    """Asks for pages as a `Fetcher` does, as far and as fast as each host's robots.txt allows."""

    fetcher: Fetcher
    known: dict[str, Robots] = field(default_factory=dict)
    """By server. Keep it from one cycle to the next."""
    obey: bool = True
    learnt: set[str] = field(default_factory=set)
    """Servers whose robots.txt was asked for."""
    _asking: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def get(self, url: str, validators: Validators | None = None) -> Response:
        """The answer of `url`. Raises FetchError; RobotsRefused where the host does not want it, or
        the host of an address that it leads to."""
        if not self.obey:
            return await self.fetcher.get(url, validators)
        await self._permit(url)
        return await self.fetcher.get(url, validators, permit=self._permit)

    async def _permit(self, url: str) -> None:
        """Raises RobotsRefused; HostResting where a host may not even be asked for its rules."""
        self.fetcher.refuse_resting(url)
        robots = await self.robots(url)
        if not robots.allows(url):
            raise _refused(url, robots)
        self.fetcher.slow_down(url, robots.delay())

    async def robots(self, url: str) -> Robots:
        """The robots.txt that goes for `url`: the known one while it is fresh. Never raises for
        what the network does; AddressRefused where `url` is no http address."""
        server = server_of(url)
        async with self._asking.setdefault(server, asyncio.Lock()):
            before = self.known.get(server)
            if before is None or not before.fresh(datetime.now(UTC)):
                self.known[server] = await self._ask(server, before)
                self.learnt.add(server)
        return self.known[server]

    async def _ask(self, server: str, before: Robots | None) -> Robots:
        try:
            response = await self.fetcher.get(f"{server}/robots.txt")
        except FetchError as error:
            return after_failure(server, error, before, datetime.now(UTC))
        return Robots(server, Found.RULES, response.fetched_at, text_of(response.body))


def server_of(url: str) -> str:
    """Scheme, host and port of an address: robots.txt goes for these alone."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def after_failure(server: str, error: FetchError, before: Robots | None, now: datetime) -> Robots:
    """What a failed request for a robots.txt means (RFC 9309, sections 2.3.1.2 to 2.3.1.4)."""
    if isinstance(error, HttpError) and error.status < 500 and error.status != CROWDED:
        return Robots(server, Found.NONE, now)
    since = before.failing_since if before else None
    text = before.text if before else ""
    since = since or now
    return Robots(server, Found.UNREACHABLE, now, "" if now - since > FORGIVEN else text, since)


def text_of(body: bytes) -> str:
    """The text of a robots.txt, which is UTF-8 unless a byte order mark says otherwise."""
    start = body[:LARGEST]
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return start.decode("utf-16" if marked else "utf-8-sig", "replace").replace("\0", "")


@lru_cache(maxsize=256)
def _rules(text: str, token: str) -> Protego:
    return Protego.parse("\n".join(_plain(text, token.lower())))


LINE = re.compile(r"\s*([A-Za-z][A-Za-z -]*?)\s*:\s*([^#\n]*)")
KNOWN = frozenset({"allow", "disallow", "crawl-delay", "sitemap"})


def _plain(text: str, token: str) -> Iterator[str]:
    """The lines that count. Protego ends a group of agents at a line that it does not know, takes
    all that follows `User-agent:` for the name, and finds `noro` in `noroshi`; the RFC does not.
    """
    for line in text.splitlines():
        found = LINE.match(line)
        key = found[1].lower() if found else ""
        if found and key == "user-agent":
            name = re.match(r"\*|[A-Za-z_-]*", found[2])
            agent = name[0].lower() if name else ""
            yield f"User-agent: {agent if agent in {'*', token} else 'somebody-else'}"
        elif found and key in KNOWN:
            yield f"{key}: {found[2].strip()}"


def _refused(url: str, robots: Robots) -> RobotsRefused:
    if robots.found is Found.UNREACHABLE and not robots.text:
        what = f"{robots.server}/robots.txt cannot be read, so no page is asked for"
        return RobotsRefused(url, what, LATER, temporary=True)
    what = f"{robots.server}/robots.txt asks programs not to fetch it"
    return RobotsRefused(url, what, "the feed's own words stand", temporary=False)
