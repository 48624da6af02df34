"""A notice: everything a reader is told about one event, independent of channel and language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.reading.rules.rule import Development


class NoticeKind(StrEnum):
    """Why readers are told. The names are shown to people and stay as they are."""

    FIRST = "first"
    """Of an event that they were not told of."""
    UPDATE = "update"
    """Of something new about an event that they were told of."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """One article that reports the event."""

    outlet: str
    url: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class NewFact:
    """What is new about an event: `level-2` before and `level-3` after, say."""

    development: Development
    before: str | None
    """In the code's words (severity, level, direction, party); None where there was nothing."""
    after: str | None


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that led to an alert."""

    id: str
    name: str
    version: str
    """Digest of the rule as it stood when it fired."""


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
    kind: NoticeKind = NoticeKind.FIRST
    thread_id: str | None = None
    """The first alert of the story that this one goes on with; None where it begins one."""
    facts: tuple[NewFact, ...] = ()
    """What is new, for an update."""
    rules: tuple[FiredRule, ...] = ()
    """Every rule that led here; the one named above is the first of them."""

    @property
    def fired(self) -> tuple[FiredRule, ...]:
        """Every rule that led here, the one that speaks for them first."""
        own = FiredRule(self.rule_id, self.rule_name, self.rule_version)
        return (own, *(rule for rule in self.rules if rule.id != self.rule_id))
