"""The health of a channel: whether it takes messages, when to try it again, whom to tell.

A channel that fails is left alone until `retry_at`, so that its messages stay in order. One that
refuses for good gives each message up and is not waited for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import DeliveryError
from alerts.telling.deciding.outbox import pause

CERTAIN_AFTER = timedelta(minutes=2)
"""A channel that failed twice, this long apart or longer, is down: once may be a hiccup."""


class Turn(StrEnum):
    """What an operator is told of a channel."""

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel does. Without failures: well, as far as anybody knows."""

    channel: str
    failures: int = 0
    """Since it last took a message."""
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    error: str | None = None
    told_at: datetime | None = None
    """When operators were told that it is down."""

    def resting(self, now: datetime) -> bool:
        """Whether it is to be left alone. Not for what is yet to come, as clocks are set back."""
        if self.retry_at is None or (self.failing_since and now < self.failing_since):
            return False
        return now < self.retry_at


def after_success(health: Health) -> Health:
    """It took a message."""
    return Health(health.channel)


def after_failure(health: Health, error: DeliveryError, now: datetime, *, jitter: float) -> Health:
    """It did not take one. Tried again after a pause that grows, and not before it asked to be;
    at once where it refused for good, as then the next message is no worse off."""
    failures = health.failures + 1
    wait = max(pause(failures, jitter), error.retry_after or timedelta())
    return replace(
        health,
        failures=failures,
        failing_since=health.failing_since or now,
        retry_at=None if error.permanent else now + wait,
        error=str(error),
    )


def turn(before: Health, after: Health, now: datetime, *, refused: bool) -> Turn | None:
    """What there is to tell operators: down once, up once. `refused`: for good."""
    if before.told_at is not None:
        return None if after.failures else Turn.UP
    if after.failing_since is None:
        return None
    certain = after.failures > 1 and now - after.failing_since >= CERTAIN_AFTER
    return Turn.DOWN if refused or certain else None
