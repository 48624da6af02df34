"""A digest tells what happened, once, and is not lost."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.writing.digest import Digest, Span, Standing
from flows.configuration.settings import House
from flows.configuration.tables import Schedule
from flows.configuration.timetable import due
from flows.digest import _write, compose, preview, send_digest
from flows.watch import watch
from tests.flows.conftest import Run
from tests.flows.newsroom import GARDENS, LIFTED_EN, WARNING_EN, WARNING_JA, Newsroom, routes
from tests.servers import Reply, Request
from warehouse.database import Warehouse
from warehouse.telling import mutes
from warehouse.telling.day import digest_between

pytestmark = pytest.mark.anyio
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


DUE = {
    "before the hour": ("07:30", None, "UTC", "2025-11-15 07:29", "2025-11-14 07:30"),
    "at the hour": ("07:30", None, "UTC", "2025-11-15 07:30", "2025-11-15 07:30"),
    "another zone": ("07:30", None, "Asia/Tokyo", "2025-11-14 22:30", "2025-11-14 22:30"),
    "a gap": ("01:30", None, "Europe/London", "2026-03-29 12:00", "2026-03-29 01:30"),
    "a fold": ("01:30", None, "Europe/London", "2026-10-25 12:00", "2026-10-25 00:30"),
    "a week": ("07:30", "monday 08:00", "UTC", "2025-11-16 12:00", "2025-11-10 08:00"),
    "that day": ("07:30", "sunday 08:00", "UTC", "2025-11-16 08:00", "2025-11-16 08:00"),
    "not yet": ("07:30", "sunday 08:00", "UTC", "2025-11-16 07:59", "2025-11-09 08:00"),
}


@pytest.mark.parametrize("case", DUE.values(), ids=DUE.keys())
def test_when_a_digest_is_due(case: tuple[str, str | None, str, str, str]) -> None:
    clock, weekly, zone, now, expected = case
    schedule = Schedule(digest=clock, weekly=weekly, timezone=zone)
    span = Span.WEEK if weekly else Span.DAY
    assert due(schedule, _utc(now), span).astimezone(UTC) == _utc(expected)


@given(st.integers(0, 2 * 366 * 24 * 60))
def test_digests_follow_each_other_without_a_gap(minutes: int) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    schedule = Schedule(digest="01:30", timezone="Europe/London")
    last = due(schedule, now)
    before = due(schedule, last - timedelta(seconds=1))
    assert before < last <= now < last + 26 * HOUR
    assert 23 * HOUR <= last.astimezone(UTC) - before.astimezone(UTC) <= 25 * HOUR


class TestPeriod:
    """What is new, what goes on, and what is old."""

    async def test_an_event_is_new_once_and_then_goes_on(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN, GARDENS)
        news.source("post")
        begun = datetime.now(UTC)
        await watch(news.house())
        [happening] = _digest(news, begun).happenings
        assert (happening.standing, happening.articles, happening.outlets) == (Standing.NEW, 1, 1)
        assert happening.notice.headline == WARNING_EN.title
        assert _digest(news, begun).articles == 2
        noon = datetime.now(UTC)
        assert _digest(news, noon).happenings == ()
        news.site.routes |= routes(WARNING_JA, at="/ja-feed")
        news.source("shinpo", "/ja-feed")
        await watch(news.house())
        [happening] = _digest(news, noon).happenings
        assert (happening.standing, happening.articles) == (Standing.CONTINUING, 1)
        assert happening.outlets == 2
        assert happening.notice.headline == WARNING_EN.title, "the first report speaks for it"
        [happening] = _digest(news, begun).happenings
        assert (happening.standing, happening.articles) == (Standing.NEW, 2)

    async def test_an_event_of_an_own_rule_bears_its_name(self, news: Newsroom, call: Run) -> None:
        news.site.routes |= routes(GARDENS)
        news.source("post")
        word = GARDENS.title.split()[0]
        rule = f'[[rule]]\nid = "mine"\nname = "My own rule"\nkeywords = ["{word}"]\n'
        news.rules.append(rule)
        begun = datetime.now(UTC)
        await watch(news.house())
        [happening] = _digest(news, begun).happenings
        assert happening.notice.rule_name == "My own rule"
        assert "My own rule" in previewed(news.house())

    async def test_backlog_is_told_as_such(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("post")
        news.hours = 1
        desk = news.desk("chat")
        begun = datetime.now(UTC)
        await watch(news.house())
        assert desk.got == [], "nobody is alerted"
        assert [h.standing for h in _digest(news, begun).happenings] == [Standing.BACKLOG]

    async def test_what_is_muted_stands_apart_or_is_left_out(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("post")
        begun, desk = datetime.now(UTC), news.desk("chat")
        await watch(news.house())
        until = datetime.now(UTC) + DAY
        for mute in (("event", _digest(news, begun).happenings[0].notice.event_id), RULE):
            _change_mutes(news, mute, until)
            assert [h.muted for h in _digest(news, begun).happenings] == [True]
            _change_mutes(news, mute, None)
            assert [h.muted for h in _digest(news, begun).happenings] == [False]
        _change_mutes(news, RULE, until)
        await send_digest(news.house())
        assert desk.got[-1].endswith("Events: 0")
        said = [r for r in news.site.requests if r.path.startswith("/hook-")][-1].body.decode()
        assert said.index("Muted (1)") < said.index(WARNING_EN.title)
        news.rules.append("[schedule]\nmuted_in_digest = false\n")
        assert WARNING_EN.title not in previewed(news.house(), until)

    async def test_the_sources_health_is_told(self, news: Newsroom) -> None:
        news.site.routes |= routes(GARDENS)
        news.source("good")
        news.source("bad", "/nowhere")
        await watch(news.house())
        digest = _digest(news, datetime.now(UTC))
        assert (digest.sources_ok, digest.sources_failing) == (1, ("bad",))


class TestSending:
    """Through the outbox, like everything."""

    async def test_a_scheduled_digest_goes_out_once(self, news: Newsroom) -> None:
        desk = news.desk("chat")
        for _ in range(3):
            states = await send_digest(news.house(), scheduled=True)
        assert states == {"chat": "sent"}
        assert len(desk.got) == 1 and desk.got[0].startswith("Digest ")
        await send_digest(news.house(), span=Span.WEEK, scheduled=True)
        assert desk.got[1].startswith("Weekly digest ")

    async def test_a_digest_that_was_written_is_not_lost(self, news: Newsroom) -> None:
        desk, house = news.desk("chat"), news.house()
        _write(house, Warehouse(house.data_folder), Span.DAY, True, datetime.now(UTC))
        assert desk.got == []  # killed here
        await watch(house)
        assert len(desk.got) == 1
        await send_digest(house, scheduled=True)
        assert len(desk.got) == 1

    async def test_a_channel_that_fails_gets_the_same_message_later(self, news: Newsroom) -> None:
        good, bad = news.desk("good"), news.desk("bad", 500)
        assert await send_digest(news.house()) == {"good": "sent", "bad": "failed"}
        bad.status = 200
        await watch(news.house())
        assert len(good.got) == len(bad.got) == 1
        sent = [r for r in news.site.requests if r.path.startswith("/hook-bad")]
        assert len(sent) == 2
        assert len({r.headers["idempotency-key"] for r in sent}) == 1
        assert json.loads(sent[0].body) == json.loads(sent[1].body)

    async def test_a_cycle_that_begins_meanwhile_does_not_send_it_again(
        self, news: Newsroom
    ) -> None:
        desk = news.desk("chat")
        house = news.house()
        path = next(path for path in news.site.routes if path.startswith("/hook-"))

        def slow(request: Request) -> Reply:
            time.sleep(2)
            return desk(request)

        news.site.routes[path] = slow
        sending = asyncio.create_task(send_digest(house))
        await asyncio.sleep(0.8)
        await watch(house)
        await sending
        assert len(desk.got) == 1

    async def test_one_process_at_a_time_sends_to_a_channel(self, news: Newsroom) -> None:
        """What is written while another one is sending goes out after that, sent by that one."""
        news.site.routes |= routes(WARNING_EN, LIFTED_EN)
        news.source("post")
        desk, house = news.desk("chat"), news.house()
        path = next(path for path in news.site.routes if path.startswith("/hook-"))
        called, answer = threading.Event(), threading.Event()

        def slow(request: Request) -> Reply:
            called.set()
            answer.wait(60)
            return desk(request)

        news.site.routes[path] = slow
        sending = asyncio.create_task(send_digest(house))
        await asyncio.to_thread(called.wait, 60)
        await watch(house)
        weekly = await send_digest(house, span=Span.WEEK)
        assert (desk.got, weekly) == ([], {"chat": "pending"})
        answer.set()
        await sending
        kinds = [title.partition(" ")[0] for title in desk.got]
        assert kinds == ["Digest", "[HIGH]", "[MEDIUM]", "Weekly"]

    async def test_an_empty_digest_says_so_or_is_left_out(self, news: Newsroom) -> None:
        desk = news.desk("chat")
        await send_digest(news.house())
        assert desk.got[0].endswith("Events: 0")
        news.rules.append("[schedule]\nempty_digest = false\n")
        assert await send_digest(news.house(), scheduled=True) == {}
        assert len(desk.got) == 1
        news.site.routes |= routes(WARNING_EN)
        news.source("post")
        await watch(news.house())
        await send_digest(news.house())
        assert desk.got[-1].endswith("Events: 1")


async def test_the_command_shows_and_sends(news: Newsroom, call: Run) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("post")
    desk = news.desk("chat")
    await watch(news.house())
    shown = call("digest", "--preview")
    assert "Events: 1" in shown.out and WARNING_EN.title in shown.out
    assert call("digest", "--preview", "--weekly").out.startswith("Weekly digest ")
    assert len(desk.got) == 1, "the alert alone"


def test_the_command_sends(news: Newsroom, call: Run) -> None:
    desk = news.desk("chat")
    news.house()
    assert "sent to 1 channel" in call("digest", "--weekly").err
    assert desk.got[0].startswith("Weekly digest ")


RULE = ("rule", "travel-advisory")


def _change_mutes(news: Newsroom, what: tuple[str, str], until: datetime | None) -> None:
    with news.house().warehouse.writing("mute") as connection:
        if until:
            mutes.mute(connection, what, until, datetime.now(UTC))
        else:
            mutes.unmute(connection, what)


def previewed(house: House, until: datetime | None = None) -> str:
    with house.warehouse.reading() as connection:
        digest = compose(house, connection, until or datetime.now(UTC), span=Span.DAY)
    return preview(digest, "en", "UTC").text


def _digest(news: Newsroom, since: datetime) -> Digest:
    with Warehouse(news.house().data_folder).writing("look") as connection:
        return digest_between(connection, since, datetime.now(UTC), rules={"mine": "My own rule"})


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
