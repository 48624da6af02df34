"""A page gives its article and nothing of what stands around it."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from extractors.errors import EmptyPage, PageError
from extractors.pages.extract import extract
from extractors.pages.headline import without_site
from extractors.pages.page import Page, read_page
from extractors.pages.published import day_in_address
from tests.benchmarks.extraction import extract as extract_for_scoring
from tests.extractors.conftest import rows

URL = "https://news.example/a"
SENTENCES = {
    "en": "The Security Bureau in Hong Kong changed its travel alert for Japan on Friday. " * 3,
    "zh-Hant": "保安局今日調整對日本的外遊警示，提醒市民留意當地情況，並與親友保持聯絡。" * 4,
    "zh-Hans": "外交部今天提醒中国公民近期避免前往日本，并请在当地的公民注意安全，保持联系。" * 4,
    "ja": "外務省は香港への渡航について、在留する人々に注意を呼びかけていると発表しました。" * 4,
}


def html(
    language: str = "en", head: str = "", title: str = "Alert changed", before: str = ""
) -> str:
    text = "".join(f"<p>{n} {SENTENCES[language]}</p>" for n in range(4))
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body><nav><ul><li>"
        f"<a href=/>Home</a></li><li><a href=/b>More</a></li></ul></nav><article><h1>{title}</h1>"
        f"{before}{text}</article><script>evil()</script><footer>Imprint</footer></body></html>"
    )


def page(markup: str, timezone: str = "Asia/Hong_Kong", url: str = URL) -> Page:
    return read_page(markup.encode(), url, "text/html; charset=utf-8", timezone=timezone)


@pytest.mark.parametrize("language", SENTENCES)
def test_the_text_and_its_language(language: str) -> None:
    found = page(html(language))
    assert found.language == language
    assert SENTENCES[language].strip() in found.text
    assert found.text.count("\n") == 3
    assert not any(noise in found.text for noise in ("evil", "Imprint", "Home", "<"))


@pytest.mark.parametrize(
    ("language", "encoding"), [("zh-Hant", "big5"), ("ja", "shift_jis"), ("zh-Hans", "gb18030")]
)
def test_pages_in_the_encodings_of_the_region(language: str, encoding: str) -> None:
    body = html(language, f'<meta charset="{encoding}">').encode(encoding)
    assert SENTENCES[language].strip() in read_page(body, URL).text


JSON_LD = '<script type="application/ld+json">%s</script>'
DATES = [
    (JSON_LD % '{"@type": "NewsArticle", "datePublished": "2026-11-01T12:30:00+08:00"}', "",
     "2026-11-01T12:30:00+08:00", "metadata", False),
    (JSON_LD % '{"@graph": [{"@type": ["Article"], "datePublished": "2026-11-01T04:30:00Z"}]}', "",
     "2026-11-01T04:30:00+00:00", "metadata", False),
    (JSON_LD % '{"@type": "Article", "datePublished": "2026-11-01T12:30:00+08:00",}', "",
     "2026-11-01T12:30:00+08:00", "metadata", False),
    ('<meta property="article:published_time" content="2026-11-01T12:30:00+0900">', "",
     "2026-11-01T12:30:00+09:00", "metadata", False),
    ('<meta property="article:modified_time" content="2026-11-05T12:30:00+0900">'
     '<meta name="pubdate" content="2026-11-01 12:30">', "",
     "2026-11-01T12:30:00+08:00", "metadata", False),
    ('<meta name="publishdate" content="2026-11-01">', "", "2026-11-01T00:00:00+08:00", "metadata",
     True),
    ('<meta name="publishdate" content="2026-11-01">', "<p>2026年11月1日 12:30</p>",
     "2026-11-01T12:30:00+08:00", "metadata", False),
    ("", '<time datetime="2026-11-01T12:30:00+08:00">today</time>', "2026-11-01T12:30:00+08:00",
     "metadata", False),
    ("", "<p>2026年11月01日 12:30</p>", "2026-11-01T12:30:00+08:00", "text", False),
    ("", "<p>2026年11月1日</p>", "2026-11-01T00:00:00+08:00", "text", True),
]  # fmt: skip


@pytest.mark.parametrize(("head", "before", "moment", "how", "day_only"), DATES)
def test_the_date_and_how_it_was_decided(
    head: str, before: str, moment: str, how: str, day_only: bool
) -> None:
    found = page(html(head=head, before=before))
    assert found.published is not None
    assert (found.published.isoformat(), found.published_source) == (moment, how)
    assert found.day_only is day_only


def test_a_date_in_the_address_is_better_than_none() -> None:
    found = page(html(), url="https://news.example/2026/11/01/alert.html")
    assert found.published is not None
    assert found.published.isoformat() == "2026-11-01T00:00:00+08:00"
    assert (found.published_source, found.day_only) == ("url", True)


def test_a_page_without_a_date_has_none() -> None:
    found = page(html())
    assert (found.published, found.published_source) == (None, None)


TITLES = [
    ("保安局調整外遊警示 | 樣本新聞", ("樣本新聞",), "保安局調整外遊警示"),
    ("保安局調整外遊警示＿樣本網", (), "保安局調整外遊警示"),
    ("外務省が発表 - サンプルニュース", (), "外務省が発表"),
    ("Alert changed - Sample News", ("samplenews",), "Alert changed"),
    ("Alert changed | World | Sample", ("sample",), "Alert changed"),
    ("Sample: Alert changed", ("sample",), "Sample: Alert changed"),
    ("保安局調整外遊警示-要聞-樣本網", (), "保安局調整外遊警示"),
    ("保安局调整外游警示_样本财经", (), "保安局调整外游警示"),
    ("外務省が発表：サンプル新聞デジタル", ("サンプル新聞デジタル",), "外務省が発表"),
    ("外務省：渡航情報を引き上げ", ("sample",), "外務省：渡航情報を引き上げ"),
    ("日本-香港直航恢復", (), "日本-香港直航恢復"),
    ("Hong Kong–Japan talks resume", ("news",), "Hong Kong–Japan talks resume"),
    ("COVID-19 rules - what we know", ("sample",), "COVID-19 rules - what we know"),
    ("Sample", ("sample",), "Sample"),
    ("", ("sample",), ""),
]


@pytest.mark.parametrize(("title", "names", "expected"), TITLES)
def test_a_title_without_the_site(title: str, names: tuple[str, ...], expected: str) -> None:
    assert without_site(title, names) == expected


def test_metadata_of_the_page() -> None:
    head = (
        '<meta property="og:title" content="Alert &amp; change | Sample">'
        '<meta property="og:site_name" content="Sample"><meta name="author" content="Chan Tai Man">'
        '<meta property="og:image" content="/a.jpg"><link rel="canonical" href="/a?utm_source=x">'
    )
    found = page(html(head=head, title="Alert &amp; change | Sample"))
    assert found.title == "Alert & change"
    assert (found.site_name, found.author) == ("Sample", "Chan Tai Man")
    assert (found.image, found.canonical_url) == ("https://news.example/a.jpg", URL)


BAD = [
    (b"", "0 bytes"),
    (b"  \n", "0 bytes"),
    (b"%PDF-1.7", "PDF"),
    (b'{"json": true}', "no HTML"),
    (b"\x00\x01\x02" * 99, "no HTML"),
    (b"<html><body></body></html>", "no article text"),
    (b"<html><body><div id=app></div><script>draw()</script></body></html>", "no article text"),
]


@pytest.mark.parametrize(("body", "says"), BAD)
def test_what_is_no_article_is_told(body: bytes, says: str) -> None:
    with pytest.raises(PageError, match=says) as caught:
        read_page(body, URL)
    assert caught.value.remedy
    assert caught.value.temporary is isinstance(caught.value, EmptyPage)


HOSTILE = {
    "deep": lambda: "<div>" * 10_000 + SENTENCES["en"] * 4 + "</div>" * 10_000,
    "wide": lambda: html(before="<p>word. </p>" * 50_000),
    "links": lambda: html(before="<a href=/x>x</a> " * 50_000),
    "long title": lambda: html(title="狼煙 " * 350_000),
    "json deep": lambda: html(head=JSON_LD % ("[" * 100_000)),
    "entities": lambda: html(before="&amp;" * 200_000),
    "controls": lambda: html(before="<p>bell\x07 \u202eevil\u202c zero\x00 \ud800 end.</p>"),
    "unclosed": lambda: "<html><body><p>" + "<b><i>" * 20_000 + SENTENCES["en"] * 4,
    "table": lambda: html(before="<table>" * 3_000 + "x"),
    "huge": lambda: html(before="<p>" + "word " * 2_000_000 + "</p>"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pages_are_bounded(kind: str) -> None:
    body = HOSTILE[kind]().encode("utf-8", "replace")
    try:
        found = read_page(body, URL)
    except PageError:
        pass
    else:
        assert found.text.replace("\n", "").isprintable() or kind == "huge"
        assert len(found.title) <= 1_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["<p>word. </p>", "<a href=/x>x</a> ", "<br>word", "<li>w</li>"])
def test_eighty_thousand_elements_do_not_blow_up(piece: str) -> None:
    """It takes a second. The text is all there, with a word on how it was taken."""
    found = page(html(before=piece * 80_000))
    assert SENTENCES["en"].strip() in found.text
    assert "elements" in found.warnings[0]


def test_a_page_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Title, text and date are read from one tree; what is parsed besides is the text found."""
    parsed: list[int] = []
    parse = lxml_html.document_fromstring

    def counting(markup: bytes | str, *more: Any, **named: Any) -> Any:
        parsed.append(len(markup))
        return parse(markup, *more, **named)

    monkeypatch.setattr(lxml_html, "document_fromstring", counting)
    markup = html(head="<script>var a;</script>" * 1_000)
    page(markup)
    assert [size for size in parsed if size > len(markup) / 2] == [len(markup)]


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_nothing_but_page_error_comes_of_any_bytes(body: bytes) -> None:
    for candidate in (body, b"<html><body><p>" + body):
        try:
            read_page(candidate, URL)
        except PageError as error:
            assert error.remedy


