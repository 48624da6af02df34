"""Dates keep the moment that their writer meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.dates import find_moments, has_time, parse_date, zone_of

NOON = "2026-11-01T04:00:00+00:00"
"""Noon in Hong Kong."""

WRITTEN = [
    ("2026-11-01T12:00:00+08:00", "UTC", NOON),
    ("2026-11-01T12:00:00.123+0800", "UTC", NOON),
    ("2026-11-01T04:00:00Z", "Asia/Tokyo", NOON),
    ("2026-11-01 12:00:00", "Asia/Hong_Kong", NOON),
    ("2026-11-01T13:00", "Asia/Tokyo", NOON),
    ("2026/11/1 12:00", "Asia/Hong_Kong", NOON),
    ("2026.11.01 12:00", "Asia/Hong_Kong", NOON),
    ("20261101T040000Z", "Asia/Tokyo", NOON),
    ("20261101120000", "Asia/Hong_Kong", NOON),
    ("2026年11月1日 12時00分", "Asia/Hong_Kong", NOON),
    ("2026年11月1日(日) 13時00分", "Asia/Tokyo", NOON),
    ("2026年11月1日 下午 12:00", "Asia/Hong_Kong", NOON),
    ("2026年11月01日12:00", "Asia/Shanghai", NOON),
    ("2026年11月1日午後1時0分", "Asia/Tokyo", NOON),
    ("Sun, 01 Nov 2026 04:00:00 GMT", "Asia/Tokyo", NOON),
    ("Sun, 01 Nov 2026 12:00:00 +0800", "UTC", NOON),
    ("Sun, 1 Nov 2026 12:00:00 HKT", "UTC", NOON),
    ("Sun, 1 Nov 2026 13:00:00 JST", "UTC", NOON),
    ("Sun, 1 Nov 2026 12:00:00 CST", "Asia/Shanghai", NOON),
    ("Sat, 31 Oct 2026 22:00:00 CST", "America/Chicago", NOON),
    ("Sun, 1 Nov 2026 12:00:00", "Asia/Hong_Kong", NOON),
    ("Sun, 1 Nov 2026 12:00:00 XYZT", "Asia/Hong_Kong", NOON),
    ("Sun, 01 Nov 2026 12:00:00 GMT+8", "UTC", NOON),
    ("Sun, 01 Nov 26 04:00 UT", "UTC", NOON),
    ("1 November 2026 12:00", "Asia/Hong_Kong", NOON),
    ("November 1, 2026 12:00 PM", "Asia/Hong_Kong", NOON),
    ("Sunday, November 1st, 2026 at 12:00 pm", "Asia/Hong_Kong", NOON),
    ("Sun, 01 Nov 2026 13:00:00 Asia/Tokyo", "UTC", NOON),
    ("1793505600", "UTC", NOON),
    ("1793505600000", "UTC", NOON),
    ("2026-11-01", "Asia/Hong_Kong", "2026-10-31T16:00:00+00:00"),
    ("2026-10-31T24:00:00", "UTC", "2026-11-01T00:00:00+00:00"),
    ("2026-06-30T23:59:60Z", "UTC", "2026-06-30T23:59:59+00:00"),
    ("", "UTC", None),
    ("yesterday", "UTC", None),
    ("2026-13-01", "UTC", None),
    ("2026-02-30", "UTC", None),
    ("0001-01-01T00:00:00", "UTC", None),
    ("1970-01-01T00:00:00Z", "UTC", None),
    ("31 Foo 2026", "UTC", None),
    ("2026-11-01T99:99:99", "UTC", None),
]


@pytest.mark.parametrize(("text", "zone", "moment"), WRITTEN)
def test_written_dates(text: str, zone: str, moment: str | None) -> None:
    found = parse_date(text, zone)
    assert (found.astimezone(UTC).isoformat() if found else None) == moment


SHOWN = [
    "2026年11月1日 星期日 12:00",
    "2026年11月1日（日曜日）12時00分",
    "2026-11-01 HKT 12:00",
    "Ends/Sunday, November 1, 2026 Issued at HKT 12:00 NNNN",
    "2026年11月1日（星期日） 香港時間12時00分",
    "KYODO NEWS - Nov 1, 2026 - 12:00 | World",
    "2026 11/01 12:00:00 来源",
    "發佈時間：12:00 2026-11-01 HKT",
    "12:00, 1 November 2026",
    "Published: Nov 01, 2026 12:00 PM",
    "2026年11月01日12:00 | 来源：人民网 2026-10-20 08:00",
]


@pytest.mark.parametrize("text", SHOWN)
def test_a_moment_that_a_page_shows(text: str) -> None:
    found = next(find_moments(text, "Asia/Hong_Kong"))
    assert found.astimezone(UTC).isoformat() == NOON


def test_the_time_of_one_line_is_not_that_of_the_next() -> None:
    rows = "2026-10-20 08:00 2026-10-21 09:00 2026-10-22 10:00"
    assert [moment.hour for moment in find_moments(rows)] == [8, 9, 10]


def test_the_offset_is_kept() -> None:
    found = parse_date("2026-11-01T12:00:00+08:00")
    assert found is not None
    assert found.isoformat() == "2026-11-01T12:00:00+08:00"


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_what_isoformat_writes_is_read_back(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(aware.isoformat(), "Asia/Tokyo") == aware


@given(st.text(max_size=40))
def test_no_text_makes_it_fail(text: str) -> None:
    assert parse_date(text) is None or has_time(text) in {True, False}


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(ValueError, match="no IANA time zone"):
        zone_of("Mars/Olympus")
