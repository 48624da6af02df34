"""What stands: levels that an official document says are in force, and what changed in it.

A document that lost records is believed late, one that lost many not at all at first: a broken
page must not look like an alert that was lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE = timedelta(minutes=10)
"""How long a record must be missing before it counts as lifted."""
DISTRUST = timedelta(hours=12)
"""The same where a document lifts, or lacks, many at once."""
MANY = 2
"""More than so many, and more than one in `SHARE` of those in force, are many."""
SHARE = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """The level of one place."""

    key: str
    """What tells it from the other records of its document."""
    place: str
    level: str
    """Name of the level (`amber`, `level-2`); "" where none is in force."""
    rank: int
    """0 for none, then from the mildest on."""
    words: str = ""
    """The official words, plain text."""
    updated_at: datetime | None = None
    """The document's own word; aware, UTC."""
    revision: int = 1
    """One more for each change that was told."""
    since: datetime | None = None
    """When we first saw it so."""
    lapsing_since: datetime | None = None
    """When its lifting was first seen, where that is not believed yet."""


class Turn(StrEnum):
    """What became of a level."""

    ISSUED = "issued"
    RAISED = "raised"
    LOWERED = "lowered"
    LIFTED = "lifted"
    UPDATED = "updated"
    """The same level with other words or another date."""
    STANDING = "standing"
    """In force when the document was seen for the first time."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two looks at a document."""

    turn: Turn
    now: Standing
    former: Standing | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two looks at a document come to."""

    kept: tuple[Standing, ...]
    """To be remembered."""
    changes: tuple[Change, ...] = ()
    doubt: str = ""
    """Why part of the document is not believed yet, for people."""

    @property
    def waiting(self) -> bool:
        """Whether something waits to be believed, so that the document must be looked at again."""
        return any(standing.lapsing_since for standing in self.kept)


def compare(
    former: Iterable[Standing] | None, seen: Iterable[Standing], now: datetime
) -> Comparison:
    """What `seen` at `now` changes; `former` is None where the document was never seen before.

    Deciding twice about the same documents gives the same changes and revisions.
    """
    current = {standing.key: replace(standing, since=now) for standing in seen}
    if former is None:
        first = tuple(current.values())
        return Comparison(first, tuple(Change(Turn.STANDING, s) for s in first if s.rank))
    known = {standing.key: standing for standing in former}
    lapses = [s for s in known.values() if s.rank and not _in_force(s.key, current)]
    many = _many(lapses, known)
    kept = {s.key: _doubted(s, now) for s in lapses if _waits(s, s.key in current, many, now)}
    believed = {**_lifted(known, now), **current, **kept}
    pairs = [_told(known.get(key), standing) for key, standing in believed.items()]
    return Comparison(
        kept=tuple(standing for standing, _ in pairs),
        changes=tuple(change for _, change in pairs if change),
        doubt=_doubt(len(lapses), known) if many and kept else "",
    )


def _lifted(known: Mapping[str, Standing], now: datetime) -> dict[str, Standing]:
    """What becomes of each record that the document lacks and nothing speaks for."""
    return {
        key: replace(standing, level="", rank=0, words="", since=now, lapsing_since=None)
        for key, standing in known.items()
    }


def _in_force(key: str, current: Mapping[str, Standing]) -> bool:
    return key in current and current[key].rank > 0


def _many(lapses: list[Standing], known: Mapping[str, Standing]) -> bool:
    in_force = sum(standing.rank > 0 for standing in known.values())
    return len(lapses) > MANY and len(lapses) * SHARE > in_force


def _waits(standing: Standing, stated: bool, many: bool, now: datetime) -> bool:
    """Whether the lifting of `standing` is not believed yet. `stated`: the document has the record
    and says that it is not in force."""
    if stated and not many:
        return False
    patience = DISTRUST if many else PATIENCE
    return now - (standing.lapsing_since or now) < patience


def _doubted(standing: Standing, now: datetime) -> Standing:
    return replace(standing, lapsing_since=standing.lapsing_since or now)


def _told(former: Standing | None, now: Standing) -> tuple[Standing, Change | None]:
    """What to remember of a record, and the change where there is one."""
    turn = _turn(former, now)
    if former is None:
        return now, Change(turn, now) if turn else None
    if turn is None:
        return replace(now, revision=former.revision, since=former.since), None
    revised = replace(now, revision=former.revision + 1)
    if turn is Turn.UPDATED:
        revised = replace(revised, since=former.since)
    return revised, Change(turn, revised, former)


def _turn(former: Standing | None, now: Standing) -> Turn | None:
    before = former.rank if former else 0
    if now.rank != before:
        return _moved(before, now.rank)
    if former is None or not now.rank:
        return None
    same = (former.words, former.updated_at) == (now.words, now.updated_at)
    return None if same else Turn.UPDATED


def _moved(before: int, after: int) -> Turn:
    if after > before:
        return Turn.RAISED if before else Turn.ISSUED
    return Turn.LOWERED if after else Turn.LIFTED


def _doubt(lapses: int, known: Mapping[str, Standing]) -> str:
    in_force = sum(standing.rank > 0 for standing in known.values())
    hours = DISTRUST.total_seconds() / 3600
    return (
        f"{lapses} of the {in_force} levels in force are missing or lifted at once; the former "
        f"ones stand until it has said so for {hours:g} hours"
    )
