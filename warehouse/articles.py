"""Articles: stored once an identity, in a new version when their content changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from alerts.reading.fold import folding
from extractors.article import Arrival, Article, Origin, TextFrom
from extractors.pages.change import Change, change
from warehouse import appearances, removal
from warehouse.appearances import Trace
from warehouse.impression import Impression, Impressions, impression
from warehouse.key import key
from warehouse.rows import IDS, PLACES, Row, among, fetch_dicts, insert, many, numbers


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
    answer = connection.execute(
        f"""
        SELECT id
        FROM store.article
        WHERE id IN {IDS} AND ($origin IS NULL OR origin = $origin)
        """,  # noqa: S608 (our own words)
        {"ids": many(ids), "origin": origin and str(origin)},
    )
    return {row[0] for row in answer.fetchall()}


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
    its time (`warehouse.removal`) does not come back from a feed.
    """
    batch = {article.id: article for article in articles}
    present = _present(connection, batch)
    buried = removal.removed(connection, batch)
    new = [a for a in batch.values() if a.id not in present and _wanted(a, buried)]
    changed = [a for a in batch.values() if a.id in present and _supersedes(a, present[a.id])]
    loud = _loud(connection, [article.id for article in changed]) if quiet else set()
    removal.bring_back(connection, [article.id for article in new if article.id in buried])
    _count_attempts(connection, present, batch)
    _retire(connection, [article.id for article in changed])
    versions = {article.id: article.version_id for article in new + changed}
    seen = _seen(new + changed, versions, taken or {})
    rows = [_row(a, present.get(a.id), now, versions[a.id], seen[a.id]) for a in new + changed]
    insert(connection, "store.article", rows)
    traces = [_trace(row, seen) for row in rows if row["origin"] == Origin.NEWS]
    appearances.link(connection, traces, [article.id for article in changed])
    insert(connection, "store.uncoded", [_ticket(row, quiet, loud) for row in rows])
    return Stored(len(new), len(changed), sum(a.arrival is not Arrival.NEW for a in new))


def _wanted(article: Article, buried: Collection[str]) -> bool:
    """What was taken away comes back only for who looks for it in an archive."""
    return article.id not in buried or article.arrival is Arrival.BACKFILL


def _present(
    connection: duckdb.DuckDBPyConnection, ids: Iterable[str]
) -> dict[str, dict[str, object]]:
    """What is stored of each. First where it stands: DuckDB reads all that a statement selects of
    a million articles, texts included, to find some ids among them."""
    places = _places(connection, ids)
    if not places:
        return {}
    answer = connection.execute(
        f"""
        SELECT id, version_id, version_no, text_from, first_seen_at, retry_page, page_attempts,
               arrival, title, text, feed_title, feed_published_at
        FROM store.article
        WHERE rowid IN {PLACES}
        """,  # noqa: S608 (our own words)
        {"places": numbers(places)},
    )
    return {str(row["id"]): row for row in fetch_dicts(answer)}


