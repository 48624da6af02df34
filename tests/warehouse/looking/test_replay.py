"""Replay: the stored articles fire what they fired when they came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from alerts.reading.events.coder import Coder
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.telling.deciding.policy import Policy
from extractors.article import Origin
from tests.warehouse.conftest import made
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse
from warehouse.looking.replay import Stretch, article, coding, count, replay
from warehouse.telling import matching

TEXTS = [
    ("zh-Hans", "外交部提醒中国公民近期避免前往日本", "外交部提醒中国公民近期避免前往日本。"),
    ("zh-Hant", "保安局對日本發出黃色外遊警示", "保安局對日本發出黃色外遊警示，籲市民留意。"),
    (
        "ja",
        "中国、日本産水産物の輸入を停止",
        "中国は日本産水産物の輸入を再び停止した。\n大阪で雨。",
    ),
    ("en", "Rain in Osaka", "It rained in Osaka. Flights were late."),
    ("en", "China has no plans to warn citizens against travel to Japan", "None."),
]
BOOK = RuleBook(
    (
        *RuleBook.load().rules,
        Rule("rain", "Rain", ("rain", "雨")),
        Rule("osaka", "Osaka", query="(Osaka OR 大阪) NEAR (rain* OR 雨) -topic:transport"),
        Rule("jp", "Japan", query="party:JP lang:zh source:te*"),
    )
)


@pytest.fixture(scope="module")
def filled(
    kept_in: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Warehouse:
    """Forty articles over forty days, and a seed document, matched as they would be."""
    warehouse = made(kept_in, tmp_path_factory.mktemp("replay"), request)
    batch = [
        an_article(
            f"https://example.org/{number}",
            title=title,
            text=f"{text} {number}",
            language=language,
            published_at=NOW + timedelta(days=number),
            origin=Origin.SEED if number == 40 else Origin.NEWS,
        )
        for number in range(41)
        for language, title, text in [TEXTS[number % len(TEXTS)]]
    ]
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW)
        waiting = matching.waiting(connection, limit=100)
        judged = [matching.judge(one, Coder.shipped(), BOOK) for one in waiting]
        matching.store(connection, judged, Policy(), datetime.now(UTC))
    warehouse.publish()
    return warehouse


@pytest.fixture
def connection(filled: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with filled.reading() as opened:
        yield opened


def live(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(
        connection.execute(
            "SELECT rule_id, article_id FROM store.match JOIN store.article "
            "ON article.id = match.article_id WHERE origin = 'news'"
        ).fetchall()
    )


@pytest.mark.parametrize("coder", [None, Coder.shipped()])
def test_what_fired_then_fires_again(
    connection: duckdb.DuckDBPyConnection, coder: Coder | None
) -> None:
    found = replay(connection, BOOK, Stretch(), coder)
    assert {one.key for one in found} == live(connection)
    assert {"rain", "osaka", "jp", "travel-advisory"} <= {one.sighting.rule_id for one in found}


def test_the_parts_make_the_whole(connection: duckdb.DuckDBPyConnection) -> None:
    whole = replay(connection, BOOK, Stretch())
    parts = [replay(connection, BOOK, Stretch(part=part, parts=3)) for part in range(3)]
    assert sorted(one.key for part in parts for one in part) == sorted(one.key for one in whole)
    assert all(len(part) < len(whole) for part in parts)


def test_only_the_days_that_are_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    first = NOW.date()
    days = Stretch(first + timedelta(days=1), first + timedelta(days=5))
    assert count(connection, days) == 5
    seen = {one.sighting.published_at.date() for one in replay(connection, BOOK, days)}
    assert seen <= {first + timedelta(days=n) for n in range(1, 6)}
    assert count(connection, Stretch(until=date(1999, 1, 1))) == 0
    assert count(connection, Stretch()) == 40


def test_a_stored_article_comes_back_with_its_coding(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = connection.execute(
        "SELECT id FROM store.article WHERE title LIKE '外交部%' LIMIT 1"
    ).fetchall()
    version = article(connection, row[0])
    assert version is not None
    stored, fresh = coding(connection, version), matching.coded(version, Coder.shipped())
    assert stored is not None
    assert set(stored.events) == set(fresh.events)
    assert (stored.relevance, stored.parties) == (fresh.relevance, fresh.parties)
    assert article(connection, "nowhere") is None
