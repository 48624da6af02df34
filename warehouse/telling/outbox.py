"""The outbox: deliveries are written with what they tell, and settled when they were tried.

`warehouse.telling.claiming` takes from it what is to be sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from alerts.telling.deciding.outbox import Delivery, DeliveryState, delivery_id
from alerts.telling.notice import Notice
from alerts.telling.writing.bulletin import Bulletin
from warehouse.storage.rows import IDS, among, changed, insert, many
from warehouse.telling.letters import facts_to_json, message_to_json, notice_to_json
from warehouse.telling.unsettled import UNSETTLED


@dataclass(frozen=True, slots=True)
class Announcement:
    """An alert with the deliveries that carry it."""

    notice: Notice
    article_id: str
    deliveries: tuple[Delivery, ...]
    official: bool = False
    """Whether an official source says so."""


def post(
    connection: duckdb.DuckDBPyConnection, announcements: Sequence[Announcement], now: datetime
) -> None:
    """Write alerts and their deliveries; must run in the transaction that stores the matches.

    An alert that exists already gets its further deliveries and keeps its words.
    """
    written = _present(connection, "alert", [item.notice.alert_id for item in announcements])
    fresh = [item for item in announcements if item.notice.alert_id not in written]
    insert(connection, "store.alert", [_alert(item, now) for item in fresh])
    rows = [
        _row(delivery) | {"event_id": item.notice.event_id}
        for item in announcements
        for delivery in item.deliveries
    ]
    insert(connection, "store.delivery", rows)


def post_bulletins(
    connection: duckdb.DuckDBPyConnection, bulletins: Iterable[Bulletin], now: datetime
) -> int:
    """Write bulletins and their deliveries; how many are new. One that is there already stays as
    it is, so that a process that was killed may post it again."""
    ids = {delivery_id(item.id, item.channel): item for item in bulletins}
    written = _present(connection, "delivery", ids)
    fresh = {id: item for id, item in ids.items() if id not in written}
    insert(
        connection,
        "store.bulletin",
        [
            {
                "id": item.id,
                "kind": item.kind,
                "channel": item.channel,
                "message": message_to_json(item.message),
                "created_at": now,
            }
            for item in fresh.values()
        ],
    )
    rows = [
        {
            "id": id,
            "bulletin_id": item.id,
            "channel": item.channel,
            "state": "pending",
            "attempts": 0,
            "due_at": now,
            "created_at": now,
        }
        for id, item in fresh.items()
    ]
    return insert(connection, "store.delivery", rows)


def settle(connection: duckdb.DuckDBPyConnection, delivery: Delivery, now: datetime) -> None:
    """Write down how a claimed message went, for every delivery in it. What failed after another
    process took it over, and sent it, stays sent."""
    connection.execute(
        f"""
        UPDATE store.delivery
        SET state = $state, attempts = $attempts, due_at = $due_at, error = $error,
            sent_at = CASE WHEN $state = 'sent' THEN coalesce(sent_at, $now) ELSE sent_at END,
            last_sent_at = CASE WHEN $state = 'sent' THEN $now ELSE last_sent_at END
        WHERE coalesce(bundle_id, id) = $id
            AND ($state = 'sent' OR {UNSETTLED})
        """,  # noqa: S608 (our own words)
        {
            "state": str(delivery.state),
            "attempts": delivery.attempts,
            "due_at": delivery.due_at,
            "error": delivery.error,
            "now": now,
            "id": delivery.id,
        },
    )


def put_back(connection: duckdb.DuckDBPyConnection, ids: Collection[str], now: datetime) -> None:
    """Give up the claim on messages that were not tried."""
    connection.execute(
        f"""
        UPDATE store.delivery
        SET state = CASE WHEN attempts = 0 THEN 'pending' ELSE 'failed' END, due_at = $now
        WHERE coalesce(bundle_id, id) IN {IDS} AND state = 'sending'
        """,  # noqa: S608 (our own words)
        {"ids": many(ids), "now": now},
    )


def release(
    connection: duckdb.DuckDBPyConnection,
    channels: Collection[str],
    now: datetime,
    senders: Collection[str] | None = None,
) -> int:
    """Make due what a process was sending to `channels` when it died; how many. Call it as the one
    who holds the lines to them, which says that no other process of this machine is at it; where
    other machines send too, of `senders` that are gone."""
    answer = connection.execute(
        f"""
        UPDATE store.delivery
        SET due_at = $now
        WHERE state = 'sending' AND channel IN {IDS}
            AND ($all OR sender IN {among("senders")})
        """,  # noqa: S608 (our own words)
        {
            "now": now,
            "ids": many(channels),
            "all": senders is None,
            "senders": many(senders or ()),
        },
    )
    return changed(answer)


def senders(
    connection: duckdb.DuckDBPyConnection, channels: Collection[str], now: datetime
) -> set[str]:
    """Who is sending to `channels`, on whichever machine, and its lease lasts."""
    answer = connection.execute(
        f"""
        SELECT DISTINCT sender
        FROM store.delivery
        WHERE state = 'sending' AND due_at > $now AND sender IS NOT NULL AND channel IN {IDS}
        """,  # noqa: S608 (our own words)
        {"now": now, "ids": many(channels)},
    )
    return {sender for (sender,) in answer.fetchall()}


def give_up(
    connection: duckdb.DuckDBPyConnection,
    channel: str,
    why: str,
    *,
    before: datetime | None = None,
) -> int:
    """What a channel was to be told, before a moment or at all, and was not, is dead; how many."""
    answer = connection.execute(
        f"""
        UPDATE store.delivery
        SET state = 'dead', error = $why
        WHERE channel = $channel AND {UNSETTLED}
            AND ($before::TIMESTAMPTZ IS NULL OR coalesce(revived_at, created_at) <= $before)
        """,  # noqa: S608 (our own words)
        {"channel": channel, "why": why, "before": before},
    )
    return changed(answer)


def standing(connection: duckdb.DuckDBPyConnection, bulletin_id: str) -> dict[str, DeliveryState]:
    """How a bulletin stands at each channel."""
    answer = connection.execute(
        "SELECT channel, state FROM store.delivery WHERE bulletin_id = $id ORDER BY channel",
        {"id": bulletin_id},
    )
    return {channel: DeliveryState(state) for channel, state in answer.fetchall()}


def _present(connection: duckdb.DuckDBPyConnection, table: str, ids: Iterable[str]) -> set[str]:
    answer = connection.execute(
        f"SELECT id FROM store.{table} WHERE id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    return {row[0] for row in answer.fetchall()}


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "channel": delivery.channel,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "created_at": delivery.created_at,
        # Its age counts from when it may go out: a cool-down may be longer than a lifetime.
        "revived_at": delivery.due_at if delivery.due_at > delivery.created_at else None,
    }


def _alert(item: Announcement, now: datetime) -> dict[str, Any]:
    notice = item.notice
    fields = notice_to_json(notice)
    return {
        "id": notice.alert_id,
        "event_id": notice.event_id,
        "rule_id": notice.rule_id,
        "article_id": item.article_id,
        "severity": notice.severity,
        "notice": fields,
        "created_at": now,
        "kind": str(notice.kind),
        "thread_id": notice.thread_id,
        "facts": facts_to_json(notice),
        "rules": [rule.id for rule in notice.rules] or [notice.rule_id],
        "official": item.official,
    }
