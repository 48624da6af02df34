"""What official documents say is in force, as it was at the last look."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from extractors.feeds.poll import Poll
from extractors.feeds.standing import Standing
from warehouse.storage.rows import IDS, Row, insert, many


def held(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Standing, ...]]:
    """By source: what stood when its document was last read."""
    answer = connection.execute(
        """
        SELECT source_id, key, place, level, rank, words, updated_at, revision, since, lapsing_since
        FROM store.standing
        ORDER BY source_id, key
        """
    )
    found: dict[str, tuple[Standing, ...]] = {}
    for source_id, *values in answer.fetchall():
        found[source_id] = (*found.get(source_id, ()), Standing(*values))
    return found


def keep(connection: duckdb.DuckDBPyConnection, polls: Sequence[Poll]) -> None:
    """Remember what `polls` found standing. Call it with what remembers the polls, when all their
    entries are stored: a change that is forgotten is found again, one that is remembered is not."""
    looked = [poll for poll in polls if poll.state.standings is not None]
    connection.execute(
        f"DELETE FROM store.standing WHERE source_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(poll.source.id for poll in looked)},
    )
    rows = [_row(poll.source.id, s) for poll in looked for s in poll.state.standings or ()]
    insert(connection, "store.standing", rows)


def _row(source_id: str, standing: Standing) -> Row:
    return {
        "source_id": source_id,
        "key": standing.key,
        "place": standing.place,
        "level": standing.level,
        "rank": standing.rank,
        "words": standing.words,
        "updated_at": standing.updated_at,
        "revision": standing.revision,
        "since": standing.since,
        "lapsing_since": standing.lapsing_since,
    }
