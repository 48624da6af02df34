"""Durations: what people write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from extractors.duration import duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        ("1d 12h", timedelta(days=1, hours=12)),
        ("2W", timedelta(weeks=2)),
        ("0m", timedelta(0)),
    ],
)
def test_what_is_read(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "6", "h", "six hours", "-6h", "6h!", "1.5h", "٣h", "9" * 9 + "w"]
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration(text)
