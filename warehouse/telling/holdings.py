"""Holdings: alerts that are kept back from a channel for a while, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from alerts.telling.writing.bundle import Held
from warehouse.telling.unsettled import UNSETTLED

_WHY = {Held.QUIET: "for its quiet hours", Held.CAP: "by its cap of an hour (per_hour)"}


@dataclass(frozen=True, slots=True)
class Holding:
    """Alerts that one channel gets later, for one reason."""

    channel: str
    held: Held
    count: int
    until: datetime
    """When the last of them is due."""


def holdings(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[Holding]:
    """What is kept back at `now`, by channel."""
    answer = connection.execute(
        f"""
        SELECT channel, held, count(*), max(due_at)
        FROM store.delivery
        WHERE {UNSETTLED} AND held IS NOT NULL
            AND bundle_id IS NULL AND bulletin_id IS NULL AND attempts = 0 AND due_at > $now
        GROUP BY channel, held
        ORDER BY channel, held
        """,  # noqa: S608 (our own words)
        {"now": now},
    )
    return [Holding(name, Held(held), count, at) for name, held, count, at in answer.fetchall()]


def spoken(found: Iterable[Holding], zone: ZoneInfo) -> list[str]:
    """A line for each, such as 'desk: 2 alerts held until 21:51 HKT by its cap …'."""
    return [
        f"{item.channel}: {item.count} alert{'' if item.count == 1 else 's'} held until "
        f"{item.until.astimezone(zone):%Y-%m-%d %H:%M %Z} {_WHY[item.held]}"
        for item in found
    ]
