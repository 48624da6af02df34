"""Backtests: what rules would have done with the articles that are published.

Articles are shared out among processes, each with a connection of its own; what fired comes back
and is joined into events here, in order of time.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.reading.coding import Coding
from alerts.reading.events.coder import Coder
from alerts.reading.events.event import WINDOW, Event, assign
from alerts.reading.rules.rule import RuleBook, load_rules
from flows.cycle.workers import HardyPool
from flows.errors import FlowError
from flows.progress import Advance, Silent, Stages
from warehouse.database import Warehouse
from warehouse.looking.replay import Firing, Stretch, article, coding, count, replay
from warehouse.telling.matching import judge
from warehouse.telling.version import Waiting

WORTH_A_POOL = 5000
"""Below this many articles, starting processes costs more than it saves."""
MOST = 20_000
"""A rule that fires on more articles is counted, but its events are not: whoever is told of
everything is told of nothing, and telling so many titles apart takes minutes."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Which rules are tried on what."""

    book: RuleBook
    rule_ids: frozenset[str]
    """The rules that are reported on."""
    against: RuleBook | None = None
    """Another version of them."""
    since: date | None = None
    until: date | None = None
    recode: bool = False
    """Whether to code the articles afresh instead of taking what is stored."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a trial showed. Firings are in order of publication."""

    articles: int
    """How many were tried."""
    firings: tuple[Firing, ...]
    event_ids: dict[tuple[str, str], str]
    """The event of each firing, by rule and article; none where a rule fires too often."""
    events: tuple[Event, ...]
    gained: tuple[Firing, ...]
    lost: tuple[Firing, ...]

    def weeks(self, zone: ZoneInfo) -> list[dict[str, object]]:
        """Articles and new events for each ISO week, source and rule."""
        fired: Counter[tuple[str, str, str]] = Counter()
        new: Counter[tuple[str, str, str]] = Counter()
        seen: set[tuple[str, str]] = set()
        for one in self.firings:
            moment = one.sighting.published_at.astimezone(zone)
            place = (f"{moment:%G-W%V}", one.source_id, one.sighting.rule_id)
            fired[place] += 1
            event = (one.sighting.rule_id, self.event_ids.get(one.key, ""))
            if event[1] and event not in seen:
                seen.add(event)
                new[place] += 1
        return [
            {"week": week, "source": source, "rule": rule, "articles": fired[place]}
            | {"events": new[place]}
            for place in sorted(fired)
            for week, source, rule in [place]
        ]

    def rules(self, ids: frozenset[str]) -> list[dict[str, object]]:
        """For each rule: articles, events, and what was gained and lost."""
        articles = Counter(one.sighting.rule_id for one in self.firings)
        events: dict[str, set[str]] = defaultdict(set)
        for (rule_id, _), event_id in self.event_ids.items():
            events[rule_id].add(event_id)
        gained = Counter(one.sighting.rule_id for one in self.gained)
        lost = Counter(one.sighting.rule_id for one in self.lost)
        return [
            {
                "rule": id,
                "articles": articles[id],
                "events": len(events[id]) if articles[id] <= MOST else None,
                "gained": gained[id],
                "lost": lost[id],
            }
            for id in sorted(ids)
        ]


def overlaid(book: RuleBook, file: Path) -> RuleBook:
    """The book with the rules of a TOML file over it. Raises RuleError and FlowError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(
            file, "it cannot be read", "give a UTF-8 file of [[rule]] tables"
        ) from error
    return RuleBook(load_rules(text, file.name, book.rules))


def differing(one: RuleBook, other: RuleBook) -> frozenset[str]:
    """Ids of the rules that only one of the books has, or that are not the same in both."""
    mine = {rule.id: rule for rule in one.rules}
    theirs = {rule.id: rule for rule in other.rules}
    return frozenset(id for id in mine.keys() | theirs.keys() if mine.get(id) != theirs.get(id))


def backtest(
    warehouse: Warehouse, timezone: str, trial: Trial, progress: Stages | None = None
) -> Backtest:
    """Replay the trial's rules over what is published."""
    stretch = Stretch(trial.since, trial.until)
    with warehouse.reading(timezone=timezone) as connection:
        total = count(connection, stretch)
    books = [trial.book, *([trial.against] if trial.against else [])]
    work = _Work(warehouse, timezone, stretch, trial.recode)
    fired, *other = _replayed(work, books, total, progress or Silent())
    mine = _reported(fired, trial.rule_ids)
    theirs = _reported(other[0], trial.rule_ids) if other else mine
    events, event_ids = _grouped(mine)
    return Backtest(total, mine, event_ids, events, _missing(mine, theirs), _missing(theirs, mine))


