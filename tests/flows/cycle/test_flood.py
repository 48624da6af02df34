"""A mistaken rule fires on far too many stories in one cycle."""

from __future__ import annotations

import pytest

from flows.watch import watch
from tests.flows.newsroom import Newsroom, Story, feed

pytestmark = pytest.mark.anyio

RULE = '[rules]\nshipped = false\n[[rule]]\nid = "mistake"\nkeywords = ["harbour"]\n'
CAP = 30
"""Of a channel that sets none."""
SOURCES = 10


async def test_each_channel_gets_its_cap_and_one_summary(news: Newsroom) -> None:
    events = 2 * CAP
    for source in range(SOURCES):
        path = f"/feed/{source}"
        news.site.routes[path] = feed(*(_story(n) for n in range(source, events, SOURCES)))
        news.source(f"s{source}", path)
        news.sources[-1] += "full_text = false\n"
    desks = [news.desk("chat"), news.desk("room")]
    news.rules.append(RULE)
    summary = await watch(news.house())
    assert (summary.new, summary.alerts, summary.undelivered) == (events, events, 0)
    for desk in desks:
        assert len(desk.got) == CAP + 1
        assert [title.startswith("[") for title in desk.got] == [True] * CAP + [False]
        assert str(events - CAP) in desk.got[-1]


def _story(number: int) -> Story:
    """An event of its own: no other has a word of its headline but the one of the rule."""
    words = " ".join(f"{chr(97 + n)}{number * prime % 99_991:05d}" for n, prime in PRIMES)
    return Story(f"/{number}", f"harbour {words}", f"In the harbour {words}.")


PRIMES = tuple(enumerate((3, 7, 31, 127, 8191)))
