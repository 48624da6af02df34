"""Composing: from a feed's entry and, where it could be read, its page to one article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from extractors.article import Arrival, Article, ArticleKind, Origin, TextFrom, article_id
from extractors.entry import Entry
from extractors.language import detect_language
from extractors.pages.page import Page
from extractors.source import Source, SourceKind

TOLERANCE = timedelta(minutes=10)
"""How far ahead of ours a publisher's clock may be."""
LONGEST_ALTERNATIVE = 3
"""A feed's title that is this many times longer than the page's is a teaser, not a title."""


def compose(
    entry: Entry,
    page: Page | None,
    source: Source,
    fetched_at: datetime,
    warning: str | None = None,
    retry: bool = False,
) -> Article:
    """The article of `entry` as it was read at `fetched_at`.

    Without a page the feed's title and summary stand in, flagged by `text_from` and `warning`;
    `retry` says that a later cycle should try the page again. The address is the entry's: what a
    page claims to be its canonical address may be its home page or another outlet.
    """
    title = _title(entry, page)
    text = page.text if page else entry.summary or title
    date = _date(entry, page, fetched_at)
    return Article(
        id=article_id(entry.url),
        url=entry.url,
        title=title,
        text=text,
        language=_language(title, text, entry, page, source),
        origin=Origin.NEWS,
        source_id=source.id,
        fetched_at=fetched_at,
        text_from=_text_from(page, source),
        published_at=date.moment,
        published_source=date.source,
        author=(page.author if page else None) or entry.author,
        site_name=(page.site_name if page else None) or entry.site_name or source.name or None,
        image=(page.image if page else None) or entry.image,
        abstract=entry.summary,
        warnings=(
            *((warning,) if warning else ()),
            *(page.warnings if page else ()),
            *date.warnings,
        ),
        retry_page=retry,
        arrival=arrival(entry, date.moment),
        kind=ArticleKind.OFFICIAL if source.official else ArticleKind.REPORT,
        section=page.section if page else None,
        paywalled=bool(page and page.paywalled),
        feed_title=entry.title,
        feed_published_at=entry.published_at,
    )


def arrival(entry: Entry, published_at: datetime | None) -> Arrival:
    """How the article of `entry` came, by the best date that is known for it: what was published
    before its source was first polled, or at no known time, is backlog."""
    if entry.new_since is None:
        return entry.arrival
    late = published_at is not None and published_at >= entry.new_since
    return Arrival.NEW if late else Arrival.BACKLOG


def _text_from(page: Page | None, source: Source) -> TextFrom:
    if page:
        return TextFrom.PAGE
    return TextFrom.DOCUMENT if source.kind is SourceKind.STATE else TextFrom.FEED


@dataclass(frozen=True, slots=True)
class _Date:
    moment: datetime | None
    source: str | None
    warnings: tuple[str, ...] = ()


def _title(entry: Entry, page: Page | None) -> str:
    """The page's, where it has one; the feed's where the page's is cut or is the site's name."""
    shown = page.title if page else ""
    if entry.title and shown.rstrip(".…") and entry.title.startswith(shown.rstrip(".…")):
        return entry.title if len(entry.title) < LONGEST_ALTERNATIVE * len(shown) else shown
    return shown or entry.title or entry.url


def _date(entry: Entry, page: Page | None, fetched_at: datetime) -> _Date:
    """The feed's date, the page's where the feed has none; the page's time where the feed has only
    a day. A date in the future is our time of reading, with a warning."""
    moment, source = _stated(entry, page)
    if moment and moment > fetched_at + TOLERANCE:
        what = (
            f"the date {moment.isoformat()} lies in the future; the time of reading stands for it"
        )
        return _Date(fetched_at, source, (what,))
    return _Date(moment, source)


def _stated(entry: Entry, page: Page | None) -> tuple[datetime | None, str | None]:
    of_page = page.published.astimezone(UTC) if page and page.published else None
    if entry.published_at is None:
        return of_page, page.published_source if page else None
    if (
        page
        and page.published
        and not page.day_only
        and _same_day(entry.published_at, page.published)
    ):
        return of_page, page.published_source
    return entry.published_at, entry.published_source


def _same_day(of_feed: datetime, of_page: datetime) -> bool:
    """Whether the feed's date is the midnight before the page's: a day, not a moment."""
    midnight = of_page.replace(hour=0, minute=0, second=0, microsecond=0)
    return of_feed == midnight


def _language(title: str, text: str, entry: Entry, page: Page | None, source: Source) -> str:
    hint = source.language or entry.language
    return page.language if page else detect_language(f"{title}\n{text}", hint)
