"""Announcing: the alerts that a batch of matches makes.

What is decided is pure (`alerts.telling.deciding.decider`); here is what it is decided on, and
the notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from alerts.reading.event import Event
from alerts.reading.rule import Development
from alerts.telling.deciding.decider import Case, Decision, decide
from alerts.telling.deciding.news import Told, joined, told_by
from alerts.telling.deciding.outbox import deliveries_for
from alerts.telling.deciding.policy import Occasion, Policy
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.excerpt import excerpt
from extractors.article import Origin, digest
from warehouse import mutes, stories
from warehouse.outbox import Announcement
from warehouse.version import Found, Waiting


@dataclass(frozen=True, slots=True)
class Touched:
    """The events that a batch touched."""

    before: Mapping[str, Event]
    """Those that were known, as they were."""
    after: Mapping[str, Event]
    """All of them, as they are."""
    old: Mapping[str, Told]
    """Those that only old news reported before."""


def touched(
    connection: duckdb.DuckDBPyConnection,
    before: Iterable[Event],
    after: Iterable[Event],
    policy: Policy,
    now: datetime,
) -> Touched:
    """Call it before the articles of the batch join their events."""
    now_ = {event.id: event for event in after}
    known = {event.id: event for event in before if event.id in now_}
    return Touched(known, now_, stories.old(connection, known.values(), policy.official, now))


def announce(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Found],
    events: Touched,
    policy: Policy,
    now: datetime,
) -> list[Announcement]:
    """The alerts on a batch. Must run in its transaction, before they are posted."""
    fresh = _fresh(connection, found, events.after, now)
    ids = {_story(events.after[id]) for id in fresh}
    told, reached = stories.told(connection, ids), stories.reached(connection, ids)
    cooling = stories.cooling(connection, ids, now)
    by_event = _by_event(found)
    made = []
    for id in sorted(fresh, key=lambda id: (events.after[id].first_seen_at, id)):
        event = events.after[id]
        story = _story(event)
        case = _case(event, fresh[id], told.get(story, ()), reached.get(story, ()), events, policy)
        decision = decide(case, policy, now)
        if decision is None:
            continue
        if waits := cooling.get(story):
            decision = _with_what_waits(decision, waits)
        announcement = _announcement(case, decision, fresh[id], by_event[id], policy, now)
        if waits and decision.kind is NoticeKind.UPDATE:
            stories.supersede(connection, announcement, waits)
        made.append(announcement)
        alert = told_by(event, announcement.notice.alert_id, official=case.official, at=now)
        told.setdefault(story, []).append(alert)
        reached.setdefault(story, set()).update(decision.channels)
    return made


def _fresh(
    connection: duckdb.DuckDBPyConnection,
    found: Iterable[Found],
    events: Mapping[str, Event],
    now: datetime,
) -> dict[str, list[Found]]:
    """What may alert, by event: the earliest publication first, and nothing that is muted."""
    muted = mutes.present(connection, now)
    news = [
        item
        for item in found
        if item.version.may_alert
        and ("rule", item.match.rule.id) not in muted
        and ("event", _story(events[item.event_id])) not in muted
    ]
    news.sort(key=lambda item: (item.version.seen_at, item.version.article_id))
    return _by_event(news)


def _by_event(found: Iterable[Found]) -> dict[str, list[Found]]:
    grouped: dict[str, list[Found]] = {}
    for item in found:
        grouped.setdefault(item.event_id, []).append(item)
    return grouped


def _story(event: Event) -> str:
    return event.thread_id or event.id


def _case(
    event: Event,
    fresh: Sequence[Found],
    story: Sequence[Told],
    reached: Collection[str],
    events: Touched,
    policy: Policy,
) -> Case:
    return Case(
        event=event,
        occasions=tuple(_occasion(item, event, policy) for item in fresh),
        official=any(item.version.source_id in policy.official for item in fresh),
        story=tuple(story),
        reached=frozenset(reached),
        old=events.old.get(event.id),
    )


def _occasion(item: Found, event: Event, policy: Policy) -> Occasion:
    return Occasion(
        rule=item.match.rule,
        category=_word(event.category),
        severity=str(event.severity),
        language=item.version.language,
        parties=frozenset(party for party in (event.actor, event.target) if party),
        tags=policy.tags_of(item.version.source_id),
    )


def _with_what_waits(decision: Decision, waits: stories.Cooling) -> Decision:
    """One alert when the cool-down ends, for all that was new by then."""
    if decision.kind is not NoticeKind.UPDATE:
        return decision
    facts = joined(waits.facts, decision.facts) or decision.facts
    return replace(decision, facts=facts, due_at=waits.due_at)


def _announcement(
    case: Case,
    decision: Decision,
    fresh: Sequence[Found],
    found: Sequence[Found],
    policy: Policy,
    now: datetime,
) -> Announcement:
    speaker = _speaker(case.event, fresh, decision.facts, policy)
    notice = replace(
        _notice(case, speaker, fresh, found, policy, now),
        kind=decision.kind,
        facts=tuple(_sourced(fact, speaker, policy) for fact in decision.facts),
        thread_id=case.story[0].alert_id if decision.kind is NoticeKind.UPDATE else None,
    )
    deliveries = deliveries_for(notice.alert_id, decision.channels, now, decision.due_at)
    return Announcement(notice, speaker.version.article_id, deliveries, case.official)


def _sourced(fact: NewFact, speaker: Found, policy: Policy) -> NewFact:
    """Who says so, for what an official source confirms."""
    if fact.development is not Development.OFFICIAL:
        return fact
    return replace(fact, after=_outlet(speaker.version, policy.outlets))


def _speaker(
    event: Event, fresh: Sequence[Found], facts: Sequence[NewFact], policy: Policy
) -> Found:
    """The report that speaks for the event: the earliest that says what is new."""
    new = {fact.development for fact in facts}
    if Development.OFFICIAL in new:
        return next(item for item in fresh if item.version.source_id in policy.official)
    if Development.SEVERITY in new:
        grave = (item for item in fresh if item.match.severity == event.severity)
        return next(grave, fresh[0])
    return fresh[0]


def _notice(
    case: Case,
    speaker: Found,
    fresh: Sequence[Found],
    found: Sequence[Found],
    policy: Policy,
    now: datetime,
) -> Notice:
    event, version, why = case.event, speaker.version, speaker.match
    shown = excerpt(version.title, version.text, why.evidence)
    reports = {item.version.article_id: item.version for item in found}
    return Notice(
        alert_id=digest(f"{event.id}\n{sum(told.event_id == event.id for told in case.story)}"),
        event_id=event.id,
        rule_id=why.rule.id,
        rule_name=why.rule.name,
        rule_version=why.rule.version,
        category=_word(event.category),
        direction=_word(event.direction),
        severity=str(event.severity),
        actor=event.actor,
        target=event.target,
        level=event.level,
        headline=version.title,
        language=version.language,
        outlet=_outlet(version, policy.outlets),
        url=version.url,
        passage=shown.text,
        marks=shown.marks,
        published_at=version.published_at,
        published_source=version.published_source,
        first_seen_at=min(version.first_seen_at, now),
        appearances=tuple(
            Appearance(_outlet(report, policy.outlets), report.url, report.title, report.language)
            for report in reports.values()
            if report.origin is Origin.NEWS
        ),
        rules=_rules(speaker, fresh),
    )


def _rules(speaker: Found, fresh: Sequence[Found]) -> tuple[FiredRule, ...]:
    """Every rule that fired, that of the speaker first."""
    rules = {item.match.rule.id: item.match.rule for item in (speaker, *fresh)}
    return tuple(FiredRule(rule.id, rule.name, rule.version) for rule in rules.values())


def _outlet(version: Waiting, outlets: Mapping[str, str]) -> str:
    """The name that the operator gave to the source, or else the page's own for its site."""
    named = outlets.get(version.source_id, version.source_id)
    return named if named != version.source_id else version.site_name or version.source_id


def _word(value: object) -> str | None:
    return None if value is None else str(value)
