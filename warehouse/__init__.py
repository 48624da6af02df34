"""All that is kept: schema, loading, search, seed documents, outbox, the published copy."""

from __future__ import annotations

import importlib.util
import sys

import pyarrow as pa

if importlib.util.find_spec("pandas") is None:
    # For each element of a list parameter duckdb asks twice for pandas, and Python looks for it
    # all over its path each time: 0.5 s for 5,000 ids. Told once that there is none: 0.04 s.
    pa.array([""])  # pyarrow asks once, and stumbles over the None that is put there for duckdb
    sys.modules["pandas"] = None  # type: ignore[assignment]
