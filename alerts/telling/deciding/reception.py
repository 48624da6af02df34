"""A reception: how many messages a channel takes, and when. Decisions only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts.telling.deciding.quiet import Quiet

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reception:
    """What the settings say of one channel."""

    channel: str
    quiet: Quiet | None = None
    per_hour: int = 30
    """Alerts in any 60 minutes; what is more becomes one summary. Critical ones have as much room
    again of their own, which no other alert takes up."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a channel got lately, and what is waiting for it."""

    waiting: int
    """Alerts that are due and in no bundle."""
    sent: int
    """Alerts that went out singly within the last HOUR."""
    summary: bool
    """Whether a summary went out within the last HOUR, or is waiting to."""
    critical: int = 0
    """Of those waiting, the critical ones."""
    critical_sent: int = 0
    """Of those sent, the critical ones."""


def room(reception: Reception, traffic: Traffic) -> int:
    """How many of the waiting alerts may go out singly now, the gravest first."""
    free = max(reception.per_hour - traffic.sent, 0)
    reserve = max(reception.per_hour - traffic.critical_sent, 0)
    return min(traffic.waiting, max(free, min(traffic.critical, reserve)))


def summarises(reception: Reception, traffic: Traffic, *, last: bool) -> bool:
    """Whether what finds no room goes out as one summary now: at the end of a cycle (`last`), when
    all that it brought is there, and once an hour. Else it waits, but nothing critical does."""
    rooms = room(reception, traffic)
    due = not traffic.summary or traffic.critical > rooms
    return traffic.waiting > rooms and last and due
