"""Polling a source. Its failure is a value."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from extractors.entry import Entry
from extractors.errors import (
    Blocked,
    ExtractorError,
    FeedError,
    FetchError,
    HostResting,
    HttpError,
)
from extractors.feeds.answer import Answer, ask, read
from extractors.feeds.cadence import Bounds, after_failure, after_success, usual_seconds
from extractors.feeds.feed import Feed
from extractors.feeds.standing import Standing
from extractors.feeds.state import changes
from extractors.pages.compose import TOLERANCE, arrival
from extractors.source import Source
from extractors.web.fetch import Fetcher
from extractors.web.response import Validators
from extractors.web.robots import Visitor

DOUBTED = "open it in a browser; if it is right, wait"
BACKLOG = timedelta(hours=24)
"""How old an entry of a source's first poll may be and still count as new."""
LONGEST = timedelta(days=1)
"""No source is left alone for longer, whatever it asks for and however often it fails."""
IN_FULL = timedelta(hours=24)
"""After this long a source is asked without conditions, whatever it said meanwhile: a host that
answers "unchanged" for ever is found out."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What must be kept of a source between two polls."""

    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    """SHA-256 of the last body that could be read."""
    first_polled_at: datetime | None = None
    """When it was read for the first time; None until then."""
    url: str | None = None
    """The address that all this is about."""
    distrusted: bool = False
    """Its validators stayed while its body changed: they are not sent to it any more."""
    read_at: datetime | None = None
    """When its body came last, changed or not."""
    usual_seconds: float | None = None
    """Between two of its publications, where that is known."""
    fresh_seconds: float | None = None
    """For how long it calls its answer fresh (headers, ttl, sy:updatePeriod)."""
    newest_at: datetime | None = None
    """The latest date among its entries."""
    moved_to: str | None = None
    """Where it is asked, since it has moved for good."""
    gone: bool = False
    """It said that it is gone for good (410): it is asked no more."""
    error_streak: int = 0
    """Failures since the last success."""
    next_poll_at: datetime | None = None
    """Not to be asked before; None: at any time."""
    standings: tuple[Standing, ...] | None = None
    """What a document of state said was in force; None until it was read."""

    def about(self, source: Source) -> SourceState:
        """What still holds: nothing does where the source's address was changed."""
        return self if self.url in {None, source.url} else SourceState()

    def due(self, source: Source, now: datetime) -> bool:
        """Whether it is time to ask. It is where the time is further off than any wait: clocks are
        set back."""
        state = self.about(source)
        left = state.next_poll_at - now if state.next_poll_at else timedelta()
        return not state.gone and not timedelta() < left <= LONGEST


