"""The warehouse: who writes does so in one transaction, and who reads holds up nobody.

What is kept stands in one file (`warehouse.storage.live`) or in a lake that several machines share
(`warehouse.storage.lake`). Whoever uses a `Warehouse` need not know which.
"""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from warehouse.storage.edition import PUBLISHED
from warehouse.storage.inspect import Contents, Report, unheard
from warehouse.storage.lake import Lake
from warehouse.storage.lake_upkeep import LakeUpkeep
from warehouse.storage.live import LiveFile, read
from warehouse.storage.live_upkeep import LiveUpkeep
from warehouse.storage.notes import FolderNotes, LakeNotes, Notes
from warehouse.storage.place import Place
from warehouse.storage.presence import Presence
from warehouse.storage.session import Connection, Result, queries, query, quoted

__all__ = ["PUBLISHED", "Connection", "Result", "Warehouse", "queries", "query", "quoted", "read"]


class Kind(Protocol):
    """How a warehouse is kept, written and read: `str()` says where. See `Warehouse` too."""

    @property
    def called(self) -> str:
        """What readers open."""

    @property
    def made_by(self) -> str:
        """What makes it where it is missing."""

    @property
    def openable(self) -> Path | None:
        """What any DuckDB program opens; None where only noroshi knows how."""

    @property
    def own_files(self) -> tuple[Path, ...]:
        """What only the pipeline on this machine opens."""

    @property
    def size_bytes(self) -> int:
        """Of what readers open. Raises WarehouseError."""

    @property
    def ready(self) -> bool: ...

    @property
    def writer(self) -> str | None: ...

    @property
    def unpublished(self) -> bool: ...

    @property
    def age_seconds(self) -> float: ...

    def writing(
        self, doing: str, *, wait_seconds: float, for_readers: bool
    ) -> AbstractContextManager[Connection]: ...

    def seeing(self, doing: str, *, wait_seconds: float) -> AbstractContextManager[Connection]: ...

    def publish(self, *, wait_seconds: float) -> None: ...

    def reading(self, *, timezone: str, as_of: datetime | None) -> Connection: ...

    def looking(self) -> AbstractContextManager[Connection]:
        """A read-only connection, for a moment, to all that is committed, seen by readers or not.
        Raises WarehouseError."""


class Upkeep(Protocol):
    """What is done to the whole of a warehouse. All of it raises WarehouseError."""

    def check(self, report: Report = unheard) -> Contents:
        """Read every row, while writers go on."""

    def compact(self, report: Report = unheard) -> int | None:
        """Give back room that is free; how many bytes that saved, or None where all stays as it is
        because others wrote meanwhile. Writers go on."""

    def copy(self, draft: Path) -> Contents:
        """Write all that is kept into one file, as of one moment, and read that. Writers go on."""

    def put(self, source: Path, draft: Path, now: datetime) -> Path | None:
        """Put what a whole file holds in the place of what is kept, by way of a draft, and bring
        the schema up to date; where the former rows went, if that is a file."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The warehouse in one data folder. Holds no connection between calls."""

    folder: Path
    place: Place | None = None
    """Of the lake that it is kept in; None for one file in the folder."""

    @property
    def kind(self) -> Kind:
        """How it is kept."""
        return Lake(self.place) if self.place else self.file

    @property
    def upkeep(self) -> Upkeep:
        """What is done to the whole of it."""
        return LakeUpkeep(Lake(self.place)) if self.place else LiveUpkeep(self.file)

    @property
    def file(self) -> LiveFile:
        """The files of a warehouse that is kept in one."""
        return LiveFile(self.folder)

    @property
    def published(self) -> Path:
        """The copy that people open; replaced, never written."""
        return self.file.published

    @property
    def live(self) -> Path:
        """The file that only the pipeline opens."""
        return self.file.live

    @property
    def pipeline_folder(self) -> Path:
        """What the pipeline keeps for itself on this machine: locks, spool, Prefect's home."""
        return self.folder / "pipeline"

    @property
    def lines_folder(self) -> Path:
        """A lock for each channel, held by whoever on this machine sends to it."""
        return self.pipeline_folder / "lines"

    @property
    def notes(self) -> Notes:
        """What outlives a process before it is in the tables."""
        return LakeNotes(self.place) if self.place else FolderNotes(self.pipeline_folder / "notes")

    @property
    def concordance(self) -> Path:
        """What searches on this machine look up (`warehouse.looking.concordance`)."""
        return self.folder / "concordance"

    @property
    def machine(self) -> str | None:
        """What tells this machine's pipeline from that of others; None where there are none."""
        return f"{socket.gethostname()}:{self.folder}" if self.place else None

    @property
    def presence(self) -> Presence:
        """Of a process that sends from here, as other machines see it; not shown yet."""
        return Presence(self.place, self.machine)

    @property
    def ready(self) -> bool:
        """Whether there is something to read."""
        return self.kind.ready

    @property
    def writer(self) -> str | None:
        """Who writes now and what for; None where nobody does. Raises WarehouseError."""
        return self.kind.writer

    @property
    def unpublished(self) -> bool:
        """Whether something was written for readers that they cannot see yet, be it by a process
        that was killed before it could publish."""
        return self.kind.unpublished

    @property
    def age_seconds(self) -> float:
        """How old what readers see is at most."""
        return self.kind.age_seconds

    def writing(
        self, doing: str, *, wait_seconds: float = 60, for_readers: bool = True
    ) -> AbstractContextManager[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on an error.

        Creates and migrates the warehouse where needed. Waits at most `wait_seconds` for another
        writer. What is written makes the warehouse `unpublished`, unless it is not worth a
        publication of its own (`for_readers=False`). Raises WarehouseBusy, WarehouseTooNew and
        WarehouseUnusable.
        """
        return self.kind.writing(doing, wait_seconds=wait_seconds, for_readers=for_readers)

    def seeing(self, doing: str, *, wait_seconds: float = 60) -> AbstractContextManager[Connection]:
        """A connection to all that is committed, at one moment, for who writes nothing; where
        others need not wait for that, they do not. Makes, migrates, waits and raises as `writing`
        does."""
        return self.kind.seeing(doing, wait_seconds=wait_seconds)

    def publish(self, *, wait_seconds: float = 60) -> None:
        """Let readers see all that is written. Raises WarehouseError."""
        self.kind.publish(wait_seconds=wait_seconds)

    def reading(self, *, timezone: str = "UTC", as_of: datetime | None = None) -> Connection:
        """A read-only connection to what is published, or to what stood at the moment `as_of`.

        Raises WarehouseUnusable, WarehouseTooNew, WarehouseBusy and QueryError.
        """
        return self.kind.reading(timezone=timezone, as_of=as_of)
