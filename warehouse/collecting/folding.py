"""Folded texts: made when an article is stored, and anew where folding has changed since."""

from __future__ import annotations

import json

import duckdb

from alerts.reading.words.fold import fold, folding
from warehouse.collecting.key import has

BATCH = 2000
"""Texts that are folded anew in one transaction."""


def renew(connection: duckdb.DuckDBPyConnection, limit: int = BATCH) -> int:
    """Fold at most `limit` texts that another folding has folded. How many; must run inside a
    transaction."""
    answer = connection.execute(
        f"SELECT id, title, text FROM store.article WHERE {stale(connection)} LIMIT $limit",  # noqa: S608
        {"limit": limit},
    )
    found = [
        {"id": id_, "folded": fold(f"{title}\n{text}").text}
        for id_, title, text in answer.fetchall()
    ]
    connection.execute(
        """
        UPDATE store.article
        SET folded = renewed.folded, folding = $folding
        FROM (
            SELECT unnest(
                from_json($found, '[{"id": "VARCHAR", "folded": "VARCHAR"}]'), recursive := TRUE
            )
        ) AS renewed
        WHERE article.id = renewed.id
        """,
        {"found": json.dumps(found), "folding": folding()},
    )
    return len(found)


def stale(connection: duckdb.DuckDBPyConnection) -> str:
    """The condition for articles whose folded text is not what folding makes of it today: all of
    them in a copy that an older noroshi published."""
    return f"folding IS DISTINCT FROM '{folding()}'" if has(connection, "folding") else "TRUE"
