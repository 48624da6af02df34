"""Events: what happened in the world, however many articles in however many languages say so.

The rule of identity is written down in alerts/README.md. Deciding is pure: sightings and known
events in, an assignment out, the same whatever the order of the batch.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain

from alerts.reading.coding import Evidence, Severity
from alerts.reading.events.thing import tells_apart
from alerts.reading.words.fold import fold
from extractors.article import digest

WINDOW = timedelta(days=3)
"""How far apart in time two reports of one event may lie."""
BARE = timedelta(days=1)
"""The same of protests of which one does not say what it is against: two states protest often."""
SPAN = timedelta(days=14)
"""How long reports can chain one event."""
ALIKE = 0.5
"""Jaccard similarity of the character trigrams of two titles that say the same."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A match in one article, as far as identity is concerned."""

    article_id: str
    rule_id: str
    category: str | None
    """None for a rule with keywords alone: such sightings meet by rule and title."""
    direction: str | None
    severity: str
    actor: str | None
    target: str | None
    level: str | None
    title: str
    language: str
    published_at: datetime
    """Aware, UTC; when the article was first seen where no date is known."""
    evidence: tuple[Evidence, ...] = ()
    object: str | None = None
    """What tells the event from another of its kind (`alerts.reading.events.thing`)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event and the articles that report it. Flat, for keeping as a row."""

    id: str
    """Content-derived: the same first article and key give the same id on every machine."""
    rule_id: str | None
    """The rule, for events that keywords alone found; None where `category` says what it is."""
    category: str | None
    direction: str | None
    actor: str | None
    target: str | None
    level: str | None
    severity: str
    """The gravest that any article was coded with."""
    title: str
    """Of the first article."""
    first_seen_at: datetime
    """Publication of the earliest article (UTC)."""
    last_seen_at: datetime
    """Publication of the latest article (UTC)."""
    article_ids: tuple[str, ...]
    """Sorted by publication, then id, as they came in."""
    object: str | None = None
    thread_id: str | None = None
    """The event that began the story which this one goes on with; None where it begins one."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a batch of sightings means."""

    events: tuple[Event, ...]
    """The events that are new or changed, in their new state."""
    placed: tuple[tuple[Sighting, str], ...]
    """Each sighting with the id of its event, in order of publication."""
    new: frozenset[str]
    """Ids of the events that were not known before."""


def assign(new: Sequence[Sighting], known: Sequence[Event]) -> Assignment:
    """Put each sighting into the event that it belongs to, or make one. Pure and deterministic."""
    shelves: dict[tuple[str | None, ...], _Shelf] = defaultdict(_Shelf)
    for event in known:
        shelves[_shelf(event)].put(event)
    placed: list[tuple[Sighting, str]] = []
    touched: dict[str, Event] = {}
    made: set[str] = set()
    for sighting in sorted(new, key=_order):
        shelf = shelves[_shelf(sighting)]
        found = _nearest(sighting, shelf.near(sighting))
        event = found or _begin(sighting)
        if found is None:
            made.add(event.id)
        touched[event.id] = _join(event, sighting)
        shelf.put(touched[event.id])
        placed.append((sighting, event.id))
    return Assignment(tuple(touched.values()), tuple(placed), frozenset(made))


