"""Upkeep: what is past its time goes, what belongs to nothing, and what was left half-written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.database import Connection, Warehouse
from warehouse.storage.disk import os_errors
from warehouse.storage.lock import hold
from warehouse.storage.retention import Retention

_DRAFTS = (
    "spill/*",
    *(
        f"{doing}.duckdb*"
        for doing in (
            "publishing",
            "previous",
            "recovering",
            "restoring",
            "compacting",
            "reading",
            "creating.warehouse",
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many rows went."""

    requests: int = 0
    runs: int = 0
    versions: int = 0
    orphans: int = 0


def clear(connection: Connection, now: datetime, retention: Retention) -> Cleared:
    """Delete what is past its time, and rows that belong to nothing; must run inside a
    transaction."""
    return Cleared(
        _past(connection, "store.fetch", "fetched_at", retention.requests, now),
        _past(connection, "store.run", "started_at", retention.runs, now),
        _past(connection, "store.former_version", "fetched_at", retention.versions, now),
        sum(_delete(connection, orphans) for orphans in _ORPHANS),
    )


_ORPHANS = (
    "store.uncoded WHERE NOT EXISTS "
    "(FROM store.article WHERE id = article_id AND version_id = uncoded.version_id)",
    *(
        f"store.{table} WHERE {column} NOT IN (SELECT id FROM store.article)"  # noqa: S608 (our names)
        for table, column in (
            ("former_version", "id"),
            ("article_page", "article_id"),
            ("revisit", "article_id"),
            ("fingerprint", "article_id"),
            ("appearance", "article_id"),
            ("coding", "article_id"),
            ("coded_event", "article_id"),
            ("match", "article_id"),
            ("event_article", "article_id"),
        )
    ),
    "store.silence WHERE kind IN ('cycle', 'disk') AND key != kind "
    "AND key NOT IN (SELECT machine FROM store.run WHERE machine IS NOT NULL)",
)
"""Rows whose article is not there, or whose machine has gone for good: nothing reads them any
more."""


def _past(connection: Connection, table: str, moment: str, days: int, now: datetime) -> int:
    if not days:
        return 0
    return _delete(
        connection, f"{table} WHERE {moment} < $before", before=now - timedelta(days=days)
    )


def _delete(connection: Connection, what: str, **values: datetime) -> int:
    answer = connection.execute(f"DELETE FROM {what}", values or None).fetchone()  # noqa: S608
    return int(answer[0]) if answer else 0


def sweep(warehouse: Warehouse) -> int:
    """Remove what killed processes left half-written beside the live file, and the previous edition
    of the published copy, so that the next is written whole; how many bytes."""
    folder = warehouse.pipeline_folder
    lock = folder / "writer.lock"
    with hold(lock, wait_seconds=60, doing="sweep"), os_errors(folder):
        found = (file for pattern in _DRAFTS for file in folder.glob(pattern))
        drafts = [file for file in found if file.is_file()]
        freed = sum(file.stat().st_size for file in drafts)
        for file in drafts:
            file.unlink()
    return freed
