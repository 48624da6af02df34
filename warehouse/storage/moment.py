"""A moment: all that is committed to the live file, in a copy that is made while cycles go on.

Nothing is written where the live file is, as there may be no room: its log is copied beside the
copy and taken in there. Most of the file is what is published, which nobody writes, so that is
copied first, however long it takes; writers wait while what differs from it is found and copied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import duckdb

from warehouse.storage.attaching import log_of
from warehouse.storage.block import HEADERS, pieces
from warehouse.storage.disk import clone, share
from warehouse.storage.edition import amend, opened
from warehouse.storage.live import LiveFile
from warehouse.storage.lock import hold, unwritten
from warehouse.storage.session import unusable

MEMORY = "512MB"
"""What DuckDB may hold while it takes the log in."""
WAIT_SECONDS = 60

State = tuple[bytes, int]
"""What changes whenever something is committed: the headers of a file, and how long its log is."""


def take(file: LiveFile, draft: Path, doing: str) -> State:
    """Make `draft` the live file as it is at one moment of this call, without a log; how that file
    was then. Where it is gone, what is published is all there is. The draft is not on the disk yet.

    Raises OSError and WarehouseError.
    """
    log_of(draft).unlink(missing_ok=True)
    with opened(file.published) as former:
        shared = _begun(file.published, former, draft)
        with _alone(file, doing), _unwritten(file.live):
            if file.live.exists():
                _follow(file.live, draft, None if shared else former)
            found = state(file.live)
    _take_in(draft)
    return found


def _alone(file: LiveFile, doing: str) -> AbstractContextManager[None]:
    """Nobody writes meanwhile; where this user may not tell others so, nobody is expected to."""
    if not os.access(file.pipeline_folder, os.W_OK):
        return contextlib.nullcontext()
    return hold(file.pipeline_folder / "writer.lock", wait_seconds=WAIT_SECONDS, doing=doing)


def _unwritten(live: Path) -> AbstractContextManager[None]:
    there = live.exists()
    return unwritten(live, wait_seconds=WAIT_SECONDS) if there else contextlib.nullcontext()


def state(live: Path) -> State:
    """How a file is; nobody may write it meanwhile."""
    log = log_of(live)
    with opened(live) as reader:
        return reader.read(HEADERS), log.stat().st_size if log.exists() else 0


def _begun(published: Path, former: BinaryIO, draft: Path) -> bool:
    """Make the draft what is published; whether the two share their blocks."""
    if published.exists() and share(published, draft):
        return True
    with draft.open("wb") as writer:
        shutil.copyfileobj(former, writer, 1 << 20)
    former.seek(0)
    return False


def _follow(live: Path, draft: Path, former: BinaryIO | None) -> None:
    """Make the draft, which is a copy of `former`, what the live file is, and copy its log."""
    if former is None:
        clone(live, draft)
    else:
        with live.open("rb") as reader, draft.open("r+b") as writer:
            amend(writer, pieces(reader, former))
    if log_of(live).exists():
        shutil.copyfile(log_of(live), log_of(draft))


def _take_in(draft: Path) -> None:
    if not log_of(draft).exists():
        return
    try:
        with duckdb.connect(str(draft), config={"memory_limit": MEMORY}) as connection:
            connection.execute("CHECKPOINT")
    except duckdb.Error as error:
        remedy = f"check access and free space of {draft.parent}"
        raise unusable(draft, error, remedy) from error
