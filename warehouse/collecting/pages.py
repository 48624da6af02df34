"""Pages: which answers an article was read from, where they are kept, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from extractors.article import Arrival, TextFrom
from extractors.entry import Entry
from extractors.pages.reading import Known, Look, Reading
from extractors.pages.revisit import Plan, Withdrawn, after, first_plan
from extractors.web.response import Validators
from warehouse.storage.rows import IDS, PLACES, Row, fetch_dicts, insert, many, numbers

PER_SOURCE = 10
"""Pages of one source that are looked at again in a cycle: new articles have precedence."""
IN_ALL = 100


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A page of an article's latest reading, with what its record cannot tell."""

    article_id: str
    part: int
    url: str
    warc_file: str
    warc_offset: int
    warc_id: str
    source_id: str
    entry: Entry


def keep(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    schedule: Sequence[timedelta],
) -> None:
    """Note the answers of `readings`, and plan a first look again at what has none planned yet.

    Must run inside the transaction that stores the articles. The same again changes nothing. What
    is old to begin with is not looked at again.
    """
    answered = [reading for reading in readings if reading.answers]
    noted = _noted(connection, [reading.article.id for reading in answered])
    new = [r for r in answered if (r.article.id, r.answers[0].fetched_at) not in noted]
    known = {article_id for article_id, _ in noted}
    insert(connection, "store.article_page", [row for r in new for row in _rows(r)])
    plans = [
        _plan_row(reading.article.id, plan)
        for reading in readings
        if reading.article.id not in known
        and reading.article.text_from is TextFrom.PAGE
        and reading.article.arrival is Arrival.NEW
        and (plan := first_plan(reading.article.fetched_at, schedule))
    ]
    insert(connection, "store.revisit", plans)


