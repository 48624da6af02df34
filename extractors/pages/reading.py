"""Reading an article: the pages of an entry asked for and read. A page's failure is a value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Literal, Protocol
from urllib.parse import urlsplit

from extractors.article import Article
from extractors.entry import Entry
from extractors.errors import ArchiveError, ExtractorError, FetchError, HttpError, PageError
from extractors.googlenews import is_google_news
from extractors.pages.compose import compose
from extractors.pages.join import MOST_PAGES, continued
from extractors.pages.page import Page, read_page
from extractors.source import Source, SourceKind
from extractors.web.response import Response, Validators
from extractors.web.warc import Record


class Asker(Protocol):
    """What answers for addresses: a `Fetcher`, a `Visitor`, a `Journal`."""

    async def get(self, url: str, validators: Validators | None = None) -> Response:
        """The answer of `url`. Raises FetchError."""
        ...


class Keeper(Protocol):
    """What keeps answers: an `Archive`, a `Journal`."""

    def add(self, answer: Response) -> Record:
        """Keep `answer`. Raises ArchiveError."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that an article was read from, without its body."""

    url: str
    """As requested."""
    final_url: str
    """After redirects."""
    content_type: str | None
    validators: Validators
    body_hash: str
    fetched_at: datetime
    record: Record | None = None
    """Where the body is kept; None where it is not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with the answers that it was read from, page by page; none where its page could
    not be had."""

    article: Article
    answers: tuple[Answer, ...] = ()
    problem: ArchiveError | None = None
    """Why an answer is not kept. It costs the record, not the article."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored article whose page is to be looked at again."""

    article_id: str
    entry: Entry
    validators: Validators
    body_hash: str
    """Of the first page, when it was last read."""
    final_url: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a further look at an article's page brought."""

    known: Known
    outcome: Literal["same", "read", "gone", "failed"]
    """`same`: nothing has changed on it. `read`: see `reading`; whether the article has changed is
    for the reader to tell. `gone`: the host answers 404 or 410."""
    at: datetime
    reading: Reading | None = None
    error: ExtractorError | None = None


SMALL = 50_000
"""Bytes of a page that costs a second or two at the very most, whatever is in it (measured with
nests, runs and mixtures of elements, entities, dates and quotes)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads articles by one fetcher, in one executor, into one archive."""

    fetcher: Asker
    """A `Visitor` asks each host's robots.txt first."""
    executor: Executor | None = None
    """A process pool, or by default the loop's threads."""
    archive: Keeper | None = None
    """Where answers are kept; None: nowhere."""
    apart: Callable[[], Executor] | None = None
    """Gives the executor for pages of more than `SMALL` bytes, where there is no other: one that
    ends what takes too long, which no thread can."""

    async def read(self, entry: Entry, source: Source) -> Reading:
        """The article of `entry`: from its page, or from the feed where that cannot be had."""
        if source.kind is SourceKind.STATE:
            return Reading(compose(entry, None, source, datetime.now(UTC)))
        if reason := _no_page(entry, source):
            return Reading(compose(entry, None, source, datetime.now(UTC), reason))
        pile = _Pile(self, source)
        try:
            page = await pile.read(await self.fetcher.get(entry.link))
        except (FetchError, PageError) as error:
            return Reading(_from_feed(entry, source, error), tuple(pile.answers), pile.problem)
        return pile.reading(entry, page)

    async def look_again(self, known: Known, source: Source) -> Look:
        """What has become of an article's page. Asks for a change only, and reads what differs."""
        pile = _Pile(self, source)
        try:
            response = await self.fetcher.get(known.entry.link, known.validators)
            now = response.fetched_at
            if response.not_modified or _hash(response.body) == known.body_hash:
                return Look(known, "same", now)
            _refuse_elsewhere(response, known)
            page = await pile.read(response)
        except (FetchError, PageError) as error:
            gone = isinstance(error, HttpError) and error.status in {404, 410}
            return Look(known, "gone" if gone else "failed", datetime.now(UTC), error=error)
        return Look(known, "read", now, pile.reading(known.entry, page))


