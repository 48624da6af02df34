"""A session with DuckDB: transactions, what people ask in it, and what DuckDB refuses as ours."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from warehouse.errors import QueryError, WarehouseDamaged, WarehouseError, WarehouseUnusable
from warehouse.storage.block import HEADERS
from warehouse.storage.migrate import roll_back

Connection = duckdb.DuckDBPyConnection

FAILED = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
"""What DuckDB raises where what it keeps cannot be read or written, within a statement or a
commit."""
_DAMAGED = (
    "Corrupt ",
    "Could not read enough bytes",
    "Failure while replaying WAL",
    "is not a valid DuckDB database file",
)
"""What DuckDB 1.5 says of a file whose bytes are not what it wrote."""


def for_people(connection: Connection, timezone: str) -> Connection:
    """The session, set as those want it who read what it prints. Raises QueryError for a time zone
    that there is not."""
    try:
        connection.execute(f"SET TimeZone = '{quoted(timezone)}'")
    except duckdb.Error as error:
        what = f"there is no time zone {timezone!r}"
        raise QueryError("timezone", what, "name one such as Asia/Hong_Kong") from error
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
        if "read-only" in str(error):
            remedy = "keep tables in a database of your own, and ATTACH this one there to read it"
        raise damage_seen(error) or QueryError("SQL", _told(error), remedy) from error
    except (OverflowError, ValueError) as error:  # a moment of the year 10,000, in a zone
        remedy = "ask for the value as text: CAST(… AS VARCHAR)"
        raise QueryError("SQL", f"a value cannot be shown ({error})", remedy) from error
    except RuntimeError as error:
        if str(error) != INTERRUPTED:
            raise
        # DuckDB stops asking for the answer and lets its other threads go on; whoever asks next,
        # or closes the connection, waits for them.
        connection.interrupt()
        raise KeyboardInterrupt from error


INTERRUPTED = "Query interrupted"
"""What DuckDB makes a RuntimeError of, where Ctrl-C comes while a statement runs."""


def blank(sql: str) -> bool:
    """Whether there are comments at most."""
    return not duckdb.tokenize(sql)


def ended(sql: str) -> bool:
    """Whether the last of a person's statements is ended by `;`."""
    signs = duckdb.tokenize(sql)
    place = signs[-1][0] if signs else 0
    return bool(re.fullmatch(rb";(\s|--[^\n]*|/\*.*?\*/)*", sql.encode()[place:], re.DOTALL))


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit at the end of the block, roll back on an error."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def see_whole(connection: Connection, file: Path) -> None:
    """See that a file that is open, and nothing else is, has room for the blocks that are in use:
    DuckDB looks for a block when somebody asks for what is in it. Free ones at the end may be
    missing; and of one with a log, whose rows count as blocks already, nobody can say. Raises
    WarehouseDamaged."""
    if file.with_name(f"{file.name}.wal").exists():
        return
    answer = connection.execute("SELECT used_blocks, block_size FROM pragma_database_size()")
    blocks, size = answer.fetchall()[0]
    if file.stat().st_size < HEADERS + blocks * size:
        remedy = "check access and free space of the data folder"
        raise WarehouseDamaged(file, "it is damaged (it is cut short)", remedy)


def bound(connection: Connection, memory: str) -> None:
    """DuckDB holds no more than so much from now on: of a large file it keeps what it has read
    while there is any room."""
    connection.execute(f"SET memory_limit = '{memory}'")


@contextlib.contextmanager
def file_errors(file: Path) -> Iterator[None]:
    """What DuckDB refuses to do with a file, as WarehouseUnusable."""
    try:
        yield
    except duckdb.Error as error:
        raise unusable(file, error) from error


def unusable(
    file: Path,
    error: duckdb.Error | OSError,
    remedy: str = "check access and free space of the data folder",
) -> WarehouseError:
    """What DuckDB or the operating system says of a file, with what a person can do."""
    if _damage(error):
        return WarehouseDamaged(file, f"it is damaged ({first_line(error)})", remedy)
    if "Checkpoint failed" in str(error):
        what = f"it could not be tidied up ({first_line(error)}); what was just written may stand"
        return WarehouseUnusable(file, what, f"{remedy}, and look before you do it again")
    return WarehouseUnusable(file, f"it cannot be used ({first_line(error)})", remedy)


def damage_seen(error: Exception) -> WarehouseDamaged | None:
    """Damage that a reader came upon in the midst of a file; None where `error` is no damage."""
    if not _damage(error):
        return None
    what, remedy = f"it is damaged ({first_line(error)})", "`noroshi maintain` makes it anew"
    return WarehouseDamaged("the published copy", what, remedy)


@contextlib.contextmanager
def damage_told() -> Iterator[None]:
    """What `damage_seen` says, for readers who go on after it."""
    try:
        yield
    except duckdb.Error as error:
        raise damage_seen(error) or error from error


def _damage(error: Exception) -> bool:
    return isinstance(error, duckdb.Error) and any(sign in str(error) for sign in _DAMAGED)


def _told(error: duckdb.Error) -> str:
    """What DuckDB says of a statement in one line, without the picture of the place."""
    before_the_picture = str(error).strip().partition("\n\nLINE ")[0]
    return " ".join(before_the_picture.split())


def first_line(error: Exception) -> str:
    """What an error says, without the picture below it."""
    return str(error).strip().splitlines()[0]


def quoted(text: object) -> str:
    """As a string literal of SQL holds it."""
    return str(text).replace("'", "''")
