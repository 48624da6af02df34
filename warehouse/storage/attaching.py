"""A file attached by who writes into it: for a moment, through a connection that serves again.

What is committed stays in the log beside the file until that is long, and is taken in before the
file is copied.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseBusy, WarehouseError
from warehouse.storage.edition import PUBLISHED
from warehouse.storage.session import FAILED, Connection, bound, first_line, quoted, unusable
from warehouse.storage.spare import lent

FORMAT = "v1.4.0"
"""Of the file, which DuckDB 1.4 and newer open: since then a file says where the parts of a table
are described. In an older one all of that is read to take in a log, of however little: 32 ms of a
processor among a million articles, where it is 8. A file of an older one stays so until upkeep
writes it anew: DuckDB 1.5.5 could bring it up in place, but one killed while it does leaves a log
that it refuses."""
MEMORY = "2GB"
"""What a writer may hold of a large file, which DuckDB would keep in memory while there is any."""
LOG = "512KB"
"""How long the log beside the live file gets. Reading it at each opening takes 5 ms of a processor
a megabyte, taking it in 8 ms and 8 a megabyte: a batch of a hundred articles is taken in at once,
so that none takes much longer than the others, and most of what else is written is not."""
_PAUSE_SECONDS = 0.1


@contextlib.contextmanager
def attached(file: Path, deadline: float) -> Iterator[Connection]:
    """A connection that uses the file, made where there is none; waits until `deadline`, on the
    monotonic clock, for a foreign program that has it open. Raises WarehouseBusy and
    WarehouseUnusable."""
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


def take_in(file: Path, *, wait_seconds: float = 60, joined: bool = False) -> None:
    """Bring what is committed and still in the log into the file itself, which is copied without
    its log; with `joined`, join what batches have left apart too, be there a log or not.
    Raises WarehouseBusy and WarehouseUnusable."""
    if not joined and not log_of(file).exists():
        return
    with attached(file, time.monotonic() + wait_seconds) as connection:
        for setting in _AS_IT_STANDS:
            connection.execute(f"RESET {setting}")
        if not log_of(file).exists():
            connection.execute(_PASSING)
        connection.execute("CHECKPOINT")
        _let_stand(connection)


def log_of(file: Path) -> Path:
    """Where DuckDB writes what is committed and not in the file yet."""
    return file.with_name(f"{file.name}.wal")


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
        duckdb.connect(str(draft), config={"storage_compatibility_version": FORMAT}).close()
        draft.replace(file)
    except (duckdb.Error, OSError) as error:
        raise unusable(file, error) from error


def _attach(connection: Connection, file: Path, deadline: float) -> None:
    """Attach the live file, waiting while a foreign program (a DuckDB shell, say) has it open."""
    while True:
        try:
            connection.execute(f"ATTACH '{quoted(file)}' AS noroshi")
        except duckdb.Error as error:
            if not locked(error) or time.monotonic() >= deadline:
                raise refusal(file, error) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def refusal(file: Path, error: duckdb.Error) -> WarehouseError:
    """Why the live file cannot be opened."""
    if not locked(error):
        return unusable(file, error)
    remedy = f"close that program; people open {PUBLISHED} in the data folder instead"
    return WarehouseBusy(file, opener(error), remedy)


def locked(error: duckdb.Error) -> bool:
    """Whether another process has the file open. The word "lock" alone stands in other errors
    ("block") and in paths too."""
    return "Could not set lock on file" in str(error)


def opener(error: duckdb.Error) -> str:
    """Who has the file open, as far as DuckDB knows."""
    if found := re.search(r"held in (.+?) \(PID (\d+)\)", str(error)):
        return f"process {found[2]} ({found[1]}) has it open"
    return first_line(error)
