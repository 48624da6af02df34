"""Search finds what readers consider the same word, and gives the articles that a rule would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import QueryError
from alerts.reading.coding import Category, Coding
from alerts.reading.events.coder import Coder
from alerts.reading.rules.match import match
from alerts.reading.rules.query import Is, Named, Query, Within, Words
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.telling.deciding.policy import Policy
from extractors.article import Article, Origin
from tests.alerts.reading.rules.test_query import queries
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse
from warehouse.errors import QueryError as UnusableQuery
from warehouse.looking import concordance
from warehouse.looking.concordance import Concordance
from warehouse.looking.search import Search, Sort, search
from warehouse.storage.rows import insert
from warehouse.telling import matching

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
        "China's travel advisory was \N{LEFT SINGLE QUOTATION MARK}issued"
        "\N{RIGHT SINGLE QUOTATION MARK} on Friday in Japan.",
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
    ("日本 OR 外務省", {"hk", "cn", "ja"}),
    ("Japan*", {"en", "art"}),
    ("Japan* -advisory", {"art"}),
    ("-advisory lang:en", {"art"}),
    ("title:日本", set()),
    ("title:中国公民", {"cn"}),
    ('"日本 警示"~3', {"hk"}),
    ("外務省 NEAR ビザ", set()),
    ("外務省 NEAR 香港", {"ja"}),
    ("@travel_advisory lang:zh", {"hk", "cn"}),
    ("source:te*", {"hk", "cn", "ja", "en", "art"}),
    ("source:test -source:tes*", set()),
    ("NOT source:te*", set()),
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
    assert found(filled, Search("日本", language="zh")) == {"hk", "cn"}
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


def test_a_page_begins_where_the_one_before_ends(filled: Warehouse) -> None:
    everything = Search("source:te*", sort=Sort.OLDEST)
    with filled.reading() as connection:
        whole = [row["id"] for row in search(connection, everything)]
        pages = [search(connection, replace(everything, limit=2, page=n)) for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [row["id"] for page in pages for row in page] == whole


def test_what_comes_first(coded: duckdb.DuckDBPyConnection) -> None:
    wanted = Search("日本 OR japan", limit=1000)
    newest = [row["id"] for row in search(coded, wanted)]
    oldest = [row["id"] for row in search(coded, replace(wanted, sort=Sort.OLDEST))]
    relevant = [row["id"] for row in search(coded, replace(wanted, sort=Sort.RELEVANCE))]
    assert len(newest) > 10
    assert set(newest) == set(oldest) == set(relevant)
    weights: dict[object, float] = dict(
        coded.execute("SELECT article_id, relevance FROM store.coding").fetchall()
    )
    assert [weights[id] for id in relevant] == sorted((weights[i] for i in relevant), reverse=True)
    assert weights[relevant[0]] > weights[relevant[-1]]


def _moment(row: dict[str, object]) -> datetime:
    return cast("datetime | None", row["published_at"]) or NOW - timedelta(days=35)


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_stretches_of_time_change_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, sort: Sort
) -> None:
    ages = [*range(0, 40, 3), 29, 30, 31, 119, 120, 121, 400, 480, 481, 2000, None]
    batch = [
        an_article(
            f"https://example.org/{place}",
            text="日本" if place % 3 else "中国",
            published_at=None if age is None else NOW - timedelta(days=age),
        )
        for place, age in enumerate(ages)
    ]
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW - timedelta(days=35))
        whole = search(connection, Search("日本", sort=sort, limit=100))
        monkeypatch.setattr("warehouse.looking.stretch.MANY", 0)
        assert search(connection, Search("日本", sort=sort, limit=100)) == whole
        assert search(connection, Search("日本", sort=sort, limit=5, page=2)) == whole[5:10]
        for first, last in ((0, 30), (20, 130), (31, 31), (500, 3000)):
            since, until = ((NOW - timedelta(days=days)).date() for days in (last, first))
            wanted = Search("日本", since, until, sort=sort, limit=100)
            assert search(connection, wanted) == [
                row for row in whole if since <= _moment(row).date() <= until
            ]
    assert len(whole) == sum(place % 3 > 0 for place in range(len(ages)))


def test_a_category_is_what_they_report(coded: duckdb.DuckDBPyConnection) -> None:
    found = search(coded, Search("lang:zh", category=Category.TRAVEL_ADVISORY, limit=1000))
    asked = search(coded, Search("lang:zh topic:travel_advisory", limit=1000))
    assert found
    assert found == asked


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Search("日本", language="tlh"), "the language 'tlh'; there are: en, .*zh-Hans"),
        (Search("日本", source="nobody"), "the source 'nobody'; there are: configured, test"),
        (Search("日本 source:nobody"), "the source 'nobody'; there are"),
        (Search("日本 -source:tset"), "the source 'tset'; did you mean test"),
        (Search("日本 (title:x OR source:es)"), "the source 'es'; did you mean test"),
        (Search("source:x*"), "the source 'x'"),
        (Search("日本", source="confgured"), "the source 'confgured'; did you mean configured"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_refused(
    filled: Warehouse, wanted: Search, told: str
) -> None:
    with filled.writing("test") as connection:
        insert(connection, "store.source", [{"id": "configured"}])
    filled.publish()
    with filled.reading() as connection:
        assert search(connection, Search("日本 -source:conf*")), "which nothing came from yet"
        with pytest.raises(UnusableQuery, match=f"no article has {told}"):
            search(connection, wanted)


NEWS = "保安局對日本發出\t黃色外遊警示，籲市民留意安全，日後再作檢討。"
LONG = "前文。" * 60 + NEWS + "後文。" * 60


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("外游警示 日本", LONG, ["日本", "外遊警示"]),
        ("travel*", "A. " * 50 + "No\ttravelling to Osaka, " + "x " * 90, ["travel"]),
        ("-japan", LONG, []),
    ],
)
def test_marks_are_where_the_words_stand(
    warehouse: Warehouse, query: str, text: str, words: list[str]
) -> None:
    with warehouse.writing("test") as connection:
        articles.store(connection, [an_article(title="no", text=text)], NOW)
        (row,) = search(connection, Search(query))
    snippet, marks = str(row["snippet"]), cast("list[tuple[int, int]]", row["marks"])
    assert [snippet[start:end] for start, end in marks] == words
    assert not {"\n", "\t"} & set(snippet)
    assert len(snippet) <= 122


@pytest.mark.parametrize(
    ("query", "title", "words"),
    [
        ("外游警示 日本", "保安局對日本發出黃色外遊警示", ["日本", "外遊警示"]),
        ("title:travel*", "Avoid travelling to Osaka", ["travel"]),
        ("body:remain", "Avoid travelling to Osaka", []),
    ],
)
def test_marks_in_the_title_too(
    warehouse: Warehouse, query: str, title: str, words: list[str]
) -> None:
    with warehouse.writing("test") as connection:
        articles.store(connection, [an_article(title=title, text="What will remain.")], NOW)
        (row,) = search(connection, Search(query))
    marks = cast("list[tuple[int, int]]", row["title_marks"])
    assert [title[start:end] for start, end in marks] == words


@pytest.mark.parametrize("query", ["", "  ", '""'])
def test_a_query_without_a_term_is_refused(filled: Warehouse, query: str) -> None:
    with filled.reading() as connection, pytest.raises(QueryError, match="no term"):
        search(connection, Search(query))


@pytest.mark.parametrize("query", ['"\'; DROP TABLE store.article; --"', "100%", "a_c", '"(.*"'])
def test_a_query_is_text_and_never_a_pattern(filled: Warehouse, query: str) -> None:
    assert found(filled, Search(query)) == set()


@pytest.mark.parametrize("query", ["(", "[x]", "japan AND", "title:"])
def test_a_query_that_is_none_is_refused(filled: Warehouse, query: str) -> None:
    with filled.reading() as connection, pytest.raises(QueryError, match="column"):
        search(connection, Search(query))


PIECES = [
    *("China urged citizens to avoid travel to Japan", "Hong Kong lifted its travel alert"),
    *("a ban on Japanese seafood", "flights to Osaka were cancelled", "the bank's bans", "art"),
    *(
        "外交部提醒中国公民近期避免前往日本",
        "保安局發出外遊警示",
        "日本への渡航情報",
        "取消交流活動",
    ),
    *(
        "今日本港",
        "交流電機",
        "中止符",
        "大阪便を運休",
        "ＡＲＴ",
        "travel\u3000advisories",
        "e\u0301t",
    ),
    *("。", ". ", "\n", " ", "、", "「", "　"),
]


def sample() -> list[Article]:
    """150 articles in random words."""
    chance = random.Random(4)
    return [
        an_article(
            f"https://example.org/{number}",
            title="".join(chance.choices(PIECES, k=chance.randrange(4))),
            text="".join([*chance.choices(PIECES, k=chance.randrange(12)), f"#{number}"]),
            language=chance.choice(["en", "ja", "zh-Hant", "zh-Hans"]),
            source_id=chance.choice(["hk-a", "hk-b", "jp-a"]),
        )
        for number in range(150)
    ]


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published warehouse with 150 coded articles in random words."""
    warehouse = Warehouse(Path(tmp_path_factory.mktemp("coded")))
    with warehouse.writing("test") as connection:
        articles.store(connection, sample(), NOW)
        waiting = matching.waiting(connection, limit=1000)
        judged = [matching.judge(one, Coder.shipped(), RuleBook(())) for one in waiting]
        matching.store(connection, judged, Policy(), datetime.now(UTC))
        insert(connection, "store.source", [{"id": name} for name in SOURCES])
    warehouse.publish()
    with warehouse.reading() as connection:
        yield connection


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Concordance:
    """A concordance that covers every other of those articles."""
    folder = tmp_path_factory.mktemp("half")
    with Warehouse(folder).writing("test") as connection:
        articles.store(connection, sample()[::2], NOW)
        assert concordance.renew(connection, folder / "concordance", worth=0) == 75
    found = concordance.opened(folder / "concordance")
    assert found
    return found


