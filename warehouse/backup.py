"""Backups: the whole warehouse as one DuckDB file, and back."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from warehouse import lake_upkeep
from warehouse.database import Warehouse
from warehouse.disk import clone, os_errors, sync
from warehouse.errors import WarehouseError, WarehouseUnusable
from warehouse.inspect import Contents, inspect
from warehouse.lake import Lake
from warehouse.live import log_of, take_in
from warehouse.lock import hold


def backup(warehouse: Warehouse, target: Path) -> Contents:
    """Copy the warehouse to `target` in one rename, and inspect the copy.

    Publishes first what is not published yet. What is copied is the published file as it was when
    the copying began: it is replaced and never written, so that a cycle may go on meanwhile.
    Raises WarehouseError.
    """
    if target.exists():
        raise WarehouseUnusable(target, "it exists already", "name a file that does not")
    if not target.parent.is_dir():
        raise WarehouseUnusable(target, "there is no such folder", "make it first, or name another")
    with _draft(target) as draft:
        _copy(warehouse, draft)
        contents = inspect(draft)
        with os_errors(target):
            draft.replace(target)
            sync(target.parent)
    return contents


def _copy(warehouse: Warehouse, draft: Path) -> None:
    if warehouse.place:
        return lake_upkeep.copy(Lake(warehouse.place), draft)
    if warehouse.live.exists() and warehouse.unpublished:
        warehouse.publish()
    with os_errors(draft):
        clone(warehouse.published, draft)
    return None


def restore(warehouse: Warehouse, source: Path, now: datetime) -> tuple[Contents, Path | None]:
    """Put a backup in the place of the warehouse, once it is found whole; where the former went.

    Refuses while a cycle is at work. What cannot be read stays untouched: the former live file is
    kept beside the new one under another name, with its log. A process killed half-way leaves the
    one or the other. The schema is brought up to date at the next write.

    In a lake, all rows are replaced in one transaction, and its past keeps the former ones.
    """
    folder = warehouse.pipeline_folder
    if warehouse.place:
        with hold(folder / "cycle.lock", wait_seconds=0, doing="restore"):
            lake, draft = Lake(warehouse.place), folder / "restoring.duckdb"
            return lake_upkeep.restore(lake, source, draft), None
    contents = inspect(source)
    with (
        hold(folder / "cycle.lock", wait_seconds=0, doing="restore"),
        hold(folder / "writer.lock", wait_seconds=60, doing="restore"),
        os_errors(warehouse.live),
    ):
        draft = folder / "restoring.duckdb"
        clone(source, draft)
        former = _put_by(warehouse.live, _unused(folder, now))
        draft.replace(warehouse.live)
        sync(folder)
    with warehouse.writing("bring the schema up to date"):
        pass
    warehouse.publish()
    return contents, former


def _unused(folder: Path, now: datetime) -> Path:
    """A name for the former file: a clock that was set back tells a moment twice."""
    name = f"former-{now:%Y%m%dT%H%M%S}"
    ends = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    files = (folder / f"{name}{end}.duckdb" for end in ends)
    return next(file for file in files if not file.exists())


def _put_by(live: Path, former: Path) -> Path | None:
    """Keep the live file under a second name, and leave it without a log, which would do harm to
    the file that is to take its place.

    Killed anywhere, what the log held is in the live file, or neither can be read and a copy of
    both is there.
    """
    log = log_of(live)
    if live.exists() and not _taken_in(log, live):
        clone(live, former)
        clone(log, log_of(former))
        sync(former.parent)
    elif live.exists():
        former.hardlink_to(live)
    log.unlink(missing_ok=True)
    return former if former.exists() else None


def _taken_in(log: Path, live: Path) -> bool:
    """Whether nothing is left in the log, which is taken into the live file where that can be."""
    with contextlib.suppress(WarehouseError):
        take_in(live)
    return not log.exists()


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Path]:
    draft = target.with_name(f"{target.name}.part")
    with os_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)
