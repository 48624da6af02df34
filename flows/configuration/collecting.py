"""The tables of noroshi.toml about collecting: sources, how they are asked, and their pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from extractors.feeds.dated import filled_in
from extractors.source import Listing, Source, SourceKind
from flows.configuration.kinds import HttpUrl, Name, Table, Zone, misfit


class Fetching(Table):
    """How politely and how long pages and feeds are fetched."""

    connect_seconds: float = Field(default=10, gt=0, le=120)
    total_seconds: float = Field(default=30, gt=0, le=600)
    """Deadline of one request, however slowly its answer drips."""
    pages_seconds: float = Field(default=120, gt=0, le=3600)
    """How long up to a hundred pages may take; what has not come by then is told by the feed's own
    words, and its page read with the next cycle."""
    robots: bool = True
    """Whether robots.txt is heeded. False for servers of your own only."""
    max_megabytes: float = Field(default=20, gt=0, le=200)
    pace_seconds: float = Field(default=1.0, ge=0, le=60)
    """Least time between two requests to one host."""
    poll_min_minutes: float = Field(default=0, ge=0, le=1440)
    """Least time between two polls of a source; 0: it may be asked at every cycle."""
    poll_max_minutes: float = Field(default=30, ge=0, le=1440)
    """Most time between two polls of a source that answers; 0: all are asked at every cycle,
    however seldom they publish and however often they fail."""
    per_host: int = Field(default=1, ge=1, le=16)
    """Requests to one host at the same time."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Requests under way at once, over all hosts."""
    private_addresses: bool = False
    """Whether loopback and private networks may be asked for anything. The server of a `[[source]]`
    may be asked wherever it is."""


class Shipped(Table):
    """Which of what noroshi ships is used."""

    shipped: bool = True
    enable: tuple[Name, ...] = ()
    disable: tuple[Name, ...] = ()


class Sources(Shipped):
    """`[sources]`: which of the shipped ones, and what goes for all."""

    backlog_hours: float = Field(default=24, ge=0, le=1_000_000)
    """What is older than this when its source is polled for the first time is kept, not told."""


class Pages(Table):
    """What is kept of article pages, and when they are looked at again."""

    keep_days: int = Field(default=30, ge=0, le=36500)
    """Days for which the answers of pages are kept as WARC files; 0 keeps none."""
    look_again_hours: tuple[Annotated[float, Field(gt=0, le=720)], ...] = (1, 6, 24, 72)
    """Hours after its first reading when an article's page is asked for again; empty for never."""

    @property
    def schedule(self) -> tuple[timedelta, ...]:
        """The same, in order."""
        return tuple(timedelta(hours=hours) for hours in sorted(self.look_again_hours))


def _check_selector(key: str, css: str) -> None:
    from extractors.feeds.listing import selector  # lxml is for those who have such a source

    try:
        if css:
            selector(css)
    except ValueError as error:
        raise misfit(str(error), "listing", key) from error


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from error
    return text


class ListingTable(Table):
    """`[source.listing]`: where a page of links or a list of data holds what."""

    items: str = ""
    url: str = ""
    title: str = ""
    date: str = ""
    summary: str = ""
    author: str = ""
    pattern: Annotated[str, AfterValidator(_expression)] = ""

    def listing(self) -> Listing:
        return Listing(**self.model_dump())


EXAMPLE = date(2026, 1, 31)


class SourceTable(Table):
    """One `[[source]]`."""

    id: Name
    url: HttpUrl
    name: str = ""
    kind: SourceKind = SourceKind.FEED
    language: str | None = None
    timezone: Zone = "UTC"
    full_text: bool = True
    tags: tuple[str, ...] = ()
    enabled: bool = True
    listing: ListingTable | None = None
    document: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Whether the listing is what the kind needs; the address may have braces for the day."""
        listing = self.listing
        if set("{}") & set(filled_in(self.url, EXAMPLE)):
            what = "{date:%Y%m%d} in an address is the day; it may have no other braces"
            raise misfit(what, "url")
        if self.kind is SourceKind.HTML_LIST:
            if listing is None or not (listing.items or listing.pattern):
                what = 'kind "html-list" needs items or pattern under [source.listing]'
                raise misfit(what, "listing")
            for key in ("items", "url", "title", "date", "summary", "author"):
                _check_selector(key, getattr(listing, key))
        elif self.kind is SourceKind.JSON_LIST:
            if listing is None or not listing.url:
                raise misfit('kind "json" needs url under [source.listing]', "listing")
        elif listing is not None:
            raise misfit('[source.listing] is for the kinds "html-list" and "json"', "listing")
        self._refuse_document()
        return self

    def _refuse_document(self) -> None:
        if self.kind is not SourceKind.STATE:
            if self.document is not None:
                raise misfit('document is for the kind "state"', "document")
            return
        from extractors.feeds.form import forms

        if self.document not in forms():
            known = " or ".join(repr(name) for name in forms())
            raise misfit(f'kind "state" needs document = {known}', "document")

    def source(self) -> Source:
        return Source(
            id=self.id,
            url=self.url,
            name=self.name or self.id,
            kind=self.kind,
            language=self.language,
            timezone=self.timezone,
            full_text=self.full_text,
            tags=self.tags,
            enabled=self.enabled,
            reason=None if self.enabled else "switched off in noroshi.toml",
            listing=self.listing.listing() if self.listing else None,
            document=self.document,
        )
