"""Runs: one row a cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb

from warehouse.storage.rows import insert


@dataclass(frozen=True, slots=True)
class Counts:
    """What a cycle did."""

    polled: int = 0
    failed: int = 0
    """Sources that gave no usable answer."""
    entries: int = 0
    pages: int = 0
    articles: int = 0
    matches: int = 0
    alerts: int = 0
    deliveries: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run is made."""

    machine: str | None = None
    """Of those that share the warehouse; None in one file."""
    channels: Sequence[str] = ()
    """Names of those that are on in its settings."""


def start(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    kind: str,
    now: datetime,
    origin: Origin = Origin(),
) -> None:
    """Write that a run has begun. A run without an end was cut off."""
    row = {"id": run_id, "kind": kind, "started_at": now, "outcome": "running", **asdict(origin)}
    insert(connection, "store.run", [row])


def finish(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    *,
    outcome: str,
    counts: Counts,
    now: datetime,
) -> None:
    """Write how a run ended."""
    values = asdict(counts)
    assignments = ", ".join(f"{name} = ${name}" for name in values)
    connection.execute(
        f"UPDATE store.run SET ended_at = $now, outcome = $outcome, {assignments} WHERE id = $id",  # noqa: S608
        {"now": now, "outcome": outcome, "id": run_id, **values},
    )
