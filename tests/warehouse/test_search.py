"""Search finds what readers consider the same word, and not what merely contains it."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.article import Origin
from tests.warehouse.samples import NOW, an_article
from warehouse import articles
from warehouse.database import Warehouse
from warehouse.errors import QueryError
from warehouse.search import Search, search

TEXTS = {
    "hk": ("zh-Hant", "保安局更新外遊警示", "保安局更新日本的外遊警示資料，籲市民留意。"),
    "cn": ("zh-Hans", "外交部提醒中国公民", "外交部提醒中国公民近期避免前往日本。"),
    "ja": (
        "ja",
        "外務省、渡航情報を更新",
        "外務省は香港への渡航情報を更新した。ビザは変わらない。",
    ),
    "en": (
        "en",
        "Travel advisory issued",
        "China's travel advisory was \N{LEFT SINGLE QUOTATION MARK}issued\N{RIGHT SINGLE QUOTATION MARK} on Friday in Japan.",
    ),
    "art": ("en", "The artful dodger", "A start was made with Japanese art-house films."),
}

CASES = [
    ("外游警示", {"hk"}),
    ("外遊警示", {"hk"}),
    ("中國公民", {"cn"}),
    ("渡航情報 香港", {"ja"}),
    ("ﾋﾞｻﾞ", {"ja"}),
    ("TRAVEL advisory", {"en"}),
    ('"travel advisory"', {"en"}),
    ('"advisory travel"', set()),
    ("art", {"art"}),
    ("Japan", {"en"}),
    ("日本", {"hk", "cn"}),
    ("日本 外務省", set()),
]


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    batch = [
        an_article(f"https://example.org/{key}", title=title, text=text, language=language)
        for key, (language, title, text) in TEXTS.items()
    ]
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW)
    warehouse.publish()
    return warehouse


def found(warehouse: Warehouse, wanted: Search) -> set[str]:
    with warehouse.reading() as connection:
        return {str(row["url"]).rsplit("/")[-1] for row in search(connection, wanted)}


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_queries(filled: Warehouse, query: str, expected: set[str]) -> None:
    assert found(filled, Search(query)) == expected


def test_filters(filled: Warehouse) -> None:
    assert found(filled, Search("日本", language="zh-Hans")) == {"cn"}
    assert found(filled, Search("日本", since=date(2025, 11, 24))) == {"hk", "cn"}
    assert found(filled, Search("日本", until=date(2025, 11, 24))) == {"hk", "cn"}
    assert found(filled, Search("日本", since=date(2025, 11, 25))) == set()
    assert found(filled, Search("日本", until=date(2025, 11, 23))) == set()
    assert found(filled, Search("日本", origin=Origin.SEED)) == set()
    assert len(found(filled, Search("日本", limit=1))) == 1


def test_a_snippet_shows_the_term_in_its_own_script(filled: Warehouse) -> None:
    with filled.reading() as connection:
        (row,) = search(connection, Search("外游警示"))
    assert "外遊警示" in str(row["snippet"])


@pytest.mark.parametrize("query", ["", "  ", '""'])
def test_a_query_without_a_term_is_refused(filled: Warehouse, query: str) -> None:
    with filled.reading() as connection, pytest.raises(QueryError, match="no term"):
        search(connection, Search(query))


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE store.article; --", "100%", "a_c", "[x]", "(", "\\"]
)
def test_a_query_is_text_and_never_a_pattern(filled: Warehouse, query: str) -> None:
    assert found(filled, Search(query)) == set()
