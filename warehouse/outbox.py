"""The outbox: deliveries are written with what they tell, claimed with a lease, and settled.

Each step is one statement over all the deliveries of a channel, however many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from alerts.telling.deciding.health import Health
from alerts.telling.deciding.outbox import Delivery, DeliveryState, bundle_id, delivery_id
from alerts.telling.deciding.quiet import Quiet, QuietMode
from alerts.telling.deciding.reception import HOUR, Reception, Traffic, room, summarises
from alerts.telling.notice import Notice
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.bundle import Held
from warehouse.letters import facts_to_json, message_to_json, notice_to_json
from warehouse.parcels import Parcel, take
from warehouse.rows import changed, insert, many

SLICE = 30
"""Messages that a process claims at a time for one channel: few enough to end within the lease."""


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


def claim(
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    receptions: Mapping[str, Reception] | None = None,
    *,
    last: bool = True,
    without: Collection[str] = (),
    only: Collection[str] | None = None,
) -> tuple[Parcel, ...]:
    """Take the next messages that are due, at most SLICE for each channel, each channel's in order;
    a lease that ran out too.

    Left alone are channels that rest after a failure, those in `without`, those that are not in
    `only`, and those to which another process is sending: it takes what was written meanwhile when
    it has sent what it has, so that a channel's messages go out one after the other, whoever sends
    them. Quiet hours and the hourly cap of `receptions` are kept; a channel without one has neither
    quiet hours nor a cap but the default. `last`: everything that this cycle tells is written.
    """
    found: list[Parcel] = []
    busy = _busy(connection, now)
    _reconsider(connection, now, last=last)
    for channel in _waiting_channels(connection, now):
        if only is not None and channel not in only:
            continue
        reception = (receptions or {}).get(channel, Reception(channel))
        if reception.quiet:
            _keep_quiet(connection, channel, reception.quiet, now)
        rests = channel in without or health(connection, channel).resting(now)
        if rests or channel in busy:
            continue
        _bundle_held(connection, channel, now)
        singles = _singles(connection, reception, now, last=last)
        found += take(connection, channel, now, singles=singles, limit=SLICE)
    return tuple(found)


_DUE = "state NOT IN ('sent', 'dead', 'skipped') AND due_at <= $now"
_LOOSE = "bundle_id IS NULL AND bulletin_id IS NULL"
"""Alerts that go out singly, as far as is known."""
_TRIED = "(attempts > 0 OR state = 'sending')"
"""What a channel may have accepted: it is told under its own id and joins no others."""


def _reconsider(connection: duckdb.DuckDBPyConnection, now: datetime, *, last: bool) -> None:
    """What is held back is due, for the settings may have changed since: quiet hours and cap hold
    it again where they still want to. So is what was due when it was written, at a moment that is
    to come once more as clocks are set back."""
    connection.execute(
        """
        UPDATE store.delivery
        SET due_at = $now
        WHERE state NOT IN ('sent', 'dead', 'skipped', 'sending') AND due_at > $now AND (
            (state = 'pending' AND (held = 'quiet' OR bundle_id IS NOT NULL))
            OR (state = 'pending' AND held = 'cap' AND $last)
            OR (created_at > $now AND (state = 'failed' OR due_at <= created_at))
        )
        """,
        {"now": now, "last": last},
    )


def _waiting_channels(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[str]:
    answer = connection.execute(
        f"SELECT DISTINCT channel FROM store.delivery WHERE {_DUE} ORDER BY channel",  # noqa: S608
        {"now": now},
    )
    return [row[0] for row in answer.fetchall()]


def _busy(connection: duckdb.DuckDBPyConnection, now: datetime) -> frozenset[str]:
    """The channels to which a process is sending, and its lease lasts."""
    answer = connection.execute(
        "SELECT DISTINCT channel FROM store.delivery WHERE state = 'sending' AND due_at > $now",
        {"now": now},
    )
    return frozenset(channel for (channel,) in answer.fetchall())


def _keep_quiet(
    connection: duckdb.DuckDBPyConnection, channel: str, quiet: Quiet, now: datetime
) -> None:
    """In quiet hours, put off or skip what is due; bulletins and critical alerts as they want."""
    until = quiet.until(now)
    if until is None:
        return
    values = {"channel": channel, "now": now}
    if quiet.mode is QuietMode.SILENT:
        connection.execute(
            f"UPDATE store.delivery SET state = 'skipped', error = 'it fell into silent hours' "  # noqa: S608
            f"WHERE channel = $channel AND {_DUE} AND bulletin_id IS NULL",
            values,
        )
    loud = quiet.mode is QuietMode.CRITICAL_ONLY
    connection.execute(
        f"""
        UPDATE store.delivery
        SET due_at = $until,
            held = CASE WHEN bundle_id IS NULL THEN 'quiet' ELSE held END
        WHERE channel = $channel AND {_DUE} AND NOT (
            $loud AND coalesce(bundle_id, id) IN (
                SELECT coalesce(bundle_id, delivery.id)
                FROM store.delivery
                JOIN store.alert ON alert.id = alert_id
                WHERE channel = $channel AND severity = 'critical'
            )
        )
        """,  # noqa: S608 (the conditions stand above)
        {**values, "until": until, "loud": loud},
    )


def _bundle_held(connection: duckdb.DuckDBPyConnection, channel: str, now: datetime) -> None:
    """What was held in quiet hours that are over becomes one message."""
    held = _ids(
        connection, f"{_DUE} AND {_LOOSE} AND NOT {_TRIED} AND held = 'quiet'", channel, now
    )
    if len(held) > 1:
        _bundle(connection, held, Held.QUIET)


def _singles(
    connection: duckdb.DuckDBPyConnection, reception: Reception, now: datetime, *, last: bool
) -> list[str]:
    """The alerts that may go out singly now, the gravest where there is no room for all; what finds
    none becomes one summary, or waits."""
    traffic = _traffic(connection, reception.channel, now)
    tried = _ids(connection, f"{_DUE} AND {_LOOSE} AND {_TRIED}", reception.channel, now)
    due = _ids(connection, f"{_DUE} AND {_LOOSE} AND NOT {_TRIED}", reception.channel, now)
    rooms = room(reception, traffic)
    if summarises(reception, traffic, last=last):
        _bundle(connection, due[rooms:], Held.CAP)
    elif last and due[rooms:]:
        _hold(connection, due[rooms:], _room_at(connection, reception, now))
    return tried + due[:rooms]


def _hold(connection: duckdb.DuckDBPyConnection, ids: Sequence[str], until: datetime) -> None:
    """Put off what the hourly cap leaves no room for, and note why."""
    connection.execute(
        """
        UPDATE store.delivery
        SET due_at = $until, held = 'cap'
        WHERE id IN (SELECT unnest(from_json($ids, '["VARCHAR"]')))
        """,
        {"until": until, "ids": many(ids)},
    )


def _room_at(
    connection: duckdb.DuckDBPyConnection, reception: Reception, now: datetime
) -> datetime:
    """When a channel that is at its cap has room for one more, or for a summary."""
    answer = connection.execute(
        f"""
        SELECT sent_at
        FROM (
            SELECT sent_at, row_number() OVER (ORDER BY sent_at DESC) AS number
            FROM store.delivery
            WHERE channel = $channel AND state = 'sent' AND {_LOOSE}
                AND sent_at > $since AND sent_at <= $now
        )
        WHERE number = $cap
        UNION ALL
        SELECT max(sent_at)
        FROM store.delivery
        WHERE channel = $channel AND held = 'cap' AND bundle_id IS NOT NULL
            AND sent_at > $since AND sent_at <= $now
        """,  # noqa: S608 (the condition stands above)
        {"channel": reception.channel, "since": now - HOUR, "now": now, "cap": reception.per_hour},
    )
    return min((at + HOUR for (at,) in answer.fetchall() if at), default=now + HOUR)


def _traffic(connection: duckdb.DuckDBPyConnection, channel: str, now: datetime) -> Traffic:
    untried = f"{_DUE} AND {_LOOSE} AND NOT {_TRIED}"
    lately = "(state = 'sent' AND sent_at > $since AND sent_at <= $now)"
    again = f"({_DUE} AND {_TRIED})"
    out = f"{_LOOSE} AND ({lately} OR {again} OR state = 'sending')"
    answer = connection.execute(
        f"""
        SELECT count(*) FILTER (WHERE {untried}),
               count(*) FILTER (WHERE {out}),
               coalesce(bool_or(
                   held = 'cap' AND bundle_id IS NOT NULL
                   AND (state NOT IN ('sent', 'dead', 'skipped') OR {lately})
               ), FALSE),
               count(*) FILTER (WHERE {untried} AND severity = 'critical'),
               count(*) FILTER (WHERE {out} AND severity = 'critical')
        FROM store.delivery
        LEFT JOIN (SELECT id AS of, severity FROM store.alert) AS alert ON of = alert_id
        WHERE channel = $channel
        """,  # noqa: S608
        {"channel": channel, "now": now, "since": now - HOUR},
    )
    return Traffic(*answer.fetchall()[0])


def _ids(
    connection: duckdb.DuckDBPyConnection, which: str, channel: str, now: datetime
) -> list[str]:
    """Ids of such deliveries of a channel, the gravest alerts first, then the oldest."""
    answer = connection.execute(
        f"""
        SELECT delivery.id
        FROM store.delivery
        LEFT JOIN (SELECT id AS of, severity FROM store.alert) AS alert ON of = alert_id
        WHERE channel = $channel AND {which}
        ORDER BY list_position(['critical', 'high', 'medium', 'low'], severity),
                 created_at, delivery.id
        """,  # noqa: S608
        {"channel": channel, "now": now},
    )
    return [row[0] for row in answer.fetchall()]


def _bundle(connection: duckdb.DuckDBPyConnection, ids: Sequence[str], held: Held) -> None:
    connection.execute(
        """
        UPDATE store.delivery
        SET bundle_id = $bundle, held = $held
        WHERE id IN (SELECT unnest(from_json($ids, '["VARCHAR"]')))
        """,
        {"bundle": bundle_id(ids), "held": str(held), "ids": many(ids)},
    )


def settle(connection: duckdb.DuckDBPyConnection, delivery: Delivery, now: datetime) -> None:
    """Write down how a claimed message went, for every delivery in it. What failed after another
    process took it over, and sent it, stays sent."""
    connection.execute(
        """
        UPDATE store.delivery
        SET state = $state, attempts = $attempts, due_at = $due_at, error = $error,
            sent_at = CASE WHEN $state = 'sent' THEN $now END
        WHERE coalesce(bundle_id, id) = $id
            AND ($state = 'sent' OR state NOT IN ('sent', 'dead', 'skipped'))
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


