"""Polling a source. Its failure is a value."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from extractors.compose import arrival
from extractors.entry import Entry
from extractors.errors import ExtractorError, FeedError, FetchError, HttpError
from extractors.feed import Feed
from extractors.fetch import Fetcher, Response, Validators
from extractors.formats import PACE, parse_source
from extractors.source import Source
from extractors.standing import Standing
from extractors.state import changes

DOUBTED = "open it in a browser; if it is right, wait"
BACKLOG = timedelta(hours=24)
"""How old an entry of a source's first poll may be and still count as new."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What must be kept of a source between two polls."""

    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    """SHA-256 of the last body that could be read."""
    first_polled_at: datetime | None = None
    """When it was read for the first time; None until then."""
    standings: tuple[Standing, ...] | None = None
    """What a document of state said was in force; None until it was read."""


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll of one source went."""

    source: Source
    outcome: Literal["new", "unchanged", "failed"]
    """`new`: the body was read, whether or not its entries are known; see `entries`."""
    entries: tuple[Entry, ...]
    state: SourceState
    """To be kept for the next poll; the former state after a failure."""
    warnings: tuple[str, ...] = ()
    error: ExtractorError | None = None
    status: int | None = None
    seconds: float = 0.0
    format: str | None = None


async def poll(
    source: Source, state: SourceState, fetcher: Fetcher, backlog: timedelta = BACKLOG
) -> Poll:
    """Ask `source` what is new. Never raises for what the network or the publisher does.

    Of a source that was never read before, entries older than `backlog` or without a date are
    marked as such.
    """
    began = asyncio.get_running_loop().time()
    try:
        response = await fetcher.get(source.url, state.validators, pace=PACE.get(source.kind, 0.0))
    except FetchError as error:
        status = error.status if isinstance(error, HttpError) else None
        seconds = asyncio.get_running_loop().time() - began
        return Poll(source, "failed", (), state, error=error, status=status, seconds=seconds)
    if response.not_modified or _hash(response.body) == state.body_hash:
        return _unchanged(source, state, response)
    return await _read_feed(source, state, response, backlog)


def _unchanged(source: Source, state: SourceState, response: Response) -> Poll:
    kept = replace(state, validators=response.validators)
    return _answered(Poll(source, "unchanged", (), kept), response)


async def _read_feed(
    source: Source, state: SourceState, response: Response, backlog: timedelta
) -> Poll:
    try:
        feed = await asyncio.to_thread(_parse, source, response)
        if feed.standings is not None:
            return _answered(_changed(source, state, feed, response), response)
    except ExtractorError as error:
        return _answered(Poll(source, "failed", (), state, error=error), response)
    began = state.first_polled_at or response.fetched_at
    entries = feed.entries if state.first_polled_at else _first(feed.entries, began - backlog)
    kept = replace(
        state,
        validators=response.validators,
        body_hash=_hash(response.body),
        first_polled_at=began,
    )
    found = Poll(source, "new", entries, kept, feed.warnings, format=feed.format)
    return _answered(found, response)


def _changed(source: Source, state: SourceState, feed: Feed, response: Response) -> Poll:
    """A document of state: its changes are the entries. One that is not believed is asked again in
    full, and what stood before stands."""
    entries, compared = changes(feed, state.standings, source, response.fetched_at)
    kept = SourceState(
        validators=Validators() if compared.waiting else response.validators,
        body_hash=None if compared.waiting else _hash(response.body),
        first_polled_at=state.first_polled_at or response.fetched_at,
        standings=compared.kept,
    )
    doubt = FeedError(source.url, compared.doubt, DOUBTED) if compared.doubt else None
    outcome: Literal["new", "failed"] = "failed" if doubt else "new"
    return Poll(source, outcome, entries, kept, feed.warnings, error=doubt, format=feed.format)


def _first(entries: Sequence[Entry], since: datetime) -> tuple[Entry, ...]:
    """Entries of a first poll. The page may still tell a date, hence `new_since`."""
    marked = (replace(entry, new_since=since) for entry in entries)
    return tuple(replace(entry, arrival=arrival(entry, entry.published_at)) for entry in marked)


def _answered(found: Poll, response: Response) -> Poll:
    return replace(found, status=response.status, seconds=response.seconds)


def _parse(source: Source, response: Response) -> Feed:
    return parse_source(response.body, response.content_type, source, response.final_url)


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()
