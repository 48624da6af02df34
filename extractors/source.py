"""A source: one address that is polled for new entries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    """How the answer of a source is read."""

    FEED = "feed"
    """RSS 0.9x, 1.0 (RDF) and 2.0, Atom, JSON Feed: told apart by content, not by MIME type."""
    SITEMAP = "sitemap"
    """A sitemap with the Google News extension (https://www.google.com/schemas/sitemap-news/0.9)."""
    HTML_LIST = "html-list"
    """A page of links. Known, not read yet."""
    JSON_LIST = "json"
    """A list of articles in JSON or XML of the publisher's own make. Known, not read yet."""
    STATE = "state"
    """A document that holds what is in force now, not what is new. Known, not read yet."""


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
