"""Search: articles that answer a query, with the words that made them answer.

The language is that of rules (`alerts.reading.query`) and the verdict is theirs too: the database
narrows the articles by what a match cannot do without, and `alerts.reading.verdict` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

import duckdb

from alerts.reading.coding import Category, Evidence
from alerts.reading.query import Is, Node, Query, parse
from alerts.reading.verdict import Document, Queries, Reading
from alerts.telling.writing.excerpt import excerpt
from extractors.article import Origin
from warehouse.concordance import MOST, Concordance, uncovered
from warehouse.errors import QueryError
from warehouse.folding import stale
from warehouse.grams import needed
from warehouse.key import stored
from warehouse.narrowing import condition, fact, named, used
from warehouse.rows import IDS, KEYS, PLACES, fetch_dicts, many, numbers

_FIRST_CHUNK = 64
"""Candidates that are decided at a time; each chunk is twice as large as the one before."""
_LARGEST_CHUNK = 4096
_SPARE = 4
"""Candidates of the concordance that are read beyond those that are asked for."""
_STRETCHES = (30, 120, 480)
"""Days before the newest article at which the search for more goes on."""
_MANY = 20_000
"""Articles from which on looking by stretches of time is worth a statement for each."""
_LANGUAGES = {"en", "ja", "zh", "zh-Hant", "zh-Hans"}


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"
    """What is most about relations between the three, as the coder weighs it."""


_ORDER = {
    Sort.NEWEST: "coalesce(published_at, first_seen_at) DESC",
    Sort.OLDEST: "coalesce(published_at, first_seen_at)",
    Sort.RELEVANCE: """(
        SELECT max(relevance)
        FROM store.coding
        WHERE coding.article_id = article.id AND coding.version_id = article.version_id
    ) DESC NULLS LAST, coalesce(published_at, first_seen_at) DESC""",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and where. Empty filters let everything pass."""

    query: str
    since: date | None = None
    until: date | None = None
    language: str | None = None
    """`zh` covers both scripts."""
    source: str | None = None
    origin: Origin | None = None
    category: Category | None = None
    """Articles that report an event of it, as the coder read them."""
    sort: Sort = Sort.NEWEST
    limit: int = 20
    page: int = 1
    """Page 2 begins after the first `limit` articles."""


def search(
    connection: duckdb.DuckDBPyConnection, wanted: Search, concordance: Concordance | None = None
) -> list[dict[str, object]]:
    """Rows with id, published_at, lang, origin, source, title, snippet, marks, url.

    A `concordance` finds the same, sooner. `marks` are the places in `snippet` (start, end) of the
    words that were asked for. Raises alerts.errors.QueryError for a query that is none, and
    QueryError for a language or source that no article has.
    """
    _check(connection, wanted)
    query = parse(wanted.query)
    queries = Queries({"": query})
    answers = (
        _shown(row, reading)
        for row in _candidates(connection, wanted, query, concordance)
        if (reading := queries.read(_document(row))).holds("")
    )
    return list(islice(answers, (wanted.page - 1) * wanted.limit, wanted.page * wanted.limit))


def _check(connection: duckdb.DuckDBPyConnection, wanted: Search) -> None:
    """A filter that nothing can pass is a slip of the pen. Raises QueryError."""
    if wanted.language not in {None, *_LANGUAGES}:
        _expect(connection, "language", wanted.language, _LANGUAGES)
    if wanted.source is not None:
        _expect(connection, "source_id", wanted.source, set())


def _expect(
    connection: duckdb.DuckDBPyConnection, column: str, value: str | None, known: set[str]
) -> None:
    answer = connection.execute(f"SELECT DISTINCT {column} FROM store.article")  # noqa: S608
    there = known | {str(row[0]) for row in answer.fetchall()}
    if value not in there:
        what = {"language": "language", "source_id": "source"}[column]
        names = ", ".join(sorted(there)) or "none yet"
        raise QueryError("search", f"no article has the {what} {value!r}", f"there are: {names}")


def _candidates(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    query: Query,
    concordance: Concordance | None,
) -> Iterator[dict[str, object]]:
    """Articles that may answer, in order; read in chunks, as few may be needed."""
    enough = wanted.limit * wanted.page
    for places, asked in _places(connection, wanted, query.root, concordance):
        # What was looked up answers as a rule, and stands far apart: DuckDB unpacks two thousand
        # texts to give one, 10 ms for each of its columns. So few at first, and no folded texts.
        size = max(_FIRST_CHUNK, 2 * enough) if asked is None else enough + _SPARE
        if asked is not None:
            chunk, places = places[:size], places[size:]
            yield from _read(connection, chunk, None, coded=query.asks_coding, folded=False)
        while places:
            chunk, places = places[:size], places[size:]
            yield from _read(connection, chunk, asked, coded=query.asks_coding)
            size = min(2 * size, _LARGEST_CHUNK)


