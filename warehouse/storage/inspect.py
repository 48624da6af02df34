"""Inspection: whether a warehouse file is whole, and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseBusy, WarehouseDamaged, WarehouseUnusable
from warehouse.storage.migrate import applied, known
from warehouse.storage.session import Connection

MEMORY = "512MB"
"""What DuckDB may hold at a time while it reads all of a file."""


Report = Callable[[str, int, int], None]
"""Who wants to know how far what takes minutes is: what is at hand, how much is done, of how much
(0 where nobody knows)."""


def unheard(at_hand: str, done: int, total: int) -> None:
    """A report to nobody."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a whole file holds."""

    schema: int
    """Number of its newest migration."""
    rows: dict[str, int]
    """Rows of each table of the pipeline."""


def inspect(file: Path, report: Report = unheard) -> Contents:
    """Read every row of every table, which checks the sums of all blocks; memory stays bounded.

    Raises WarehouseUnusable where the file is missing, damaged or no warehouse, WarehouseBusy where
    a program writes into it, and WarehouseTooNew.
    """
    if not file.is_file():
        raise WarehouseUnusable(file, "there is no such file", "name a file of noroshi's")
    with _opened(file) as connection:
        if not known(connection, file):
            raise WarehouseUnusable(file, "it is no warehouse of noroshi's", "name another file")
        return contents(connection, report)


def contents(connection: Connection, report: Report = unheard) -> Contents:
    """Read every row of every table of the current catalogue."""
    rows = {table: _read(connection, table) for table in told(tables(connection), report)}
    return Contents(applied(connection), rows)


def told(names: Sequence[str], report: Report) -> Iterator[str]:
    """Each table's name, which is reported when it comes to hand."""
    for done, name in enumerate(names):
        report(name, done, len(names))
        yield name
    report("", len(names), len(names))


def tables(connection: Connection) -> list[str]:
    """Names of the pipeline's tables in the current catalogue, without their schema."""
    answer = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name = 'store' ORDER BY table_name"
    )
    return [row[0] for row in answer.fetchall()]


def _read(connection: Connection, table: str) -> int:
    answer = connection.execute(
        f"SELECT count(*), bit_xor(hash(part)) FROM store.{table} AS part"  # noqa: S608
    ).fetchone()
    return int(answer[0]) if answer else 0


@contextmanager
def _opened(file: Path) -> Iterator[Connection]:
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            yield connection
    except duckdb.Error as error:
        what = str(error).strip().splitlines()[0]
        if "Could not set lock on file" in what:
            raise WarehouseBusy(file, what, "close that program") from error
        raise WarehouseDamaged(
            file, f"it is damaged or no warehouse ({what})", "name another file"
        ) from error
