"""Every kind of feed gives the same entries; what is no feed is named."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.dates import parse_date
from extractors.errors import FeedError
from extractors.feeds.feed import Feed, parse_feed
from extractors.feeds.sitemap import parse_sitemap
from extractors.items import MOST, Item, entry_of
from extractors.plain import plain_text
from extractors.source import Source
from tests.extractors.conftest import rows, stored

URL = "https://news.example/feed"
SOURCE = Source(id="sample", url=URL, name="Sample", timezone="Asia/Hong_Kong")

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Sample &amp; Sons</title>
<item><title>保安局：日本 &lt;b&gt;外遊警示&lt;/b&gt;</title><link>/a?utm_source=rss&amp;id=1</link>
<description><![CDATA[<p>One.</p><p>Two &amp; three<script>x()</script></p>]]></description>
<pubDate>Sun, 01 Nov 2026 12:00:00 HKT</pubDate><author>a@b.example (Chan)</author></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Sample &amp;amp; Sons</title>
<entry><title type="html">保安局：日本 &lt;b&gt;外遊警示&lt;/b&gt;</title>
<link href="https://news.example/a?utm_source=rss&amp;id=1"/><id>tag:1</id>
<summary type="html">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two &amp;amp; three&lt;/p&gt;</summary>
<published>2026-11-01T12:00:00+08:00</published><updated>2026-11-02T00:00:00Z</updated>
<author><name>Chan</name></author></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>Sample &amp; Sons</title></channel>
<item rdf:about="https://news.example/a?id=1"><title>保安局：日本 外遊警示</title>
<link>https://news.example/a?id=1</link><description>One. Two &amp; three</description>
<dc:date>2026-11-01T12:00:00+08:00</dc:date><dc:creator>Chan</dc:creator></item></rdf:RDF>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Sample & Sons",
        "items": [
            {
                "id": "1",
                "url": "/a?utm_source=rss&id=1",
                "title": "保安局：日本 外遊警示",
                "content_html": "<p>One.</p><p>Two &amp; three</p>",
                "date_published": "2026-11-01T12:00:00+08:00",
                "authors": [{"name": "Chan"}],
            }
        ],
    }
)


def parse(text: str | bytes, content_type: str | None = None, source: Source = SOURCE) -> Feed:
    body = text if isinstance(text, bytes) else text.encode()
    return parse_feed(body, content_type, source, URL)


@pytest.mark.parametrize("content_type", [None, "text/html", "application/json; charset=utf-8"])
@pytest.mark.parametrize(
    ("text", "format_"),
    [(RSS, "rss20"), (ATOM, "atom10"), (RDF, "rss10"), (JSON_FEED, "jsonfeed 1.1")],
)
def test_every_format_gives_the_same_entry(
    text: str, format_: str, content_type: str | None
) -> None:
    feed = parse(text, content_type)
    assert (feed.format, feed.title, feed.warnings) == (format_, "Sample & Sons", ())
    (entry,) = feed.entries
    assert entry.source_id == "sample"
    assert entry.url == "https://news.example/a?id=1"
    assert entry.link.startswith("https://news.example/a?")
    assert entry.title == "保安局：日本 外遊警示"
    assert entry.summary == "One. Two & three"
    assert entry.published_at is not None
    assert entry.published_at.isoformat() == "2026-11-01T04:00:00+00:00"
    assert entry.author in {"Chan", "a@b.example (Chan)"}


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>x</title>{"".join(items)}</channel></rss>'


def item(link: str = "/a", title: str = "t", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "euc-jp", "utf-16", "utf-8"])
def test_feeds_come_in_the_encodings_of_the_region(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{rss(item(title="香港 日本"))}'
    assert parse(text.encode(encoding)).entries[0].title == "香港 日本"


def test_an_item_without_a_link_goes_by_its_guid() -> None:
    feed = parse(rss("<item><title>t</title><guid>https://rthk.example/1.htm</guid></item>"))
    assert feed.entries[0].url == "https://rthk.example/1.htm"


def test_an_item_without_any_address_is_left_out_and_told() -> None:
    feed = parse(rss("<item><title>t</title><guid>7</guid></item>", item()))
    assert len(feed.entries) == 1
    assert feed.warnings == ("1 items without a usable address were left out",)


DATES = [
    ("<pubDate>Sun, 01 Nov 2026 12:00:00</pubDate>", "2026-11-01T04:00:00+00:00"),
    ("<pubDate>2026-11-01 12:00</pubDate>", "2026-11-01T04:00:00+00:00"),
    ("<pubDate>Sun, 01 Nov 2026 13:00:00 JST</pubDate>", "2026-11-01T04:00:00+00:00"),
    ("<pubDate>Sun, 01 Nov 2026 12:00:00 CST</pubDate>", "2026-11-01T04:00:00+00:00"),
    ("<pubDate>Thu, 01 Nov 2096 12:00:00 GMT</pubDate>", "2096-11-01T12:00:00+00:00"),
    ("<pubDate>recently</pubDate>", None),
    ("", None),
]


@pytest.mark.parametrize(("markup", "moment"), DATES)
def test_dates_go_by_the_zone_of_the_source(markup: str, moment: str | None) -> None:
    found = parse(rss(item(more=markup))).entries[0].published_at
    assert (found.isoformat() if found else None) == moment


def test_two_spellings_of_one_address_are_one_entry() -> None:
    feed = parse(rss(item("/a?utm_source=x"), item("/a#top"), item("/b")))
    assert [entry.url for entry in feed.entries] == [
        "https://news.example/a",
        "https://news.example/b",
    ]


def test_a_feed_cut_short_gives_what_came_and_a_warning() -> None:
    text = rss(item("/a"), item("/b"), item("/c"))
    feed = parse(text[: text.index("/c") + 2])
    assert {entry.url[-2:] for entry in feed.entries} >= {"/a", "/b"}
    assert "damaged" in feed.warnings[-1]


NO_FEEDS = [
    (b"", "empty (0 bytes)"),
    (b" \n", "empty (0 bytes)"),
    (b"<!DOCTYPE html><html><head><title>x</title></head></html>", "an HTML page, not a feed"),
    (b"<html><body>x</body></html>", "an HTML page, not a feed"),
    (b"<div>Just a moment...</div>", "an HTML page, not a feed"),
    (b'<rss version="2.0"><channel><title>x', "damaged"),
    (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', "a sitemap"),
    (b"<opml></opml>", "OPML"),
    (b"<nonsense/>", "<nonsense>"),
    (b"not found", "is no feed"),
    (b"{", "no valid JSON"),
    (b"[" * 100_000, "no valid JSON"),
    (b'{"error": "no"}', "no JSON Feed"),
    (gzip.compress(b"x", mtime=0)[:5], "is no feed"),
    (b"\x1f\x8bxxxxxxxxxx", "cannot be unpacked"),
]


@pytest.mark.parametrize(("body", "says"), NO_FEEDS)
def test_what_is_no_feed_is_named_with_a_remedy(body: bytes, says: str) -> None:
    if says == "is no feed" and body.startswith(b"\x1f"):
        says = ""
    with pytest.raises(FeedError) as caught:
        parse(body)
    assert says in caught.value.what
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_noise_before_the_feed_is_passed_over() -> None:
    feed = parse("<br />\n<b>Warning</b>: include() failed<br />" + rss(item()))
    assert len(feed.entries) == 1


def test_a_gzip_that_does_not_say_so_is_unpacked() -> None:
    assert len(parse(gzip.compress(rss(item()).encode())).entries) == 1


@pytest.mark.timeout(60)
def test_a_feed_of_twenty_thousand_items_is_bounded() -> None:
    text = rss(*(item(f"/{n}", more="<description>word word</description>") for n in range(20_000)))
    feed = parse(text)
    assert len(feed.entries) == MOST
    assert feed.warnings == ("only the first 2,000 items are read",)


@pytest.mark.timeout(60)
def test_a_title_of_a_megabyte_is_cut() -> None:
    feed = parse(rss(item(title="狼煙 " * 350_000)))
    assert len(feed.entries[0].title) == 1_000


@pytest.mark.timeout(60)
def test_entities_are_not_expanded_and_files_not_read() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    head = f'<!DOCTYPE rss [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/hostname">{laughs}]>'
    text = head + rss(item(title="a&l8;b"), item("/b", title="c&f;d"))
    titles = [entry.title for entry in parse(text).entries]
    host = Path("/etc/hostname")
    assert not any("haha" in title for title in titles)
    assert not any(host.exists() and host.read_text().strip() in title for title in titles)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_nothing_but_feed_error_comes_of_any_bytes(body: bytes) -> None:
    for read in (parse_feed_at, parse_sitemap):
        try:
            read(body, SOURCE, URL)
        except FeedError as error:
            assert error.remedy


def parse_feed_at(body: bytes, source: Source, url: str) -> Feed:
    return parse_feed(body, None, source, url)


@given(st.text(alphabet="<>&;/![]-\"'=abt é新\0\x1b\ud800", max_size=200))
def test_entries_are_plain_whatever_the_markup(text: str) -> None:
    body = rss(item(title=text)).encode("utf-8", "surrogatepass")
    try:
        feed = parse(body)
    except FeedError:
        return
    assert all(entry.title.isprintable() for entry in feed.entries)


# ---------------------------------------------------------------- sitemaps

NEWS_SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://news.example/a?utm_source=x</loc><news:news><news:publication>
<news:name>Sample</news:name><news:language>zh-tw</news:language></news:publication>
<news:publication_date>2026-11-01T12:00:00+08:00</news:publication_date>
<news:title>保安局 &amp; 日本</news:title></news:news>
<image:image><image:loc>https://news.example/a.jpg</image:loc></image:image></url>
<url><loc>https://news.example/b</loc><lastmod>2026-11-01</lastmod></url></urlset>"""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_news_sitemap(pack: Any) -> None:
    feed = parse_sitemap(pack(NEWS_SITEMAP.encode()), SOURCE, URL)
    news, plain = feed.entries
    assert (feed.format, feed.warnings) == ("sitemap", ())
    assert (news.url, news.title) == ("https://news.example/a", "保安局 & 日本")
    assert (news.language, news.image) == ("zh-Hant", "https://news.example/a.jpg")
    assert news.published_at is not None
    assert news.published_at.isoformat() == "2026-11-01T04:00:00+00:00"
    assert (plain.url, plain.title) == ("https://news.example/b", "")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<html></html>", "an HTML page"),
        (b"<sitemapindex/>", "an index of sitemaps"),
        (RSS.encode(), "is a feed"),
        (b"nonsense", "no XML"),
        (b"\x1f\x8bxxxxxxxxxx", "cannot be unpacked"),
    ],
)
def test_what_is_no_sitemap_is_named(body: bytes, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_sitemap(body, SOURCE, URL)


def test_a_sitemap_cut_short_gives_what_came_and_a_warning() -> None:
    feed = parse_sitemap(NEWS_SITEMAP.encode()[:-60], SOURCE, URL)
    assert feed.entries[0].url == "https://news.example/a"
    assert "damaged" in feed.warnings[0]


def test_entities_in_a_sitemap_are_not_expanded() -> None:
    head = '<!DOCTYPE urlset [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "ha">]>'
    text = f"{head}<urlset><url><loc>https://h.example/&a;&f;x</loc></url></urlset>"
    entries = parse_sitemap(text.encode(), SOURCE, URL).entries
    assert all("ha" not in entry.url.removeprefix("https://h.example") for entry in entries)


@pytest.mark.timeout(60)
def test_a_sitemap_of_fifty_thousand_is_bounded() -> None:
    urls = "".join(f"<url><loc>https://h.example/{n}</loc></url>" for n in range(50_000))
    feed = parse_sitemap(f"<urlset>{urls}</urlset>".encode(), SOURCE, URL)
    assert len(feed.entries) == MOST


# ---------------------------------------------------------------- others' feeds

NOT_READ = {
    "invalid.json-299f40",
    "hardsoft.at.webry.info-c9f305",
    "malformed_rss_namespaced-cc836d",
}
"""No JSON, an HTML page, and an RSS root without an item."""
ONE_PAGE = {
    # Items that share one page (told apart by a fragment only) or one address are one entry.
    "club.h14m.org-03fc16", "tls.org-26810b", "godthink.blogsome.com-b3f7ec",
    "illegally-nested-9d532e", "CDATATestFeed-00d183", "atom_1.0_b-8940b9", "issue137-rss-967919",
    "hatena-rss.xml-7aec86", "top10news.xml-c6d353", "atom-related.xml-fb0f83",
    # Items without any address.
    "atom-with-tag-uri-links-6c7e03", "feed1.atom-cf42da", "dublin-core-date-c613cf",
}  # fmt: skip
MISREAD = {"compressed-2a36a8"}
"""The expected titles were decoded wrongly."""


@pytest.mark.shared
def test_real_feeds_give_all_their_items(corpus: Path) -> None:
    cases = rows(corpus / "feeds" / "manifest.jsonl")
    wrong = []
    for row in cases:
        source = replace(SOURCE, url=row["url"] or URL)
        body = stored(corpus / "feeds" / row["file"])
        try:
            feed = parse_feed(body, None, source, source.url)
        except FeedError as error:
            if row["id"] not in NOT_READ:
                wrong.append((row["id"], str(error)))
            continue
        expected = (row["expected"] or {}).get("n_items")
        if row["id"] not in ONE_PAGE and len(feed.entries) != expected:
            wrong.append((row["id"], f"{len(feed.entries)} of {expected}"))
    assert wrong == []


@pytest.mark.shared
def test_real_feeds_tell_title_address_and_date(corpus: Path) -> None:
    """Of the first three items of each, as lxml reads them."""
    looked, wrong = 0, set()
    for row in rows(corpus / "feeds" / "manifest.jsonl"):
        if row["id"] in NOT_READ | ONE_PAGE | MISREAD:
            continue
        source = replace(SOURCE, url=row["url"] or URL)
        entries = parse_feed(
            stored(corpus / "feeds" / row["file"]), None, source, source.url
        ).entries
        for item, entry in zip((row["expected"] or {}).get("items") or [], entries, strict=False):
            looked += 1
            told = plain_text(item["title"] or "")
            date = parse_date(item["date_iso"] or "", source.timezone)
            if entry.title != told or not entry.link.startswith("http"):
                wrong.add((row["id"], "title"))
            if date and entry.published_at != date.astimezone(UTC):
                wrong.add((row["id"], "date"))
    assert looked > 250
    assert wrong == set()


@pytest.mark.shared
def test_the_cases_of_other_readers_never_crash(corpus: Path) -> None:
    """470 feeds made to break parsers: entries or a clear error."""
    for row in rows(corpus / "feeds" / "cases.jsonl"):
        body = base64.b64decode(row["content_b64"])
        try:
            feed = parse_feed(body, row["http_headers"].get("content-type"), SOURCE, URL)
        except FeedError as error:
            assert error.remedy, row["id"]
        else:
            assert all(entry.url.startswith("http") for entry in feed.entries), row["id"]


@pytest.mark.shared
def test_real_sitemaps_give_all_their_addresses(corpus: Path) -> None:
    for row in rows(corpus / "sitemaps" / "manifest.jsonl"):
        body = (corpus / "sitemaps" / row["file"]).read_bytes()
        if row["expected"]["kind"] != "urlset":
            with pytest.raises(FeedError):
                parse_sitemap(body, SOURCE, URL)
            continue
        feed = parse_sitemap(body, SOURCE, URL)
        assert 0 < len(feed.entries) <= row["expected"]["n"], row["id"]


def test_an_item_of_an_aggregator_is_the_publishers(source: Source) -> None:
    """Its identity is the article's, however many ways lead to it."""
    wrapped = "http://www.bing.com/news/apiclick.aspx?tid=7&url=https%3a%2f%2fa.example%2f1"
    entry = entry_of(Item(link=wrapped), source, "https://www.bing.com/")
    assert entry is not None
    assert (entry.url, entry.link) == ("https://a.example/1", "https://a.example/1")
