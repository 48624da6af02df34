"""Upkeep of a warehouse in one file: all of it is read, copied, made small, or replaced."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseDamaged, WarehouseError, WarehouseTooNew, WarehouseUnusable
from warehouse.storage.attaching import FORMAT, log_of, take_in
from warehouse.storage.disk import clone, os_errors, sync
from warehouse.storage.inspect import Contents, Report, inspect, tables, told, unheard
from warehouse.storage.live import LiveFile
from warehouse.storage.lock import hold
from warehouse.storage.migrate import migrate
from warehouse.storage.moment import State, state, take
from warehouse.storage.session import file_errors, quoted

WORTH_COMPACTING = 0.25
"""Part of the file that is free before it is written anew."""
MEMORY = "512MB"
"""What DuckDB may hold at a time while it writes the file anew. Each thread of it fills a group of
122,880 rows, so one does so sooner in this room than two (300,000 articles: 36 s and 92 s)."""
ATTEMPTS = 3
"""How often a file is written anew, where somebody writes into the former one meanwhile."""


@dataclass(frozen=True, slots=True)
class LiveUpkeep:
    """See `Upkeep` for what each promises."""

    file: LiveFile

    def check(self, report: Report = unheard) -> Contents:
        """Read every row of a copy: writers wait for the last of the copying alone."""
        with self.file.damage_told(), self._taken("check") as (copy, _):
            return inspect(copy, report)

    def compact(self, report: Report = unheard) -> int | None:
        """Write the file anew where WORTH_COMPACTING of it is free: DuckDB uses free blocks again
        and never gives them back.

        Table by table, in bounded memory, from a copy: writers go on. The new file replaces the old
        one in one rename, once it is read and found to hold the same number of rows. None where
        somebody wrote into it each time meanwhile.
        """
        draft = self.file.pipeline_folder / "compacting.duckdb"
        for _ in range(ATTEMPTS):
            with self.file.damage_told():
                if self._free() < WORTH_COMPACTING:
                    return 0
                try:
                    with self._taken("compact") as (copy, then):
                        _rewrite(copy, draft, report)
                    if (saved := self._replace(draft, then)) is not None:
                        return saved
                finally:
                    draft.unlink(missing_ok=True)
        return None

    def copy(self, draft: Path) -> Contents:
        """Copy the live file as it is at one moment. Nothing is written in the data folder."""
        live = self.file.live
        with self.file.damage_told() if live.exists() else contextlib.nullcontext():
            with os_errors(draft, "or name another place"):
                take(self.file, draft, "back up")
                sync(draft)
            try:
                return inspect(draft)
            except (WarehouseDamaged, WarehouseTooNew) as error:
                where = live if live.exists() else self.file.published
                raise type(error)(where, error.what, error.remedy) from error

    def put(self, source: Path, draft: Path, now: datetime) -> Path | None:
        """Keep what cannot be read as it is: the former live file stays beside the new one under
        another name, with its log. A process killed half-way leaves the one or the other."""
        live, folder = self.file.live, self.file.pipeline_folder
        with self._alone("restore"), os_errors(live):
            clone(source, draft)
            former = _put_by(live, _unused(folder, now))
            draft.replace(live)
            sync(folder)
        with self.file.writing("bring the schema up to date"):
            pass
        self.file.publish()
        return former

    def _free(self) -> float:
        """The part of the file that is free, and of what its log will leave free."""
        with self._alone("look"):
            take_in(self.file.live)
        with self.file.looking(wait_seconds=60) as connection:
            size = "SELECT total_blocks, free_blocks FROM pragma_database_size()"
            total, free = connection.execute(size).fetchall()[0]
        return float(free / total) if total else 0.0

    @contextlib.contextmanager
    def _taken(self, doing: str) -> Iterator[tuple[Path, State]]:
        """A copy of the live file, and how that was when it was copied."""
        copy = self.file.pipeline_folder / "reading.duckdb"
        try:
            with os_errors(copy):
                then = take(self.file, copy, doing)
            yield copy, then
        finally:
            copy.unlink(missing_ok=True)

    def _replace(self, draft: Path, then: State) -> int | None:
        """Put the draft in the place of the live file, unless that has changed; bytes saved."""
        with self._alone("compact"), os_errors(self.file.live):
            live = self.file.live
            if state(live) != then or log_of(live).exists():
                return None
            before = live.stat().st_size
            draft.replace(live)
            sync(self.file.pipeline_folder)
            return before - live.stat().st_size

    def _alone(self, doing: str) -> AbstractContextManager[None]:
        return hold(self.file.pipeline_folder / "writer.lock", wait_seconds=60, doing=doing)


def _rewrite(former: Path, draft: Path, report: Report) -> None:
    """Write all that `former` holds into `draft`, and read both to be sure."""
    with os_errors(draft):
        draft.unlink(missing_ok=True)
    with file_errors(draft), duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET threads = 1")
        connection.execute(f"SET temp_directory = '{quoted(draft.with_name('spill'))}'")
        connection.execute(f"ATTACH '{quoted(draft)}' AS made (STORAGE_VERSION '{FORMAT}')")
        connection.execute("USE made")
        migrate(connection)
        connection.execute(f"ATTACH '{quoted(former)}' AS former (READ_ONLY)")
        connection.execute("DELETE FROM store.schema_migration")
        for table in told(tables(connection), report):
            connection.execute(f"INSERT INTO store.{table} BY NAME FROM former.store.{table}")
        connection.execute("CHECKPOINT")
    held, kept = inspect(former).rows, inspect(draft).rows
    if held != kept:
        remedy = "the former one stays; tell the makers of noroshi"
        raise WarehouseUnusable(draft, f"{kept} is not what was there: {held}", remedy)


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
