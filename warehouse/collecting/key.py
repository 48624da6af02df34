"""Keys: versions and articles by the first bits of their ids, soon looked through."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TypeAlias

import duckdb

from warehouse.storage.rows import ID_KEYS, numbers

Key: TypeAlias = int
"""The first 64 bits of a version's id."""


def key(version_id: str) -> Key:
    """The key of a version."""
    return int(version_id[:16], 16)


def id_key(id_: str) -> int | None:
    """The first 32 bits of an article's id; None for an id that is not of our making."""
    with contextlib.suppress(ValueError):
        return int(id_[:8], 16)
    return None


def standing(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> list[int]:
    """Row numbers of the stored articles with these `ids`, and of few others: of a million, some
    have a key in common. Whoever reads what stands there looks at the ids."""
    keys = {id_key(id_) for id_ in ids} - {None}
    answer = connection.execute(
        f"SELECT rowid FROM store.article WHERE id_key IN {ID_KEYS} OR id_key IS NULL",  # noqa: S608
        {"keys": numbers(key for key in keys if key is not None)},
    )
    return [row[0] for row in answer.fetchall()]


def stored(connection: duckdb.DuckDBPyConnection) -> str:
    """What holds the key of an article's version, in SQL: made of its id in a copy that an older
    noroshi published. NULL where an id is not of our making."""
    return "key" if has(connection, "key") else _OF_ID


def has(connection: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether articles have a column, which one that an older noroshi published may lack."""
    answer = connection.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'store' AND table_name = 'article' AND column_name = $column",
        {"column": column},
    )
    return answer.fetchone() == (1,)


_OF_ID = "TRY_CAST('0x' || left(version_id, 16) AS UBIGINT)"
