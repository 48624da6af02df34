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

from warehouse.errors import (
    WarehouseDamaged,
    WarehouseError,
    WarehouseTooNew,
    WarehouseUnusable,
)
from warehouse.storage.disk import clone, os_errors, sync
from warehouse.storage.inspect import Contents, inspect, tables
from warehouse.storage.live import LiveFile, log_of, take_in
from warehouse.storage.lock import hold
from warehouse.storage.migrate import migrate
from warehouse.storage.session import file_errors, quoted

WORTH_COMPACTING = 0.25
"""Part of the file that is free before it is written anew."""
MEMORY = "1GB"
"""What DuckDB may hold at a time while it writes the file anew."""
ATTEMPTS = 3
"""How often a file is written anew, where somebody writes into the former one meanwhile."""


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


@dataclass(frozen=True, slots=True)
class LiveUpkeep:
    """See `Upkeep` for what each promises."""

    file: LiveFile

    def check(self) -> Contents:
        """Read every row of a copy, so that writers wait for the copying alone."""
        with self.file.damage_told(), self._taken() as taken:
            return inspect(taken.copy)

    def compact(self) -> int | None:
        """Write the file anew where WORTH_COMPACTING of it is free: DuckDB uses free blocks again
        and never gives them back.

        Table by table, in bounded memory, from a copy: writers go on. The new file replaces the old
        one in one rename, once it is read and found to hold the same number of rows. None where
        somebody wrote into it each time meanwhile.
        """
        for _ in range(ATTEMPTS):
            with self.file.damage_told(), self._taken() as taken:
                if _free(taken.copy) < WORTH_COMPACTING:
                    return 0
                draft = self.file.pipeline_folder / "compacting.duckdb"
                try:
                    _rewrite(taken.copy, draft)
                    if (saved := self._replace(draft, taken.state)) is not None:
                        return saved
                finally:
                    draft.unlink(missing_ok=True)
        return None

    def copy(self, draft: Path) -> Contents:
        """Copy the published file as it is when the copying begins: it is replaced and never
        written. Publishes first what is not published yet."""
        if self.file.live.exists() and self.file.unpublished:
            self.file.publish()
        with os_errors(draft, "or name another place"):
            clone(self.file.published, draft)
        try:
            return inspect(draft)
        except (WarehouseDamaged, WarehouseTooNew) as error:
            remedy = self.file.made_by if isinstance(error, WarehouseDamaged) else error.remedy
            raise type(error)(self.file.published, error.what, remedy) from error

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

    @contextlib.contextmanager
    def _taken(self) -> Iterator[_Taken]:
        copy = self.file.pipeline_folder / "reading.duckdb"
        try:
            with self._alone("copy"), os_errors(copy):
                take_in(self.file.live)
                clone(self.file.live, copy)
                state = self._state()
            yield _Taken(copy, state)
        finally:
            copy.unlink(missing_ok=True)

    def _replace(self, draft: Path, state: State) -> int | None:
        """Put the draft in the place of the live file, unless that has changed; bytes saved."""
        with self._alone("compact"), os_errors(self.file.live):
            if self._state() != state:
                return None
            before = self.file.live.stat().st_size
            draft.replace(self.file.live)
            sync(self.file.pipeline_folder)
            return before - self.file.live.stat().st_size

    def _state(self) -> State:
        with self.file.live.open("rb") as file:
            return file.read(_HEADERS), log_of(self.file.live).exists()

    def _alone(self, doing: str) -> AbstractContextManager[None]:
        return hold(self.file.pipeline_folder / "writer.lock", wait_seconds=60, doing=doing)


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
