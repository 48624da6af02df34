"""Mutes: stories and rules that make no alerts for a while."""

from __future__ import annotations

from datetime import datetime

import duckdb

from warehouse.rows import insert

Mute = tuple[str, str]
"""`event` and the id of the event that began the story, or `rule` and its id."""


def present(connection: duckdb.DuckDBPyConnection, now: datetime) -> frozenset[Mute]:
    """What is muted at `now`."""
    answer = connection.execute("SELECT kind, key FROM store.mute WHERE until > $now", {"now": now})
    return frozenset((kind, key) for kind, key in answer.fetchall())


def mute(connection: duckdb.DuckDBPyConnection, what: Mute, until: datetime, now: datetime) -> None:
    """Make no alerts of it until then, whatever was said before."""
    unmute(connection, what)
    kind, key = what
    insert(
        connection, "store.mute", [{"kind": kind, "key": key, "until": until, "created_at": now}]
    )


def unmute(connection: duckdb.DuckDBPyConnection, what: Mute) -> bool:
    """Make alerts of it again; whether it was muted."""
    answer = connection.execute(
        "DELETE FROM store.mute WHERE kind = $kind AND key = $key RETURNING key",
        {"kind": what[0], "key": what[1]},
    )
    return bool(answer.fetchall())
