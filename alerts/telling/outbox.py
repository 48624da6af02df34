"""The outbox: when is which delivery due, and when is it given up? Decisions only.

    pending ──► sending ──► sent
                   │  ▲
                   ▼  │
                 failed ──► dead

A delivery is due at `due_at` in every state but the two last. `claim` moves `due_at` past the
lease, so that a delivery whose process died while sending becomes due again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import DeliveryError
from extractors.article import digest

LEASE = timedelta(minutes=5)
"""How long a process may keep a delivery in `sending`: ten times what one message may take."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
LIFETIME = timedelta(days=3)
"""A delivery that fails at this age is given up: its news is old."""


class DeliveryState(StrEnum):
    """Where a delivery stands. The names are shown to people and stay as they are."""

    PENDING = "pending"
    """Not tried yet."""
    SENDING = "sending"
    """A process is at it, or died at it."""
    SENT = "sent"
    """The service accepted it."""
    FAILED = "failed"
    """Tried at least once; it goes out again when it is due."""
    DEAD = "dead"
    """Given up: refused for good, or failed for three days."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way to one channel. Moments are aware."""

    id: str
    """The same alert and channel have the same id, on any machine."""
    alert_id: str
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    created_at: datetime
    error: str | None = None


def deliveries_for(alert_id: str, channels: Sequence[str], now: datetime) -> tuple[Delivery, ...]:
    """One pending delivery for each channel, due at once; a channel named twice counts once."""
    return tuple(
        Delivery(
            id=digest(f"{alert_id}\n{channel}"),
            alert_id=alert_id,
            channel=channel,
            state=DeliveryState.PENDING,
            attempts=0,
            due_at=now,
            created_at=now,
        )
        for channel in dict.fromkeys(channels)
    )


def claimable(delivery: Delivery, now: datetime) -> bool:
    """Whether a process may start sending it now."""
    done = delivery.state in {DeliveryState.SENT, DeliveryState.DEAD}
    return not done and delivery.due_at <= now


def claim(delivery: Delivery, now: datetime) -> Delivery:
    """Taken by a process until the lease ends."""
    return replace(delivery, state=DeliveryState.SENDING, due_at=now + LEASE)


def after_success(delivery: Delivery, now: datetime) -> Delivery:
    """Accepted by the service at `now`; `due_at` keeps that moment."""
    return replace(
        delivery,
        state=DeliveryState.SENT,
        attempts=delivery.attempts + 1,
        due_at=now,
        error=None,
    )


def after_failure(
    delivery: Delivery, error: DeliveryError, now: datetime, *, jitter: float
) -> Delivery:
    """Refused at `now`. `jitter` from 0 to 1 shortens the pause by up to a half."""
    attempts = delivery.attempts + 1
    given_up = error.permanent or now - delivery.created_at >= LIFETIME
    return replace(
        delivery,
        state=DeliveryState.DEAD if given_up else DeliveryState.FAILED,
        attempts=attempts,
        due_at=now + pause(attempts, jitter),
        error=str(error),
    )


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after that many failures: nothing, then 5, 10, 20, 40 and 60 minutes.

    Nothing at first: the next cycle tries again. `jitter` keeps channels apart that failed
    together.
    """
    if attempts <= 1:
        return timedelta()
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 2, 10)))
    return longest * (1 - jitter / 2)