def _places(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> list[int]:
    answer = connection.execute(
        f"SELECT rowid FROM store.article WHERE id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    return [row[0] for row in answer.fetchall()]


def _loud(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> set[str]:
    """Which of `ids` wait to be matched and told of: a quiet version must not silence them."""
    answer = connection.execute(
        "SELECT article_id FROM store.uncoded WHERE NOT coalesce(quiet, FALSE) "  # noqa: S608
        f"AND article_id IN {IDS}",
        {"ids": many(ids)},
    )
    return {row[0] for row in answer.fetchall()}


def _supersedes(article: Article, present: dict[str, object]) -> bool:
    if article.version_id == present["version_id"]:
        return False
    of_page = present["text_from"] in {TextFrom.PAGE, TextFrom.FILE}
    if article.text_from in {TextFrom.FEED, TextFrom.CATALOGUE}:
        return not of_page
    if article.paywalled and len(article.text) < STUB * len(str(present["text"])):
        return False
    return not of_page or bool(_change(article, present))


STUB = 0.5
"""A paywalled text below this share of the one we have is what the wall leaves of it."""


def _change(article: Article, present: dict[str, object]) -> Change:
    return change((str(present["title"]), str(present["text"])), (article.title, article.text))


def _count_attempts(
    connection: duckdb.DuckDBPyConnection,
    present: dict[str, dict[str, object]],
    batch: dict[str, Article],
) -> None:
    """One more attempt for each that is tried again; those whose reason has passed are no more."""
    tried = [id_ for id_, row in present.items() if row["retry_page"]]
    if not tried:
        return
    connection.execute(
        f"""
        UPDATE store.article
        SET page_attempts = page_attempts + 1,
            retry_page = id IN {among("again")}
        WHERE id IN {IDS}
        """,  # noqa: S608 (our own words)
        {"ids": many(tried), "again": many(id_ for id_ in tried if batch[id_].retry_page)},
    )


def _retire(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    if not ids:
        return
    for statement in (
        # By place: DuckDB would read all of a million articles to find some ids among them.
        "INSERT INTO store.former_version BY NAME FROM store.article "
        "WHERE rowid IN (SELECT rowid FROM store.article WHERE id IN {ids})",
        "DELETE FROM store.uncoded WHERE article_id IN {ids}",
        "DELETE FROM store.article WHERE id IN {ids}",
    ):
        connection.execute(statement.format(ids=IDS), {"ids": many(ids)})


def _seen(
    articles: Sequence[Article], versions: dict[str, str], taken: Impressions
) -> dict[str, Impression]:
    """The impression of each article."""
    return {a.id: taken.get(versions[a.id]) or impression(a.title, a.text) for a in articles}


def _row(
    article: Article,
    former: dict[str, object] | None,
    now: datetime,
    version: str,
    seen: Impression,
) -> dict[str, object]:
    return {
        "id": article.id,
        "version_id": version,
        "key": key(version),
        "version_no": 1 if former is None else int(str(former["version_no"])) + 1,
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "folded": seen.folded,
        "folding": folding(),
        "language": article.language,
        "origin": str(article.origin),
        "source_id": article.source_id,
        "published_at": article.published_at,
        "published_source": article.published_source,
        "first_seen_at": now if former is None else former["first_seen_at"],
        "fetched_at": article.fetched_at,
        "author": article.author,
        "site_name": article.site_name,
        "image": article.image,
        "abstract": article.abstract,
        "topics": list(article.topics),
        "warnings": list(article.warnings),
        "text_from": str(article.text_from),
        "retry_page": article.retry_page,
        "kind": str(article.kind),
        "page_attempts": 1 if former is None else int(str(former["page_attempts"])) + 1,
        "arrival": str(_arrival(article, former)),
        "section": article.section,
        "paywalled": article.paywalled,
        "feed_title": article.feed_title or (former or {}).get("feed_title"),
        "feed_published_at": article.feed_published_at or (former or {}).get("feed_published_at"),
        "withdrawn_at": None,
        "changed": None if former is None else str(_change(article, former)) or "another reading",
    }


def _arrival(article: Article, former: dict[str, object] | None) -> Arrival:
    """What was new once stays so: a change of it may be told, whoever finds the change."""
    was_new = former is not None and former["arrival"] == Arrival.NEW
    return Arrival.NEW if was_new else article.arrival


def _trace(row: Row, seen: Mapping[str, Impression]) -> Trace:
    moment = row["published_at"] or row["first_seen_at"]
    return Trace(str(row["id"]), moment, seen[str(row["id"])].bands)  # type: ignore[arg-type]


def _ticket(row: Row, quiet: bool, loud: Collection[str]) -> Row:
    silent = quiet and row["id"] not in loud
    return {"article_id": row["id"], "version_id": row["version_id"], "quiet": silent}
