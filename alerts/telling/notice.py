"""A notice: everything a reader is told about one event, independent of channel and language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Appearance:
    """One article that reports the event."""

    outlet: str
    url: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert, ready to be rendered. All strings come from outside and are not escaped."""

    alert_id: str
    event_id: str
    rule_id: str
    rule_name: str
    rule_version: str
    """Digest of the rule as it stood when it fired."""
    category: str | None
    """One of `alerts.reading.coding.Category`, or None for a rule with keywords alone."""
    direction: str | None
    severity: str
    actor: str | None
    target: str | None
    level: str | None
    headline: str
    language: str
    outlet: str
    url: str
    passage: str
    """The sentence that matched (original text)."""
    marks: tuple[tuple[int, int], ...]
    """Offsets into `passage` of the matched words: sorted, not overlapping."""
    published_at: datetime | None
    published_source: str | None
    first_seen_at: datetime
    appearances: tuple[Appearance, ...] = ()
