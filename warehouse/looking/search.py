"""Search: articles that answer a query, with the words that made them answer.

The language is that of rules (`alerts.reading.rules.query`) and the verdict is theirs too: the
database narrows the articles by what a match cannot do without, and `alerts.reading.rules.verdict`
decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice

import duckdb

from alerts.reading.coding import Category
from alerts.reading.rules.query import Is, Node, Query
from alerts.reading.rules.query_text import parse
from alerts.reading.rules.verdict import Document, Queries, Reading
from extractors.article import Origin
from warehouse.collecting.folding import stale
from warehouse.collecting.key import stored
from warehouse.errors import QueryError
from warehouse.looking.concordance import MOST, Concordance, uncovered
from warehouse.looking.grams import needed
from warehouse.looking.narrowing import condition, fact, named, used
from warehouse.looking.snippet import snippet_of, title_marks
from warehouse.looking.stretch import Stretch, is_open, joined, stretches_of, within
from warehouse.storage.rows import IDS, KEYS, PLACES, fetch_dicts, many, numbers

_FIRST_CHUNK = 64
"""Candidates that are decided at a time; each chunk is twice as large as the one before."""
_LARGEST_CHUNK = 4096
_SPARE = 4
"""Candidates of the concordance that are read beyond those that are asked for."""
_FEW = 12
"""Names that one reads through, where none is near."""
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
    """Rows with id, published_at, lang, origin, source, title, snippet, marks, url, title_marks.

    A `concordance` finds the same, sooner. `marks` are the places in `snippet` (start, end) of the
    words that were asked for, `title_marks` those in `title`. Raises alerts.errors.QueryError for a
    query that is none, and QueryError for a language or source that no article has.
    """
    query = parse(wanted.query)
    _check(connection, wanted, query)
    queries = Queries({"": query})
    answers = (
        _shown(row, reading)
        for row in _candidates(connection, wanted, query, concordance)
        if (reading := queries.read(_document(row))).holds("")
    )
    return list(islice(answers, (wanted.page - 1) * wanted.limit, wanted.page * wanted.limit))


def _check(connection: duckdb.DuckDBPyConnection, wanted: Search, query: Query) -> None:
    """A filter that nothing can pass is a slip of the pen. Raises QueryError."""
    if wanted.language not in {None, *_LANGUAGES}:
        kept = _names(connection, "SELECT DISTINCT language FROM store.article")
        _expect("language", str(wanted.language), _LANGUAGES | kept)
    asked = [node for node in query.nodes if isinstance(node, Is) and node.facet == "source"]
    if wanted.source is not None:
        asked.append(Is("source", wanted.source))
    # One that is new in the settings has brought nothing yet.
    sources = "SELECT DISTINCT source_id FROM store.article UNION SELECT id FROM store.source"
    known = _names(connection, sources) if asked else set()
    for node in asked:
        _expect("source", node.value, known, begins=node.open_end)


def _names(connection: duckdb.DuckDBPyConnection, statement: str) -> set[str]:
    return {name for (name,) in connection.execute(statement).fetchall() if name}


def _expect(what: str, value: str, known: set[str], *, begins: bool = False) -> None:
    if value in known or (begins and any(name.startswith(value) for name in known)):
        return
    near = [*(name for name in sorted(known) if value in name), *get_close_matches(value, known)]
    hint = f"did you mean {' or '.join(dict.fromkeys(near[:3]))}?" if near else _all_of(known)
    raise QueryError("search", f"no article has the {what} {value!r}", hint)


def _all_of(known: set[str]) -> str:
    if len(known) > _FEW:
        return "`noroshi sources list` has their ids"
    return f"there are: {', '.join(sorted(known)) or 'none yet'}"


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
    by_time = wanted.sort is not Sort.RELEVANCE
    stretches = stretches_of(connection, wanted.since, wanted.until, cut=by_time)
    if wanted.sort is Sort.OLDEST:
        stretches.reverse()
    if wanted.sort is Sort.NEWEST and stretches and is_open(stretches[0]):
        yield _narrowed(connection, wanted, root, stretches.pop(0)), None
    found = _listed(connection, wanted, root, stretches, concordance) if stretches else []
    if found is not None:
        yield found, root
        return
    for stretch in stretches:
        yield _narrowed(connection, wanted, root, stretch), None


def _narrowed(
    connection: duckdb.DuckDBPyConnection, wanted: Search, root: Node, stretch: Stretch
) -> list[int]:
    """Row numbers of what may answer within a stretch, in order, by a look at all texts in it."""
    parameters: dict[str, object] = {}
    asked = _asked(connection, root, parameters)
    return _ordered(connection, wanted, stretch, asked, parameters)


def _listed(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    root: Node,
    stretches: Sequence[Stretch],
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
    return _ordered(connection, wanted, joined(stretches), among, parameters)


def _asked(
    connection: duckdb.DuckDBPyConnection, root: Node, parameters: dict[str, object]
) -> str | None:
    """The condition of a query; texts that are folded otherwise meet it all."""
    known = condition(root, parameters)
    return f"({stale(connection)} OR {known})" if known else None


def _ordered(
    connection: duckdb.DuckDBPyConnection,
    wanted: Search,
    stretch: Stretch,
    asked: str | None,
    parameters: dict[str, object],
) -> list[int]:
    """Row numbers of what lies in a stretch, passes the filters and meets a condition, in order."""
    conditions = [*within(stretch, parameters), *_filtered(wanted, parameters), asked]
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
    title, evidence = str(row["title"]), reading.evidence("")
    snippet, marks = snippet_of(title, str(row["text"]), evidence)
    facts = {name: row[name] for name in columns} | {"snippet": snippet, "marks": marks}
    return facts | {"url": row["url"], "title_marks": title_marks(title, evidence)}
