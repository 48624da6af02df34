"""Whose turn it is to write to a lake: a lock in PostgreSQL, which tells who holds it.

An advisory lock of a transaction is let go as soon as the connection ends, however its holder
died. Its session names the holder, as `noroshi doctor` and whoever waits read it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import duckdb

from warehouse.errors import WarehouseBusy
from warehouse.storage.ducklake import attach_errors, lake_errors, opened
from warehouse.storage.migrate import roll_back
from warehouse.storage.place import Place
from warehouse.storage.session import Connection, quoted
from warehouse.storage.spare import lent

KEY = 0x6E6F726F736869
"""The lock's number within the catalogue's database: "noroshi"."""
_HOLDER = f"""
SELECT application_name
FROM pg_locks
JOIN pg_stat_activity USING (pid)
JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND granted AND pg_database.datname = current_database()
    AND objsubid = 1 AND classid = {KEY >> 32} AND objid = {KEY & 0xFFFFFFFF}
"""  # noqa: S608 (a number of ours)
WAIT_SECONDS = 60
_PAUSE_SECONDS = 0.1
_NAME_BYTES = 63
"""What PostgreSQL keeps of the name of an application."""


@contextlib.contextmanager
def turn(place: Place, doing: str, deadline: float) -> Iterator[None]:
    """Hold the turn for the length of the block, waiting for it until `deadline` (monotonic).

    Raises WarehouseBusy, naming who has it, and WarehouseUnusable.
    """
    with asking(place) as connection:
        with lake_errors(place):
            introduce(connection, doing)
            _wait(connection, place, deadline)
        yield


def turn_for(place: Place, doing: str) -> contextlib.AbstractContextManager[None]:
    """The turn, waited for for a minute."""
    return turn(place, doing, time.monotonic() + WAIT_SECONDS)


def holder(place: Place) -> str | None:
    """Who has the turn and what for; None where nobody does. Raises WarehouseUnusable."""
    with asking(place) as connection, lake_errors(place):
        return _holder(connection)


@contextlib.contextmanager
def asking(place: Place) -> Iterator[Connection]:
    """A transaction with PostgreSQL, in which nothing is written."""
    with gate(place) as connection:
        with attach_errors(place):
            connection.execute("BEGIN")
        try:
            yield connection
        finally:
            # Left to be rolled back as it is closed, a transaction whose connection was cut
            # aborts the whole process (duckdb 1.5.5).
            roll_back(connection)


def gate(place: Place) -> contextlib.AbstractContextManager[Connection]:
    """A session in which PostgreSQL itself is asked."""
    return lent(("gate", place), lambda: _gate(place))


def _gate(place: Place) -> Connection:
    connection = opened(place, ["postgres_scanner"])
    secret = ", SECRET catalogue" if place.secret("PGPASSWORD") else ""
    try:
        with attach_errors(place):
            connection.execute(
                f"ATTACH '{quoted(place.catalogue)}' AS gate (TYPE postgres{secret})"
            )
    except BaseException:
        connection.close()
        raise
    return connection


def introduce(connection: Connection, doing: str) -> None:
    """Tell who this is, and let PostgreSQL find out within a minute that this machine is gone."""
    name = f"noroshi: process {os.getpid()} on {socket.gethostname()} ({doing})"
    settings = {
        "application_name": name.encode()[:_NAME_BYTES].decode(errors="ignore"),
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
    }
    told = (f"set_config('{key}', '{quoted(value)}', TRUE)" for key, value in settings.items())
    ask(connection, f"SELECT concat({', '.join(told)})")


def _wait(connection: Connection, place: Place, deadline: float) -> None:
    while not ask(connection, f"SELECT pg_try_advisory_xact_lock({KEY})"):
        if time.monotonic() >= deadline:
            who = _holder(connection) or "another process"
            what = f"{who} is writing to it"
            raise WarehouseBusy(place, what, "wait until it has ended, or stop it")
        time.sleep(_PAUSE_SECONDS)


def _holder(connection: Connection) -> str | None:
    found = ask(connection, _HOLDER)
    return str(found).removeprefix("noroshi: ") if found else None


def ask(connection: Connection, sql: str) -> object:
    """The first value of PostgreSQL's answer; None where there is no row."""
    rows = answers(connection, sql)
    return rows[0][0] if rows else None


def answers(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """The rows of PostgreSQL's answer."""
    return _asked(connection, "FROM postgres_query('gate', $sql)", sql)


def tell(connection: Connection, sql: str) -> None:
    """Have PostgreSQL carry out a statement, committed at once outside of a transaction."""
    _asked(connection, "CALL postgres_execute('gate', $sql)", sql)


def _asked(connection: Connection, how: str, sql: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(how, {"sql": sql}).fetchall()
    except duckdb.BinderException as error:  # so it is told that the connection was cut
        raise duckdb.IOException(str(error)) from error