def test_reading_runs_in_another_process() -> None:
    work: Callable[[], Page] = partial(read_page, html("ja").encode(), URL)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(work).result() == work()


def test_memory_does_not_grow_with_the_number_of_pages() -> None:
    body = html("en").encode()
    for _ in range(3):
        read_page(body, URL)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(20):
        read_page(body, URL)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000


def test_the_interface_for_programs() -> None:
    head = JSON_LD % '{"@type": "Article", "datePublished": "2026-11-01T12:30:00+08:00"}'
    row = extract(html("zh-Hant", head).encode(), URL).to_json()
    assert list(row) == [
        "url", "canonical_url", "title", "author", "published", "published_source", "lang", "text",
        "site_name", "image", "warnings", "section", "paywalled",
    ]  # fmt: skip
    assert row["published"] == "2026-11-01T12:30:00+08:00"
    assert (row["published_source"], row["lang"]) == ("metadata", "zh-Hant")


NOTICES = [
    "<header>%s</header>",
    "<footer>%s</footer>",
    "<nav>%s</nav>",
    "<aside>%s</aside>",
    "<noscript>%s</noscript>",
]


@pytest.mark.parametrize("notice", NOTICES)
def test_a_short_bulletin_is_not_drowned_by_the_notices_of_its_site(notice: str) -> None:
    """What the page says about itself is longer than the article and ends like sentences."""
    about = "<p>This site uses cookies to give you a better service on all of its pages.</p>" * 6
    bulletin = f"<article><h1>Alert changed</h1><p>{SENTENCES['en']}</p></article>"
    found = page(f"<html><body>{notice % about}{bulletin}</body></html>")
    assert found.text == SENTENCES["en"].strip()


