"""Export: the views as files for other programs, in bounded memory."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb

from warehouse.database import Connection, quoted
from warehouse.errors import WarehouseUnusable
from warehouse.looking.views import views
from warehouse.storage.disk import remedy
from warehouse.storage.session import damage_seen


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
_KEPT = {
    "articles": "SELECT id FROM articles WHERE coalesce(published_at, first_seen_at) >= $since",
    "events": "SELECT event_id FROM event_articles WHERE article_id IN (FROM kept_articles) "
    "UNION SELECT event_id FROM matches WHERE article_id IN (FROM kept_articles)",
    "alerts": "SELECT id FROM alerts "
    "WHERE event_id IN (FROM kept_events) AND article_id IN (FROM kept_articles)",
    "bulletins": "SELECT id FROM bulletins WHERE created_at >= $since",
    "runs": "SELECT id FROM runs WHERE started_at >= $since",
}
"""The ids that an export since a day begins with, one after the other: of the articles of these
days, the events that they report, and the alerts that they led to."""
_OF_ARTICLES = "article_id IN (FROM kept_articles)"
_OF_ALERTS = "alert_id IN (FROM kept_alerts)"
CUT = {
    "articles": "id IN (FROM kept_articles)",
    "seed_documents": "id IN (FROM kept_articles)",
    "article_versions": _OF_ARTICLES,
    "appearances": _OF_ARTICLES,
    "pages": _OF_ARTICLES,
    "codings": _OF_ARTICLES,
    "matches": _OF_ARTICLES,
    "event_articles": _OF_ARTICLES,
    "events": "id IN (FROM kept_events)",
    "new_events": "id IN (FROM kept_events)",
    "event_lag": "id IN (FROM kept_events)",
    "event_outlets": "event_id IN (FROM kept_events)",
    "alerts": "id IN (FROM kept_alerts)",
    "alert_lag": _OF_ALERTS,
    "decisions": f"event_id IN (FROM kept_events) AND (alert_id IS NULL OR {_OF_ALERTS})",
    "deliveries": f"{_OF_ALERTS} OR bulletin_id IN (FROM kept_bulletins)",
    "bulletins": "id IN (FROM kept_bulletins)",
    "runs": "id IN (FROM kept_runs)",
    "fetches": "run_id IN (FROM kept_runs)",
    "daily_counts": "day >= {since}",
    "removed_articles": "removed_at >= {since}",
}
"""What an export since a day has of a view, so that nothing in it refers to what it lacks."""
WHOLE = {
    "channel_health",
    "mutes",
    "official_levels",
    "silences",
    "source_health",
    "source_yield",
    "sources",
}
"""Views that say how things are: they are exported whole."""
_MONTHLY = {"articles": ("published_at", "first_seen_at"), "article_versions": ("fetched_at",)}
"""Views whose files are cut by the month of the first of these moments that is known: they grow
without end."""
_OPTIONS = {
    Kind.PARQUET: f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}",
    Kind.CSV: "FORMAT csv, HEADER",
    Kind.JSONL: "FORMAT json",
}


def export(
    connection: Connection, target: Path, kind: Kind, since: date | None = None
) -> Generator[tuple[str, int], None, None]:
    """Write every view to `target` (a folder, or a file for DuckDB); names and rows as they go.

    With `since`, only what CUT says, and what is in WHOLE; the day is one of the session's zone.
    `target` is there when all is written, and not before. Raises WarehouseUnusable.
    """
    if target.exists():
        raise WarehouseUnusable(target, "it exists already", "name one that does not")
    draft = target.with_name(f"{target.name}.part")
    try:
        _discard(draft)
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET preserve_insertion_order = false")
        _keep(connection, since)
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


def _keep(connection: Connection, since: date | None) -> None:
    """Note what an export since a day begins with."""
    for name, ids in _KEPT.items() if since else ():
        told = ids.replace("$since", f"DATE '{since}'")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE kept_{name} AS {told}")


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
    month = f"date_trunc('month', coalesce({', '.join(_MONTHLY[view])}))::DATE"
    months = f"SELECT DISTINCT {month} FROM ({_rows(view, since)}) ORDER BY ALL"  # noqa: S608
    total = 0
    for (first,) in connection.execute(months).fetchall():
        name = f"{first:%Y-%m}" if first else "unknown"
        file = folder / f"month={name}" / f"{view}.parquet"
        file.parent.mkdir()
        total += _copy(connection, _of_month(view, first, since), file, Kind.PARQUET)
    return total


def _of_month(view: str, first: date | None, since: date | None) -> str:
    """The rows of the month that begins at `first`, or of none. A statement for each moment, as
    DuckDB passes over the parts of a table in which one column has nothing of a range."""
    rows, moments = _rows(view, since), _MONTHLY[view]
    parts = [" AND ".join(f"{name} IS NULL" for name in moments)]
    if first:
        span = (
            f"BETWEEN DATE '{first}' AND DATE '{first}' + INTERVAL 1 MONTH - INTERVAL 1 MICROSECOND"
        )
        parts = [
            " AND ".join([f"{moment} {span}", *(f"{former} IS NULL" for former in moments[:n])])
            for n, moment in enumerate(moments)
        ]
    return " UNION ALL ".join(f"{rows} AND {condition}" for condition in parts)


def _rows(view: str, since: date | None) -> str:
    condition = CUT.get(view, "TRUE").format(since=f"DATE '{since}'") if since else "TRUE"
    return f"SELECT * FROM {view} WHERE ({condition})"  # noqa: S608 (our names and a date)


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
    answer = connection.execute(
        "SELECT comment FROM duckdb_views() "
        "WHERE database_name = current_database() AND view_name = $view AND comment IS NOT NULL",
        {"view": view},
    )
    for (comment,) in answer.fetchall():
        connection.execute(f"COMMENT ON TABLE exported.{view} IS '{quoted(comment)}'")


def _discard(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft)
    else:
        draft.unlink(missing_ok=True)
        draft.with_name(f"{draft.name}.wal").unlink(missing_ok=True)
