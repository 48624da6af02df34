"""Announcing: the alerts that a batch of matches makes.

What is decided is pure (`alerts.telling.deciding.decider`); here is what it is decided on, and
the notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from alerts.reading.events.event import Event
from alerts.reading.rules.rule import Development
from alerts.telling.deciding.decider import EVERYBODY, Case, Cooling, Decision, decide
from alerts.telling.deciding.news import Told, told_by
from alerts.telling.deciding.outbox import deliveries_for
from alerts.telling.deciding.policy import Occasion, Policy
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.excerpt import excerpt
from extractors.article import Origin, digest
from warehouse.telling import decisions, mutes, outbox, stories
from warehouse.telling.outbox import Announcement
from warehouse.telling.version import Found, Waiting


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
) -> int:
    """Decide on the alerts of a batch and write them; how many. Must run in its transaction."""
    loud, quiet = _parted(connection, found, events.after, now)
    fresh, reports = _by_event(loud), _by_event(found)
    known = _known(connection, fresh, events, policy, now)
    made, kept = [], decisions.of_quiet(quiet)
    for id in sorted(fresh, key=lambda id: (events.after[id].first_seen_at, id)):
        case = _case(events.after[id], fresh[id], known, events)
        verdict = decide(case, policy, now)
        told = _Reported(case, fresh[id], reports[id])
        alerts = [_made(told, decision, known) for decision in verdict.alerts]
        kept += decisions.of_verdict(id, verdict, [alert.notice.alert_id for alert in alerts])
        made += alerts
    outbox.post(connection, made, now)
    stories.supersede(connection, known.superseded)
    decisions.keep(connection, kept, now)
    return len(made)


@dataclass(frozen=True, slots=True)
class _Reported:
    """What a batch says of one event."""

    case: Case
    fresh: Sequence[Found]
    """What may alert, the earliest publication first."""
    found: Sequence[Found]
    """All of it."""


def _made(reported: _Reported, decision: Decision, known: _Known) -> Announcement:
    """An alert, which is known from now on."""
    announcement, case = _announcement(reported, decision, known), reported.case
    if decision.kind is NoticeKind.UPDATE:
        known.superseded.extend(stories.superseded(case.cooling, decision.channels))
    known.note(case, decision, announcement.notice.alert_id)
    return announcement


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the stories of a batch."""

    told: dict[str, stories.Channels]
    cooling: dict[str, dict[str, Cooling]]
    official: Mapping[str, str]
    """By event: the outlet that speaks for a government."""
    policy: Policy
    now: datetime
    superseded: list[tuple[str, str]] = field(default_factory=list)
    """Alert and channel of what a later alert says too."""

    def note(self, case: Case, decision: Decision, alert_id: str) -> None:
        """One more alert is made."""
        story, waits = _story(case.event), decision.due_at > self.now
        at = None if waits else self.now
        alert = told_by(case.event, alert_id, official=case.official, at=at)
        stories.note(self.told.setdefault(story, {}), alert, decision.channels)
        cooling = self.cooling.setdefault(story, {})
        for channel in decision.channels if decision.kind is NoticeKind.UPDATE else ():
            cooling.pop(channel, None)
            if waits:
                ids = frozenset({alert_id})
                cooling[channel] = Cooling(ids, decision.facts, decision.due_at)


def _known(
    connection: duckdb.DuckDBPyConnection,
    fresh: Collection[str],
    events: Touched,
    policy: Policy,
    now: datetime,
) -> _Known:
    ids = {_story(events.after[id]) for id in fresh}
    officials = stories.officials(connection, fresh, policy.official)
    return _Known(
        stories.told(connection, ids, now),
        stories.cooling(connection, ids, now),
        {id: _named(*source, policy.outlets) for id, source in officials.items()},
        policy,
        now,
    )


def _parted(
    connection: duckdb.DuckDBPyConnection,
    found: Iterable[Found],
    events: Mapping[str, Event],
    now: datetime,
) -> tuple[list[Found], list[Found]]:
    """What may alert, the earliest publication first; and what may not, or is muted."""
    muted = mutes.present(connection, now)
    loud: list[Found] = []
    quiet: list[Found] = []
    for item in sorted(found, key=lambda item: (item.version.seen_at, item.version.article_id)):
        asked = {("rule", item.match.rule.id), ("event", _story(events[item.event_id]))}
        tells = item.version.may_alert and muted.isdisjoint(asked)
        (loud if tells else quiet).append(item)
    return loud, quiet


