"""The warehouse in one file: a live one that only the pipeline opens, and a published copy.

While one process has a DuckDB file open for writing, no other can open it, not even to read.
So the pipeline opens its own file for milliseconds at a time (`LiveFile.writing`), and after a
cycle that changed something a copy replaces the published file in one rename
(`LiveFile.publish`): a reader may hold the former copy open for days.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import duckdb

from warehouse.errors import (
    NoPast,
    WarehouseBusy,
    WarehouseDamaged,
    WarehouseError,
    WarehouseUnusable,
)
from warehouse.storage.attaching import attached, locked, log_of, opener, refusal, take_in
from warehouse.storage.disk import clone, os_errors
from warehouse.storage.edition import PUBLISHED, Editions
from warehouse.storage.lock import hold, holder, unwritten
from warehouse.storage.migrate import known, migrate
from warehouse.storage.session import (
    Connection,
    file_errors,
    for_people,
    see_whole,
    transaction,
    unusable,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveFile:
    """The two files in one data folder."""

    folder: Path

    called: ClassVar = "published copy"
    made_by: ClassVar = "`noroshi maintain` makes it anew"

    def __str__(self) -> str:
        return str(self.published)

    @property
    def published(self) -> Path:
        """The copy that people open; replaced, never written."""
        return self.folder / PUBLISHED

    @property
    def pipeline_folder(self) -> Path:
        """Where the live file, its lock and its drafts are."""
        return self.folder / "pipeline"

    @property
    def live(self) -> Path:
        """The file that only the pipeline opens."""
        return self.pipeline_folder / "warehouse.duckdb"

    @property
    def openable(self) -> Path:
        """The copy: any DuckDB program opens it."""
        return self.published

    @property
    def own_files(self) -> tuple[Path, ...]:
        """The live file."""
        return (self.live,)

    @property
    def size_bytes(self) -> int:
        """Of the copy."""
        return self.published.stat().st_size

    @property
    def ready(self) -> bool:
        """Whether there is a copy to read."""
        return self.published.exists()

    @property
    def writer(self) -> str | None:
        """Who holds the writer's lock."""
        return holder(self.pipeline_folder / "writer.lock")

    @property
    def unpublished(self) -> bool:
        """Whether something was written for readers that the published copy lacks, be it by a
        process that was killed before it could publish."""
        return self._mark.exists() or not self.published.exists()

    @property
    def age_seconds(self) -> float:
        """How long ago the copy was published."""
        return time.time() - self.published.stat().st_mtime

    @property
    def _editions(self) -> Editions:
        return Editions(self.published, self.pipeline_folder)

    @property
    def _mark(self) -> Path:
        return self.pipeline_folder / "unpublished"

    @contextlib.contextmanager
    def writing(
        self, doing: str, *, wait_seconds: float = 60, for_readers: bool = True
    ) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on an error.

        Creates and migrates the warehouse where needed; begins with what was published where the
        live file is gone. Waits at most `wait_seconds` for another
        process. What is written makes the warehouse `unpublished`, unless it is not worth a
        publication of its own (`for_readers=False`). Raises WarehouseBusy, WarehouseTooNew and
        WarehouseUnusable.
        """
        deadline = time.monotonic() + wait_seconds
        with (
            self.damage_told(),
            hold(self.pipeline_folder / "writer.lock", wait_seconds=wait_seconds, doing=doing),
            self._recovered(),
            attached(self.live, deadline) as connection,
        ):
            migrate(connection)
            with transaction(connection):
                yield connection
                if for_readers:
                    # Before the commit: a kill in between costs one publication too many, not one
                    # too few.
                    with os_errors(self._mark):
                        self._mark.touch()

    def seeing(
        self, doing: str, *, wait_seconds: float = 60
    ) -> contextlib.AbstractContextManager[Connection]:
        """The live file, opened as to write: nobody else could open it meanwhile either way."""
        return self.writing(doing, wait_seconds=wait_seconds, for_readers=False)

    @contextlib.contextmanager
    def _recovered(self) -> Iterator[None]:
        """The published copy, or the edition before it, in the place of a live file that was lost:
        what it lacks is fetched again, while an empty warehouse would tell everything a second
        time."""
        left = [file for file in (self.published, self._editions.previous) if file.exists()]
        if left and not self.live.exists():
            log.warning("%s is gone; beginning with %s", self.live, left[0])
            with os_errors(self.live):
                draft = self.pipeline_folder / "recovering.duckdb"
                clone(left[0], draft)
                log_of(self.live).unlink(missing_ok=True)
                draft.replace(self.live)
        yield

    def publish(self, *, wait_seconds: float = 60) -> None:
        """Replace the published copy by the live file as it is now, in one rename."""
        with (
            self.damage_told(),
            hold(self.pipeline_folder / "writer.lock", wait_seconds=wait_seconds, doing="publish"),
            os_errors(self.published),
        ):
            take_in(self.live, wait_seconds=wait_seconds, joined=self._mark.exists())
            # A person who wrote into the former copy left a log, which would be replayed on the
            # new one. It goes first: a process killed here leaves the former copy as it was.
            log_of(self.published).unlink(missing_ok=True)
            with unwritten(self.live, wait_seconds=wait_seconds):
                self._editions.issue(self.live)
            self._mark.unlink(missing_ok=True)

    def reading(self, *, timezone: str = "UTC", as_of: datetime | None = None) -> Connection:
        """A read-only connection to the published copy. Raises as `read` does, and NoPast where
        a moment is named."""
        if as_of is not None:
            what = "a warehouse in one file shows what is published and keeps no past"
            remedy = (
                "open a backup of that time, or keep the warehouse in a lake (warehouse/README.md)"
            )
            raise NoPast(self.published, what, remedy)
        try:
            return read(self.published, timezone=timezone)
        except WarehouseDamaged as error:
            raise WarehouseDamaged(self.published, error.what, self.made_by) from error

    @contextlib.contextmanager
    def looking(self, *, wait_seconds: float = 5) -> Iterator[Connection]:
        """A read-only connection to the live file, for a moment: writers wait meanwhile, if this
        user may tell them. Raises WarehouseError."""
        lock = self.pipeline_folder / "writer.lock"
        ours = hold(lock, wait_seconds=wait_seconds, doing="look")
        writable = os.access(self.pipeline_folder, os.W_OK)
        with self.damage_told(), ours if writable else contextlib.nullcontext():
            try:
                connection = duckdb.connect(str(self.live), read_only=True)
            except duckdb.Error as error:
                raise refusal(self.live, error) from error
            with connection, file_errors(self.live):
                see_whole(connection, self.live)
                yield for_people(connection, "UTC")

    @contextlib.contextmanager
    def damage_told(self) -> Iterator[None]:
        """Damage in the live file, or in a copy of it, with what to do about that."""
        try:
            yield
        except WarehouseDamaged as error:
            put = f"`noroshi restore {self.published}` puts the published copy in its place"
            remedy = f"{put}, once it is found whole; another backup does as well"
            if not self.published.exists():
                remedy = "`noroshi restore BACKUP` puts a backup in its place"
            raise WarehouseDamaged(self.live, error.what, remedy) from error


def read(file: Path, *, timezone: str = "UTC") -> Connection:
    """A read-only connection to a published copy or a backup.

    Raises WarehouseUnusable, WarehouseTooNew, and WarehouseBusy where somebody has opened it to
    write into it.
    """
    if not file.exists():
        raise WarehouseUnusable(file, "there is no such file", "name a data folder, or a copy")
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        if locked(error):
            remedy = (
                "close that program, or let it open the file read-only; `noroshi maintain` puts a "
                "new copy in its place, which is free"
            )
            raise WarehouseBusy(file, opener(error), remedy) from error
        raise unusable(file, error, "name another file") from error
    try:
        with file_errors(file):
            see_whole(connection, file)
            known(connection, file)
        return for_people(connection, timezone)
    except WarehouseError:
        connection.close()
        raise
