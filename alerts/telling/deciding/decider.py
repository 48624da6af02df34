"""The decider: whether an event that articles report is told, to whom, as what, and when. Pure.

Each channel is judged by what it was told itself, for rules and routes may lead elsewhere with
each report:

- A channel that was told nothing of a story gets a first alert.
- What goes on with a story is told again only for a fact that is new to the channel, of a kind for
  which a rule that leads there wants a further alert, and not before its cool-down ends.
- An event that was old when noroshi first saw it is told only for a new fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.reading.events.event import Event
from alerts.telling.deciding.news import Told, due, joined, news, rings
from alerts.telling.deciding.policy import Occasion, Policy
from alerts.telling.notice import NewFact, NoticeKind

EVERYBODY = ""
"""Stands for a channel where all alerts on a story are meant, whoever got them."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """Further alerts on a story that wait at one channel for the end of a cool-down."""

    alert_ids: frozenset[str]
    facts: tuple[NewFact, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """An event with new reports, and what is known of its story."""

    event: Event
    occasions: tuple[Occasion, ...]
    """The rules that fired on the new reports, one an article and rule."""
    official: bool
    """Whether an official source reports it."""
    told: Mapping[str, Sequence[Told]] = field(default_factory=dict)
    """By channel: the alerts on the story that it got or is to get, in order; all that there are
    under EVERYBODY."""
    cooling: Mapping[str, Cooling] = field(default_factory=dict)
    """By channel."""
    old: Told | None = None
    """What was old already, for an event that noroshi first saw as such."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An alert to be made."""

    kind: NoticeKind
    channels: tuple[str, ...]
    due_at: datetime
    facts: tuple[NewFact, ...] = ()


class Reason(StrEnum):
    """Why a channel is told nothing. The names are shown to people and stay as they are."""

    NOTHING_NEW = "nothing new"
    """It was told of the event already."""
    UNWANTED = "unwanted"
    """Something is new, and no rule that leads there wants a further alert for it."""
    OLD = "old news"
    """The event was old when noroshi first saw it, and nothing is new about it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided on a case."""

    alerts: tuple[Decision, ...]
    """One for each thing that channels are to be told. Where there is no channel, one is made for
    the record."""
    silent: Mapping[str, Reason]
    """By channel: why it is told nothing; under EVERYBODY where there is no channel."""


def decide(case: Case, policy: Policy, now: datetime) -> Verdict:
    """Whom the new reports of an event are told, and why nobody else."""
    alike: dict[Decision, list[str]] = {}
    silent: dict[str, Reason] = {}
    for name, occasions in _ways(case, policy).items():
        decided = _for_one(case, name, occasions, now)
        if isinstance(decided, Decision):
            alike.setdefault(decided, []).append(name)
        else:
            silent[name] = decided
    return Verdict(
        tuple(_for_all(decision, names, policy) for decision, names in alike.items()), silent
    )


def _ways(case: Case, policy: Policy) -> dict[str, list[Occasion]]:
    """By channel, what leads there; under EVERYBODY, if nothing leads to any."""
    ways: dict[str, list[Occasion]] = {}
    for occasion in case.occasions:
        for name in policy.channels_for([occasion]) or [EVERYBODY]:
            ways.setdefault(name, []).append(occasion)
    if len(ways) > 1:
        ways.pop(EVERYBODY, None)
    return ways


def _for_all(decision: Decision, names: Sequence[str], policy: Policy) -> Decision:
    """One alert for the channels that are to be told the same, in the order of the settings."""
    channels = tuple(name for name in policy.channels if name in names)
    return Decision(decision.kind, channels, decision.due_at, decision.facts)


def _for_one(
    case: Case, channel: str, occasions: Sequence[Occasion], now: datetime
) -> Decision | Reason:
    """What one channel is to be told, by the rules that lead there."""
    if case.told.get(channel):
        return _further(case, channel, occasions, now)
    if case.old and not case.told.get(EVERYBODY):
        facts = news(case.event, [case.old], official=case.official)
        if not any(rings(occasion.rule, facts) for occasion in occasions):
            return Reason.UNWANTED if facts else Reason.OLD
    return Decision(NoticeKind.FIRST, (), now)


def _further(
    case: Case, channel: str, occasions: Sequence[Occasion], now: datetime
) -> Decision | Reason:
    """What a channel is to be told that knows the story."""
    known = case.told[channel]
    facts = news(case.event, known, official=case.official)
    if not facts:
        # An event that only seemed to go on with what was told: nothing in it is about that.
        another = all(told.event_id != case.event.id for told in known)
        return Decision(NoticeKind.FIRST, (), now) if another else Reason.NOTHING_NEW
    ringing = [occasion.rule for occasion in occasions if rings(occasion.rule, facts)]
    if not ringing:
        return Reason.UNWANTED
    due_at = due(ringing, known, now)
    if waits := case.cooling.get(channel):
        facts = joined(waits.facts, facts) or facts
        due_at = min(due_at, waits.due_at)
    return Decision(NoticeKind.UPDATE, (), due_at, facts)
