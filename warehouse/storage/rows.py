"""Rows in bulk: columns of Python values become one Arrow table and one INSERT."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

Row = Mapping[str, object]
Columns = Mapping[str, Sequence[object]]
"""Values by the name of their column; all columns are equally long."""


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> int:
    """Append `rows` to `table` (`store.article`, say) and return how many there were.

    Every row names the columns it fills; the table's other columns become NULL.
    """
    batch = list(rows)
    names = batch[0] if batch else ()
    fill(connection, table, {name: [row.get(name) for row in batch] for name in names})
    return len(batch)


def fill(connection: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Append `columns` to `table`, as `insert` does: thousands of long rows are sooner made so."""
    if any(columns.values()):
        append(connection, table, _typed(connection, table, columns))


def append(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table) -> None:
    """Append an Arrow table to `table`."""
    if batch.num_rows:
        with registered(connection, batch) as name:
            connection.execute(f"INSERT INTO {table} BY NAME FROM {name}")


@contextlib.contextmanager
def registered(connection: duckdb.DuckDBPyConnection, batch: pa.Table) -> Iterator[str]:
    """The name under which a statement finds `batch`."""
    connection.register("batch", batch)
    try:
        yield "batch"
    finally:
        connection.unregister("batch")


def among(name: str) -> str:
    """The right side of an IN: the ids that `many` put into the parameter of this name."""
    return f"(SELECT unnest({listed(name)}))"


def listed(name: str) -> str:
    """These ids as a list."""
    return f"""from_json(${name}, '["VARCHAR"]')"""


IDS = among("ids")


def many(ids: Iterable[str]) -> str:
    """Ids as one parameter, for `among`: DuckDB takes half a millisecond for each element of a list
    that is bound as such."""
    return json.dumps(list(ids))


def places(name: str) -> str:
    """The right side of an IN: the row numbers that `numbers` put into the parameter of this
    name."""
    return f"""(SELECT unnest(from_json(${name}, '["BIGINT"]')))"""


PLACES = places("places")

KEYS = """(SELECT unnest(from_json($keys, '["UBIGINT"]')))"""
"""What `numbers` makes of keys of versions (`warehouse.collecting.key`)."""

ID_KEYS = """(SELECT unnest(from_json($keys, '["UINTEGER"]')))"""
"""The same of keys of articles."""


def numbers(found: Iterable[int]) -> str:
    """As `many`, for thousands of whole numbers."""
    return json.dumps(list(found))


def changed(answer: duckdb.DuckDBPyConnection) -> int:
    """How many rows an executed INSERT, UPDATE or DELETE changed. (A lake knows no RETURNING.)"""
    row = answer.fetchone()
    return int(row[0]) if row else 0


def fetch_dicts(answer: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """All rows of an executed query, each under its column names."""
    columns = [column[0] for column in answer.description or []]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def _typed(connection: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> pa.Table:
    """The columns with the table's own types: one that is all NULL has no type of its own."""
    types = {
        field.name: _plain(field.type)
        for field in connection.execute(f"FROM {table} LIMIT 0").to_arrow_table().schema
    }
    return pa.table({name: _array(column, types[name]) for name, column in columns.items()})


def _array(column: Sequence[object], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array(column, kind)
    except UnicodeEncodeError:
        return pa.array([_encodable(value) for value in column], kind)


def _encodable(value: object) -> object:
    """Half a character (a lone surrogate) cannot be kept as UTF-8: a question mark stands in."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
