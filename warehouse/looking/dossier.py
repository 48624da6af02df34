"""Dossiers: everything that is known of one article, from where it came to whom it was told."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import pairwise
from typing import Any

import duckdb

from extractors.address import canonical_url
from extractors.article import article_id
from warehouse.errors import QueryError
from warehouse.storage.rows import IDS, among, fetch_dicts, many

Dossier = dict[str, Any]
"""Sections in the order of `SECTIONS`; `article` is one row, the others are lists of rows."""


def dossier(connection: duckdb.DuckDBPyConnection, name: str) -> Dossier:
    """What is known of the article called `name`: an id, its beginning, or an address.

    Raises QueryError where there is none, or more than one.
    """
    id_ = identify(connection, name)
    found: Dossier = {
        section: fetch_dicts(connection.execute(sql, {"id": id_}))
        for section, sql in SECTIONS.items()
    }
    (found["article"],) = found["article"]
    found["changes"] = list(changes(found["versions"]))
    return found


def identify(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The id of the article called `name`. Raises QueryError."""
    ids = _ids(connection, name.strip())
    if len(ids) == 1:
        return ids[0]
    if not ids:
        remedy = "`noroshi search` finds articles; the column id names them (--format json)"
        raise QueryError(repr(name), "no article is called so", remedy)
    remedy = f"give more of it; it may be {', '.join(ids[:5])}"
    raise QueryError(repr(name), f"at least {len(ids)} articles begin so", remedy)


def changes(versions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """From each version to the next: what changed, as the lines of a unified diff."""
    for former, later in pairwise(versions):
        lines = unified_diff(_lines(former), _lines(later), lineterm="", n=1)
        yield {
            "version": later["version"],
            "at": later["fetched_at"],
            "what": later["changed"],
            "diff": [line for line in lines if not line.startswith(("---", "+++"))],
        }


SECTIONS = {
    "article": "FROM articles WHERE id = $id",
    "versions": """
        SELECT version, fetched_at, changed, current, title, text
        FROM article_versions
        WHERE article_id = $id
        ORDER BY version
    """,
    "coding": """
        SELECT relevant, relevance, parties, reasons, coded_at
        FROM store.coding
        SEMI JOIN store.article ON article.id = coding.article_id
            AND article.version_id = coding.version_id
        WHERE article_id = $id
    """,
    "codings": """
        SELECT category, direction, severity, status, actor, target, level, object,
               list_distinct(evidence->>'$[*].term') AS words
        FROM codings
        WHERE article_id = $id
        ORDER BY status = 'reported' DESC, category
    """,
    "matches": """
        SELECT rule, category, direction, severity, event_id, matched_at,
               list_distinct(evidence->>'$[*].term') AS words
        FROM matches
        WHERE article_id = $id
        ORDER BY matched_at, rule
    """,
    "alerts": """
        SELECT alerts.id, alerts.event_id, rule, kind, severity, headline, created_at,
               alerts.article_id = $id AS speaks_for_it
        FROM alerts
        SEMI JOIN event_articles ON event_articles.event_id = alerts.event_id
            AND event_articles.article_id = $id
        ORDER BY created_at
    """,
    "deliveries": """
        SELECT deliveries.alert_id, channel, state, attempts, sent_at, due_at, error
        FROM deliveries
        SEMI JOIN event_articles ON event_articles.event_id = deliveries.event_id
            AND event_articles.article_id = $id
        ORDER BY deliveries.created_at, channel
    """,
    "appearances": """
        SELECT article_id, source, url, title, published_at, first_seen_at, rank
        FROM appearances
        WHERE text_id = (SELECT text_id FROM appearances WHERE article_id = $id)
        ORDER BY rank
    """,
    "pages": """
        SELECT part, url, final_url, content_type, fetched_at, warc_file, warc_offset, warc_id
        FROM pages
        WHERE article_id = $id
        ORDER BY fetched_at, part
    """,
}
"""What each section asks for."""


def _ids(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    if "://" in name:
        try:
            wanted = [name, canonical_url(name)]
        except ValueError:
            wanted = [name]
        ids = [article_id(url) for url in wanted]
        sql = (
            f"SELECT id FROM articles WHERE id IN {IDS} "  # noqa: S608 (our own words)
            f"OR url IN {among('urls')}"
        )
        answer = connection.execute(sql, {"ids": many(ids), "urls": many(wanted)})
        return [row[0] for row in answer.fetchall()]
    return beginning_so(connection, name) if name else []


def beginning_so(connection: duckdb.DuckDBPyConnection, beginning: str) -> list[str]:
    """Ids of the first few articles whose ids begin so."""
    answer = connection.execute(
        "SELECT id FROM articles WHERE starts_with(id, $beginning) ORDER BY id LIMIT 6",
        {"beginning": beginning},
    )
    return [row[0] for row in answer.fetchall()]


def _lines(version: dict[str, Any]) -> list[str]:
    return [str(version["title"]), *str(version["text"]).splitlines()]
