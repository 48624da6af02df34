"""Rows in bulk: Python mappings become one Arrow table and one INSERT."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa

Row = Mapping[str, object]


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> int:
    """Append `rows` to `table` (`store.article`, say) and return how many there were.

    Every row names the columns it fills; the table's other columns become NULL.
    """
    batch = list(rows)
    if not batch:
        return 0
    append(connection, table, _typed(connection, table, batch))
    return len(batch)


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


PLACES = """(SELECT unnest(from_json($places, '["BIGINT"]')))"""
"""What `numbers` makes of row numbers, as the right side of an IN."""

KEYS = """(SELECT unnest(from_json($keys, '["UBIGINT"]')))"""
"""What `numbers` makes of keys of versions (`warehouse.key`)."""


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


def _typed(connection: duckdb.DuckDBPyConnection, table: str, batch: list[Row]) -> pa.Table:
    """The batch with the table's own types: an all-NULL column has no type of its own."""
    types = {
        field.name: _plain(field.type)
        for field in connection.execute(f"FROM {table} LIMIT 0").to_arrow_table().schema
    }
    try:
        return _table(batch, types)
    except UnicodeEncodeError:
        return _table([_encodable(row) for row in batch], types)


def _table(batch: list[Row], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Made a column at a time; what a row does not name is empty."""
    return pa.table({n: pa.array([row.get(n) for row in batch], types[n]) for n in batch[0]})


def _encodable(row: Row) -> dict[str, object]:
    """Half a character (a lone surrogate) cannot be kept as UTF-8: a question mark stands in."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
