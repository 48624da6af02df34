"""Match what waits: coded without a connection open, written in one transaction a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.reading.coder import Coder
from flows.progress import Silent, Stages
from flows.settings import House
from warehouse import matching
from warehouse.database import Warehouse
from warehouse.matching import Counts

BATCH = 500


def match_waiting(
    warehouse: Warehouse, house: House, channels: Sequence[str], progress: Stages | None = None
) -> Counts:
    """Judge every version that waits and write what follows. `channels` are names."""
    total = Counts()
    while batch := _waiting(warehouse):
        judged = []
        with (progress or Silent()).stage("match", len(batch)) as advance:
            for version in batch:
                judged.append(matching.judge(version, Coder.shipped(), house.book))
                advance()
        total += _write(warehouse, house, channels, judged)
    return total


def _waiting(warehouse: Warehouse) -> list[matching.Waiting]:
    with warehouse.writing("see what waits to be matched", for_readers=False) as connection:
        return matching.waiting(connection, limit=BATCH)


def _write(
    warehouse: Warehouse, house: House, channels: Sequence[str], judged: Sequence[matching.Judged]
) -> Counts:
    # An aggregator's name is not that of the outlet; the article names it.
    outlets = {source.id: source.name for source in house.sources if not source.aggregator}
    with warehouse.writing("store matches") as connection:
        return matching.store(connection, judged, channels, outlets, datetime.now(UTC))
