"""The sample site: every listed file is there, readable, and says what site.toml says of it."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree, html

from alerts.reading.coding import Category, Direction
from extractors.feeds.standing import Turn
from extractors.feeds.state import changes, parse_state
from extractors.source import Source, SourceKind

SITE = Path(str(files("flows").joinpath("demo", "site")))
LISTING = tomllib.loads((SITE / "site.toml").read_text("utf-8"))
PAGES: list[dict[str, Any]] = LISTING["page"]
OUTLETS: list[dict[str, Any]] = LISTING["outlet"]
OFFICIAL: list[dict[str, Any]] = LISTING["official"]
STORIES: list[dict[str, Any]] = LISTING["story"]
PLACEHOLDER = "http://site.invalid"
NOTES = {
    "en": "written for noroshi's demo",
    "zh-Hant": "為 noroshi 的示範而寫",
    "zh-Hans": "为 noroshi 的演示而写",
    "ja": "noroshi のデモのために書かれた",
}
NEWS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
NEWS["n"] = "http://www.google.com/schemas/sitemap-news/0.9"

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p["file"])
every_outlet = pytest.mark.parametrize("outlet", OUTLETS, ids=lambda o: o["id"])


@dataclass(frozen=True)
class Listed:
    """An entry as its feed has it."""

    url: str
    title: str
    date: str | None


class TestListing:
    def test_every_file_is_listed_once_and_there(self) -> None:
        listed = [row["file"] for row in [*PAGES, *OUTLETS, *OFFICIAL, LISTING["robots"]]]
        listed += [row["later"] for row in OFFICIAL]
        stored = {str(p.relative_to(SITE)) for p in SITE.rglob("*.*") if p.is_file()}
        assert Counter(listed) == Counter(stored - {"site.toml", "README.md"})

    def test_no_two_files_share_a_path(self) -> None:
        paths = [row["path"] for row in [*PAGES, *OUTLETS, *OFFICIAL, LISTING["robots"]]]
        assert len(paths) == len(set(paths))
        assert all(path.isascii() and path.startswith("/") for path in paths)

    def test_stories_are_used_and_coded_in_the_house_vocabulary(self) -> None:
        assert {p["story"] for p in PAGES} == {s["id"] for s in STORIES} | {""}
        assert all(Category(s["category"]) and Direction(s["direction"]) for s in STORIES)

    def test_one_story_is_told_in_all_four_languages(self) -> None:
        told = {p["language"] for p in PAGES if p["story"] == "travel-reminder"}
        assert told == {p["language"] for p in PAGES} == set(NOTES)

    def test_each_story_is_told_twice_and_four_pages_tell_none(self) -> None:
        told = Counter(p["story"] for p in PAGES)
        assert told.pop("") == 4
        assert min(told.values()) >= 2

    def test_each_format_is_there(self) -> None:
        formats = {o["format"] for o in OUTLETS}
        assert formats == {"RSS 2.0", "Atom", "RSS 1.0", "JSON Feed", "news sitemap"}

    def test_the_legacy_charsets_need_their_extensions(self) -> None:
        by_charset = {p["charset"]: SITE / p["file"] for p in PAGES}
        assert set(by_charset) == {"utf-8", "big5hkscs", "cp932"}
        for wide, narrow in (("big5hkscs", "big5"), ("cp932", "shift_jis")):
            with pytest.raises(UnicodeDecodeError):
                by_charset[wide].read_bytes().decode(narrow)

    def test_one_page_sends_no_charset_and_one_a_legacy_one(self) -> None:
        sent = {p["content_type"]: p["charset"] for p in PAGES}
        assert sent["text/html"] == "big5hkscs"
        assert sent["text/html; charset=Shift_JIS"] == "cp932"

    def test_an_official_document_raises_one_level_and_changes_nothing_else(self) -> None:
        for row in OFFICIAL:
            source = Source("x", "https://x.example/", "x", SourceKind.STATE)
            source = replace(source, document=row["document"], timezone="Asia/Hong_Kong")
            first, later = (
                parse_state((SITE / row[name]).read_bytes(), None, source, source.url)
                for name in ("file", "later")
            )
            assert len(first.standings or ()) == row["records"]
            now = datetime(2025, 11, 24, tzinfo=UTC)
            (told,), compared = changes(later, first.standings, source, now)
            assert compared.changes[0].turn is Turn.RAISED
            assert "Sample" in told.title

    def test_robots_let_everybody_in(self) -> None:
        robots = (SITE / LISTING["robots"]["file"]).read_text("ascii")
        assert robots.startswith("User-agent: *\nAllow: /\n")
        assert f"Sitemap: {PLACEHOLDER}/wire/news-sitemap.xml" in robots


@every_page
class TestPage:
    def test_head_says_what_the_listing_says(self, page: dict[str, Any]) -> None:
        tree = _tree(page)
        assert _meta(tree, "og:title") == page["title"]
        assert _meta(tree, "og:site_name") == _outlet(page)["name"]
        assert tree.findtext(".//title").startswith(page["title"])
        assert tree.findtext(".//title").endswith(_outlet(page)["name"])
        assert tree.get("lang").startswith(page["language"].removesuffix("-Hans"))
        assert tree.xpath("//link[@rel='canonical']/@href") == [PLACEHOLDER + page["path"]]

    def test_date_stands_in_metadata_with_its_offset(self, page: dict[str, Any]) -> None:
        tree = _tree(page)
        (data,) = tree.xpath("//script[@type='application/ld+json']/text()") or ["{}"]
        found = json.loads(data).get("datePublished") or _meta(tree, "article:published_time")
        assert datetime.fromisoformat(found) == page["published"]
        assert datetime.fromisoformat(found).utcoffset() is not None

    def test_body_is_long_enough_to_be_extracted(self, page: dict[str, Any]) -> None:
        paragraphs = _tree(page).xpath("//div[@class='article-body']/p")
        length = sum(len(p.text_content()) for p in paragraphs)
        assert 4 <= len(paragraphs) <= 8
        assert length >= (900 if page["language"] == "en" else 350)

    def test_footer_says_that_it_is_a_sample(self, page: dict[str, Any]) -> None:
        tree = _tree(page)
        note = NOTES[page["language"]]
        assert note in tree.xpath("string(//footer)")
        assert note not in tree.xpath("string(//article)")

    def test_links_stay_on_the_site_and_related_pages_exist(self, page: dict[str, Any]) -> None:
        tree = _tree(page)
        assert all(link.startswith(PLACEHOLDER + "/") for link in tree.xpath("//a/@href"))
        related = tree.xpath("//aside//a/@href")
        assert related
        assert {urlsplit(link).path for link in related} <= {p["path"] for p in PAGES}

    def test_charset_is_declared_in_the_page(self, page: dict[str, Any]) -> None:
        label = {"utf-8": "utf-8", "big5hkscs": "big5", "cp932": "Shift_JIS"}[page["charset"]]
        assert f'<meta charset="{label}">'.encode() in (SITE / page["file"]).read_bytes()[:1024]


@every_outlet
class TestFeed:
    def test_entries_are_pages_of_the_site(self, outlet: dict[str, Any]) -> None:
        entries = list(_entries(outlet))
        titles = {PLACEHOLDER + p["path"]: p["title"] for p in PAGES}
        assert len(entries) == outlet["entries"]
        assert all(titles[_without_query(e.url)] == e.title for e in entries)

    def test_own_pages_are_all_listed(self, outlet: dict[str, Any]) -> None:
        own = {PLACEHOLDER + p["path"] for p in PAGES if p["outlet"] == outlet["id"]}
        assert own <= {_without_query(e.url) for e in _entries(outlet)}

    def test_dates_are_those_of_the_pages(self, outlet: dict[str, Any]) -> None:
        dates = {PLACEHOLDER + p["path"]: p["published"] for p in PAGES}
        for entry in _entries(outlet):
            assert entry.date is None or _instant(entry.date) == dates[_without_query(entry.url)]

    def test_feed_stays_small(self, outlet: dict[str, Any]) -> None:
        assert 500 < (SITE / outlet["file"]).stat().st_size < 20_000


def test_one_entry_has_no_date() -> None:
    undated = [e.url for o in OUTLETS for e in _entries(o) if e.date is None]
    assert undated == [f"{PLACEHOLDER}/shinpo/articles/20251118-008.html"]


def test_one_page_is_listed_twice_with_and_without_tracking() -> None:
    urls = [e.url for o in OUTLETS for e in _entries(o)]
    (tracked,) = [u for u in urls if "utm_source=" in u]
    assert urls.count(_without_query(tracked)) == 1
    assert len({_without_query(u) for u in urls}) == len(PAGES) == len(urls) - 1


def _tree(page: dict[str, Any]) -> Any:
    text = (SITE / page["file"]).read_bytes().decode(page["charset"])
    return html.document_fromstring(text)


def _meta(tree: Any, name: str) -> str:
    (content,) = tree.xpath("//meta[@property=$name]/@content", name=name)
    return str(content)


def _outlet(page: dict[str, Any]) -> dict[str, Any]:
    return next(o for o in OUTLETS if o["id"] == page["outlet"])


def _entries(outlet: dict[str, Any]) -> Iterator[Listed]:
    body = (SITE / outlet["file"]).read_bytes()
    if outlet["kind"] == "sitemap":
        for node in etree.fromstring(body).iterfind("s:url", NEWS):
            news = "n:news/n:"
            yield Listed(
                node.findtext("s:loc", "", NEWS),
                node.findtext(f"{news}title", "", NEWS),
                node.findtext(f"{news}publication_date", "", NEWS),
            )
    elif outlet["format"] == "JSON Feed":
        for item in json.loads(body)["items"]:
            yield Listed(item["url"], item["title"], item["date_published"])
    else:
        feed = feedparser.parse(body)
        assert not feed.bozo
        for entry in feed.entries:
            yield Listed(entry.link, entry.title, entry.get("published") or entry.get("updated"))


def _instant(date: str) -> datetime:
    if "T" in date:
        return datetime.fromisoformat(date)
    return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %z")


def _without_query(url: str) -> str:
    return url.partition("?")[0]
