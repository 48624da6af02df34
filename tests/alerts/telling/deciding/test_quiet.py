"""Quiet hours are those of the readers' clocks, also where these are set forward or back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.deciding.quiet import Quiet

CASES = [
    # zone, from, to, now (UTC), end (UTC) or None
    ("Asia/Tokyo", "22:30", "07:00", "2025-11-14 13:30", "2025-11-14 22:00"),
    ("Asia/Tokyo", "22:30", "07:00", "2025-11-14 13:29", None),
    ("Asia/Tokyo", "22:30", "07:00", "2025-11-14 21:59", "2025-11-14 22:00"),
    ("Asia/Tokyo", "22:30", "07:00", "2025-11-14 22:00", None),
    ("Asia/Hong_Kong", "12:00", "13:00", "2025-11-14 04:30", "2025-11-14 05:00"),
    ("Asia/Hong_Kong", "12:00", "13:00", "2025-11-14 05:00", None),
    # London sets its clocks forward on 2025-03-30: 01:00 GMT is 02:00 BST.
    ("Europe/London", "22:00", "07:00", "2025-03-29 23:00", "2025-03-30 06:00"),
    ("Europe/London", "22:00", "01:30", "2025-03-30 00:59", "2025-03-30 01:00"),
    ("Europe/London", "22:00", "01:30", "2025-03-30 01:00", None),
    ("Europe/London", "01:30", "03:00", "2025-03-30 01:00", "2025-03-30 02:00"),
    ("Europe/London", "01:30", "03:00", "2025-03-30 00:59", None),
    # And back on 2025-10-26: 02:00 BST is 01:00 GMT, so that 01:30 comes twice.
    ("Europe/London", "22:00", "07:00", "2025-10-25 22:00", "2025-10-26 07:00"),
    ("Europe/London", "22:00", "01:30", "2025-10-26 00:45", "2025-10-26 01:30"),
    ("Europe/London", "22:00", "01:30", "2025-10-26 01:15", "2025-10-26 01:30"),
    ("Europe/London", "01:30", "05:00", "2025-10-26 00:30", "2025-10-26 05:00"),
    ("Europe/London", "01:30", "05:00", "2025-10-26 01:10", "2025-10-26 05:00"),
    # Lord Howe moves by half an hour: 02:00 is 02:30 on 2025-10-05.
    ("Australia/Lord_Howe", "22:00", "02:15", "2025-10-04 15:29", "2025-10-04 15:30"),
    ("Australia/Lord_Howe", "22:00", "02:15", "2025-10-04 15:30", None),
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def quiet(zone: str, begin: str, end: str) -> Quiet:
    return Quiet(time.fromisoformat(begin), time.fromisoformat(end), ZoneInfo(zone))


@pytest.mark.parametrize(("zone", "begin", "end", "now", "until"), CASES)
def test_when_quiet_hours_end(zone: str, begin: str, end: str, now: str, until: str | None) -> None:
    found = quiet(zone, begin, end).until(moment(now))
    assert found == (moment(until) if until else None)


clocks = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from(["Asia/Tokyo", "Europe/London", "America/New_York", "Australia/Lord_Howe"])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(zones, clocks, clocks, moments)
def test_the_hours_end_later_and_hold_until_then(
    zone: str, begin: time, end: time, now: datetime
) -> None:
    hours = Quiet(begin, end, ZoneInfo(zone))
    until = hours.until(now)
    if begin == end or until is None:
        return
    assert timedelta() < until - now <= timedelta(hours=26)
    assert hours.until(until - timedelta(seconds=1)) == until
    again = hours.until(until)
    assert again is None or again - until > timedelta(hours=20), "only the next night's"
