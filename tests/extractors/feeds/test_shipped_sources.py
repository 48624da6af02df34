"""The shipped catalogue is sound: every address canonical, nothing off without a reason."""

from __future__ import annotations

import json
import os
import re
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from extractors.address import canonical_url
from extractors.feeds.dated import filled_in
from extractors.feeds.form import forms
from extractors.feeds.listing import parse_html_list, selector
from extractors.feeds.shipped import do_not_add, refusal, shipped_sources
from extractors.source import Source, SourceKind

ROOT = Path(__file__).parents[3]
COLLECTED = ROOT / os.environ.get("NOROSHI_SHARED", "../shared") / "sources.jsonl"
SOURCES = shipped_sources()
ROWS = tomllib.loads(files("extractors.feeds").joinpath("sources.toml").read_text("utf-8"))[
    "source"
]
LANGUAGES = {"en", "ja", "zh-Hant", "zh-Hans"}
PARTIES = {"HK", "JP", "CN", "TW", "UK", "DE", "FR", "US"}
PUBLISHERS = {"government", "broadcaster", "newspaper", "wire", "think-tank"}
PUBLISHERS |= {"specialist", "aggregator"}

every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.id)


def test_ids_and_addresses_are_unique() -> None:
    assert len(SOURCES) == len({s.id for s in SOURCES}) == len({s.url for s in SOURCES}) == 73


def test_every_language_and_party_has_an_enabled_source() -> None:
    enabled = [s for s in SOURCES if s.enabled]
    assert {s.language for s in enabled} == LANGUAGES
    assert {"HK", "JP", "CN"} <= {tag for s in enabled for tag in s.tags}


@every_source
class TestSource:
    def test_address_is_canonical(self, source: Source) -> None:
        url = filled_in(source.url, date(2025, 11, 14))
        assert canonical_url(url) == url
        assert url == source.url or not source.enabled

    def test_a_reason_stands_where_it_is_off_and_only_there(self, source: Source) -> None:
        assert source.enabled == (source.reason is None)
        assert source.reason is None or re.fullmatch(r"[A-Z].*\.", source.reason)

    def test_it_has_what_its_kind_needs(self, source: Source) -> None:
        listed = source.kind in {SourceKind.HTML_LIST, SourceKind.JSON_LIST}
        assert listed or source.listing is None
        assert source.listing or not listed or not source.enabled
        assert (source.document in forms()) == (source.kind is SourceKind.STATE)
        if source.listing:
            re.compile(source.listing.pattern)
            assert source.listing.url or source.kind is SourceKind.HTML_LIST
        if source.listing and source.kind is SourceKind.HTML_LIST:
            assert source.listing.pattern or selector(source.listing.items)

    def test_fields_speak_the_house_vocabulary(self, source: Source) -> None:
        assert source.language in LANGUAGES
        assert ZoneInfo(source.timezone)
        party, publisher = source.tags
        assert party in PARTIES
        assert publisher in PUBLISHERS
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", source.id)

    def test_nothing_enabled_is_on_the_list_of_refused_addresses(self, source: Source) -> None:
        assert not (source.enabled and refusal(source.url))


HEX = "0123456789abcdef" * 2
ARTICLES = [
    ("hk-immd-press", "https://www.immd.gov.hk/eng/press/press-releases/20260331b.html"),
    ("jp-jnto-stats", "https://www.jnto.go.jp/statistics/data/_files/20260819_1615-6.pdf"),
    ("cn-mct-news", "https://www.mct.gov.cn/whzx/whyw/202602/t20260224_964790.htm"),
    ("cn-mofcom-spokesperson", f"https://www.mofcom.gov.cn/xwfb/xwfyrth/art/2026/art_{HEX}.html"),
    ("cn-mofcom-policy", f"https://www.mofcom.gov.cn/zcfb/blgg/art/2026/art_{HEX}.html"),
    ("cn-mfa-presser-en", "https://www.fmprc.gov.cn/eng/xw/fyrbt/lxjzh/202405/t20240530_1.html"),
    ("cn-mfa-remarks-en", "https://www.fmprc.gov.cn/eng/xw/fyrbt/fyrbt/202511/t20251114_1.html"),
    ("cn-xinhua-en", f"https://english.news.cn/20260926/{HEX}/c.html"),
    ("cn-xinhua-en", f"https://english.news.cn/asiapacific/20260926/{HEX}/c.html"),
    ("cn-xinhua-ja", f"https://jp.news.cn/20241118/{HEX}/c.html"),
    ("cn-chinadaily-world", "https://www.chinadaily.com.cn/a/202610/08/WS68e5a1b2a310.html"),
    ("cn-globaltimes-world", "https://www.globaltimes.cn/page/202609/1344444.shtml"),
    ("cn-people-ja", "http://j.people.com.cn/n3/2021/0823/c94475-9887142.html"),
]