def due(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[tuple[str, Known]]:
    """Source and page of what is to be looked at again by `now`, the longest due first: at most
    `PER_SOURCE` of each source and `IN_ALL` in all."""
    answer = connection.execute(
        # By place: DuckDB would read all of a million articles to find a hundred among them.
        f"""
        SELECT {_ENTRY}, page.url AS link, page.final_url, page.etag, page.last_modified,
               page.body_hash
        FROM store.article
        JOIN store.revisit ON revisit.article_id = article.id
        JOIN store.article_page AS page ON page.article_id = article.id AND part = 1
        WHERE article.rowid IN {PLACES}
        QUALIFY row_number() OVER (PARTITION BY article.id ORDER BY page.fetched_at DESC) = 1
        ORDER BY due_at, article.id
        """,  # noqa: S608 (our own words)
        {"places": numbers(_due(connection, now))},
    )
    return [(str(row["source_id"]), _known_page(row)) for row in fetch_dicts(answer)]


_ENTRY = """article.id, article.url, article.source_id, feed_title, abstract, feed_published_at,
    article.author, article.language, article.image, article.arrival"""
"""What `_entry` needs of an article."""


def _due(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[int]:
    """Where the articles stand."""
    answer = connection.execute(
        f"""
        SELECT article.rowid
        FROM store.revisit
        JOIN store.article ON article.id = revisit.article_id
        WHERE due_at <= $now OR first_at > $now + INTERVAL 1 DAY  -- clocks are set back
        QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY due_at, article_id)
            <= {PER_SOURCE}
        ORDER BY due_at, article_id
        LIMIT {IN_ALL}
        """,  # noqa: S608 (two numbers)
        {"now": now},
    )
    return [place for (place,) in answer.fetchall()]


def settle(
    connection: duckdb.DuckDBPyConnection, looks: Sequence[Look], schedule: Sequence[timedelta]
) -> int:
    """Note what `looks` brought; how many articles count as withdrawn now."""
    plans = _plans(connection, [look.known.article_id for look in looks])
    made = {look.known.article_id: look for look in looks}
    then = {
        id_: after(plan, made[id_].outcome, made[id_].at, schedule) for id_, plan in plans.items()
    }
    _forget(connection, list(then))
    rows = [_plan_row(id_, plan) for id_, plan in then.items() if isinstance(plan, Plan)]
    insert(connection, "store.revisit", rows)
    gone = {id_: end.at for id_, end in then.items() if isinstance(end, Withdrawn)}
    _withdraw(connection, gone)
    return len(gone)


def latest(
    connection: duckdb.DuckDBPyConnection, *, file: str, article: str | None = None
) -> list[KeptPart]:
    """The kept pages of the latest reading of each article that stands in the WARC `file`: of
    one `article` (an id), or of all. A former reading is none: it would bring back an old text."""
    answer = connection.execute(
        f"""
        WITH latest AS (
            SELECT article_id, max(read_at) AS read_at
            FROM store.article_page
            WHERE $article IS NULL OR article_id = $article
            GROUP BY article_id
        )
        SELECT {_ENTRY}, page.url AS link, page.part, page.warc_file, page.warc_offset,
               page.warc_id
        FROM store.article_page AS page
        JOIN latest ON latest.article_id = page.article_id AND latest.read_at = page.read_at
        JOIN store.article ON article.id = page.article_id
        WHERE warc_file = $file
        ORDER BY article.id, part
        """,  # noqa: S608 (our own words)
        {"file": file, "article": article},
    )
    return [
        KeptPart(
            article_id=str(row["id"]),
            part=int(str(row["part"])),
            url=str(row["link"]),
            warc_file=str(row["warc_file"]),
            warc_offset=int(str(row["warc_offset"])),
            warc_id=str(row["warc_id"]),
            source_id=str(row["source_id"]),
            entry=_entry(row),
        )
        for row in fetch_dicts(answer)
    ]


def forget_files(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Note that the WARC files of these names are no longer there."""
    connection.execute(
        f"""
        UPDATE store.article_page
        SET warc_file = NULL, warc_offset = NULL, warc_id = NULL
        WHERE warc_file IN {IDS}
        """,  # noqa: S608 (our own words)
        {"ids": many(names)},
    )


def places(connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> dict[str, frozenset[int]]:
    """Where the records of articles are: offsets, by the name of their WARC file."""
    answer = connection.execute(
        f"""
        SELECT warc_file, list(DISTINCT warc_offset)
        FROM store.article_page
        WHERE article_id IN {IDS} AND warc_file IS NOT NULL
        GROUP BY warc_file
        ORDER BY warc_file
        """,  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )
    return {file: frozenset(offsets) for file, offsets in answer.fetchall()}


def move(
    connection: duckdb.DuckDBPyConnection, file: str, successor: str, moved: Mapping[int, int]
) -> None:
    """Note that the records of a WARC file are in its successor, each at another offset."""
    connection.execute(
        """
        UPDATE store.article_page
        SET warc_file = $successor, warc_offset = moved.there
        FROM (
            SELECT unnest(from_json($here, '["BIGINT"]')) AS here,
                   unnest(from_json($there, '["BIGINT"]')) AS there
        ) AS moved
        WHERE warc_file = $file AND warc_offset = moved.here
        """,
        {
            "file": file,
            "successor": successor,
            "here": numbers(moved.keys()),
            "there": numbers(moved.values()),
        },
    )


def _noted(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> set[tuple[str, datetime]]:
    """Articles that have a page already, and when it was read."""
    answer = connection.execute(
        f"SELECT DISTINCT article_id, read_at FROM store.article_page WHERE article_id IN {IDS}",  # noqa: S608
        {"ids": many(ids)},
    )
    return set(answer.fetchall())


def _rows(reading: Reading) -> list[Row]:
    return [
        {
            "article_id": reading.article.id,
            "part": part,
            "url": answer.url,
            "final_url": answer.final_url,
            "content_type": answer.content_type,
            "etag": answer.validators.etag,
            "last_modified": answer.validators.last_modified,
            "body_hash": answer.body_hash,
            "fetched_at": answer.fetched_at,
            "read_at": reading.answers[0].fetched_at,
            "warc_file": answer.record.file if answer.record else None,
            "warc_offset": answer.record.offset if answer.record else None,
            "warc_id": answer.record.id if answer.record else None,
        }
        for part, answer in enumerate(reading.answers, start=1)
    ]


def _plan_row(article_id: str, plan: Plan) -> Row:
    return {
        "article_id": article_id,
        "first_at": plan.first_at,
        "due_at": plan.due_at,
        "looks": plan.looks,
        "gone_since": plan.gone_since,
    }


def _plans(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, Plan]:
    answer = connection.execute(
        "SELECT article_id, first_at, due_at, looks, gone_since FROM store.revisit "  # noqa: S608
        f"WHERE article_id IN {IDS}",
        {"ids": many(ids)},
    )
    return {row[0]: Plan(*row[1:]) for row in answer.fetchall()}


def _forget(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    connection.execute(
        f"DELETE FROM store.revisit WHERE article_id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(ids)},
    )


def _withdraw(connection: duckdb.DuckDBPyConnection, gone: dict[str, datetime]) -> None:
    for id_, moment in gone.items():
        connection.execute(
            "UPDATE store.article SET withdrawn_at = $at WHERE id = $id", {"at": moment, "id": id_}
        )


def _known_page(row: dict[str, Any]) -> Known:
    return Known(
        article_id=row["id"],
        entry=_entry(row),
        validators=Validators(row["etag"], row["last_modified"]),
        body_hash=row["body_hash"],
        final_url=row["final_url"],
    )


def _entry(row: dict[str, Any]) -> Entry:
    """What the feed said of an article."""
    return Entry(
        source_id=row["source_id"],
        url=row["url"],
        link=row["link"],
        title=row["feed_title"] or "",
        summary=row["abstract"] or "",
        published_at=row["feed_published_at"],
        author=row["author"],
        language=row["language"],
        image=row["image"],
        arrival=Arrival(row["arrival"]),
    )
