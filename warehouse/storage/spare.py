"""Spare sessions with DuckDB: making one takes longer than most of what is done in it.

For a file that is DuckDB itself (20 ms of a processor); for a lake three extensions, connections
to PostgreSQL and the whole catalogue too. So who has done with a session leaves it to whoever wants
one of that kind next.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from warehouse.storage.session import Connection

KEPT_SECONDS = 60
"""A session that lay idle for longer is ended: what is between here and PostgreSQL may have
forgotten its connections, and would say so late. One that was cut the extension for PostgreSQL
finds out by itself (pg_pool_health_check_query), and makes another."""
KEPT = 4
"""So many lie idle at most: one with a lake holds several of PostgreSQL's hundred connections."""


@dataclass(frozen=True, slots=True, eq=False)
class _Spare:
    of: Hashable
    connection: Connection
    since: float


_spare: list[_Spare] = []
"""The last that was left at the end."""
_guard = threading.Lock()


@contextlib.contextmanager
def lent(of: Hashable, made: Callable[[], Connection]) -> Iterator[Connection]:
    """A session of the kind `of`, for the length of the block; made where none is spare. Whatever
    fails in the block, it is not used again."""
    _end_idle()
    connection = _taken(of) or made()
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    _leave(_Spare(of, connection, time.monotonic()))


def _taken(of: Hashable) -> Connection | None:
    with _guard:
        found = next((spare for spare in reversed(_spare) if spare.of == of), None)
        if found:
            _spare.remove(found)
    return found.connection if found else None


def _leave(spare: _Spare) -> None:
    with _guard:
        _spare.append(spare)
    _end_idle()


def _end_idle() -> None:
    """End those that lay idle for too long, and the oldest of too many."""
    before = time.monotonic() - KEPT_SECONDS
    with _guard:
        young = [spare for spare in _spare if spare.since > before]
        _keep(young[-KEPT:])


def end_all() -> None:
    """End those that are spare, as whoever drops or copies a catalogue's database must."""
    with _guard:
        _keep([])


def _keep(kept: list[_Spare]) -> None:
    ended = [spare for spare in _spare if spare not in kept]
    _spare[:] = kept
    for spare in ended:
        spare.connection.close()
