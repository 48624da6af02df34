"""How each channel does: what the outbox remembers of its failures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import duckdb

from alerts.telling.deciding.health import Health
from warehouse.rows import insert


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
