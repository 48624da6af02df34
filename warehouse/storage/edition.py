"""Editions of the published copy: each is made of the one before the last, where that can be.

A cycle changes little of a large file, and a disk reads faster than it writes and is not worn by
it. So what differs is found by comparing all of it: the checksums that DuckDB keeps of its blocks
are the same for some that differ (seen with 1.5.5: texts that repeat themselves). Where the file
system lets two files share their blocks, that is quicker still, and no former edition is kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from warehouse.storage.disk import copy, share, sync

PIECE = 1 << 18
"""Bytes that are compared at a time: as many as DuckDB writes at a time."""


@dataclass(frozen=True, slots=True)
class Editions:
    """The published file, and what is kept in the pipeline's folder to make the next."""

    published: Path
    folder: Path

    @property
    def _previous(self) -> Path:
        """The edition before the published one."""
        return self.folder / "previous.duckdb"

    def issue(self, source: Path) -> None:
        """Replace the published file by a copy of `source`, which nobody writes meanwhile, in one
        rename. A process that is killed leaves either the former edition or the new one. Raises
        OSError."""
        draft = self.folder / "publishing.duckdb"
        if share(source, draft):
            self._previous.unlink(missing_ok=True)
        else:
            self._write(source, draft)
            self._keep()
        draft.replace(self.published)
        sync(self.folder)
        sync(self.published.parent)

    def _write(self, source: Path, draft: Path) -> None:
        """The draft out of the former edition, unless somebody reads that."""
        if _ours_alone(self._previous):
            self._previous.rename(draft)
            renew(draft, source)
        else:
            self._previous.unlink(missing_ok=True)
            copy(source, draft)

    def _keep(self) -> None:
        """The published file becomes the previous edition."""
        with contextlib.suppress(OSError):  # there is none, or the file system has no hard links
            os.link(self.published, self._previous)


def renew(old: Path, source: Path) -> None:
    """Make an older copy of a file the same as the file, to the disk, by writing what differs."""
    with source.open("rb") as reader, old.open("r+b") as writer:
        while piece := reader.read(PIECE):
            begin = writer.tell()
            if piece != writer.read(len(piece)):
                writer.seek(begin)
                writer.write(piece)
        writer.truncate()
        os.fsync(writer.fileno())


def _ours_alone(file: Path) -> bool:
    """Whether a file is there, under no other name, and nobody has it open: to whom nobody is in
    the way Linux grants a lease for writing (fcntl(2)). Where there are no leases, no."""
    try:
        with file.open("r+b") as opened:
            # Who opens it before we end the lease makes the kernel signal us; SIGIO would kill.
            fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return os.fstat(opened.fileno()).st_nlink == 1
    except (OSError, AttributeError):
        return False
