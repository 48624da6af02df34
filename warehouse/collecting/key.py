"""Keys: a version by the first 64 bits of its id, which are soon looked through among a million."""

from __future__ import annotations

from typing import TypeAlias

import duckdb

Key: TypeAlias = int
"""The first 64 bits of a version's id."""


def key(version_id: str) -> Key:
    """The key of a version."""
    return int(version_id[:16], 16)


def stored(connection: duckdb.DuckDBPyConnection) -> str:
    """What holds the key of an article's version, in SQL: made of its id in a copy that an older
    noroshi published. NULL where an id is not of our making."""
    answer = connection.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'store' AND table_name = 'article' AND column_name = 'key'"
    )
    return "key" if answer.fetchone() == (1,) else _OF_ID


_OF_ID = "TRY_CAST('0x' || left(version_id, 16) AS UBIGINT)"
