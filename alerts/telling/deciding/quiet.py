"""Quiet hours: when a channel wants no alerts, in the zone of its readers.

The hours begin when the wall clock first shows `begin` and end when it last shows `end`. Where
clocks are set forward over one of the two, the moment of the change stands for it; where they are
set back, an hour that comes twice is quiet both times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class QuietMode(StrEnum):
    """What becomes of alerts in quiet hours."""

    HOLD = "hold"
    """All go out when the hours end, as one message."""
    CRITICAL_ONLY = "critical-only"
    """Critical ones go out at once, the others when the hours end."""
    SILENT = "silent"
    """They do not go to this channel; the digest has them."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """The quiet hours of every day; over midnight where they end before they begin."""

    begin: time
    end: time
    zone: ZoneInfo
    mode: QuietMode = QuietMode.HOLD

    def until(self, now: datetime) -> datetime | None:
        """When the hours that `now` lies in end (UTC); None where it lies in none."""
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            begin, end = self._hours(day)
            if begin <= now < end:
                return end
        return None

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        """The quiet hours that begin on `day`."""
        last = day if self.begin < self.end else day + timedelta(days=1)
        return (
            _moment(day, self.begin, self.zone, fold=0),
            _moment(last, self.end, self.zone, fold=1),
        )


def _moment(day: date, clock: time, zone: ZoneInfo, *, fold: int) -> datetime:
    """When a wall clock shows `clock`; of two times the first (fold 0) or second (1); where it is
    skipped, the moment of the change."""
    wall = datetime.combine(day, clock, zone).replace(fold=fold)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    return _change(wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC), zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second in which the clocks of `zone` change, between the two moments."""
    low, high = before, after
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return high.replace(microsecond=0)
