"""How one cycle gets at the warehouse, and how it goes on where it cannot.

Somebody may hold the live file open for hours, or a disk may have damaged it, while a feed forgets
within the hour. A cycle that is barred from it asks what is published instead, and goes on reading
into the spool; it matches and delivers nothing, and ends with what bars it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseBusy, WarehouseDamaged, WarehouseError

WAIT_SECONDS = 60
"""How long a cycle waits for whoever has the warehouse, before it goes on without."""
_BARS = (WarehouseBusy, WarehouseDamaged)
"""What need not keep a cycle from reading. On a full disk it could not keep what it reads."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Access:
    """The warehouse, as far as one cycle gets at it."""

    warehouse: Warehouse
    barred: WarehouseError | None = None
    """Why this cycle writes nothing any more."""

    @contextmanager
    def trying(self) -> Iterator[None]:
        """For what writes: where it is barred, the cycle is from then on."""
        try:
            yield
        except _BARS as error:
            self.barred = error

    def writing(
        self, doing: str, *, for_readers: bool = True
    ) -> AbstractContextManager[Connection]:
        """See `Warehouse.writing`."""
        return self.warehouse.writing(doing, wait_seconds=WAIT_SECONDS, for_readers=for_readers)

    def ask(self, doing: str, question: Callable[[Connection], Answer]) -> Answer:
        """What the warehouse answers; what is published does where the cycle is barred. Raises
        WarehouseError."""
        if not self.barred:
            with self.trying(), self._seeing(doing) as connection:
                return question(connection)
        return self.recall(question)

    def _seeing(self, doing: str) -> AbstractContextManager[Connection]:
        return self.warehouse.seeing(doing, wait_seconds=WAIT_SECONDS)

    def recall(self, question: Callable[[Connection], Answer]) -> Answer:
        """What is published answers. Raises what bars the cycle where that cannot be read."""
        try:
            with self.warehouse.reading() as connection:
                return question(connection)
        except WarehouseError as error:
            raise self.barred or error from error
