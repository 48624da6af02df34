"""An index of sitemaps is polled like a feed: what changed in it is read, and no more."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extractors.feeds.poll import Poll, SourceState, poll
from extractors.feeds.sitemap import worth_reading
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.servers import Site, fixed

URL = "https://a.example/index.xml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NUMBERED = [(f"https://a.example/{n}.xml", f"2026-11-{n:02}T00:00:00Z") for n in range(1, 23)]
CHOICES: list[tuple[str, list[tuple[str, str]], datetime | None, list[str]]] = [
    ("the latest, whatever the order", NUMBERED[::-1], None, ["22.xml", "21.xml", "20.xml"]),
    ("what changed since the last look", NUMBERED, NOW - timedelta(hours=14), ["22.xml"]),
    ("nothing has changed", NUMBERED, NOW, []),
    ("a day lasts until its end", [("a.xml", "2026-11-22"), ("b.xml", "2026-11-19")], NOW,
     ["a.xml"]),
    ("five at the most", [(f"{n}.xml", "2026-11-22T10:00:00Z") for n in range(9)], None,
     [f"{n}.xml" for n in (8, 7, 6, 5, 4)]),
    ("without dates those of news", [("post-1.xml", ""), ("news.xml", ""), ("tag.xml", "")], NOW,
     ["news.xml"]),
    ("the site's own name says nothing", [("https://news.example/1.xml", ""), ("2.xml", "")], NOW,
     ["1.xml", "2.xml"]),
    ("or else the ends", [(f"{n}.xml", "") for n in range(9)], None, ["0.xml", "8.xml"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "read_at", "names"), [pytest.param(*case[1:], id=case[0]) for case in CHOICES]
)
def test_what_is_worth_reading(
    listed: list[tuple[str, str]], read_at: datetime | None, names: list[str]
) -> None:
    chosen = worth_reading(listed, URL, read_at)
    assert [address.rpartition("/")[2] for address in chosen] == names
    assert all(address.startswith("https://") for address in chosen)


def index(*named: tuple[str, str]) -> bytes:
    rows = (f"<sitemap><loc>{at}</loc><lastmod>{day}</lastmod></sitemap>" for at, day in named)
    return f"<sitemapindex {NS}>{''.join(rows)}</sitemapindex>".encode()


def sitemap(*paths: str) -> bytes:
    rows = (f"<url><loc>{path}</loc></url>" for path in paths)
    return f"<urlset {NS}>{''.join(rows)}</urlset>".encode()


@pytest.mark.anyio
async def test_each_poll_asks_for_what_has_changed(site: Site) -> None:
    past, now = "2026-01-01T00:00:00Z", datetime.now(UTC)
    site.routes |= {
        "/i": fixed(gzip.compress(index(("/a.xml", past), ("/b.xml", "2025-01-01")))),
        "/a.xml": fixed(gzip.compress(sitemap("/1", "/2"))),
    }
    source = Source("s", site.url("/i"), "s", SourceKind.SITEMAP)

    async def look(state: SourceState) -> Poll:
        site.requests.clear()
        async with Fetcher("noroshi-test", HASTY) as fetcher:
            return await poll(source, state, fetcher)

    first = await look(SourceState())
    assert (first.outcome, [e.url for e in first.entries]) == (
        "new",
        [site.url("/1"), site.url("/2")],
    )
    assert [r.path for r in site.requests] == ["/i", "/a.xml"]
    again = await look(first.state)
    assert again.outcome == "unchanged"
    assert [r.path for r in site.requests] == ["/i"]
    soon = (now + timedelta(minutes=1)).isoformat()
    site.routes["/i"] = fixed(index(("/a.xml", past), ("/b.xml", soon), ("/c.xml", soon)))
    site.routes |= {"/b.xml": fixed(sitemap("/3")), "/c.xml": fixed(b"", status=503)}
    third = await look(again.state)
    assert [e.url for e in third.entries] == [site.url("/3")]
    assert "c.xml is missing" in " ".join(third.warnings)
    assert third.state.read_at == again.state.read_at, "what is missing is asked for again"
    site.routes["/i"] = fixed(index(("/c.xml", soon)))
    fourth = await look(third.state)
    assert (fourth.outcome, fourth.status) == ("failed", 503)
    empty = await look(replace(first.state, read_at=None))
    assert empty.error


@pytest.mark.anyio
async def test_an_empty_index_is_an_error(site: Site) -> None:
    site.routes["/i"] = fixed(index())
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        source = Source("s", site.url("/i"), "s", SourceKind.SITEMAP)
        found = await poll(source, SourceState(), fetcher)
    assert "lists no sitemap" in str(found.error)