def _places(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    root: Node,
    concordance: Concordance | None,
) -> Iterator[tuple[list[int], Node | None]]:
    """Row numbers of what may answer, in order, and what the database is still to ask of them.

    The last days are looked through. What lies further back is looked up in the concordance, or
    looked through by stretches of time where that cannot tell."""
    stretches = _stretches(connection, wanted)
    if wanted.sort is Sort.NEWEST and stretches and _open(stretches[0]):
        yield _narrowed(connection, wanted, root, stretches.pop(0)), None
    found = _listed(connection, wanted, root, stretches, concordance) if stretches else []
    if found is not None:
        yield found, root
        return
    for stretch in stretches:
        yield _narrowed(connection, wanted, root, stretch), None


_Stretch = tuple[datetime | None, datetime | None]
"""From the first moment on, before the second; None where there is no end."""


def _stretches(connection: duckdb.DuckDBPyConnection, wanted: Search) -> list[_Stretch]:
    """The time that is asked for, in order: common words are found in the first stretch, and the
    database skips what lies outside one by the least and greatest moments of its blocks."""
    since, until, newest, count = connection.execute(
        """
        SELECT $since::DATE::TIMESTAMPTZ, ($until::DATE + INTERVAL 1 DAY)::TIMESTAMPTZ,
               max(published_at), count(*)
        FROM store.article
        """,
        {"since": wanted.since, "until": wanted.until},
    ).fetchall()[0]
    if wanted.sort is Sort.RELEVANCE or newest is None or count < _MANY:
        return [(since, until)]
    cuts = [newest - timedelta(days=days) for days in _STRETCHES]
    stretches = list(_clipped([*cuts, None], [None, *cuts], since, until))
    return stretches if wanted.sort is Sort.NEWEST else stretches[::-1]


def _clipped(
    begins: Sequence[datetime | None],
    ends: Sequence[datetime | None],
    since: datetime | None,
    until: datetime | None,
) -> Iterator[_Stretch]:
    """What of each stretch lies between `since` and `until`; none that is empty."""
    for begin, end in zip(begins, ends, strict=True):
        first = max((moment for moment in (begin, since) if moment), default=None)
        last = min((moment for moment in (end, until) if moment), default=None)
        if first is None or last is None or first < last:
            yield first, last


def _joined(stretches: Sequence[_Stretch]) -> _Stretch:
    """From the first moment of all to the last; they follow each other, in whatever direction."""
    begins, ends = zip(*stretches, strict=True)
    return (
        None if None in begins else min(begins),
        None if None in ends else max(ends),
    )


def _open(stretch: _Stretch) -> bool:
    """Whether it has a beginning and no end."""
    return stretch[0] is not None and stretch[1] is None


def _narrowed(
    connection: duckdb.DuckDBPyConnection, wanted: Search, root: Node, stretch: _Stretch
) -> list[int]:
    """Row numbers of what may answer within a stretch, in order, by a look at all texts in it."""
    parameters: dict[str, object] = {}
    asked = _asked(connection, root, parameters)
    return _ordered(connection, wanted, stretch, asked, parameters)


def _listed(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    root: Node,
    stretches: Sequence[_Stretch],
    concordance: Concordance | None,
) -> list[int] | None:
    """Row numbers of what may answer within the stretches, in order, by the concordance and what it
    does not cover; None where it cannot tell."""
    need = needed(root)
    keys = concordance.find(need) if concordance and need else None
    if concordance is None or keys is None:
        return None
    others = uncovered(connection, concordance.covered)
    if len(others) > MOST:
        return None
    # Two statements: what is to be put in order is read of all articles where both are one.
    known = connection.execute(
        f"SELECT rowid FROM store.article WHERE {stored(connection)} IN {KEYS}",  # noqa: S608
        {"keys": numbers(keys)},
    ).fetchall()
    parameters: dict[str, object] = {"places": numbers([*others, *(row[0] for row in known)])}
    among = f"rowid IN {PLACES}"
    return _ordered(connection, wanted, _joined(stretches), among, parameters)


def _asked(
    connection: duckdb.DuckDBPyConnection, root: Node, parameters: dict[str, object]
) -> str | None:
    """The condition of a query; texts that are folded otherwise meet it all."""
    known = condition(root, parameters)
    return f"({stale(connection)} OR {known})" if known else None


def _ordered(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    stretch: _Stretch,
    asked: str | None,
    parameters: dict[str, object],
) -> list[int]:
    """Row numbers of what lies in a stretch, passes the filters and meets a condition, in order."""
    conditions = [*_within(stretch, parameters), *_filtered(wanted, parameters), asked]
    statement = f"""
        SELECT rowid
        FROM store.article
        WHERE {" AND ".join(one for one in conditions if one) or "TRUE"}
        ORDER BY {_ORDER[wanted.sort]}, id
        """  # noqa: S608 (the condition holds parameter names only)
    answer = connection.execute(statement, used(statement, parameters))
    return [row[0] for row in answer.fetchall()]


