"""Replay: which stored articles a rule book would have matched, without writing anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from alerts.reading.coding import (
    Category,
    CodedEvent,
    Coding,
    Direction,
    Evidence,
    Severity,
    Status,
)
from alerts.reading.events.coder import Coder
from alerts.reading.events.event import Sighting
from alerts.reading.rules.match import match_document
from alerts.reading.rules.rule import RuleBook
from alerts.reading.rules.verdict import Document
from extractors.article import Origin
from warehouse.collecting.folding import stale
from warehouse.telling.matching import Judged, coded, sighting
from warehouse.telling.version import Waiting

_ROWS = 1000
"""Articles that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which articles: published (or else first seen) from `since` to `until`, both included, in the
    connection's time zone; of these, part number `part` of `parts`."""

    since: date | None = None
    until: date | None = None
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that would have fired."""

    sighting: Sighting
    source_id: str
    url: str

    @property
    def key(self) -> tuple[str, str]:
        """Rule and article."""
        return self.sighting.rule_id, self.sighting.article_id


def count(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> int:
    """How many articles of the news there are."""
    statement = f"SELECT count(*) FROM store.article WHERE {_WHERE}"  # noqa: S608
    row = connection.execute(statement, _bounds(stretch)).fetchone()
    return int(row[0]) if row else 0


def replay(
    connection: duckdb.DuckDBPyConnection,
    book: RuleBook,
    stretch: Stretch,
    coder: Coder | None = None,
) -> list[Firing]:
    """What the book would have fired on, as the articles were coded, or as `coder` codes them.

    Seed documents, which never alert, are left out. Evidence is left out.
    """
    return [
        firing
        for version, document, coding in _past(connection, stretch, coder)
        for firing in _fired(version, document, coding, book)
    ]


def _fired(
    version: Waiting, document: Document, coding: Coding, book: RuleBook
) -> Iterator[Firing]:
    matches = match_document(document, coding, book, with_words=False)
    judged = Judged(version, coding, matches)
    for fired in matches:
        yield Firing(sighting(judged, fired), version.source_id, version.url)


_WHERE = """
    origin = 'news'
    AND ($since::DATE IS NULL OR coalesce(published_at, first_seen_at) >= $since::DATE)
    AND (
        $until::DATE IS NULL
        OR coalesce(published_at, first_seen_at) < $until::DATE + INTERVAL 1 DAY
    )
    AND hash(article.id) % $parts = $part
"""


def _bounds(stretch: Stretch) -> dict[str, object]:
    return {
        "since": stretch.since,
        "until": stretch.until,
        "parts": stretch.parts,
        "part": stretch.part,
    }


def _past(
    connection: duckdb.DuckDBPyConnection, stretch: Stretch, coder: Coder | None
) -> Iterator[tuple[Waiting, Document, Coding]]:
    events = _events(connection, stretch) if coder is None else {}
    answer = connection.execute(
        f"""
        SELECT article.id, article.version_id, url, title, text, language, origin, source_id,
               site_name, published_at, published_source, first_seen_at,
               CASE WHEN {stale(connection)} THEN NULL ELSE folded END AS folded,
               relevant, relevance, parties
        FROM store.article
        LEFT JOIN (
            SELECT article_id, version_id, max_by(relevant, coded_at) AS relevant,
                   max_by(relevance, coded_at) AS relevance, max_by(parties, coded_at) AS parties
            FROM store.coding
            GROUP BY article_id, version_id
        ) AS coding ON coding.article_id = article.id
            AND coding.version_id = article.version_id
        WHERE {_WHERE}
        """,  # noqa: S608 (the condition stands above)
        _bounds(stretch),
    )
    while rows := answer.fetchmany(_ROWS):
        for *facts, folded, relevant, relevance, parties in rows:
            version = _version(facts)
            if coder is not None:
                coding = coded(version, coder)
            else:
                told = events.get((version.article_id, version.version_id), ())
                coding = Coding(bool(relevant), relevance or 0.0, tuple(parties or ()), told)
            yield version, _document(version, coding, folded), coding


def _version(facts: list[Any]) -> Waiting:
    return replace(Waiting(*facts), origin=Origin(facts[6]))


def _document(version: Waiting, coding: Coding, folded: str | None) -> Document:
    return Document.of(
        version.title, version.text, version.language, version.source_id, coding, folded
    )


Events = Mapping[tuple[str, str], tuple[CodedEvent, ...]]


def _events(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> Events:
    """What the coder found, by article and version."""
    answer = connection.execute(
        f"""
        SELECT DISTINCT coded_event.article_id, coded_event.version_id, category, direction,
               severity, status, actor, target, level, object
        FROM store.coded_event
        JOIN store.article ON article.id = coded_event.article_id
            AND article.version_id = coded_event.version_id
        WHERE {_WHERE}
        ORDER BY ALL
        """,  # noqa: S608 (the condition stands above)
        _bounds(stretch),
    )
    found: dict[tuple[str, str], list[CodedEvent]] = defaultdict(list)
    for article_id, version_id, *row in answer.fetchall():
        found[article_id, version_id].append(_event(row))
    return {key: tuple(events) for key, events in found.items()}


def article(connection: duckdb.DuckDBPyConnection, id: str) -> Waiting | None:
    """The present version of a stored article or seed document; None where there is none."""
    answer = connection.execute(
        """
        SELECT id, version_id, url, title, text, language, origin, source_id, site_name,
               published_at, published_source, first_seen_at
        FROM store.article
        WHERE id = $id
        """,
        {"id": id},
    ).fetchone()
    return None if answer is None else _version(list(answer))


def coding(connection: duckdb.DuckDBPyConnection, version: Waiting) -> Coding | None:
    """What the coder found in it, with the words; None where it was not coded yet."""
    key = {"id": version.article_id, "version": version.version_id}
    answer = connection.execute(
        """
        SELECT relevant, relevance, parties, reasons
        FROM store.coding
        WHERE article_id = $id AND version_id = $version
        ORDER BY coded_at DESC
        """,
        key,
    ).fetchone()
    if answer is None:
        return None
    found = connection.execute(
        """
        SELECT DISTINCT category, direction, severity, status, actor, target, level, object,
               evidence
        FROM store.coded_event
        WHERE article_id = $id AND version_id = $version
        ORDER BY ALL
        """,
        key,
    ).fetchall()
    relevant, relevance, parties, reasons = answer
    events = tuple(_event(row[:-1], _evidence(row[-1])) for row in found)
    return Coding(relevant, relevance, tuple(parties), events, tuple(reasons))


def _event(row: Sequence[str], evidence: tuple[Evidence, ...] = ()) -> CodedEvent:
    category, direction, severity, status, actor, target, level, thing = row
    return CodedEvent(
        Category(category),
        Direction(direction),
        Severity(severity),
        Status(status),
        actor,
        target,
        level,
        evidence,
        thing,
    )


def _evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(**one) for one in json.loads(text))
