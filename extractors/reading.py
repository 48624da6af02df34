"""Reading an article: the page of an entry asked for and read. A page's failure is a value."""

from __future__ import annotations

import asyncio
from concurrent.futures import BrokenExecutor, Executor
from datetime import UTC, datetime
from functools import partial

from extractors.article import Article
from extractors.compose import compose
from extractors.entry import Entry
from extractors.errors import ExtractorError, FetchError, PageError
from extractors.fetch import Fetcher, Response
from extractors.googlenews import is_google_news
from extractors.page import Page, read_page
from extractors.source import Source, SourceKind


async def read(
    entry: Entry, source: Source, fetcher: Fetcher, executor: Executor | None = None
) -> Article:
    """The article of `entry`: from its page, or from the feed where the page cannot be had.

    `executor` runs the reading of the page: a process pool, or by default the loop's threads.
    """
    if source.kind is SourceKind.STATE:
        return compose(entry, None, source, datetime.now(UTC))
    if is_google_news(entry.link):
        warning = "the link leads to Google News, which keeps the publisher's address to itself"
        return compose(entry, None, source, datetime.now(UTC), warning)
    if not source.full_text:
        warning = "the publisher's terms allow the feed's own text only"
        return compose(entry, None, source, datetime.now(UTC), warning)
    try:
        response = await fetcher.get(entry.link)
        page = await _read_page(response, source, executor)
    except (FetchError, PageError) as error:
        return _from_feed(entry, source, error)
    return compose(entry, page, source, response.fetched_at)


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
        what = "it kills the process that reads it"
        raise PageError(
            response.url, what, "open it in a browser; the feed's words stand"
        ) from error


def _from_feed(entry: Entry, source: Source, error: ExtractorError) -> Article:
    warning = f"the page could not be read ({error.what}); this is the feed's own text"
    return compose(entry, None, source, datetime.now(UTC), warning, error.temporary)
