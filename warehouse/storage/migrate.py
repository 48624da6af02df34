"""Numbered, forward-only schema changes: each in one transaction with its row in the ledger.

A new warehouse takes all of them in one.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import duckdb

from warehouse.errors import WarehouseTooNew

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `warehouse/migrations`."""

    number: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations that this program knows, in order."""
    found = []
    for file in files("warehouse").joinpath("migrations").iterdir():
        if parts := _NAME.fullmatch(file.name):
            found.append(Migration(int(parts[1]), parts[2], file.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(connection: duckdb.DuckDBPyConnection, translated: Callable[[str], str] = str) -> None:
    """Bring the current catalogue to the newest schema. Raises WarehouseTooNew.

    `translated` makes of a migration what a catalogue takes that does not take all of it.
    A process that dies half-way leaves the schema as it was before the migration at hand.
    """
    present = known(connection, "the warehouse")
    due = [replace(one, sql=translated(one.sql)) for one in migrations()[present:]]
    # A new warehouse is made at once: in a lake, that is ten times as fast.
    for steps in [[one] for one in due] if present else [due]:
        _apply(connection, steps)


def behind(connection: duckdb.DuckDBPyConnection, where: object) -> bool:
    """Whether the schema is not the newest yet. Raises WarehouseTooNew."""
    return known(connection, where) < migrations()[-1].number


def known(connection: duckdb.DuckDBPyConnection, where: object) -> int:
    """Number of the newest migration in the ledger. Raises WarehouseTooNew for one that this
    program does not know."""
    present, newest = applied(connection), migrations()[-1].number
    if present > newest:
        what = f"it has schema {present}, and this noroshi knows schemas up to {newest}"
        remedy = "use the newer noroshi that wrote it, or another data_folder"
        raise WarehouseTooNew(where, what, remedy)
    return present


def applied(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the newest migration in the ledger; 0 for a new warehouse."""
    try:
        newest = connection.execute("SELECT max(number) FROM store.schema_migration").fetchone()
    except duckdb.CatalogException:
        return 0
    return int(newest[0]) if newest and newest[0] is not None else 0


def _apply(connection: duckdb.DuckDBPyConnection, steps: Sequence[Migration]) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute("CREATE SCHEMA IF NOT EXISTS store")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS store.schema_migration "
            "(number INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)"
        )
        for migration in steps:
            connection.execute(migration.sql)
            connection.execute(
                "INSERT INTO store.schema_migration VALUES ($number, $name, now())",
                {"number": migration.number, "name": migration.name},
            )
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; one whose commit failed has ended by itself."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")
