"""Silence: what ought to have been heard of and was not. Decisions only.

Nothing to tell may mean that nothing happened, or that nobody looked. What is found here is told to
operators once, and once more when it is over. (A channel that fails is `health`'s business.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

SOURCE_FLOOR = timedelta(days=3)
SOURCE_FACTOR = 10
"""A source is silent where its newest item is this many times older than usual, and three days at
least: as in the view `source_health`."""
FAILING_AFTER = timedelta(days=1)
"""A source without a usable answer for so long is told of whatever its pace."""
LANGUAGE_FLOOR = timedelta(hours=12)
"""All sources of a language together are never still for longer: a night and a morning."""
DIGEST_GRACE = timedelta(hours=2)
ENOUGH_RUNS = 5
"""Cycles that are needed to know that they run on a schedule and not by hand."""


class Kind(StrEnum):
    """What is silent. The names are kept in the warehouse and stay as they are."""

    SOURCE = "source"
    LANGUAGE = "language"
    CYCLE = "cycle"
    """No cycle was completed for several intervals."""
    DIGEST = "digest"
    """It was due and nobody wrote it."""
    DISK = "disk"
    """Nearly full: soon nothing can be kept."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One thing that is silent."""

    kind: Kind
    key: str
    """Id of the source, tag of the language; the machine of a cycle or a disk, where several share
    the warehouse; the kind again for the others."""
    since: datetime | None = None
    """When it was last heard of."""
    detail: str = ""
    """Not for translation: an error, a number of megabytes."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is known of one enabled source."""

    source_id: str
    language: str | None
    polled_at: datetime
    """When it was asked last: silence counts up to then, as nobody has listened since."""
    first_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    newest_at: datetime | None = None
    usual: timedelta | None = None
    """The usual time between two publications; None where too few are known."""
    error: str | None = None


def silent_sources(pulses: Iterable[Pulse]) -> list[Silence]:
    """Sources that fail for a day, or bring nothing for much longer than usual."""
    return [
        Silence(Kind.SOURCE, p.source_id, _heard(p), p.error or "")
        for p in pulses
        if _fails(p) or _is_still(p)
    ]


def silent_languages(pulses: Iterable[Pulse]) -> list[Silence]:
    """Languages of which no source brings anything."""
    spoken: dict[str, list[Pulse]] = {}
    for pulse in pulses:
        spoken.setdefault(pulse.language or "und", []).append(pulse)
    return [
        Silence(Kind.LANGUAGE, language, since)
        for language, heard in sorted(spoken.items())
        if (since := _still_since(heard)) is not None
    ]


def missed_cycle(
    completed: Sequence[datetime],
    now: datetime,
    interval: timedelta,
    patience: int,
    machine: str | None = None,
) -> list[Silence]:
    """Whether no cycle was completed for `patience` intervals (0: it does not matter), on one of
    several machines.

    `completed` are the ends of the latest ones. Where they do not follow each other about as the
    schedule says, somebody runs them by hand, and nothing is missed.
    """
    latest = sorted(completed)[-ENOUGH_RUNS:]
    if not patience or len(latest) < ENOUGH_RUNS:
        return []
    usual = median((later - earlier).total_seconds() for earlier, later in pairwise(latest))
    if usual > 2 * interval.total_seconds() or now - latest[-1] <= patience * interval:
        return []
    return [Silence(Kind.CYCLE, machine or Kind.CYCLE, latest[-1])]


def missed_digest(last: datetime | None, due: datetime, now: datetime) -> list[Silence]:
    """Whether the digest that was `due` is not there. Where there never was one, none is missed."""
    if last is None or last >= due or now < due + DIGEST_GRACE:
        return []
    return [Silence(Kind.DIGEST, Kind.DIGEST, last)]


def full_disk(free_bytes: int, least_megabytes: int, machine: str | None = None) -> list[Silence]:
    """Whether less than `least_megabytes` are free (0: it does not matter), on one of several
    machines."""
    free = free_bytes // 2**20
    if free >= least_megabytes:
        return []
    return [Silence(Kind.DISK, machine or Kind.DISK, detail=str(free))]


def out_of_sight(
    told: Iterable[Silence], machine: str, completed: Mapping[str | None, Sequence[datetime]]
) -> list[Silence]:
    """What was told of the other machines that share the warehouse, and goes on as far as this one
    can see: their disks, and the cycles of those that have completed none since."""
    return [s for s in told if s.key not in {machine, s.kind} and _goes_on(s, completed)]


def _goes_on(silence: Silence, completed: Mapping[str | None, Sequence[datetime]]) -> bool:
    if silence.kind is Kind.CYCLE:
        ends, since = completed.get(silence.key, ()), silence.since
        return since is None or not any(end > since for end in ends)
    return silence.kind is Kind.DISK


@dataclass(frozen=True, slots=True)
class Turns:
    """What there is to tell: what fell silent, and what is heard again."""

    began: tuple[Silence, ...]
    ended: tuple[Silence, ...]

    def __bool__(self) -> bool:
        return bool(self.began or self.ended)


def turns(told: Iterable[Silence], found: Iterable[Silence]) -> Turns:
    """Each silence is told when it begins and when it ends, and not in between."""
    before = {(s.kind, s.key): s for s in told}
    after = {(s.kind, s.key): s for s in found}
    return Turns(
        tuple(s for place, s in after.items() if place not in before),
        tuple(s for place, s in before.items() if place not in after),
    )


def _heard(pulse: Pulse) -> datetime | None:
    """The last that was heard of a source; where it never brought anything, when it was first
    asked."""
    moments = [moment for moment in (pulse.newest_at, pulse.last_new_at) if moment]
    return max(moments, default=pulse.first_polled_at)


def _fails(pulse: Pulse) -> bool:
    since = pulse.last_success_at or pulse.first_polled_at
    return pulse.error is not None and since is not None and _lag(pulse, since) > FAILING_AFTER


def _is_still(pulse: Pulse) -> bool:
    since = _heard(pulse)
    if since is None or pulse.usual is None:
        return False
    return _lag(pulse, since) > max(SOURCE_FACTOR * pulse.usual, SOURCE_FLOOR)


def _still_since(pulses: Sequence[Pulse]) -> datetime | None:
    """When the last of some sources was heard of, if all are still for longer than usual."""
    usual = min((p.usual for p in pulses if p.usual is not None), default=None)
    since = max((p.last_new_at for p in pulses if p.last_new_at), default=None)
    if usual is None or since is None:
        return None
    asked = max(p.polled_at for p in pulses)
    return since if asked - since > max(SOURCE_FACTOR * usual, LANGUAGE_FLOOR) else None


def _lag(pulse: Pulse, since: datetime) -> timedelta:
    return pulse.polled_at - since
