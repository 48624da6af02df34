"""The outbox: deliveries are claimed with a lease, sent by the caller, and settled one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from alerts.reading.rule import Development
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.outbox import LEASE, Delivery, DeliveryState
from alerts.telling.outbox import claim as taken
from warehouse.rows import insert


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to send until its lease ends, and what to tell."""

    delivery: Delivery
    notice: Notice


def claim(connection: duckdb.DuckDBPyConnection, now: datetime) -> tuple[Claimed, ...]:
    """Take every delivery that is due, the oldest news first; a lease that ran out too."""
    answer = connection.execute(
        """
        SELECT delivery.id, delivery.alert_id, channel, state, attempts, due_at,
               delivery.created_at, error, notice
        FROM store.delivery
        JOIN store.alert ON alert.id = delivery.alert_id
        WHERE state NOT IN ('sent', 'dead') AND due_at <= $now
        ORDER BY delivery.created_at, notice->>'published_at', delivery.id
        """,
        {"now": now},
    )
    due = tuple(_claimed(row, now) for row in answer.fetchall())
    connection.execute(
        """
        UPDATE store.delivery
        SET state = 'sending', due_at = $lease_ends
        WHERE id IN (SELECT unnest($ids::VARCHAR[]))
        """,
        {"lease_ends": now + LEASE, "ids": [item.delivery.id for item in due]},
    )
    return due


def settle(connection: duckdb.DuckDBPyConnection, delivery: Delivery, now: datetime) -> None:
    """Write down how a claimed delivery went."""
    connection.execute(
        """
        UPDATE store.delivery
        SET state = $state, attempts = $attempts, due_at = $due_at, error = $error,
            sent_at = CASE WHEN $state = 'sent' THEN $now END
        WHERE id = $id
        """,
        {
            "state": str(delivery.state),
            "attempts": delivery.attempts,
            "due_at": delivery.due_at,
            "error": delivery.error,
            "now": now,
            "id": delivery.id,
        },
    )


def release(connection: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """Make due what a process was sending when it died; how many. Call it under the lock of the
    cycle, which says that no other process is at it."""
    answer = connection.execute(
        "UPDATE store.delivery SET due_at = $now WHERE state = 'sending' RETURNING id",
        {"now": now},
    )
    return len(answer.fetchall())


def told(connection: duckdb.DuckDBPyConnection, event_ids: Iterable[str]) -> set[tuple[str, str]]:
    """(event, channel) pairs that have a delivery already."""
    answer = connection.execute(
        "SELECT event_id, channel FROM store.delivery "
        "WHERE event_id IN (SELECT unnest($ids::VARCHAR[]))",
        {"ids": list(event_ids)},
    )
    return {(event, channel) for event, channel in answer.fetchall()}


@dataclass(frozen=True, slots=True)
class Announcement:
    """An alert with the deliveries that carry it."""

    notice: Notice
    article_id: str
    deliveries: tuple[Delivery, ...]


def post(
    connection: duckdb.DuckDBPyConnection, announcements: Sequence[Announcement], now: datetime
) -> None:
    """Write alerts and their deliveries; must run in the transaction that stores the matches.

    An alert that exists already gets its further deliveries and keeps its words.
    """
    written = _written(connection, announcements)
    fresh = [item for item in announcements if item.notice.alert_id not in written]
    insert(connection, "store.alert", [_alert(item, now) for item in fresh])
    rows = [
        {
            "id": delivery.id,
            "alert_id": delivery.alert_id,
            "event_id": item.notice.event_id,
            "channel": delivery.channel,
            "state": str(delivery.state),
            "attempts": delivery.attempts,
            "due_at": delivery.due_at,
            "created_at": delivery.created_at,
        }
        for item in announcements
        for delivery in item.deliveries
    ]
    insert(connection, "store.delivery", rows)


def _written(
    connection: duckdb.DuckDBPyConnection, announcements: Sequence[Announcement]
) -> set[str]:
    answer = connection.execute(
        "SELECT id FROM store.alert WHERE id IN (SELECT unnest($ids::VARCHAR[]))",
        {"ids": [item.notice.alert_id for item in announcements]},
    )
    return {row[0] for row in answer.fetchall()}


def _alert(item: Announcement, now: datetime) -> dict[str, object]:
    notice = item.notice
    return {
        "id": notice.alert_id,
        "event_id": notice.event_id,
        "rule_id": notice.rule_id,
        "article_id": item.article_id,
        "severity": notice.severity,
        "notice": notice_to_json(notice),
        "created_at": now,
    }


def _claimed(row: tuple[Any, ...], now: datetime) -> Claimed:
    id_, alert_id, channel, state, attempts, due_at, created_at, error, notice = row
    delivery = Delivery(
        id_, alert_id, channel, DeliveryState(state), attempts, due_at, created_at, error
    )
    return Claimed(taken(delivery, now), notice_from_json(notice))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def notice_to_json(notice: Notice) -> str:
    """A notice as it is kept: a later delivery tells exactly what the first one did."""
    fields = {name: getattr(notice, name) for name in Notice.__slots__}
    for name in ("appearances", "facts", "rules"):
        fields[name] = [asdict(item) for item in fields[name]]
    return json.dumps(fields, ensure_ascii=False, default=_iso)


def notice_from_json(text: str) -> Notice:
    """The inverse of `notice_to_json`."""
    fields = json.loads(text)
    for name in ("published_at", "first_seen_at"):
        fields[name] = _moment(fields[name]) if fields[name] else None
    fields["marks"] = tuple((start, end) for start, end in fields["marks"])
    fields["appearances"] = tuple(Appearance(**item) for item in fields["appearances"])
    fields["facts"] = tuple(_fact(item) for item in fields.get("facts", ()))
    fields["rules"] = tuple(FiredRule(**item) for item in fields.get("rules", ()))
    fields["kind"] = NoticeKind(fields.get("kind", NoticeKind.FIRST))
    return Notice(**fields)


def _fact(item: dict[str, Any]) -> NewFact:
    return NewFact(Development(item["development"]), item["before"], item["after"])


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a notice holds no {type(value).__name__}")
