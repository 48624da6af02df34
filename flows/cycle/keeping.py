"""What one cycle writes down: its beginning, the articles of each batch, and its end.

Every write is one short transaction. What cannot be written now waits in the spool.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from extractors.feeds.poll import Poll, SourceState
from extractors.pages.reading import Look, Reading
from extractors.web.robots import Visitor
from flows.configuration.desk import origin
from flows.configuration.settings import House
from flows.cycle import access
from flows.cycle.access import Access
from flows.cycle.account import Account
from flows.cycle.silence import tell_silence
from warehouse.collecting import articles, pages, respite, robots, runs, seeds, sources, spool
from warehouse.collecting.impression import Impressions
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseUnusable

log = logging.getLogger(__name__)

STALE_SECONDS = 3600
"""A published copy is renewed after this long even where only runs and polls were added."""


@dataclass(slots=True)
class Keeping:
    """The warehouse, as one cycle writes to it. Its methods raise WarehouseError."""

    house: House
    access: Access
    visitor: Visitor
    account: Account

    @property
    def warehouse(self) -> Warehouse:
        """Where it is written down."""
        return self.access.warehouse

    def begin(self) -> dict[str, SourceState]:
        """Load what waited, open the run, tell of silence; the state of each source."""
        with self.access.trying():
            return self._open()
        return self.access.recall(self._recall)

    def _open(self) -> dict[str, SourceState]:
        started, schedule = self.account.summary.started_at, self.house.settings.pages.schedule
        waited = spool.load(self.warehouse, started, schedule, wait_seconds=access.WAIT_SECONDS)
        self.account.stored(waited.stored)
        for error in waited.unreadable:
            self.account.problem(str(error))
        with self.access.writing("begin a cycle", for_readers=False) as connection:
            seeds.plant(connection, started)
            run_id = self.account.summary.run_id
            runs.start(connection, run_id, "watch", started, origin(self.house))
            sources.configure(connection, self.house.sources, self.warehouse.machine)
            tell_silence(self.house, connection, started)
            return self._recall(connection)

    def _recall(self, connection: Connection) -> dict[str, SourceState]:
        self.visitor.known = robots.known(connection)
        self.visitor.fetcher.respite.until = respite.known(connection)
        return sources.states(connection)

    def store(
        self, read: Sequence[Reading], looks: Sequence[Look], taken: Impressions
    ) -> articles.Stored:
        """Store what was read, in one transaction; into the spool where that fails."""
        try:
            with self.access.trying():
                if not self.access.barred:
                    return self._write(read, looks, taken)
        except WarehouseUnusable:
            self._spool(read)
            raise
        self._spool(read)
        return articles.Stored()

    def _write(
        self, read: Sequence[Reading], looks: Sequence[Look], taken: Impressions
    ) -> articles.Stored:
        schedule = self.house.settings.pages.schedule
        with self.access.writing("store articles") as connection:
            self._log_fetches(connection)
            found = [reading.article for reading in read]
            stored = articles.store(connection, found, datetime.now(UTC), taken=taken)
            pages.keep(connection, read, schedule)
            pages.settle(connection, looks, schedule)
            self._keep_robots(connection)
        self.account.fetches = []
        return stored

    def _spool(self, read: Sequence[Reading]) -> None:
        """What cannot be stored now waits for the next cycle: a feed may not name it again."""
        account = self.account
        batch = spool.Batch(tuple(read), account.summary.run_id, tuple(account.fetches))
        try:
            file = spool.put(self.warehouse, batch)
        except WarehouseUnusable as error:
            log.error("%s", error)
        else:
            wait = "1 article waits" if len(read) == 1 else f"{len(read)} articles wait"
            log.warning("%s in %s for the next cycle", wait, file)
            account.fetches = []

    def finish(self, polls: Sequence[Poll], brought: Collection[str], *, turned: bool) -> None:
        """Keep what the sources said, close the run, and publish what changed.

        `brought` are the ids of sources that had something new, `turned` is whether one fares
        otherwise than before. Raises what bars the cycle, where something does."""
        if self.access.barred:
            raise self.access.barred
        now, summary = datetime.now(UTC), self.account.summary
        with self.access.writing("end a cycle", for_readers=turned) as connection:
            self._log_fetches(connection)
            sources.remember(connection, polls, brought, now)
            self._keep_robots(connection)
            respite.keep(connection, self.visitor.fetcher.respite.until, now)
            runs.finish(
                connection,
                summary.run_id,
                outcome=summary.outcome,
                counts=summary.counts(),
                now=now,
            )
        if self.warehouse.unpublished or self.warehouse.age_seconds > STALE_SECONDS:
            self.warehouse.publish()

    def _log_fetches(self, connection: Connection) -> None:
        sources.log_fetches(connection, self.account.summary.run_id, self.account.fetches)

    def _keep_robots(self, connection: Connection) -> None:
        learnt = [self.visitor.known[server] for server in self.visitor.learnt]
        robots.keep(connection, learnt, datetime.now(UTC))
        self.visitor.learnt.clear()
