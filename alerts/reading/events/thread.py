"""Threads: which earlier event an event goes on with. A warning, its raised level, its lifting.

Each of them is an event of its own (the rule of identity keeps directions and levels apart); a
thread joins them, so that a reader sees one story. Pure, and the same whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.reading.coding import Direction
from alerts.reading.events.event import MUTUAL, OWN_KIND, WINDOW, Event, same_parties
from alerts.reading.events.thing import tells_apart

MEMORY = timedelta(days=30)
"""How long after its last report an event can still be gone on with."""


def predecessor(event: Event, others: Iterable[Event]) -> Event | None:
    """The event that `event` goes on with: of several the one about the same thing, then the
    latest."""
    earlier = [other for other in others if goes_on(event, other)]
    return max(
        earlier,
        key=lambda other: (
            event.object is not None and other.object == event.object,
            other.last_seen_at,
            other.id,
        ),
        default=None,
    )


def goes_on(event: Event, other: Event) -> bool:
    """Whether `event` turns, raises (or lowers) or widens what `other` began."""
    if event.category is None or event.category != other.category:
        return False
    if not _before(other, event) or tells_apart(event.object, other.object):
        return False
    return _turned(event, other) or _another_level(event, other) or _widened(event, other)


def _before(other: Event, event: Event) -> bool:
    if (other.first_seen_at, other.id) >= (event.first_seen_at, event.id):
        return False
    return event.first_seen_at - other.last_seen_at <= MEMORY


def _turned(event: Event, other: Event) -> bool:
    directions = {str(event.direction), str(other.direction)}
    return directions == {Direction.ESCALATION, Direction.EASING} and same_parties(event, other)


def _another_level(event: Event, other: Event) -> bool:
    levels = {event.level, other.level}
    named = None not in levels and len(levels) == 2 and not levels & OWN_KIND
    return named and event.direction == other.direction and same_parties(event, other)


def _widened(event: Event, other: Event) -> bool:
    """A further party does the same to the same one, or they are three where two were."""
    if event.direction != other.direction or event.first_seen_at - other.last_seen_at > WINDOW:
        return False
    mine, theirs = {event.actor, event.target}, {other.actor, other.target}
    if None in mine | theirs:
        return False
    if event.category in MUTUAL:
        return len(mine & theirs) == 1
    return event.target == other.target and event.actor != other.actor
