"""Sources as they are kept: what is configured, what the last poll brought, what was fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from extractors.fetch import Validators
from extractors.poll import Poll, SourceState
from extractors.source import Source
from warehouse import standings
from warehouse.rows import Row, insert


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request, for the log."""

    source_id: str
    url: str
    purpose: str
    """`feed` or `page`."""
    outcome: str
    status: int | None
    error: str | None
    seconds: float | None
    fetched_at: datetime


def states(connection: duckdb.DuckDBPyConnection) -> dict[str, SourceState]:
    """What each source said of itself at its last successful poll."""
    held = standings.held(connection)
    answer = connection.execute(
        """
        SELECT source_id, etag, last_modified, body_hash, first_polled_at
        FROM store.source_state
        """
    )
    return {
        source: SourceState(
            Validators(etag, modified), body_hash, first_polled_at, held.get(source)
        )
        for source, etag, modified, body_hash, first_polled_at in answer.fetchall()
    }


def configure(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Make `store.source` say what is configured now."""
    connection.execute("DELETE FROM store.source")
    insert(connection, "store.source", [_configured(source) for source in sources])


def remember(connection: duckdb.DuckDBPyConnection, polls: Sequence[Poll], now: datetime) -> None:
    """Keep what `polls` brought. Call it when all their entries are stored: validators that are
    kept earlier would hide the entries that a crash left behind."""
    former = _streaks(connection)
    connection.execute(
        "DELETE FROM store.source_state WHERE source_id IN (SELECT unnest($ids::VARCHAR[]))",
        {"ids": [poll.source.id for poll in polls]},
    )
    rows = [_state(poll, former.get(poll.source.id), now) for poll in polls]
    insert(connection, "store.source_state", rows)
    standings.keep(connection, polls)


def log_fetches(
    connection: duckdb.DuckDBPyConnection, run_id: str, fetches: Iterable[Fetch]
) -> None:
    """Append to the log of requests."""
    rows: list[Row] = [
        {
            "run_id": run_id,
            "source_id": fetch.source_id,
            "url": fetch.url,
            "purpose": fetch.purpose,
            "outcome": fetch.outcome,
            "status": fetch.status,
            "error": fetch.error,
            "seconds": fetch.seconds,
            "fetched_at": fetch.fetched_at,
        }
        for fetch in fetches
    ]
    insert(connection, "store.fetch", rows)


_Former = tuple[int, datetime | None, datetime | None]


def _streaks(connection: duckdb.DuckDBPyConnection) -> dict[str, _Former]:
    answer = connection.execute(
        "SELECT source_id, error_streak, last_success_at, last_new_at FROM store.source_state"
    )
    return {row[0]: (row[1], row[2], row[3]) for row in answer.fetchall()}


def _configured(source: Source) -> Row:
    return {
        "id": source.id,
        "url": source.url,
        "name": source.name,
        "kind": str(source.kind),
        "language": source.language,
        "timezone": source.timezone,
        "full_text": source.full_text,
        "tags": list(source.tags),
        "enabled": source.enabled,
        "reason": source.reason,
    }


def _state(poll: Poll, former: _Former | None, now: datetime) -> Row:
    streak, success, new = former or (0, None, None)
    failed = poll.outcome == "failed"
    return {
        "source_id": poll.source.id,
        "etag": poll.state.validators.etag,
        "last_modified": poll.state.validators.last_modified,
        "body_hash": poll.state.body_hash,
        "first_polled_at": poll.state.first_polled_at,
        "polled_at": now,
        "outcome": poll.outcome,
        "error": str(poll.error) if poll.error else None,
        "error_streak": streak + 1 if failed else 0,
        "last_success_at": success if failed else now,
        "last_new_at": now if poll.outcome == "new" else new,
    }