ADDRESSES = [
    ("https://news.example/2026/11/01/alert", "2026-11-01"),
    ("https://news.example/n1/2026/1101/c1-7.html", "2026-11-01"),
    ("https://news.example/2026-11/01/content_7.htm", "2026-11-01"),
    ("https://news.example/article/20261101-OYT1T50001/", "2026-11-01"),
    ("https://news.example/news/202611010085.aspx", "2026-11-01"),
    ("https://news.example/article/7202611017", None),
    ("https://news.example/2026/13/01/", None),
    ("https://news.example/2026/02/30/", None),
    ("https://news.example/article?id=19000101", None),
]


@pytest.mark.parametrize(("url", "day"), ADDRESSES)
def test_the_day_that_an_address_names(url: str, day: str | None) -> None:
    found = day_in_address(url, "UTC")
    assert (found.date().isoformat() if found else None) == day


def test_two_statements_that_agree_overrule_the_first() -> None:
    head = (
        JSON_LD % '{"@type": "Article", "datePublished": "2026-10-28T12:30:00+08:00"}'
        + '<meta property="article:published_time" content="2026-11-01T12:30:00+08:00">'
    )
    before = '<time datetime="2026-11-01T12:30:00+08:00">today</time>'
    found = page(html(head=head, before=before))
    assert found.published is not None
    assert found.published.day == 1
    without = page(html(head=head)).published
    assert without is not None
    assert without.day == 28


def test_a_year_in_a_copyright_notice_is_no_date() -> None:
    assert page(html(before="<p>Copyright 2025 Sample News</p>")).published is None


@pytest.mark.parametrize(
    "byline",
    [
        '<a rel="author" href="/chan">Chan Tai Man</a>',
        '<p itemprop="author">Chan Tai Man</p>',
        '<span class="meta author">Chan Tai Man</span>',
    ],
)
def test_the_author_in_the_byline(byline: str) -> None:
    assert page(html(before=byline)).author == "Chan Tai Man"


