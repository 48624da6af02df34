"""The account of one cycle: its counts, what went wrong, and its rows in the log of requests."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from extractors.article import Article, TextFrom
from extractors.errors import ExtractorError, FetchError
from extractors.feeds.poll import Poll
from extractors.pages.reading import Look, Reading
from flows.cycle.delivery import Round
from flows.cycle.polling import cut_off, offline
from flows.cycle.summary import Summary
from warehouse.collecting.articles import Stored
from warehouse.collecting.sources import Fetch
from warehouse.telling.matching import Counts

log = logging.getLogger(__name__)


def _run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@dataclass(slots=True)
class Account:
    """What one cycle has to say of itself."""

    summary: Summary = field(
        default_factory=lambda: Summary(_run_id(), datetime.now(UTC)),
    )
    began: float = field(default_factory=time.monotonic)
    fetches: list[Fetch] = field(default_factory=list)
    """Requests that are not in the log of requests yet."""

    def problem(self, line: str) -> None:
        """Something went wrong that people should hear of."""
        log.error("%s", line)
        self.summary.errors.append(line)

    def polls(self, polls: Sequence[Poll]) -> None:
        """All that was asked has answered."""
        self.summary.polled = len(polls)
        self.summary.entries = sum(len(poll.entries) for poll in polls)
        self.summary.failed = sum(poll.error is not None for poll in polls)
        for done in polls:
            self.fetches.append(_feed_fetch(done, datetime.now(UTC)))
            for warning in done.warnings:
                log.warning("source %s: %s", done.source.id, warning)
            if done.error is not None and not offline(polls):
                self.problem(f"source {done.source.id}: {done.error}{_outlook(done.error)}")
        if offline(polls):
            self.problem(cut_off(polls))

    def pages(self, read: Sequence[Reading]) -> None:
        """The pages of a batch were read."""
        for article in (reading.article for reading in read):
            self.fetches.append(_page_fetch(article))
            if article.text_from is TextFrom.PAGE:
                self.summary.pages += 1
            for warning in article.warnings:
                log.info("article %s: %s", article.url, warning)

    def looks(self, looks: Sequence[Look]) -> None:
        """Pages were looked at again."""
        self.fetches += map(_look_fetch, looks)
        for look in looks:
            if look.error:
                log.info("article %s: %s", look.known.entry.url, look.error)

    def stored(self, stored: Stored) -> None:
        """A batch is in the warehouse."""
        self.summary.new += stored.new
        self.summary.backlog += stored.untold
        self.summary.changed += stored.changed

    def matched(self, counts: Counts) -> None:
        """What waited was matched."""
        self.summary.matches += counts.matches
        self.summary.alerts += counts.alerts

    def delivered(self, round: Round) -> None:
        """A round of deliveries is over."""
        self.summary.deliveries += round.delivered
        self.summary.undelivered += round.undelivered
        self.summary.held = round.held
        self.summary.ailing = round.ailing
        for line in round.problems:
            self.problem(line)

    def close(self) -> None:
        """All is done but to write this down."""
        self.summary.seconds = time.monotonic() - self.began


def _outlook(error: ExtractorError) -> str:
    """What becomes of it by itself."""
    waits = isinstance(error, FetchError) and error.retry_after is not None
    return "; the next cycle tries again" if error.temporary and not waits else ""


def _feed_fetch(done: Poll, now: datetime) -> Fetch:
    return Fetch(
        source_id=done.source.id,
        url=done.source.url,
        purpose="feed",
        outcome=done.outcome,
        status=done.status,
        error=str(done.error) if done.error else None,
        seconds=done.seconds,
        fetched_at=now,
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
