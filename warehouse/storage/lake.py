"""The warehouse in a lake: PostgreSQL knows its tables, Parquet files hold their rows.

Several machines write and read it. One writes at a time (`warehouse.storage.turn`); each
transaction is one snapshot of the lake, which readers see whole or not at all, and there is nothing
to publish.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from warehouse.storage.ducklake import (
    LakeMissing,
    attach,
    attach_errors,
    attach_to_write,
    expect_folder,
    lake_errors,
    opened,
)
from warehouse.storage.migrate import behind, known, migrate, migrations
from warehouse.storage.place import Place
from warehouse.storage.session import Connection, for_people, quoted, transaction
from warehouse.storage.spare import lent
from warehouse.storage.turn import holder, turn

_COLUMN_COMMENT = re.compile(r"COMMENT ON COLUMN (\w+)\.(\w+) IS '((?:[^']|'')*)';")


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake in one place."""

    place: Place

    called: ClassVar = "lake"
    made_by: ClassVar = "the first cycle makes it"
    openable: ClassVar = None
    own_files: ClassVar = ()

    def __str__(self) -> str:
        return str(self.place)

    @property
    def size_bytes(self) -> int:
        """Of the Parquet files, those included that only the past knows. Raises WarehouseError."""
        if folder := self.place.local:
            return sum(file.stat().st_size for file in folder.rglob("*.parquet"))
        files = f"{quoted(self.place.data)}**/*.parquet"
        with opened(self.place) as connection, lake_errors(self.place):
            # A list of the store's tells the sizes: no file is asked for.
            told = connection.execute(f"SELECT sum(size) FROM read_blob('{files}')")  # noqa: S608
            return int(told.fetchall()[0][0] or 0)

    @property
    def ready(self) -> bool:
        """Whether somebody has made it."""
        try:
            with opened(self.place) as connection, attach_errors(self.place):
                attach(connection, self.place, "READ_ONLY")
        except LakeMissing:
            return False
        return True

    @property
    def writer(self) -> str | None:
        """Who has the turn, on whichever machine."""
        return holder(self.place)

    @property
    def unpublished(self) -> bool:
        """Never: what is committed is seen."""
        return False

    @property
    def age_seconds(self) -> float:
        """None: what is committed is seen at once."""
        return 0.0

    @contextlib.contextmanager
    def writing(
        self, doing: str, *, wait_seconds: float = 60, for_readers: bool = True
    ) -> Iterator[Connection]:
        """A connection inside one transaction. See `Warehouse.writing`."""
        deadline = time.monotonic() + wait_seconds
        with (
            turn(self.place, doing, deadline),
            self.attached() as connection,
            self._newest(connection, contextlib.nullcontext()),
        ):
            yield connection

    @contextlib.contextmanager
    def seeing(self, doing: str, *, wait_seconds: float = 60) -> Iterator[Connection]:
        """One moment of the lake, whoever writes meanwhile. See `Warehouse.seeing`."""
        ours = turn(self.place, doing, time.monotonic() + wait_seconds)
        with self.attached() as connection, self._newest(connection, ours):
            yield connection

    @contextlib.contextmanager
    def _newest(
        self, connection: Connection, ours: contextlib.AbstractContextManager[None]
    ) -> Iterator[None]:
        """A transaction with the newest schema, which is made in a turn of `ours` where it is not
        there. It is looked for in the transaction itself: one of its own costs PostgreSQL ten
        statements."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(transaction(connection))
            if behind(connection, self):
                stack.close()
                with ours:
                    migrate(connection, without_column_comments)
                stack.enter_context(transaction(connection))
            yield

    def publish(self, *, wait_seconds: float = 60) -> None:
        """Nothing: what is committed is seen."""

    def reading(self, *, timezone: str = "UTC", as_of: datetime | None = None) -> Connection:
        """A read-only connection, in which each statement sees the newest, and all statements of
        one transaction the same; with `as_of`, all see what stood then.

        Raises WarehouseUnusable; LakeMissing where nobody has made the lake; NoPast.
        """
        past = [f"SNAPSHOT_TIME '{as_of.astimezone(UTC).isoformat()}'"] if as_of else []
        connection = opened(self.place)
        try:
            with attach_errors(self.place, as_of):
                attach(connection, self.place, "READ_ONLY", *past)
                known(connection, self)
                _explain(connection)
            return for_people(connection, timezone)
        except BaseException:
            connection.close()
            raise

    def looking(self) -> contextlib.AbstractContextManager[Connection]:
        """What readers see: there is nothing else."""
        return self.reading()

    def failing(self) -> contextlib.AbstractContextManager[None]:
        """For what may fail within a statement: it is told as ours."""
        return lake_errors(self.place)

    @contextlib.contextmanager
    def attached(self) -> Iterator[Connection]:
        """A connection that can write, outside of a transaction, for whoever has the `turn`."""
        with (
            lake_errors(self.place),
            lent(("lake", self.place), self._made_to_write) as connection,
        ):
            expect_folder(connection, self.place)
            yield connection

    def _made_to_write(self) -> Connection:
        connection = opened(self.place)
        try:
            attach_to_write(connection, self.place)
            # Who commits upon a snapshot that is not the newest any more fails, though the turn
            # was lost with the connection that held it: without it, DuckLake would try again
            # where the two touch other tables, and rows that one looked for could be there twice.
            connection.execute("SET ducklake_max_retry_count = 0")
            # For it PostgreSQL is asked twice about each column that a statement touches.
            connection.execute("SET disabled_optimizers = 'statistics_propagation'")
            connection.execute("SET TimeZone = 'UTC'")
        except BaseException:
            connection.close()
            raise
        return connection


def without_column_comments(sql: str) -> str:
    """A migration as a lake takes it: DuckLake keeps no comments on the columns of views."""
    return _COLUMN_COMMENT.sub("", sql)


def _explain(connection: Connection) -> None:
    """Comments on the columns, where `duckdb_columns()` finds them: on views of the session's own,
    which nobody asks."""
    with transaction(connection):
        answer = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = 'noroshi' AND schema_name = 'main'"
        )
        there = set(answer.fetchall())
        views = sorted({view for view, _ in there})
        told = [f"CREATE VIEW memory.main.{view} AS FROM noroshi.main.{view}" for view in views]
        said = {match.group(1, 2): match[3] for match in _column_comments()}
        told += [
            f"COMMENT ON COLUMN memory.main.{view}.{column} IS '{words}'"
            for (view, column), words in said.items()
            if (view, column) in there
        ]
        connection.execute(";\n".join(told))


def _column_comments() -> Iterator[re.Match[str]]:
    """In the order of the migrations: the last one about a column stands."""
    for migration in migrations():
        yield from _COLUMN_COMMENT.finditer(migration.sql)
