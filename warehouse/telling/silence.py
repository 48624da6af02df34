"""Silence in the warehouse: what is known of sources and runs, and what operators were told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import duckdb

from alerts.telling.deciding.silence import ENOUGH_RUNS, Kind, Pulse, Silence, Turns
from warehouse.storage.rows import fetch_dicts, insert


def pulses(connection: duckdb.DuckDBPyConnection) -> list[Pulse]:
    """What is known of each enabled source that was ever asked."""
    answer = connection.execute(
        """
        SELECT source_id, language, polled_at, first_polled_at, last_success_at, last_new_at,
               newest_at, usual_seconds AS usual, error
        FROM store.source_state
        JOIN store.source ON source.id = source_id AND enabled
        WHERE polled_at IS NOT NULL
        ORDER BY source_id
        """
    )
    rows = fetch_dicts(answer)
    return [Pulse(**{**row, "usual": _span(row["usual"])}) for row in rows]  # type: ignore[arg-type]


def completed(
    connection: duckdb.DuckDBPyConnection, *, apart: bool = False
) -> dict[str | None, list[datetime]]:
    """When the latest cycles ended: of each machine `apart`, or of all as one. One that was cut off
    has no end."""
    answer = connection.execute(
        """
        SELECT CASE WHEN $apart THEN machine END AS place, ended_at
        FROM store.run
        WHERE kind = 'watch' AND ended_at IS NOT NULL AND (machine IS NOT NULL OR NOT $apart)
        QUALIFY row_number() OVER (PARTITION BY place ORDER BY ended_at DESC) <= $enough
        ORDER BY place, ended_at DESC
        """,
        {"enough": ENOUGH_RUNS, "apart": apart},
    )
    ends: dict[str | None, list[datetime]] = {}
    for place, ended_at in answer.fetchall():
        ends.setdefault(place, []).append(ended_at)
    return ends


def last_digest(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """When a daily digest was last written on schedule, or left out as it was empty."""
    answer = connection.execute(
        "SELECT max(ended_at) FROM store.run WHERE kind = 'digest' AND ended_at IS NOT NULL"
    )
    found: datetime | None = answer.fetchall()[0][0]
    return found


def told(connection: duckdb.DuckDBPyConnection) -> list[Silence]:
    """What operators know to be silent."""
    answer = connection.execute("SELECT kind, key, since, detail FROM store.silence")
    return [
        Silence(Kind(kind), key, since, detail) for kind, key, since, detail in answer.fetchall()
    ]


def keep(connection: duckdb.DuckDBPyConnection, turns: Turns, now: datetime) -> None:
    """Write down what operators are told."""
    _forget(connection, (*turns.began, *turns.ended))
    insert(
        connection,
        "store.silence",
        [
            {
                "kind": str(s.kind),
                "key": s.key,
                "since": s.since,
                "detail": s.detail,
                "told_at": now,
            }
            for s in turns.began
        ],
    )


def _forget(connection: duckdb.DuckDBPyConnection, silences: Iterable[Silence]) -> None:
    for silence in silences:
        connection.execute(
            "DELETE FROM store.silence WHERE kind = $kind AND key = $key",
            {"kind": str(silence.kind), "key": silence.key},
        )


def _span(seconds: object) -> timedelta | None:
    return timedelta(seconds=seconds) if isinstance(seconds, float) else None
