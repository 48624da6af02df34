"""A host: the line of those who want to ask it, one at a time and unhurried, and the respite that
it asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONGEST_RESPITE = timedelta(days=1)
"""Of a Retry-After so much is believed."""


@dataclass(slots=True)
class Host:
    """The line in front of one host."""

    at_once: int
    """Requests that may be under way at the same time."""
    pace_seconds: float
    """Least time between the starts of two requests."""
    slots: asyncio.Semaphore = field(init=False)
    """Held while a request is under way."""
    free_at: float = 0.0
    """On the loop's clock: when the next request may start."""

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.at_once)

    async def turn(self, pace: float = 0.0) -> None:
        """Wait until this request may start, and book that start; the next one may start `pace`
        seconds later, or after the host's own pace where that is longer."""
        now = asyncio.get_running_loop().time()
        start = max(now, self.free_at)
        self.free_at = start + max(pace, self.pace_seconds)
        if start > now:
            await asyncio.sleep(start - now)

    def postpone(self, seconds: float) -> None:
        """No request starts for `seconds` from now."""
        self.free_at = max(self.free_at, asyncio.get_running_loop().time() + seconds)

    def slow_down(self, seconds: float) -> None:
        """Ask at least `seconds` apart, one at a time, as the host wishes."""
        if seconds > self.pace_seconds:
            self.pace_seconds = seconds


@dataclass(slots=True)
class Respite:
    """Hosts that asked for patience (Retry-After): nothing is asked of them before, whichever
    source or page it is for."""

    until: dict[str, datetime] = field(default_factory=dict)
    """By host and port. Keep it from one cycle to the next."""

    def grant(self, host: str, seconds: float, now: datetime) -> None:
        """Leave `host` alone for so long."""
        end = now + min(timedelta(seconds=seconds), LONGEST_RESPITE)
        self.until[host] = max(end, self.until.get(host, end))

    def left(self, host: str, now: datetime) -> float:
        """Seconds for which `host` is still to be left alone; 0: it may be asked, as where that is
        longer than any respite: clocks are set back."""
        left = self.until.get(host, now) - now
        return left.total_seconds() if timedelta() < left <= LONGEST_RESPITE else 0.0

    def end(self, host: str) -> None:
        """Ask `host` again: somebody insists."""
        self.until.pop(host, None)
