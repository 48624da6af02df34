"""All that is kept: schema, loading, search, seed documents, outbox, the published copy.

`warehouse.open("data")` is for programs of one's own.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

if importlib.util.find_spec("pandas") is None:
    # For each element of a list parameter duckdb asks twice for pandas, and Python looks for it
    # all over its path each time: 0.5 s for 5,000 ids. Told once that there is none: 0.04 s.
    pa.array([""])  # pyarrow asks once, and stumbles over the None that is put there for duckdb
    sys.modules["pandas"] = None  # type: ignore[assignment]


def open(
    path: Path | str = "data", *, timezone: str = "UTC", as_of: datetime | None = None
) -> DuckDBPyConnection:
    """A read-only connection with the views: to a data folder, to any copy or backup of one, or to
    a lake by its setting (`ducklake:postgres:dbname=…`).

    A file shows what was published when it was opened, for as long as it is held; each statement
    to a lake sees the newest, or what stood at the moment `as_of`. Days and printed times are those
    of `timezone`. Raises warehouse.errors.WarehouseUnusable, WarehouseTooNew, WarehouseBusy
    and QueryError.
    """
    from warehouse.database import Warehouse  # DuckDB is for those who open one
    from warehouse.storage.live import LiveFile, read
    from warehouse.storage.place import PREFIX, place

    if str(path).startswith(PREFIX):
        lake = place(str(path), "", os.environ)
        return Warehouse(Path(), lake).reading(timezone=timezone, as_of=as_of)
    if Path(path).is_dir() or as_of is not None:
        return LiveFile(Path(path)).reading(timezone=timezone, as_of=as_of)
    return read(Path(path), timezone=timezone)
