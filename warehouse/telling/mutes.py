"""Mutes: stories and rules that make no alerts for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.storage.rows import changed, fetch_dicts, insert

Mute = tuple[str, str]
"""`event` and the id of the event that began the story, or `rule` and its id."""


def present(connection: duckdb.DuckDBPyConnection, now: datetime) -> frozenset[Mute]:
    """What is muted at `now`."""
    answer = connection.execute("SELECT kind, key FROM store.mute WHERE until > $now", {"now": now})
    return frozenset((kind, key) for kind, key in answer.fetchall())


def told(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[dict[str, object]]:
    """What is muted at `now`, the first to end first; of an event, with the headline that readers
    saw first."""
    answer = connection.execute(
        """
        SELECT kind, key, headline, until, created_at
        FROM store.mute
        LEFT JOIN (
            SELECT event_id, min_by(notice->>'headline', created_at) AS headline
            FROM store.alert
            GROUP BY event_id
        ) AS alert ON kind = 'event' AND event_id = key
        WHERE until > $now
        ORDER BY until
        """,
        {"now": now},
    )
    return fetch_dicts(answer)


def mute(connection: duckdb.DuckDBPyConnection, what: Mute, until: datetime, now: datetime) -> int:
    """Make no alerts of it until then, whatever was said before; how many messages that waited
    to go out are not sent. Whoever would have got them was told nothing: when the mute is over, a
    further report tells."""
    unmute(connection, what)
    kind, key = what
    insert(
        connection, "store.mute", [{"kind": kind, "key": key, "until": until, "created_at": now}]
    )
    return _take_back(connection, what)


def _take_back(connection: duckdb.DuckDBPyConnection, what: Mute) -> int:
    """Of a rule, what no other rule led to."""
    answer = connection.execute(
        f"""
        UPDATE store.delivery
        SET state = CASE WHEN sent_at IS NULL THEN 'skipped' ELSE 'sent' END,
            error = CASE WHEN sent_at IS NULL THEN 'it was muted before it went out' END,
            -- What was sent before, and was to be sent again, was told.
            held = CASE WHEN sent_at IS NULL THEN 'mute' END
        WHERE state = 'pending' AND bundle_id IS NULL AND alert_id IN ({_ALERTS})
        """,  # noqa: S608 (our own words)
        {"kind": what[0], "key": what[1]},
    )
    return changed(answer)


_ALERTS = """
    SELECT alert.id
    FROM store.alert
    LEFT JOIN store.event ON event.id = alert.event_id
    WHERE CASE $kind
        WHEN 'event' THEN coalesce(event.thread_id, event.id) = $key
        ELSE list_distinct(coalesce(rules, [alert.rule_id])) = [$key]
    END
"""
"""The alerts that a mute is about."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What nobody was told because of a mute."""

    alerts: tuple[str, ...]
    """Ids of those that waited to go out and were not sent."""
    events: tuple[str, ...]
    """Ids of those with reports that made no alert."""


def missed(connection: duckdb.DuckDBPyConnection, what: Mute) -> Missed:
    """What a mute that is present silenced so far."""
    values = {"kind": what[0], "key": what[1]}
    alerts = connection.execute(
        f"""
        SELECT DISTINCT alert_id
        FROM store.delivery
        WHERE state = 'skipped' AND held = 'mute' AND alert_id IN ({_ALERTS})
        ORDER BY alert_id
        """,  # noqa: S608 (our own words)
        values,
    ).fetchall()
    events = connection.execute(
        """
        SELECT DISTINCT event_id
        FROM store.decision
        JOIN store.event ON event.id = event_id
        JOIN store.mute ON mute.kind = $kind AND mute.key = $key
        WHERE outcome = 'muted' AND decided_at >= mute.created_at AND CASE $kind
            WHEN 'event' THEN coalesce(event.thread_id, event.id) = $key
            ELSE event_id IN (SELECT event_id FROM store.match WHERE rule_id = $key)
        END
        ORDER BY event_id
        """,
        values,
    ).fetchall()
    return Missed(tuple(row[0] for row in alerts), tuple(row[0] for row in events))


def unmute(connection: duckdb.DuckDBPyConnection, what: Mute) -> bool:
    """Make alerts of it again; whether it was muted."""
    answer = connection.execute(
        "DELETE FROM store.mute WHERE kind = $kind AND key = $key",
        {"kind": what[0], "key": what[1]},
    )
    return changed(answer) > 0
