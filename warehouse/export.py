"""Export: the views as files for other programs, in bounded memory."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb

from warehouse.database import Connection, quoted
from warehouse.disk import remedy
from warehouse.errors import WarehouseUnusable
from warehouse.session import damage_seen
from warehouse.views import views


class Kind(StrEnum):
    """How files are written."""

    PARQUET = "parquet"
    """A folder for each view, a file for each month."""
    CSV = "csv"
    JSONL = "jsonl"
    DUCKDB = "duckdb"
    """One file with a table for each view."""


MEMORY = "1GB"
"""What DuckDB may hold at a time; it spills the rest to disk."""
_ROW_GROUP = 8192
"""Rows of texts that are in memory before they are written."""
_MOMENTS = {
    "articles": "coalesce(published_at, first_seen_at)",
    "article_versions": "fetched_at",
    "matches": "matched_at",
    "events": "last_seen_at",
    "new_events": "first_seen_at",
    "event_lag": "coalesce(first_published_at, first_seen_at)",
    "event_articles": "joined_at",
    "appearances": "coalesce(published_at, first_seen_at)",
    "pages": "fetched_at",
    "removed_articles": "removed_at",
    "bulletins": "created_at",
    "alerts": "created_at",
    "deliveries": "created_at",
    "alert_lag": "alerted_at",
    "daily_counts": "day",
    "fetches": "fetched_at",
    "runs": "started_at",
}
"""When the rows of a view are from; other views are exported whole."""
_MONTHLY = {"articles", "article_versions"}
"""Views whose files are cut by month: they grow without end."""
_OPTIONS = {
    Kind.PARQUET: f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}",
    Kind.CSV: "FORMAT csv, HEADER",
    Kind.JSONL: "FORMAT json",
}


def export(
    connection: Connection, target: Path, kind: Kind, since: date | None = None
) -> Generator[tuple[str, int], None, None]:
    """Write every view to `target` (a folder, or a file for DuckDB); names and rows as they go.

    With `since`, only rows of that day and later, where a view tells a moment. `target` is there
    when all is written, and not before. Raises WarehouseUnusable.
    """
    if target.exists():
        raise WarehouseUnusable(target, "it exists already", "name one that does not")
    draft = target.with_name(f"{target.name}.part")
    try:
        _discard(draft)
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET preserve_insertion_order = false")
        write = _to_duckdb if kind is Kind.DUCKDB else _to_files
        yield from write(connection, draft, kind, since)
        draft.replace(target)
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        what = str(error).strip().splitlines()[0]
        helps = f"{remedy(error)}, or name another place"
        told = WarehouseUnusable(target, f"it cannot be written ({what})", helps)
        raise damage_seen(error) or told from error
    finally:
        _discard(draft)


def size(target: Path) -> tuple[int, float]:
    """How many files an export is, and their size in MiB."""
    files = [file for file in target.rglob("*") if file.is_file()] if target.is_dir() else [target]
    return len(files), sum(file.stat().st_size for file in files) / 2**20


def _to_files(
    connection: Connection, folder: Path, kind: Kind, since: date | None
) -> Iterator[tuple[str, int]]:
    folder.mkdir()
    for view in views(connection):
        if kind is Kind.PARQUET and view in _MONTHLY:
            yield view, _by_month(connection, view, folder / view, since)
        else:
            yield view, _copy(connection, _rows(view, since), folder / f"{view}.{kind}", kind)


def _by_month(connection: Connection, view: str, folder: Path, since: date | None) -> int:
    """A file for each month, one after the other: no more than one is open."""
    folder.mkdir()
    month = f"strftime({_MOMENTS[view]}, '%Y-%m')"
    months = f"SELECT DISTINCT {month} FROM ({_rows(view, since)}) ORDER BY ALL"  # noqa: S608
    total = 0
    for (name,) in connection.execute(months).fetchall():
        file = folder / f"month={name or 'unknown'}" / f"{view}.parquet"
        file.parent.mkdir()
        part = f"{month} = '{name}'" if name else f"{month} IS NULL"
        rows = f"{_rows(view, since)} AND {part}"
        total += _copy(connection, rows, file, Kind.PARQUET)
    return total


def _rows(view: str, since: date | None) -> str:
    later = f"{_MOMENTS[view]} >= DATE '{since}'" if since and view in _MOMENTS else "TRUE"
    return f"SELECT * FROM {view} WHERE {later}"  # noqa: S608 (our names and a date)


def _copy(connection: Connection, rows: str, file: Path, kind: Kind) -> int:
    answer = connection.execute(f"COPY ({rows}) TO '{quoted(file)}' ({_OPTIONS[kind]})").fetchone()
    return int(answer[0]) if answer else 0


def _to_duckdb(
    connection: Connection, file: Path, kind: Kind, since: date | None
) -> Iterator[tuple[str, int]]:
    connection.execute(f"ATTACH '{quoted(file)}' AS exported (READ_WRITE)")
    try:
        for view in views(connection):
            connection.execute(f"CREATE TABLE exported.{view} AS {_rows(view, since)}")
            _comment(connection, view)
            answer = connection.execute(f"SELECT count(*) FROM exported.{view}").fetchone()  # noqa: S608
            yield view, int(answer[0]) if answer else 0
    finally:
        connection.execute("DETACH exported")


def _comment(connection: Connection, view: str) -> None:
    """Tables are explained as their views are."""
    answer = connection.execute(
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE database_name != 'exported' AND table_name = $view AND comment IS NOT NULL",
        {"view": view},
    )
    for column, comment in answer.fetchall():
        told = f"COMMENT ON COLUMN exported.{view}.{column} IS '{quoted(comment)}'"
        connection.execute(told)


def _discard(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft)
    else:
        draft.unlink(missing_ok=True)
