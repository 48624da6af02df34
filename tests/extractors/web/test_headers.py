"""What headers ask of us."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extractors.web.headers import fresh_seconds, retry_after

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 01 Nov 2026 08:01:00 GMT", 60.0),
        ("Sun, 01 Nov 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=600"}, 600.0),
        ({"cache-control": 'MAX-AGE="600"', "age": "100"}, 500.0),
        ({"cache-control": "max-age=600", "age": "9999"}, 0.0),
        ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": "no-store, max-age=600"}, None),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=soon", "expires": "Sun, 01 Nov 2026 08:10:00 GMT"}, 600.0),
        ({"cache-control": "max-age=5", "expires": "Sun, 01 Nov 2026 08:10:00 GMT"}, 5.0),
        ({"expires": "Sun, 01 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"expires": "0"}, None),
        ({}, None),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, str], seconds: float | None) -> None:
    assert fresh_seconds(headers, NOW) == seconds
