"""Backfilling: what a source published in the past, walked politely and told to nobody.

Each answer stands in a journal before it is used (`extractors.pages.journal`), so that a backfill
which was killed goes on where it was and asks for no page twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from extractors.article import Arrival, TextFrom, article_id
from extractors.entry import Entry
from extractors.errors import FetchError
from extractors.feeds.walk import Stretch, Walk, sitemaps
from extractors.pages.journal import Journal
from extractors.pages.reading import Reader, Reading
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from extractors.web.robots import Visitor
from flows.configuration.desk import policy
from flows.configuration.settings import House
from flows.cycle.impressing import taken
from flows.cycle.matching import match_waiting
from flows.cycle.workers import extraction_workers
from warehouse.collecting import articles, pages
from warehouse.database import Warehouse
from warehouse.storage.lock import hold

BATCH = 50
"""Articles that are read and stored at a time."""
PATIENCE = 2
"""How many times slower than a cycle it asks: nobody waits for old news."""


@dataclass(slots=True)
class Counts:
    """What a backfill has brought so far."""

    listings: int = 0
    entries: int = 0
    """Within the stretch."""
    known: int = 0
    new: int = 0
    outside: int = 0
    """Whose page told a date outside the stretch, or no title and text: not stored."""
    asked: int = 0
    """Requests that were made, robots.txt aside."""
    problems: list[str] = field(default_factory=list)


Told = Callable[[str, Counts], None]
"""Hears of each listing that is done."""


async def backfill(
    house: House, source: Source, stretch: Stretch, begin: Sequence[str], told: Told
) -> Counts:
    """Store what `source` published in `stretch`, walking from the addresses `begin`.

    An article that is stored already is left as it is. Raises FetchError and FeedError where the
    first address cannot be read, ArchiveError where the journal cannot be kept, WarehouseError and
    SettingsError.
    """
    warehouse = house.warehouse
    counts = Counts()
    with ExitStack() as stack:
        lock = warehouse.pipeline_folder / f"backfill-{source.id}.lock"
        stack.enter_context(hold(lock, wait_seconds=0, doing="a backfill"))
        workers = stack.enter_context(extraction_workers())
        async with _journal(house, source, stretch) as (journal, visitor):
            reader = Reader(journal, workers(BATCH), journal)
            walk = Walk(source, stretch, journal)
            async for address, entries in _listings(walk, begin, visitor):
                counts.listings += 1
                await _store(house, warehouse, reader, walk, entries, counts)
                counts.asked = journal.asked
                told(address, counts)
            counts.problems = [str(problem) for problem in walk.problems]
    if warehouse.unpublished:
        warehouse.publish()
    return counts


@asynccontextmanager
async def _journal(
    house: House, source: Source, stretch: Stretch
) -> AsyncIterator[tuple[Journal, Visitor]]:
    """The journal of this walk: the one that was left unfinished, or a new one."""
    limits = replace(house.limits, pace_seconds=PATIENCE * house.limits.pace_seconds)
    file, done = _files(house, source, stretch)
    async with Fetcher(house.user_agent, limits) as fetcher:
        visitor = Visitor(fetcher, obey=house.settings.fetch.robots)
        yield Journal.opened(file, visitor, house.user_agent), visitor
    done.touch()
    if not house.settings.pages.keep_days:
        file.unlink(missing_ok=True)


def _files(house: House, source: Source, stretch: Stretch) -> tuple[Path, Path]:
    """The WARC file of this walk, and the mark that it is finished: a walk that was finished
    begins anew in another file."""
    pipeline = house.warehouse.pipeline_folder
    number = 1
    while True:
        name = f"backfill-{source.id}-{stretch.since}-{stretch.until}-{number}"
        if not (pipeline / f"{name}.done").exists():
            return house.warc_folder / f"{name}.warc.gz", pipeline / f"{name}.done"
        number += 1


async def _listings(
    walk: Walk, begin: Sequence[str], visitor: Visitor
) -> AsyncIterator[tuple[str, tuple[Entry, ...]]]:
    """The walk from `begin`; for a feed that leads no further, then the site's sitemaps, as far as
    they list what stands in the feed's own sections."""
    sections: set[str] = set()
    listings = 0
    async for address, entries in walk.entries(begin):
        listings += 1
        sections |= {_section(entry.url) for entry in walk.last}
        yield address, entries
    if walk.source.kind is not SourceKind.FEED or listings > 1 or list(begin) != [walk.source.url]:
        return
    try:
        robots = await visitor.robots(walk.source.url)
    except FetchError:
        return
    if named := list(sitemaps(robots.text)):
        async for address, entries in walk.entries(named):
            yield address, tuple(e for e in entries if _section(e.url) in sections)


def _section(url: str) -> str:
    """Host and first part of the path, which names a section of most sites; a year names none."""
    parts = urlsplit(url)
    first = parts.path.strip("/").partition("/")[0]
    return f"{parts.hostname}/{'' if first.isdigit() else first}"


async def _store(
    house: House,
    warehouse: Warehouse,
    reader: Reader,
    walk: Walk,
    entries: Sequence[Entry],
    counts: Counts,
) -> None:
    """Read and store what is not known of a listing, batch by batch."""
    counts.entries += len(entries)
    unknown = await asyncio.to_thread(_unknown, warehouse, entries)
    counts.known += len(entries) - len(unknown)
    for begin in range(0, len(unknown), BATCH):
        batch = unknown[begin : begin + BATCH]
        old = [replace(entry, arrival=Arrival.BACKFILL, new_since=None) for entry in batch]
        readings = await asyncio.gather(*(reader.read(entry, walk.source) for entry in old))
        wanted = [reading for reading in readings if _wanted(reading, walk.stretch)]
        counts.outside += len(readings) - len(wanted)
        counts.new += await asyncio.to_thread(_write, house, warehouse, wanted, reader)


def _unknown(warehouse: Warehouse, entries: Sequence[Entry]) -> list[Entry]:
    with warehouse.seeing("compare with what is known") as connection:
        known = articles.known(connection, [article_id(entry.url) for entry in entries])
    return [entry for entry in entries if article_id(entry.url) not in known]


def _wanted(reading: Reading, stretch: Stretch) -> bool:
    """Whether an article belongs to the stretch, and has words of its own."""
    article = reading.article
    worded = article.text_from is TextFrom.PAGE or bool(article.feed_title)
    return worded and (article.published_at is None or stretch.has(article.published_at))


def _write(house: House, warehouse: Warehouse, readings: Sequence[Reading], reader: Reader) -> int:
    """Store and match; nothing is looked at again, and nobody is told."""
    now, found = datetime.now(UTC), [reading.article for reading in readings]
    seen = taken(found, reader.executor)
    with warehouse.writing("store a backfill") as connection:
        stored = articles.store(connection, found, now, taken=seen)
        pages.keep(connection, readings, ())
    match_waiting(warehouse, house, policy(house, house.channels()))
    return stored.new
