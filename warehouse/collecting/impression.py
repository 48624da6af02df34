"""Impressions: what searching and linking need of a text, taken before a transaction opens.

An impression follows from title and text alone, so the version it is of names it, and any process
may take it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.reading.words.fold import fold
from extractors.article import Article
from extractors.pages.fingerprint import bands, runs


@dataclass(frozen=True, slots=True)
class Impression:
    """Of a title and a text."""

    folded: str
    """Title and text, folded (`alerts.reading.words.fold`)."""
    bands: tuple[int, ...]
    """Of the text alone (`extractors.pages.fingerprint`)."""


Impressions = Mapping[str, Impression]
"""By version id."""


def impressions(articles: Iterable[Article]) -> dict[str, Impression]:
    """Those of `articles`; about a millisecond each."""
    return {article.version_id: impression(article.title, article.text) for article in articles}


def impression(title: str, text: str) -> Impression:
    """The one of a title and a text."""
    folded = fold(f"{title}\n{text}").text
    return Impression(folded, bands(runs(_body(folded, title, text))))


def _body(folded: str, title: str, text: str) -> str:
    """The folded text: what follows the title, rather than folded a second time."""
    head = fold(title).text.strip()
    rest = folded.lstrip()
    return rest.removeprefix(head) if rest.startswith(head) else fold(text).text
