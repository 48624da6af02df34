"""Parcels: what goes to a channel in one message, claimed and with its contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from alerts.telling.deciding.outbox import LEASE, Delivery, DeliveryState, claim, delivery_id
from alerts.telling.notice import Notice
from alerts.telling.writing.bundle import NAMED, Bundle, Held
from alerts.telling.writing.render import Message
from warehouse.storage.rows import IDS, among, fetch_dicts, many
from warehouse.telling.letters import message_from_json, notice_from_json
from warehouse.telling.unsettled import UNSETTLED


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message that is ours to send until its lease ends."""

    delivery: Delivery
    """Of a bundle, it stands for all the deliveries in it."""
    content: Notice | Bundle | Message
    thread: str | None = None
    """The id of the delivery that this one follows up on, to the same channel."""


def take(
    connection: duckdb.DuckDBPyConnection,
    channel: str,
    now: datetime,
    *,
    singles: Sequence[str],
    limit: int,
    sender: str | None = None,
) -> list[Parcel]:
    """Lease the oldest messages of a channel that are due: the alerts `singles`, and all bundles
    and bulletins. At most `limit`, in the order in which they are to be sent."""
    rows = _due(connection, channel, now, singles, limit)
    connection.execute(
        f"""
        UPDATE store.delivery
        SET state = 'sending', due_at = $lease_ends, sender = $sender
        WHERE coalesce(bundle_id, id) IN {IDS}
        """,  # noqa: S608 (our own words)
        {
            "lease_ends": now + LEASE,
            "ids": many(row["parcel"] for row in rows),
            "sender": sender,
        },
    )
    return [_parcel(connection, row, now) for row in rows]


def _due(
    connection: duckdb.DuckDBPyConnection,
    channel: str,
    now: datetime,
    singles: Sequence[str],
    limit: int,
) -> list[dict[str, Any]]:
    """One row a message: a bundle is as old as the first delivery in it."""
    answer = connection.execute(
        f"""
        SELECT coalesce(bundle_id, delivery.id) AS parcel, channel,
               any_value(bundle_id) AS bundle, any_value(bulletin_id) AS bulletin,
               any_value(held) AS held, max(attempts) AS attempts,
               any_value(state) AS state, max(due_at) AS due_at,
               min(coalesce(revived_at, delivery.created_at)) AS born_at, any_value(error) AS error,
               CASE WHEN any_value(bundle_id) IS NULL THEN any_value(alert_id) END AS alert_id,
               CASE WHEN any_value(bundle_id) IS NULL THEN any_value(notice) END AS notice,
               any_value(thread_id) AS thread_id
        FROM store.delivery
        LEFT JOIN (SELECT id, notice, thread_id FROM store.alert) AS alert ON alert.id = alert_id
        WHERE channel = $channel
            AND {UNSETTLED} AND due_at <= $now
            AND (
                bundle_id IS NOT NULL OR bulletin_id IS NOT NULL
                OR delivery.id IN {among("singles")}
            )
        GROUP BY parcel, channel
        ORDER BY min(delivery.created_at), bundle IS NOT NULL, any_value(notice->>'published_at'),
                 parcel
        LIMIT $limit
        """,  # noqa: S608 (our own words)
        {"channel": channel, "now": now, "singles": many(singles), "limit": limit},
    )
    return fetch_dicts(answer)


def _parcel(connection: duckdb.DuckDBPyConnection, row: dict[str, Any], now: datetime) -> Parcel:
    delivery = Delivery(
        id=row["parcel"],
        alert_id=row["alert_id"],
        channel=row["channel"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        created_at=row["born_at"],
        error=row["error"],
    )
    taken = claim(delivery, now)
    if row["bundle"]:
        return Parcel(taken, _bundle(connection, row["bundle"], Held(row["held"])))
    if row["bulletin"]:
        return Parcel(taken, _message(connection, row["bulletin"], row["channel"]))
    follows = delivery_id(row["thread_id"], row["channel"]) if row["thread_id"] else None
    return Parcel(taken, notice_from_json(row["notice"]), follows)


def _bundle(connection: duckdb.DuckDBPyConnection, id: str, held: Held) -> Bundle:
    alerts = """
        FROM store.alert
        SEMI JOIN (SELECT alert_id FROM store.delivery WHERE bundle_id = $id) AS told
            ON told.alert_id = alert.id
    """
    counts = connection.execute(
        f"SELECT coalesce(notice->>'category', 'none') AS category, count(*) {alerts} "
        "GROUP BY category ORDER BY count(*) DESC, category",
        {"id": id},
    ).fetchall()
    named = connection.execute(
        f"""
        SELECT notice {alerts}
        ORDER BY list_position(['critical', 'high', 'medium', 'low'], severity),
                 created_at, notice->>'published_at', alert.id
        LIMIT {NAMED}
        """,
        {"id": id},
    ).fetchall()
    return Bundle(
        held,
        sum(count for _, count in counts),
        tuple(counts),
        tuple(notice_from_json(row[0]) for row in named),
    )


def _message(connection: duckdb.DuckDBPyConnection, id: str, channel: str) -> Message:
    answer = connection.execute(
        "SELECT message FROM store.bulletin WHERE id = $id AND channel = $channel",
        {"id": id, "channel": channel},
    )
    return message_from_json(answer.fetchall()[0][0])
