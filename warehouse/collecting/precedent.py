"""Precedents: what is stored of articles that come again, and whether they take its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from extractors.article import Article, TextFrom
from extractors.pages.change import change
from warehouse.collecting.key import standing
from warehouse.storage.rows import IDS, PLACES, many, numbers, places


@dataclass(frozen=True, slots=True)
class Precedent:
    """The stored version of an article, with what goes on in the next one."""

    place: int
    """Its row number: DuckDB looks through a million ids to find some among them."""
    id: str
    version_id: str
    version_no: int
    text_from: str
    published_at: datetime | None
    first_seen_at: datetime
    retry_page: bool
    page_attempts: int
    arrival: str
    title: str
    text: str
    feed_title: str | None
    feed_published_at: datetime | None

    @property
    def of_page(self) -> bool:
        """Whether it is more than what a feed or a catalogue says."""
        return self.text_from in {TextFrom.PAGE, TextFrom.FILE}

    @property
    def moment(self) -> datetime:
        """When it was published, or else first seen."""
        return self.published_at or self.first_seen_at


def precedents(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> dict[str, Precedent]:
    """By id. First where each stands: DuckDB reads all that a statement selects of a million
    articles, texts included, to find some ids among them."""
    asked = set(ids)
    there = standing(connection, asked)
    if not there:
        return {}
    answer = connection.execute(
        f"""
        SELECT rowid, id, version_id, version_no, text_from, published_at, first_seen_at,
               retry_page, page_attempts, arrival, title, text, feed_title, feed_published_at
        FROM store.article
        WHERE rowid IN {PLACES}
        """,  # noqa: S608 (our own words)
        {"places": numbers(there)},
    )
    found = (Precedent(*row) for row in answer.fetchall())
    return {stored.id: stored for stored in found if stored.id in asked}


def difference(article: Article, former: Precedent) -> str | None:
    """What a reading says differently from its precedent, in one line; None where it does not take
    its place."""
    if article.version_id == former.version_id or not _weighs(article, former):
        return None
    said = change((former.title, former.text), (article.title, article.text))
    return str(said) or (None if former.of_page else "another reading")


def _weighs(article: Article, former: Precedent) -> bool:
    """Whether a reading may take the place of what is stored, if it says anything else."""
    if article.text_from in {TextFrom.FEED, TextFrom.CATALOGUE}:
        return not former.of_page
    return not article.paywalled or len(article.text) >= STUB * len(former.text)


STUB = 0.5
"""A paywalled text below this share of the one we have is what the wall leaves of it."""


def count_attempts(
    connection: duckdb.DuckDBPyConnection,
    former: Iterable[Precedent],
    batch: Mapping[str, Article],
) -> None:
    """One more attempt for each that is tried again; those whose reason has passed are no more."""
    tried = [stored for stored in former if stored.retry_page]
    if not tried:
        return
    again = (stored.place for stored in tried if batch[stored.id].retry_page)
    connection.execute(
        f"""
        UPDATE store.article
        SET page_attempts = page_attempts + 1,
            retry_page = rowid IN {places("again")}
        WHERE rowid IN {PLACES}
        """,  # noqa: S608 (our own words)
        {"places": numbers(stored.place for stored in tried), "again": numbers(again)},
    )


def retire(connection: duckdb.DuckDBPyConnection, former: Collection[Precedent]) -> None:
    """Make former versions of articles that others are to replace."""
    if not former:
        return
    there = {"places": numbers(stored.place for stored in former)}
    connection.execute(
        f"INSERT INTO store.former_version BY NAME FROM store.article WHERE rowid IN {PLACES}",
        there,
    )
    connection.execute(f"DELETE FROM store.article WHERE rowid IN {PLACES}", there)  # noqa: S608
    connection.execute(
        f"DELETE FROM store.uncoded WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(stored.id for stored in former)},
    )
