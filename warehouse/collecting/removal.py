"""Removal: articles that are past their time go, with all that hangs on them; their ids stay.

An id that stays is a tombstone: a source that lists the article still, or again, brings it back
neither as new nor as news to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import duckdb

from warehouse.collecting import appearances
from warehouse.storage.retention import Retention
from warehouse.storage.rows import IDS, many

BATCH = 500
"""Articles that go in one transaction."""


def past(
    connection: duckdb.DuckDBPyConnection,
    retention: Retention,
    now: datetime,
    *,
    limit: int = BATCH,
) -> list[str]:
    """Ids of articles of the news that were first stored too long ago, the oldest first.

    Never one that reports an event, matched a rule, speaks for an alert, or waits to be matched;
    never a seed document.
    """
    answer = connection.execute(
        """
        SELECT id
        FROM store.article
        ANTI JOIN store.event_article ON event_article.article_id = article.id
        ANTI JOIN store.match ON match.article_id = article.id
        ANTI JOIN store.alert ON alert.article_id = article.id
        ANTI JOIN store.uncoded ON uncoded.article_id = article.id
        WHERE origin = 'news' AND first_seen_at < CASE
            WHEN kind = 'official' THEN $official::TIMESTAMPTZ
            ELSE $reports::TIMESTAMPTZ
        END
        ORDER BY first_seen_at, id
        LIMIT $limit
        """,
        {
            "official": _before(retention.official, now),
            "reports": _before(retention.news, now),
            "limit": limit,
        },
    )
    return [row[0] for row in answer.fetchall()]


def _before(days: int, now: datetime) -> datetime | None:
    return now - timedelta(days=days) if days else None


def remove(connection: duckdb.DuckDBPyConnection, ids: Collection[str], now: datetime) -> None:
    """Take away articles, their versions, pages and codings, and leave their tombstones.

    Must run inside a transaction. What remains of a text that several outlets had is named anew.
    """
    held = {"ids": many(ids)}
    connection.execute(
        f"""
        INSERT INTO store.removed BY NAME
        SELECT id AS article_id, url, source_id, first_seen_at, $now::TIMESTAMPTZ AS removed_at
        FROM store.article
        WHERE id IN {IDS} AND id NOT IN (SELECT article_id FROM store.removed)
        """,  # noqa: S608 (our own words)
        held | {"now": now},
    )
    appearances.forget(connection, ids)
    for table, column in _HANGING:
        connection.execute(f"DELETE FROM store.{table} WHERE {column} IN {IDS}", held)  # noqa: S608


_HANGING = (
    ("article", "id"),
    ("former_version", "id"),
    ("article_page", "article_id"),
    ("revisit", "article_id"),
    ("coding", "article_id"),
    ("coded_event", "article_id"),
)


def removed(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> set[str]:
    """Which of `ids` were taken away."""
    answer = connection.execute(
        f"SELECT article_id FROM store.removed WHERE article_id IN {IDS}",  # noqa: S608
        {"ids": many(ids)},
    )
    return {row[0] for row in answer.fetchall()}


def bring_back(connection: duckdb.DuckDBPyConnection, ids: Collection[str]) -> None:
    """Take tombstones away: somebody looked for these articles in an archive."""
    if ids:
        connection.execute(
            f"DELETE FROM store.removed WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
            {"ids": many(ids)},
        )
