"""Articles on several pages: which link leads to the next, and what it adds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractors.pages.join import continued, follows
from extractors.pages.reading import Reader
from extractors.source import Source
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.extractors.pages.test_page import URL, html, page
from tests.extractors.pages.test_reading import ENTRY
from tests.servers import Reply, Request, Route, Site, fixed

HOST = "https://news.example"
NEXT = [
    ("/2026/a.html", "/2026/a_2.html"),
    ("/2026/a_2.html", "/2026/a_3.html"),
    ("/2026/a-2.shtml", "/2026/a-3.shtml"),
    ("/story/123", "/story/123/2"),
    ("/story/123/", "/story/123/2/"),
    ("/story/123/page/2", "/story/123/page/3/"),
    ("/a?id=7", "/a?id=7&page=2"),
    ("/a?page=2&id=7", "/a?page=3&id=7"),
    ("/a", "/a?p=2"),
]
NOT_NEXT = [
    ("/2026/a.html", "/2026/b.html"),
    ("/2026/a.html", "/2026/a_3.html"),
    ("/2026/a_2.html", "/2026/a_1.html"),
    ("/2026/a_3.html", "/2026/a.html"),
    ("/story/123", "/story/124"),
    ("/story/123", "/story/123"),
    ("/a?id=7", "/a?id=8&page=2"),
    ("/a", "/b?page=2"),
]


@pytest.mark.parametrize(("url", "link"), NEXT)
def test_the_next_page_has_the_next_number(url: str, link: str) -> None:
    assert follows(HOST + url, HOST + link)
    assert not follows(HOST + link, HOST + url)


@pytest.mark.parametrize(("url", "link"), NOT_NEXT)
def test_other_addresses_are_other_articles(url: str, link: str) -> None:
    assert not follows(HOST + url, HOST + link)
    assert not follows(HOST + url, f"https://other.example{link}")


LINKS = {
    "rel in head": ('<link rel="next" href="/a/2">', "", True),
    "rel in body": ("", '<a rel="next nofollow" href="/a/2">2</a>', True),
    "Japanese": ("", '<a href="/a/2">次のページ ▶</a>', True),
    "Simplified": ("", '<a href="/a/2">下一页</a>', True),
    "Traditional": ("", '<a href="/a/2">下一頁 ›</a>', True),
    "English": ("", '<a href="/a/2#top">Next page »</a>', True),
    "twice the same": ('<link rel="next" href="/a/2">', '<a href="/a/2">Next</a>', True),
    "two of them": ('<link rel="next" href="/a/2">', '<a rel="next" href="/a?page=2">2</a>', False),
    "the next article": ('<link rel="next" href="/b">', "", False),
    "another host": ('<link rel="next" href="https://other.example/a/2">', "", False),
    "a mere number": ("", '<a href="/a/2">2</a>', False),
    "no address": ("", '<a rel="next" href="http://[">next</a>', False),
}


@pytest.mark.parametrize(("head", "before", "found"), LINKS.values(), ids=LINKS)
def test_the_link_to_the_next_page(head: str, before: str, found: bool) -> None:
    assert page(html(head=head, before=before)).next_url == (f"{URL}/2" if found else None)


def test_what_a_further_page_adds() -> None:
    assert continued("Title.\nOne.", "Title.\nTwo.") == "Title.\nOne.\nTwo."
    assert continued("Title.\nOne.", "One.\nTitle.") is None


def part(number: int, further: bool = True) -> Route:
    head = f'<link rel="next" href="/a/{number + 1}">' if further else ""
    said = f"<p>Part {number} of the story, in words that no other part has.</p>"
    return fixed(html(head=head, before=said).encode())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def text(site: Site, source: Source) -> tuple[str, tuple[str, ...]]:
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        reading = await Reader(fetcher).read(replace(ENTRY, link=site.url("/a")), source)
    assert len(reading.answers) == len(site.requests)
    return reading.article.text, reading.article.warnings


@pytest.mark.anyio
async def test_an_article_on_three_pages_is_one(site: Site, source: Source) -> None:
    site.routes |= {"/a": part(1), "/a/2": part(2), "/a/3": part(3, further=False)}
    found, warnings = await text(site, source)
    assert [f"Part {n} of" in found for n in (1, 2, 3)] == [True] * 3
    assert found.index("Part 1") < found.index("Part 2") < found.index("Part 3")
    assert warnings == ()


@pytest.mark.anyio
async def test_pages_without_end_are_bounded(site: Site, source: Source) -> None:
    def endless(request: Request) -> Reply:
        number = int(request.path.rpartition("/")[2] or 1) if "/a/" in request.path else 1
        return part(number)(request)  # type: ignore[return-value]

    site.routes |= {"/a": endless, **{f"/a/{n}": endless for n in range(2, 30)}}
    await text(site, source)
    assert len(site.requests) == 10


@pytest.mark.anyio
async def test_a_page_that_leads_to_itself_ends(site: Site, source: Source) -> None:
    site.routes |= {"/a": part(1), "/a/2": part(1)}
    found, _ = await text(site, source)
    assert found.count("Part 1 of") == 1
    assert len(site.requests) == 2


@pytest.mark.anyio
async def test_a_next_page_that_fails_is_said(site: Site, source: Source) -> None:
    site.routes |= {"/a": part(1)}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        reading = await Reader(fetcher).read(replace(ENTRY, link=site.url("/a")), source)
    assert "Part 1 of" in reading.article.text
    assert "its next page" in reading.article.warnings[0]
    assert len(reading.answers) == 1
