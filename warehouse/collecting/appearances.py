"""Appearances: one text at several outlets, an agency's above all, is one text.

Articles that share a band of their fingerprints (`extractors.pages.fingerprint`), and were
published within a week of each other, are compared; what is the same is linked, and a text is all
that hangs together by links. Links follow from the articles alone, so the texts do not depend on
the order in which articles are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from alerts.reading.words.fold import fold
from extractors.pages.fingerprint import Runs, bands, runs, same
from warehouse.collecting.key import standing
from warehouse.storage.rows import IDS, PLACES, append, insert, many, numbers, registered

WINDOW = timedelta(days=7)
"""How far apart two appearances of a text are published at most: agencies' reports are of the day.
It also bounds what is looked through, by the statistics of row groups."""
MOST = 20
"""Candidates that an article is compared with: those that share most bands, the earliest first."""
BATCH = 500

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trace:
    """An article of the news, as others are compared with it."""

    article_id: str
    moment: datetime
    """When it was published, or else first seen."""
    bands: tuple[int, ...]
    """Of its text; none where that is too short to tell."""
    text: str


def link(
    connection: duckdb.DuckDBPyConnection,
    traces: Sequence[Trace],
    former: Mapping[str, datetime] = MappingProxyType({}),
) -> None:
    """Link articles with those that have the same text, and say which text each is of.

    Must run inside a transaction that has stored them. `former` are articles that may have been
    linked before, with the moments of their former traces; of the others there is nothing to look
    for. Doing it again with all of them in `former` changes nothing.
    """
    touched = set(former) | _neighbours(connection, former)
    _forget(connection, former)
    pairs = _candidates(connection, _write(connection, traces))
    known = _runs(connection, {id_ for pair in pairs for id_ in pair}, traces)
    links = {(min(a, b), max(a, b)) for a, b in pairs if same(known[a], known[b])}
    insert(connection, "store.same_text", [{"one": a, "other": b} for a, b in sorted(links)])
    _name(connection, touched)
    _join(connection, links)


def forget(connection: duckdb.DuckDBPyConnection, ids: Collection[str]) -> None:
    """Forget articles that are to go, and name anew what remains of their texts."""
    touched = set(ids) | _neighbours(connection, ids)
    _forget(connection, {id_: moment for id_, (moment, _) in _order(connection, ids).items()})
    connection.execute(
        f"DELETE FROM store.appearance WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    _name(connection, touched - set(ids))


def catch_up(connection: duckdb.DuckDBPyConnection, limit: int = BATCH) -> int:
    """Link at most `limit` articles that never were: those of an older noroshi. How many."""
    answer = connection.execute(
        """
        SELECT id
        FROM store.article
        -- Each has one of these rows; all twenty of a million would take three gigabytes.
        ANTI JOIN (SELECT article_id FROM store.fingerprint WHERE coalesce(band, 0) = 0) AS linked
            ON linked.article_id = article.id
        WHERE origin = 'news'
        ORDER BY first_seen_at, id
        LIMIT $limit
        """,
        {"limit": limit},
    )
    ids = [row[0] for row in answer.fetchall()]
    link(connection, traces(connection, ids))
    return len(ids)


def traces(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Trace]:
    """Those of stored articles, their texts fingerprinted."""
    answer = connection.execute(
        # By place: DuckDB would read the texts of all articles to find some ids among them.
        f"""
        SELECT id, coalesce(published_at, first_seen_at), text
        FROM store.article
        WHERE rowid IN {PLACES} AND origin = 'news'
        """,  # noqa: S608 (our own words)
        {"places": numbers(standing(connection, ids))},
    )
    asked = set(ids)
    return [
        Trace(id_, moment, bands(runs(fold(text).text)), text)
        for id_, moment, text in answer.fetchall()
        if id_ in asked
    ]


def _forget(connection: duckdb.DuckDBPyConnection, former: Mapping[str, datetime]) -> None:
    if not former:
        return
    ids, moments = many(former), former.values()
    connection.execute(
        # Within their time: twenty rows an article are looked through by the statistics of groups.
        f"""
        DELETE FROM store.fingerprint
        WHERE article_id IN {IDS} AND published_at BETWEEN $since AND $until
        """,  # noqa: S608 (our own words)
        {"ids": ids, "since": min(moments), "until": max(moments)},
    )
    connection.execute(
        f"DELETE FROM store.same_text WHERE one IN {IDS} OR other IN {IDS}",  # noqa: S608
        {"ids": ids},
    )


def _write(connection: duckdb.DuckDBPyConnection, made: Sequence[Trace]) -> pa.Table:
    """A row a band; one without a band for what is too short, so that it is not tried again."""
    of = pa.array([n for n, trace in enumerate(made) for _ in trace.bands or _NONE], pa.int32())
    ids = pa.array([trace.article_id for trace in made], pa.string())
    moments = pa.array([trace.moment for trace in made], pa.timestamp("us", tz="UTC"))
    table = pa.table(
        {
            "article_id": ids.take(of),
            "published_at": moments.take(of),
            "band": pa.array([n for t in made for n in range(len(t.bands)) or _NONE], pa.int32()),
            "value": pa.array([value for t in made for value in t.bands or _NONE], pa.int64()),
        }
    )
    append(connection, "store.fingerprint", table)
    return table


_NONE = (None,)


def _candidates(connection: duckdb.DuckDBPyConnection, mine: pa.Table) -> list[Link]:
    """Pairs worth a comparison, the article of `mine`, rows of bands, first."""
    if not mine.num_rows:
        return []
    moments = mine["published_at"]
    since, until = pc.min(moments).as_py(), pc.max(moments).as_py()
    with registered(connection, mine) as name:
        answer = connection.execute(
            f"""
            WITH shared AS (
                SELECT mine.article_id AS mine, theirs.article_id AS theirs, count(*) AS bands,
                       any_value(theirs.published_at) AS published_at
                FROM {name} AS mine
                JOIN store.fingerprint AS theirs ON theirs.value = mine.value
                    AND theirs.band = mine.band
                WHERE theirs.article_id <> mine.article_id
                    AND theirs.published_at BETWEEN $since AND $until
                    -- As numbers: DuckDB takes a microsecond to add an INTERVAL to a moment.
                    AND abs(epoch_us(theirs.published_at) - epoch_us(mine.published_at)) <= $window
                GROUP BY ALL
            )
            SELECT mine, theirs
            FROM shared
            QUALIFY row_number() OVER (PARTITION BY mine ORDER BY bands DESC, published_at, theirs)
                <= {MOST}
            """,  # noqa: S608 (our own words and a number)
            {
                "window": WINDOW // timedelta(microseconds=1),
                "since": since - WINDOW,
                "until": until + WINDOW,
            },
        )
        return answer.fetchall()


def _runs(
    connection: duckdb.DuckDBPyConnection, ids: Set[str], mine: Sequence[Trace]
) -> dict[str, Runs]:
    """The runs of each article's text, which is at hand for those that are `mine`."""
    texts = {trace.article_id: trace.text for trace in mine if trace.article_id in ids}
    if others := ids - texts.keys():
        answer = connection.execute(
            # By place: DuckDB would read a million texts to find some ids among them.
            f"SELECT id, text FROM store.article WHERE rowid IN {PLACES}",  # noqa: S608
            {"places": numbers(standing(connection, others))},
        )
        texts |= {id_: text for id_, text in answer.fetchall() if id_ in others}
    return {id_: runs(fold(text).text) for id_, text in texts.items()}


