"""OPML in and out: what we write we read back, and what others write we survive."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import OpmlError
from extractors.feeds.opml import Outline, parse_opml, to_opml
from extractors.source import Source, SourceKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NESTED = """<?xml version="1.0" encoding="UTF-8"?><opml version="1.0"><head><title>x</title></head>
<body><outline text="News"><outline text="Hong Kong" title="Hong Kong">
<outline type="rss" text="A &amp;amp; B" xmlUrl="https://a.example/feed" language="zh-hk"/>
<outline type="atom" title="B" xmlURL="https://b.example/atom" category="/Japan/Press,wire"/>
</outline><outline text="empty"/></outline>
<outline text="no address" xmlUrl="feed.xml"/><outline text="odd" xmlUrl="file:///etc/passwd"/>
<outline text="script" xmlUrl="javascript:alert(1)"/></body></opml>"""


def test_nested_outlines_give_their_feeds_and_folders() -> None:
    assert parse_opml(NESTED.encode(), "x.opml") == (
        Outline("https://a.example/feed", "A & B", language="zh-Hant", tags=("News", "Hong Kong")),
        Outline("https://b.example/atom", "B", tags=("Japan/Press", "wire")),
    )


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
SOURCES = st.builds(
    Source,
    id=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True),
    url=st.from_regex(r"https?://[a-z]{1,9}\.example/[a-z0-9?&=%/;+-]{0,30}", fullmatch=True),
    name=WORDS.filter(lambda text: "<" not in text and "&" not in text),
    kind=st.sampled_from([SourceKind.FEED, SourceKind.SITEMAP]),
    language=st.sampled_from([None, "en", "ja", "zh-Hant", "zh-Hans"]),
    timezone=st.sampled_from(["UTC", "Asia/Tokyo"]),
    full_text=st.booleans(),
    tags=st.sampled_from([(), ("HK",), ("JP", "wire")]),
)


@given(st.lists(SOURCES, min_size=1, max_size=5))
def test_what_is_written_is_read_back(sources: list[Source]) -> None:
    text = to_opml(sources, "mine", NOW)
    assert parse_opml(text.encode(), "x.opml") == tuple(
        Outline(
            s.url.replace("&amp;", "&"),
            s.name,
            s.id,
            s.kind,
            s.language,
            s.timezone,
            s.full_text,
            s.tags,
        )
        for s in sources
    )


BOMB = (
    '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)).replace("&a0;", "&a;")
    + ']><opml><body><outline text="&a8;" xmlUrl="&a8;"/></body></opml>'
)
REFUSED = [
    (b"", "is no whole XML"),
    (b"<html><body>x</body></html>", "<html>"),
    (b"<opml><body></body></opml>", "lists no feed"),
    (b'<opml><body><outline xmlUrl="https://a.example/"', "is no whole XML"),
    (BOMB.encode(), ""),
    (
        b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body>'
        b'<outline xmlUrl="&x;"/></body></opml>',
        "",
    ),
    (b"<opml>" + b"<outline>" * 100_000, "is no whole XML"),
    (b"<opml>" + b'<outline xmlUrl="https://a.example/"/>' * 6_000 + b"</opml>", "5,000"),
    (b"<opml>" + b" " * 10_000_001 + b"</opml>", "longer than"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("body", "says"), REFUSED)
def test_a_hostile_file_is_refused_in_bounded_time(body: bytes, says: str) -> None:
    with pytest.raises(OpmlError) as caught:
        parse_opml(body, "x.opml")
    assert says in caught.value.what
    assert str(caught.value).startswith("x.opml: ")
