"""The outbox: when is which delivery due, and when is it given up? Decisions only.

    pending ──► sending ──► sent
       │           │  ▲
       ▼           ▼  │
    skipped      failed ──► dead

A delivery is due at `due_at` until it is sent, skipped or dead. `claim` moves `due_at` past the
lease, so that a delivery whose process died while sending becomes due again by itself.

The deliveries of a channel keep their order: what a passing failure puts off comes first when the
channel is tried again. Only a message that has failed PATIENCE times is passed by, where the
channel takes the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import DeliveryError
from extractors.article import digest

LEASE = timedelta(minutes=15)
"""How long a process may keep deliveries in `sending`: thirty, half a minute each."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
LIFETIME = timedelta(days=3)
"""A delivery that fails at this age is given up, unless the settings say another: its news is
old."""
PATIENCE = 3
"""Failures of one message after which the next one shows whether it is the channel that fails."""


class DeliveryState(StrEnum):
    """Where a delivery stands. The names are shown to people and stay as they are."""

    PENDING = "pending"
    """Not tried yet, or to be sent again because a person asked for it."""
    SENDING = "sending"
    """A process is at it, or died at it."""
    SENT = "sent"
    """The service accepted it."""
    FAILED = "failed"
    """Tried at least once; it goes out again when it is due."""
    DEAD = "dead"
    """Given up: refused for good, or failed until its news was old."""
    SKIPPED = "skipped"
    """Not sent, on purpose: it fell into silent hours, or a later alert says it too."""


DONE = frozenset({DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.SKIPPED})
"""States that no process changes any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one channel. Moments are aware."""

    id: str
    """The same alert and channel have the same id, on any machine; so have the same alerts that
    are told together."""
    alert_id: str | None
    """None for a bulletin, and for alerts that are told together."""
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    created_at: datetime
    """When it was written, or revived: its age counts from here."""
    error: str | None = None


def delivery_id(letter_id: str, channel: str) -> str:
    """The id of the delivery that brings an alert or a bulletin to a channel."""
    return digest(f"{letter_id}\n{channel}")


def bundle_id(delivery_ids: Iterable[str]) -> str:
    """The id of the message that tells several deliveries together."""
    return digest("\n".join(["bundle", *sorted(delivery_ids)]))


def deliveries_for(
    alert_id: str, channels: Sequence[str], now: datetime, due_at: datetime | None = None
) -> tuple[Delivery, ...]:
    """One pending delivery for each channel, due at once or at `due_at`; a channel named twice
    counts once."""
    return tuple(
        Delivery(
            id=delivery_id(alert_id, channel),
            alert_id=alert_id,
            channel=channel,
            state=DeliveryState.PENDING,
            attempts=0,
            due_at=due_at or now,
            created_at=now,
        )
        for channel in dict.fromkeys(channels)
    )


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
    delivery: Delivery,
    error: DeliveryError,
    now: datetime,
    *,
    jitter: float,
    lifetime: timedelta = LIFETIME,
) -> Delivery:
    """Refused at `now`. `jitter` from 0 to 1 shortens the pause by up to a half."""
    attempts = delivery.attempts + 1
    given_up = error.permanent or now - delivery.created_at >= lifetime
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
