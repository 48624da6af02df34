"""All that is kept: schema, loading, search, seed documents, outbox, the published copy.

`warehouse.open("data")` is for programs of one's own.
"""

from __future__ import annotations

import importlib.util
import sys
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


def open(path: Path | str = "data", *, timezone: str = "UTC") -> DuckDBPyConnection:
    """A read-only connection with the views: to a data folder, or to any copy or backup of one.

    It shows what was published when it was opened, for as long as it is held. Days and printed
    times are those of `timezone`. Raises warehouse.errors.WarehouseUnusable and WarehouseBusy.
    """
    from warehouse.database import PUBLISHED, read  # DuckDB is for those who open one

    file = Path(path)
    return read(file / PUBLISHED if file.is_dir() else file, timezone=timezone)
