"""The warehouse: a live file that only the pipeline opens, and a published copy that people open.

While one process has a DuckDB file open for writing, no other can open it, not even to read.
So the pipeline opens its own file for milliseconds at a time (`Warehouse.writing`), and after a
cycle that changed something a copy replaces the published file in one rename
(`Warehouse.publish`): a reader may hold the former copy open for days.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.errors import QueryError, WarehouseBusy, WarehouseError, WarehouseUnusable
from warehouse.lock import hold
from warehouse.migrate import migrate, roll_back

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection

PUBLISHED = "noroshi.duckdb"
"""Name of the file that people open, in the data folder."""

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file (btrfs, XFS)
_PAUSE_SECONDS = 0.1
_FILE_FAILED = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
"""What DuckDB raises where the file cannot be read or written, within a statement or a commit."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The warehouse in one data folder. Holds no connection between calls."""

    folder: Path

    @property
    def published(self) -> Path:
        """The copy that people open; replaced, never written."""
        return self.folder / PUBLISHED

    @property
    def pipeline_folder(self) -> Path:
        """What the pipeline keeps for itself: the live file, locks, Prefect's home."""
        return self.folder / "pipeline"

    @property
    def live(self) -> Path:
        """The file that only the pipeline opens."""
        return self.pipeline_folder / "warehouse.duckdb"

    @property
    def sending_lock(self) -> Path:
        """Held, shared, by whoever sends what the outbox holds."""
        return self.pipeline_folder / "sending.lock"

    @property
    def unpublished(self) -> bool:
        """Whether something was written for readers that the published copy lacks, be it by a
        process that was killed before it could publish."""
        return self._mark.exists() or not self.published.exists()

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
            hold(self.pipeline_folder / "writer.lock", wait_seconds=wait_seconds, doing=doing),
            self._recovered(),
            _attached(self.live, deadline) as connection,
        ):
            migrate(connection)
            with _transaction(connection):
                yield connection
                if for_readers:
                    # Before the commit: a kill in between costs one publication too many, not one
                    # too few.
                    with os_errors(self._mark):
                        self._mark.touch()

    @contextlib.contextmanager
    def _recovered(self) -> Iterator[None]:
        """The published copy in the place of a live file that was lost: what it lacks is fetched
        again, while an empty warehouse would tell everything a second time."""
        if not self.live.exists() and self.published.exists():
            log.warning("%s is gone; beginning with %s", self.live, self.published)
            with os_errors(self.live):
                draft = self.pipeline_folder / "recovering.duckdb"
                clone(self.published, draft)
                self.live.with_name(f"{self.live.name}.wal").unlink(missing_ok=True)
                draft.replace(self.live)
        yield

    def publish(self, *, wait_seconds: float = 60) -> None:
        """Replace the published copy by the live file as it is now, in one rename."""
        lock = self.pipeline_folder / "writer.lock"
        with hold(lock, wait_seconds=wait_seconds, doing="publish"), os_errors(self.published):
            draft = self.pipeline_folder / "publishing.duckdb"
            clone(self.live, draft)
            # A person who wrote into the former copy left a log, which would be replayed on the
            # new one. It goes first: a process killed here leaves the former copy as it was.
            self.published.with_name(f"{PUBLISHED}.wal").unlink(missing_ok=True)
            draft.replace(self.published)
            sync(self.folder)
            self._mark.unlink(missing_ok=True)

    def reading(self, *, timezone: str = "UTC") -> Connection:
        """A read-only connection to the published copy. Raises as `read` does."""
        return read(self.published, timezone=timezone)


def read(file: Path, *, timezone: str = "UTC") -> Connection:
    """A read-only connection to a published copy or a backup.

    Raises WarehouseUnusable, and WarehouseBusy where somebody has opened it to write into it.
    """
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        if _locked(error):
            remedy = "close that program, or let it open the file read-only"
            raise WarehouseBusy(file, _first_line(error), remedy) from error
        remedy = "if it is damaged, remove it and run `noroshi maintain`, which makes it anew"
        raise _unusable(file, error, remedy) from error
    connection.execute(f"SET TimeZone = '{quoted(timezone)}'")
    # What takes long would draw a bar of DuckDB's own on stdout, among the results.
    connection.execute("SET enable_progress_bar = false")
    return connection


