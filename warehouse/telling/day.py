"""A day, or a week, in the warehouse: what its digest tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import duckdb

from alerts.telling.notice import Notice
from alerts.telling.writing.digest import Digest, Happening, Span, Standing
from warehouse.storage.rows import fetch_dicts
from warehouse.telling import mutes

Row = dict[str, Any]


def digest_between(
    connection: duckdb.DuckDBPyConnection,
    since: datetime,
    until: datetime,
    *,
    span: Span = Span.DAY,
    outlets: Mapping[str, str] | None = None,
    rules: Mapping[str, str] | None = None,
    muted: bool = True,
) -> Digest:
    """The events that news joined from `since` to `until`, and how the sources do now.

    `outlets` names sources, and `rules` rules, by their ids. What is muted at `until` is marked as
    such, or left out (`muted`).
    """
    names, titles = outlets or {}, rules or {}
    mute = _mute(connection, until)
    rows = _events(connection, since, until)
    happenings = [_happening(row, names, titles, muted=mute(row)) for row in rows]
    failing = _sources(connection, "error_streak > 0")
    silent = _silent(connection) - set(failing)
    return Digest(
        since=since,
        until=until,
        happenings=tuple(item for item in happenings if muted or not item.muted),
        sources_ok=len(_sources(connection, "error_streak = 0")) - len(silent),
        sources_failing=tuple(names.get(source, source) for source in failing),
        sources_silent=tuple(names.get(source, source) for source in sorted(silent)),
        articles=_articles(connection, since, until),
        span=span,
    )


def _events(connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> list[Row]:
    """One row an event that news joined in the period. The first report speaks for it."""
    answer = connection.execute(
        """
        SELECT event.id, event.category, event.rule_id, event.direction, event.severity,
               event.actor, event.target, event.level, event.thread_id, rules,
               count(*) FILTER (WHERE in_period) AS articles,
               count(DISTINCT source_id) AS outlets,
               min(joined_at) >= $since AS opened,
               bool_or(in_period AND arrival = 'new') AS is_news,
               min(seen_at) AS first_at,
               arg_min(first, place) AS first
        FROM store.event
        JOIN (
            SELECT event_id, joined_at, source_id, arrival,
                   coalesce(published_at, first_seen_at) AS seen_at,
                   joined_at >= $since AND joined_at < $until AS in_period,
                   (seen_at, article_id) AS place,
                   {
                       'headline': title, 'language': language, 'url': url,
                       'source_id': source_id, 'published_source': published_source
                   } AS first
            FROM store.event_article
            JOIN store.article ON article.id = article_id
            WHERE origin != 'seed' AND joined_at < $until
        ) AS report ON report.event_id = event.id
        LEFT JOIN (
            SELECT event_id, list(DISTINCT rule_id) AS rules
            FROM store.match
            GROUP BY event_id
        ) AS fired ON fired.event_id = event.id
        GROUP BY ALL
        HAVING articles > 0
        ORDER BY first_at, event.id
        """,
        {"since": since, "until": until},
    )
    return fetch_dicts(answer)


def _mute(connection: duckdb.DuckDBPyConnection, until: datetime) -> Callable[[Row], bool]:
    """Whether an event is muted: its story, or every rule that matched it."""
    present = mutes.present(connection, until)

    def muted(row: Row) -> bool:
        story = row["thread_id"] or row["id"]
        rules = row["rules"] or [row["rule_id"]]
        return ("event", story) in present or all(("rule", rule) in present for rule in rules)

    return muted


def _happening(
    row: Row, names: Mapping[str, str], titles: Mapping[str, str], *, muted: bool
) -> Happening:
    standing = Standing.NEW if row["opened"] else Standing.CONTINUING
    return Happening(
        notice=_notice(row, names, titles),
        standing=standing if row["is_news"] else Standing.BACKLOG,
        articles=row["articles"],
        outlets=row["outlets"],
        muted=muted,
    )


def _notice(row: Row, names: Mapping[str, str], titles: Mapping[str, str]) -> Notice:
    """What a digest says of an event; whether it ever alerted makes no difference."""
    first, rule = row["first"], row["rule_id"] or ""
    return Notice(
        alert_id=row["id"],
        event_id=row["id"],
        rule_id=rule,
        rule_name=titles.get(rule, rule),
        rule_version="",
        **{
            name: row[name]
            for name in ("category", "direction", "severity", "actor", "target", "level")
        },
        headline=first["headline"] or "",
        language=first["language"] or "und",
        outlet=names.get(first["source_id"], first["source_id"] or ""),
        url=first["url"],
        passage="",
        marks=(),
        published_at=row["first_at"],
        published_source=first["published_source"],
        first_seen_at=row["first_at"],
    )


def _sources(connection: duckdb.DuckDBPyConnection, condition: str) -> list[str]:
    answer = connection.execute(
        f"""
        SELECT source_id
        FROM store.source_state
        SEMI JOIN store.source ON source.id = source_state.source_id AND source.enabled
        WHERE {condition}
        ORDER BY source_id
        """  # noqa: S608 (one of two conditions above)
    )
    return [row[0] for row in answer.fetchall()]


def _silent(connection: duckdb.DuckDBPyConnection) -> set[str]:
    answer = connection.execute(
        "SELECT key FROM store.silence SEMI JOIN store.source ON id = key AND enabled "
        "WHERE silence.kind = 'source'"
    )
    return {row[0] for row in answer.fetchall()}


def _articles(connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> int:
    answer = connection.execute(
        """
        SELECT count(*)
        FROM store.article
        WHERE origin != 'seed' AND first_seen_at >= $since AND first_seen_at < $until
        """,
        {"since": since, "until": until},
    )
    return int(answer.fetchall()[0][0])
