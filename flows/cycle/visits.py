"""The pages that one cycle visits: read in the time of a batch, looked at again, and archived."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from extractors.entry import Entry
from extractors.errors import ArchiveError
from extractors.pages.reading import Known, Look, Reader, Reading, put_off
from extractors.web.robots import Visitor, server_of
from extractors.web.warc import Archive
from flows.configuration.settings import House
from flows.cycle.account import Account
from flows.cycle.in_time import in_time
from flows.cycle.workers import Workers
from flows.progress import Stages
from warehouse.collecting import pages
from warehouse.database import Warehouse


def archive(house: House, run_id: str) -> Archive | None:
    """One WARC file a cycle: one that a crash cut short is never written to again."""
    if house.settings.pages.keep_days <= 0:
        return None
    return Archive(house.warc_folder / f"{run_id}.warc.gz", house.user_agent)


@dataclass(slots=True)
class Visits:
    """Who visits pages, and what this cycle learnt of their servers."""

    house: House
    warehouse: Warehouse
    visitor: Visitor
    workers: Workers
    progress: Stages
    account: Account
    archive: Archive | None
    slow: set[str] = field(default_factory=set)
    """Servers that could not give all of their pages in the time of a batch."""

    async def read(self, batch: Sequence[Entry], unread: Collection[str]) -> list[Reading]:
        """Fetch and read the page of each entry; the feed's own words where that fails. What
        could not be read in time is put off; where its address is among the `unread`, it is stored
        already and stays as it is."""
        by_id = {source.id: source for source in self.house.sources}
        reader = self._reader(len(batch))
        slow = [entry for entry in batch if server_of(entry.link) in self.slow]
        quick = [entry for entry in batch if server_of(entry.link) not in self.slow]
        with self.progress.stage("extract", len(quick)) as advance:
            read, late = await in_time(
                quick, lambda e: reader.read(e, by_id[e.source_id]), advance, self._seconds
            )
        self.slow |= {server_of(entry.link) for entry in late}
        now, new = datetime.now(UTC), [e for e in slow + late if e.url not in unread]
        read += [put_off(entry, by_id[entry.source_id], now) for entry in new]
        self.account.pages(read)
        self._heed(read)
        return read

    async def look_again(self) -> list[Look]:
        """Ask for the pages of recent articles once more: changed, gone, or as they were?"""
        by_id = {source.id: source for source in self.house.sources if source.enabled}
        due = [(id_, known) for id_, known in await asyncio.to_thread(self._due) if id_ in by_id]
        reader = self._reader(len(due))

        async def look(item: tuple[str, Known]) -> Look:
            return await reader.look_again(item[1], by_id[item[0]])

        with self.progress.stage("look again", len(due)) as advance:
            looks, _ = await in_time(due, look, advance, self._seconds)
        self.account.looks(looks)
        self._heed(look.reading for look in looks if look.reading)
        return looks

    def _reader(self, pages: int) -> Reader:
        return Reader(self.visitor, self.workers(pages), self.archive, self.workers.apart)

    def sync(self) -> None:
        """Have on the disk what the warehouse is about to point at."""
        try:
            if self.archive:
                self.archive.sync()
        except ArchiveError as error:
            self._not_kept(error)

    def _due(self) -> list[tuple[str, Known]]:
        with self.warehouse.seeing("see what to look at again") as connection:
            return pages.due(connection, datetime.now(UTC))

    def _heed(self, read: Iterable[Reading]) -> None:
        for problem in filter(None, (reading.problem for reading in read)):
            self._not_kept(problem)

    def _not_kept(self, error: ArchiveError) -> None:
        """Told once a cycle, however many answers it costs."""
        if self.archive:
            self.account.problem(str(error))
            self.archive = None

    @property
    def _seconds(self) -> float:
        return self.house.settings.fetch.pages_seconds
