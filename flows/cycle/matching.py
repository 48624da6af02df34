"""Match what waits: coded without a connection open, written in one transaction a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from alerts.reading.events.coder import Coder
from alerts.telling.deciding.policy import Policy
from flows.configuration.settings import House
from flows.progress import Silent, Stages
from warehouse.database import Warehouse
from warehouse.telling import matching
from warehouse.telling.matching import Counts
from warehouse.telling.version import Waiting

BATCH = 500


def match_waiting(
    warehouse: Warehouse,
    house: House,
    policy: Policy,
    progress: Stages | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Counts:
    """Judge every version that waits and write what follows."""
    total = Counts()
    batch = _waiting(warehouse)
    while batch:
        judged = []
        with (progress or Silent()).stage("match", len(batch)) as advance:
            for version in batch:
                judged.append(matching.judge(version, Coder.shipped(), house.book))
                advance()
        total += _write(warehouse, judged, policy, clock())
        batch = _waiting(warehouse) if len(batch) == BATCH else []
    return total


def _waiting(warehouse: Warehouse) -> list[Waiting]:
    with warehouse.seeing("see what waits to be matched") as connection:
        return matching.waiting(connection, limit=BATCH)


def _write(
    warehouse: Warehouse, judged: Sequence[matching.Judged], policy: Policy, now: datetime
) -> Counts:
    with warehouse.writing("store matches") as connection:
        return matching.store(connection, judged, policy, now)
