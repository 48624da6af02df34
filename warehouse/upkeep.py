"""Upkeep: what is past its time goes, what belongs to nothing too, and the file shrinks again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from warehouse.database import Connection, Warehouse, quoted
from warehouse.disk import os_errors, sync
from warehouse.errors import WarehouseUnusable
from warehouse.inspect import Contents, inspect, tables
from warehouse.lock import hold
from warehouse.migrate import migrate
from warehouse.retention import Retention
from warehouse.session import file_errors

WORTH_COMPACTING = 0.25
"""Part of the file that is free before it is written anew."""
MEMORY = "1GB"
"""What DuckDB may hold at a time while it writes the file anew."""
_DRAFTS = ("publishing.duckdb*", "recovering.duckdb*", "restoring.duckdb*", "compacting.duckdb*")


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
    "store.coding WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.coded_event WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.match WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.event_article WHERE article_id NOT IN (SELECT id FROM store.article)",
)
"""Rows whose article is not there: nothing reads them any more."""


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
    """Remove what killed processes left half-written beside the live file; how many bytes."""
    folder = warehouse.pipeline_folder
    with hold(folder / "writer.lock", wait_seconds=60, doing="sweep"), os_errors(folder):
        found = (file for pattern in _DRAFTS for file in folder.glob(pattern))
        drafts = [file for file in found if file.is_file()]
        freed = sum(file.stat().st_size for file in drafts)
        for file in drafts:
            file.unlink()
    return freed


def compact(warehouse: Warehouse, *, worth: float = WORTH_COMPACTING) -> int:
    """Write the live file anew where at least that part of it is free; how many bytes that saved.

    DuckDB uses free blocks again and never gives them back. Table by table, in bounded memory;
    the new file replaces the old one in one rename, once it is read and found to hold the same
    number of rows.
    """
    with hold(warehouse.pipeline_folder / "writer.lock", wait_seconds=60, doing="compact"):
        before = warehouse.live.stat().st_size
        if _free(warehouse) < worth:
            return 0
        draft = warehouse.pipeline_folder / "compacting.duckdb"
        with os_errors(warehouse.live):
            draft.unlink(missing_ok=True)
            _rewrite(warehouse, draft)
            held, kept = inspect(warehouse.live).rows, inspect(draft).rows
            if held != kept:
                remedy = "the former one stays; tell the makers of noroshi"
                raise WarehouseUnusable(draft, f"{kept} is not what was there: {held}", remedy)
            draft.replace(warehouse.live)
            sync(warehouse.pipeline_folder)
    return before - warehouse.live.stat().st_size


def check(warehouse: Warehouse) -> Contents:
    """Read every row of the live file while nobody writes. Raises WarehouseError."""
    with hold(warehouse.pipeline_folder / "writer.lock", wait_seconds=60, doing="check"):
        return inspect(warehouse.live)


def _free(warehouse: Warehouse) -> float:
    with file_errors(warehouse.live), duckdb.connect(str(warehouse.live)) as connection:
        total, free = connection.execute(
            "SELECT total_blocks, free_blocks FROM pragma_database_size()"
        ).fetchall()[0]
    return float(free / total) if total else 0.0


def _rewrite(warehouse: Warehouse, draft: Path) -> None:
    with file_errors(draft), duckdb.connect(str(draft)) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        migrate(connection)
        connection.execute(f"ATTACH '{quoted(warehouse.live)}' AS former (READ_ONLY)")
        connection.execute("DELETE FROM store.schema_migration")
        for table in tables(connection):
            connection.execute(f"INSERT INTO store.{table} BY NAME FROM former.store.{table}")
