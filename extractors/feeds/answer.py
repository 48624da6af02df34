"""What a source answers: one body, or several that are read as one. A list of its own for each day
is asked for today and yesterday; of an index of sitemaps those are asked for that have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from extractors.entry import Entry
from extractors.errors import ExtractorError, FeedError, FetchError, RobotsRefused
from extractors.feeds.dated import is_dated, issues
from extractors.feeds.feed import Feed
from extractors.feeds.form import forms
from extractors.feeds.formats import PACE, parse_source
from extractors.feeds.sitemap import ASK, is_index, parse_index, worth_reading
from extractors.items import MOST, cut_warning
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from extractors.web.response import Response, Validators
from extractors.web.robots import Visitor


@dataclass(frozen=True, slots=True)
class Part:
    """One body that entries are read from."""

    source: Source
    """As it is on the day that the body is of."""
    response: Response


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a source answered at one poll."""

    response: Response
    """Of its own address; of the latest day."""
    parts: tuple[Part, ...]
    """None where nothing of an index has changed."""
    in_parts: bool = False
    """Whether there may be several."""
    problems: tuple[ExtractorError, ...] = ()
    """Why parts are missing."""

    @property
    def body_hash(self) -> str:
        """SHA-256 of what was answered."""
        bodies = [part.response.body for part in self.parts] or [self.response.body]
        return sha256(b"".join(bodies)).hexdigest()

    @property
    def unchanged(self) -> bool:
        """Whether the source itself says that nothing is new."""
        return self.response.not_modified or not (self.parts or self.problems)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that may come at the next poll."""
        return not any(problem.temporary for problem in self.problems)


async def ask(
    source: Source,
    address: str,
    known: Validators,
    read_at: datetime | None,
    fetcher: Fetcher | Visitor,
    now: datetime,
) -> Answer:
    """What `source` answers at `address`, its own one unless it has moved. Raises FetchError, and
    FeedError where an index of sitemaps cannot be read.

    `read_at`: when it was last read, so that only what has changed since is asked for.
    """
    if is_dated(source.url):
        return await _days(issues(source, read_at, now), fetcher)
    response = await _get(source, address, known, fetcher)
    return await answered(source, response, read_at, fetcher)


async def answered(
    source: Source, response: Response, read_at: datetime | None, fetcher: Fetcher | Visitor
) -> Answer:
    """The answer that `response` is, or begins. Raises as `ask` does."""
    if source.kind is SourceKind.SITEMAP:
        chosen = await asyncio.to_thread(_chosen, response, read_at)
        if chosen is not None:
            return await _sitemaps(source, response, chosen, fetcher)
    return Answer(response, (Part(source, response),))


async def read(answer: Answer) -> Feed:
    """All entries of an answer, each once. FeedError where none of its parts can be read."""
    return await asyncio.to_thread(_read, answer)


async def _get(
    source: Source, address: str, known: Validators, fetcher: Fetcher | Visitor
) -> Response:
    """What is offered to programs is fetched as it is offered; a page of links is a page, to which
    robots.txt applies."""
    if _is_page(source):
        try:
            return await fetcher.get(address, known)
        except RobotsRefused as error:
            remedy = "disable the source" if not error.temporary else error.remedy
            raise RobotsRefused(address, error.what, remedy, temporary=error.temporary) from error
    plain = fetcher.fetcher if isinstance(fetcher, Visitor) else fetcher
    return await plain.get(address, known, pace=PACE.get(source.kind, 0.0))


def _is_page(source: Source) -> bool:
    """Whether robots.txt applies to what it answers."""
    told = source.kind is SourceKind.STATE and forms()[source.document or ""].of_words
    return told or source.kind is SourceKind.HTML_LIST


async def _days(days: Sequence[Source], fetcher: Fetcher | Visitor) -> Answer:
    """Each day's list is another document: no validators go from one to the next."""
    parts, problems = await _parts(days, fetcher)
    if not parts:
        raise problems[0]
    return Answer(parts[0].response, tuple(parts), in_parts=True, problems=tuple(problems))


def _chosen(response: Response, read_at: datetime | None) -> tuple[str, ...] | None:
    """The sitemaps to ask for where the answer is an index of them; None where it is none."""
    url = response.final_url
    if not is_index(response.body, url):
        return None
    listed = parse_index(response.body, url)
    if not listed:
        raise FeedError(response.url, "is an index that lists no sitemap", ASK)
    return worth_reading(listed, url, read_at)


async def _sitemaps(
    source: Source, index: Response, chosen: Iterable[str], fetcher: Fetcher | Visitor
) -> Answer:
    parts, problems = await _parts([replace(source, url=url) for url in chosen], fetcher)
    if problems and not parts:
        raise problems[0]
    return Answer(index, tuple(parts), in_parts=True, problems=tuple(problems))


async def _parts(
    sources: Iterable[Source], fetcher: Fetcher | Visitor
) -> tuple[list[Part], list[FetchError]]:
    parts, problems = [], []
    for source in sources:
        try:
            response = await _get(source, source.url, Validators(), fetcher)
            parts.append(Part(source, response))
        except FetchError as error:
            problems.append(error)
    return parts, problems


def _read(answer: Answer) -> Feed:
    feeds: list[Feed] = []
    problems: list[ExtractorError] = []
    for part in answer.parts:
        try:
            feeds.append(_parsed(part))
        except FeedError as error:
            problems.append(error)
    if not feeds:
        raise problems[0]
    return feeds[0] if not answer.in_parts else _merged(feeds, (*answer.problems, *problems))


def _parsed(part: Part) -> Feed:
    response = part.response
    return parse_source(response.body, response.content_type, part.source, response.final_url)


def _merged(feeds: Sequence[Feed], problems: Iterable[ExtractorError]) -> Feed:
    found: dict[str, Entry] = {}
    for entry in (entry for feed in feeds for entry in feed.entries):
        found.setdefault(entry.url, entry)
    return Feed(
        format=feeds[0].format,
        title=feeds[0].title,
        entries=tuple(found.values())[:MOST],
        warnings=tuple(_warnings(feeds, problems, len(found))),
        fresh_seconds=feeds[0].fresh_seconds,
    )


def _warnings(
    feeds: Iterable[Feed], problems: Iterable[ExtractorError], entries: int
) -> Iterator[str]:
    yield from dict.fromkeys(warning for feed in feeds for warning in feed.warnings)
    yield from (f"{problem.url} is missing: {problem.what}" for problem in problems)
    if entries > MOST:
        yield cut_warning()
