"""When a source is asked again: often who publishes often, never before the time that is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from extractors.errors import Blocked, ExtractorError, FeedError, HostUnreachable, HttpError
from extractors.feeds.cadence import DAY, HOUR, Bounds, after_failure, after_success, usual_seconds

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
BOUNDS = Bounds(cycle=900, floor=0, ceiling=3600)
FEED = FeedError("u", "w", "r")
DOWN = HostUnreachable("u", "w", "r")


def http(status: int, retry_after: float | None = None) -> HttpError:
    return HttpError("u", status, "w", "r", retry_after)


@pytest.mark.parametrize(
    ("hours", "usual"),
    [
        ([], None),
        ([0, 1, 2, 3], None),
        ([0, 1, 2, 3, 4], HOUR),
        ([4, 0, 2, 1, 3], HOUR),
        ([0, 1, 2, 3, 4, 300], HOUR),
        ([0, 0, 0, 24, 24, 24], 0.0),
        ([*range(0, 2000, 100), *range(2000, 2021)], HOUR),
    ],
    ids=["none", "too few", "hourly", "in any order", "silence", "day by day", "of late"],
)
def test_the_usual_interval(hours: list[float], usual: float | None) -> None:
    assert usual_seconds(NOW + timedelta(hours=h) for h in hours) == usual


@pytest.mark.parametrize(
    ("usual", "fresh", "wanted"),
    [
        (None, None, 0),
        (None, DAY, 0),
        (600, None, 0),
        (600, DAY, 0),
        (2 * HOUR, None, 0),
        (4 * HOUR, None, 1800),
        (DAY, None, 3600),
        (4 * HOUR, 2700, 2700),
        (4 * HOUR, DAY, 3600),
        (1800, DAY, 1800),
    ],
)
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_an_interval(usual: float | None, fresh: float | None, wanted: int, jitter: float) -> None:
    seconds = after_success(usual, fresh, BOUNDS, jitter)
    assert 0.74 * wanted <= seconds <= 0.96 * wanted
    assert after_success(usual, fresh, Bounds(ceiling=0), jitter) == 0


def test_no_one_is_asked_more_often_than_the_settings_allow() -> None:
    bounds = Bounds(cycle=900, floor=1800, ceiling=3600)
    for usual in (None, 1.0, HOUR, DAY):
        assert after_success(usual, None, bounds, 0.0) >= 0.75 * 1800


@pytest.mark.parametrize(
    ("error", "streak", "wanted"),
    [
        (DOWN, 1, 0),
        (DOWN, 2, 0),
        (DOWN, 3, 1800),
        (DOWN, 4, 3600),
        (DOWN, 99, 2 * HOUR),
        (FEED, 99, 2 * HOUR),
        (http(500), 99, 2 * HOUR),
        (http(404), 1, 0),
        (http(404), 99, DAY),
        (Blocked("u", 503, "w", "r"), 99, DAY),
        (http(429), 1, 1800),
    ],
)
def test_back_off(error: ExtractorError, streak: int, wanted: float) -> None:
    assert 0.75 * wanted <= after_failure(error, streak, BOUNDS, 0.0) <= 0.95 * wanted
    assert after_failure(error, streak, Bounds(ceiling=0), 0.0) == 0


@pytest.mark.parametrize("streak", [1, 3, 99])
@pytest.mark.parametrize("asked", [0, 60, 9000, DAY, 10 * DAY])
def test_no_one_is_asked_before_the_time_that_he_names(streak: int, asked: float) -> None:
    wait = after_failure(http(503, asked), streak, BOUNDS, 0.0)
    assert min(asked, DAY) <= wait <= DAY
