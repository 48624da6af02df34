"""The disk: files and renames that survive a power cut, and what goes wrong there as ours."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from warehouse.errors import WarehouseUnusable

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file (btrfs, XFS)


def clone(source: Path, target: Path) -> None:
    """Copy a file that nobody writes, to the disk; the blocks are shared where that can be."""
    if not share(source, target):
        copy(source, target)


def share(source: Path, target: Path) -> bool:
    """Whether `target`, empty where not, could be made of the blocks of a file that nobody writes,
    to the disk."""
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            fcntl.ioctl(writer, _FICLONE, reader.fileno())
        except OSError:  # the file system shares no blocks
            return False
        os.fsync(writer.fileno())
        return True


def copy(source: Path, target: Path) -> None:
    """Copy a file that nobody writes, to the disk."""
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())


def keep(file: Path, content: bytes) -> None:
    """Write a file to the disk, whole or not at all, and its folder where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    with draft.open("wb") as writer:
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())
    draft.replace(file)
    sync(file.parent)


def sync(folder: Path) -> None:
    """Bring renames in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free(folder: Path) -> int:
    """Bytes that are free where a folder is, or will be."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


@contextlib.contextmanager
def os_errors(where: Path, then: str = "then run the next cycle") -> Iterator[None]:
    """What the operating system refuses, as WarehouseUnusable."""
    try:
        yield
    except OSError as error:
        what = f"it cannot be written ({error.strerror})"
        raise WarehouseUnusable(where, what, f"{remedy(error)}, {then}") from error


def remedy(error: Exception) -> str:
    """What helps where something could not be written."""
    code = error.errno if isinstance(error, OSError) else None
    if code in _FULL or "No space left" in str(error):
        return "free some disk space"
    if code in _REFUSED:
        return "give this user write access"
    return "free some disk space or give this user write access"


_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
