"""Finding the feed of a site: what the address itself is, what its page names, what stands in the
usual places, and the sitemap that robots.txt names."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from lxml.html import HtmlElement

from extractors.address import absolute_url, canonical_url
from extractors.charset import decode
from extractors.errors import FeedError, FetchError
from extractors.feeds.answer import answered, read
from extractors.feeds.feed import Feed
from extractors.language import detect_language
from extractors.markup import html_tree
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from extractors.web.response import Response

FEED_TYPES = re.compile(
    r"application/(rss|atom|rdf|feed)\+(xml|json)|application/feed\+json|(text|application)/xml",
    re.IGNORECASE,
)
LOOKS_LIKE_A_FEED = re.compile(r"\.(rss|rdf|atom)$|/(rss|feed|atom)s?(/|\.xml|\.json)?$|/rss[/_.-]")
USUAL_PLACES = ("feed", "rss.xml", "rss", "feed.xml", "atom.xml", "index.xml", "feed.json")
"""Below the root of the site: WordPress, Hugo, Jekyll, Ghost and most others have one of them."""
MOST = 8
"""Addresses of one sort that are tried."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A source that was found, and read once."""

    source: Source
    how: str
    """Where it was found, for people."""
    feed: Feed


async def discover(url: str, fetcher: Fetcher) -> tuple[Discovered, ...]:
    """What can be polled at or around `url`, the best first.

    Looks further only where nothing was found. FetchError where `url` itself does not answer,
    FeedError where nothing was found.
    """
    response = await fetcher.get(url)
    if itself := await _read(response, "the address itself", fetcher):
        return (itself,)
    for how, look in PLACES.items():
        if found := [one async for one in _tried(look(response), how, fetcher)]:
            return tuple(found)
    addresses = await _sitemaps(response, fetcher)
    if found := [one async for one in _tried(addresses, "named by robots.txt", fetcher)]:
        return tuple(found)
    what = "names no feed, has none in the usual places, and its robots.txt names no sitemap"
    raise FeedError(url, what, REMEDY)


REMEDY = 'look for the feed in a browser, or add the page by hand with kind = "html-list"'


async def _read(response: Response, how: str, fetcher: Fetcher) -> Discovered | None:
    """The feed, sitemap or index of sitemaps that an answer is; None where it is none."""
    blank = Source("", response.url, "")
    for kind in (SourceKind.FEED, SourceKind.SITEMAP):
        source = replace(blank, kind=kind)
        try:
            feed = await read(await answered(source, response, None, fetcher))
        except (FeedError, FetchError):
            continue
        if feed.entries or kind is SourceKind.FEED:
            return Discovered(_described(source, feed), how, feed)
    return None


def _described(source: Source, feed: Feed) -> Source:
    titles = "\n".join(entry.title for entry in feed.entries)
    language = detect_language(titles, None) if titles.strip() else None
    return replace(source, name=feed.title, language=None if language == "und" else language)


async def _tried(addresses: Iterable[str], how: str, fetcher: Fetcher) -> AsyncIterator[Discovered]:
    """Those of `addresses` that answer with a feed, each once."""
    unique: dict[str, str] = {}
    for address in addresses:
        unique.setdefault(canonical_url(address), address)
    for address in list(unique.values())[:MOST]:
        try:
            response = await fetcher.get(address)
        except FetchError:
            continue
        if found := await _read(response, how, fetcher):
            yield found


def _named(response: Response) -> list[str]:
    """`<link rel="alternate">` of a feed's type (https://www.rssboard.org/rss-autodiscovery)."""
    return _addresses(response, "link", _is_alternate)


def _linked(response: Response) -> list[str]:
    return _addresses(response, "a", _looks_like_a_feed)


def _is_alternate(element: HtmlElement) -> bool:
    relations = (element.get("rel") or "").lower().split()
    return "alternate" in relations and bool(FEED_TYPES.match(element.get("type") or ""))


def _looks_like_a_feed(element: HtmlElement) -> bool:
    return bool(LOOKS_LIKE_A_FEED.search((element.get("href") or "").partition("?")[0].lower()))


def _addresses(response: Response, tag: str, wanted: Callable[[HtmlElement], bool]) -> list[str]:
    try:
        tree = html_tree(decode(response.body, response.content_type)[0], response.final_url)
    except FeedError:
        return []
    given = next(iter(tree.xpath("//base/@href")), "")
    base = next(iter(_absolute(given, response.final_url)), response.final_url)
    elements = (element for element in tree.iter(tag) if wanted(element))
    return [address for e in elements for address in _absolute(e.get("href") or "", base)]


def _absolute(href: str, base: str) -> list[str]:
    try:
        return [absolute_url(href, base)]
    except ValueError:
        return []


def _usual(response: Response) -> list[str]:
    return [urljoin(response.final_url, f"/{name}") for name in USUAL_PLACES]


async def _sitemaps(response: Response, fetcher: Fetcher) -> list[str]:
    """The sitemaps that robots.txt names, those of news first (RFC 9309 has no word on them;
    https://www.sitemaps.org/protocol.html#submit_robots)."""
    try:
        robots = await fetcher.get(urljoin(response.final_url, "/robots.txt"))
    except FetchError:
        return []
    lines = decode(robots.body[:500_000], robots.content_type)[0].splitlines()
    named = [line.partition(":")[2].strip() for line in lines if SITEMAP.match(line)]
    addresses = [a for name in named for a in _absolute(name, robots.final_url)]
    return sorted(addresses, key=lambda address: "news" not in address.lower())


PLACES: dict[str, Callable[[Response], list[str]]] = {
    "named by the page": _named,
    "linked by the page": _linked,
    "in a usual place": _usual,
}
SITEMAP = re.compile(r"\s*sitemap\s*:", re.IGNORECASE)
