"""Decisions: why an event was told to a channel, or was not, kept for those who ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb

from alerts.telling.deciding.decider import EVERYBODY, Verdict
from extractors.article import Arrival, Origin
from warehouse.storage.rows import fetch_dicts, insert
from warehouse.telling.version import Found

TOLD = "told"
NO_CHANNEL = "no channel"
MUTED = "muted"
REREAD = "reread"


@dataclass(frozen=True, slots=True)
class Kept:
    """One row: what was decided on an event for one channel, or for all of them."""

    event_id: str
    outcome: str
    channel: str | None = None
    alert_id: str | None = None


def of_verdict(event_id: str, verdict: Verdict, alert_ids: Iterable[str]) -> list[Kept]:
    """The rows of a verdict, whose alerts have these ids."""
    kept = []
    for alert, id in zip(verdict.alerts, alert_ids, strict=True):
        kept += [Kept(event_id, TOLD, name, id) for name in alert.channels]
        if not alert.channels:
            kept.append(Kept(event_id, NO_CHANNEL, None, id))
    for channel, reason in verdict.silent.items():
        kept.append(Kept(event_id, str(reason), None if channel == EVERYBODY else channel))
    return kept


def of_quiet(found: Iterable[Found]) -> list[Kept]:
    """The rows of reports that tell nobody whatever they say, or are muted."""
    return list(dict.fromkeys(Kept(item.event_id, _why(item)) for item in found))


def _why(found: Found) -> str:
    version = found.version
    if version.origin is Origin.SEED:
        return str(Origin.SEED)
    if version.arrival is not Arrival.NEW:
        return str(version.arrival)
    return REREAD if version.quiet else MUTED


def keep(connection: duckdb.DuckDBPyConnection, kept: Iterable[Kept], now: datetime) -> None:
    """Write decisions down; must run in the transaction that stores the matches."""
    rows = [
        {
            "event_id": one.event_id,
            "outcome": one.outcome,
            "channel": one.channel,
            "alert_id": one.alert_id,
            "decided_at": now,
        }
        for one in kept
    ]
    insert(connection, "store.decision", rows)


def on(connection: duckdb.DuckDBPyConnection, event_id: str) -> list[dict[str, object]]:
    """What was decided on an event, in order, with what became of each delivery."""
    answer = connection.execute(
        """
        SELECT decided_at, decisions.channel, outcome, decisions.alert_id, alerts.kind, state,
               attempts, sent_at, due_at, held, error
        FROM decisions
        LEFT JOIN alerts ON alerts.id = decisions.alert_id
        LEFT JOIN deliveries ON deliveries.alert_id = decisions.alert_id
            AND deliveries.channel = decisions.channel
        WHERE decisions.event_id = $event
        ORDER BY decided_at, decisions.channel NULLS FIRST, outcome
        """,
        {"event": event_id},
    )
    return fetch_dicts(answer)


def untold(connection: duckdb.DuckDBPyConnection, limit: int) -> list[dict[str, object]]:
    """Events in the news that no alert was made of, the latest first, with why."""
    answer = connection.execute(
        """
        SELECT max(decided_at) AS decided_at, events.id, severity, category, direction, title,
               coalesce(string_agg(DISTINCT outcome, ', '), 'not kept') AS why
        FROM events
        LEFT JOIN decisions ON decisions.event_id = events.id
        WHERE news > 0 AND NOT EXISTS (FROM alerts WHERE alerts.event_id = events.id)
        GROUP BY ALL
        ORDER BY decided_at DESC NULLS LAST, events.id
        LIMIT $limit
        """,
        {"limit": limit},
    )
    return fetch_dicts(answer)
