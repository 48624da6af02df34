"""A coding: what the coder found in one text. The vocabulary of the whole house for events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Category(StrEnum):
    """The kinds of event between Hong Kong, Japan and mainland China that noroshi knows."""

    TRAVEL_ADVISORY = "travel_advisory"
    EXCHANGE_CANCELLATION = "exchange_cancellation"
    OFFICIAL_CONTACT = "official_contact"
    DIPLOMATIC_PROTEST = "diplomatic_protest"
    TRADE_RESTRICTION = "trade_restriction"
    VISA_ENTRY = "visa_entry"
    TRANSPORT = "transport"
    DETENTION_SAFETY = "detention_safety"
    MILITARY_MARITIME = "military_maritime"
    SANCTIONS_LEGAL = "sanctions_legal"
    PUBLIC_SENTIMENT = "public_sentiment"


class Direction(StrEnum):
    """Which way an event moves the relation."""

    ESCALATION = "escalation"
    EASING = "easing"
    NEUTRAL = "neutral"


class Severity(StrEnum):
    """How grave an event is, in rising order of declaration."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Status(StrEnum):
    """How the text speaks of an event. Only REPORTED events fire."""

    REPORTED = "reported"
    DENIED = "denied"
    CONSIDERED = "considered"
    BACKGROUND = "background"


class Development(StrEnum):
    """What can be new about an event that readers were told of already."""

    SEVERITY = "severity"
    """It is graver."""
    LEVEL = "level"
    """Its official level is higher."""
    DIRECTION = "direction"
    """It turned: lifted, resumed, or back again."""
    OFFICIAL = "official"
    """An official source says what only media had."""
    PARTY = "party"
    """A further party is in it."""


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """A term that led to a decision: `field[start:end]` of the original text is where it stands."""

    field: Literal["title", "text"]
    start: int
    end: int
    term: str
    """The vocabulary's or the rule's own spelling of what was found."""


@dataclass(frozen=True, slots=True)
class CodedEvent:
    """One event that a text speaks of."""

    category: Category
    direction: Direction
    severity: Severity
    status: Status
    actor: str | None = None
    """Party that acts: HK, JP, CN, or None where the text does not tell."""
    target: str | None = None
    level: str | None = None
    """Official level where there is one: amber, red, black, level-1 … level-4."""
    evidence: tuple[Evidence, ...] = ()
    object: str | None = None
    """What tells it from another event of its kind: a programme, product, vessel, person."""
    terms: tuple[str, ...] = field(default=(), compare=False)
    """The sum that gave the severity, one short term each, for people."""

    @property
    def background(self) -> bool:
        """True where the text does not report the event as news."""
        return self.status is not Status.REPORTED


@dataclass(frozen=True, slots=True)
class Coding:
    """What the coder decided about one text."""

    relevant: bool
    relevance: float
    """0 to 1; `relevant` is `relevance >= 0.5`."""
    parties: tuple[str, ...] = ()
    """Of HK, JP, CN: those that the text is about, in this order."""
    events: tuple[CodedEvent, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why it is (not) relevant, one short line each, for people."""
