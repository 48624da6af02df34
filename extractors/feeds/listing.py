"""Pages of links become entries: by CSS selectors, or by a pattern of the links' addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from cssselect import HTMLTranslator, SelectorError
from lxml.etree import XPath
from lxml.html import HtmlElement

from extractors.address import absolute_url, canonical_url
from extractors.charset import decode
from extractors.dates import find_days, find_moments, parse_date
from extractors.errors import FeedError
from extractors.feeds.feed import Feed, unpacked
from extractors.items import MOST, Item, entries_of
from extractors.markup import ASK, html_tree
from extractors.source import Listing, Source
from extractors.web.remedy import LATER

LARGEST_ROW = 2_000
"""Characters of an item in which a date is looked for; a larger one is no row of a list."""
UNMAPPED = "give it a [[source]] of the same id with [source.listing]"
MAPPING = "the page may have been rebuilt: compare [source.listing] with it in a browser"


def parse_html_list(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The links of a page that `source.listing` asks for, in the page's order.

    FeedError where the body is no HTML or no link answers: a list that is empty looks the same as
    one that was rebuilt, and people should see it.
    """
    text = decode(unpacked(body, url, ASK), content_type)[0]
    if not text.strip():
        raise FeedError(url, "the answer is empty (0 bytes)", LATER)
    if text.lstrip()[:1] in "{[":
        raise FeedError(url, "is JSON, not a page", 'set kind = "json" for this source')
    tree = html_tree(text, url)
    base = _base(tree, url)
    listing = source.listing
    if listing is None:
        raise FeedError(url, "is a page of links, and which are wanted is not known", UNMAPPED)
    items = _merged(_items(tree, listing, base, source.timezone), url)
    if not items:
        raise FeedError(url, f"none of its links is wanted ({_wish(listing)})", MAPPING)
    entries, warnings = entries_of(items, source, base)
    return Feed("html", _title(tree), entries, warnings)


@lru_cache(maxsize=500)
def selector(css: str) -> XPath:
    """A CSS selector, ready to be asked; ValueError where it is none."""
    try:
        return XPath(HTMLTranslator().css_to_xpath(css, prefix="descendant-or-self::"))
    except SelectorError as error:
        raise ValueError(f"{css!r} is no CSS selector ({error})") from error


def _base(tree: HtmlElement, url: str) -> str:
    given = next(iter(tree.xpath("//base/@href")), "")
    try:
        return absolute_url(given, url) if given else url
    except ValueError:
        return url


def _items(tree: HtmlElement, listing: Listing, base: str, zone: str) -> Iterator[Item]:
    wanted = re.compile(listing.pattern)
    for row, link in _links(tree, listing):
        address = _address(link, base)
        if address and wanted.search(address):
            yield _item(row, link, address, listing, zone)


def _links(tree: HtmlElement, listing: Listing) -> Iterator[tuple[HtmlElement | None, HtmlElement]]:
    """(row, link) for each item; no row where only a pattern tells them."""
    if not listing.items:
        yield from ((None, link) for link in tree.iter("a"))
        return
    for row in selector(listing.items)(tree):
        link = _link(row, listing.url)
        if link is not None:
            yield row, link


def _link(row: HtmlElement, css: str) -> HtmlElement | None:
    if css:
        return next(iter(selector(css)(row)), None)
    # Pictures are linked before the headline.
    return row if row.tag == "a" else max(row.iter("a"), key=lambda a: len(_words(a)), default=None)


def _address(link: HtmlElement, base: str) -> str:
    """Absolute; empty for what is no link to a page ("javascript:", "mailto:")."""
    try:
        return absolute_url(link.get("href") or "", base)
    except ValueError:
        return ""


def _item(
    row: HtmlElement | None, link: HtmlElement, address: str, listing: Listing, zone: str
) -> Item:
    shown = row if row is not None else _row_of(link)
    return Item(
        link=address,
        title=_words_at(shown, listing.title) or _named(link),
        summary=_words_at(shown, listing.summary),
        date=_stated(shown, listing.date, zone) if listing.date else _date(shown, link, zone),
        author=_words_at(shown, listing.author),
    )


def _named(link: HtmlElement) -> str:
    """A link's words; its title attribute where they are cut or missing."""
    words, attribute = _words(link), link.get("title") or ""
    cut = words.endswith(("...", "…")) and len(attribute) >= len(words)
    return attribute if cut or not words else words


def _row_of(link: HtmlElement) -> HtmlElement:
    """The largest element around a link that holds no other link's address: its row."""
    row, address = link, link.get("href")
    for above in link.iterancestors():
        if above.tag == "body" or any(a.get("href") != address for a in above.iter("a")):
            break
        row = above
    return row


def _date(row: HtmlElement, link: HtmlElement, zone: str) -> str:
    """What a `<time>` says, or the first date beside the link's own words, which may speak of
    another day."""
    stated = next(iter(row.xpath(".//time/@datetime")), "")
    if stated and parse_date(stated, zone):
        return str(stated)
    beside = _words(row)[:LARGEST_ROW].replace(_words(link), " ", 1) if row is not link else ""
    return _first_date(beside, zone)


def _stated(row: HtmlElement, css: str, zone: str) -> str:
    """The date in the element that `css` finds, whatever stands around it there."""
    found = next(iter(selector(css)(row)), None)
    if found is None:
        return ""
    stated = found.get("datetime") or _words(found)
    return stated if parse_date(stated, zone) else _first_date(stated[:LARGEST_ROW], zone)


def _first_date(words: str, zone: str) -> str:
    moment = next(find_moments(words, zone), None) or next(find_days(words, zone), None)
    return moment.isoformat() if moment else ""


def _words_at(row: HtmlElement, css: str) -> str:
    found = next(iter(selector(css)(row)), None) if css else None
    return _words(found) if found is not None else ""


def _words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _merged(items: Iterable[Item], url: str) -> list[Item]:
    """One item an address: pictures are linked beside headlines, and the page links to itself."""
    found: dict[str, Item] = {}
    for item in items:
        key = canonical_url(item.link)
        former = found.get(key)
        if len(found) > MOST:
            break
        found[key] = _joined(former, item) if former else item
    found.pop(canonical_url(url), None)
    return list(found.values())


def _joined(one: Item, other: Item) -> Item:
    return replace(
        one,
        title=max(one.title, other.title, key=len),
        summary=max(one.summary, other.summary, key=len),
        date=one.date or other.date,
    )


def _wish(listing: Listing) -> str:
    wishes = {"items": listing.items, "pattern": listing.pattern}
    return ", ".join(f"{name} {wish!r}" for name, wish in wishes.items() if wish)


def _title(tree: HtmlElement) -> str:
    return " ".join("".join(tree.xpath("//head/title//text()")).split())[:300]
