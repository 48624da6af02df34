"""Lists in JSON and XML of anybody's make give the same entries, by a mapping of a few names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import FeedError
from extractors.feeds.feed import Feed
from extractors.feeds.gdelt import parse_gdelt
from extractors.feeds.records import parse_records
from extractors.feeds.tree import Node, data_tree, select, text_at
from extractors.source import Listing, Source, SourceKind

URL = "https://api.example/v2/list"
SOURCE = Source("list", URL, "List", SourceKind.JSON_LIST, timezone="Asia/Tokyo")

NESTED = {
    "items": [{"id": 1, "data": {"title": "A &amp; <b>B</b>", "link": "/a", "time": 1793505600}}]
}
GROUPED = {
    "days": [
        {"day": "2026-11-01", "list": [{"slug": "a", "t": "First"}, {"slug": "b", "t": "Second"}]},
        {"day": "2026-10-31", "list": [{"slug": "c", "t": "Third"}, {"slug": "", "t": "No slug"}]},
    ]
}
XML = """<?xml version="1.0" encoding="UTF-8"?><opendata dataType="A"><mail><keyCd>1</keyCd>
<title>香港：注意喚起</title><infoUrl>https://a.example/1.html</infoUrl>
<leaveDate>2026/11/01 09:30:00</leaveDate><country><cd>0852</cd><name>香港</name></country></mail>
<mail><keyCd>2</keyCd><title><![CDATA[中国 <注意>]]></title><infoUrl>https://a.example/2.html</infoUrl>
<leaveDate>2026/11/01 00:00:00</leaveDate></mail></opendata>"""
CASES: list[tuple[str, str, Listing, list[tuple[str, str, str | None]]]] = [
    (
        "nested",
        json.dumps(NESTED),
        Listing(items="items", url="data.link", title="data.title", date="data.time"),
        [("https://api.example/a", "A & B", "2026-11-01T04:00:00+00:00")],
    ),
    (
        "a list within a list, and a template",
        json.dumps(GROUPED),
        Listing("days.list", "https://x.example/{../day}/{slug}", "t", "../day"),
        [
            ("https://x.example/2026-11-01/a", "First", "2026-10-31T15:00:00+00:00"),
            ("https://x.example/2026-11-01/b", "Second", "2026-10-31T15:00:00+00:00"),
            ("https://x.example/2026-10-31/c", "Third", "2026-10-30T15:00:00+00:00"),
        ],
    ),
    (
        "the list itself, in a script",
        'var list = [{"u": "https://x.example/1", "t": "One"}];',
        Listing(url="u", title="t"),
        [("https://x.example/1", "One", None)],
    ),
    (
        "a callback",
        'show({"l": [{"u": "https://x.example/1", "t": "One"}]});',
        Listing(items="l", url="u", title="t"),
        [("https://x.example/1", "One", None)],
    ),
    (
        "XML",
        XML,
        Listing(items="mail", url="infoUrl", title="title", date="leaveDate"),
        [
            ("https://a.example/1.html", "香港：注意喚起", "2026-11-01T00:30:00+00:00"),
            ("https://a.example/2.html", "中国 <注意>", "2026-10-31T15:00:00+00:00"),
        ],
    ),
    (
        "XML with one item",
        "<l><i><u>https://a.example/1</u><t>One</t></i></l>",
        Listing(items="i", url="u", title="t"),
        [("https://a.example/1", "One", None)],
    ),
    (
        "only wanted addresses",
        json.dumps([{"u": "https://x.example/news/1"}, {"u": "https://x.example/shop/1"}]),
        Listing(url="u", pattern="/news/"),
        [("https://x.example/news/1", "", None)],
    ),
    ("an empty list", '{"items": []}', Listing(items="items", url="u"), []),
]  # fmt: skip


def parse(text: str | bytes, listing: Listing) -> Feed:
    body = text if isinstance(text, bytes) else text.encode()
    return parse_records(body, None, replace(SOURCE, listing=listing), URL)


@pytest.mark.parametrize(
    ("text", "listing", "entries"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_a_mapping_finds_the_entries(
    text: str, listing: Listing, entries: list[tuple[str, str, str | None]]
) -> None:
    assert [
        (e.url, e.title, e.published_at.isoformat() if e.published_at else None)
        for e in parse(text, listing).entries
    ] == entries


PLAIN = Listing(items="items", url="u", title="t")
REFUSED = [
    (b"", "0 bytes"),
    (b"<!DOCTYPE html><html><p>Sorry</p></html>", "an HTML page"),
    (b"<html><p>Sorry</p></html>", "an HTML page"),
    (b'{"items": [{"u": "https://x.example/1"', "no whole JSON"),
    (b"<l><i><u>https://x.exa", "no whole XML"),
    (b"Service unavailable", "no whole JSON"),
    (b'{"items": {"u": 1, "t": "x"}}', "address"),
    (b'{"items": "none"}', "no items"),
    (b'{"entries": []}', "no items"),
    (b'"items"', "no items"),
    (b'{"items": [1, null, [], "x"]}', "no items"),
    (b'{"items": [{"u": null}, {"u": true}, {"u": {"u": "https://x.example"}}]}', "address"),
    (b'{"items": ' + b"[" * 100_000, "no whole JSON"),
    (b"<a>" * 100_000, "no whole XML"),
    (b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l><i><u>&b;</u></i></l>', "no items"),
    (b'<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>', "no items"),
]


@pytest.mark.parametrize(("body", "says"), REFUSED)
def test_what_cannot_be_read_is_an_error_that_says_so(body: bytes, says: str) -> None:
    with pytest.raises(FeedError) as caught:
        parse(body, PLAIN)
    assert says in caught.value.what
    assert caught.value.remedy


@pytest.mark.timeout(60)
def test_ten_megabytes_are_read_in_bounded_time() -> None:
    item = {"u": "https://x.example/1", "t": "x" * 100}
    body = json.dumps({"items": [dict(item, u=f"https://x.example/{n}") for n in range(80_000)]})
    assert len(body) > 10_000_000
    feed = parse(body, PLAIN)
    assert len(feed.entries) == 2_000
    assert "2,000" in feed.warnings[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=20,
)


@given(JSON, st.sampled_from(["", "a", "a.b", "a.b.c", "a.0", "b.1.c"]))
def test_a_path_into_anything_finds_something_or_nothing(tree: Any, path: str) -> None:
    for node in select(tree, path):
        assert isinstance(text_at(node, "../../a"), str)
        assert isinstance(text_at(Node(node.value), "b.c"), str)


def test_numbers_are_texts_as_people_write_them() -> None:
    tree, form = data_tree(
        b'{"a": 12.0, "b": 1.5, "c": true, "d": 10000000000000000000}', None, URL
    )
    assert form == "json"
    texts = [text_at(Node(tree), name) for name in "abcd"]
    assert texts == ["12", "1.5", "1", "10000000000000000000"]


# ---------------------------------------------------------------- GDELT

GDELT = Source("gdelt", URL, "GDELT", SourceKind.GDELT, full_text=False)
ANSWER = {
    "articles": [
        {
            "url": "https://www.paper.example/a?utm_source=x",
            "url_mobile": "",
            "title": "Japan - Hong Kong flights cut",
            "seendate": "20261101T040000Z",
            "socialimage": "https://www.paper.example/a.jpg",
            "domain": "paper.example",
            "language": "Japanese",
            "sourcecountry": "Japan",
        },
        {"url": "https://b.example/", "title": "x", "seendate": "?", "language": "Chinese"},
        {"url": None, "title": 7},
        "nonsense",
    ]
}


def test_gdelt_tells_address_title_publisher_and_when_it_saw_it() -> None:
    feed = parse_gdelt(json.dumps(ANSWER).encode(), "application/json", GDELT, URL)
    first, second = feed.entries
    assert (first.url, first.title) == (
        "https://www.paper.example/a",
        "Japan - Hong Kong flights cut",
    )
    assert (first.site_name, first.language) == ("paper.example", "ja")
    assert first.published_at is not None
    assert first.published_at.isoformat() == "2026-11-01T04:00:00+00:00"
    assert first.published_source == "seen"
    assert (second.published_at, second.language) == (None, "zh")
    assert feed.warnings == ("1 items without a usable address were left out",)


@pytest.mark.parametrize("body", [b"{}", b'{"articles": []}', b"\n {}\n"])
def test_gdelt_finding_nothing_is_no_error(body: bytes) -> None:
    assert parse_gdelt(body, None, GDELT, URL).entries == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"Please limit requests to one every 5 seconds or contact us.", "refuses for now"),
        (b"<html><body>The specified phrase is too short.</body></html>", "phrase is too short"),
        (b"", "refuses the query"),
        (b'{"articles": [', "no whole JSON"),
        (b'{"articles": {"url": "x"}}', "no list of articles"),
    ],
)
def test_a_refusal_of_gdelt_says_what_it_said(body: bytes, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_gdelt(body, "text/html", GDELT, URL)
