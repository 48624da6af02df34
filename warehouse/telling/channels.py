"""How each channel does: what the outbox remembers of its failures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from alerts.telling.deciding.health import Health
from warehouse.storage.rows import insert
from warehouse.telling.unsettled import UNSETTLED


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


def elsewhere(
    connection: duckdb.DuckDBPyConnection, machine: str | None, since: datetime
) -> frozenset[str]:
    """Names of the channels that another machine of those which share the warehouse serves, as its
    last run said: none of a machine that has made no run `since`."""
    answer = connection.execute(
        """
        SELECT DISTINCT unnest(channels)
        FROM (
            SELECT channels
            FROM store.run
            WHERE machine != $machine AND started_at > $since
            QUALIFY row_number() OVER (PARTITION BY machine ORDER BY started_at DESC) = 1
        )
        """,
        {"machine": machine, "since": since},
    )
    return frozenset(row[0] for row in answer.fetchall())


def failing(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Names of the channels that did not take the last message."""
    answer = connection.execute("SELECT channel FROM store.channel_state WHERE failures > 0")
    return frozenset(row[0] for row in answer.fetchall())


@dataclass(frozen=True, slots=True)
class Ailing:
    """A channel that did not take the last message."""

    health: Health
    waiting: int
    """Messages that are to be sent to it yet."""


def ailing(connection: duckdb.DuckDBPyConnection) -> list[Ailing]:
    """Those channels, by name."""
    answer = connection.execute(
        f"""
        SELECT state.channel, failures, failing_since, retry_at, state.error, told_at, waiting
        FROM store.channel_state AS state
        LEFT JOIN (
            SELECT channel AS of, count(DISTINCT coalesce(bundle_id, id)) AS waiting
            FROM store.delivery
            WHERE {UNSETTLED}
            GROUP BY channel
        ) AS delivery ON of = state.channel
        WHERE failures > 0
        ORDER BY state.channel
        """  # noqa: S608 (our own words)
    )
    return [Ailing(Health(*row), waiting or 0) for *row, waiting in answer.fetchall()]


def spoken(found: Iterable[Ailing], zone: ZoneInfo, now: datetime) -> list[str]:
    """A line for each that messages wait for, such as 'desk: 3 messages wait until 01:15 …'."""
    return [
        f"{one.health.channel}: {one.waiting} message{'s wait' if one.waiting != 1 else ' waits'} "
        f"until {next_try(one.health, zone, now)} ({one.health.error})"
        for one in found
        if one.waiting
    ]


def next_try(health: Health, zone: ZoneInfo, now: datetime) -> str:
    """When a channel that fails is tried again."""
    if health.retry_at is None or not health.resting(now):
        return "the next cycle"
    return f"{health.retry_at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
