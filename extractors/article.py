"""An article: what noroshi knows about one address, whether its page could be read or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class Origin(StrEnum):
    """Where an article came from."""

    NEWS = "news"
    SEED = "seed"


class Arrival(StrEnum):
    """How an article came. Only what is new is told; the rest is kept and coded."""

    NEW = "new"
    BACKLOG = "backlog"
    """It stood in its source already when that was polled for the first time."""
    BACKFILL = "backfill"
    """It was looked for in the source's archive."""


class ArticleKind(StrEnum):
    """Who speaks in an article."""

    REPORT = "report"
    """Somebody about the matter."""
    OFFICIAL = "official"
    """An authority in its own matter."""


class TextFrom(StrEnum):
    """What the text of an article was read from."""

    PAGE = "page"
    FEED = "feed"
    DOCUMENT = "document"
    """An official document of what is in force, whose change the article is."""
    FILE = "file"
    CATALOGUE = "catalogue"
    """A record of the shipped catalogue whose text was not supplied: the abstract stands for it."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read at `fetched_at`."""

    id: str
    """Content-derived: `article_id(url)` for news, the hash of the text for seed documents."""
    url: str
    """Canonical address; `seed:<file name>` for seed documents without one."""
    title: str
    text: str
    language: str
    """BCP 47: en, ja, zh-Hant, zh-Hans, ko, another two-letter code, or `und`."""
    origin: Origin
    source_id: str
    fetched_at: datetime
    text_from: TextFrom = TextFrom.PAGE
    published_at: datetime | None = None
    published_source: str | None = None
    """How the date was decided: `feed`, `metadata`, `url`, `text`, `catalogue`, `document` (an
    official one of what is in force) or `seen` (when an aggregator saw it)."""
    author: str | None = None
    site_name: str | None = None
    image: str | None = None
    abstract: str = ""
    topics: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    retry_page: bool = False
    """The page could not be read for a passing reason: a later cycle should try again."""
    arrival: Arrival = Arrival.NEW
    kind: ArticleKind = ArticleKind.REPORT
    section: str | None = None
    """The part of the publication it stands in, as the page names it."""
    paywalled: bool = False
    """The page keeps the rest of its text for those who pay or log in."""
    feed_title: str = ""
    feed_published_at: datetime | None = None
    """What the feed itself said, for reading the page again."""
    version_id: str = field(init=False, repr=False)
    """The same title and text have the same version, whenever and wherever they were read."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "version_id", digest(f"{self.title}\n{self.text}"))


def article_id(url: str) -> str:
    """The identity of the article at a canonical address."""
    return digest(url)


def digest(text: str) -> str:
    """20 hexadecimal digits of SHA-256: a collision among 10^9 has a chance below 10^-6."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
