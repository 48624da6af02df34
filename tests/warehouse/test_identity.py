"""Identities come from content: order, repetition and former schemas change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.article import Article
from tests.warehouse.samples import an_article
from warehouse import articles, migrate
from warehouse.database import Connection, Warehouse

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)
LAST = len(migrate.migrations())

numbers = st.lists(st.integers(0, 9), max_size=12)
batches = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=6)


def made(number: int) -> Article:
    return an_article(f"https://example.org/{number}", text=f"文 {number}")


def stored(split: Sequence[Sequence[int]]) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        migrate.migrate(connection)
        for batch in split:
            articles.store(connection, [made(number) for number in batch], NOW)
        rows = connection.execute("SELECT * FROM store.article ORDER BY id").fetchall()
        waiting = connection.execute("SELECT * FROM store.uncoded ORDER BY ALL").fetchall()
        assert len(waiting) == len(rows)
        return rows


@settings(max_examples=12, deadline=None)
@given(split=batches)
def test_order_repetition_and_division_change_nothing(split: list[list[int]]) -> None:
    numbers = sorted({number for batch in split for number in batch})
    assert stored(split) == stored([numbers])


def shape(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
    ).fetchall()


@pytest.mark.parametrize("number", sorted({1, 4, 5, 7, LAST - 1}))
def test_a_former_schema_is_brought_up_to_date_with_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    fresh, former = Warehouse(tmp_path / "fresh"), Warehouse(tmp_path / "former")
    known = migrate.migrations()
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "migrations", lambda: known[:number])
        with former.writing("an older noroshi") as connection:
            connection.execute(
                "INSERT INTO store.article (id, version_id, title, text, origin, first_seen_at) "
                "VALUES ('a', 'v', 'title', 'text', 'news', now())"
            )
            connection.execute("INSERT INTO store.event (id, title) VALUES ('e', 'title')")
            connection.execute("INSERT INTO store.alert (id, event_id) VALUES ('x', 'e')")
    with fresh.writing("test") as connection:
        expected = shape(connection)
    with former.writing("this noroshi") as connection:
        assert shape(connection) == expected
        ledger = connection.execute("SELECT number FROM store.schema_migration ORDER BY ALL")
        assert [row[0] for row in ledger.fetchall()] == list(range(1, LAST + 1))
        for view, key in (("articles", "a"), ("events", "e"), ("alerts", "x")):
            assert connection.execute(f"SELECT id FROM {view}").fetchall() == [(key,)]  # noqa: S608
