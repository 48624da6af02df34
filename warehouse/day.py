"""A day in the warehouse: what its digest tells."""

from __future__ import annotations

from datetime import datetime

import duckdb

from alerts.telling.digest import Digest
from warehouse.letters import notice_from_json


def digest_between(
    connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime, day: str
) -> Digest:
    """The alerts written from `since` to `until`, one an event, and the sources' health."""
    return Digest(
        day=day,
        notices=tuple(
            notice_from_json(row[0])
            for row in connection.execute(
                """
                SELECT notice
                FROM store.alert
                WHERE created_at >= $since AND created_at < $until
                QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY created_at, id) = 1
                ORDER BY created_at, id
                """,
                {"since": since, "until": until},
            ).fetchall()
        ),
        sources_ok=_count(connection, "store.source_state WHERE error_streak = 0"),
        sources_failing=_failing(connection),
        articles=_count(
            connection,
            "store.article WHERE origin = 'news' AND first_seen_at >= $since "
            "AND first_seen_at < $until",
            since=since,
            until=until,
        ),
    )


def _failing(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    answer = connection.execute(
        """
        SELECT source_id
        FROM store.source_state
        SEMI JOIN store.source ON source.id = source_state.source_id AND source.enabled
        WHERE error_streak > 0
        ORDER BY source_id
        """
    )
    return tuple(row[0] for row in answer.fetchall())


def _count(connection: duckdb.DuckDBPyConnection, what: str, **values: object) -> int:
    answer = connection.execute(f"SELECT count(*) FROM {what}", values or None)  # noqa: S608
    row = answer.fetchone()
    return int(row[0]) if row else 0
