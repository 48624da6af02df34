"""The hosts that asked for patience, kept from one cycle to the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import duckdb

from warehouse.storage.rows import IDS, insert, many


def known(connection: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """Until when each is to be left alone, by host and port."""
    return dict(connection.execute("SELECT host, until FROM store.respite").fetchall())


def keep(
    connection: duckdb.DuckDBPyConnection, until: Mapping[str, datetime], now: datetime
) -> None:
    """Replace what was known by what still goes of `until`."""
    rows = [{"host": host, "until": end} for host, end in until.items() if end > now]
    if rows or known(connection):
        connection.execute("DELETE FROM store.respite")
        insert(connection, "store.respite", rows)


def forget(connection: duckdb.DuckDBPyConnection, hosts: Collection[str]) -> None:
    """These may be asked again."""
    connection.execute(
        f"DELETE FROM store.respite WHERE host IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(hosts)},
    )
