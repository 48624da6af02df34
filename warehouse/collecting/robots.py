"""The robots.txt of hosts, kept from one cycle to the next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import duckdb

from extractors.web.robots import Found, Robots
from warehouse.storage.rows import IDS, insert, many

KEPT = timedelta(days=40)
"""Longer than rules of before may stand in for those that cannot be read."""


def known(connection: duckdb.DuckDBPyConnection) -> dict[str, Robots]:
    """What is kept, by server."""
    answer = connection.execute(
        "SELECT server, found, asked_at, text, failing_since FROM store.robots"
    )
    return {
        server: Robots(server, Found(found), asked_at, text, since)
        for server, found, asked_at, text, since in answer.fetchall()
    }


def keep(connection: duckdb.DuckDBPyConnection, learnt: Collection[Robots], now: datetime) -> None:
    """Replace what was known by what was `learnt`, and forget what nobody asked for in long."""
    connection.execute(
        f"""
        DELETE FROM store.robots
        WHERE server IN {IDS} OR asked_at < $since
        """,  # noqa: S608 (our own words)
        {"ids": many(robots.server for robots in learnt), "since": now - KEPT},
    )
    rows = [
        {
            "server": robots.server,
            "found": str(robots.found),
            "asked_at": robots.asked_at,
            "text": robots.text,
            "failing_since": robots.failing_since,
        }
        for robots in learnt
    ]
    insert(connection, "store.robots", rows)
