"""Canonical addresses: idempotent, one per article, and never one for two articles."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.address import absolute_url, bare_host, canonical_url, unwrapped
from tests.extractors.conftest import rows

SAME: list[tuple[str, str]] = [
    ("HTTP://News.Example:80/a", "http://news.example/a"),
    ("https://news.example.:443", "https://news.example/"),
    ("https://news.example:8443/", "https://news.example:8443/"),
    ("https://user:secret@news.example/a", "https://news.example/a"),
    ("https://news.example/a/./b/../c", "https://news.example/a/c"),
    ("https://news.example/%7ea%2fb", "https://news.example/~a%2Fb"),
    ("https://news.example/a b", "https://news.example/a%20b"),
    ("https://news.example/新聞", "https://news.example/%E6%96%B0%E8%81%9E"),
    ("https://新聞.example/", "https://xn--efvv70d.example/"),
    ("https://日本。example/", "https://xn--wgv71a.example/"),
    ("http://[0:0::1]:80/", "http://[::1]/"),
    ("  https://news.example/a\n ", "https://news.example/a"),
    ("https://news.example/a#top", "https://news.example/a"),
    ("https://news.example/#!/article/7", "https://news.example/#!/article/7"),
    ("https://news.example/?", "https://news.example/"),
    ("https://news.example\\a\\b", "https://news.example/a/b"),
    ("https://news.example/?b=2&a=1", "https://news.example/?b=2&a=1"),
    ("https://news.example/?id=1&amp;p=2", "https://news.example/?id=1&p=2"),
    ("https://news.example/?utm_source=rss&id=7&fbclid=x", "https://news.example/?id=7"),
    ("https://news.example/?UTM_Source=rss", "https://news.example/"),
    ("https://www.bbc.com/a?at_medium=RSS&at_campaign=KARANGA", "https://www.bbc.com/a"),
    ("https://news.example/?at_medium=RSS", "https://news.example/?at_medium=RSS"),
    ("https://www.dw.com/en/a-1?maca=en-rss-en-all-1573-rdf", "https://www.dw.com/en/a-1"),
    (
        "https://www.asahi.com/articles/A.html?iref=pc_gnavi",
        "https://www.asahi.com/articles/A.html",
    ),
    ("https://news.example/a?guccounter=1&gbraid=x&id=2", "https://news.example/a?id=2"),
]


@pytest.mark.parametrize(("given_url", "expected"), SAME)
def test_spellings_of_one_address_become_one(given_url: str, expected: str) -> None:
    assert canonical_url(given_url) == expected


def google(data: bytes) -> str:
    """A link of Google News with this id."""
    identifier = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return f"https://news.google.com/rss/articles/{identifier}?oc=5"


BING = "http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url="
WRAPPED = [
    (
        BING + "https%3a%2f%2fnews.example%2fa%3fid%3d1%26p%3d2&c=3",
        "https://news.example/a?id=1&p=2",
    ),
    (BING + "javascript%3aalert(1)", BING + "javascript%3aalert(1)"),
    (BING, BING),
    ("https://other.example/news/apiclick.aspx?url=https%3a%2f%2fa.example",) * 2,
    ("https://www.bing.com/news/search?url=https%3a%2f%2fa.example",) * 2,
    (google(b"\x08\x13\x22\x17https://a.example/1?x=2\xd2\x01\x00"), "https://a.example/1?x=2"),
    (
        google(b"\x08\x13\x22\xa0\x01https://a.example/" + b"x" * 142 + b"\xd2\x01\x04more"),
        "https://a.example/" + "x" * 142,
    ),
    (google(b"\x08\x13\x22\xd8\x01AU_yqLP8" + b"x" * 208),) * 2,
    (google(b"\x08\x13\x22\x13javascript:alert(1)"),) * 2,
    (google(b"\x08\x13\x22"),) * 2,
    ("https://news.google.com/rss/articles/CBMi",) * 2,
    ("https://news.google.com/rss/search?q=x",) * 2,
    (google(b"\x08\x13\x22\x17https://a.example/1?x=2").replace(".google", ".goggle"),) * 2,
]


@pytest.mark.parametrize(("link", "address"), WRAPPED)
def test_an_aggregators_link_is_the_address_that_it_carries(link: str, address: str) -> None:
    assert unwrapped(link) == address


DIFFERENT: list[tuple[str, str]] = [
    ("https://news.example/?id=1", "https://news.example/?id=2"),
    ("https://news.example/?a=1&a=2", "https://news.example/?a=2&a=1"),
    ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ("https://news.example/?q=a%26b", "https://news.example/?q=a&b"),
    ("https://news.example/?q=a%2Bb", "https://news.example/?q=a+b"),
    ("https://news.example/A", "https://news.example/a"),
    ("https://news.example/a//b", "https://news.example/a/b"),
    ("https://news.example/a", "https://news.example/a/"),
    ("https://m.news.example/a", "https://news.example/a"),
    ("https://news.example/?source=1", "https://news.example/?source=2"),
    ("https://news.example/#!/1", "https://news.example/#!/2"),
    ("https://news.example/a?from=1", "https://news.example/a?from=2"),
    ("https://news.example/a?share=1", "https://news.example/a?share=2"),
    ("https://udn.com/news/story?from=1", "https://udn.com/news/story?from=2"),
    ("https://www.scmp.com/a?campaign=1", "https://www.scmp.com/a?campaign=2"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


RELATIVE: list[tuple[str, str]] = [
    ("/b", "https://news.example/b"),
    ("c", "https://news.example/a/c"),
    ("../c", "https://news.example/c"),
    ("//cdn.example/x", "https://cdn.example/x"),
    ("?id=2", "https://news.example/a/index?id=2"),
]


@pytest.mark.parametrize(("link", "expected"), RELATIVE)
def test_a_relative_link_goes_by_its_base(link: str, expected: str) -> None:
    assert canonical_url(link, "https://news.example/a/index") == expected


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "/relative", "ftp://host/x", "javascript:alert(1)", "mailto:a@b.example",
     "http://", "http:///x", "http://[::1/", "http://a b/", "http://host:99999/", "http://host:x/",
     "http://host:0/", "http://-a.example/", "http://a..b/", "http://\u0000/", "data:text/html,x",
     "https://news.example/" + "a" * 9000],
)  # fmt: skip
def test_what_is_no_http_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|host name"):
        canonical_url(url)


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="ab/.:?&=#%2fF5@\\[] é新。!", max_size=60).map(
            "http://h.example/".__add__
        ),
        st.text(alphabet="aB./:@%41é新。-_[]0", max_size=30).map("https://".__add__),
    )
)
def test_canonical_is_idempotent_and_raises_nothing_but_value_error(url: str) -> None:
    try:
        once = canonical_url(url)
    except ValueError:
        return
    assert canonical_url(once) == once
    assert once.isascii()
    assert canonical_url(absolute_url(url)) == once


def test_what_gets_fetched_keeps_its_parameters() -> None:
    assert absolute_url("/a?utm_source=rss", "https://b.example/") == (
        "https://b.example/a?utm_source=rss"
    )


def test_sites() -> None:
    assert bare_host("https://www.news.example/a") == bare_host("http://m.news.example/b")
    assert bare_host("https://news.example/a") != bare_host("https://other.example/a")


POLICY = {
    # We keep what these suites drop or reorder, because it may tell two articles apart.
    "http://foo.com/aa//bb/foo.html",
    "http://foo.com//aa//bb//foo.html",
    "http://foo.com////aa////bb//foo.html",
    "http://foo.com////aa////bb////foo.html",
    "http://foo.com/index?b=2&a=1#c",
    "http://foo.com/index?a=1&b=",
    "http://foo.com/index?=1&b=1&a=1",
    "https://www.google.com/search?q=test&ref=test",
    "https://google.com:8080/search?q=test&ref=test",
    # A fragment is a place in a page.
    "https://docs.google.com/spreadsheets/d/abcd/edit#gid=1234",
}


@pytest.mark.shared
@pytest.mark.parametrize("suite", ["crawler-commons", "url-normalize"])
def test_the_suites_of_others_agree(corpus: Path, suite: str) -> None:
    cases = [
        (row["input"], row["expected"])
        for row in rows(corpus / "urls" / "cases.jsonl")
        if row["suite"] == suite
        and str(row["input"]).lower().startswith(("http://", "https://"))
        and row["input"] not in POLICY
    ]
    assert len(cases) >= 15
    wrong = [(a, b, canonical_url(a)) for a, b in cases if _usable(b) and canonical_url(a) != b]
    assert wrong == []


def _usable(url: str) -> bool:
    return url.count("//") > 0


@pytest.mark.shared
def test_browsers_agree_about_what_is_an_address(corpus: Path) -> None:
    """The WHATWG cases: host, port and path as browsers see them, wherever we accept the address.

    Escapes differ (we spell RFC 3986) and so do odd hosts, which we refuse.
    """
    text = (corpus / "urls" / "whatwg-urltestdata-http.json").read_text("utf-8")
    cases = [case for case in json.loads(text) if isinstance(case, dict) and case.get("href")]
    agreed = sum(_agrees(case["input"], case.get("base"), case["href"]) for case in cases)
    assert agreed / len(cases) > 0.75


def _agrees(url: str, base: str | None, href: str) -> bool:
    try:
        return canonical_url(url, base) == canonical_url(href)
    except ValueError:
        return False
