"""Sitemaps (https://www.sitemaps.org/protocol.html) with Google's news extension become entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urljoin

from lxml import etree

from extractors.dates import has_time, parse_date
from extractors.errors import FeedError
from extractors.feeds.feed import Feed, unpacked
from extractors.items import MOST, Item, entries_of
from extractors.source import Source
from extractors.web.remedy import LATER

MOST_LISTED = 50_000
"""An index may list so many (https://www.sitemaps.org/protocol.html)."""
MOST_SITEMAPS = 5
"""Of one index, read at one poll."""
RECENT = timedelta(days=2)
"""Before the latest change in an index: what is older has no news."""
OVERLAP = timedelta(hours=1)
"""Clocks differ: what changed so shortly before the last look is looked at again."""
ASK = "look for the sitemap's address in the site's robots.txt"


def parse_sitemap(body: bytes, source: Source, url: str, most: int = MOST) -> Feed:
    """The entries of a sitemap, gzip or not; entries of a plain one have no title.

    A sitemap that is cut short gives the entries before the cut, with a warning. FeedError where
    the body is no sitemap, or an index of sitemaps.
    """
    if not body.strip():
        raise FeedError(url, "the answer is empty (0 bytes)", LATER)
    parser = _parser()
    root = _root(unpacked(body, url, ASK), parser, url)
    if _name(root) != "urlset":
        raise FeedError(url, _what_else(root), ASK)
    entries, warnings = entries_of(_items(root), source, url, most)
    return Feed("sitemap", "", entries, warnings + _damage(parser, len(entries)))


def parse_index(body: bytes, url: str) -> tuple[tuple[str, str], ...] | None:
    """Address and date of change of each sitemap that an index lists; None where `body` is none."""
    root = _root(unpacked(body, url, ASK), _parser(), url)
    if _name(root) != "sitemapindex":
        return None
    listed = ({_name(part): (part.text or "").strip() for part in child} for child in root)
    return tuple((found["loc"], found.get("lastmod", "")) for found in listed if "loc" in found)


def is_index(body: bytes, url: str) -> bool:
    """Whether a body, gzip or not, is an index of sitemaps; FeedError where the gzip is broken."""
    return bool(INDEX.search(unpacked(body, url, ASK)[:5_000]))


INDEX = re.compile(rb"<(?:\w+:)?sitemapindex[\s>/]")


def worth_reading(
    listed: Iterable[tuple[str, str]], url: str, read_at: datetime | None
) -> tuple[str, ...]:
    """Which sitemaps of the index at `url` to ask for news: those that changed last, and since
    `read_at`. Where it tells no changes, those of news by their names, or else the ends of the
    list, as some list the latest first and some last.

    `listed`: address and date of change of each, as `parse_index` gives them.
    """
    most = islice(listed, MOST_LISTED)
    changed = [(urljoin(url, address), _changed(date)) for address, date in most]
    told = sorted({(when, at) for at, when in changed if when}, reverse=True)[:MOST_SITEMAPS]
    if told:
        since = max(told[0][0] - RECENT, read_at - OVERLAP if read_at else EVER)
        return tuple(at for when, at in told if when >= since)
    addresses = [address for address, _ in changed]
    news = [at for at in addresses if NEWS.search(at.rpartition("/")[2])][:MOST_SITEMAPS]
    return tuple(dict.fromkeys(news or (*addresses[:1], *addresses[-1:])))


EVER = datetime.min.replace(tzinfo=UTC)
NEWS = re.compile(r"news|latest|recent|today", re.I)


def _changed(date: str) -> datetime | None:
    """The latest moment that a date of change may mean: of a day, its end anywhere on earth."""
    moment = parse_date(date)
    return moment if moment is None or has_time(date) else moment + timedelta(hours=36)


def _parser() -> etree.XMLParser:
    """No entities, no DTD, no network, libxml2's bounds on depth and size."""
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True
    )


def _root(body: bytes, parser: etree.XMLParser, url: str) -> etree._Element:
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise FeedError(url, f"is no XML ({error})", ASK) from error
    if root is None:
        raise FeedError(url, "is no XML", ASK)
    return root


def _what_else(root: etree._Element) -> str:
    known = {
        "sitemapindex": "is an index of sitemaps within an index; give one of those that it lists",
        "html": "is an HTML page, not a sitemap",
        "rss": 'is a feed; set kind = "feed" for this source',
        "feed": 'is a feed; set kind = "feed" for this source',
    }
    return known.get(_name(root), f"is no sitemap: its first element is <{_name(root)[:40]}>")


def _items(root: etree._Element) -> Iterator[Item]:
    for child in root:
        if _name(child) == "url":
            yield _item(child)


def _item(element: etree._Element) -> Item:
    """The first text of each name: `news:title`, `publication_date`, `language`, `image:loc`."""
    texts: dict[str, str] = {}
    for part in element.iter():
        parent = part.getparent()
        owner = _name(parent) if parent is not None else ""
        key = f"{owner}/{_name(part)}"
        texts.setdefault(key, (part.text or "").strip())
    return Item(
        link=texts.get("url/loc", ""),
        title=texts.get("news/title", ""),
        date=texts.get("news/publication_date", "") or texts.get("url/lastmod", ""),
        language=texts.get("publication/language", ""),
        image=texts.get("image/loc", ""),
    )


def _name(element: etree._Element) -> str:
    """The local name, whatever the prefix and even where the namespace is misspelt."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def _damage(parser: etree.XMLParser, entries: int) -> tuple[str, ...]:
    errors = [entry for entry in parser.error_log if entry.level >= etree.ErrorLevels.FATAL]
    if not errors:
        return ()
    return (f"the sitemap is damaged ({errors[0].message}); {entries} entries could be read",)
