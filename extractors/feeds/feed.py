"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed become entries.

The only file that knows feedparser. It gets text that we decoded (`extractors.charset`), so that it
never guesses an encoding; dates and markup are ours as well (`extractors.dates`, `.plain`).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import feedparser

from extractors.charset import decode
from extractors.entry import Entry
from extractors.errors import FeedError
from extractors.feeds.jsonfeed import ASK, read_json_feed
from extractors.feeds.standing import Standing
from extractors.items import MOST, Item, cut_warning, entries_of
from extractors.plain import plain_text
from extractors.source import Source
from extractors.web.inflate import GZIP_MAGIC, gunzip
from extractors.web.remedy import LATER

LARGEST = 50 * 1024 * 1024
"""Bytes of a feed that was stored compressed."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one answer of a source says."""

    format: str
    """`rss20`, `rss10`, `atom10`, `jsonfeed 1.1`, `sitemap`, … as feedparser names them."""
    title: str
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    standings: tuple[Standing, ...] | None = None
    """Of a document that says what is in force: its levels. What changed in them are entries
    (`extractors.feeds.state.changes`)."""
    fresh_seconds: float | None = None
    """For how long it asks to be left alone (ttl, sy:updatePeriod)."""


def parse_feed(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The feed in `body`, told by its content and never by its MIME type.

    A damaged feed gives the entries that can be read and a warning. FeedError where there are none,
    and where the body is something else: it says what.
    """
    text, _ = decode(unpacked(body, url, ASK), content_type)
    text = text.strip("\ufeff\0 \t\r\n")
    if not text:
        raise FeedError(url, "the answer is empty (0 bytes)", LATER)
    if text[0] in "{[":
        return _json_feed(text, source, url)
    return _xml_feed(_from_root(text, url), source, url)


def unpacked(body: bytes, url: str, remedy: str) -> bytes:
    """`body` out of its gzip: some servers send one without saying so in Content-Encoding.

    FeedError, with `remedy`, where it is broken or larger than `LARGEST` bytes.
    """
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        return gunzip(body, LARGEST)
    except (OverflowError, zlib.error) as error:
        raise FeedError(url, f"is a gzip that cannot be unpacked ({error})", remedy) from error


def _json_feed(text: str, source: Source, url: str) -> Feed:
    name, title, items = read_json_feed(text, url)
    entries, warnings = entries_of(items, source, url)
    return Feed(name, plain_text(title), entries, warnings)


XML_START = re.compile(r"<(?:rss|feed|rdf:RDF|channel|[a-z]+:feed|[a-z]+:rss)[\s>]", re.IGNORECASE)
ROOT = re.compile(
    r"(?:\s|<\?.*?\?>|<!--.*?-->|<!(?!--)[^\[>]*(?:\[.*?\])?[^>]*>)*<([\w:.-]+)", re.S
)
ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
OTHERS = {
    "html": "an HTML page, not a feed",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "an index of sitemaps, not a feed",
    "opml": "a list of feeds (OPML), not a feed",
}
REMEDIES = {
    "html": "`noroshi sources add {url}` looks for the feed of a site; or disable the source",
    "urlset": 'set kind = "sitemap" for this source',
    "sitemapindex": "give the address of one of the sitemaps that it lists",
    "opml": "give the address of one of the feeds that it lists",
}


def _from_root(text: str, url: str) -> str:
    """The XML from its root on; FeedError where the root says that it is something else.

    What stands before the root is dropped: messages of a failing PHP script, mostly.
    """
    match = ROOT.match(text)
    kind = match[1].rpartition(":")[2].lower() if match else ""
    if match and kind in {"rss", "feed", "rdf", "channel"}:
        return text[match.start(1) - 1 :]
    later = XML_START.search(text[:100_000])
    if later:
        return text[later.start() :]
    if not kind and "<" not in text[:1000]:
        raise FeedError(url, f"is no feed; it begins {text[:60]!r}", ASK)
    is_html = kind in {"head", "body", "div", "p", "br", "b", "script", "meta", "title", "center"}
    known = "html" if is_html else kind
    what = OTHERS.get(known, f"no feed: its first element is <{kind[:40]}>")
    raise FeedError(url, f"is {what}", REMEDIES.get(known, ASK).format(url=url))


def _xml_feed(text: str, source: Source, url: str) -> Feed:
    capped = _capped(text)
    parsed = _parse(capped)
    language = _get(parsed.feed, "language")
    entries, warnings = entries_of(_items(parsed.entries, language), source, url)
    damage = _damage(parsed, len(entries))
    if damage and not entries:
        raise FeedError(url, damage, f"{LATER}; if it lasts, tell the publisher")
    cut = (cut_warning(),) if capped is not text else ()
    title = plain_text(_get(parsed.feed, "title"))
    damaged = (damage,) if damage else ()
    warned, fresh = warnings + cut + damaged, _fresh(parsed.feed)
    return Feed(parsed.version or "unknown", title, entries, warned, fresh_seconds=fresh)


PERIODS = {
    "hourly": 3600.0,
    "daily": 86_400.0,
    "weekly": 604_800.0,
    "monthly": 2_592_000.0,
    "yearly": 31_536_000.0,
}
"""Of sy:updatePeriod (https://web.resource.org/rss/1.0/modules/syndication/)."""


def _fresh(channel: dict[str, Any]) -> float | None:
    """Seconds: RSS's `ttl`, in minutes, or the syndication module's period and its frequency."""
    ttl, often = _get(channel, "ttl").strip(), _get(channel, "sy_updatefrequency").strip()
    period = PERIODS.get(_get(channel, "sy_updateperiod").strip().lower(), 0.0)
    times = int(often) if re.fullmatch(r"[1-9]\d{0,3}", often) else 1
    stated = float(ttl) * 60 if re.fullmatch(r"\d{1,6}", ttl) else 0.0
    return max(stated, period / times) or None


def _capped(text: str) -> str:
    """The feed cut after `MOST` items, and closed: feedparser takes seconds for 20,000."""
    starts = [match.start() for _, match in zip(range(MOST + 1), ITEM.finditer(text), strict=False)]
    root = ROOT.match(text)
    if len(starts) <= MOST or not root:
        return text
    channel = "</channel>" if root[1].lower() == "rss" else ""
    return f"{text[: starts[-1]]}{channel}</{root[1]}>"


def _parse(text: str) -> Any:
    """feedparser's result. It opens a string as an address or a file, hence the stream.

    It is not told the feed's address: it would make an address of any guid.
    """
    # Halves of surrogate pairs cannot be encoded, nor are they text.
    body = io.BytesIO(text.encode("utf-8", "replace"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(
        body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _damage(parsed: Any, entries: int) -> str:
    if not parsed.bozo or isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride):
        return ""
    reason = getattr(parsed.bozo_exception, "getMessage", parsed.bozo_exception.__str__)()
    return f"the feed is damaged ({reason}); {entries} entries could be read"


def _items(entries: Iterable[Any], language: str) -> Iterable[Item]:
    return (_item(entry, language) for entry in entries)


def _item(entry: Any, language: str) -> Item:
    publisher = _publisher(entry)
    return Item(
        link=_link(entry),
        # Google News appends it.
        title=_get(entry, "title").removesuffix(f" - {publisher}"),
        summary=_longest([_get(entry, "summary"), *_values(entry, "content", "value")]),
        date=_get(entry, "published") or _get(entry, "updated") or _get(entry, "created"),
        author=_get(entry, "author"),
        language=_get(entry.get("title_detail") or {}, "language") or language,
        image=_image(entry),
        publisher=publisher,
    )


def _publisher(entry: Any) -> str:
    """Whose item it is, where an aggregator says so: `<source>`, Bing's `<News:Source>`, which
    reads "The Paper on MSN" for copies there."""
    return _get(entry.get("source") or {}, "title") or _get(entry, "news_source").removesuffix(
        " on MSN"
    )


def _link(entry: Any) -> str:
    """The article's own address before a proxy's; the guid where there is no link (RTHK)."""
    guid = _get(entry, "id")
    link = _get(entry, "link")
    # Without <link>, feedparser takes any guid for one, "1234" too.
    invented = not dict.get(entry, "links") and not guid.startswith(("http://", "https://"))
    return (
        _get(entry, "feedburner_origlink")
        or ("" if invented else link)
        or (guid if guid.startswith(("http://", "https://")) else "")
        or next(iter(_values(entry, "enclosures", "href")), "")
    )


def _image(entry: Any) -> str:
    pictures = [
        *_pictures(entry, "media_content", "url"),
        *_values(entry, "media_thumbnail", "url"),
    ]
    return next(iter([*pictures, *_pictures(entry, "enclosures", "href")]), "")


def _pictures(entry: Any, key: str, address: str) -> list[str]:
    members = dict.get(entry, key) or []
    return [
        _get(member, address)
        for member in members
        if _get(member, "medium") == "image" or _get(member, "type").startswith("image/")
    ]


def _values(entry: Any, key: str, member: str) -> list[str]:
    found = (_get(part, member) for part in dict.get(entry, key) or [])
    return [value for value in found if value]


def _longest(texts: list[str]) -> str:
    return max(texts, key=len)


def _get(owner: dict[str, Any], key: str) -> str:
    """A string member as it stands: feedparser's own `get` answers for other members' names."""
    value = dict.get(owner, key)
    return value if isinstance(value, str) else ""
