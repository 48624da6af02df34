"""Sources as they are kept: what is configured, what the last poll brought, what was fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from extractors.feeds.poll import Poll, SourceState
from extractors.source import Source
from extractors.web.response import Validators
from warehouse.collecting import standings
from warehouse.storage.rows import IDS, Row, among, insert, many


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
        SELECT source_id, etag, last_modified, body_hash, first_polled_at, polled_url,
               coalesce(distrusted, FALSE), read_at, usual_seconds, fresh_seconds, newest_at,
               moved_to, coalesce(gone, FALSE), error_streak, next_poll_at
        FROM store.source_state
        """
    )
    return {
        source: replace(SourceState(Validators(etag, modified), *rest), standings=held.get(source))
        for source, etag, modified, *rest in answer.fetchall()
    }


def configure(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], machine: str | None = None
) -> None:
    """Make `store.source` say what is configured now; of a warehouse that machines share, by this
    `machine`: what another has switched on stays on, and one row tells of each source."""
    if machine is None:
        connection.execute("DELETE FROM store.source")
        insert(connection, "store.source", [_configured(source) for source in sources])
        return
    rows = [{**_configured(source), "machine": machine} for source in sources]
    connection.execute(
        f"""
        DELETE FROM store.source
        WHERE machine IS NULL OR machine = $machine OR id IN {among("on")}
        """,  # noqa: S608 (our own words)
        {"machine": machine, "on": many(source.id for source in sources if source.enabled)},
    )
    there = {id for (id,) in connection.execute("SELECT id FROM store.source").fetchall()}
    insert(connection, "store.source", [row for row in rows if row["id"] not in there])


def remember(
    connection: duckdb.DuckDBPyConnection,
    polls: Sequence[Poll],
    brought: Collection[str],
    now: datetime,
) -> None:
    """Keep what `polls` found; `brought` are the ids of sources that had something new.

    Call it when all their entries are stored: validators that are kept earlier would hide the
    entries that a crash left behind."""
    former = _former(connection)
    connection.execute(
        f"DELETE FROM store.source_state WHERE source_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(poll.source.id for poll in polls)},
    )
    rows = [_state(poll, former.get(poll.source.id), brought, now) for poll in polls]
    insert(connection, "store.source_state", rows)
    standings.keep(connection, polls)


def ask_again(connection: duckdb.DuckDBPyConnection, source_ids: Collection[str]) -> None:
    """Forget why sources are left alone: failures, a Retry-After, 410, lies, a new address."""
    connection.execute(
        f"""
        UPDATE store.source_state
        SET gone = FALSE, error_streak = 0, next_poll_at = NULL, distrusted = FALSE,
            moved_to = NULL, etag = NULL, last_modified = NULL
        WHERE source_id IN {IDS}
        """,  # noqa: S608 (our own words)
        {"ids": many(source_ids)},
    )


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


def log_fetches_once(
    connection: duckdb.DuckDBPyConnection, run_id: str, fetches: Iterable[Fetch]
) -> None:
    """The same for what may be in the log already."""
    answer = connection.execute(
        "SELECT source_id, url, purpose, fetched_at FROM store.fetch WHERE run_id = $run",
        {"run": run_id},
    )
    logged = set(answer.fetchall())
    missing = [f for f in fetches if (f.source_id, f.url, f.purpose, f.fetched_at) not in logged]
    log_fetches(connection, run_id, missing)


_Former = tuple[datetime | None, datetime | None]
"""The last success, and the last poll that brought something."""


def _former(connection: duckdb.DuckDBPyConnection) -> dict[str, _Former]:
    answer = connection.execute(
        "SELECT source_id, last_success_at, last_new_at FROM store.source_state"
    )
    return {source: (success, new) for source, success, new in answer.fetchall()}


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


def _state(poll: Poll, former: _Former | None, brought: Collection[str], now: datetime) -> Row:
    success, new = former or (None, None)
    state = poll.state
    return {
        "source_id": poll.source.id,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "body_hash": state.body_hash,
        "first_polled_at": state.first_polled_at,
        "polled_url": state.url,
        "distrusted": state.distrusted,
        "read_at": state.read_at,
        "usual_seconds": state.usual_seconds,
        "fresh_seconds": state.fresh_seconds,
        "newest_at": state.newest_at,
        "moved_to": state.moved_to,
        "gone": state.gone,
        "next_poll_at": state.next_poll_at,
        "polled_at": now,
        "outcome": poll.outcome,
        "error": str(poll.error) if poll.error else None,
        "error_streak": state.error_streak,
        "last_success_at": success if poll.error else now,
        "last_new_at": now if poll.source.id in brought else new,
    }