@pytest.mark.parametrize(("id_", "address"), ARTICLES)
def test_an_article_of_a_list_is_found_and_the_list_itself_is_not(id_: str, address: str) -> None:
    (source,) = (s for s in SOURCES if s.id == id_)
    body = f'<a href="{source.url}">List</a><a href="/">Home</a><a href="{address}">Article</a>'
    feed = parse_html_list(body.encode(), None, source, source.url)
    assert [entry.link for entry in feed.entries] == [address]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["id"])
def test_a_check_is_a_date_of_2026(row: dict[str, Any]) -> None:
    assert re.fullmatch(r"2026(-\d\d){1,2}", row.get("checked", "2026-01"))


class TestRefusal:
    @pytest.mark.parametrize(
        "url",
        [
            "http://www.xinhuanet.com/english/rss/worldrss.xml",
            "https://www3.nhk.or.jp/rss/news/cat0.xml",
            "https://www.mofa.go.jp/rss/index.xml",
            "HTTPS://WWW.FEHD.GOV.HK/rss/en/press_releases.xml",
            "https://news.google.com/rss/search?q=x",
            "https://apnews.com/apf-topnews.rss?output=1",
            "https://www.chinanews.com.cn/rss/mil.xml",
        ],
    )
    def test_says_why(self, url: str) -> None:
        assert (refusal(url) or "").endswith(".")

    @pytest.mark.parametrize(
        "url",
        [
            "https://www.anzen.mofa.go.jp/rss/news.xml",
            "https://asia.nikkei.com/rss/feed/nar",
            "https://www.chinanews.com.cn/rss/world.xml",
            "https://example.org/?u=www.mofa.go.jp/rss/index.xml",
            "no address at all",
            "http://[",
            "",
        ],
    )
    def test_is_silent_about_everything_else(self, url: str) -> None:
        assert refusal(url) is None

    def test_each_pattern_catches_the_address_that_it_is_written_for(self) -> None:
        for refused in do_not_add():
            host, _, path = refused.pattern.partition("/")
            example = f"https://www.{host.replace('*', 'x')}/{path.replace('*', 'x')}"
            assert refusal(example) == refused.why or "*" in host, refused


ADDED = {
    "jp-mofa-opendata-cn",
    "cn-consular-list",
    "cn-country-advice-jp",
}
"""Alternates that the collected rows name in words, and official pages read as what is in force."""


@pytest.mark.shared
def test_enabled_are_exactly_the_well_attested_sources_that_may_be_read() -> None:
    if not COLLECTED.is_file():
        pytest.skip(f"no collected sources at {COLLECTED}")
    rows = [json.loads(line) for line in COLLECTED.read_text("utf-8").splitlines()]
    attested = {r["id"] for r in rows if r["confidence"] == "high"}
    assert {s.id for s in SOURCES if s.enabled} == attested - {"agg-google-news"}
    ours = {s.id: s.url for s in SOURCES if s.id not in ADDED}
    assert ours == {r["id"]: r["url"].replace("{YYYYMMDD}", "{date:%Y%m%d}") for r in rows}
    excerpt_only = {r["id"] for r in rows if r["fulltext_policy"] == "metadata"}
    assert {s.id for s in SOURCES if not s.full_text} == excerpt_only
