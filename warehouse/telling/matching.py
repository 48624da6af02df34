"""Matching: versions that wait are judged outside, then written with all that follows from it.

Coding, matches, events, alerts and deliveries of a batch are one transaction. A version that
another process judged meanwhile is left out, so that no event is told twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb

from alerts.reading.coding import Coding, Evidence
from alerts.reading.events.coder import Coder
from alerts.reading.events.event import Assignment, Event, Sighting, assign
from alerts.reading.events.thread import predecessor
from alerts.reading.rules.match import Match, match
from alerts.reading.rules.rule import RuleBook
from alerts.telling.deciding.policy import Policy
from extractors.article import Arrival, Origin, digest
from warehouse.storage.rows import IDS, PLACES, fetch_dicts, insert, listed, many, numbers
from warehouse.telling.announcing import announce, touched
from warehouse.telling.version import Found, Waiting

EVENT_WINDOW = timedelta(days=30)
"""How far from a batch's dates an event may lie that its articles could join."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A version with what was found in it."""

    version: Waiting
    coding: Coding
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch brought."""

    matches: int = 0
    """Of news: seed documents match too, and are not what a cycle brought."""
    alerts: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.matches + other.matches, self.alerts + other.alerts)


def waiting(connection: duckdb.DuckDBPyConnection, *, limit: int) -> list[Waiting]:
    """Versions that wait to be judged, the oldest publication first."""
    chosen = connection.execute(
        """
        SELECT article.rowid, coalesce(quiet, FALSE)
        FROM store.article
        JOIN store.uncoded ON uncoded.version_id = article.version_id
            AND uncoded.article_id = article.id
        ORDER BY coalesce(published_at, first_seen_at), article.id
        LIMIT $limit
        """,
        {"limit": limit},
    ).fetchall()
    found = _versions(connection, [place for place, _ in chosen])
    return [replace(found[place], quiet=quiet) for place, quiet in chosen]


def _versions(connection: duckdb.DuckDBPyConnection, places: Sequence[int]) -> dict[int, Waiting]:
    """What stands at each row number. By place: joined, all texts of a million would be read."""
    answer = connection.execute(
        f"""
        SELECT rowid, id, version_id, url, title, text, language, origin, source_id, site_name,
               published_at, published_source, first_seen_at, arrival
        FROM store.article
        WHERE rowid IN {PLACES}
        """,  # noqa: S608 (our own words)
        {"places": numbers(places)},
    )
    found = {place: Waiting(*row) for place, *row in answer.fetchall()}
    return {
        place: replace(version, origin=Origin(version.origin), arrival=Arrival(version.arrival))
        for place, version in found.items()
    }


def judge(version: Waiting, coder: Coder, book: RuleBook, coding: Coding | None = None) -> Judged:
    """Code a version, unless its coding is known, and match it against the rules."""
    coding = coding or coded(version, coder)
    matches = match(version.title, version.text, version.language, version.source_id, coding, book)
    return Judged(version, coding, matches)


def coded(version: Waiting, coder: Coder) -> Coding:
    """What `coder` finds in a version."""
    day = version.published_at.date() if version.published_at else None
    return coder.code(version.title, version.text, language=version.language, published=day)


def store(
    connection: duckdb.DuckDBPyConnection,
    judged: Sequence[Judged],
    policy: Policy,
    now: datetime,
) -> Counts:
    """Write a batch and what follows from it; must run inside a transaction."""
    ours = _still_waiting(connection, judged)
    _write_codings(connection, ours, now)
    sightings = {
        sighting(item, fired): (item.version, fired) for item in ours for fired in item.matches
    }
    known = _events_around(connection, list(sightings))
    assigned = assign(list(sightings), known)
    found = [Found(*sightings[seen], event_id) for seen, event_id in assigned.placed]
    events = touched(connection, known, _threaded(assigned, known), policy, now)
    _write_events(connection, list(events.after.values()))
    _join_articles(connection, found, now)
    _write_matches(connection, found, now)
    alerts = announce(connection, found, events, policy, now)
    news = sum(item.version.origin is Origin.NEWS for item in found)
    return Counts(news, alerts)


def _threaded(assigned: Assignment, known: Sequence[Event]) -> list[Event]:
    """The events of a batch, each new one in the story that it goes on with. The oldest first, so
    that the story of an earlier one is known by then."""
    others: dict[str | None, dict[str, Event]] = defaultdict(dict)
    for event in (*known, *assigned.events):
        others[event.category][event.id] = event
    threaded = []
    for event in sorted(assigned.events, key=lambda event: (event.first_seen_at, event.id)):
        alike = others[event.category] if event.category else {}
        if event.id in assigned.new and (former := predecessor(event, alike.values())):
            event = replace(event, thread_id=former.thread_id or former.id)
            alike[event.id] = event
        threaded.append(event)
    return threaded


def _still_waiting(connection: duckdb.DuckDBPyConnection, judged: Sequence[Judged]) -> list[Judged]:
    """Take the tickets: by article and version, as two articles may have the same words."""
    tickets = f"""
        FROM store.uncoded
        WHERE (article_id, version_id) IN (
            SELECT (unnest({listed("articles")}), unnest({listed("versions")}))
        )
    """
    values = {
        "articles": many(item.version.article_id for item in judged),
        "versions": many(item.version.version_id for item in judged),
    }
    answer = connection.execute(f"SELECT article_id, version_id {tickets}", values)
    taken = set(answer.fetchall())
    connection.execute(f"DELETE {tickets}", values)
    return [i for i in judged if (i.version.article_id, i.version.version_id) in taken]


def _write_codings(
    connection: duckdb.DuckDBPyConnection, judged: Sequence[Judged], now: datetime
) -> None:
    insert(
        connection,
        "store.coding",
        [
            {
                "article_id": item.version.article_id,
                "version_id": item.version.version_id,
                "relevant": item.coding.relevant,
                "relevance": item.coding.relevance,
                "parties": list(item.coding.parties),
                "reasons": list(item.coding.reasons),
                "coded_at": now,
            }
            for item in judged
        ],
    )
    insert(
        connection,
        "store.coded_event",
        [
            {
                "article_id": item.version.article_id,
                "version_id": item.version.version_id,
                "category": str(event.category),
                "direction": str(event.direction),
                "severity": str(event.severity),
                "status": str(event.status),
                "actor": event.actor,
                "target": event.target,
                "level": event.level,
                "evidence": _evidence_to_json(event.evidence),
                "object": event.object,
            }
            for item in judged
            for event in item.coding.events
        ],
    )


def sighting(item: Judged, fired: Match) -> Sighting:
    """A match as identity sees it. Where a rule of keywords alone fires on an article that other
    rules match for what happened, it is the gravest of those events that the keywords point at:
    the reader is told of the event once, not once a rule."""
    version = item.version
    coded = [found for found in item.matches if found.category is not None]
    event = fired
    if fired.category is None and coded:
        event = max(coded, key=lambda found: found.severity.rank)
    return Sighting(
        article_id=version.article_id,
        rule_id=fired.rule.id,
        category=event.category,
        direction=event.direction,
        severity=event.severity,
        actor=event.actor,
        target=event.target,
        level=event.level,
        title=version.title,
        language=version.language,
        published_at=version.seen_at,
        evidence=fired.evidence,
        object=event.object,
    )


def _events_around(
    connection: duckdb.DuckDBPyConnection, sightings: Sequence[Sighting]
) -> list[Event]:
    """The stored events that the sightings could belong to."""
    if not sightings:
        return []
    moments = [seen.published_at for seen in sightings]
    answer = connection.execute(
        """
        SELECT id, category, rule_id, direction, actor, target, level, object, severity, title,
               first_seen_at, last_seen_at, thread_id, coalesce(
                   list(article_id ORDER BY joined_at) FILTER (WHERE article_id IS NOT NULL), []
               ) AS article_ids
        FROM store.event
        LEFT JOIN store.event_article ON event_article.event_id = event.id
        WHERE last_seen_at >= $since AND first_seen_at <= $until
        GROUP BY ALL
        """,
        {"since": min(moments) - EVENT_WINDOW, "until": max(moments) + EVENT_WINDOW},
    )
    return [_event(row) for row in fetch_dicts(answer)]


def _event(row: dict[str, Any]) -> Event:
    return Event(**{**row, "article_ids": tuple(row["article_ids"])})


def _write_events(connection: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> None:
    """Insert new events and replace those that an article joined."""
    connection.execute(
        f"DELETE FROM store.event WHERE id IN {IDS}",  # noqa: S608 (our own words)
        {"ids": many(event.id for event in events)},
    )
    rows = [{name: _plain(getattr(event, name)) for name in _EVENT_FIELDS} for event in events]
    insert(connection, "store.event", rows)


_EVENT_FIELDS = (
    "id",
    "category",
    "rule_id",
    "direction",
    "actor",
    "target",
    "level",
    "severity",
    "title",
    "first_seen_at",
    "last_seen_at",
    "object",
    "thread_id",
)


def _plain(value: object) -> object:
    return value if isinstance(value, datetime) or value is None else str(value)


def _join_articles(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Found], now: datetime
) -> None:
    pairs = dict.fromkeys((item.event_id, item.version.article_id) for item in found)
    known = set(
        connection.execute(
            f"SELECT event_id, article_id FROM store.event_article WHERE event_id IN {IDS}",  # noqa: S608
            {"ids": many(event_id for event_id, _ in pairs)},
        ).fetchall()
    )
    rows = [
        {"event_id": event_id, "article_id": article_id, "joined_at": now}
        for event_id, article_id in pairs
        if (event_id, article_id) not in known
    ]
    insert(connection, "store.event_article", rows)


def _match_id(item: Found) -> str:
    version = item.version
    parts = (version.article_id, version.version_id, item.match.rule.id, item.event_id)
    return digest("\n".join(parts))


def _write_matches(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Found], now: datetime
) -> None:
    rows = [
        {
            "id": _match_id(item),
            "article_id": item.version.article_id,
            "version_id": item.version.version_id,
            "rule_id": item.match.rule.id,
            "rule_version": item.match.rule.version,
            "category": _plain(item.match.category),
            "direction": _plain(item.match.direction),
            "severity": str(item.match.severity),
            "actor": item.match.actor,
            "target": item.match.target,
            "level": item.match.level,
            "evidence": _evidence_to_json(item.match.evidence),
            "event_id": item.event_id,
            "matched_at": now,
        }
        for item in found
    ]
    insert(connection, "store.match", rows)


def _evidence_to_json(evidence: Sequence[Evidence]) -> str:
    return json.dumps(
        [{"field": e.field, "start": e.start, "end": e.end, "term": e.term} for e in evidence],
        ensure_ascii=False,
    )
