"""Extraction of one document, as `noroshi extract` prints it: a stable interface for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extractors.pages.page import read_page


@dataclass(frozen=True, slots=True)
class Extract:
    """What one page says."""

    url: str
    canonical_url: str | None
    title: str
    author: str | None
    published: datetime | None
    published_source: str | None
    """`feed`, `metadata`, `url` or `text`."""
    lang: str
    text: str
    site_name: str | None
    image: str | None
    warnings: tuple[str, ...] = ()
    section: str | None = None
    paywalled: bool = False

    def to_json(self) -> dict[str, object]:
        """The members in the order of the interface; `published` in ISO 8601 with its offset."""
        return {
            "url": self.url,
            "canonical_url": self.canonical_url,
            "title": self.title,
            "author": self.author,
            "published": self.published.isoformat() if self.published else None,
            "published_source": self.published_source,
            "lang": self.lang,
            "text": self.text,
            "site_name": self.site_name,
            "image": self.image,
            "warnings": list(self.warnings),
            "section": self.section,
            "paywalled": self.paywalled,
        }


def extract(
    body: bytes, url: str, content_type: str | None = None, timezone: str = "UTC"
) -> Extract:
    """What the HTML `body` of `url` says; PageError where it is no article page.

    `timezone` (IANA) is that of a date without an offset.
    """
    page = read_page(body, url, content_type, timezone=timezone)
    return Extract(
        url=url,
        canonical_url=page.canonical_url,
        title=page.title,
        author=page.author,
        published=page.published,
        published_source=page.published_source,
        lang=page.language,
        text=page.text,
        site_name=page.site_name,
        image=page.image,
        warnings=page.warnings,
        section=page.section,
        paywalled=page.paywalled,
    )
