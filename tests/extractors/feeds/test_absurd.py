"""Answers of absurd size and depth, from a real server: bounded in time, and something is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extractors.article import TextFrom
from extractors.entry import Entry
from extractors.feeds.poll import SourceState, poll
from extractors.items import LONGEST_TITLE, MOST
from extractors.pages.reading import Reader
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.servers import Site, fixed

# Each takes a second or two; what blows up takes hours.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
LIMITS = replace(HASTY, connect_seconds=10, total_seconds=30, max_bytes=20 * 1024 * 1024)


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


def item(number: int, more: str = "") -> str:
    link = f"https://a.example/{number}"
    return f"<item><title>{number}</title><link>{link}</link>{more}</item>"


LISTED = [{"id": str(n), "url": f"https://a.example/{n}", "title": "t"} for n in range(20_000)]
ATOM = "".join(
    f'<entry><title>{n}</title><id>u:{n}</id><link href="https://a.example/{n}"/></entry>'
    for n in range(20_000)
)
WORDS = "<description>word word</description>"
FEEDS: dict[str, tuple[bytes, int]] = {
    "20,000 entries": (rss("".join(item(n, WORDS) for n in range(20_000))), MOST),
    "20,000 of Atom": (f'<feed xmlns="http://www.w3.org/2005/Atom">{ATOM}</feed>'.encode(), MOST),
    "20,000 of JSON": (json.dumps({"version": "1", "items": LISTED}).encode(), MOST),
    "a title of 1 MB": (rss(item(1).replace("<title>1", "<title>" + "1 " * 500_000)), 1),
    "a title of markup": (rss(item(1).replace("<title>1", "<title>" + "&lt;b&gt;x" * 99_999)), 1),
    "10,000 deep": (rss(item(1, "<a>" * 10_000 + "</a>" * 10_000)), 1),
    "JSON 10,000 deep": (b'{"items":' + b"[" * 10_000, 0),
    "30 MB": (rss(item(1, " " * 30_000_000)), 0),
    "an address of 1 MB": (rss(item(1).replace("/1<", "/" + "a/../" * 200_000 + "<")), 0),
}  # fmt: skip
SENTENCE = b"<p>One sentence of the news stands here. Another one follows it.</p>"
PAGES: dict[str, tuple[bytes, TextFrom]] = {
    "10,000 deep": (SENTENCE + b"<div>" * 10_000 + b"deep", TextFrom.PAGE),
    "unclosed": (SENTENCE + b"<b><i>" * 10_000 + b"deep", TextFrom.PAGE),
    "30 MB": (SENTENCE * 450_000, TextFrom.FEED),
    "a title of 1 MB": (b"<title>" + b"x" * 1_000_000 + b"</title>" + SENTENCE, TextFrom.PAGE),
    "a title of separators": (
        b"<title>" + b"a | " * 25_000 + b"</title>" + SENTENCE,
        TextFrom.PAGE,
    ),
    "a script of 10 MB": (SENTENCE + b"<script>" + b"var a=1;" * 1_250_000, TextFrom.PAGE),
    "nothing but <": (SENTENCE + b"<" * 10_000_000, TextFrom.PAGE),
}


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed(site: Site, source: Source, name: str) -> None:
    body, entries = FEEDS[name]
    site.routes["/feed"] = fixed(body, "application/xml")
    async with Fetcher("noroshi-test", LIMITS) as fetcher:
        found = await poll(replace(source, url=site.url("/feed")), SourceState(), fetcher)
    assert len(found.entries) == entries
    assert bool(found.error or found.warnings) is (entries != 1)
    assert all(len(entry.title) <= LONGEST_TITLE for entry in found.entries)


async def test_an_index_of_very_many_sitemaps_that_lead_to_itself(
    site: Site, source: Source
) -> None:
    row = "<sitemap><loc>/index</loc><lastmod>2026-11-01T00:00:00Z</lastmod></sitemap>"
    body = f"<sitemapindex>{row * 100_000}</sitemapindex>".encode()
    site.routes["/index"] = fixed(body, "application/xml")
    index = replace(source, kind=SourceKind.SITEMAP, url=site.url("/index"))
    async with Fetcher("noroshi-test", LIMITS) as fetcher:
        found = await poll(index, SourceState(), fetcher)
    assert found.error
    assert len(site.requests) == 2


@pytest.mark.parametrize("name", PAGES)
async def test_a_page(site: Site, source: Source, name: str) -> None:
    body, text_from = PAGES[name]
    site.routes["/1"] = fixed(b"<html><body>" + body)
    entry = Entry("sample", "https://a.example/1", site.url("/1"), "The feed's title")
    async with Fetcher("noroshi-test", LIMITS) as fetcher:
        article = (await Reader(fetcher).read(entry, source)).article
    assert article.text_from is text_from
    if text_from is TextFrom.PAGE:
        assert "One sentence of the news" in article.text
    else:
        assert article.text == entry.title