SOURCES = ["hk-", "jp-a", "hk"]
WORDS = [
    "ban",
    "art",
    "travel advisory",
    "to",
    "日本",
    "交流",
    "中止",
    "外遊警示",
    "大阪",
    "a",
    "国",
    "trav",
    "日本への",
]
word = st.builds(
    Words, st.sampled_from(WORDS), st.booleans(), st.sampled_from([None, "title", "text"])
)
plain = st.builds(Words, st.sampled_from([w for w in WORDS if " " not in w]), st.booleans())
places = st.one_of(
    word,
    st.builds(
        Within,
        st.lists(plain, min_size=2, max_size=3).map(tuple),
        st.integers(0, 9),
        st.sampled_from([None, "title", "text"]),
    ),
    st.builds(
        Named,
        st.sampled_from(["travel_advisory", "visa_entry.visa", "transport.cut"]),
        st.sampled_from([None, "title", "text"]),
    ),
)
facts = st.one_of(
    st.builds(Is, st.just("lang"), st.sampled_from(["zh", "zh-Hans", "JA", "ko"])),
    st.builds(Is, st.just("source"), st.sampled_from(SOURCES), st.booleans()),
    st.builds(Is, st.just("party"), st.sampled_from(["HK", "JP", "CN"])),
    st.builds(Is, st.just("topic"), st.sampled_from(["travel_advisory", "transport"])),
)


