"""Severity: how grave an event is, as a sum whose terms can be told.

The base is the gravest sign or the official level; what the text says beside it raises or lowers
it by steps; caps come last. The words are data (`vocabulary/severity.toml`, `modality.toml`).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from alerts.reading.coding import Category, Direction, Severity, Status
from alerts.reading.words.passage import PARTIES, Passage
from alerts.reading.words.vocabulary import Sign

LEVELS = {
    "amber": Severity.MEDIUM,
    "red": Severity.HIGH,
    "black": Severity.CRITICAL,
    "level-1": Severity.MEDIUM,
    "level-2": Severity.HIGH,
    "level-3": Severity.CRITICAL,
    "level-4": Severity.CRITICAL,
}
"""Official levels of travel notices with the severity of each."""


class Setting(NamedTuple):
    """What the whole text says beside its events."""

    ministries: int
    """Bodies of state that take a step of their own in it."""
    sourced: bool
    """Whether its body names anybody who says so; true where there is no body."""


def setting(read: Sequence[Passage], steps: Sequence[Passage]) -> Setting:
    """The setting of a text, of which `steps` are the sentences that tell an escalation."""
    named = {n for passage in steps for n in passage.lists if n.startswith(_MINISTRY)}
    body = [p for p in read if p.field == "text"]
    sourced = any(not _SOURCES.isdisjoint(p.lists) for p in body)
    return Setting(len(named), sourced or not body)


_MINISTRY = "severity.ministry."
_SOURCES = {"severity.official", "severity.anonymous", "modality.speech"}


class Grade(NamedTuple):
    """A severity and the terms of its sum."""

    severity: Severity
    terms: tuple[str, ...]


def grade(
    signs: Sequence[Sign],
    told: Sequence[Passage],
    status: Status,
    level: str | None,
    around: Setting,
) -> Grade:
    """The severity of an event that `told` speaks of, the sentences in the order of the text."""
    if status is _DENIED or status is _BACKGROUND:
        return Grade(_LOW, (f"low, as it is {status}",))
    base = LEVELS.get(level or "") or max([s.severity for s in signs], key=_rank)
    steps = [*_rises(signs, told, around), *_falls(signs[0].category, told, level)]
    rank = min(max(base.rank + sum(step for step, _ in steps), 0), 3)
    terms = (f"{base} by {'level ' + level if level else 'kind'}", *(why for _, why in steps))
    if status is Status.CONSIDERED and rank > Severity.MEDIUM.rank:
        return Grade(Severity.MEDIUM, (*terms, "at most medium, as it is only considered"))
    return Grade(_BY_RANK[rank], terms)


_BY_RANK = tuple(Severity)
_rank = attrgetter("rank")
_LOW, _DENIED, _BACKGROUND = Severity.LOW, Status.DENIED, Status.BACKGROUND

Steps = list[tuple[int, str]]


def _rises(signs: Sequence[Sign], told: Sequence[Passage], around: Setting) -> Steps:
    """What makes it graver. Claims raise nothing in a text that names nobody as their source."""
    steps: Steps = []
    if around.sourced and any(p.leads and "modality.novelty" in p.lists for p in told):
        steps.append((1, "+1 first of its kind"))
    escalates = signs[0].direction is Direction.ESCALATION
    if around.sourced and escalates and around.ministries >= _SEVERAL:
        steps.append((1, "+1 several bodies of state act"))
    if signs[0].incident and any("modality.deaths" in p.lists for p in told):
        steps.append((1, "+1 deaths"))
    return steps


_SEVERAL = 2


def _falls(category: Category, told: Sequence[Passage], level: str | None) -> Steps:
    """What makes it less grave, one step for each reason."""

    said = {name for passage in told for name in _STEPS.intersection(passage.lists)}
    steps: Steps = []
    if not said:
        return steps
    if "severity.anonymous" in said and "severity.official" not in said:
        steps.append((-1, "-1 only unnamed sources"))
    if category in _LOCAL and "severity.minor" in said and not _by_state(told):
        steps.append((-1, "-1 below a government"))
    if category is Category.TRAVEL_ADVISORY and "severity.repeat" in said:
        steps.append((-1, "-1 said before"))
        if "severity.mission" in said and "severity.ministry.foreign" not in said:
            steps.append((-1, "-1 by a mission alone"))
    if "severity.natural" in said:
        steps.append((-1, "-1 caused by nature, health or technology"))
    if level is None and "severity.partial" in said and "severity.many" not in said:
        steps.append((-1, "-1 partial"))
    return steps


_STEPS = frozenset(
    f"severity.{name}"
    for name in (
        "anonymous",
        "official",
        "minor",
        "repeat",
        "mission",
        "ministry.foreign",
        "natural",
        "partial",
        "many",
    )
)
"""Lists of what lowers a severity, or keeps it from being lowered."""
_LOCAL = {Category.EXCHANGE_CANCELLATION, Category.PUBLIC_SENTIMENT}
"""Categories in which towns, schools and companies act."""


def _by_state(told: Sequence[Passage]) -> bool:
    return any(not _STATES.isdisjoint(passage.lists) for passage in told)


_STATES = frozenset(f"parties.{party}.state" for party in PARTIES)
