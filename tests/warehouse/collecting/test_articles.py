"""Articles: one row an identity, a version for each content, whatever the order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import duckdb
import pytest

from extractors.article import Arrival, TextFrom
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.collecting.articles import MAX_PAGE_ATTEMPTS, Stored
from warehouse.database import Warehouse


def contents(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT id, version_id, version_no, title, text, text_from FROM store.article ORDER BY id"
    ).fetchall()


def test_the_same_batch_changes_nothing_the_second_time(warehouse: Warehouse) -> None:
    batch = [an_article(f"https://example.org/{n}", text=f"Text {n}.") for n in range(5)]
    with warehouse.writing("test") as connection:
        assert articles.store(connection, batch, NOW) == Stored(5, 0)
        once = contents(connection)
        assert articles.store(connection, batch, NOW) == Stored(0, 0)
        assert contents(connection) == once


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_batches_does_not_matter(warehouse: Warehouse, order: list[int]) -> None:
    batch = [an_article(f"https://example.org/{n}", text=f"Text {n}.") for n in range(3)]
    with warehouse.writing("test") as connection:
        for n in order:
            articles.store(connection, [batch[n], batch[n]], NOW)
        rows = contents(connection)
    assert [row[0] for row in rows] == sorted(article.id for article in batch)
    assert {row[2] for row in rows} == {1}


def test_a_changed_text_is_a_new_version_and_waits_to_be_matched(warehouse: Warehouse) -> None:
    first = an_article(text="As first written.")
    second = replace(first, text="As corrected.")
    with warehouse.writing("test") as connection:
        articles.store(connection, [first], NOW)
        connection.execute("DELETE FROM store.uncoded")
        assert articles.store(connection, [second], NOW) == Stored(0, 1)
        versions = connection.execute(
            "SELECT version, text, current FROM article_versions ORDER BY version"
        ).fetchall()
        waiting = connection.execute("SELECT version_id FROM store.uncoded").fetchall()
    assert versions == [(1, "As first written.", False), (2, "As corrected.", True)]
    assert waiting == [(second.version_id,)]


def test_a_page_is_never_replaced_by_the_feeds_summary(warehouse: Warehouse) -> None:
    page = an_article(text="The whole article.", text_from=TextFrom.PAGE)
    summary = an_article(text="The summary.", text_from=TextFrom.FEED)
    with warehouse.writing("test") as connection:
        articles.store(connection, [page], NOW)
        articles.store(connection, [summary], NOW)
        assert contents(connection)[0][4] == "The whole article."


def test_a_page_that_could_not_be_read_is_tried_again_for_a_while(warehouse: Warehouse) -> None:
    unread = an_article(text="The summary.", text_from=TextFrom.FEED, retry_page=True)
    with warehouse.writing("test") as connection:
        articles.store(connection, [unread], NOW)
        for _ in range(MAX_PAGE_ATTEMPTS - 1):
            assert [item.id for item in articles.unread(connection)] == [unread.id]
            articles.store(connection, [unread], NOW)
        assert articles.unread(connection) == []


def test_a_page_that_could_be_read_at_last_takes_the_summarys_place(warehouse: Warehouse) -> None:
    unread = an_article(text="The summary.", text_from=TextFrom.FEED, retry_page=True)
    read = an_article(text="The whole article.", text_from=TextFrom.PAGE)
    with warehouse.writing("test") as connection:
        articles.store(connection, [unread], NOW)
        assert articles.store(connection, [read], NOW) == Stored(0, 1)
        assert articles.unread(connection) == []
        assert contents(connection)[0][4] == "The whole article."


def arrivals(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT arrival FROM articles WHERE origin = 'news'").fetchall()


def test_what_arrived_as_new_stays_so_and_backlog_may_become_new(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        undated = an_article(text="A summary.", arrival=Arrival.BACKLOG)
        assert articles.store(connection, [undated], NOW) == Stored(1, 0, untold=1)
        assert arrivals(connection) == [("backlog",)]
        for arrival in (Arrival.NEW, Arrival.BACKFILL, Arrival.BACKLOG):
            later = replace(undated, text=f"Read as {arrival}.", arrival=arrival)
            assert articles.store(connection, [later], NOW) == Stored(0, 1)
            assert arrivals(connection) == [("new",)]


def test_known_tells_which_are_stored(warehouse: Warehouse) -> None:
    stored, other = an_article("https://example.org/1"), an_article("https://example.org/2")
    with warehouse.writing("test") as connection:
        articles.store(connection, [stored], NOW)
        assert articles.known(connection, [stored.id, other.id]) == {stored.id}
        assert articles.known(connection, []) == set()


def test_a_lone_surrogate_does_not_stop_a_batch(warehouse: Warehouse) -> None:
    broken = an_article(text="half a character: \ud83d")
    with warehouse.writing("test") as connection:
        assert articles.store(connection, [broken], NOW) == Stored(1, 0)
