"""Measure the coder: `python -m tests.benchmarks.coding` prints its figures.

Quality on labelled items (precision, recall and F1 as the reference scorer defines them) beside a
plain keyword matcher, identity of events on the items' stories, and throughput
(`tests.benchmarks.throughput`).
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from alerts.reading.coding import Category, CodedEvent, Coding, Direction, Severity, Status
from alerts.reading.events.coder import Coder
from alerts.reading.events.event import Sighting, assign
from alerts.reading.words.fold import fold
from alerts.reading.words.passage import PARTIES, parties_of
from alerts.reading.words.vocabulary import family
from tests.benchmarks import throughput

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests" / "alerts" / "reading"
SHARED = Path(os.environ.get("NOROSHI_SHARED", ROOT.parent / "shared"))

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """Counts of one measure."""

    hit: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.hit / (2 * self.hit + self.false + self.missed) if self.hit else 0.0


def items(path: Path) -> list[Item]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def published(item: Item) -> date | None:
    """The item's day; None where only a month or nothing is known."""
    day = item["published"] or ""
    return date.fromisoformat(day) if len(day) == 10 else None


def by_coder(item: Item) -> Coding:
    return Coder.shipped().code(
        item["title"], item["text"], language=item["lang"], published=published(item)
    )


def by_keywords(item: Item) -> Coding:
    """The plain matcher: two parties named and a category's noun anywhere is an escalation."""
    coder = Coder.shipped()
    scanner = coder._scanner(family(item["lang"]))
    hits = scanner.scan(fold(f"{item['title']}\n{item['text']}", lines=True).text)
    lists = {name for hit in hits for name in scanner.lists[hit.term]}
    named = parties_of(lists)
    parties = tuple(party for party in PARTIES if party in named)
    heads = {s.category for s in coder.vocabulary.signs if s.all[0] in lists}
    found = tuple(
        CodedEvent(category, Direction.ESCALATION, Severity.MEDIUM, Status.REPORTED)
        for category in Category
        if category in heads and len(parties) >= 2
    )
    return Coding(bool(found), 1.0 if found else 0.0, parties, found)


def measure(gold: Sequence[Item], code: Callable[[Item], Coding]) -> dict[str, Figure]:
    """relevant, category and alert as the scorer of the labelled items counts them; direction."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in gold:
        coding = code(item)
        counts["relevant"][_outcome(item["relevant"], coding.relevant)] += 1
        _count_events(item, coding, counts)
    return {
        name: Figure(counts[name]["hit"], counts[name]["false"], counts[name]["missed"])
        for name in ("relevant", "category", "alert", "direction")
    }


def _outcome(gold: bool, got: bool) -> str:
    return {(True, True): "hit", (False, True): "false", (True, False): "missed"}.get(
        (gold, got), "quiet"
    )


def _count_events(item: Item, coding: Coding, counts: dict[str, Counter[str]]) -> None:
    front = {e["category"]: set[str]() for e in item["events"] if not e.get("background")}
    for event in item["events"]:
        if not event.get("background"):
            front[event["category"]].add(event["direction"])
    behind = {e["category"] for e in item["events"]} - front.keys()
    claimed = {e.category.value for e in coding.events if not e.background or e.category in front}
    for category in (front.keys() | claimed) - behind:
        counts["category"][_outcome(category in front, category in claimed)] += 1
    alarms = {c for c, directions in front.items() if "escalation" in directions}
    fired = {
        e.category.value
        for e in coding.events
        if not e.background and e.direction is Direction.ESCALATION
    }
    for category in alarms | fired:
        counts["alert"][_outcome(category in alarms, category in fired)] += 1
    for category in front.keys() & claimed:
        directions = _directions(coding, category)
        counts["direction"]["hit" if directions & front[category] else "false"] += 1


def who(gold: Sequence[Item], code: Callable[[Item], Coding]) -> Figure:
    """Events whose actor and target are labelled and both named right, of those that were found."""
    counts: Counter[str] = Counter()
    for item in gold:
        front = [e for e in code(item).events if not e.background]
        for event in (e for e in item["events"] if "actor" in e):
            for got in front:
                if (got.category, got.direction) == (event["category"], event["direction"]):
                    right = (got.actor, got.target) == (event["actor"], event["target"])
                    counts["hit" if right else "false"] += 1
    return Figure(counts["hit"], counts["false"], 0)


def _directions(coding: Coding, category: str) -> set[str]:
    events = [e for e in coding.events if e.category == category]
    return {e.direction.value for e in events if not e.background or e is events[0]}


def identity(gold: Sequence[Item]) -> Figure:
    """Pairs of articles in one event, against pairs of one story. A bare month is its middle."""
    sightings: list[Sighting] = []
    story: dict[str, str] = {}
    for item in gold:
        front = [e for e in by_coder(item).events if not e.background]
        if item["story"] and front:
            story[item["id"]] = item["story"]
            sightings += [_sighting(item, event) for event in front]
    held: dict[str, set[str]] = defaultdict(set)
    for sighting, event in assign(sightings, ()).placed:
        held[sighting.article_id].add(event)
    counts = Counter(
        _outcome(story[a] == story[b], bool(held[a] & held[b]))
        for a, b in combinations(sorted(story), 2)
    )
    return Figure(counts["hit"], counts["false"], counts["missed"])


def _sighting(item: Item, event: CodedEvent) -> Sighting:
    day = item["published"] + {10: "", 7: "-15", 4: "-07-01"}[len(item["published"])]
    return Sighting(
        article_id=item["id"],
        rule_id=event.category,
        category=event.category,
        direction=event.direction,
        severity=event.severity,
        actor=event.actor,
        target=event.target,
        level=event.level,
        title=item["title"],
        language=item["lang"],
        published_at=datetime.fromisoformat(day).replace(tzinfo=UTC),
        object=event.object,
    )


def report(name: str, gold: Sequence[Item]) -> Iterable[str]:
    yield f"\n{name}: {len(gold)} items, {sum(i['relevant'] for i in gold)} relevant"
    yield f"{'':24}{'relevant':>10}{'category':>10}{'alert F1':>10}{'alert P':>10}{'direction':>11}"
    languages = sorted({item["lang"] for item in gold})
    named = who(gold, by_coder)
    for label, code in (("coder", by_coder), ("plain keywords", by_keywords)):
        yield _row(label, measure(gold, code))
    for language in languages:
        chosen = [item for item in gold if item["lang"] == language]
        yield _row(f"coder, {language}", measure(chosen, by_coder))
    if named.hit:
        yield f"actor and target, both right: {named.precision:.3f} of {named.hit + named.false}"


def _row(label: str, figures: dict[str, Figure]) -> str:
    f1 = "".join(f"{figures[name].f1:10.3f}" for name in ("relevant", "category", "alert"))
    return f"{label:24}{f1}{figures['alert'].precision:10.3f}{figures['direction'].precision:11.3f}"


def main() -> None:
    development = SHARED / "eval" / "events_dev.jsonl"
    sets = {"own cases": OWN / "cases.jsonl", "labelled news": development}
    for name, path in sets.items():
        if path.exists():
            sys.stdout.write("\n".join(report(name, items(path))) + "\n")
    gold = items(development if development.exists() else sets["own cases"])
    if development.exists():
        pairs = identity(gold)
        sys.stdout.write(
            f"\nidentity of events, pairs of articles: precision {pairs.precision:.3f}, "
            f"recall {pairs.recall:.3f}, F1 {pairs.f1:.3f}\n"
        )
    sys.stdout.write("\n")
    throughput.main()


if __name__ == "__main__":
    main()
