"""What one cycle gathers: the entries that its sources name and that are not stored yet, and the
articles whose page an earlier cycle could not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from extractors.article import Arrival, article_id
from extractors.entry import Entry
from extractors.feeds.poll import Poll, SourceState
from extractors.pages.reading import asks_for_page
from extractors.web.fetch import host_of
from extractors.web.robots import Visitor
from flows.configuration.settings import House
from flows.cycle.access import Access
from flows.cycle.account import Account
from flows.cycle.polling import Polling, due, offline
from flows.progress import Stages
from warehouse.collecting import articles, removal, spool

PAGES = 100
"""Pages that are read, stored and told of at a time: alerts do not wait for a long backlog."""
BATCH = 500
"""Entries that make a batch at most, where few or none of them have a page to read."""

LISTENING_SECONDS = 5.0
"""What has answered waits no longer than this for what has not."""


@dataclass(slots=True)
class Gathering:
    """Who was asked, and the entries that came and wait to be read."""

    house: House
    access: Access
    visitor: Visitor
    progress: Stages
    account: Account
    expect: Callable[[int], object]
    """Told, as sources answer, how many pages there may be to read."""
    insisted: Collection[str] | None = None
    states: Mapping[str, SourceState] = field(default_factory=dict)
    """Of the sources, before they were asked."""
    polling: Polling | None = None
    brought: set[str] = field(default_factory=set)
    """Sources that had something new."""
    entries: list[Entry] = field(default_factory=list)
    unread: frozenset[str] = frozenset()
    """Addresses of stored articles whose page is asked for again."""

    async def begin(self, states: Mapping[str, SourceState]) -> None:
        """Ask every source that is due, and take up what the first to answer name."""
        self.states = states
        now = datetime.now(UTC)
        asked, self.account.summary.waiting = due(self.house.sources, states, self.insisted, now)
        for source in asked if self.insisted else ():
            self.visitor.fetcher.respite.end(host_of(source.url))
        self.polling = Polling(self.visitor, states, self._backlog, self.house.bounds, self.expect)
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
            for batch in self._batches(entries) if entries or not first else [[]]:
                yield batch
            first = False

    def _batches(self, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
        """As many at a time as the cost of a batch is worth: reading a page costs more."""
        by_id = {source.id: source for source in self.house.sources}
        batch: list[Entry] = []
        pages = 0
        for entry in entries:
            batch.append(entry)
            pages += asks_for_page(entry, by_id[entry.source_id])
            if pages == PAGES or len(batch) == BATCH:
                yield batch
                batch, pages = [], 0
        if batch:
            yield batch

    async def stop(self) -> None:
        """Give up what is still under way."""
        if self.polling:
            await self.polling.stop()

    def lessons(self) -> Sequence[Poll]:
        """The polls that say something about their sources."""
        polls = self.polling.done if self.polling else []
        return () if offline(polls) else polls

    def turned(self) -> bool:
        """Whether a source fares otherwise than before: people should see that at once."""
        nothing = SourceState()
        before = {p.source.id: self.states.get(p.source.id, nothing) for p in self.lessons()}
        return any(
            (p.error is None) == (before[p.source.id].error_streak > 0) for p in self.lessons()
        )

    async def _listen(self, polling: Polling) -> None:
        """Take up what has been answered."""
        if polling.under_way:
            with self.progress.stage("fetch", len(polling.under_way)) as advance:
                came = await polling.answers(LISTENING_SECONDS, advance)
            self.entries += await asyncio.to_thread(self._wanted, came)
        if not polling.under_way:
            self.account.polls(sorted(polling.done, key=lambda poll: poll.source.id))

    def _wanted(self, polls: Sequence[Poll]) -> list[Entry]:
        """The entries of `polls` that are not stored yet, and were not taken away."""
        named = [entry for poll in polls for entry in poll.entries]
        named.sort(key=lambda entry: entry.arrival is Arrival.NEW)  # what is new stands, at last
        found = {entry.url: entry for entry in named}
        ids = [article_id(url) for url in found]
        known = self.access.ask(
            "compare with what is known",
            lambda connection: articles.known(connection, ids) | removal.removed(connection, ids),
        )
        known |= spool.waiting(self.access.warehouse)
        new = {entry.url: entry for entry in found.values() if article_id(entry.url) not in known}
        self.brought |= {entry.source_id for entry in named if entry.url in new}
        return list(new.values())

    def _left(self) -> list[Entry]:
        """Articles whose page an earlier cycle could not read."""
        unread = self.access.ask("see what is unread", articles.unread)
        enabled = {source.id for source in self.house.sources if source.enabled}
        self.unread = frozenset(item.url for item in unread)
        return [self._again(item) for item in unread if item.source_id in enabled]

    def _again(self, item: articles.Unread) -> Entry:
        """The entry of an article whose page is to be tried again: it may tell a date."""
        began = self.states.get(item.source_id, SourceState()).first_polled_at
        since = began - self._backlog if began and item.arrival is Arrival.BACKLOG else None
        return replace(_entry(item), new_since=since)

    @property
    def _backlog(self) -> timedelta:
        return timedelta(hours=self.house.settings.sources.backlog_hours)


def _entry(item: articles.Unread) -> Entry:
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
