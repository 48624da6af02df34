"""Polling against a real server: every failure is a value, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from extractors.article import Arrival
from extractors.errors import RobotsRefused
from extractors.feeds.poll import Poll, SourceState, poll
from extractors.source import Listing, Source, SourceKind
from extractors.web.fetch import Fetcher, FetchLimits
from extractors.web.robots import Visitor
from tests.extractors.conftest import HASTY
from tests.extractors.feeds.test_feed import ATOM, JSON_FEED, NEWS_SITEMAP, RDF, RSS
from tests.servers import Route, Site, conditional, drip, fixed, redirect, reset, truncated

pytestmark = pytest.mark.anyio


async def ask(
    source: Source, state: SourceState | None = None, limits: FetchLimits = HASTY
) -> Poll:
    async with Fetcher("noroshi-test", limits) as fetcher:
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
    limits = replace(HASTY, total_seconds=1) if says == "within 1 seconds" else HASTY
    found = await ask(source, state, limits)
    assert (found.outcome, found.entries) == ("failed", ())
    assert found.state == replace(state, url=source.url, error_streak=1)
    assert found.error is not None
    assert says in str(found.error)
    assert source.url in str(found.error)


# ---------------------------------------------------------------- manners

LONG_AGO = timedelta(days=2)


async def test_who_calls_a_changed_feed_the_same_is_not_believed_again(
    site: Site, source: Source
) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = fixed(RSS.encode(), ETag='"1"')
    first = await ask(source)
    site.routes["/feed"] = fixed(ATOM.encode(), ETag='"1"')
    second = await ask(source, first.state)
    assert (second.outcome, second.state.distrusted) == ("new", True)
    assert "calls changed feeds unchanged" in second.warnings[-1]
    third = await ask(source, second.state)
    asked = [request.headers.get("if-none-match") for request in site.requests]
    assert asked == [None, '"1"', None]
    assert (third.outcome, third.warnings) == ("unchanged", ())


async def test_who_says_unchanged_for_ever_is_found_out_within_a_day(
    site: Site, source: Source
) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = conditional(RSS.encode())
    state = (await ask(source)).state
    site.routes["/feed"] = conditional(ATOM.encode())
    hidden = await ask(source, state)
    assert hidden.outcome == "unchanged"
    assert state.read_at is not None
    later = replace(hidden.state, read_at=state.read_at - LONG_AGO)
    found = await ask(source, later)
    assert (found.outcome, found.state.distrusted) == ("new", True)


async def test_who_tells_the_truth_goes_on_being_asked_for_changes(
    site: Site, source: Source
) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = conditional(RSS.encode())
    state = (await ask(source)).state
    site.routes["/feed"] = conditional(ATOM.encode(), etag='"2"')
    state = (await ask(source, state)).state
    assert (await ask(source, state)).status == 304
    assert not state.distrusted


async def test_a_source_that_moved_for_good_is_asked_there(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/old"))
    site.routes |= {"/old": redirect("/new", 301), "/new": conditional(RSS.encode())}
    first = await ask(source)
    assert (first.outcome, first.state.moved_to) == ("new", site.url("/new"))
    assert "put that address into the settings" in first.warnings[-1]
    second = await ask(source, first.state)
    assert (second.outcome, second.warnings) == ("unchanged", ())
    assert [request.path for request in site.requests] == ["/old", "/new", "/new"]
    site.routes |= {"/new": fixed(b"", status=404), "/old": fixed(ATOM.encode())}
    third = await ask(source, second.state)
    assert (third.outcome, third.state.moved_to) == ("failed", None)
    assert (await ask(source, third.state)).outcome == "new", "back at the address of the settings"


async def test_a_redirect_to_something_else_is_not_remembered(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/old"))
    site.routes |= {"/old": redirect("/login", 301), "/login": fixed(b"<!doctype html><html>")}
    found = await ask(source)
    assert (found.outcome, found.state.moved_to) == ("failed", None)


async def test_410_is_the_end_until_the_address_changes(site: Site, source: Source) -> None:
    source = replace(source, url=site.url("/feed"))
    site.routes["/feed"] = fixed(b"", status=410)
    found = await ask(source)
    assert (found.outcome, found.state.gone) == ("gone", True)
    year = datetime.now(UTC) + timedelta(days=365)
    assert not found.state.due(source, year)
    elsewhere = replace(source, url=site.url("/other"))
    assert found.state.due(elsewhere, datetime.now(UTC))
    site.routes["/feed"] = fixed(RSS.encode())
    again = await ask(source, found.state)
    assert (again.outcome, again.state.gone) == ("new", False)


@pytest.mark.parametrize(
    ("hours", "due"), [(-1, True), (1, False), (24, False), (25, True), (9_000, True)]
)
def test_a_clock_that_was_set_back_silences_no_source(
    source: Source, hours: float, due: bool
) -> None:
    now = datetime.now(UTC)
    state = SourceState(url=source.url, next_poll_at=now + timedelta(hours=hours))
    assert state.due(source, now) is due


async def test_what_is_known_of_one_address_says_nothing_of_another(
    site: Site, source: Source
) -> None:
    site.routes |= {"/a": conditional(RSS.encode()), "/b": conditional(RSS.encode())}
    first = await ask(replace(source, url=site.url("/a")))
    second = await ask(replace(source, url=site.url("/b")), first.state)
    assert (second.outcome, second.status) == ("new", 200)


async def test_a_bot_check_is_blocked(site: Site, source: Source) -> None:
    body = b"<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
    site.routes["/feed"] = fixed(body, status=403)
    found = await ask(replace(source, url=site.url("/feed")))
    assert (found.outcome, found.status, found.entries) == ("blocked", 403, ())


async def test_a_retry_after_is_remembered(site: Site, source: Source) -> None:
    source, now = replace(source, url=site.url("/feed")), datetime.now(UTC)
    site.routes["/feed"] = fixed(b"", status=429, retry_after="3600")
    state = (await ask(source)).state
    assert not state.due(source, now + timedelta(minutes=59))
    assert state.due(source, now + timedelta(minutes=61))


@pytest.mark.parametrize(("hours", "minutes"), [(1, 0), (3, 22), (48, 30)])
async def test_who_publishes_seldom_is_asked_seldom_and_others_at_every_cycle(
    site: Site, source: Source, hours: int, minutes: int
) -> None:
    source, now = replace(source, url=site.url("/feed")), datetime.now(UTC)
    site.routes["/feed"] = fixed(dated(*(timedelta(hours=hours) * n for n in range(1, 7))))
    state = (await ask(source)).state
    assert state.usual_seconds == pytest.approx(3600 * hours, abs=2)
    assert state.newest_at is not None
    assert abs(state.newest_at - now + timedelta(hours=hours)) < timedelta(seconds=9)
    assert state.due(source, now + timedelta(minutes=0.7 * minutes)) is (minutes == 0)
    assert state.due(source, now + timedelta(minutes=0.96 * minutes, seconds=9))


@pytest.mark.parametrize(("hours", "due"), [(2, False), (0.2, True)])
async def test_what_a_feed_says_of_itself_slows_down_who_keeps_to_it(
    site: Site, source: Source, hours: float, due: bool
) -> None:
    source, now = replace(source, url=site.url("/feed")), datetime.now(UTC)
    body = dated(*(timedelta(hours=hours) * n for n in range(1, 7)))
    stated = body.replace(b"<title>t</title>", b"<title>t</title><ttl>30</ttl>")
    site.routes["/feed"] = fixed(stated, ETag='"1"')
    state = (await ask(source)).state
    assert state.fresh_seconds == 1800
    assert state.due(source, now + timedelta(minutes=20)) is due
    site.routes["/feed"] = conditional(stated)
    again = await ask(source, state)
    assert (again.status, again.state.fresh_seconds) == (304, 1800), "what it said once holds"


async def test_a_page_of_links_is_asked_for_only_where_robots_let_us(
    site: Site, source: Source
) -> None:
    site.routes |= {
        "/robots.txt": fixed(b"User-agent: *\nDisallow: /list\n", "text/plain"),
        "/list": fixed(b'<li><a href="/1">One</a></li>'),
        "/open": fixed(b'<li><a href="/1">One</a></li>'),
    }
    pages = replace(source, kind=SourceKind.HTML_LIST, listing=Listing(items="li"))
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        visitor = Visitor(fetcher)
        closed = await poll(replace(pages, url=site.url("/list")), SourceState(), visitor)
        opened = await poll(replace(pages, url=site.url("/open")), SourceState(), visitor)
        feed = await poll(replace(source, url=site.url("/list")), SourceState(), visitor)
    assert isinstance(closed.error, RobotsRefused)
    assert "disable the source" in closed.error.remedy
    assert [entry.title for entry in opened.entries] == ["One"]
    assert "is no feed" in str(feed.error), "a feed is fetched as it is offered"
