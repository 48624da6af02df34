"""Stories: what readers were told of events and of what these go on with.

A story is known by the id of the event that began it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from alerts.reading.event import Event
from alerts.telling.deciding.news import Told, told_by
from alerts.telling.notice import NewFact
from warehouse.letters import fact_from
from warehouse.outbox import Announcement
from warehouse.rows import fetch_dicts


@dataclass(frozen=True, slots=True)
class Cooling:
    """Further alerts on a story that wait for the end of a cool-down."""

    alert_ids: frozenset[str]
    facts: tuple[NewFact, ...]
    due_at: datetime


def told(connection: duckdb.DuckDBPyConnection, stories: Collection[str]) -> dict[str, list[Told]]:
    """The alerts on each story, in order."""
    answer = connection.execute(
        """
        SELECT coalesce(event.thread_id, event.id) AS story, alert.id AS alert_id, event_id,
               alert.severity, notice->>'direction' AS direction, notice->>'level' AS level,
               notice->>'actor' AS actor, notice->>'target' AS target,
               coalesce(official, TRUE) AS official, alert.created_at AS at
        FROM store.alert
        JOIN store.event ON event.id = event_id
        WHERE story IN (SELECT unnest($stories::VARCHAR[]))
        ORDER BY alert.created_at, alert.id
        """,
        {"stories": list(stories)},
    )
    found: dict[str, list[Told]] = {}
    for row in fetch_dicts(answer):
        found.setdefault(str(row["story"]), []).append(_told(row))
    return found


def _told(row: dict[str, Any]) -> Told:
    return Told(
        alert_id=row["alert_id"],
        event_id=row["event_id"],
        severity=row["severity"],
        direction=row["direction"],
        level=row["level"],
        parties=frozenset(party for party in (row["actor"], row["target"]) if party),
        official=row["official"],
        at=row["at"],
    )


def reached(connection: duckdb.DuckDBPyConnection, stories: Collection[str]) -> dict[str, set[str]]:
    """The channels that were told of each story, or are to be."""
    answer = connection.execute(
        """
        SELECT DISTINCT coalesce(event.thread_id, event.id) AS story, channel
        FROM store.delivery
        JOIN store.event ON event.id = event_id
        WHERE story IN (SELECT unnest($stories::VARCHAR[]))
        """,
        {"stories": list(stories)},
    )
    found: dict[str, set[str]] = {}
    for story, channel in answer.fetchall():
        found.setdefault(story, set()).add(channel)
    return found


def old(
    connection: duckdb.DuckDBPyConnection,
    before: Iterable[Event],
    official: Collection[str],
    now: datetime,
) -> dict[str, Told]:
    """Of known events, as they were before a batch, those that only old news reports so far (what
    their sources held already, or an archive): what is known by it."""
    events = {event.id: event for event in before}
    answer = connection.execute(
        """
        SELECT event_id, coalesce(bool_or(list_contains($official::VARCHAR[], source_id)), FALSE)
        FROM store.event_article
        JOIN store.article ON article.id = article_id
        WHERE event_id IN (SELECT unnest($events::VARCHAR[])) AND origin = 'news'
        GROUP BY event_id
        HAVING bool_and(coalesce(arrival, 'new') != 'new')
        """,
        {"official": list(official), "events": list(events)},
    )
    return {
        id: told_by(events[id], None, official=by_officials, at=now)
        for id, by_officials in answer.fetchall()
    }


def cooling(
    connection: duckdb.DuckDBPyConnection, stories: Collection[str], now: datetime
) -> dict[str, Cooling]:
    """Alerts that wait for the end of a cool-down, by story."""
    answer = connection.execute(
        """
        SELECT DISTINCT coalesce(event.thread_id, event.id) AS story, alert.id, alert.created_at,
               facts, due_at
        FROM store.delivery
        JOIN store.alert ON alert.id = alert_id
        JOIN store.event ON event.id = alert.event_id
        WHERE kind = 'update' AND state = 'pending' AND due_at > $now AND held IS NULL
            AND bundle_id IS NULL AND story IN (SELECT unnest($stories::VARCHAR[]))
        ORDER BY alert.created_at, alert.id
        """,
        {"now": now, "stories": list(stories)},
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for story, *row in answer.fetchall():
        found.setdefault(story, []).append(tuple(row))
    return {story: _cooling(rows) for story, rows in found.items()}


def _cooling(rows: Sequence[tuple[Any, ...]]) -> Cooling:
    facts = tuple(fact_from(fact) for row in rows for fact in json.loads(row[2]))
    return Cooling(frozenset(row[0] for row in rows), facts, min(row[3] for row in rows))


def supersede(
    connection: duckdb.DuckDBPyConnection,
    announcement: Announcement,
    cooling: Cooling,
) -> None:
    """What waits for the end of a cool-down is not sent where a later alert says it too."""
    connection.execute(
        """
        UPDATE store.delivery
        SET state = 'skipped', error = 'a later alert says it too'
        WHERE alert_id IN (SELECT unnest($alerts::VARCHAR[])) AND state = 'pending'
            AND channel IN (SELECT unnest($channels::VARCHAR[]))
        """,
        {
            "alerts": list(cooling.alert_ids),
            "channels": [delivery.channel for delivery in announcement.deliveries],
        },
    )
