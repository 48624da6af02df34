"""Editions of the published copy: each is made of the one before the last, where that can be.

A cycle changes little of a large file, and a disk reads faster than it writes and is not worn by
it. So what differs is found by comparing all of it: the checksums that DuckDB keeps of its blocks
are the same for some that differ (seen with 1.5.5: texts that repeat themselves), and strong ones
that we kept of a former edition would say what was written, not what the disk holds of it today.
Where the file system lets two files share their blocks, that is quicker still, and no former
edition is kept.

What has changed since the former edition is looked at, as a disk damages blocks that nobody reads
for months: one whose checksum is not its own has the whole file read before it is published. (Not
where blocks are shared, as nothing is read then; there `noroshi maintain` finds it.)
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from warehouse.storage.block import Piece, pieces
from warehouse.storage.disk import share, sync
from warehouse.storage.inspect import inspect

PUBLISHED = "noroshi.duckdb"
"""Name of the file that people open, in the data folder."""


@dataclass(frozen=True, slots=True)
class Editions:
    """The published file, and what is kept in the pipeline's folder to make the next."""

    published: Path
    folder: Path

    @property
    def previous(self) -> Path:
        """The edition before the published one."""
        return self.folder / "previous.duckdb"

    def issue(self, source: Path) -> None:
        """Replace the published file by a copy of `source`, which nobody writes meanwhile, in one
        rename. A process that is killed leaves either the former edition or the new one. Raises
        OSError, and WarehouseDamaged where what has changed in `source` is not what DuckDB wrote:
        the published file stays then."""
        draft = self.folder / "publishing.duckdb"
        if share(source, draft):
            self.previous.unlink(missing_ok=True)
        else:
            self._write(source, draft)
            self._keep()
        draft.replace(self.published)
        sync(self.folder)
        sync(self.published.parent)

    def _write(self, source: Path, draft: Path) -> None:
        """The draft out of the former edition, unless somebody reads that."""
        if _ours_alone(self.previous):
            self.previous.rename(draft)
            renew(draft, source)
        else:
            self.previous.unlink(missing_ok=True)
            copy(source, draft, self.published)

    def _keep(self) -> None:
        """The published file becomes the previous edition."""
        with contextlib.suppress(OSError):  # there is none, or the file system has no hard links
            os.link(self.published, self.previous)


def renew(old: Path, source: Path) -> None:
    """Make an older copy of a file the same as the file, to the disk, by writing what differs.
    Raises OSError and WarehouseDamaged."""
    with source.open("rb") as reader, old.open("rb") as former, old.open("r+b") as writer:
        amend(writer, _looked_at(pieces(reader, former), source))
        os.fsync(writer.fileno())


def copy(source: Path, draft: Path, published: Path) -> None:
    """Write all of a file into another, to the disk; looked at is what is not as published.
    Raises OSError and WarehouseDamaged."""
    with source.open("rb") as reader, opened(published) as former, draft.open("wb") as writer:
        for piece in _looked_at(pieces(reader, former), source):
            writer.write(piece.data)
        writer.flush()
        os.fsync(writer.fileno())


def amend(draft: BinaryIO, found: Iterator[Piece]) -> None:
    """Write what has changed into a copy of the former state, which ends where the last piece
    does."""
    end = 0
    for piece in found:
        end = piece.begin + len(piece.data)
        if piece.changed:
            draft.seek(piece.begin)
            draft.write(piece.data)
    draft.truncate(end)


def opened(file: Path) -> BinaryIO:
    """A file as it is now, whatever takes its place; nothing where there is none."""
    try:
        return file.open("rb")
    except FileNotFoundError:
        return io.BytesIO()


def _looked_at(found: Iterator[Piece], source: Path) -> Iterator[Piece]:
    """The pieces of a file, which is read as a whole where one that has changed is not sound.
    Raises WarehouseDamaged."""
    for piece in found:
        if piece.changed and not piece.sound:
            inspect(source)
            yield piece
            break
        yield piece
    yield from found


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
