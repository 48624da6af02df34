"""Upkeep: what is past its time goes, what belongs to nothing too, and the file shrinks again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from warehouse import lake_upkeep
from warehouse.database import Connection, Warehouse, quoted
from warehouse.disk import clone, os_errors, sync
from warehouse.errors import WarehouseUnusable
from warehouse.inspect import Contents, inspect, tables
from warehouse.lake import Lake
from warehouse.live import log_of, take_in
from warehouse.lock import hold
from warehouse.migrate import migrate
from warehouse.retention import Retention
from warehouse.session import file_errors

WORTH_COMPACTING = 0.25
"""Part of the file that is free before it is written anew."""
MEMORY = "1GB"
"""What DuckDB may hold at a time while it writes the file anew."""
ATTEMPTS = 3
"""How often a file is written anew, where somebody writes into the former one meanwhile."""
_DRAFTS = tuple(
    f"{doing}.duckdb*"
    for doing in (
        "publishing",
        "recovering",
        "restoring",
        "compacting",
        "reading",
        "creating.warehouse",
    )
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
    "store.coding WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.coded_event WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.match WHERE article_id NOT IN (SELECT id FROM store.article)",
    "store.event_article WHERE article_id NOT IN (SELECT id FROM store.article)",
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
    """Remove what killed processes left half-written beside the live file; how many bytes."""
    folder = warehouse.pipeline_folder
    with _alone(warehouse, "sweep"), os_errors(folder):
        found = (file for pattern in _DRAFTS for file in folder.glob(pattern))
        drafts = [file for file in found if file.is_file()]
        freed = sum(file.stat().st_size for file in drafts)
        for file in drafts:
            file.unlink()
    return freed


def check(warehouse: Warehouse) -> Contents:
    """Read every row of the live file: of a copy, so that writers wait for the copying alone.

    Raises WarehouseError."""
    if warehouse.place:
        return lake_upkeep.check(Lake(warehouse.place))
    with _taken(warehouse) as taken:
        return inspect(taken.copy)


def compact(warehouse: Warehouse, *, worth: float = WORTH_COMPACTING) -> int | None:
    """Write the live file anew where at least that part of it is free; how many bytes that saved,
    or None where somebody wrote into it each time meanwhile, and all stays as it is.

    DuckDB uses free blocks again and never gives them back. Table by table, in bounded memory, from
    a copy: writers go on. The new file replaces the old one in one rename, once it is read and
    found to hold the same number of rows. Raises WarehouseError. In a lake, see `lake_upkeep`.
    """
    if warehouse.place:
        return lake_upkeep.compact(Lake(warehouse.place))
    for _ in range(ATTEMPTS):
        with _taken(warehouse) as taken:
            if _free(taken.copy) < worth:
                return 0
            draft = warehouse.pipeline_folder / "compacting.duckdb"
            try:
                _rewrite(taken.copy, draft)
                if (saved := _put(warehouse, draft, taken.state)) is not None:
                    return saved
            finally:
                draft.unlink(missing_ok=True)
    return None


State = tuple[bytes, bool]
"""What changes whenever something is committed: the headers of the file, and whether it has a
log."""
_HEADERS = 3 * 4096
"""Bytes: the main header, and the two that tell in turn where the last checkpoint is."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A copy of the live file, and the state in which it was copied."""

    copy: Path
    state: State


@contextlib.contextmanager
def _taken(warehouse: Warehouse) -> Iterator[_Taken]:
    copy = warehouse.pipeline_folder / "reading.duckdb"
    try:
        with _alone(warehouse, "copy"), os_errors(copy):
            take_in(warehouse.live)
            clone(warehouse.live, copy)
            state = _state(warehouse)
        yield _Taken(copy, state)
    finally:
        copy.unlink(missing_ok=True)


def _alone(warehouse: Warehouse, doing: str) -> AbstractContextManager[None]:
    return hold(warehouse.pipeline_folder / "writer.lock", wait_seconds=60, doing=doing)


def _state(warehouse: Warehouse) -> State:
    with warehouse.live.open("rb") as file:
        return file.read(_HEADERS), log_of(warehouse.live).exists()


def _free(file: Path) -> float:
    with file_errors(file), duckdb.connect(str(file), read_only=True) as connection:
        total, free = connection.execute(
            "SELECT total_blocks, free_blocks FROM pragma_database_size()"
        ).fetchall()[0]
    return float(free / total) if total else 0.0


def _rewrite(former: Path, draft: Path) -> None:
    """Write all that `former` holds into `draft`, and read both to be sure."""
    with os_errors(draft):
        draft.unlink(missing_ok=True)
    with file_errors(draft), duckdb.connect(str(draft)) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        migrate(connection)
        connection.execute(f"ATTACH '{quoted(former)}' AS former (READ_ONLY)")
        connection.execute("DELETE FROM store.schema_migration")
        for table in tables(connection):
            connection.execute(f"INSERT INTO store.{table} BY NAME FROM former.store.{table}")
    held, kept = inspect(former).rows, inspect(draft).rows
    if held != kept:
        remedy = "the former one stays; tell the makers of noroshi"
        raise WarehouseUnusable(draft, f"{kept} is not what was there: {held}", remedy)


def _put(warehouse: Warehouse, draft: Path, state: State) -> int | None:
    """Put the draft in the place of the live file, unless that has changed; bytes saved."""
    with _alone(warehouse, "compact"), os_errors(warehouse.live):
        if _state(warehouse) != state:
            return None
        before = warehouse.live.stat().st_size
        draft.replace(warehouse.live)
        sync(warehouse.pipeline_folder)
        return before - warehouse.live.stat().st_size
