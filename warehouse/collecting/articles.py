"""Articles: stored once an identity, in a new version when their content changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

import duckdb

from alerts.reading.words.fold import folding
from extractors.article import Arrival, Article, Origin
from warehouse.collecting import appearances, removal
from warehouse.collecting.appearances import Trace
from warehouse.collecting.impression import Impression, Impressions, impression
from warehouse.collecting.key import has, id_key, key, standing
from warehouse.collecting.precedent import Precedent, count_attempts, difference, precedents, retire
from warehouse.storage.rows import IDS, PLACES, Columns, fill, many, numbers


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch brought."""

    new: int = 0
    changed: int = 0
    untold: int = 0
    """New ones that are backlog or backfill: nobody is told of them."""

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            self.new + other.new,
            self.changed + other.changed,
            self.untold + other.untold,
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """An article whose page could not be read yet, for a passing reason."""

    id: str
    url: str
    source_id: str
    title: str
    abstract: str
    published_at: datetime | None
    published_source: str | None
    author: str | None
    language: str
    arrival: Arrival


MAX_PAGE_ATTEMPTS = 4
"""How many cycles try to read a page before the feed's own words stay."""


def known(
    connection: duckdb.DuckDBPyConnection, ids: Iterable[str], origin: Origin | None = None
) -> set[str]:
    """Which of `ids` are stored already; of one `origin`, which is quick where that is rare."""
    asked = set(ids)
    if origin is None and has(connection, "id_key"):
        there = {"places": numbers(standing(connection, asked))}
        answer = connection.execute(f"SELECT id FROM store.article WHERE rowid IN {PLACES}", there)  # noqa: S608
    else:
        answer = connection.execute(
            f"""
            SELECT id
            FROM store.article
            WHERE id IN {IDS} AND ($origin IS NULL OR origin = $origin)
            """,  # noqa: S608 (our own words)
            {"ids": many(asked), "origin": origin and str(origin)},
        )
    return asked & {row[0] for row in answer.fetchall()}


def unread(connection: duckdb.DuckDBPyConnection, *, limit: int = 500) -> list[Unread]:
    """Articles whose page is to be tried again, the newest first."""
    answer = connection.execute(
        """
        SELECT id, url, source_id, title, abstract, published_at, published_source, author,
               language, arrival
        FROM store.article
        WHERE retry_page AND page_attempts < $attempts
        ORDER BY first_seen_at DESC
        LIMIT $limit
        """,
        {"attempts": MAX_PAGE_ATTEMPTS, "limit": limit},
    )
    found = [Unread(*row) for row in answer.fetchall()]
    return [replace(item, arrival=Arrival(item.arrival)) for item in found]


def store(
    connection: duckdb.DuckDBPyConnection,
    articles: Sequence[Article],
    now: datetime,
    *,
    quiet: bool = False,
    taken: Impressions | None = None,
) -> Stored:
    """Store a batch; must run inside a transaction.

    The same batch stored again changes nothing, and so does one that differs in nothing which
    matters (`extractors.pages.change`). A text read from a page is never replaced by the feed's
    summary of it, nor by the stub that a paywall leaves. New contents wait in `store.uncoded` to be
    matched; `quiet` ones tell nobody of what they match. Impressions that are not `taken` yet are
    taken here, which holds the transaction open for a millisecond each. What was taken away as past
    its time (`warehouse.collecting.removal`) does not come back from a feed.
    """
    batch = {article.id: article for article in articles}
    former = precedents(connection, batch)
    buried = removal.removed(connection, batch)
    new = [a for a in batch.values() if a.id not in former and _wanted(a, buried)]
    changes = _changes(batch, former)
    loud = _loud(connection, changes) if quiet else set()
    removal.bring_back(connection, [article.id for article in new if article.id in buried])
    count_attempts(connection, former.values(), batch)
    retire(connection, [former[id_] for id_ in changes])
    drafts = [_draft(a, now, taken or {}) for a in new]
    drafts += [_draft(batch[id_], now, taken or {}, former[id_]) for id_ in changes]
    fill(connection, "store.article", _columns(drafts, changes))
    traces = [draft.trace for draft in drafts if draft.article.origin is Origin.NEWS]
    appearances.link(connection, traces, {id_: former[id_].moment for id_ in changes})
    fill(connection, "store.uncoded", _tickets(drafts, quiet, loud))
    return Stored(len(new), len(changes), sum(a.arrival is not Arrival.NEW for a in new))


