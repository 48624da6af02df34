"""Presence: that a process which sends from a lake is alive, as PostgreSQL sees it.

Who sends holds a lock of a name of its own in a session that ends with it, and looks before each
message whether it still does. So another machine that gets this lock knows that its holder died, or
has lost the session and ends with the message that it is at: some time later it may take over.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, field

from warehouse.errors import WarehouseError
from warehouse.storage.ducklake import lake_errors
from warehouse.storage.place import Place
from warehouse.storage.session import Connection
from warehouse.storage.turn import ask, asking, introduce

GRACE_SECONDS = 90
"""For a message that is on its way while its sender's session ends, and for writing down that it
was accepted: half a minute, and the minute for which one waits for the turn."""


@dataclass(slots=True)
class Presence:
    """Of a process that sends from a warehouse; without a `place`, one in a file, it shows nothing:
    there the line to a channel says it all (`flows.cycle.lines`)."""

    place: Place | None = None
    machine: str | None = None
    _number: int = field(default_factory=lambda: secrets.randbits(62))
    _session: ExitStack = field(default_factory=ExitStack)
    _connection: Connection | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)
    """Channels are served side by side."""
    _free_since: dict[str, float] = field(default_factory=dict)
    """Moments (monotonic) at which we got the locks of others."""

    def __enter__(self) -> Presence:
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    @property
    def name(self) -> str | None:
        """What stands with each message that is claimed; another one after a session was lost, and
        with it who else is gone."""
        if self.place is None:
            return None
        self._begin_anew_if_lost()
        return f"{self._number} {self.machine}"

    def _begin_anew_if_lost(self) -> None:
        if self._connection and not self.felt():
            self._session.close()
            self._connection, self._number = None, secrets.randbits(62)
            self._free_since.clear()

    def show(self) -> None:
        """Be present under this name. Raises WarehouseError."""
        if self.place is None or self._connection:
            return
        with lake_errors(self.place):
            connection = self._session.enter_context(asking(self.place))
            introduce(connection, "send messages")
        self._connection = connection
        self._get(self._number)

    def felt(self) -> bool:
        """Whether PostgreSQL still knows of us: if not, others may be at it before long."""
        if self.place is None:
            return True
        try:
            return self._ask("SELECT 1") == 1
        except WarehouseError:
            return False

    def gone(self, senders: Collection[str]) -> set[str] | None:
        """Those among the names of senders, to whose channels nobody on this machine is sending,
        that send no more: of this machine, or gone for GRACE_SECONDS; None for all, where there is
        no other machine. Raises WarehouseError."""
        if self.place is None:
            return None
        self._begin_anew_if_lost()
        for settled in self._free_since.keys() - set(senders):
            del self._free_since[settled]
        return {sender for sender in senders if self._gone(sender)}

    def _gone(self, sender: str) -> bool:
        number, _, machine = sender.partition(" ")
        if machine == self.machine:
            return True
        self.show()
        if sender not in self._free_since and self._get(int(number)):
            self._free_since[sender] = time.monotonic()
        if sender not in self._free_since or self._left(sender) > 0:
            return False
        del self._free_since[sender]
        return True

    def _get(self, number: int) -> bool:
        return bool(self._ask(f"SELECT pg_try_advisory_xact_lock({number})"))

    def _ask(self, sql: str) -> object:
        """What PostgreSQL answers; None while we are not present."""
        if self.place is None or self._connection is None:
            return None
        with self._guard, lake_errors(self.place):
            return ask(self._connection, sql)

    def _left(self, sender: str) -> float:
        return self._free_since[sender] + GRACE_SECONDS - time.monotonic()

    @property
    def doubt_seconds(self) -> float | None:
        """How long until the next of those that are gone is so for good; None where there is none
        left."""
        return min((max(0.0, self._left(sender)) for sender in self._free_since), default=None)
