"""Appearances: one text at several outlets, an agency's above all, is one text.

Articles that share a band of their fingerprints (`extractors.pages.fingerprint`), and were
published within a week of each other, are compared; what is the same is linked, and a text is all
that hangs together by links. Links follow from the articles alone, so the texts do not depend on
the order in which articles are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import duckdb

from alerts.reading.fold import fold
from extractors.pages.fingerprint import Runs, bands, runs, same
from warehouse.rows import IDS, Row, insert, many

WINDOW = timedelta(days=7)
"""How far apart two appearances of a text are published at most: agencies' reports are of the day.
It also bounds what is looked through, by the statistics of row groups."""
MOST = 20
"""Candidates that an article is compared with: those that share most bands, the earliest first."""
BATCH = 500

Link = tuple[str, str]


def link(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[str], *, fresh: Collection[str] = ()
) -> None:
    """Fingerprint the articles of `ids`, link them, and say which text each is of.

    Must run inside a transaction. Doing it again changes nothing. Those that are `fresh` were
    never linked: there is nothing of them to look for.
    """
    former = [id_ for id_ in ids if id_ not in fresh]
    touched = set(former) | _neighbours(connection, former)
    _forget(connection, former)
    texts = _texts(connection, ids)
    _write_bands(connection, texts)
    pairs = _candidates(connection, list(texts))
    others = _texts(connection, sorted({b for _, b in pairs} - texts.keys()))
    known = {id_: found for id_, (found, _) in {**others, **texts}.items()}
    links = {(min(a, b), max(a, b)) for a, b in pairs if same(known[a], known[b])}
    insert(connection, "store.same_text", [{"one": a, "other": b} for a, b in sorted(links)])
    _name(connection, touched)
    _join(connection, links)


def catch_up(connection: duckdb.DuckDBPyConnection, limit: int = BATCH) -> int:
    """Link at most `limit` articles that never were: those of an older noroshi. How many."""
    answer = connection.execute(
        """
        SELECT id
        FROM store.article
        ANTI JOIN store.fingerprint ON fingerprint.article_id = article.id
        WHERE origin = 'news'
        ORDER BY first_seen_at, id
        LIMIT $limit
        """,
        {"limit": limit},
    )
    ids = [row[0] for row in answer.fetchall()]
    link(connection, ids, fresh=set(ids))
    return len(ids)


def _texts(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[str]
) -> dict[str, tuple[Runs, datetime]]:
    """Runs and moment of each article of the news."""
    answer = connection.execute(
        "SELECT id, text, coalesce(published_at, first_seen_at) FROM store.article "  # noqa: S608
        f"WHERE id IN {IDS} AND origin = 'news'",
        {"ids": many(ids)},
    )
    return {id_: (runs(fold(text).text), moment) for id_, text, moment in answer.fetchall()}


def _forget(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    if not ids:
        return
    for statement in (
        "DELETE FROM store.fingerprint WHERE article_id IN {ids}",
        "DELETE FROM store.same_text WHERE one IN {ids} OR other IN {ids}",
    ):
        connection.execute(statement.format(ids=IDS), {"ids": many(ids)})


def _write_bands(
    connection: duckdb.DuckDBPyConnection, texts: dict[str, tuple[Runs, datetime]]
) -> None:
    """A row a band; one without a band for what is too short, so that it is not tried again."""
    rows: list[Row] = []
    for id_, (found, moment) in texts.items():
        row: Row = {"article_id": id_, "published_at": moment, "band": None, "value": None}
        numbered = enumerate(bands(found))
        rows += [{**row, "band": band, "value": value} for band, value in numbered] or [row]
    insert(connection, "store.fingerprint", rows)


def _candidates(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Link]:
    """Pairs worth a comparison, the article of `ids` first."""
    if not ids:
        return []
    since, until = _span(connection, ids)
    answer = connection.execute(
        f"""
        WITH mine AS (
            SELECT article_id, published_at, band, value
            FROM store.fingerprint
            WHERE article_id IN {IDS} AND value IS NOT NULL
                AND published_at BETWEEN $since AND $until
        ),
        shared AS (
            SELECT mine.article_id AS mine, theirs.article_id AS theirs, count(*) AS bands,
                   any_value(theirs.published_at) AS published_at
            FROM mine
            JOIN store.fingerprint AS theirs ON theirs.band = mine.band
                AND theirs.value = mine.value
            WHERE theirs.article_id <> mine.article_id
                AND theirs.published_at BETWEEN $since AND $until
                AND theirs.published_at BETWEEN mine.published_at - $window
                    AND mine.published_at + $window
            GROUP BY ALL
        )
        SELECT mine, theirs
        FROM shared
        QUALIFY row_number() OVER (PARTITION BY mine ORDER BY bands DESC, published_at, theirs)
            <= {MOST}
        """,  # noqa: S608 (our own words and a number)
        {"ids": many(ids), "window": WINDOW, "since": since - WINDOW, "until": until + WINDOW},
    )
    return [(mine, theirs) for mine, theirs in answer.fetchall()]


def _span(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> tuple[datetime, datetime]:
    row = connection.execute(
        "SELECT min(coalesce(published_at, first_seen_at)), "  # noqa: S608 (our own words)
        "max(coalesce(published_at, first_seen_at)) "
        f"FROM store.article WHERE id IN {IDS}",
        {"ids": many(ids)},
    ).fetchone()
    assert row is not None  # noqa: S101 (an aggregate gives a row)
    return row[0], row[1]


def _neighbours(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> set[str]:
    """What the articles of `ids` are linked with."""
    answer = connection.execute(
        f"SELECT one, other FROM store.same_text WHERE one IN {IDS} OR other IN {IDS}",  # noqa: S608
        {"ids": many(ids)},
    )
    return {id_ for pair in answer.fetchall() for id_ in pair}


def _name(connection: duckdb.DuckDBPyConnection, touched: set[str]) -> None:
    """Write the text of each article that hangs together with one of `touched`, by the id of the
    one that was published first. An article alone has no row."""
    if not touched:
        return
    whole = touched
    while (more := whole | _neighbours(connection, whole)) != whole:
        whole = more
    order = _order(connection, whole)
    groups = _groups(whole, _links(connection, whole))
    connection.execute(
        f"DELETE FROM store.appearance WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(sorted(whole))},
    )
    rows = [
        {"article_id": id_, "text_id": first}
        for group in groups
        if len(group) > 1 and (first := min(group, key=lambda member: order[member]))
        for id_ in sorted(group)
    ]
    insert(connection, "store.appearance", rows)


def _join(connection: duckdb.DuckDBPyConnection, links: Collection[Link]) -> None:
    """Make one text of those that `links` join. Of a text that was known, only its name is looked
    at, the article that was published first: texts of thousands of appearances stay cheap."""
    if not links:
        return
    ids = {id_ for pair in links for id_ in pair}
    known = _members(connection, "article_id", ids)
    nodes = ids | set(known.values())
    order = _order(connection, nodes)
    name: dict[str, str] = {}
    for group in _groups(nodes, [*links, *known.items()]):
        name |= dict.fromkeys(group, min(group, key=lambda member: order[member]))
    renamed = {former for former in known.values() if name[former] != former}
    moved = _members(connection, "text_id", renamed)
    connection.execute(
        f"DELETE FROM store.appearance WHERE text_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(renamed)},
    )
    rows = {id_: name[former] for id_, former in moved.items()}
    rows |= {id_: name[id_] for id_ in sorted(ids - known.keys())}
    insert(
        connection,
        "store.appearance",
        [{"article_id": id_, "text_id": text} for id_, text in rows.items()],
    )


def _members(
    connection: duckdb.DuckDBPyConnection, column: str, ids: Iterable[str]
) -> dict[str, str]:
    """The text of each article that is, or whose text is, one of `ids`."""
    answer = connection.execute(
        f"SELECT article_id, text_id FROM store.appearance WHERE {column} IN {IDS}",  # noqa: S608
        {"ids": many(ids)},
    )
    return dict(answer.fetchall())


def _links(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> list[Link]:
    answer = connection.execute(
        f"SELECT one, other FROM store.same_text WHERE one IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    return answer.fetchall()


def _order(
    connection: duckdb.DuckDBPyConnection, ids: Iterable[str]
) -> dict[str, tuple[datetime, str]]:
    answer = connection.execute(
        f"SELECT id, coalesce(published_at, first_seen_at) FROM store.article WHERE id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    return {id_: (moment, id_) for id_, moment in answer.fetchall()}


def _groups(ids: Iterable[str], links: Iterable[Link]) -> list[set[str]]:
    """What hangs together."""
    group = {id_: {id_} for id_ in ids}
    for one, other in links:
        small, large = sorted((group[one], group[other]), key=len)
        if small is not large:
            large |= small
            group |= dict.fromkeys(small, large)
    return list({id(found): found for found in group.values()}.values())
