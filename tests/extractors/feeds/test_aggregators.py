"""What aggregators list is the publishers': their names stand, and no address is made up."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from extractors.article import TextFrom
from extractors.feeds.feed import parse_feed
from extractors.pages.reading import Reader
from extractors.source import Source
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.servers import Site, fixed

pytestmark = pytest.mark.anyio

OPAQUE = base64.urlsafe_b64encode(b"\x08\x13\x22\xd8\x01AU_yqLP8" + b"x" * 208).decode()
GOOGLE = f"""<rss version="2.0"><channel><title>q - Google News</title><item>
<title>Japan warns - again - The Paper</title>
<link>https://news.google.com/rss/articles/{OPAQUE}?oc=5</link>
<guid isPermaLink="false">{OPAQUE}</guid><pubDate>Sun, 01 Nov 2026 04:00:00 GMT</pubDate>
<description>&lt;a href="x"&gt;Japan warns - again&lt;/a&gt;&amp;nbsp;The Paper</description>
<source url="https://www.paper.example">The Paper</source></item></channel></rss>"""
BING = """<rss version="2.0" xmlns:News="https://www.bing.com/news/search?q=x&amp;format=RSS"><channel>
<title>x</title><item><title>Flights cut</title>
<link>http://www.bing.com/news/apiclick.aspx?tid=7&amp;url=https%3a%2f%2fwww.msn.com%2fa%2f1</link>
<News:Source>The Paper on MSN</News:Source></item></channel></rss>"""
SEARCH = Source("agg", "https://news.google.com/rss/search", "Search", tags=("US", "aggregator"))


async def test_an_opaque_link_of_google_news_stays_what_it_is_and_is_not_fetched() -> None:
    (entry,) = parse_feed(GOOGLE.encode(), None, SEARCH, SEARCH.url).entries
    assert entry.url.startswith("https://news.google.com/rss/articles/CBMi")
    assert (entry.title, entry.site_name) == ("Japan warns - again", "The Paper")
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        article = (await Reader(fetcher).read(entry, SEARCH)).article
    assert (article.url, article.site_name) == (entry.url, "The Paper")
    assert (article.text_from, article.retry_page) == (TextFrom.FEED, False)
    assert "Google News" in article.warnings[0]


async def test_a_copy_on_msn_is_the_publishers(site: Site) -> None:
    (entry,) = parse_feed(BING.encode(), None, SEARCH, SEARCH.url).entries
    assert (entry.url, entry.site_name) == ("https://www.msn.com/a/1", "The Paper")
    site.routes["/a/1"] = fixed(b"<html><body></body></html>")
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        found = await Reader(fetcher).read(replace(entry, link=site.url("/a/1")), SEARCH)
        article = found.article
    assert article.site_name == "The Paper"
