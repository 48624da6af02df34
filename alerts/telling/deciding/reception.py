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
    """Alerts in any 60 minutes; what is more becomes one summary."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a channel got lately, and what is waiting for it."""

    waiting: int
    """Alerts that are due and in no bundle."""
    sent: int
    """Alerts that went out singly within the last HOUR."""
    summary: bool
    """Whether a summary went out within the last HOUR, or is waiting to."""


def room(reception: Reception, traffic: Traffic) -> int:
    """How many of the waiting alerts may go out singly now."""
    return min(traffic.waiting, max(reception.per_hour - traffic.sent, 0))


def summarises(reception: Reception, traffic: Traffic, *, last: bool) -> bool:
    """Whether what finds no room goes out as one summary now: at the end of a cycle (`last`), when
    all that it brought is there, and once an hour. Else it waits."""
    overflows = traffic.waiting > room(reception, traffic)
    return overflows and last and not traffic.summary
