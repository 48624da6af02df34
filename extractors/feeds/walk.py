"""Walks: what a source published in a stretch of days, by its sitemaps and archives.

A walk follows indexes of sitemaps, feeds that lead on (RFC 5005, WordPress) and lists of several
pages, and leaves out what lies outside its days as early as it can tell.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml import etree

from extractors.entry import Entry
from extractors.errors import ExtractorError, FeedError, FetchError, HttpError
from extractors.feeds.dated import as_of, filled_in
from extractors.feeds.feed import parse_feed
from extractors.feeds.formats import parse_source
from extractors.feeds.sitemap import parse_index, parse_sitemap
from extractors.markup import html_tree
from extractors.pages.join import next_page
from extractors.pages.published import day_in_address
from extractors.pages.reading import Asker
from extractors.source import Source, SourceKind
from extractors.web.response import Response

MOST_LISTINGS = 2_000
"""Sitemaps, feeds and lists that one walk reads."""
MOST_IN_SITEMAP = 50_000
"""https://www.sitemaps.org/protocol.html allows so many."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the day `since` to the day `until`, both included."""

    since: date
    until: date

    def holds(self, entry: Entry, zone: str) -> bool:
        """Whether an entry may lie within: by its date, else by the day in its address. What tells
        neither may."""
        day = day_in_address(entry.url, zone)
        told = entry.published_at or day
        return told is None or self.has(told)

    def has(self, moment: datetime) -> bool:
        """Whether a moment lies within, give or take the hours of its zone."""
        first = datetime.combine(self.since, datetime.min.time(), UTC) - DAY
        last = datetime.combine(self.until, datetime.min.time(), UTC) + 2 * DAY
        return first <= moment < last

    def before(self, entry: Entry) -> bool:
        """Whether an entry is dated before it begins."""
        begin = datetime.combine(self.since, datetime.min.time(), UTC) - DAY
        return entry.published_at is not None and entry.published_at < begin

    def may_list(self, address: str, changed: str) -> bool:
        """Whether a sitemap of an index may list something of it: not where it was last `changed`
        before, or is named after another month or year."""
        if re.match(r"\d{4}-\d\d-\d\d", changed) and changed[:10] < (self.since - DAY).isoformat():
            return False
        month = MONTH.search(address)
        if month:
            return self.since.strftime("%Y%m") <= month[1] + month[2] <= self.until.strftime("%Y%m")
        year = YEAR.search(address)
        return not year or self.since.year <= int(year[1]) <= self.until.year


@dataclass(slots=True)
class Walk:
    """A walk over one source, and what went wrong on its way."""

    source: Source
    stretch: Stretch
    asker: Asker
    problems: list[ExtractorError] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _entries: set[str] = field(default_factory=set)
    _last: tuple[Entry, ...] = ()

    async def entries(self, begin: Sequence[str]) -> AsyncIterator[tuple[str, tuple[Entry, ...]]]:
        """The address of each listing with its entries of the stretch, each entry once.

        Raises FetchError and FeedError where `begin` is one address that cannot be read.
        """
        waiting = deque(begin)
        while waiting and len(self._seen) < MOST_LISTINGS:
            address = waiting.popleft()
            if address in self._seen:
                continue
            self._seen.add(address)
            listed = await self._listed(address, alone=len(begin) == 1)
            fresh = tuple(e for e in listed.entries if e.url not in self._entries)
            self._last = listed.entries
            self._entries.update(entry.url for entry in fresh)
            wanted = [e for e in fresh if self.stretch.holds(e, self.source.timezone)]
            yield address, tuple(wanted)
            if listed.index or (fresh and not all(map(self.stretch.before, fresh))):
                waiting.extend(listed.further)

    @property
    def last(self) -> tuple[Entry, ...]:
        """All that the latest listing lists, whatever its day."""
        return self._last

    async def _listed(self, address: str, *, alone: bool) -> _Listed:
        try:
            response = await self.asker.get(address)
            return listing(response, self.source, self.stretch)
        except (FetchError, FeedError) as error:
            if alone and len(self._seen) == 1:
                raise
            if not (isinstance(error, HttpError) and error.status in {404, 410}):
                self.problems.append(error)
            return _Listed()


@dataclass(frozen=True, slots=True)
class _Listed:
    entries: tuple[Entry, ...] = ()
    further: tuple[str, ...] = ()
    index: bool = False
    """It lists listings, and no entries of its own."""


def listing(response: Response, source: Source, stretch: Stretch) -> _Listed:
    """What one listing lists, and where it leads on to. Raises FeedError."""
    body, url = response.body, response.final_url
    if _root_name(body) in {"sitemapindex", "urlset"} or body.startswith(b"\x1f\x8b"):
        index = parse_index(body, url)
        if index is None:
            return _Listed(parse_sitemap(body, source, url, MOST_IN_SITEMAP).entries)
        named = (urljoin(url, at) for at, changed in index if stretch.may_list(at, changed))
        return _Listed((), tuple(named), index=True)
    if source.kind not in {SourceKind.FEED, SourceKind.SITEMAP}:
        found = parse_source(body, response.content_type, as_of(source, response.url), url)
        return _Listed(found.entries, tuple(_next_list(body, url)))
    found = parse_feed(body, response.content_type, source, url)
    return _Listed(found.entries, tuple(_next_feed(body, url)))


def days(template: str, stretch: Stretch) -> Iterator[str]:
    """The addresses of dated listings, the latest first: `{year}`, `{month}` and `{day}`, or
    `{date:%Y%m%d}` (`extractors.feeds.dated`), in `template` become those of each day of the
    stretch."""
    day = stretch.until
    while day >= stretch.since:
        told = {"year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}
        yield filled_in(template, day).format(**told)
        day -= DAY


def sitemaps(robots: str) -> Iterator[str]:
    """The sitemaps that a robots.txt names."""
    for line in robots.splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "sitemap" and value.strip():
            yield value.strip()


DAY = timedelta(days=1)
MONTH = re.compile(r"(?<!\d)(20\d\d)[-_/]?(0[1-9]|1[0-2])(?![\d])")
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
WORDPRESS = re.compile(rb"<generator>[^<]*wordpress", re.I)


def _root_name(body: bytes) -> str:
    found = re.search(rb"<(?![?!])(?:\w+:)?(\w+)", body[:20_000])
    return found[1].decode("ascii", "replace").lower() if found else ""


def _next_feed(body: bytes, url: str) -> Iterator[str]:
    """The next of a paged feed (RFC 5005, section 3), or the next page of a WordPress feed."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    for link in root.iter("{*}link") if root is not None else ():
        if link.get("rel") in {"next", "prev-archive"} and link.get("href"):
            yield urljoin(url, link.get("href"))
            return
    if WORDPRESS.search(body[:20_000]):
        yield _paged(url)


def _paged(url: str) -> str:
    """The same address with WordPress's `paged` one higher."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1 if number.isdigit() else 2)
    return urlunsplit(parts._replace(query=urlencode(query), fragment=""))


def _next_list(body: bytes, url: str) -> Iterable[str]:
    """The next page of a list."""
    if body.lstrip()[:1] in (b"{", b"["):
        return ()
    found = next_page(html_tree(body.decode("utf-8", "replace"), url), url)
    return (found,) if found else ()