def _by_event(found: Iterable[Found]) -> dict[str, list[Found]]:
    grouped: dict[str, list[Found]] = {}
    for item in found:
        grouped.setdefault(item.event_id, []).append(item)
    return grouped


def _story(event: Event) -> str:
    return event.thread_id or event.id


def _case(event: Event, fresh: Sequence[Found], known: _Known, events: Touched) -> Case:
    story = _story(event)
    return Case(
        event=event,
        occasions=tuple(_occasion(item, event, known.policy) for item in fresh),
        official=event.id in known.official,
        told=known.told.setdefault(story, {}),
        cooling=known.cooling.setdefault(story, {}),
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


def _announcement(reported: _Reported, decision: Decision, known: _Known) -> Announcement:
    case = reported.case
    speaker = _speaker(case.event, reported.fresh, decision.facts, known.policy)
    further = decision.kind is NoticeKind.UPDATE
    notice = replace(
        _notice(reported, speaker, known.policy.outlets, known.now),
        kind=decision.kind,
        facts=tuple(_sourced(fact, known.official.get(case.event.id)) for fact in decision.facts),
        thread_id=case.told[EVERYBODY][0].alert_id if further else None,
    )
    deliveries = deliveries_for(notice.alert_id, decision.channels, known.now, decision.due_at)
    return Announcement(notice, speaker.version.article_id, deliveries, case.official)


def _sourced(fact: NewFact, outlet: str | None) -> NewFact:
    """Who says so, for what an official source confirms; one that waited says it already."""
    if fact.development is not Development.OFFICIAL or fact.after != "official":
        return fact
    return replace(fact, after=outlet or fact.after)


def _speaker(
    event: Event, fresh: Sequence[Found], facts: Sequence[NewFact], policy: Policy
) -> Found:
    """The report that speaks for the event: the earliest that says what is new."""
    new = {fact.development for fact in facts}
    if Development.OFFICIAL in new:
        spoken = (item for item in fresh if item.version.source_id in policy.official)
        return next(spoken, fresh[0])
    if Development.SEVERITY in new:
        grave = (item for item in fresh if item.match.severity == event.severity)
        return next(grave, fresh[0])
    return fresh[0]


def _notice(
    reported: _Reported, speaker: Found, outlets: Mapping[str, str], now: datetime
) -> Notice:
    event, version, why = reported.case.event, speaker.version, speaker.match
    shown = excerpt(version.title, version.text, why.evidence)
    reports = {item.version.article_id: item.version for item in reported.found}
    return Notice(
        alert_id=_alert_id(reported.case),
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
        outlet=_outlet(version, outlets),
        url=version.url,
        passage=shown.text,
        marks=shown.marks,
        published_at=version.published_at,
        published_source=version.published_source,
        first_seen_at=min(version.first_seen_at, now),
        appearances=tuple(
            Appearance(_outlet(report, outlets), report.url, report.title, report.language)
            for report in reports.values()
            if report.origin is Origin.NEWS
        ),
        rules=_rules(speaker, reported.fresh),
    )


def _alert_id(case: Case) -> str:
    """By the event and how many alerts there are on it already."""
    before = sum(told.event_id == case.event.id for told in case.told.get(EVERYBODY, ()))
    return digest(f"{case.event.id}\n{before}")


def _rules(speaker: Found, fresh: Sequence[Found]) -> tuple[FiredRule, ...]:
    """Every rule that fired, that of the speaker first."""
    rules = {item.match.rule.id: item.match.rule for item in (speaker, *fresh)}
    return tuple(FiredRule(rule.id, rule.name, rule.version) for rule in rules.values())


def _outlet(version: Waiting, outlets: Mapping[str, str]) -> str:
    """The name that the operator gave to the source, or else the page's own for its site."""
    return _named(version.source_id, version.site_name, outlets)


def _named(source_id: str, site_name: str | None, outlets: Mapping[str, str]) -> str:
    named = outlets.get(source_id, source_id)
    return named if named != source_id else site_name or source_id


def _word(value: object) -> str | None:
    return None if value is None else str(value)
