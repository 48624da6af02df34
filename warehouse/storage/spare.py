"""Spare sessions with a lake: opening one takes longer than most of what is done in it.

DuckDB, three extensions, a connection to PostgreSQL and the whole catalogue: so who has done with a
session leaves it to whoever wants one of that kind next.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator

import duckdb

from warehouse.storage.session import Connection

KEPT_SECONDS = 60
"""A session that lay idle for longer is not used again: what is between here and PostgreSQL may
have forgotten its connection, and would say so late."""

_spare: defaultdict[Hashable, list[tuple[float, Connection]]] = defaultdict(list)


@contextlib.contextmanager
def lent(of: Hashable, made: Callable[[], Connection], alive: str) -> Iterator[Connection]:
    """A session, of the kind `of`, in which the statement `alive` works, for the length of the
    block; made where none is spare. Whatever fails in the block, it is not used again."""
    connection = _taken(of, alive) or made()
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    _spare[of].append((time.monotonic(), connection))


def _taken(of: Hashable, alive: str) -> Connection | None:
    while _spare[of]:
        since, connection = _spare[of].pop()
        if time.monotonic() - since < KEPT_SECONDS:
            with contextlib.suppress(duckdb.Error):
                connection.execute(alive)
                return connection
        connection.close()
    return None


def end_all() -> None:
    """End those that are spare, as whoever drops or copies a catalogue's database must."""
    while _spare:
        for _, connection in _spare.popitem()[1]:
            connection.close()