def _wanted(article: Article, buried: Collection[str]) -> bool:
    """What was taken away comes back only for who looks for it in an archive."""
    return article.id not in buried or article.arrival is Arrival.BACKFILL


def _changes(batch: Mapping[str, Article], former: Mapping[str, Precedent]) -> dict[str, str]:
    """What is different in each article that takes the place of its precedent, by id."""
    again = [article for id_, article in batch.items() if id_ in former]
    said = {article.id: difference(article, former[article.id]) for article in again}
    return {id_: what for id_, what in said.items() if what is not None}


def _loud(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> set[str]:
    """Which of `ids` wait to be matched and told of: a quiet version must not silence them."""
    answer = connection.execute(
        "SELECT article_id FROM store.uncoded WHERE NOT coalesce(quiet, FALSE) "  # noqa: S608
        f"AND article_id IN {IDS}",
        {"ids": many(ids)},
    )
    return {row[0] for row in answer.fetchall()}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A version that is to be written."""

    article: Article
    seen: Impression
    first_seen_at: datetime
    former: Precedent | None

    @property
    def arrival(self) -> Arrival:
        """What was new once stays so: a change of it may be told, whoever finds the change."""
        was_new = self.former is not None and self.former.arrival == Arrival.NEW
        return Arrival.NEW if was_new else self.article.arrival

    @property
    def trace(self) -> Trace:
        """As others are compared with it."""
        article = self.article
        moment = article.published_at or self.first_seen_at
        return Trace(article.id, moment, self.seen.bands, article.text)


def _draft(
    article: Article, now: datetime, taken: Impressions, former: Precedent | None = None
) -> _Draft:
    seen = taken.get(article.version_id) or impression(article.title, article.text)
    return _Draft(article, seen, former.first_seen_at if former else now, former)


def _columns(drafts: Sequence[_Draft], changes: Mapping[str, str]) -> Columns:
    """Of `store.article`. A column at a time: 5,000 rows are made in a third of the time."""
    articles = [draft.article for draft in drafts]
    former = [draft.former for draft in drafts]
    return {name: list(map(attrgetter(name), articles)) for name in _OWN} | {
        "id_key": [id_key(article.id) for article in articles],
        "key": [key(article.version_id) for article in articles],
        "version_no": [f.version_no + 1 if f else 1 for f in former],
        "folded": [draft.seen.folded for draft in drafts],
        "folding": [folding()] * len(drafts),
        "first_seen_at": [draft.first_seen_at for draft in drafts],
        "page_attempts": [f.page_attempts + 1 if f else 1 for f in former],
        "arrival": [draft.arrival for draft in drafts],
        "feed_title": [
            draft.article.feed_title or (draft.former and draft.former.feed_title)
            for draft in drafts
        ],
        "feed_published_at": [
            draft.article.feed_published_at or (draft.former and draft.former.feed_published_at)
            for draft in drafts
        ],
        "changed": [changes.get(article.id) for article in articles],
    }


_OWN = (
    "id",
    "version_id",
    "url",
    "title",
    "text",
    "language",
    "origin",
    "source_id",
    "published_at",
    "published_source",
    "fetched_at",
    "author",
    "site_name",
    "image",
    "abstract",
    "topics",
    "warnings",
    "text_from",
    "retry_page",
    "kind",
    "section",
    "paywalled",
)
"""What an article itself says."""


def _tickets(drafts: Sequence[_Draft], quiet: bool, loud: Collection[str]) -> Columns:
    ids = [draft.article.id for draft in drafts]
    return {
        "article_id": ids,
        "version_id": [draft.article.version_id for draft in drafts],
        "quiet": [quiet and id_ not in loud for id_ in ids],
    }
