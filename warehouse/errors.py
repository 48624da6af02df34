"""What can go wrong while keeping.

WarehouseError
├── WarehouseBusy       another process is writing
├── WarehouseTooNew     the file was written by a newer noroshi
├── WarehouseUnusable   the folder or file cannot be read or written
│   └── WarehouseDamaged  a file does not hold what was written there
├── NoPast              what stood at a moment that a person gave is not kept
├── UnknownId           an id, or its beginning, that a person gave fits nothing, or several
├── QueryError          SQL from a person does not run
└── SeedError           a folder of seed documents cannot be loaded
"""

from __future__ import annotations

from extractors.errors import Told


class WarehouseError(Told):
    """`what` is wrong `where`; `remedy` says what a person can do about it."""


class WarehouseBusy(WarehouseError):
    """Another process held the warehouse for longer than the caller wanted to wait."""


class WarehouseTooNew(WarehouseError):
    """The warehouse has migrations that this program does not know."""


class WarehouseUnusable(WarehouseError):
    """The folder is not writable, the disk is full, or the file is damaged."""


class WarehouseDamaged(WarehouseUnusable):
    """A file does not hold what was written there: a disk that fails, a copy that broke off."""


class NoPast(WarehouseError):
    """What stood at a moment that a person gave is not kept."""


class UnknownId(WarehouseError):
    """An id that a person gave, or the beginning of one, fits nothing, or several things."""


class QueryError(WarehouseError):
    """SQL that a person gave does not run."""


class SeedError(WarehouseError):
    """A folder of seed documents cannot be read."""
