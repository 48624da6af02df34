"""What each step of the cycle does, and what it keeps in mind until the next.

`flows.watch` says in which order. Between two steps the warehouse is closed: fetching and
extracting hold no connection, and every write is one short transaction.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Sequence,
)
from concurrent.futures import Executor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from alerts.telling.channel import Channel
from extractors.article import Arrival, Article, TextFrom, article_id
from extractors.entry import Entry
from extractors.errors import ArchiveError
from extractors.feeds.poll import Poll, SourceState
from extractors.pages.reading import Known, Look, Reader, Reading, put_off
from extractors.web.fetch import Fetcher
from extractors.web.robots import Visitor, server_of
from extractors.web.warc import Archive
from flows.delivery import Clock, Round
from flows.desk import desk, policy
from flows.errors import CycleBusy
from flows.in_time import in_time
from flows.matching import match_waiting
from flows.polling import Polling, cut_off, due, logged, offline
from flows.progress import Stages
from flows.settings import House
from flows.silence import tell_silence
from flows.summary import Summary
from flows.workers import extraction_workers
from warehouse import articles, outbox, pages, robots, runs, seeds, sources, spool
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseBusy, WarehouseUnusable
from warehouse.lock import hold
from warehouse.sources import Fetch

log = logging.getLogger(__name__)

BATCH = 100
"""Entries that are read, stored and told of at a time: alerts do not wait for a long backlog."""

LISTENING_SECONDS = 5.0
"""What has answered waits no longer than this for what has not."""

WAIT_SECONDS = 60
"""How long a batch waits for whoever has the live file, before it is spooled."""

STALE_SECONDS = 3600
"""A published copy is renewed after this long even where only runs and polls were added."""


@asynccontextmanager
async def opened(
    house: House, progress: Stages, clock: Clock, insisted: Collection[str] | None = None
) -> AsyncIterator[Cycle]:
    """The only cycle in this data folder. Raises CycleBusy, WarehouseError and SettingsError.

    `insisted` are the ids of the sources to ask; by default those that are due.
    """
    warehouse = Warehouse(house.data_folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(warehouse))
        fetcher = await stack.enter_async_context(Fetcher(house.user_agent, house.limits))
        workers = stack.enter_context(extraction_workers())
        visitor = Visitor(fetcher, obey=house.settings.fetch.robots)
        channels = house.channels()
        cycle = Cycle(
            house, warehouse, fetcher, visitor, workers, progress, channels, clock, insisted
        )
        stack.push_async_callback(cycle.stop)
        yield cycle


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
    """The state of one run between its steps."""

    house: House
    warehouse: Warehouse
    fetcher: Fetcher
    visitor: Visitor
    workers: Callable[[int], Executor | None]
    progress: Stages
    channels: tuple[Channel, ...]
    clock: Clock
    """For what is told and when; the time of day elsewhere is the machine's."""
    insisted: Collection[str] | None = None
    summary: Summary = field(
        default_factory=lambda: Summary(_run_id(), datetime.now(UTC)),
    )
    stopped: set[str] = field(default_factory=set)
    """Channels that failed in this cycle."""
    began: float = field(default_factory=time.monotonic)
    states: dict[str, SourceState] = field(default_factory=dict)
    polling: Polling | None = None
    brought: set[str] = field(default_factory=set)
    """Sources that had something new."""
    entries: list[Entry] = field(default_factory=list)
    unread: frozenset[str] = frozenset()
    """Addresses of stored articles whose page is asked for again."""
    slow: set[str] = field(default_factory=set)
    """Servers that could not give all of their pages in the time of a batch."""
    read: list[Reading] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    archive: Archive | None = field(init=False)
    fetches: list[Fetch] = field(default_factory=list)

    def __post_init__(self) -> None:
        """One WARC file a cycle: one that a crash cut short is never written to again."""
        kept = self.house.settings.pages.keep_days > 0
        file = self.house.warc_folder / f"{self.summary.run_id}.warc.gz"
        self.archive = Archive(file, self.house.user_agent) if kept else None

    async def fetch(self) -> None:
        """Ask every source that is due, and find the entries that are not stored yet among those
        of the first to answer."""
        self.states = await asyncio.to_thread(self._begin)
        now = datetime.now(UTC)
        asked, self.summary.waiting = due(self.house.sources, self.states, self.insisted, now)
        self.polling = Polling(self.visitor, self.states, self._backlog, self.house.bounds)
        self.polling.start(asked)
        self.entries = await asyncio.to_thread(self._left)
        await self._listen(self.polling)

    async def batches(self) -> AsyncIterator[Sequence[Entry]]:
        """Entries to read, the newest first, while slow sources are still awaited; one empty batch
        where there are none, so that what an earlier cycle left is matched and delivered."""
        oldest = datetime.min.replace(tzinfo=UTC)
        first = True
        while first or (self.polling and self.polling.under_way):
            if not first and self.polling:
                await self._listen(self.polling)
            entries = sorted(self.entries, key=lambda e: e.published_at or oldest, reverse=True)
            self.entries = []
            for begin in range(0, max(len(entries), first), BATCH):
                yield entries[begin : begin + BATCH]
            first = False

    async def _listen(self, polling: Polling) -> None:
        """Take up what has been answered."""
        if polling.under_way:
            with self.progress.stage("fetch", len(polling.under_way)) as advance:
                came = await polling.answers(LISTENING_SECONDS, advance)
            self.entries += await asyncio.to_thread(self._wanted, came)
        if not polling.under_way:
            self._account_polls(sorted(polling.done, key=lambda poll: poll.source.id))

    async def stop(self) -> None:
        """Give up what is still under way."""
        if self.polling:
            await self.polling.stop()

    async def extract(self, batch: Sequence[Entry]) -> None:
        """Fetch and read the page of each entry; the feed's own words where that fails."""
        by_id = {source.id: source for source in self.house.sources}
        reader = Reader(self.visitor, self.workers(len(batch)), self.archive)
        slow = [entry for entry in batch if server_of(entry.link) in self.slow]
        quick = [entry for entry in batch if server_of(entry.link) not in self.slow]
        with self.progress.stage("extract", len(quick)) as advance:
            self.read, late = await in_time(
                quick, lambda e: reader.read(e, by_id[e.source_id]), advance, self._pages_seconds
            )
        self.slow |= {server_of(entry.link) for entry in late}
        now, new = datetime.now(UTC), [e for e in slow + late if e.url not in self.unread]
        self.read += [put_off(entry, by_id[entry.source_id], now) for entry in new]
        self._account_pages()

    @property
    def _pages_seconds(self) -> float:
        return self.house.settings.fetch.pages_seconds

    async def look_again(self) -> None:
        """Ask for the pages of recent articles once more: changed, gone, or as they were?"""
        by_id = {source.id: source for source in self.house.sources if source.enabled}
        due = [(id_, known) for id_, known in await asyncio.to_thread(self._due) if id_ in by_id]
        reader = Reader(self.visitor, self.workers(len(due)), self.archive)

        async def look(item: tuple[str, Known]) -> Look:
            return await reader.look_again(item[1], by_id[item[0]])

        with self.progress.stage("look again", len(due)) as advance:
            self.looks, _ = await in_time(due, look, advance, self._pages_seconds)
        self.read = [look.reading for look in self.looks if look.reading]
        self._account_looks()

    async def store(self) -> None:
        """Store what was read, in one transaction."""
        if not self.read and not self.looks:
            return
        with self.progress.stage("store", len(self.read)) as advance:
            stored = await asyncio.to_thread(self._store)
            for _ in self.read:
                advance()
        self.summary.new += stored.new
        self.summary.backlog += stored.untold
        self.summary.changed += stored.changed
        self.read, self.looks = [], []

    async def match(self) -> None:
        """Code and match every version that waits for it; write alerts and deliveries with it."""
        told = policy(self.house, self.channels)
        counts = await asyncio.to_thread(
            match_waiting, self.warehouse, self.house, told, self.progress, self.clock
        )
        self.summary.matches += counts.matches
        self.summary.alerts += counts.alerts

    async def deliver(self, *, last: bool = False) -> None:
        """Send every delivery that is due: channels side by side, each in order. `last`: this cycle
        brings no further alerts."""
        round = Round(
            self.warehouse, desk(self.house, self.channels), self.clock, stopped=self.stopped
        )
        await round.run(last=last, progress=self.progress)
        self.summary.deliveries += round.delivered
        self.summary.undelivered += round.undelivered
        for line in round.problems:
            self._problem(line)

    async def finish(self) -> None:
        """Keep what the sources said, close the run, and publish what changed."""
        self.summary.seconds = time.monotonic() - self.began
        await asyncio.to_thread(self._finish)

    def _begin(self) -> dict[str, SourceState]:
        schedule = self.house.settings.pages.schedule
        waited = spool.load(self.warehouse, self.summary.started_at, schedule)
        self.summary.new += waited.new
        self.summary.backlog += waited.untold
        self.summary.changed += waited.changed
        with self.warehouse.writing("begin a cycle", for_readers=False) as connection:
            seeds.plant(connection, self.summary.started_at)
            runs.start(connection, self.summary.run_id, "watch", self.summary.started_at)
            sources.configure(connection, self.house.sources)
            self._release(connection)
            self.visitor.known = robots.known(connection)
            tell_silence(self.house, connection, self.summary.started_at)
            return sources.states(connection)

    def _release(self, connection: Connection) -> None:
        """Make due what a killed process was sending; not while a digest, say, is being sent."""
        with (
            suppress(WarehouseBusy),
            hold(self.warehouse.sending_lock, wait_seconds=0, doing="release"),
        ):
            outbox.release(connection, self.summary.started_at)

    @property
    def _backlog(self) -> timedelta:
        return timedelta(hours=self.house.settings.sources.backlog_hours)

    def _again(self, item: articles.Unread) -> Entry:
        """The entry of an article whose page is to be tried again: it may tell a date."""
        began = self.states.get(item.source_id, SourceState()).first_polled_at
        since = began - self._backlog if began and item.arrival is Arrival.BACKLOG else None
        return replace(_entry(item), new_since=since)

    def _left(self) -> list[Entry]:
        """Articles whose page an earlier cycle could not read."""
        with self.warehouse.writing("see what is unread", for_readers=False) as connection:
            unread = articles.unread(connection)
        enabled = {source.id for source in self.house.sources if source.enabled}
        self.unread = frozenset(item.url for item in unread)
        return [self._again(item) for item in unread if item.source_id in enabled]

    def _wanted(self, polls: Sequence[Poll]) -> list[Entry]:
        """The entries of `polls` that are not stored yet."""
        named = [entry for poll in polls for entry in poll.entries]
        named.sort(key=lambda entry: entry.arrival is Arrival.NEW)  # what is new stands, at last
        found = {entry.url: entry for entry in named}
        with self.warehouse.writing("compare with what is known", for_readers=False) as connection:
            known = articles.known(connection, [article_id(url) for url in found])
        new = {entry.url: entry for entry in found.values() if article_id(entry.url) not in known}
        self.brought |= {entry.source_id for entry in named if entry.url in new}
        return list(new.values())

    def _due(self) -> list[tuple[str, Known]]:
        with self.warehouse.writing("see what to look at again", for_readers=False) as connection:
            return pages.due(connection, datetime.now(UTC))

    def _store(self) -> articles.Stored:
        try:
            return self._write()
        except (WarehouseBusy, WarehouseUnusable):
            self._spool()
            raise

    def _spool(self) -> None:
        """What cannot be stored now waits for the next cycle: a feed may not name it again."""
        try:
            file = spool.put(self.warehouse, self.read)
        except WarehouseUnusable as error:
            log.error("%s", error)
        else:
            log.warning("%d articles wait in %s for the next cycle", len(self.read), file)

    def _write(self) -> articles.Stored:
        self._sync()
        schedule = self.house.settings.pages.schedule
        with self.warehouse.writing("store articles", wait_seconds=WAIT_SECONDS) as connection:
            sources.log_fetches(connection, self.summary.run_id, self.fetches)
            read = [reading.article for reading in self.read]
            stored = articles.store(connection, read, datetime.now(UTC))
            pages.keep(connection, self.read, schedule)
            pages.settle(connection, self.looks, schedule)
            self._keep_robots(connection)
        self.fetches = []
        return stored

    def _keep_robots(self, connection: Connection) -> None:
        learnt = [self.visitor.known[server] for server in self.visitor.learnt]
        robots.keep(connection, learnt, datetime.now(UTC))
        self.visitor.learnt.clear()

    def _sync(self) -> None:
        """What the warehouse is about to point at is on the disk first."""
        try:
            if self.archive:
                self.archive.sync()
        except ArchiveError as error:
            self._not_kept(error)

    def _not_kept(self, error: ArchiveError) -> None:
        """Told once a cycle, however many answers it costs."""
        if self.archive:
            self._problem(str(error))
            self.archive = None

    def _account_polls(self, polls: Sequence[Poll]) -> None:
        self.summary.polled = len(polls)
        self.summary.entries = sum(len(poll.entries) for poll in polls)
        self.summary.failed = sum(poll.error is not None for poll in polls)
        for done in polls:
            self.fetches.append(logged(done, datetime.now(UTC)))
            for warning in done.warnings:
                log.warning("source %s: %s", done.source.id, warning)
            if done.error is not None and not offline(polls):
                self._problem(f"source {done.source.id}: {done.error}")
        if offline(polls):
            self._problem(cut_off(polls))

    def _account_pages(self) -> None:
        for article in (reading.article for reading in self.read):
            self.fetches.append(_page_fetch(article))
            if article.text_from is TextFrom.PAGE:
                self.summary.pages += 1
            for warning in article.warnings:
                log.info("article %s: %s", article.url, warning)
        for problem in filter(None, (reading.problem for reading in self.read)):
            self._not_kept(problem)

    def _account_looks(self) -> None:
        self.fetches += map(_look_fetch, self.looks)
        for look in self.looks:
            if look.error:
                log.info("article %s: %s", look.known.entry.url, look.error)
        for problem in filter(None, (reading.problem for reading in self.read)):
            self._not_kept(problem)

    def _problem(self, line: str) -> None:
        log.error("%s", line)
        self.summary.errors.append(line)

    def _finish(self) -> None:
        now = datetime.now(UTC)
        polls = self._lessons()
        with self.warehouse.writing("end a cycle", for_readers=self._turned(polls)) as connection:
            sources.log_fetches(connection, self.summary.run_id, self.fetches)
            sources.remember(connection, polls, self.brought, now)
            self._keep_robots(connection)
            runs.finish(
                connection,
                self.summary.run_id,
                outcome=self.summary.outcome,
                counts=self.summary.counts(),
                now=now,
            )
        if self.warehouse.unpublished or self._stale():
            self.warehouse.publish()

    def _lessons(self) -> Sequence[Poll]:
        """The polls that say something about their sources."""
        polls = self.polling.done if self.polling else []
        return () if offline(polls) else polls

    def _turned(self, polls: Sequence[Poll]) -> bool:
        """Whether a source fares otherwise than before: people should see that at once."""
        nothing = SourceState()
        before = {poll.source.id: self.states.get(poll.source.id, nothing) for poll in polls}
        return any((p.error is None) == (before[p.source.id].error_streak > 0) for p in polls)

    def _stale(self) -> bool:
        return time.time() - self.warehouse.published.stat().st_mtime > STALE_SECONDS


def _entry(item: articles.Unread) -> Entry:
    """The entry of an article whose page is to be tried again."""
    return Entry(
        source_id=item.source_id,
        url=item.url,
        link=item.url,
        title=item.title,
        summary=item.abstract,
        published_at=item.published_at,
        author=item.author,
        language=item.language,
        arrival=item.arrival,
    )


def _page_fetch(article: Article) -> Fetch:
    failed = article.text_from is not TextFrom.PAGE
    return Fetch(
        source_id=article.source_id,
        url=article.url,
        purpose="page",
        outcome="feed text kept" if failed else "read",
        status=None,
        error="; ".join(article.warnings) or None,
        seconds=None,
        fetched_at=article.fetched_at,
    )


def _look_fetch(look: Look) -> Fetch:
    return Fetch(
        source_id=look.known.entry.source_id,
        url=look.known.entry.url,
        purpose="look again",
        outcome=look.outcome,
        status=None,
        error=str(look.error) if look.error else None,
        seconds=None,
        fetched_at=look.at,
    )


def _run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