Result = tuple[list[str], list[tuple[object, ...]]]
"""Column names and rows."""


def query(connection: Connection, sql: str) -> Result:
    """The result of the last of a person's statements. Raises QueryError."""
    results = queries(connection, sql)
    return results[-1] if results else ([], [])


def queries(connection: Connection, sql: str) -> list[Result]:
    """The results of all statements in `sql` that have one. Raises QueryError."""
    remedy = '`noroshi sql "SHOW TABLES"` lists what can be queried'
    try:
        statements = connection.extract_statements(sql)
        if not statements:
            raise QueryError("SQL", "there is no statement", remedy)
        found = []
        for statement in statements:
            answer = connection.execute(statement)
            if duckdb.ExpectedResultType.QUERY_RESULT in statement.expected_result_type:
                columns = [column[0] for column in answer.description or []]
                found.append((columns, answer.fetchall()))
        return found
    except duckdb.Error as error:
        raise QueryError("SQL", _told(error), remedy) from error


@contextlib.contextmanager
def _attached(file: Path, deadline: float) -> Iterator[Connection]:
    if not file.exists():
        _create(file)
    connection = duckdb.connect(":memory:")
    try:
        _attach(connection, file, deadline)
        connection.execute("USE noroshi")
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    except _FILE_FAILED as error:  # a full disk, above all
        raise _unusable(file, error) from error
    finally:
        connection.close()


def _create(file: Path) -> None:
    """Make an empty database: elsewhere first, as DuckDB writes its three headers one by one and
    refuses a file for good whose writer was killed in between (seen with 1.5.5)."""
    draft = file.with_name(f"creating.{file.name}")
    try:
        draft.unlink(missing_ok=True)
        duckdb.connect(str(draft)).close()
        draft.replace(file)
    except (duckdb.Error, OSError) as error:
        raise _unusable(file, error) from error


def _attach(connection: Connection, file: Path, deadline: float) -> None:
    """Attach the live file, waiting while a foreign program (a DuckDB shell, say) has it open."""
    while True:
        try:
            connection.execute(f"ATTACH '{quoted(file)}' AS noroshi")
        except duckdb.Error as error:
            if not _locked(error):
                raise _unusable(file, error) from error
            if time.monotonic() >= deadline:
                remedy = f"close that program; people open {PUBLISHED} in the data folder instead"
                raise WarehouseBusy(file, _first_line(error), remedy) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


@contextlib.contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def clone(source: Path, target: Path) -> None:
    """Copy a file that nobody writes, to the disk; the blocks are shared where that can be."""
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            fcntl.ioctl(writer, _FICLONE, reader.fileno())
        except OSError:  # the file system shares no blocks: copy them
            shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())


def sync(folder: Path) -> None:
    """Bring renames in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def os_errors(where: Path) -> Iterator[None]:
    """What the operating system refuses, as WarehouseUnusable."""
    try:
        yield
    except OSError as error:
        raise WarehouseUnusable(
            where,
            f"it cannot be written ({error.strerror})",
            "free some disk space or give this user write access, then run the next cycle",
        ) from error


@contextlib.contextmanager
def file_errors(file: Path) -> Iterator[None]:
    """What DuckDB refuses to do with a file, as WarehouseUnusable."""
    try:
        yield
    except duckdb.Error as error:
        raise _unusable(file, error) from error


def _unusable(
    file: Path,
    error: duckdb.Error | OSError,
    remedy: str = "check access and free space of the data folder",
) -> WarehouseError:
    return WarehouseUnusable(file, f"it cannot be used ({_first_line(error)})", remedy)


def _locked(error: duckdb.Error) -> bool:
    """Whether another process has the file open. The word "lock" alone stands in other errors
    ("block") and in paths too."""
    return "Could not set lock on file" in str(error)


def _told(error: duckdb.Error) -> str:
    """What DuckDB says of a statement in one line, without the picture of the place."""
    before_the_picture = str(error).strip().partition("\n\nLINE ")[0]
    return " ".join(before_the_picture.split())


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def quoted(text: object) -> str:
    """As a string literal of SQL holds it."""
    return str(text).replace("'", "''")
