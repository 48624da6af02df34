"""One writer at a time: a lock file that tells who holds it.

`flock` is released by the kernel however its holder dies, so a killed process leaves no lock
behind. DuckDB's own lock on its file cannot serve: it is a POSIX lock, which the process loses
when it closes any other handle of the same file, as copying the file does. Programs that know
nothing of our lock file heed DuckDB's, so who copies the file takes one of that kind too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from warehouse.errors import WarehouseBusy, WarehouseUnusable

_PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def hold(path: Path, *, wait_seconds: float, doing: str, shared: bool = False) -> Iterator[None]:
    """Hold the lock at `path`, waiting for it at most `wait_seconds`. Several may hold it `shared`.

    Raises WarehouseBusy (naming the process in the way) and WarehouseUnusable.
    """
    with _opened(path) as handle:
        _acquire(handle, path, time.monotonic() + wait_seconds, shared=shared)
        with contextlib.suppress(OSError):  # on a full disk it stays unsaid who holds the lock
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {doing}".encode(), 0)
        yield


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WarehouseUnusable(
            path.parent,
            f"the folder cannot be written ({error.strerror})",
            "give this user write access to it, or set another data_folder in noroshi.toml",
        ) from error
    try:
        yield handle
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, deadline: float, *, shared: bool) -> None:
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _busy(handle, path) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


@contextlib.contextmanager
def unwritten(file: Path, *, wait_seconds: float) -> Iterator[None]:
    """No DuckDB program has a file open for writing, or opens it so, during this block; who has it
    open is waited for. Where a file system or a kernel has no such locks, nobody is.

    Raises OSError, and WarehouseBusy (naming the process in the way).
    """
    with file.open("rb") as opened:
        deadline = time.monotonic() + wait_seconds
        while (process := _writing(opened.fileno())) is not None:
            if time.monotonic() >= deadline:
                what = f"process {process} has it open for writing"
                raise WarehouseBusy(file, what, "close that program")
            time.sleep(_PAUSE_SECONDS)
        yield


_LOCK = "hhqqi"  # struct flock of 64-bit Linux: kind, whence, start, length, process
_IN_THE_WAY = {errno.EAGAIN, errno.EACCES}


def _writing(handle: int) -> int | None:
    """Which process has a file open for writing; None where none has, and none can from now on
    until `handle` is closed, whatever else this process closes."""
    wanted = struct.pack(_LOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, wanted)
    except AttributeError:
        return None
    except OSError as error:
        if error.errno in _IN_THE_WAY:
            found = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, wanted)
            return int(struct.unpack(_LOCK, found)[-1])
    return None


def holder(path: Path) -> str | None:
    """Who holds the lock at `path` and what for; None where nobody does."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pid, doing = _read(handle)
        return f"process {pid} ({doing})"
    finally:
        os.close(handle)
    return None


def _busy(handle: int, path: Path) -> WarehouseBusy:
    pid, doing = _read(handle)
    what = f"process {pid} is at work here ({doing})"
    return WarehouseBusy(path.parent, what, "wait until it has ended, or stop it")


def _read(handle: int) -> tuple[str, str]:
    """Number of the holder, and what it does."""
    pid, _, doing = os.pread(handle, 200, 0).decode(errors="replace").partition(" ")
    return pid or "unknown", doing or "starting"
