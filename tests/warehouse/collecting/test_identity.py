"""Identities come from content: order and repetition change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.article import Article
from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.storage import migrate

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)

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
