"""The polls of one cycle: all sources that are due are asked at once, and none waits for another.

What has answered goes on to be read, stored and told, while the slow ones are still awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from extractors.errors import HostUnreachable
from extractors.feeds.cadence import Bounds
from extractors.feeds.poll import Poll, SourceState, poll
from extractors.source import Source
from extractors.web.fetch import Fetcher
from extractors.web.robots import Visitor

FEW = 1
"""So many unreachable sources say nothing about this machine's own connection."""


@dataclass(slots=True)
class Polling:
    """Who was asked, who has answered."""

    fetcher: Fetcher | Visitor
    states: Mapping[str, SourceState]
    backlog: timedelta
    bounds: Bounds
    expect: Callable[[int], object] = lambda _: None
    """Told how many pages an answer seems to name that are not read yet."""
    under_way: list[asyncio.Task[Poll]] = field(default_factory=list)
    done: list[Poll] = field(default_factory=list)
    advance: Callable[[], None] = lambda: None

    def start(self, sources: Iterable[Source]) -> None:
        """Ask them all; the fetcher bounds how many requests really run."""
        self.under_way = [asyncio.create_task(self._ask(source)) for source in sources]
        for task in self.under_way:
            task.add_done_callback(lambda _: self.advance())

    async def answers(self, seconds: float, advance: Callable[[], None]) -> list[Poll]:
        """What comes within `seconds`, in the order of asking; sooner where no more is to come."""
        self.advance = advance
        await asyncio.wait(self.under_way, timeout=seconds)
        polls = [task.result() for task in self.under_way if task.done()]
        self.under_way = [task for task in self.under_way if not task.done()]
        self.done += polls
        return polls

    async def stop(self) -> None:
        """Give up on what is still under way."""
        for task in self.under_way:
            task.cancel()
        await asyncio.gather(*self.under_way, return_exceptions=True)

    async def _ask(self, source: Source) -> Poll:
        state = self.states.get(source.id, SourceState())
        done = await poll(source, state, self.fetcher, self.backlog, self.bounds)
        self.expect(unread(done, state))
        return done


def due(
    sources: Iterable[Source],
    states: Mapping[str, SourceState],
    insisted: Collection[str] | None,
    now: datetime,
) -> tuple[list[Source], int]:
    """The sources to ask, and how many that are on are left alone for now.

    `insisted` are the ids of those, and only those, that are asked whatever their time is.
    """
    on = [source for source in sources if source.enabled]
    if insisted is not None:
        return [source for source in on if source.id in insisted], 0
    ready = [source for source in on if states.get(source.id, SourceState()).due(source, now)]
    return ready, len(on) - len(ready)


def unread(poll: Poll, before: SourceState) -> int:
    """How many entries of an answer are probably new: those that are later than what the source
    had before."""
    newest = before.about(poll.source).newest_at
    if newest is None:
        return len(poll.entries)
    return sum(entry.published_at is None or entry.published_at > newest for entry in poll.entries)


def offline(polls: Sequence[Poll]) -> bool:
    """Whether this machine seems to be cut off: none of its sources could be reached."""
    return len(polls) > FEW and all(isinstance(poll.error, HostUnreachable) for poll in polls)


def cut_off(polls: Sequence[Poll]) -> str:
    """One line for what would be the same one of every source."""
    error = polls[0].error
    what = error.what if error else ""
    return (
        f"no source could be reached: all {len(polls)} failed, the first of them "
        f"({polls[0].source.url}): {what}; see whether this machine is online"
    )
