"""A host: the line of those who want to ask it, one at a time and unhurried."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


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
