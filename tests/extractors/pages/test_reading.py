"""Reading articles against a real server: every failure is a value, and nothing is lost."""

from __future__ import annotations

import gzip
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from extractors.article import Arrival, TextFrom, article_id
from extractors.entry import Entry
from extractors.pages.compose import compose
from extractors.pages.page import Page
from extractors.pages.reading import SMALL, Reader
from extractors.source import Source
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.extractors.pages.test_page import SENTENCES, html
from tests.servers import Route, Site, fixed, reset

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 1, 5, tzinfo=UTC)

ENTRY = Entry(
    source_id="sample",
    url="https://news.example/a",
    link="https://news.example/a",
    title="Alert changed",
    summary="The Security Bureau changed its alert.",
    published_at=datetime(2026, 11, 1, 4, tzinfo=UTC),
)


async def test_an_article_is_read_from_its_page(site: Site, source: Source) -> None:
    site.routes["/a"] = fixed(html("en").encode())
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        reading = await Reader(fetcher).read(replace(ENTRY, link=site.url("/a")), source)
    article = reading.article
    assert article.text_from is TextFrom.PAGE
    assert SENTENCES["en"].strip() in article.text
    assert (article.id, article.url) == (article_id(ENTRY.url), ENTRY.url)
    assert (article.published_at, article.published_source) == (ENTRY.published_at, "feed")
    assert (article.language, article.retry_page, article.warnings) == ("en", False, ())


PAGES: list[tuple[str, Route, bool]] = [
    ("500", fixed(b"", status=500), True),
    ("404", fixed(b"", status=404), False),
    ("empty", fixed(b""), True),
    ("reset", reset, True),
    ("scripts", fixed(b"<html><body><div id=app></div></body></html>"), False),
    ("pdf", fixed(b"%PDF-1.7", "application/pdf"), False),
    ("gzip", fixed(gzip.compress(b"x"), "application/gzip"), False),
]


@pytest.mark.parametrize(
    ("route", "retry"), [pytest.param(*case[1:], id=case[0]) for case in PAGES]
)
async def test_a_page_that_cannot_be_read_leaves_the_feeds_own_text(
    site: Site, source: Source, route: Route, retry: bool
) -> None:
    site.routes["/a"] = route
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        reading = await Reader(fetcher).read(replace(ENTRY, link=site.url("/a")), source)
    article = reading.article
    assert article.text_from is TextFrom.FEED
    assert (article.title, article.text) == (ENTRY.title, ENTRY.summary)
    assert article.retry_page is retry
    assert "could not be read" in article.warnings[0]


class Dead(Executor):
    """A pool whose process dies of whatever it is given."""

    def submit(self, *work: object, **options: object) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_exception(BrokenExecutor())
        return done


async def test_a_large_page_is_read_apart_where_it_can_be_ended(site: Site, source: Source) -> None:
    small = html("en").encode()
    site.routes |= {"/a": fixed(small), "/large": fixed(small + b" " * SMALL)}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        reader = Reader(fetcher, apart=Dead)
        read = [
            (await reader.read(replace(ENTRY, link=site.url(path)), source)).article
            for path in ("/a", "/large")
        ]
    assert [article.text_from for article in read] == [TextFrom.PAGE, TextFrom.FEED]
    assert "keeps it for too long" in read[1].warnings[0]


async def test_where_the_terms_forbid_it_no_page_is_fetched(site: Site, source: Source) -> None:
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        source = replace(source, full_text=False)
        reading = await Reader(fetcher).read(replace(ENTRY, link=site.url("/a")), source)
    article = reading.article
    assert site.requests == []
    assert (article.text, article.text_from) == (ENTRY.summary, TextFrom.FEED)
    assert article.retry_page is False


# ---------------------------------------------------------------- composing

