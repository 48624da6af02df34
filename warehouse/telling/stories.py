"""Stories: what readers were told of events and of what these go on with.

A story is known by the id of the event that began it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from alerts.reading.events.event import Event
from alerts.telling.deciding.decider import EVERYBODY, Cooling
from alerts.telling.deciding.news import Told, joined, told_by
from alerts.telling.deciding.outbox import delivery_id
from alerts.telling.notice import NewFact
from warehouse.storage.rows import IDS, among, fetch_dicts, many
from warehouse.telling.letters import fact_from

Channels = dict[str, list[Told]]
"""By channel: the alerts on a story that it got or is to get, in order; under EVERYBODY all."""


def officials(
    connection: duckdb.DuckDBPyConnection, events: Collection[str], official: Collection[str]
) -> dict[str, tuple[str, str | None]]:
    """Of events that an official source reports as news: its id, and its page's name for the site;
    the first of several."""
    answer = connection.execute(
        f"""
        SELECT event_id, arg_min((source_id, site_name), (joined_at, article_id))
        FROM store.event_article
        JOIN store.article ON article.id = article_id
        WHERE event_id IN {IDS} AND origin = 'news'
            AND coalesce(arrival, 'new') = 'new'
            AND source_id IN {among("official")}
        GROUP BY event_id
        """,  # noqa: S608 (our own words)
        {"ids": many(events), "official": many(official)},
    )
    return dict(answer.fetchall())


_COOLS = """
    alert.kind = 'update' AND state = 'pending' AND due_at > $now AND held IS NULL
    AND bundle_id IS NULL
"""
"""A delivery that waits for the end of a cool-down."""


def told(
    connection: duckdb.DuckDBPyConnection, stories: Collection[str], now: datetime
) -> dict[str, Channels]:
    """What each channel was told of each story, or is to be. What a mute took back was not told."""
    answer = connection.execute(
        f"""
        SELECT coalesce(event.thread_id, event.id) AS story, channel,
               coalesce(held = 'mute', FALSE) AS muted, alert.id AS alert_id,
               alert.event_id, alert.severity, notice->>'direction' AS direction,
               notice->>'level' AS level, notice->>'actor' AS actor, notice->>'target' AS target,
               coalesce(official, TRUE) AS official,
               CASE
                   WHEN state = 'skipped' OR {_COOLS} THEN NULL
                   ELSE coalesce(sent_at, alert.created_at)
               END AS at
        FROM store.alert
        JOIN store.event ON event.id = alert.event_id
        LEFT JOIN store.delivery ON delivery.alert_id = alert.id
        WHERE story IN {IDS}
        ORDER BY alert.created_at, event.first_seen_at, event.id, alert.id, channel
        """,  # noqa: S608 (the condition stands above)
        {"ids": many(stories), "now": now},
    )
    found: dict[str, Channels] = {}
    for row in fetch_dicts(answer):
        channels = found.setdefault(str(row["story"]), {})
        note(channels, _told(row), _reached(row))
    return found


def _reached(row: dict[str, Any]) -> list[str]:
    return [row["channel"]] if row["channel"] and not row["muted"] else []


def note(channels: Channels, told: Told, names: Iterable[str]) -> None:
    """One more alert, which these channels get."""
    everybody = channels.setdefault(EVERYBODY, [])
    if not any(known.alert_id == told.alert_id for known in everybody):
        everybody.append(told)
    for name in names:
        channels.setdefault(name, []).append(told)


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
        f"""
        SELECT event_id, coalesce(bool_or(source_id IN {among("official")}), FALSE)
        FROM store.event_article
        JOIN store.article ON article.id = article_id
        WHERE event_id IN {IDS} AND origin = 'news'
        GROUP BY event_id
        HAVING bool_and(coalesce(arrival, 'new') != 'new')
        """,  # noqa: S608 (our own words)
        {"ids": many(events), "official": many(official)},
    )
    return {
        id: told_by(events[id], None, official=by_officials, at=now)
        for id, by_officials in answer.fetchall()
    }


def cooling(
    connection: duckdb.DuckDBPyConnection, stories: Collection[str], now: datetime
) -> dict[str, dict[str, Cooling]]:
    """Alerts that wait for the end of a cool-down, by story and channel."""
    answer = connection.execute(
        f"""
        SELECT coalesce(event.thread_id, event.id) AS story, channel, alert.id, facts, due_at
        FROM store.delivery
        JOIN store.alert ON alert.id = alert_id
        JOIN store.event ON event.id = alert.event_id
        WHERE {_COOLS} AND story IN {IDS}
        ORDER BY alert.created_at, event.first_seen_at, event.id, alert.id
        """,  # noqa: S608 (the condition stands above)
        {"ids": many(stories), "now": now},
    )
    rows: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for story, channel, *row in answer.fetchall():
        rows.setdefault((story, channel), []).append(tuple(row))
    found: dict[str, dict[str, Cooling]] = {}
    for (story, channel), waiting in rows.items():
        found.setdefault(story, {})[channel] = _cooling(waiting)
    return found


def _cooling(rows: Sequence[tuple[Any, ...]]) -> Cooling:
    facts: tuple[NewFact, ...] = ()
    for _, told, _ in rows:
        facts = joined(facts, [fact_from(fact) for fact in json.loads(told)])
    return Cooling(frozenset(row[0] for row in rows), facts, min(row[2] for row in rows))


def superseded(cooling: Mapping[str, Cooling], channels: Iterable[str]) -> list[tuple[str, str]]:
    """Alert and channel of what waits at `channels` for the end of a cool-down."""
    return [
        (alert_id, channel)
        for channel in channels
        if (waits := cooling.get(channel))
        for alert_id in waits.alert_ids
    ]


def supersede(connection: duckdb.DuckDBPyConnection, pairs: Iterable[tuple[str, str]]) -> None:
    """Do not send what a later alert says too: deliveries by alert and channel."""
    connection.execute(
        f"""
        UPDATE store.delivery
        SET state = 'skipped', error = 'a later alert says it too'
        WHERE id IN {IDS} AND state = 'pending'
        """,  # noqa: S608 (our own words)
        {"ids": many(delivery_id(alert_id, channel) for alert_id, channel in pairs)},
    )
