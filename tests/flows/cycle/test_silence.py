"""Operators are told once of what is silent, and once when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flows.configuration.settings import load
from flows.cycle.silence import keep_watch
from flows.digest import send_digest
from flows.watch import watch
from tests.flows.newsroom import FRIDAY, GARDENS, WARNING_EN, Newsroom, routes
from warehouse.collecting import runs
from warehouse.database import Warehouse

pytestmark = pytest.mark.anyio
PACE = [
    replace(
        GARDENS, path=f"/garden/{n}", title=f"Garden show, day {n}", published=FRIDAY - n * HOUR
    )
    for n, HOUR in enumerate([timedelta(hours=1)] * 8)
]


async def test_a_source_and_its_language(news: Newsroom) -> None:
    news.site.routes |= routes(*PACE)
    news.source("post")
    desk = news.desk("chat")
    await watch(news.house())
    _change(news, "UPDATE store.source_state SET last_new_at = last_new_at - INTERVAL 10 DAY")
    for _ in range(2):
        await _cycle(news)
    assert desk.got == ["Silent: 2"]
    [request] = [r for r in news.site.requests if r.path.startswith("/hook-")]
    for line in ("Source post has brought nothing since", "noroshi sources check post"):
        assert line in request.body.decode()
    news.site.routes |= routes(WARNING_EN, *PACE)
    await _cycle(news)
    assert desk.got[1].startswith("[HIGH] Travel advisory")
    for _ in range(2):
        await _cycle(news)
    assert desk.got[2:] == ["Heard again: 2"]


async def test_a_disk_that_is_nearly_full(news: Newsroom) -> None:
    desk = news.desk("chat")
    news.rules.append("[silence]\nfree_megabytes = 1_000_000_000\n")
    for _ in range(2):
        await watch(news.house())
    [told] = desk.got
    assert told.startswith("The disk is nearly full: ")
    news.rules.clear()
    await watch(news.house())
    assert desk.got[1:] == ["There is room on the disk again"]


async def test_no_completed_cycle_is_told_between_cycles(news: Newsroom) -> None:
    desk = news.desk("chat")
    await watch(news.house())
    _scheduled_until(news, datetime.now(UTC) - timedelta(hours=2))
    for _ in range(2):
        await _look(news)
    [told] = desk.got
    assert told.startswith("No cycle has been completed since ")
    await watch(news.house())
    await _look(news)
    assert desk.got[1:] == ["Cycles are completed again"]


async def test_cycles_by_hand_are_not_missed(news: Newsroom) -> None:
    desk = news.desk("chat")
    for _ in range(2):
        await watch(news.house())
    assert await keep_watch(news.house(), lambda: datetime.now(UTC) + timedelta(days=3)) == 0
    assert desk.got == []


async def test_a_digest_that_was_not_sent(news: Newsroom) -> None:
    desk = news.desk("chat")
    due = datetime.now(UTC) - timedelta(hours=6)  # for an hour after that nobody would be told
    news.rules.append(f'[schedule]\ndigest = "{due:%H:%M}"\ntimezone = "UTC"\n')
    assert await send_digest(news.house(), scheduled=True) == {"chat": "sent"}
    _change(
        news,
        "UPDATE store.run SET ended_at = ended_at - INTERVAL 3 DAY WHERE kind = 'digest'",
    )
    for _ in range(2):
        await _look(news, datetime.now(UTC) + timedelta(days=1))
    assert len(desk.got) == 2 and desk.got[1].startswith("The daily digest was not sent")
    await send_digest(news.house(), scheduled=True)
    await _look(news)
    assert desk.got[2:] == ["The daily digest is sent again"]


async def test_it_is_told_through_a_channel_that_works(news: Newsroom) -> None:
    broken, good = news.desk("broken", 500), news.desk("good")
    reader = news.desk("reader")
    await send_digest(news.house())
    house = news.house()
    text = news.file.read_text(encoding="utf-8")
    news.file.write_text(
        text.replace('name = "reader"\n', 'name = "reader"\noperator = false\n')
        + "[silence]\nfree_megabytes = 1_000_000_000\n",
        encoding="utf-8",
    )
    await keep_watch(load(house.file), lambda: datetime.now(UTC))
    assert good.got[-1].startswith("The disk is nearly full")
    assert broken.got == [] and len(reader.got) == 1, "the digest alone"
    waiting = "SELECT count(*) FROM store.delivery WHERE channel = 'broken' AND state != 'sent'"
    with Warehouse(house.data_folder).writing("look") as connection:
        assert connection.execute(waiting).fetchone() == (1,), "the digest alone"


async def _cycle(news: Newsroom) -> None:
    await watch(news.house(), insisted=["post"])


async def _look(news: Newsroom, now: datetime | None = None) -> None:
    await keep_watch(news.house(), lambda: now or datetime.now(UTC))


def _change(news: Newsroom, sql: str) -> None:
    with Warehouse(news.house().data_folder).writing("test") as connection:
        connection.execute(sql)


def _scheduled_until(news: Newsroom, end: datetime) -> None:
    """As if cycles had run every quarter of an hour until `end`."""
    with Warehouse(news.house().data_folder).writing("test") as connection:
        connection.execute("DELETE FROM store.run")
        for number in range(6):
            ended = end - number * timedelta(minutes=15)
            runs.start(connection, str(number), "watch", ended)
            runs.finish(connection, str(number), outcome="ok", counts=runs.Counts(), now=ended)
