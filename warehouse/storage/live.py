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
import re
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
from warehouse.storage.disk import clone, os_errors
from warehouse.storage.edition import Editions
from warehouse.storage.lock import hold, holder, unwritten
from warehouse.storage.migrate import known, migrate
from warehouse.storage.session import (
    FAILED,
    Connection,
    bound,
    file_errors,
    first_line,
    for_people,
    quoted,
    see_whole,
    transaction,
    unusable,
)
from warehouse.storage.spare import lent

log = logging.getLogger(__name__)

PUBLISHED = "noroshi.duckdb"
"""Name of the file that people open, in the data folder."""

FORMAT = "v1.4.0"
"""Of the file, which DuckDB 1.4 and newer open: since then a file says where the parts of a table
are described. In an older one all of that is read to take in a log, of however little: 32 ms of a
processor among a million articles, where it is 8."""
MEMORY = "2GB"
"""What a writer may hold of a large file, which DuckDB would keep in memory while there is any."""
LOG = "512KB"
"""How long the log beside the live file gets. Reading it at each opening takes 5 ms of a processor
a megabyte, taking it in 8 ms and 8 a megabyte: a batch of a hundred articles is taken in at once,
so that none takes much longer than the others, and most of what else is written is not."""
_PAUSE_SECONDS = 0.1


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
    def _mark(self) -> Path:
        return self.pipeline_folder / "unpublished"

    @contextlib.contextmanager
    def writing(
        self, doing: str, *, wait_seconds: float = 60, for_readers: bool = True
    ) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on an error.

        Creates and migrates the warehouse where needed; begins with the published copy where the
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
            _attached(self.live, deadline) as connection,
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
        """The published copy in the place of a live file that was lost: what it lacks is fetched
        again, while an empty warehouse would tell everything a second time."""
        if not self.live.exists() and self.published.exists():
            log.warning("%s is gone; beginning with %s", self.live, self.published)
            with os_errors(self.live):
                draft = self.pipeline_folder / "recovering.duckdb"
                clone(self.published, draft)
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
                Editions(self.published, self.pipeline_folder).issue(self.live)
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
                raise _refused(self.live, error) from error
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
            raise WarehouseDamaged(self.live, error.what, remedy) from error


def take_in(file: Path, *, wait_seconds: float = 60, joined: bool = False) -> None:
    """Bring what is committed and still in the log into the file itself, which is copied without
    its log; with `joined`, join what batches have left apart too, be there a log or not.
    Raises WarehouseBusy and WarehouseUnusable."""
    if not joined and not log_of(file).exists():
        return
    with _attached(file, time.monotonic() + wait_seconds) as connection:
        for setting in _AS_IT_STANDS:
            connection.execute(f"RESET {setting}")
        if not log_of(file).exists():
            connection.execute(_PASSING)
        connection.execute("CHECKPOINT")
        _let_stand(connection)


def log_of(file: Path) -> Path:
    """Where DuckDB writes what is committed and not in the file yet."""
    return file.with_name(f"{file.name}.wal")


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
        if _locked(error):
            remedy = (
                "close that program, or let it open the file read-only; `noroshi maintain` puts a "
                "new copy in its place, which is free"
            )
            raise WarehouseBusy(file, _who(error), remedy) from error
        raise unusable(file, error, "name another file") from error
    try:
        with file_errors(file):
            see_whole(connection, file)
            known(connection, file)
        return for_people(connection, timezone)
    except WarehouseError:
        connection.close()
        raise


@contextlib.contextmanager
def _attached(file: Path, deadline: float) -> Iterator[Connection]:
    if not file.exists():
        _create(file)
    spill = file.with_name("spill")
    try:
        with lent(("file", spill), lambda: _made(spill)) as connection:
            bound(connection, MEMORY)  # who had it before may have held it to less
            _attach(connection, file, deadline)
            connection.execute("USE noroshi")
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
            connection.execute("USE memory")
            connection.execute("DETACH noroshi")
    except FAILED as error:  # a full disk, above all
        raise unusable(file, error) from error


def _made(spill: Path) -> Connection:
    """A connection to an empty database in memory, to which the file is attached: it leaves in the
    log what is committed, until that is as long as `LOG` or is taken in: among a million articles,
    writing some of the file anew takes longer than the rest. What does not fit into its `MEMORY`
    goes into the folder `spill`."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET temp_directory = '{quoted(spill)}'")
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute(f"SET wal_autocheckpoint = '{LOG}'")
    _let_stand(connection)
    return connection


def _let_stand(connection: Connection) -> None:
    for setting, value in _AS_IT_STANDS.items():
        connection.execute(f"SET {setting} = {value}")


_AS_IT_STANDS = {
    "max_vacuum_tasks": "0",
    "disabled_compression_methods": "'dictionary,fsst,dict_fsst'",
}
"""What comes from the log is not joined with what is in the file, and its words are not compressed,
which takes longer than all the rest of a large batch. Both are done when all of it is taken in."""
_PASSING = "BEGIN; CREATE TABLE passing (n INTEGER); DROP TABLE passing; COMMIT"
"""Without a log, nothing would be joined."""


def _create(file: Path) -> None:
    """Make an empty database: elsewhere first, as DuckDB writes its three headers one by one and
    refuses a file for good whose writer was killed in between (seen with 1.5.5)."""
    draft = file.with_name(f"creating.{file.name}")
    try:
        draft.unlink(missing_ok=True)
        duckdb.connect(str(draft)).close()
        draft.replace(file)
    except (duckdb.Error, OSError) as error:
        raise unusable(file, error) from error


def _attach(connection: Connection, file: Path, deadline: float) -> None:
    """Attach the live file, waiting while a foreign program (a DuckDB shell, say) has it open."""
    while True:
        try:
            connection.execute(f"ATTACH '{quoted(file)}' AS noroshi (STORAGE_VERSION '{FORMAT}')")
        except duckdb.Error as error:
            if not _locked(error) or time.monotonic() >= deadline:
                raise _refused(file, error) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _refused(file: Path, error: duckdb.Error) -> WarehouseError:
    """Why the live file cannot be opened."""
    if not _locked(error):
        return unusable(file, error)
    remedy = f"close that program; people open {PUBLISHED} in the data folder instead"
    return WarehouseBusy(file, _who(error), remedy)


def _locked(error: duckdb.Error) -> bool:
    """Whether another process has the file open. The word "lock" alone stands in other errors
    ("block") and in paths too."""
    return "Could not set lock on file" in str(error)


def _who(error: duckdb.Error) -> str:
    """Who has the file open, as far as DuckDB knows."""
    if found := re.search(r"held in (.+?) \(PID (\d+)\)", str(error)):
        return f"process {found[2]} ({found[1]}) has it open"
    return first_line(error)
