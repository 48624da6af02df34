"""Backups: the whole warehouse as one DuckDB file, and back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from warehouse.database import Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.storage.attaching import log_of
from warehouse.storage.disk import os_errors, sync
from warehouse.storage.inspect import Contents, inspect
from warehouse.storage.lock import hold


def backup(warehouse: Warehouse, target: Path) -> Contents:
    """Copy the warehouse to `target` in one rename, and inspect the copy. Cycles may go on
    meanwhile. Raises WarehouseError."""
    if target.exists():
        raise WarehouseUnusable(target, "it exists already", "name a file that does not")
    if not target.parent.is_dir():
        raise WarehouseUnusable(target, "there is no such folder", "make it first, or name another")
    with _draft(target.with_name(f"{target.name}.part")) as draft:
        contents = warehouse.upkeep.copy(draft)
        with os_errors(target, "or name another place"):
            draft.replace(target)
            sync(target.parent)
    return contents


def restore(warehouse: Warehouse, source: Path, now: datetime) -> tuple[Contents, Path | None]:
    """Put a backup in the place of the warehouse, once it is found whole; where the former went,
    if it is kept in a file. The schema is brought up to date.

    Refuses while a cycle is at work. Raises WarehouseError.
    """
    folder = warehouse.pipeline_folder
    contents = inspect(source)
    with (
        hold(folder / "cycle.lock", wait_seconds=0, doing="restore"),
        _draft(folder / "restoring.duckdb") as draft,
    ):
        return contents, warehouse.upkeep.put(source, draft, now)


@contextlib.contextmanager
def _draft(file: Path) -> Iterator[Path]:
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
        log_of(file).unlink(missing_ok=True)