def asks_for_page(entry: Entry, source: Source) -> bool:
    """Whether the page of `entry` is read, or what the source itself says is all that there is."""
    return source.kind is not SourceKind.STATE and _no_page(entry, source) is None


def put_off(entry: Entry, source: Source, now: datetime) -> Reading:
    """The article of `entry` by the feed's own words, as its page did not come in time."""
    warning = "its page did not come in time and is asked for again; this is the feed's own text"
    return Reading(compose(entry, None, source, now, warning, retry=True))


@dataclass(slots=True)
class _Pile:
    """The answers of one article as they come."""

    reader: Reader
    source: Source
    answers: list[Answer] = field(default_factory=list)
    problem: ArchiveError | None = None

    async def read(self, response: Response) -> Page:
        """The page in `response`, with the text of those that follow. Raises PageError."""
        page = await self._one(response)
        asked = {response.url, response.final_url}
        while page.next_url and page.next_url not in asked and len(self.answers) < MOST_PAGES:
            asked.add(page.next_url)
            page = await self._with_next(page, page.next_url)
        return page

    def reading(self, entry: Entry, page: Page) -> Reading:
        """What all of it makes."""
        article = compose(entry, page, self.source, self.answers[0].fetched_at)
        return Reading(article, tuple(self.answers), self.problem)

    async def _one(self, response: Response) -> Page:
        """Kept before it is read: a page that cannot be read today may be with better code."""
        record = await asyncio.to_thread(self._keep, response)
        self.answers.append(_answer(response, record))
        return await _read_page(response, self.source, self._executor(response))

    def _executor(self, response: Response) -> Executor | None:
        reader = self.reader
        large = len(response.body) > SMALL
        return reader.apart() if reader.apart and large and not reader.executor else reader.executor

    async def _with_next(self, page: Page, url: str) -> Page:
        try:
            further = await self._one(await self.reader.fetcher.get(url))
        except (FetchError, PageError) as error:
            missing = f"its next page {url} could not be read ({error.what})"
            return replace(page, next_url=None, warnings=(*page.warnings, missing))
        text = continued(page.text, further.text)
        if text is None:
            return replace(page, next_url=None)
        return replace(page, text=text, next_url=further.next_url)

    def _keep(self, response: Response) -> Record | None:
        if self.reader.archive is None:
            return None
        try:
            return self.reader.archive.add(response)
        except ArchiveError as error:
            self.problem = error
            return None


def _no_page(entry: Entry, source: Source) -> str | None:
    """Why no page is asked for, where none is."""
    if is_google_news(entry.link):
        return "the link leads to Google News, which keeps the publisher's address to itself"
    if not source.full_text:
        return "the publisher's terms allow the feed's own text only"
    return None


def _answer(response: Response, record: Record | None) -> Answer:
    return Answer(
        url=response.url,
        final_url=response.final_url,
        content_type=response.content_type,
        validators=response.validators,
        body_hash=_hash(response.body),
        fetched_at=response.fetched_at,
        record=record,
    )


def _refuse_elsewhere(response: Response, known: Known) -> None:
    """Articles that were taken down often lead to the front page, which is no version of them."""
    if _place(response.final_url) != _place(known.final_url) and _depth(response.final_url) < 2:
        what = f"leads to {response.final_url} now, which is no article"
        raise PageError(response.url, what, "open it in a browser; the stored text stands")


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"


def _depth(url: str) -> int:
    return len([part for part in urlsplit(url).path.split("/") if part])


async def _read_page(response: Response, source: Source, executor: Executor | None) -> Page:
    work = partial(
        read_page,
        response.body,
        response.final_url,
        response.content_type,
        source.language,
        source.timezone,
    )
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    except BrokenExecutor as error:
        what = "it kills the process that reads it, or keeps it for too long"
        raise PageError(
            response.url, what, "open it in a browser; the feed's words stand"
        ) from error


def _from_feed(entry: Entry, source: Source, error: ExtractorError) -> Article:
    warning = f"the page could not be read ({error.what}); this is the feed's own text"
    return compose(entry, None, source, datetime.now(UTC), warning, error.temporary)


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()
