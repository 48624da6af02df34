"""A source: one address that is polled for new entries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OFFICIAL_TAGS = frozenset({"official", "government"})
"""Tags of sources in which an authority speaks in its own matter."""


class SourceKind(StrEnum):
    """How the answer of a source is read."""

    FEED = "feed"
    """RSS 0.9x, 1.0 (RDF) and 2.0, Atom, JSON Feed: told apart by content, not by MIME type."""
    SITEMAP = "sitemap"
    """A sitemap with the Google News extension (https://www.google.com/schemas/sitemap-news/0.9)."""
    HTML_LIST = "html-list"
    """A page of links."""
    JSON_LIST = "json"
    """A list of articles in JSON or XML of the publisher's own make."""
    GDELT = "gdelt"
    """An answer of GDELT's DOC 2.0 API in its mode artlist."""
    STATE = "state"
    """A document that holds what is in force now, not what is new: its changes are."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a list of the publisher's own make holds what.

    Places are CSS selectors in an HTML page, below the item; in JSON and XML they are paths of
    names ("data.title"), from the item on, "../" before one that stands above the item.
    """

    items: str = ""
    """The items. May be left out in an HTML page where `pattern` tells which links they are."""
    url: str = ""
    """The item's address. "https://example.org/{slug}" makes one of the item's parts. In an HTML
    page: its link (by default the item itself, or the link with the most words in it)."""
    title: str = ""
    """In an HTML page by default the words of the link."""
    date: str = ""
    """In an HTML page by default whatever date stands in the item beside the link."""
    summary: str = ""
    author: str = ""
    pattern: str = ""
    """A regular expression that is found in the absolute address of each wanted item."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known about a source before it is polled."""

    id: str
    url: str
    name: str
    kind: SourceKind = SourceKind.FEED
    language: str | None = None
    """BCP 47 tag of what it publishes (`en`, `ja`, `zh-Hant`, `zh-Hans`); a hint, not a verdict."""
    timezone: str = "UTC"
    """IANA zone of its dates that carry none."""
    full_text: bool = True
    """False where the publisher's terms allow title, link and summary only: no page is fetched."""
    tags: tuple[str, ...] = ()
    enabled: bool = True
    reason: str | None = None
    """Why it is off, for people."""
    listing: Listing | None = None
    """For the kinds `html-list` and `json`."""
    document: str | None = None
    """For the kind `state`: which of the forms of `state_documents.toml` it has."""

    @property
    def official(self) -> bool:
        """Whether an authority speaks here in its own matter."""
        return self.kind is SourceKind.STATE or not OFFICIAL_TAGS.isdisjoint(self.tags)

    @property
    def aggregator(self) -> bool:
        """Whether it lists other publishers' articles."""
        return self.kind is SourceKind.GDELT or "aggregator" in self.tags
