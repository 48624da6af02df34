"""Vital signs: what tells whether the warehouse and the pipeline that fills it are well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from warehouse.database import Connection
from warehouse.storage.inspect import tables
from warehouse.storage.migrate import applied
from warehouse.telling.unsettled import UNSETTLED


@dataclass(frozen=True, slots=True)
class Vitals:
    """What one look at the published copy tells. Moments are None where there is nothing."""

    schema: int
    rows: dict[str, int]
    """Rows of each table of the pipeline."""
    last_run: datetime | None
    """When the last whole cycle ended."""
    last_outcome: str | None
    """What became of it, as `runs` says."""
    waiting: int
    """Messages that are to be sent yet."""
    held: int
    """Of these, those that wait for a channel's cap or quiet hours."""
    oldest_waiting: datetime | None
    """Of the others."""
    dead: int
    """Messages that were given up."""
    sources: int
    """Sources that are on."""
    failing: int
    """Of these, those whose last poll failed."""
    newest: datetime | None
    """The latest moment that noroshi wrote down: later than now, the clock was set back."""


def vitals(connection: Connection) -> Vitals:
    """Take them, from counts and statistics alone: quick whatever the size."""
    waiting, held, oldest, dead = _row(
        connection,
        f"""
        SELECT count(*) FILTER ({UNSETTLED}),
               count(*) FILTER ({UNSETTLED} AND {_HELD}),
               min(created_at) FILTER ({UNSETTLED} AND NOT {_HELD}),
               count(*) FILTER (state = 'dead')
        FROM store.delivery
        """,  # noqa: S608 (the condition stands below)
    )
    on, failing = _row(
        connection,
        """
        SELECT count(*), count(*) FILTER (error_streak > 0)
        FROM store.source
        LEFT JOIN store.source_state ON source_state.source_id = source.id
        WHERE enabled
        """,
    )
    last_run, outcome, newest_run = _row(
        connection,
        "SELECT max(ended_at), max_by(outcome, ended_at), max(started_at) FROM store.run",
    )
    (seen,) = _row(connection, "SELECT max(first_seen_at) FROM store.article")
    return Vitals(
        schema=applied(connection),
        rows={table: _row(connection, _COUNT + table)[0] for table in tables(connection)},
        last_run=last_run,
        last_outcome=outcome,
        waiting=waiting,
        held=held,
        oldest_waiting=oldest,
        dead=dead,
        sources=on,
        failing=failing,
        newest=max((moment for moment in (newest_run, seen) if moment), default=None),
    )


_HELD = "(held IS NOT NULL AND bundle_id IS NULL AND attempts = 0)"
_COUNT = "SELECT count(*) FROM store."


def _row(connection: Connection, sql: str) -> tuple:  # type: ignore[type-arg]
    row = connection.execute(sql).fetchone()
    return row or ()
