"""Every schema that noroshi has had is brought up to date, with all that its tables hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.released import pack, released, unpack
from warehouse.database import Connection, Warehouse
from warehouse.storage.inspect import tables
from warehouse.storage.migrate import migrations

Shape = list[tuple[object, ...]]


def shape(connection: Connection) -> Shape:
    """Tables and views, with the type of each column and what explains it."""
    return connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
    ).fetchall()


@cache
def present() -> Shape:
    """That of a new warehouse."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA store")
        for migration in migrations():
            connection.execute(migration.sql)
        return shape(connection)


def rows(connection: Connection, columns: dict[str, list[str]]) -> dict[str, Shape]:
    """What the given columns of each table hold."""
    return {
        table: connection.execute(
            f"SELECT {', '.join(names)} FROM store.{table} ORDER BY ALL"  # noqa: S608
        ).fetchall()
        for table, names in columns.items()
    }


def columns_of(connection: Connection) -> dict[str, list[str]]:
    return {
        table: [row[0] for row in connection.execute(f"DESCRIBE store.{table}").fetchall()]
        for table in tables(connection)
        if table != "schema_migration"
    }


@pytest.mark.parametrize("number", released())
def test_a_former_schema_is_brought_up_to_date_with_all_that_it_holds(
    tmp_path: Path, number: int
) -> None:
    warehouse = Warehouse(tmp_path)
    unpack(number, warehouse.live)
    with duckdb.connect(str(warehouse.live), read_only=True) as former:
        columns = columns_of(former)
        held = rows(former, columns)
    assert all(len(found) == 2 for found in held.values())
    with warehouse.writing("this noroshi") as connection:
        assert rows(connection, columns) == held
        found = [row for row in shape(connection) if row[1] != "schema_migration"]
        assert found == present()
        ledger = connection.execute("SELECT number FROM store.schema_migration ORDER BY ALL")
        assert [one for (one,) in ledger.fetchall()] == [m.number for m in migrations()]
    warehouse.publish()
    with warehouse.reading() as reader:
        for (view,) in reader.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall():
            reader.execute(f"FROM {view}").fetchall()


@pytest.mark.parametrize("number", [released()[len(released()) // 2], released()[-1]])
def test_a_migration_stays_as_it_was_released(tmp_path: Path, number: int) -> None:
    unpack(number, tmp_path / "released.duckdb")
    pack(migrations()[:number], tmp_path / "made.duckdb")
    with (
        duckdb.connect(str(tmp_path / "released.duckdb"), read_only=True) as then,
        duckdb.connect(str(tmp_path / "made.duckdb"), read_only=True) as now,
    ):
        assert shape(now) == shape(then)
        assert views(now) == views(then)


def views(connection: Connection) -> Shape:
    return connection.execute(
        "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
    ).fetchall()


def test_no_schema_was_left_out() -> None:
    assert released() == list(range(1, len(released()) + 1))
