"""The feed of a site is found where sites put it, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from extractors.errors import FeedError, HttpError
from extractors.feeds.discovery import discover
from extractors.source import SourceKind
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.extractors.feeds.test_feed import ATOM, JSON_FEED, NEWS_SITEMAP, RSS
from tests.servers import Reply, Request, Route, Site, fixed

pytestmark = pytest.mark.anyio

HOME = "<!doctype html><html><head><title>Paper</title>{head}</head><body>{body}</body></html>"


def page(head: str = "", body: str = "") -> Route:
    return fixed(HOME.format(head=head, body=body).encode())


def alternate(href: str, kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="x" href="{href}">'


INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<sitemap><loc>/2026-10.xml</loc><lastmod>2026-10-31</lastmod></sitemap>"
    "<sitemap><loc>/2026-11.xml</loc><lastmod>2026-11-22T10:00:00Z</lastmod></sitemap>"
    "</sitemapindex>"
)
FOUND: list[tuple[str, dict[str, Route], list[str], str, SourceKind]] = [
    ("a feed", {"/": fixed(RSS.encode())}, ["/"], "the address itself", SourceKind.FEED),
    ("a JSON feed", {"/": fixed(JSON_FEED.encode())}, ["/"], "the address", SourceKind.FEED),
    ("a sitemap", {"/": fixed(NEWS_SITEMAP.encode())}, ["/"], "the address", SourceKind.SITEMAP),
    (
        "named by its page, the dead one passed over",
        {
            "/": page(
                alternate("/gone")
                + alternate("all.xml", "application/atom+xml")
                + alternate("/all.xml#x")
                + alternate("/en", "text/html")
                + alternate("javascript:x")
                + alternate("/feed.json", "application/feed+json")
            ),
            "/all.xml": fixed(ATOM.encode()),
            "/feed.json": fixed(JSON_FEED.encode()),
        },
        ["/all.xml", "/feed.json"],
        "named by the page",
        SourceKind.FEED,
    ),
    (
        "linked by its page",
        {
            "/": page(body='<a href="/a.html">A</a> <a href="/rss/news.xml">RSS</a>'),
            "/rss/news.xml": fixed(RSS.encode()),
        },
        ["/rss/news.xml"],
        "linked by the page",
        SourceKind.FEED,
    ),
    (
        "in a usual place, other pages answering 200",
        {"/": page(), "/feed": page(), "/rss.xml": fixed(RSS.encode())},
        ["/rss.xml"],
        "in a usual place",
        SourceKind.FEED,
    ),
    (
        "its sitemap, that of news first",
        {
            "/": page(),
            "/robots.txt": fixed(
                b"User-agent: *\r\nDisallow:\r\nSitemap: /all.xml\r\nsitemap: /news.xml\r\n"
            ),
            "/all.xml": page(),
            "/news.xml": fixed(NEWS_SITEMAP.encode()),
        },
        ["/news.xml"],
        "named by robots.txt",
        SourceKind.SITEMAP,
    ),
    (
        "the index of sitemaps that robots.txt names, by what it lists",
        {
            "/": page(),
            "/robots.txt": fixed(b"Sitemap: /sitemap_index.xml"),
            "/sitemap_index.xml": fixed(INDEX.encode()),
            "/2026-11.xml": fixed(NEWS_SITEMAP.encode()),
        },
        ["/sitemap_index.xml"],
        "named by robots.txt",
        SourceKind.SITEMAP,
    ),
]


@pytest.mark.parametrize(
    ("routes", "paths", "how", "kind"), [pytest.param(*case[1:], id=case[0]) for case in FOUND]
)
async def test_a_feed_is_found(
    site: Site, routes: dict[str, Route], paths: list[str], how: str, kind: SourceKind
) -> None:
    site.routes |= routes
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        found = await discover(site.url("/"), fetcher)
    assert [one.source.url for one in found] == [site.url(path) for path in paths]
    assert all(one.how.startswith(how) for one in found)
    assert {one.source.kind for one in found} == {kind}
    assert all(one.feed.entries for one in found)


async def test_what_is_found_has_a_name_and_a_language(site: Site) -> None:
    titles = "".join(
        f"<item><title>{title}</title><link>/{n}</link></item>"
        for n, title in enumerate(["外務省が注意を呼びかけ", "香港との交流行事が中止に"])
    )
    feed = f'<rss version="2.0"><channel><title>新報 &amp; x</title>{titles}</channel></rss>'
    site.routes["/"] = fixed(feed.encode())
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        (found,) = await discover(site.url("/"), fetcher)
    assert (found.source.name, found.source.language) == ("新報 & x", "ja")


async def test_nothing_found_says_where_it_was_looked_for(site: Site) -> None:
    site.routes["/"] = page(alternate("/nothing"))
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        with pytest.raises(FeedError, match="names no feed") as caught:
            await discover(site.url("/"), fetcher)
        assert "html-list" in caught.value.remedy
        with pytest.raises(HttpError):
            await discover(site.url("/gone"), fetcher)


async def test_a_page_with_a_thousand_feeds_is_not_asked_for_all(site: Site) -> None:
    site.routes["/"] = page("".join(alternate(f"/{n}.xml") for n in range(1_000)))
    asked: list[str] = []

    def count(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"", 404)

    site.routes |= {f"/{n}.xml": count for n in range(1_000)}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        with pytest.raises(FeedError):
            await discover(site.url("/"), fetcher)
    assert len(asked) == 8
