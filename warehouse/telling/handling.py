"""Handling: what a person does with alerts. They name one by the beginning of its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from warehouse.errors import UnknownId
from warehouse.storage.rows import IDS, many

_ENOUGH = 3
"""Ids that an error names where a beginning fits several."""


def find_alert(connection: duckdb.DuckDBPyConnection, beginning: str) -> str:
    """The id of the alert that begins so. Raises UnknownId for none and for several."""
    return _only(connection, "SELECT id FROM store.alert", "alert", beginning)


def find_event(connection: duckdb.DuckDBPyConnection, beginning: str) -> str:
    """The id of the event that begins so. Raises UnknownId for none and for several."""
    return _only(connection, "SELECT id FROM store.event", "alert or event", beginning)


def find_story(connection: duckdb.DuckDBPyConnection, beginning: str) -> str:
    """The id of the event that began the story of the event or alert whose id begins so. Raises
    UnknownId for none and for several."""
    event = """
        SELECT id FROM store.event
        UNION
        SELECT id FROM store.alert
    """
    found = _only(connection, event, "event or alert", beginning)
    answer = connection.execute(
        """
        SELECT coalesce(thread_id, id)
        FROM store.event
        WHERE id = $id OR id IN (SELECT event_id FROM store.alert WHERE id = $id)
        """,
        {"id": found},
    )
    return str(answer.fetchall()[0][0])


def acknowledge(
    connection: duckdb.DuckDBPyConnection, alert_id: str, now: datetime
) -> datetime | None:
    """Note that somebody has seen to an alert; the first such note stays. When that was, where it
    was there already."""
    before: datetime | None
    ((before,),) = connection.execute(
        "SELECT acked_at FROM store.alert WHERE id = $id", {"id": alert_id}
    ).fetchall()
    connection.execute(
        "UPDATE store.alert SET acked_at = coalesce(acked_at, $now) WHERE id = $id",
        {"id": alert_id, "now": now},
    )
    return before


def resend(
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    *,
    alert_id: str | None = None,
    channel: str | None = None,
) -> int:
    """Have messages sent again by the next cycle, under their own ids: all of one alert's, or
    those that are dead; how many. What was sent keeps when it was."""
    answer = connection.execute(
        """
        SELECT id
        FROM store.delivery
        WHERE CASE WHEN $alert::VARCHAR IS NULL THEN state = 'dead' ELSE alert_id = $alert END
            AND ($channel::VARCHAR IS NULL OR channel = $channel)
            AND state != 'sending'
        """,
        {"alert": alert_id, "channel": channel},
    )
    ids = [row[0] for row in answer.fetchall()]
    connection.execute(
        f"""
        UPDATE store.delivery
        SET state = 'pending', due_at = $now, revived_at = $now, error = NULL
        WHERE id IN {IDS}
        """,  # noqa: S608 (the parameter of the ids)
        {"now": now, "ids": many(ids)},
    )
    _take_out(connection, ids)
    return len(ids)


def _take_out(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    """A delivery that was told with others, some of which arrived, is told alone this time."""
    connection.execute(
        f"""
        UPDATE store.delivery
        SET bundle_id = NULL, held = NULL
        WHERE id IN {IDS} AND bundle_id IN (
            SELECT bundle_id
            FROM store.delivery
            WHERE id NOT IN {IDS} AND bundle_id IS NOT NULL
        )
        """,  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )


def _only(connection: duckdb.DuckDBPyConnection, ids: str, noun: str, beginning: str) -> str:
    answer = connection.execute(
        f"SELECT id FROM ({ids}) WHERE starts_with(id, $beginning) ORDER BY id LIMIT {_ENOUGH}",  # noqa: S608
        {"beginning": beginning},
    )
    found = [str(row[0]) for row in answer.fetchall()]
    if not found or not beginning:
        raise UnknownId(repr(beginning), f"no {noun} has an id that begins so", _LIST)
    if len(found) > 1 and found[0] != beginning:
        several = ", ".join(found)
        raise UnknownId(repr(beginning), f"several begin so ({several})", "give more of the id")
    return found[0]


_LIST = "`noroshi alerts list` shows the ids"
