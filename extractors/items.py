"""Items: what a feed of any format says about its articles, and how they become entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from extractors.address import absolute_url, canonical_url, unwrapped
from extractors.dates import parse_date
from extractors.entry import Entry
from extractors.language import normal_tag
from extractors.plain import plain_text
from extractors.source import Source

MOST = 2_000
"""Entries of one feed. The longest honest feeds have some hundreds; sitemaps may have 50,000."""
LONGEST_TITLE = 1_000
LONGEST_SUMMARY = 50_000
"""Characters. Some feeds carry whole articles as summaries, which is welcome."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item as its format spells it: strings may hold markup, links may be relative."""

    link: str
    title: str = ""
    summary: str = ""
    date: str = ""
    author: str = ""
    language: str = ""
    image: str = ""
    publisher: str = ""
    """Whose article it is, where the source is somebody else."""
    date_source: str = "feed"
    """What the date is: the feed's word (`feed`), or when an aggregator saw it (`seen`)."""


def entries_of(
    items: Iterable[Item], source: Source, base: str, most: int = MOST
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """(entries, warnings): one entry per canonical address, first come, `most` at the most."""
    found: dict[str, Entry] = {}
    unusable = 0
    incoming = iter(items)
    for item in islice(incoming, most):
        entry = entry_of(item, source, base)
        if entry:
            found.setdefault(entry.url, entry)
        unusable += entry is None
    cut = next(incoming, None) is not None
    return tuple(found.values()), _warnings(unusable, cut)


def entry_of(item: Item, source: Source, base: str) -> Entry | None:
    """The entry, or None where the item has no address that can be fetched."""
    try:
        link = unwrapped(absolute_url(item.link, base))
        url = canonical_url(link)
    except ValueError:
        return None
    date = parse_date(item.date, source.timezone)
    return Entry(
        source_id=source.id,
        url=url,
        link=link,
        title=plain_text(item.title[: 20 * LONGEST_TITLE])[:LONGEST_TITLE],
        summary=plain_text(item.summary[: 20 * LONGEST_SUMMARY])[:LONGEST_SUMMARY],
        published_at=date.astimezone(UTC) if date else None,
        author=plain_text(item.author[:2_000])[:300] or None,
        language=normal_tag(item.language) if item.language else None,
        image=image_url(item.image, base),
        site_name=plain_text(item.publisher[:2_000])[:200] or None,
        published_source=item.date_source,
    )


def image_url(image: str, base: str) -> str | None:
    """The absolute address of a picture, or None."""
    try:
        return absolute_url(image, base) if image.strip() else None
    except ValueError:
        return None


def cut_warning() -> str:
    """For people: why a feed has no more entries."""
    return f"only the first {MOST:,} items are read"


def _warnings(unusable: int, cut: bool) -> tuple[str, ...]:
    nameless = (f"{unusable} items without a usable address were left out",) if unusable else ()
    return nameless + ((cut_warning(),) if cut else ())
