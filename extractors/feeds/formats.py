"""How the body of a source becomes entries: one reader for each kind of source."""

from __future__ import annotations

from collections.abc import Callable

from extractors.feeds.feed import Feed, parse_feed
from extractors.feeds.gdelt import parse_gdelt
from extractors.feeds.listing import parse_html_list
from extractors.feeds.records import parse_records
from extractors.feeds.sitemap import parse_sitemap
from extractors.feeds.state import parse_state
from extractors.source import Source, SourceKind

Reader = Callable[[bytes, str | None, Source, str], Feed]
"""From the body, its Content-Type, the source and the address that answered. Raises FeedError."""

READERS: dict[SourceKind, Reader] = {
    SourceKind.FEED: parse_feed,
    SourceKind.SITEMAP: lambda body, _, source, url: parse_sitemap(body, source, url),
    SourceKind.HTML_LIST: parse_html_list,
    SourceKind.JSON_LIST: parse_records,
    SourceKind.GDELT: parse_gdelt,
    SourceKind.STATE: parse_state,
}

PACE = {SourceKind.GDELT: 5.5}
"""Least seconds between two requests to the host of a source of this kind, where there is a rule.
GDELT's refusals ask for five ("limit requests to one every 5 seconds")."""


def parse_source(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The entries in the `body` that `source` answered with. Raises FeedError."""
    return READERS[source.kind](body, content_type, source, url)