HKT = timezone(timedelta(hours=8))
PAGE = Page(
    title="Alert changed",
    text="Text of the page.",
    author="Chan",
    published=datetime(2026, 11, 1, 12, 30, tzinfo=HKT),
    day_only=False,
    published_source="metadata",
    language="en",
    site_name="Sample News",
    image=None,
    canonical_url="https://other.example/",
)
DATES = [
    ("the feed's date goes first", ENTRY, PAGE, "04:00", "feed"),
    ("without it the page's", replace(ENTRY, published_at=None), PAGE, "04:30", "metadata"),
    ("the page's time completes the feed's day",
     replace(ENTRY, published_at=datetime(2026, 10, 31, 16, tzinfo=UTC)), PAGE,
     "04:30", "metadata"),
    ("a midnight elsewhere is a moment",
     replace(ENTRY, published_at=datetime(2026, 11, 1, 0, tzinfo=UTC)), PAGE, "00:00", "feed"),
    ("a future date is the time of reading",
     replace(ENTRY, published_at=NOW + timedelta(days=1)), PAGE, "05:00", "feed"),
    ("ten minutes are not the future",
     replace(ENTRY, published_at=NOW + timedelta(minutes=9)), PAGE, "05:09", "feed"),
    ("no date stays none", replace(ENTRY, published_at=None), None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "page", "clock", "how"), [pytest.param(*case[1:], id=case[0]) for case in DATES]
)
async def test_the_date_of_an_article(
    source: Source, entry: Entry, page: Page | None, clock: str | None, how: str | None
) -> None:
    article = compose(entry, page, source, NOW)
    moment = article.published_at
    assert (moment.astimezone(UTC).strftime("%H:%M") if moment else None) == clock
    assert article.published_source == how
    assert bool(article.warnings) is (entry.published_at == NOW + timedelta(days=1))


ARRIVALS = [
    ("an old one is backlog", ENTRY.published_at, timedelta(hours=1), Arrival.BACKLOG),
    ("a late one is new", ENTRY.published_at, timedelta(hours=-1), Arrival.NEW),
    ("the page may tell the date", None, timedelta(hours=-1), Arrival.NEW),
    ("and that it is old", None, timedelta(hours=1), Arrival.BACKLOG),
]


@pytest.mark.parametrize(
    ("published", "after", "arrival"), [pytest.param(*case[1:], id=case[0]) for case in ARRIVALS]
)
async def test_the_arrival_of_an_article(
    source: Source, published: datetime | None, after: timedelta, arrival: Arrival
) -> None:
    since = datetime(2026, 11, 1, 4, tzinfo=UTC) + after
    entry = replace(ENTRY, published_at=published, arrival=Arrival.BACKLOG, new_since=since)
    assert compose(entry, PAGE, source, NOW).arrival is arrival
    undated = replace(entry, published_at=None)
    assert compose(undated, None, source, NOW).arrival is Arrival.BACKLOG
    archived = replace(ENTRY, arrival=Arrival.BACKFILL)
    assert compose(archived, PAGE, source, NOW).arrival is Arrival.BACKFILL


TITLES = [
    ("Alert changed", "Alert changed", "Alert changed"),
    ("Alert changed for Japan", "Alert changed…", "Alert changed for Japan"),
    ("Alert", "Alert changed for Japan", "Alert changed for Japan"),
    ("", "Alert changed", "Alert changed"),
    ("Alert changed", "", "Alert changed"),
    ("", "", "https://news.example/a"),
    ("Alert changed. " + "And then much more happened. " * 5, "Alert changed", "Alert changed"),
]


@pytest.mark.parametrize(("of_feed", "of_page", "title"), TITLES)
async def test_the_title_of_an_article(
    source: Source, of_feed: str, of_page: str, title: str
) -> None:
    entry, page = replace(ENTRY, title=of_feed), replace(PAGE, title=of_page)
    assert compose(entry, page, source, NOW).title == title


async def test_the_language_of_a_page_less_article(source: Source) -> None:
    entry = replace(ENTRY, title="台北", summary="", published_at=None)
    article = compose(entry, None, replace(source, language="zh-Hant"), NOW, "no page", True)
    assert (article.language, article.text, article.retry_page) == ("zh-Hant", "台北", True)
    assert article.warnings == ("no page",)


async def test_the_same_words_are_the_same_version(source: Source) -> None:
    one = compose(ENTRY, PAGE, source, NOW)
    later = compose(ENTRY, PAGE, source, NOW + timedelta(days=1))
    assert one.version_id == later.version_id
    assert one.version_id != compose(ENTRY, None, source, NOW).version_id