Outcome = Literal["new", "unchanged", "failed", "blocked", "gone"]
"""`new`: the body was read, whether or not its entries are known. `blocked`: a bot check.
`gone`: 410."""


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll of one source went."""

    source: Source
    outcome: Outcome
    entries: tuple[Entry, ...]
    state: SourceState
    """To be kept for the next poll."""
    warnings: tuple[str, ...] = ()
    error: ExtractorError | None = None
    status: int | None = None
    seconds: float = 0.0
    format: str | None = None


async def poll(
    source: Source,
    state: SourceState,
    fetcher: Fetcher | Visitor,
    backlog: timedelta = BACKLOG,
    bounds: Bounds | None = None,
) -> Poll:
    """Ask `source` what is new. Never raises for what the network or the publisher does.

    Of a source that was never read before, entries older than `backlog` or without a date are
    marked as such. The state says when it wants to be asked next, within `bounds`.
    """
    began, state = asyncio.get_running_loop().time(), state.about(source)
    address, now = state.moved_to or source.url, datetime.now(UTC)
    try:
        known = _conditions(state, now)
        answer = await ask(source, address, known, state.read_at, fetcher, now)
        done = await _answered(source, state, answer, backlog)
    except ExtractorError as error:
        seconds = asyncio.get_running_loop().time() - began
        done = replace(_failed(source, state, error), seconds=seconds)
    return replace(done, state=_scheduled(done, bounds or Bounds(), datetime.now(UTC)))


def _conditions(state: SourceState, now: datetime) -> Validators:
    """The validators to send: none to who lies, nor where the body has not come for long."""
    long_ago = state.read_at is None or now - state.read_at >= IN_FULL
    return Validators() if state.distrusted or long_ago else state.validators


async def _answered(source: Source, state: SourceState, answer: Answer, backlog: timedelta) -> Poll:
    """Raises FeedError."""
    unread, response = _heard(source, state, answer), answer.response
    if answer.unchanged or answer.body_hash == state.body_hash:
        fresh = max(unread.fresh_seconds or 0.0, state.fresh_seconds or 0.0) or None
        done = Poll(source, "unchanged", (), replace(unread, fresh_seconds=fresh))
    else:
        done = await _read_feed(source, unread, answer, backlog)
    warnings = (*done.warnings, *_moved(state, done.state), *_caught(state, done.state))
    return replace(done, warnings=warnings, status=response.status, seconds=response.seconds)


def _heard(source: Source, state: SourceState, answer: Answer) -> SourceState:
    """The state after an answer, whatever its body says. What comes in parts has no validators of
    its own, and what lacks one was not read."""
    response, whole = answer.response, not answer.in_parts
    changed = not answer.unchanged and state.body_hash not in {None, answer.body_hash}
    lies = whole and changed and repeats(response.validators, state.validators)
    read = not response.not_modified and answer.complete
    return replace(
        state,
        url=source.url,
        validators=response.validators if whole else Validators(),
        distrusted=state.distrusted or lies,
        read_at=response.fetched_at if read else state.read_at,
        fresh_seconds=response.fresh_seconds,
        moved_to=(response.moved_to if whole else None) or state.moved_to,
        gone=False,
        error_streak=0,
    )


def repeats(now: Validators, before: Validators) -> bool:
    """Whether a host calls two bodies the same. The ETag goes first, as for the host itself."""
    if now.etag or before.etag:
        return now.etag == before.etag
    return now.last_modified is not None and now.last_modified == before.last_modified


async def _read_feed(
    source: Source, state: SourceState, answer: Answer, backlog: timedelta
) -> Poll:
    feed, response = await read(answer), answer.response
    if feed.standings is not None:
        return _changed(source, state, feed, answer)
    began = state.first_polled_at or response.fetched_at
    entries = feed.entries if state.first_polled_at else _first(feed.entries, began - backlog)
    now = response.fetched_at
    dates = [e.published_at for e in entries if e.published_at and e.published_at - TOLERANCE < now]
    kept = replace(
        state,
        body_hash=answer.body_hash,
        first_polled_at=began,
        usual_seconds=usual_seconds(dates),
        fresh_seconds=max(feed.fresh_seconds or 0.0, state.fresh_seconds or 0.0) or None,
        newest_at=max(dates, default=None),
    )
    return Poll(source, "new", entries, kept, feed.warnings, format=feed.format)


def _changed(source: Source, state: SourceState, feed: Feed, answer: Answer) -> Poll:
    """A document of state: its changes are the entries. One that is not believed is asked again in
    full, and what stood before stands."""
    response = answer.response
    entries, compared = changes(feed, state.standings, source, response.fetched_at)
    kept = replace(
        state,
        validators=Validators() if compared.waiting else response.validators,
        body_hash=None if compared.waiting else answer.body_hash,
        first_polled_at=state.first_polled_at or response.fetched_at,
        error_streak=1 if compared.doubt else 0,
        standings=compared.kept,
    )
    doubt = FeedError(source.url, compared.doubt, DOUBTED) if compared.doubt else None
    outcome: Outcome = "failed" if doubt else "new"
    return Poll(source, outcome, entries, kept, feed.warnings, error=doubt, format=feed.format)


def _first(entries: Sequence[Entry], since: datetime) -> tuple[Entry, ...]:
    """Entries of a first poll. The page may still tell a date, hence `new_since`."""
    marked = (replace(entry, new_since=since) for entry in entries)
    return tuple(replace(entry, arrival=arrival(entry, entry.published_at)) for entry in marked)


def _moved(before: SourceState, after: SourceState) -> tuple[str, ...]:
    if after.moved_to in {None, before.moved_to}:
        return ()
    return (f"it has moved for good to {after.moved_to}: put that address into the settings",)


def _caught(before: SourceState, after: SourceState) -> tuple[str, ...]:
    if after.distrusted == before.distrusted:
        return ()
    return ("it calls changed feeds unchanged; from now on it is asked for all of its feed",)


def _failed(source: Source, state: SourceState, error: ExtractorError) -> Poll:
    status = error.status if isinstance(error, HttpError) else None
    outcome: Outcome = "blocked" if isinstance(error, Blocked) else "failed"
    asked = not isinstance(error, HostResting)  # What was not asked has not failed.
    kept = replace(state, url=source.url, error_streak=state.error_streak + asked)
    if state.moved_to and not (isinstance(error, FetchError) and error.temporary):
        # Where it had moved to it is no more: the address in the settings is asked again.
        kept = replace(kept, moved_to=None, validators=Validators())
    elif status == GONE:
        outcome, kept = "gone", replace(kept, gone=True)
    return Poll(source, outcome, (), kept, error=error, status=status)


GONE = 410


def _scheduled(done: Poll, bounds: Bounds, now: datetime) -> SourceState:
    """The state with the time before which the source is left alone."""
    state, jitter = done.state, secrets.randbelow(1000) / 1000
    if done.error is not None:
        wait = after_failure(done.error, state.error_streak, bounds, jitter)
    else:
        wait = after_success(state.usual_seconds, state.fresh_seconds, bounds, jitter)
    return replace(state, next_poll_at=now + timedelta(seconds=wait) if wait else None)
