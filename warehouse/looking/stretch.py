"""Stretches of time, by which a search goes back from the newest articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import duckdb

from warehouse.looking.narrowing import named

Stretch = tuple[datetime | None, datetime | None]
"""From the first moment on, before the second; None where there is no end."""
DAYS = (30, 120, 480)
"""Before the newest article, at which the search for more goes on."""
MANY = 20_000
"""Articles from which on looking by stretches of time is worth a statement for each."""


def stretches_of(
    connection: duckdb.DuckDBPyConnection, since: date | None, until: date | None, *, cut: bool
) -> list[Stretch]:
    """The time between two days, the newest first, `cut` where there are many articles: common
    words are found in the first stretch, and the database skips what lies outside one by the least
    and greatest moments of its blocks."""
    first, last, newest, count = connection.execute(
        """
        SELECT $since::DATE::TIMESTAMPTZ, ($until::DATE + INTERVAL 1 DAY)::TIMESTAMPTZ,
               max(published_at), count(*)
        FROM store.article
        """,
        {"since": since, "until": until},
    ).fetchall()[0]
    if not cut or newest is None or count < MANY:
        return [(first, last)]
    cuts = [newest - timedelta(days=days) for days in DAYS]
    return list(_clipped([*cuts, None], [None, *cuts], first, last))


def _clipped(
    begins: Sequence[datetime | None],
    ends: Sequence[datetime | None],
    since: datetime | None,
    until: datetime | None,
) -> Iterator[Stretch]:
    """What of each stretch lies between `since` and `until`; none that is empty."""
    for begin, end in zip(begins, ends, strict=True):
        first = max((moment for moment in (begin, since) if moment), default=None)
        last = min((moment for moment in (end, until) if moment), default=None)
        if first is None or last is None or first < last:
            yield first, last


def is_open(stretch: Stretch) -> bool:
    """Whether it has a beginning and no end."""
    return stretch[0] is not None and stretch[1] is None


def joined(stretches: Sequence[Stretch]) -> Stretch:
    """From the first moment of all to the last; they follow each other, in whatever direction."""
    begins, ends = zip(*stretches, strict=True)
    return (
        None if None in begins else min(begins),
        None if None in ends else max(ends),
    )


def within(stretch: Stretch, parameters: dict[str, object]) -> Iterator[str]:
    """Conditions on an article's time, in words by which blocks are skipped."""
    begin, end = stretch
    if begin is not None:
        yield _later(f"${named(parameters, begin)}")
    if end is not None:
        yield _before(f"${named(parameters, end)}")


def _later(moment: str) -> str:
    """`coalesce(published_at, first_seen_at) >= moment`; as such it would skip no block."""
    return f"(published_at >= {moment} OR (published_at IS NULL AND first_seen_at >= {moment}))"


def _before(moment: str) -> str:
    return f"(published_at < {moment} OR (published_at IS NULL AND first_seen_at < {moment}))"
