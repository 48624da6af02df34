"""A mistaken rule fires on far too many stories in one cycle."""

from __future__ import annotations

import pytest

from flows.watch import watch
from tests.flows.flood import CAP, flood
from tests.flows.newsroom import Newsroom

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "events",
    [2 * CAP, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
)
async def test_each_channel_gets_its_cap_and_one_summary(news: Newsroom, events: int) -> None:
    desks = [news.desk("chat"), news.desk("room")]
    flood(news, events)
    summary = await watch(news.house())
    assert (summary.new, summary.alerts, summary.undelivered) == (events, events, 0)
    for desk in desks:
        assert len(desk.got) == CAP + 1
        assert [title.startswith("[") for title in desk.got] == [True] * CAP + [False]
        assert str(events - CAP) in desk.got[-1]
