"""What one cycle did: counted as it goes, for people and for the run's row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from warehouse.collecting import runs
from warehouse.telling.channels import Ailing
from warehouse.telling.holdings import Holding


@dataclass(slots=True)
class Summary:
    """The counts of one cycle."""

    run_id: str
    started_at: datetime
    polled: int = 0
    waiting: int = 0
    """Sources whose time had not come."""
    failed: int = 0
    entries: int = 0
    pages: int = 0
    new: int = 0
    backlog: int = 0
    """Of the new ones, those that are too old to be told of."""
    changed: int = 0
    matches: int = 0
    alerts: int = 0
    deliveries: int = 0
    undelivered: int = 0
    held: tuple[Holding, ...] = ()
    """What waits for a channel's cap or quiet hours."""
    ailing: tuple[Ailing, ...] = ()
    """The channels that fail, with what waits for each."""
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    @property
    def useless(self) -> bool:
        """Every source failed: nothing could be seen of the world."""
        return self.polled > 0 and self.failed == self.polled

    @property
    def held_back(self) -> int:
        """Messages that wait for a channel's cap or quiet hours."""
        return sum(item.count for item in self.held)

    @property
    def outcome(self) -> str:
        """`completed`, `partial` (something failed) or `failed` (every source did)."""
        return "failed" if self.useless else "partial" if self.errors else "completed"

    def counts(self) -> runs.Counts:
        """As they are kept in the warehouse."""
        return runs.Counts(
            polled=self.polled,
            failed=self.failed,
            entries=self.entries,
            pages=self.pages,
            articles=self.new,
            matches=self.matches,
            alerts=self.alerts,
            deliveries=self.deliveries,
            errors=len(self.errors),
        )
