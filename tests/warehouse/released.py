"""The schemas that noroshi has had: a file of each, as it was written, with rows in every table.

.venv/bin/python -m tests.warehouse.released    writes those that are missing
"""

from __future__ import annotations

import lzma
import sys
import tempfile
from pathlib import Path

import duckdb

from warehouse.storage.inspect import tables
from warehouse.storage.migrate import Migration, migrations

FOLDER = Path(__file__).parent / "released"

VALUES = {
    "VARCHAR": "'text ' || n",
    "VARCHAR[]": "['text ' || n, '日本']",
    "JSON": "'[]'::JSON",
    "INTEGER": "n",
    "BIGINT": "n",
    "UBIGINT": "n",
    "UINTEGER": "n",
    "DOUBLE": "n / 4",
    "BOOLEAN": "n = 1",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2025-11-24 12:00:00+00' + n * INTERVAL 1 DAY",
}
"""A value of each type in row `n`."""


def released() -> list[int]:
    """Numbers of the schemas of which there is a file."""
    return sorted(int(file.name[:4]) for file in FOLDER.glob("*.duckdb.xz"))


def unpack(number: int, file: Path) -> None:
    """The file of a schema, as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(lzma.decompress(_packed(number).read_bytes()))


def _packed(number: int) -> Path:
    return FOLDER / f"{number:04}.duckdb.xz"


def pack(known: tuple[Migration, ...], file: Path) -> None:
    """Write a file with the schema that `known` make, and two rows in each table."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA store")
        connection.execute(
            "CREATE TABLE store.schema_migration "
            "(number INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)"
        )
        for migration in known:
            connection.execute(migration.sql)
            row = {"number": migration.number, "name": migration.name}
            connection.execute(
                "INSERT INTO store.schema_migration VALUES ($number, $name, now())", row
            )
        for table in tables(connection):
            if table != "schema_migration":
                _fill(connection, table)


def _fill(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    columns = connection.execute(f"DESCRIBE store.{table}").fetchall()
    values = ", ".join(f"{VALUES[kind]} AS {name}" for name, kind, *_ in columns)
    connection.execute(
        f"INSERT INTO store.{table} BY NAME SELECT {values} FROM range(1, 3) AS numbers(n)"  # noqa: S608
    )


def main() -> None:
    """Write the files that are missing."""
    FOLDER.mkdir(exist_ok=True)
    for migration in migrations():
        packed = _packed(migration.number)
        if not packed.exists():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "made.duckdb")
                pack(migrations()[: migration.number], file)
                packed.write_bytes(lzma.compress(file.read_bytes()))
            sys.stdout.write(f"{packed}\n")


if __name__ == "__main__":
    main()
