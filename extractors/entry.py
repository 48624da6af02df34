"""An entry: what a feed or sitemap says about one article, before its page is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extractors.article import Arrival


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a source. Strings are plain text: no markup, no control characters."""

    source_id: str
    url: str
    """Canonical: two spellings of one address are one entry (`extractors.address`)."""
    link: str
    """The address as the feed gave it, made absolute: this is what gets fetched."""
    title: str
    summary: str = ""
    published_at: datetime | None = None
    """Aware, in UTC; None where the feed gives no date (never "now")."""
    author: str | None = None
    language: str | None = None
    image: str | None = None
    arrival: Arrival = Arrival.NEW
    """As far as the feed's own date tells."""
    new_since: datetime | None = None
    """Of a source's first poll: what was published before, or at no known time, is backlog."""
    site_name: str | None = None
    """Whose article it is, where the source lists other publishers' articles and says so."""
    published_source: str = "feed"
    """What `published_at` is: the feed's word (`feed`), or when an aggregator first saw the article
    (`seen`)."""
