"""An event to make cases of, by `replace`."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.reading.events.event import Event

_MOMENT = datetime(2025, 11, 15, 1, tzinfo=UTC)

AMBER = Event(
    id="e1",
    rule_id=None,
    category="travel_advisory",
    direction="escalation",
    actor="HK",
    target="JP",
    level="amber",
    severity="medium",
    title="Amber",
    first_seen_at=_MOMENT,
    last_seen_at=_MOMENT,
    article_ids=("a1",),
)
