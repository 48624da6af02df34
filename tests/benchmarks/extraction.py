"""The reader of pages, as the scorer of the reference pages calls it.

python ../shared/corpora/score_extraction.py --manifest ../shared/corpora/dev/manifest.jsonl \
    tests.benchmarks.extraction:extract
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from extractors.errors import PageError
from extractors.pages.page import read_page


def extract(html: bytes, url: str) -> dict[str, str | None]:
    """title, text, date (ISO 8601) and language; empty for a page that cannot be read."""
    try:
        page = read_page(html, url)
    except PageError:
        return {}
    published = page.published
    if published and isinstance(published.tzinfo, ZoneInfo):
        # The page states no offset, and the scorer has no source to ask for its zone.
        published = published.replace(tzinfo=None)
    date = published.isoformat() if published else None
    return {"title": page.title, "text": page.text, "date": date, "language": page.language}