# ---------------------------------------------------------------- real pages


BOUNDS = {"zh-Hant-HK": 0.98, "zh-Hant-TW": 0.88, "zh-Hans": 0.92, "ja": 0.90, "en": 0.95}
"""Least body F1, a little below the figures in extractors/README.md."""


@pytest.mark.shared
@pytest.mark.timeout(300)
def test_real_pages(corpus: Path) -> None:
    scorer = _scorer(corpus)
    scores = []
    for row in rows(corpus / "manifest.jsonl"):
        body = gzip.decompress((corpus / row["page"]).read_bytes())
        found = extract_for_scoring(body, row["base_url"])
        scores.append(scorer.score_row(row, found, None, 0.0))
    for group, bound in BOUNDS.items():
        part = scorer.summary([score for score in scores if score["group"] == group])
        assert part["f1"] >= bound, group
    total = scorer.summary(scores)
    assert total["title_exact"] >= 0.88
    assert total["date_day"] >= 0.94
    assert total["date_instant"] >= 0.97
    assert total["lang_ok"] >= 0.99
    assert total["script_ok"] >= 0.99
    told = [score for score in scores if score["chars"]]
    assert len(told) >= 0.97 * len(scores)


def _scorer(corpus: Path) -> Any:
    path = corpus.parent / "score_extraction.py"
    spec = importlib.util.spec_from_file_location("score_extraction", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EVIL = (
    "<script>steal()</script>",
    "&lt;script&gt;steal()&lt;/script&gt;",
    "&amp;lt;img src=x onerror=steal()&amp;gt;",
    "<svg onload=steal()>",
    "<iframe src=javascript:steal()></iframe>",
    "<style>steal{}</style>",
    "<!-- steal() -->",
    "&#x3c;b onclick=steal()&#x3e;",
    "\x00\x07\x1b[31m",
    "&#27;[2J&#8238;&#x200e;&#0;",
    '<noscript><p title="</noscript><img src=x onerror=steal()>"></noscript>',
    '<math><mi/><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=steal()&gt;">',
    "<template><script>steal()</script></template>",
)
"""Ways in which markup and control characters have got past readers of pages."""
MARKUP = re.compile(r"<\s*/?[a-z!]|steal\(|onerror|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u202e]", re.I)


@pytest.mark.parametrize("evil", EVIL)
def test_no_script_markup_or_control_character_survives(evil: str) -> None:
    quoted = json.dumps(evil)[1:-1]
    head = (
        JSON_LD % f'{{"@type": "NewsArticle", "headline": "Alert {quoted}", "articleSection": '
        f'"World {quoted}", "author": {{"name": "Chan {quoted}"}}}}'
        f"<meta property='og:site_name' content='Paper {evil.replace(chr(39), '')}'>"
    )
    before = f"<p>{evil} {SENTENCES['en']} {evil}</p>"
    found = page(html(head=head, title=f"Alert {evil}", before=before))
    assert SENTENCES["en"].strip() in found.text
    for text in (found.title, found.text, found.author, found.section, found.site_name):
        assert not MARKUP.search(text or ""), text


def test_text_that_only_looks_like_markup_stays() -> None:
    found = page(html(before=f"<p>If a &lt; b and 3 &lt;5, I &lt;3 it. {SENTENCES['en']}</p>"))
    assert "If a < b and 3 <5, I <3 it." in found.text


LEAD = "保安局今早宣布調高對日本的外遊警示，並提醒市民留意當地的最新情況。"


@pytest.mark.parametrize(
    ("before", "there"),
    [
        (f"<div>{LEAD}<br></div>", True),
        (f"<div>{LEAD}</div><ul><li><a href=/c>另一則新聞的標題</a></li></ul>", False),
        (f"<div><a href=/b>{LEAD[:-1]}</a></div>", False),
    ],
    ids=["the lead", "a teaser further up", "a link without an end"],
)
def test_a_lead_outside_the_paragraphs_belongs_to_the_text(before: str, there: bool) -> None:
    text = "".join(f"<p>{n} {SENTENCES['zh-Hant']}</p>" for n in range(4))
    markup = (
        f'<html><head><title>警示</title><meta name="description" content="{LEAD[:24]}…"></head>'
        f"<body><div id=news>{before}{text}</div></body></html>"
    )
    found = page(markup)
    assert found.text.startswith(LEAD) is there
    assert found.text.count(LEAD) <= 1
