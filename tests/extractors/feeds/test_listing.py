"""Pages of links: whatever the page looks like, its wanted links come once, absolute and dated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extractors.errors import FeedError
from extractors.feeds.feed import Feed
from extractors.feeds.listing import parse_html_list, selector
from extractors.source import Listing, Source, SourceKind

URL = "https://office.example/press/index.html"
SOURCE = Source("office", URL, "Office", SourceKind.HTML_LIST, timezone="Asia/Hong_Kong")
ROWS = Listing(items="ul.list li")

PAGE = """<!doctype html><html><head><title>Press &amp; more</title></head><body>
<nav><a href="20261101a.html?utm_source=nav">Japan</a>
<a href="/">Home</a> <a href="index.html">This page</a> <a href="mailto:x@y">Mail</a></nav>
<ul class="list">
<li><a href="20261101a.html"><img src="x.png" alt=""></a>
    <a href="20261101a.html">Warning about <b>Japan</b></a> <span>(2026-11-01 12:30)</span></li>
<li><a href="/press/20261031.html" title="Cut title in full">Cut ti...</a><i>2026年10月31日</i></li>
<li><a href="javascript:void(0)">More</a></li>
<li>no link here</li>
<li><a href="//other.example/x?id=7">Elsewhere on 1 May 2020</a></li>
</ul><script>document.write('<a href="/press/20260101.html">x</a>')</script></body></html>"""


def parse(page: str | bytes, listing: Listing | None, source: Source = SOURCE) -> Feed:
    body = page if isinstance(page, bytes) else page.encode()
    return parse_html_list(body, None, replace(source, listing=listing), source.url)


def seen(feed: Feed) -> list[tuple[str, str, str | None]]:
    return [
        (e.url, e.title, e.published_at.isoformat() if e.published_at else None)
        for e in feed.entries
    ]


WARNING = (
    "https://office.example/press/20261101a.html",
    "Warning about Japan",
    "2026-11-01T04:30:00+00:00",
)
CUT = (
    "https://office.example/press/20261031.html",
    "Cut title in full",
    "2026-10-30T16:00:00+00:00",
)


def test_rows_give_their_links_titles_and_dates() -> None:
    feed = parse(PAGE, ROWS)
    assert (feed.format, feed.title, feed.warnings) == ("html", "Press & more", ())
    assert seen(feed) == [
        WARNING,
        CUT,
        ("https://other.example/x?id=7", "Elsewhere on 1 May 2020", None),
    ]


def test_places_below_the_row_are_asked_where_they_are_given() -> None:
    listing = Listing(
        items="ul.list li", url="a:last-of-type", title="a:last-of-type", date="span, i"
    )
    assert seen(parse(PAGE, listing))[0] == WARNING


def test_a_pattern_alone_finds_links_wherever_they_stand() -> None:
    feed = parse(PAGE, Listing(pattern=r"/press/\d{8}[a-z]?\.html"))
    assert seen(feed) == [WARNING, CUT]


def test_a_date_in_the_links_own_words_counts_only_when_it_is_asked_for() -> None:
    page = '<li><a href="/1">Press conference on November 1, 2026</a></li>'
    assert parse(page, Listing(items="li")).entries[0].published_at is None
    found = parse(page, Listing(items="li", date="a")).entries[0].published_at
    assert found is not None
    assert found.isoformat() == "2026-10-31T16:00:00+00:00"


def test_a_time_element_tells_its_moment() -> None:
    page = '<li><a href="/1">x</a><time datetime="2026-11-01T01:02:03Z">1 hour ago</time></li>'
    for listing in (Listing(items="li"), Listing(items="li", date="time"), Listing(pattern="/1")):
        found = parse(page, listing).entries[0].published_at
        assert found is not None
        assert found.isoformat() == "2026-11-01T01:02:03+00:00"


def test_links_are_relative_to_the_base_of_the_page() -> None:
    page = '<head><base href="https://cdn.example/a/b/"></head><a href="../c?x=1#top">t</a>'
    assert parse(page, Listing(pattern="c")).entries[0].url == "https://cdn.example/a/c?x=1"


@pytest.mark.parametrize("encoding", ["big5", "gb18030", "shift_jis", "utf-8"])
def test_pages_come_in_the_encodings_of_the_region(encoding: str) -> None:
    page = f'<meta charset="{encoding}"><li><a href="/1">香港 日本 保安局</a></li>'
    assert parse(page.encode(encoding), Listing(items="li")).entries[0].title == "香港 日本 保安局"


REFUSED = [
    (b"", ROWS, "0 bytes"),
    (b'{"items": []}', ROWS, "is JSON"),
    (b"<html><body><p>We moved.</p></body></html>", ROWS, "ul.list li"),
    (b"<html><body><a href='/1'>x</a></body></html>", Listing(pattern="/press/"), "/press/"),
    (b"\x1f\x8b\x08broken", ROWS, "gzip"),
    (b"<!-- -->", ROWS, "is no HTML page"),
    (PAGE.encode(), Listing(pattern="index"), "none of its links"),
]


@pytest.mark.parametrize(("body", "listing", "says"), REFUSED)
def test_what_holds_no_wanted_link_is_an_error_that_says_so(
    body: bytes, listing: Listing, says: str
) -> None:
    with pytest.raises(FeedError) as caught:
        parse(body, listing)
    assert says in caught.value.what
    assert caught.value.remedy


def test_no_markup_and_no_script_survives_into_a_title() -> None:
    page = (
        '<li><a href="/1">A<script>alert(1)</script>&lt;img src=x onerror=y&gt;\u202eB\x07</a></li>'
    )
    assert parse(page, Listing(items="li")).entries[0].title == "AB"


HUGE = [
    ("many links", b"<ul>" + b"".join(b'<li><a href="/%d">t</a></li>' % n for n in range(200_000))),
    ("flat links", b"".join(b'<a href="/%d">t</a>' % n for n in range(200_000))),
    ("deep", b"<div>" * 100_000 + b'<a href="/1">t</a>'),
    ("one long row", b'<li><a href="/1">' + b"x" * 10_000_000 + b"</a></li>"),
    ("digits", b'<li><a href="/1">t</a>' + b"2026-1-" * 1_000_000 + b"</li>"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("body", [pytest.param(case[1], id=case[0]) for case in HUGE])
@pytest.mark.parametrize("listing", [Listing(items="li"), Listing(pattern=".")], ids=["css", "re"])
def test_absurd_pages_are_bounded_in_time(body: bytes, listing: Listing) -> None:
    try:
        assert len(parse(body, listing).entries) <= 2_001
    except FeedError as error:
        assert error.remedy


def test_a_selector_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="is no CSS selector"):
        selector("ul >> li[")


@pytest.mark.shared
def test_real_pages_give_links(corpus: Path) -> None:
    """Any page of the corpus is a list of links, if a poor one: none may crash or hang."""
    import gzip

    pages = sorted(corpus.rglob("*.html.gz"))[:60]
    assert pages
    for file in pages:
        body = gzip.decompress(file.read_bytes())
        try:
            assert parse(body, Listing(pattern=".")).entries
        except FeedError as error:
            assert "none of its links" in error.what
