"""The decider: whether an event that articles report is told, to whom, as what, and when. Pure.

- An event that begins a story is told once, wherever the rules that fired and the routes lead.
- What goes on with a story is told again only for a fact that is new to readers, of a kind for
  which a rule that fired wants a further alert, and not before its cool-down ends.
- A channel that the story never reached gets it as a first alert.
- An event that was old when noroshi first saw it is told only for a new fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.reading.event import Event
from alerts.telling.deciding.news import Told, due, news, rings
from alerts.telling.deciding.policy import Occasion, Policy
from alerts.telling.notice import NewFact, NoticeKind


@dataclass(frozen=True, slots=True)
class Case:
    """An event with new reports, and what is known of its story."""

    event: Event
    occasions: tuple[Occasion, ...]
    """The rules that fired on the new reports, one an article and rule."""
    official: bool
    """Whether one of the new reports is an official source's."""
    story: Sequence[Told] = ()
    """The alerts on it, in order."""
    reached: frozenset[str] = frozenset()
    """Channels that were told of it."""
    old: Told | None = None
    """What was old already, for an event that noroshi first saw as such."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An alert to be made."""

    kind: NoticeKind
    channels: tuple[str, ...]
    due_at: datetime
    facts: tuple[NewFact, ...] = ()


def decide(case: Case, policy: Policy, now: datetime) -> Decision | None:
    """The alert that a case makes; None where its reports join silently."""
    everyone = policy.channels_for(case.occasions)
    known = [*case.story, *([case.old] if case.old and not case.story else [])]
    facts = news(case.event, known, official=case.official) if known else ()
    if not known or _stands_alone(case, facts):
        return Decision(NoticeKind.FIRST, everyone, now)
    untold = tuple(name for name in everyone if case.story and name not in case.reached)
    ringing = [occasion for occasion in case.occasions if rings(occasion.rule, facts)]
    if ringing:
        wanted = {*policy.channels_for(ringing), *untold}
        channels = tuple(name for name in everyone if name in wanted)
        due_at = due((occasion.rule for occasion in ringing), known, now) if case.story else now
        kind = NoticeKind.UPDATE if case.story else NoticeKind.FIRST
        return Decision(kind, channels, due_at, facts if case.story else ())
    return Decision(NoticeKind.FIRST, untold, now) if untold else None


def _stands_alone(case: Case, facts: Sequence[NewFact]) -> bool:
    """An event that only seemed to go on with what was told: nothing in it is about that."""
    told = {one.event_id for one in (*case.story, *([case.old] if case.old else []))}
    return case.event.id not in told and not facts