def samples(
    warehouse: Warehouse, timezone: str, book: RuleBook, firings: Sequence[Firing]
) -> Iterator[tuple[Firing, tuple[str, ...]]]:
    """Firings with the words of the article that led to them."""
    with warehouse.reading(timezone=timezone) as connection:
        for one in firings:
            version = article(connection, one.sighting.article_id)
            if version is not None:
                yield one, _words(version, coding(connection, version), one, book)


def _words(version: Waiting, coded: Coding | None, one: Firing, book: RuleBook) -> tuple[str, ...]:
    """Of the article as it was coded, or would be now."""
    judged = judge(version, Coder.shipped(), book, coded)
    contents = {"title": version.title, "text": version.text}
    return tuple(
        dict.fromkeys(
            contents[found.field][found.start : found.end]
            for fired in judged.matches
            if fired.rule.id == one.sighting.rule_id
            for found in fired.evidence
        )
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What a process does for each book."""

    warehouse: Warehouse
    timezone: str
    stretch: Stretch
    recode: bool

    def replayed(self, book: RuleBook) -> list[Firing]:
        coder = Coder.shipped() if self.recode else None
        with self.warehouse.reading(timezone=self.timezone) as connection:
            return replay(connection, book, self.stretch, coder)


def _replayed(
    work: _Work, books: Sequence[RuleBook], total: int, progress: Stages
) -> list[list[Firing]]:
    """For each book, what fired: in this process, or shared out among some."""
    if total < WORTH_A_POOL:
        return [work.replayed(book) for book in books]
    parts = 2 * (os.cpu_count() or 1)
    shares = [
        replace(work, stretch=replace(work.stretch, part=part, parts=parts))
        for part in range(parts)
    ]
    with HardyPool() as pool, progress.stage("replay", len(books) * parts) as advance:
        futures = [[pool.submit(share.replayed, book) for share in shares] for book in books]
        return [[fired for one in many for fired in _result(one, advance)] for many in futures]


def _result(future: Future[list[Firing]], advance: Advance) -> list[Firing]:
    found = future.result()
    advance()
    return found


def _reported(firings: Sequence[Firing], ids: frozenset[str]) -> tuple[Firing, ...]:
    """Those of the rules in question, one an article and event, in order of publication."""
    mine = [one for one in firings if one.sighting.rule_id in ids]
    return tuple(sorted(mine, key=lambda one: (one.sighting.published_at, one.key)))


def _missing(here: Sequence[Firing], there: Sequence[Firing]) -> tuple[Firing, ...]:
    """What fired here and not there, one a rule and article."""
    known = {one.key for one in there}
    return tuple({one.key: one for one in here if one.key not in known}.values())


Placed = tuple[tuple[Event, ...], dict[tuple[str, str], str]]


def _grouped(firings: Sequence[Firing]) -> Placed:
    """The events, and that of each firing; day by day, as only events of the last days can grow."""
    often = Counter(one.sighting.rule_id for one in firings)
    counted = [one.sighting for one in firings if often[one.sighting.rule_id] <= MOST]
    events: dict[str, Event] = {}
    placed: dict[tuple[str, str], str] = {}
    recent: dict[str, Event] = {}
    for day, sightings in groupby(counted, key=lambda one: one.published_at.date()):
        since = day - WINDOW - timedelta(days=1)
        recent = {id: e for id, e in recent.items() if e.last_seen_at.date() >= since}
        assigned = assign(list(sightings), list(recent.values()))
        events |= {event.id: event for event in assigned.events}
        recent |= {event.id: event for event in assigned.events}
        placed |= {(one.rule_id, one.article_id): id for one, id in assigned.placed}
    return tuple(events.values()), placed
