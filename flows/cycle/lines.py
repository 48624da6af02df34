"""Lines: who sends to a channel holds the line to it, one process of a machine at a time.

The kernel lets go of a line however its holder dies. So what a killed process was sending is told
from what a living one is at, without waiting for a lease to end.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from extractors.article import digest
from warehouse.errors import WarehouseBusy
from warehouse.storage.lock import hold


@dataclass(slots=True)
class Lines:
    """The lines that one round of deliveries holds; all are let go at its end."""

    folder: Path
    """Of the locks, one a channel."""
    held: dict[str, ExitStack] = field(default_factory=dict)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_error: object) -> None:
        self.keep(())

    def take(self, channels: Collection[str]) -> set[str]:
        """Take what lines nobody holds; the channels among these to which we have one now."""
        return {name for name in channels if name in self.held or self._taken(name)}

    def keep(self, channels: Collection[str]) -> None:
        """Let go of all other lines."""
        for name in self.held.keys() - set(channels):
            self.held.pop(name).close()

    def _taken(self, channel: str) -> bool:
        line = ExitStack()
        try:
            lock = self.folder / f"{digest(channel)}.lock"
            line.enter_context(hold(lock, wait_seconds=0, doing=f"sending to {channel}"))
        except WarehouseBusy:
            return False
        self.held[channel] = line
        return True