@settings(max_examples=150, deadline=None)
@given(query=queries(places, facts))
def test_a_query_gives_the_same_articles_in_rules_and_in_search(
    coded: duckdb.DuckDBPyConnection, query: Query
) -> None:
    found = {str(row["id"]) for row in search(coded, Search(str(query), limit=1000))}
    book = RuleBook.of(Rule("q", "Q", query=str(query)))
    assert found == {id for id, fires in _fired(coded, book) if fires}


@pytest.mark.parametrize("sort", list(Sort))
@settings(max_examples=60, deadline=None)
@given(query=queries(places, facts))
def test_what_is_looked_up_is_what_is_looked_through(
    coded: duckdb.DuckDBPyConnection, half: Concordance, sort: Sort, query: Query
) -> None:
    wanted = Search(str(query), sort=sort, limit=1000)
    assert search(coded, wanted, half) == search(coded, wanted)


_CODINGS: dict[str, Coding] = {}


def _fired(connection: duckdb.DuckDBPyConnection, book: RuleBook) -> Iterator[tuple[str, bool]]:
    rows = connection.execute(
        "SELECT id, title, text, language, source_id, published_at FROM store.article"
    ).fetchall()
    for id, title, text, language, source, published in rows:
        coding = _CODINGS.get(id) or Coder.shipped().code(
            title, text, language=language, published=published.date()
        )
        _CODINGS[id] = coding
        yield id, bool(match(title, text, language, source, coding, book))