def put_back(connection: duckdb.DuckDBPyConnection, ids: Collection[str], now: datetime) -> None:
    """Give up the claim on messages that were not tried."""
    connection.execute(
        """
        UPDATE store.delivery
        SET state = CASE WHEN attempts = 0 THEN 'pending' ELSE 'failed' END, due_at = $now
        WHERE coalesce(bundle_id, id) IN (SELECT unnest($ids::VARCHAR[])) AND state = 'sending'
        """,
        {"ids": list(ids), "now": now},
    )


def release(connection: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """Make due what a process was sending when it died; how many. Call it under the lock of those
    who send, which says that no other process is at it."""
    answer = connection.execute(
        "UPDATE store.delivery SET due_at = $now WHERE state = 'sending'", {"now": now}
    )
    return changed(answer)


def give_up(
    connection: duckdb.DuckDBPyConnection,
    channel: str,
    why: str,
    *,
    before: datetime | None = None,
) -> int:
    """What a channel was to be told, before a moment or at all, and was not, is dead; how many."""
    answer = connection.execute(
        """
        UPDATE store.delivery
        SET state = 'dead', error = $why
        WHERE channel = $channel AND state NOT IN ('sent', 'dead', 'skipped')
            AND ($before::TIMESTAMPTZ IS NULL OR coalesce(revived_at, created_at) <= $before)
        """,
        {"channel": channel, "why": why, "before": before},
    )
    return changed(answer)


def health(connection: duckdb.DuckDBPyConnection, channel: str) -> Health:
    """How a channel does."""
    answer = connection.execute(
        """
        SELECT channel, failures, failing_since, retry_at, error, told_at
        FROM store.channel_state
        WHERE channel = $channel
        """,
        {"channel": channel},
    ).fetchone()
    return Health(*answer) if answer else Health(channel)


def keep_health(connection: duckdb.DuckDBPyConnection, state: Health) -> None:
    """Write down how a channel does."""
    connection.execute(
        "DELETE FROM store.channel_state WHERE channel = $channel", {"channel": state.channel}
    )
    insert(connection, "store.channel_state", [asdict(state)])


def standing(connection: duckdb.DuckDBPyConnection, bulletin_id: str) -> dict[str, DeliveryState]:
    """How a bulletin stands at each channel."""
    answer = connection.execute(
        "SELECT channel, state FROM store.delivery WHERE bulletin_id = $id ORDER BY channel",
        {"id": bulletin_id},
    )
    return {channel: DeliveryState(state) for channel, state in answer.fetchall()}


def failing(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Names of the channels that did not take the last message."""
    answer = connection.execute("SELECT channel FROM store.channel_state WHERE failures > 0")
    return frozenset(row[0] for row in answer.fetchall())


def _present(connection: duckdb.DuckDBPyConnection, table: str, ids: Iterable[str]) -> set[str]:
    answer = connection.execute(
        f"SELECT id FROM store.{table} "  # noqa: S608
        """WHERE id IN (SELECT unnest(from_json($ids, '["VARCHAR"]')))""",
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