class _Shelf:
    """Events of one shelf. Those of keywords, of which a mistaken rule makes thousands, are found
    by what an event must share with a sighting that it could hold: an article, or half of the
    trigrams."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._by_trigram: dict[str, set[str]] = defaultdict(set)
        self._by_article: dict[str, set[str]] = defaultdict(set)

    def put(self, event: Event) -> None:
        """Keep an event in its present state."""
        if event.category is None:
            for article in event.article_ids:
                self._by_article[article].add(event.id)
            if event.id not in self._events:
                for trigram in _trigrams(event.title):
                    self._by_trigram[trigram].add(event.id)
        self._events[event.id] = event

    def near(self, sighting: Sighting) -> Iterable[Event]:
        """Every event that could be the one, and hardly any other."""
        if sighting.category is not None:
            return self._events.values()
        alike = self._alike(_trigrams(sighting.title))
        ids = self._by_article.get(sighting.article_id, set()).union(alike)
        return [self._events[id] for id in ids]

    def _alike(self, trigrams: frozenset[str]) -> Iterable[str]:
        """Whoever shares half of n trigrams lacks at most half of them, so that of any
        n // 2 + 1 + k it shares 1 + k: the rarest are asked for."""
        n = len(trigrams)
        rarest = sorted(trigrams, key=lambda t: len(self._by_trigram.get(t, ())))
        shared = Counter(
            chain.from_iterable(
                self._by_trigram.get(trigram, ()) for trigram in rarest[: n // 2 + 1 + n // 4]
            )
        )
        return [id for id, count in shared.items() if count > n // 4]


def same_event(sighting: Sighting, event: Event) -> bool:
    """Whether an article reports a known event (the rule of identity)."""
    if _shelf(sighting) != _shelf(event):
        return False
    if sighting.category is None:
        return sighting.article_id in event.article_ids or (
            _in_time(sighting, event) and similarity(sighting.title, event.title) >= ALIKE
        )
    if not (same_parties(sighting, event) and _same_level(sighting, event)):
        return False
    if tells_apart(sighting.object, event.object):
        return False
    return sighting.article_id in event.article_ids or _in_time(sighting, event)


def similarity(one: str, other: str) -> float:
    """0 to 1: how alike two titles are, by the trigrams of their folded characters."""
    a, b = _trigrams(one), _trigrams(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def _order(sighting: Sighting) -> tuple[datetime, str, str, str, str]:
    category = sighting.category or ""
    return (
        sighting.published_at,
        sighting.article_id,
        sighting.rule_id,
        category,
        f"{sighting.direction}{sighting.actor}{sighting.target}{sighting.level}{sighting.object}",
    )


def _shelf(one: Sighting | Event) -> tuple[str | None, ...]:
    """Only what stands on one shelf can be the same event."""
    if one.category is None:
        return (None, one.rule_id)
    return (str(one.category), str(one.direction))


def _nearest(sighting: Sighting, events: Iterable[Event]) -> Event | None:
    fitting = [event for event in events if same_event(sighting, event)]
    return min(fitting, key=lambda event: _distance(sighting, event), default=None)


def _distance(sighting: Sighting, event: Event) -> tuple[bool, bool, timedelta, str]:
    """The event that already holds the article comes first, then one about the same thing, then
    the nearest in time."""
    held = sighting.article_id in event.article_ids
    alike = sighting.object is not None and sighting.object == event.object
    return not held, not alike, _away(sighting, event), event.id


def _away(sighting: Sighting, event: Event) -> timedelta:
    """How long before the event's first or after its last report."""
    before = event.first_seen_at - sighting.published_at
    after = sighting.published_at - event.last_seen_at
    return max(before, after, timedelta(0))


def _in_time(sighting: Sighting, event: Event) -> bool:
    first = min(event.first_seen_at, sighting.published_at)
    last = max(event.last_seen_at, sighting.published_at)
    return _away(sighting, event) <= _window(sighting, event) and last - first <= SPAN


def _window(sighting: Sighting, event: Event) -> timedelta:
    bare = sighting.object is None or event.object is None
    return BARE if sighting.category == _PROTEST and bare else WINDOW


_PROTEST = "diplomatic_protest"


MUTUAL = {
    "official_contact",
    "exchange_cancellation",
    "transport",
    "public_sentiment",
    "military_maritime",
}
"""Categories in which outlets differ about who acted on whom: the pair alone counts."""


def same_parties(sighting: Sighting | Event, event: Event) -> bool:
    """Whether actor and target agree as far as they are named."""
    mine, theirs = (sighting.actor, sighting.target), (event.actor, event.target)
    if sighting.category in MUTUAL:
        mine, theirs = _sorted(mine), _sorted(theirs)
    return all(a is None or b is None or a == b for a, b in zip(mine, theirs, strict=True))


def _sorted(pair: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    first, second = sorted(pair, key=lambda party: (party is None, party or ""))
    return first, second


OWN_KIND = {"study"}
"""Levels that an article always names: without it, it speaks of another notice."""


def _same_level(sighting: Sighting, event: Event) -> bool:
    if sighting.level == event.level:
        return True
    unnamed = sighting.level is None or event.level is None
    return unnamed and not {sighting.level, event.level} & OWN_KIND


def _begin(sighting: Sighting) -> Event:
    return Event(
        id=_id(sighting),
        rule_id=sighting.rule_id if sighting.category is None else None,
        category=sighting.category,
        direction=sighting.direction,
        actor=sighting.actor,
        target=sighting.target,
        level=sighting.level,
        severity=sighting.severity,
        title=sighting.title,
        first_seen_at=sighting.published_at,
        last_seen_at=sighting.published_at,
        article_ids=(),
        object=sighting.object,
    )


def _id(sighting: Sighting) -> str:
    kind = sighting.category or f"rule:{sighting.rule_id}"
    parts = [kind, sighting.direction, sighting.actor, sighting.target, sighting.level]
    if sighting.object:
        parts.append(sighting.object)
    return digest("\n".join([*(part or "" for part in parts), sighting.article_id]))


def _join(event: Event, sighting: Sighting) -> Event:
    """The event with one more report: what it left open is filled, the gravest severity stays."""
    ids = event.article_ids
    return replace(
        event,
        actor=event.actor or sighting.actor,
        target=event.target or sighting.target,
        level=event.level or sighting.level,
        object=event.object or sighting.object,
        severity=max(event.severity, sighting.severity, key=lambda s: Severity(s).rank),
        first_seen_at=min(event.first_seen_at, sighting.published_at),
        last_seen_at=max(event.last_seen_at, sighting.published_at),
        article_ids=ids if sighting.article_id in ids else (*ids, sighting.article_id),
    )


@lru_cache(maxsize=50_000)
def _trigrams(title: str) -> frozenset[str]:
    text = f" {fold(title).text} "
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))
