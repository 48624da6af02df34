"""Upkeep: logs past their time go, articles and alerts stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

FETCHES_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=400)


def clear(connection: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, int]:
    """Delete old rows of the request log and of the runs; how many of each."""
    return {
        "fetches": _delete(
            connection, "store.fetch WHERE fetched_at < $before", now - FETCHES_KEPT
        ),
        "runs": _delete(connection, "store.run WHERE started_at < $before", now - RUNS_KEPT),
    }


def _delete(connection: duckdb.DuckDBPyConnection, what: str, before: datetime) -> int:
    answer = connection.execute(f"DELETE FROM {what}", {"before": before}).fetchone()  # noqa: S608
    return int(answer[0]) if answer else 0
