"""What each step of the cycle does, and what it hands to the next.

`flows.watch` says in which order. Between two steps the warehouse is closed: fetching and
extracting hold no connection, and every write is one short transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from alerts.telling.sending.channel import Channel
from extractors.entry import Entry
from extractors.pages.reading import Look, Reading
from extractors.web.fetch import Fetcher
from extractors.web.robots import Visitor
from flows.configuration.desk import desk, policy
from flows.configuration.settings import House
from flows.cycle.access import Access
from flows.cycle.account import Account
from flows.cycle.delivery import Round
from flows.cycle.gathering import Gathering
from flows.cycle.impressing import taken
from flows.cycle.keeping import Keeping
from flows.cycle.matching import match_waiting
from flows.cycle.settling import Clock
from flows.cycle.summary import Summary
from flows.cycle.visits import Visits, archive
from flows.cycle.workers import extraction_workers
from flows.errors import CycleBusy
from flows.progress import Stages
from warehouse.collecting.articles import Stored
from warehouse.database import Warehouse
from warehouse.errors import WarehouseBusy
from warehouse.storage.lock import hold


@asynccontextmanager
async def opened(
    house: House, progress: Stages, clock: Clock, insisted: Collection[str] | None = None
) -> AsyncIterator[Cycle]:
    """The only cycle in this data folder. Raises CycleBusy, WarehouseError and SettingsError.

    `insisted` are the ids of the sources to ask; by default those that are due.
    """
    warehouse = house.warehouse
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(warehouse))
        fetcher = await stack.enter_async_context(Fetcher(house.user_agent, house.limits))
        workers = stack.enter_context(extraction_workers())
        visitor = Visitor(fetcher, obey=house.settings.fetch.robots)
        channels, account, access = house.channels(), Account(), Access(warehouse)
        kept = archive(house, account.summary.run_id)
        gathering = Gathering(house, access, visitor, progress, account, workers.expect, insisted)
        stack.push_async_callback(gathering.stop)
        yield Cycle(
            house,
            access,
            progress,
            channels,
            clock,
            account,
            gathering,
            Visits(house, warehouse, visitor, workers, progress, account, kept),
            Keeping(house, access, visitor, account),
        )


@contextmanager
def _alone(warehouse: Warehouse) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            lock = warehouse.pipeline_folder / "cycle.lock"
            stack.enter_context(hold(lock, wait_seconds=0, doing="a cycle"))
        except WarehouseBusy as error:
            raise CycleBusy(warehouse.folder, error.what, "this one is left out") from error
        yield


@dataclass(slots=True)
class Cycle:
    """The steps of one run, and what is between two of them."""

    house: House
    access: Access
    progress: Stages
    channels: tuple[Channel, ...]
    clock: Clock
    """For what is told and when; the time of day elsewhere is the machine's."""
    account: Account
    gathering: Gathering
    visits: Visits
    keeping: Keeping
    stopped: set[str] = field(default_factory=set)
    """Channels that failed in this cycle."""
    read: list[Reading] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    @property
    def summary(self) -> Summary:
        """What this cycle did so far."""
        return self.account.summary

    @property
    def warehouse(self) -> Warehouse:
        """Where this cycle writes, unless it is barred."""
        return self.access.warehouse

    async def fetch(self) -> None:
        """Ask every source that is due, and find the entries that are not stored yet among those
        of the first to answer."""
        await self.gathering.begin(await asyncio.to_thread(self.keeping.begin))

    def batches(self) -> AsyncIterator[Sequence[Entry]]:
        """Entries to read, the newest first, while slow sources are still awaited; at least one
        batch, if an empty one."""
        return self.gathering.batches()

    async def extract(self, batch: Sequence[Entry]) -> None:
        """Fetch and read the page of each entry; the feed's own words where that fails."""
        self.read = await self.visits.read(batch, self.gathering.unread)

    async def look_again(self) -> None:
        """Ask for the pages of recent articles once more: changed, gone, or as they were?"""
        if not self.access.barred:
            with self.access.trying():
                self.looks = await self.visits.look_again()
        self.read = [look.reading for look in self.looks if look.reading]

    async def store(self) -> None:
        """Store what was read, in one transaction."""
        if not self.read and not self.looks:
            return
        with self.progress.stage("store", len(self.read)) as advance:
            stored = await asyncio.to_thread(self._store)
            for _ in self.read:
                advance()
        self.account.stored(stored)
        self.read, self.looks = [], []

    def _store(self) -> Stored:
        self.visits.sync()
        found = [reading.article for reading in self.read]
        seen = taken(found, self.visits.workers(len(found)))
        return self.keeping.store(self.read, self.looks, seen)

    async def match(self) -> None:
        """Code and match every version that waits for it; write alerts and deliveries with it."""
        if self.access.barred:
            return
        told = policy(self.house, self.channels)
        with self.access.trying():
            counts = await asyncio.to_thread(
                match_waiting, self.warehouse, self.house, told, self.progress, self.clock
            )
            self.account.matched(counts)

    async def deliver(self, *, last: bool = False) -> None:
        """Send every delivery that is due: channels side by side, each in order. `last`: this cycle
        brings no further alerts."""
        if self.access.barred:
            return
        round = Round(
            self.warehouse, desk(self.house, self.channels), self.clock, stopped=self.stopped
        )
        with self.access.trying():
            await round.run(last=last, progress=self.progress)
        self.account.delivered(round)

    async def finish(self) -> None:
        """Keep what the sources said, close the run, and publish what changed."""
        self.account.close()
        polls, turned = self.gathering.lessons(), self.gathering.turned()
        await asyncio.to_thread(self.keeping.finish, polls, self.gathering.brought, turned=turned)
