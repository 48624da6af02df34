"""Claiming: what of the outbox goes out now, singly or together, and what waits for what.

Quiet hours and the hourly cap of a channel are kept here; each step is one statement over all the
deliveries of a channel, however many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import duckdb

from alerts.telling.deciding.outbox import bundle_id
from alerts.telling.deciding.quiet import Quiet, QuietMode
from alerts.telling.deciding.reception import HOUR, Reception, Traffic, room, summarises
from alerts.telling.writing.bundle import Held
from warehouse.storage.rows import IDS, many
from warehouse.telling import channels
from warehouse.telling.parcels import Parcel, take
from warehouse.telling.unsettled import UNSETTLED

SLICE = 30
"""Messages that a process claims at a time for one channel: few enough to end within the lease."""


def claim(
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    receptions: Mapping[str, Reception] | None = None,
    *,
    last: bool = True,
    without: Collection[str] = (),
    sender: str | None = None,
) -> tuple[Parcel, ...]:
    """Take the next messages that are due, at most SLICE for each channel, each channel's in order;
    a lease that ran out too.

    Left alone are channels that rest after a failure, those in `without`, and those to which
    another process is sending: it takes what was written meanwhile when it has sent what it has, so
    that a channel's messages go out one after the other, whoever sends them. Quiet hours and the
    hourly cap of `receptions` are kept; a channel without one has neither quiet hours nor a cap but
    the default. `last`: everything that this cycle tells is written. `sender` is who takes them.
    """
    found: list[Parcel] = []
    busy = _busy(connection, now)
    _reconsider(connection, now, last=last)
    for channel in _waiting_channels(connection, now):
        reception = (receptions or {}).get(channel, Reception(channel))
        if reception.quiet:
            _keep_quiet(connection, channel, reception.quiet, now)
        rests = channel in without or channels.health(connection, channel).resting(now)
        if rests or channel in busy:
            continue
        _bundle_held(connection, channel, now)
        singles = _singles(connection, reception, now, last=last)
        found += take(connection, channel, now, singles=singles, limit=SLICE, sender=sender)
    return tuple(found)


def waiting(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The channels for which there is anything in the outbox."""
    answer = connection.execute(f"SELECT DISTINCT channel FROM store.delivery WHERE {UNSETTLED}")  # noqa: S608
    return {channel for (channel,) in answer.fetchall()}


_DUE = f"{UNSETTLED} AND due_at <= $now"
_LOOSE = "bundle_id IS NULL AND bulletin_id IS NULL"
"""Alerts that go out singly, as far as is known."""
_TRIED = "(attempts > 0 OR state = 'sending')"
"""What a channel may have accepted: it is told under its own id and joins no others."""


def _reconsider(connection: duckdb.DuckDBPyConnection, now: datetime, *, last: bool) -> None:
    """What is held back is due, for the settings may have changed since: quiet hours and cap hold
    it again where they still want to. So is what was due when it was written, at a moment that is
    to come once more as clocks are set back."""
    connection.execute(
        f"""
        UPDATE store.delivery
        SET due_at = $now
        WHERE {UNSETTLED} AND state != 'sending' AND due_at > $now AND (
            (state = 'pending' AND (held = 'quiet' OR bundle_id IS NOT NULL))
            OR (state = 'pending' AND held = 'cap' AND $last)
            OR (created_at > $now AND (state = 'failed' OR due_at <= created_at))
        )
        """,  # noqa: S608 (our own words)
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
            f"""
            UPDATE store.delivery
            SET state = CASE WHEN sent_at IS NULL THEN 'skipped' ELSE 'sent' END,
                error = CASE WHEN sent_at IS NULL THEN 'it fell into silent hours' END
            WHERE channel = $channel AND {_DUE} AND bulletin_id IS NULL
            """,  # noqa: S608 (our own words)
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
        f"""
        UPDATE store.delivery
        SET due_at = $until, held = 'cap'
        WHERE id IN {IDS}
        """,  # noqa: S608 (our own words)
        {"until": until, "ids": many(ids)},
    )


def _room_at(
    connection: duckdb.DuckDBPyConnection, reception: Reception, now: datetime
) -> datetime:
    """When a channel that is at its cap has room for one more, or for a summary."""
    answer = connection.execute(
        f"""
        SELECT last_sent_at
        FROM (
            SELECT last_sent_at, row_number() OVER (ORDER BY last_sent_at DESC) AS number
            FROM store.delivery
            WHERE channel = $channel AND state = 'sent' AND {_LOOSE}
                AND last_sent_at > $since AND last_sent_at <= $now
        )
        WHERE number = $cap
        UNION ALL
        SELECT max(last_sent_at)
        FROM store.delivery
        WHERE channel = $channel AND held = 'cap' AND bundle_id IS NOT NULL
            AND last_sent_at > $since AND last_sent_at <= $now
        """,  # noqa: S608 (the condition stands above)
        {"channel": reception.channel, "since": now - HOUR, "now": now, "cap": reception.per_hour},
    )
    return min((at + HOUR for (at,) in answer.fetchall() if at), default=now + HOUR)


def _traffic(connection: duckdb.DuckDBPyConnection, channel: str, now: datetime) -> Traffic:
    untried = f"{_DUE} AND {_LOOSE} AND NOT {_TRIED}"
    lately = "(state = 'sent' AND last_sent_at > $since AND last_sent_at <= $now)"
    again = f"({_DUE} AND {_TRIED})"
    out = f"{_LOOSE} AND ({lately} OR {again} OR state = 'sending')"
    answer = connection.execute(
        f"""
        SELECT count(*) FILTER (WHERE {untried}),
               count(*) FILTER (WHERE {out}),
               coalesce(bool_or(
                   held = 'cap' AND bundle_id IS NOT NULL
                   AND ({UNSETTLED} OR {lately})
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
        f"""
        UPDATE store.delivery
        SET bundle_id = $bundle, held = $held
        WHERE id IN {IDS}
        """,  # noqa: S608 (our own words)
        {"bundle": bundle_id(ids), "held": str(held), "ids": many(ids)},
    )