def _neighbours(connection: duckdb.DuckDBPyConnection, ids: Collection[str]) -> set[str]:
    """What the articles of `ids` are linked with."""
    if not ids:
        return set()
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
    groups = [group for group in _groups(whole, _links(connection, whole)) if len(group) > 1]
    order = _order(connection, set().union(*groups))
    connection.execute(
        f"DELETE FROM store.appearance WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(sorted(whole))},
    )
    rows = [
        {"article_id": id_, "text_id": first}
        for group in groups
        if (first := min(group, key=lambda member: order[member]))
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
    connection: duckdb.DuckDBPyConnection, ids: Collection[str]
) -> dict[str, tuple[datetime, str]]:
    if not ids:
        return {}
    answer = connection.execute(
        f"""
        SELECT id, coalesce(published_at, first_seen_at)
        FROM store.article
        WHERE rowid IN {PLACES}
        """,  # noqa: S608 (our own words)
        {"places": numbers(standing(connection, ids))},
    )
    return {id_: (moment, id_) for id_, moment in answer.fetchall() if id_ in ids}


def _groups(ids: Iterable[str], links: Iterable[Link]) -> list[set[str]]:
    """What hangs together."""
    group = {id_: {id_} for id_ in ids}
    for one, other in links:
        small, large = sorted((group[one], group[other]), key=len)
        if small is not large:
            large |= small
            group |= dict.fromkeys(small, large)
    return list({id(found): found for found in group.values()}.values())
