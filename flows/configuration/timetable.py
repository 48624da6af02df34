"""When the digests are due, by the schedule of the settings."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from alerts.telling.writing.digest import Span
from flows.configuration.kinds import WEEKDAYS
from flows.configuration.tables import Schedule


def due(schedule: Schedule, now: datetime, span: Span = Span.DAY) -> datetime:
    """The last moment at or before `now` when a digest was to be sent: by the clock on the wall of
    the schedule's zone, whatever daylight saving does."""
    weekday, clock = weekly(schedule.weekly) if span is Span.WEEK else (None, schedule.digest)
    today = now.astimezone(schedule.zone).date()
    days = (today - timedelta(days=back) for back in range(9))
    moments = (
        datetime.combine(day, time.fromisoformat(clock), schedule.zone)
        for day in days
        if weekday is None or day.weekday() == weekday
    )
    return next(moment for moment in moments if moment <= now)


def weekly(text: str | None) -> tuple[int, str]:
    """`monday 07:30` as the number of the day and the time."""
    day, clock = (text or "monday 07:30").split()
    return WEEKDAYS.index(day), clock