def _filtered(wanted: Search, parameters: dict[str, object]) -> Iterator[str]:
    if wanted.language is not None:
        language = named(parameters, wanted.language)
        yield f"starts_with(language || '-', ${language} || '-')"
    if wanted.source is not None:
        yield f"source_id = ${named(parameters, wanted.source)}"
    if wanted.origin is not None:
        yield f"origin = ${named(parameters, str(wanted.origin))}"
    if wanted.category is not None:
        yield fact(Is("topic", str(wanted.category)), parameters)


def _within(stretch: _Stretch, parameters: dict[str, object]) -> Iterator[str]:
    begin, end = stretch
    if begin is not None:
        yield _later(f"${named(parameters, begin)}")
    if end is not None:
        yield _before(f"${named(parameters, end)}")


def _later(moment: str) -> str:
    """`coalesce(published_at, first_seen_at) >= moment`, in words by which blocks are skipped."""
    return f"(published_at >= {moment} OR (published_at IS NULL AND first_seen_at >= {moment}))"


def _before(moment: str) -> str:
    return f"(published_at < {moment} OR (published_at IS NULL AND first_seen_at < {moment}))"


def _read(
    connection: duckdb.DuckDBPyConnection,
    places: Sequence[int],
    asked: Node | None,
    *,
    coded: bool,
    folded: bool = True,
) -> list[dict[str, object]]:
    """The articles in the order of `places`, of those that meet the condition of `asked`; with
    what the coder found where that is asked for, and their texts folded.

    By row number, which stays as long as nobody writes: looking a thousand ids up among a million
    takes twenty times as long."""
    parameters: dict[str, object] = {"places": numbers(places)}
    known = _asked(connection, asked, parameters) if asked else None
    known_folded = f"CASE WHEN {stale(connection)} THEN NULL ELSE folded END" if folded else "NULL"
    # Materialized: else the condition would be asked of all articles before they are chosen.
    statement = f"""
        WITH chosen AS MATERIALIZED (
            SELECT {"*" if folded else "* EXCLUDE (folded)"}, rowid AS place
            FROM store.article
            WHERE rowid IN {PLACES}
        )
        SELECT place, id, version_id, published_at, language AS lang, origin,
               source_id AS source, title, text, url,
               {known_folded} AS folded
        FROM chosen
        WHERE {known or "TRUE"}
        """  # noqa: S608 (our own words)
    answer = connection.execute(statement, used(statement, parameters))
    rows = {row["place"]: row for row in fetch_dicts(answer)}
    if coded:
        _add_coding(connection, {str(row["id"]): row for row in rows.values()})
    return [rows[place] for place in places if place in rows]


def _add_coding(connection: duckdb.DuckDBPyConnection, rows: dict[str, dict[str, object]]) -> None:
    for column, value, table, which in (
        ("parties", "max_by(parties, coded_at)", "coding", "TRUE"),
        ("topics", "list(DISTINCT category)", "coded_event", "status = 'reported'"),
    ):
        answer = connection.execute(
            f"""
            SELECT article_id, version_id, {value}
            FROM store.{table}
            WHERE article_id IN {IDS} AND {which}
            GROUP BY article_id, version_id
            """,  # noqa: S608 (the words stand above)
            {"ids": many(rows)},
        )
        for id, version, found in answer.fetchall():
            if rows[id]["version_id"] == version:
                rows[id][column] = tuple(found)


def _document(row: dict[str, object]) -> Document:
    return Document(
        title=str(row["title"]),
        text=str(row["text"]),
        language=str(row["lang"]),
        source=str(row["source"]),
        parties=row.get("parties", ()),  # type: ignore[arg-type]
        topics=row.get("topics", ()),  # type: ignore[arg-type]
        folded=row["folded"],  # type: ignore[arg-type]
    )


def _shown(row: dict[str, object], reading: Reading) -> dict[str, object]:
    columns = ("id", "published_at", "lang", "origin", "source", "title")
    snippet, marks = _snippet(str(row["title"]), str(row["text"]), reading.evidence(""))
    facts = {name: row[name] for name in columns}
    return facts | {"snippet": snippet, "marks": marks, "url": row["url"]}


def _snippet(
    title: str, text: str, evidence: Sequence[Evidence], *, width: int = 120
) -> tuple[str, list[tuple[int, int]]]:
    """A line around the words that were asked for, and where in it they stand.

    The sentence with the most of them, cut to `width` around the first; where only the title has
    them, or nothing was asked for, the beginning of the text."""
    if not any(item.field == "text" for item in evidence):
        return _line(text, 0, width), []
    shown = excerpt(title, text, evidence)
    first = shown.marks[0][0] if shown.marks else 0
    begin = 0 if len(shown.text) <= width else max(0, first - width // 3)
    lead = "…" if begin else ""
    marks = [
        (start - begin + len(lead), min(end, begin + width) - begin + len(lead))
        for start, end in shown.marks
        if begin <= start < begin + width
    ]
    return lead + _line(shown.text, begin, width), marks


def _line(text: str, begin: int, width: int) -> str:
    """One line: each white space becomes one space, so that places stay."""
    cut = "".join(" " if character.isspace() else character for character in text[begin:][:width])
    return cut + ("…" if begin + width < len(text) else "")
