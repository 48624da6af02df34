"""Rereading: kept answers are extracted again, and what is better becomes a version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from extractors.article import Article
from extractors.errors import ArchiveError, PageError
from extractors.pages.compose import compose
from extractors.pages.join import continued
from extractors.pages.page import Page, read_page
from extractors.source import Source
from extractors.web.warc import record_at, records
from flows.configuration.desk import policy
from flows.configuration.settings import House
from flows.cycle.impressing import taken
from flows.cycle.matching import match_waiting
from flows.cycle.workers import extraction_workers
from warehouse.collecting import articles, pages
from warehouse.collecting.pages import KeptPart
from warehouse.database import Warehouse

BATCH = 200
"""Articles that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What came of reading one article's answers again."""

    article_id: str
    url: str
    article: Article | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What a replay brought."""

    records: int = 0
    articles: int = 0
    """That the file holds the latest reading of."""
    better: int = 0
    """That have a new version now."""
    problems: tuple[str, ...] = ()


def replay(house: House, file: Path, article: str | None = None) -> Counts:
    """Read the answers in the WARC `file` again, of one `article` (an id) or of all.

    A text that differs becomes a new version, which is coded, matched and told to nobody. Answers
    that a later reading followed are passed over. Doing it again changes nothing. Raises
    ArchiveError, SettingsError and WarehouseError.
    """
    count = sum(1 for _ in records(file))
    warehouse = house.warehouse
    with warehouse.seeing("see what was kept") as connection:
        kept = pages.latest(connection, file=file.name, article=article)
    groups = [list(parts) for _, parts in groupby(kept, key=lambda part: part.article_id)]
    total = Counts(count, len(groups))
    with extraction_workers() as workers:
        for begin in range(0, len(groups), BATCH):
            batch = groups[begin : begin + BATCH]
            pool = workers.apart()
            total = _stored(warehouse, total, list(_reread(house, file, batch, pool)), pool)
    if total.better:
        # What a cycle that was killed left waiting is matched too, and may be told: all channels.
        match_waiting(warehouse, house, policy(house, house.channels()))
        warehouse.publish()
    return total


def _stored(
    warehouse: Warehouse, total: Counts, reread: Sequence[Reread], pool: Executor | None
) -> Counts:
    found = [item.article for item in reread if item.article]
    seen = taken(found, pool)
    with warehouse.writing("store better readings") as connection:
        stored = articles.store(connection, found, datetime.now(UTC), quiet=True, taken=seen)
    told = tuple(f"{item.url}: {item.problem}" for item in reread if item.problem)
    return replace(total, better=total.better + stored.changed, problems=total.problems + told)


def _reread(
    house: House,
    file: Path,
    batch: Sequence[Sequence[KeptPart]],
    pool: Executor,
) -> Iterator[Reread]:
    by_id = {source.id: source for source in house.sources}
    given = [(file, tuple(parts), _source(by_id, parts[0].source_id)) for parts in batch]
    for item, future in [(item, pool.submit(read_again, *item)) for item in given]:
        try:
            yield future.result()
        except BrokenExecutor:
            first = item[1][0]
            problem = "its page kills the process that reads it"
            yield Reread(first.article_id, first.url, problem=problem)


def _source(by_id: dict[str, Source], id_: str) -> Source:
    """The source of an article; one that is no longer configured is known by its id alone."""
    return by_id.get(id_) or Source(id=id_, url="", name="")


def read_again(file: Path, parts: Sequence[KeptPart], source: Source) -> Reread:
    """The article that the `parts` of one reading make today."""
    first = parts[0]
    try:
        kept = [record_at(file, part.warc_offset) for part in parts]
        lost = [part for part, found in zip(parts, kept, strict=True)
                if part.warc_id != found.record.id]  # fmt: skip
        if lost:
            return Reread(first.article_id, first.url, problem="its record is not in this file")
        page = _page([found.answer.final_url for found in kept],
                     [(found.answer.body, found.answer.content_type) for found in kept],
                     source)  # fmt: skip
    except (ArchiveError, PageError) as error:
        return Reread(first.article_id, first.url, problem=error.what)
    article = compose(first.entry, page, source, kept[0].answer.fetched_at)
    return Reread(first.article_id, first.url, article)


def _page(urls: Sequence[str], bodies: Sequence[tuple[bytes, str | None]], source: Source) -> Page:
    """The first page with the text of those that follow it."""
    read = [
        read_page(body, url, content_type, source.language, source.timezone)
        for url, (body, content_type) in zip(urls, bodies, strict=True)
    ]
    page = read[0]
    for further in read[1:]:
        page = replace(page, text=continued(page.text, further.text) or page.text)
    return page
