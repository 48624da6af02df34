"""News: what is new about an event, for those who were told of it or of what it goes on with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.reading.coding import Direction, Severity
from alerts.reading.events.event import Event
from alerts.reading.events.grave import LEVELS
from alerts.reading.rules.rule import Development, Rule
from alerts.telling.notice import NewFact


@dataclass(frozen=True, slots=True)
class Told:
    """One alert on a story: what readers know by it. Or, without an alert, what was old already
    when noroshi first saw the event."""

    alert_id: str | None
    event_id: str
    severity: str
    direction: str | None
    level: str | None
    parties: frozenset[str]
    official: bool
    """Whether an official source had said so."""
    at: datetime | None
    """When it went out, or was written where it is on its way; None where it waits for the end of
    a cool-down or was left out: no further alert has to keep a distance from it."""


def told_by(event: Event, alert_id: str | None, *, official: bool, at: datetime | None) -> Told:
    """What an alert on an event as it stands tells."""
    return Told(
        alert_id=alert_id,
        event_id=event.id,
        severity=str(event.severity),
        direction=_word(event.direction),
        level=event.level,
        parties=_parties(event),
        official=official,
        at=at,
    )


def news(event: Event, story: Sequence[Told], *, official: bool) -> tuple[NewFact, ...]:
    """What of `event` is in none of the alerts on its story (in order, at least one).

    An event that was told of itself can become graver, or official. One that was not can turn the
    story, bring another level, another party, or a graver case.
    """
    here = [told for told in story if told.event_id == event.id]
    if here:
        facts = [_graver(event, here), _confirmed(here, official)]
    else:
        facts = [_turned(event, story), _level(event, story), *_further(event, story)]
        facts.append(None if facts[0] else _graver(event, story))
    return tuple(fact for fact in facts if fact is not None)


def rings(rule: Rule, facts: Iterable[NewFact]) -> bool:
    """Whether a rule wants a further alert for what is new."""
    return any(fact.development in rule.realert for fact in facts)


def due(rules: Iterable[Rule], story: Sequence[Told], now: datetime) -> datetime:
    """When a further alert may go out: after the shortest cool-down of the rules that want it. An
    alert that is of the future (clocks are set back) counts as of now."""
    shortest = min((rule.cooldown for rule in rules), default=timedelta())
    last = max((min(told.at, now) for told in story if told.at), default=now - shortest)
    return max(now, last + shortest)


def joined(earlier: Sequence[NewFact], later: Sequence[NewFact]) -> tuple[NewFact, ...]:
    """The facts of two alerts as one: from before the first to after the last."""
    found: dict[tuple[Development, str | None], NewFact] = {}
    for fact in (*earlier, *later):
        # Of parties each is a fact of its own; all else has one course.
        key = (fact.development, fact.after if fact.development is Development.PARTY else None)
        known = found.get(key)
        found[key] = replace(fact, before=known.before) if known else fact
    return tuple(fact for fact in found.values() if fact.before != fact.after)


def _graver(event: Event, story: Sequence[Told]) -> NewFact | None:
    known = max((told.severity for told in story), key=lambda name: Severity(name).rank)
    if Severity(event.severity).rank <= Severity(known).rank:
        return None
    return NewFact(Development.SEVERITY, known, str(event.severity))


def _confirmed(story: Sequence[Told], official: bool) -> NewFact | None:
    if not official or any(told.official for told in story):
        return None
    return NewFact(Development.OFFICIAL, None, "official")


def _turned(event: Event, story: Sequence[Told]) -> NewFact | None:
    known, now = story[-1].direction, _word(event.direction)
    return None if known == now else NewFact(Development.DIRECTION, known, now)


def _level(event: Event, story: Sequence[Told]) -> NewFact | None:
    known = next((told.level for told in reversed(story) if told.level), None)
    if event.level is None or known is None or event.level == known:
        return None
    if event.direction == Direction.EASING and _above(event.level, known):
        return None  # the level that is lifted: readers missed that it was raised
    return NewFact(Development.LEVEL, known, event.level)


def _above(level: str, known: str) -> bool:
    """Whether it is the higher of two levels of one scale."""
    scales = [
        [name for name in LEVELS if name.startswith("level-") is is_] for is_ in (True, False)
    ]
    scale = next((scale for scale in scales if level in scale and known in scale), [])
    return bool(scale) and scale.index(level) > scale.index(known)


def _further(event: Event, story: Sequence[Told]) -> list[NewFact]:
    known = frozenset[str]().union(*(told.parties for told in story))
    return [NewFact(Development.PARTY, None, party) for party in sorted(_parties(event) - known)]


def _parties(event: Event) -> frozenset[str]:
    return frozenset(party for party in (event.actor, event.target) if party)


def _word(value: object) -> str | None:
    return None if value is None else str(value)
