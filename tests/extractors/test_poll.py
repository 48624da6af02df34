"""Polling against a real server: every failure is a value, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from extractors.article import Arrival
from extractors.fetch import Fetcher
from extractors.poll import Poll, SourceState, poll
from extractors.source import Source, SourceKind
from tests.extractors.conftest import HASTY
from tests.extractors.test_feed import ATOM, JSON_FEED, NEWS_SITEMAP, RDF, RSS
from tests.servers import Route, Site, conditional, drip, fixed, reset, truncated

pytestmark = pytest.mark.anyio


async def ask(source: Source, state: SourceState | None = None) -> Poll:
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        return await poll(source, state or SourceState(), fetcher)


@pytest.mark.parametrize(
    ("body", "format_", "kind"),
    [
        (RSS, "rss20", SourceKind.FEED),
        (ATOM, "atom10", SourceKind.FEED),
        (RDF, "rss10", SourceKind.FEED),
        (JSON_FEED, "jsonfeed 1.1", SourceKind.FEED),
        (NEWS_SITEMAP, "sitemap", SourceKind.SITEMAP),
    ],
)
async def test_a_source_of_any_kind(
    site: Site, source: Source, body: str, format_: str, kind: SourceKind
) -> None:
    site.routes["/feed"] = fixed(body.encode(), ETag='"1"')
    found = await ask(replace(source, url=site.url("/feed"), kind=kind))
    assert (found.outcome, found.format, found.status) == ("new", format_, 200)
    assert found.entries
    assert found.error is None
    assert found.state.validators.etag == '"1"'


async def test_what_has_not_changed_is_not_read_again(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = conditional(RSS.encode())
    first = await ask(source)
    second = await ask(source, first.state)
    assert (second.outcome, second.status, second.entries) == ("unchanged", 304, ())
    assert second.state == first.state


async def test_the_same_body_without_validators_is_unchanged(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = fixed(RSS.encode())
    first = await ask(source)
    second = await ask(source, first.state)
    assert (second.outcome, second.status) == ("unchanged", 200)
    site.routes["/feed"] = fixed(ATOM.encode())
    assert (await ask(source, second.state)).outcome == "new"


def dated(*ages: timedelta | None) -> bytes:
    """A feed with an entry of each age; None is undated."""
    now = datetime.now(UTC)
    dates = [f"<pubDate>{format_datetime(now - a)}</pubDate>" if a else "" for a in ages]
    items = "".join(
        f"<item><title>{n}</title><link>https://news.example/{n}</link>{date}</item>"
        for n, date in enumerate(dates)
    )
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


async def test_what_a_new_source_holds_already_is_backlog(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = fixed(b"", status=503)
    failed = await ask(source)
    assert failed.state.first_polled_at is None, "a failure is no first poll"
    site.routes["/feed"] = fixed(dated(timedelta(hours=23), timedelta(hours=25), None))
    first = await ask(source, failed.state)
    new, old = Arrival.NEW, Arrival.BACKLOG
    assert [entry.arrival for entry in first.entries] == [new, old, old]
    assert first.state.first_polled_at is not None
    site.routes["/feed"] = fixed(dated(timedelta(hours=24), timedelta(hours=26), None, None))
    second = await ask(source, first.state)
    assert [entry.arrival for entry in second.entries] == [new] * 4
    assert second.state.first_polled_at == first.state.first_polled_at


FAILURES: list[tuple[str, Route, str]] = [
    ("500", fixed(b"", status=500), "answered 500"),
    ("404", fixed(b"", status=404), "answered 404"),
    ("html", fixed(b"<!doctype html><html><body>hello</body></html>"), "an HTML page, not a feed"),
    ("empty", fixed(b""), "0 bytes"),
    ("drip", drip(b"<rss>" * 100, every=0.1), "within 1 seconds"),
    ("reset", reset, "connection broke"),
    ("truncated", truncated(RSS.encode(), promised=99_999), "connection broke"),
    ("large", fixed(b"<rss>" + b" " * 1_000_001), "larger than"),
]


@pytest.mark.parametrize(
    ("route", "says"), [pytest.param(*case[1:], id=case[0]) for case in FAILURES]
)
async def test_a_failure_is_a_value(site: Site, source: Source, route: Route, says: str) -> None:
    site.routes["/feed"] = route
    source = replace(source, url=site.url("/feed"))
    state = SourceState(body_hash="former")
    found = await ask(source, state)
    assert (found.outcome, found.entries, found.state) == ("failed", (), state)
    assert found.error is not None
    assert says in str(found.error)
    assert source.url in str(found.error)
