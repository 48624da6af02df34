"""A cycle against a real site: what goes wrong is told, the rest goes on, nothing is lost."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from extractors.pages.page import read_page
from flows.cycle.summary import Summary
from flows.errors import CycleBusy
from flows.seed import load_seeds
from flows.watch import Step, watch
from tests.children import child
from tests.flows.conftest import Run
from tests.flows.newsroom import (
    FRIDAY,
    GARDENS,
    LIFTED_EN,
    TOKEN,
    WARNING_EN,
    WARNING_HANS,
    WARNING_JA,
    Newsroom,
    feed,
    page,
    routes,
    rss,
)
from tests.servers import Raw, Reply, Request, Route, Site, fixed, hang, reset, truncated
from warehouse.database import Warehouse, query

pytestmark = pytest.mark.anyio

KEYWORDS = '[[rule]]\nid = "mine"\nname = "Mine"\nkeywords = ["travel to Japan"]\n'


async def cycle(news: Newsroom) -> Summary:
    """One cycle with the settings as they stand."""
    return await watch(news.house())


def rows(news: Newsroom, sql: str) -> list[tuple[object, ...]]:
    """What a reader of the published copy sees."""
    with Warehouse(news.house().data_folder).reading() as connection:
        return query(connection, sql)[1]


def stored(news: Newsroom) -> set[object]:
    """Titles of the news."""
    return {row[0] for row in rows(news, "SELECT title FROM articles WHERE origin = 'news'")}


FEED = rss("http://127.0.0.1:1", [WARNING_EN])
BAD_SOURCES: dict[str, tuple[Route, str]] = {
    "500": (fixed(b"oops", status=500), "500"),
    "404": (fixed(b"gone", status=404), "404"),
    "cut-answer": (truncated(FEED[:300], len(FEED)), "broke"),
    "cut-feed": (fixed(FEED[:60], "application/rss+xml"), "feed"),
    "page": (page(GARDENS), "HTML"),
    "empty": (fixed(b"", "application/rss+xml"), "empty"),
    "reset": (reset, "connection"),
    "50-mb": (fixed(b"<rss>" + b" " * 50_000_000, "application/rss+xml"), "larger than"),
}
BAD_PAGES: dict[str, tuple[Route, bool]] = {
    "500": (fixed(b"oops", status=500), True),
    "404": (fixed(b"gone", status=404), False),
    "empty": (fixed(b""), True),
    "no article": (fixed(b"<html><body></body></html>"), False),
    "picture": (fixed(b"\x89PNG\r\n" * 99, "image/png"), False),
    "reset": (reset, True),
    "too large": (fixed(b"<p>" + b"x" * 21 * 2**20), False),
}
"""How each fails, and whether a later cycle asks again."""


class TestSources:
    """Some sources fail, another does not."""

    async def test_each_failure_is_a_line_and_the_rest_goes_on(self, news: Newsroom) -> None:
        news.site.routes |= routes(GARDENS)
        news.source("good")
        for name, (route, _) in BAD_SOURCES.items():
            news.site.routes[f"/bad/{name}"] = route
            news.source(name, f"/bad/{name}")
        news.source("nobody", url="http://127.0.0.1:1/feed")
        summary = await cycle(news)
        bad = len(BAD_SOURCES) + 1
        assert (summary.polled, summary.failed, summary.new) == (bad + 1, bad, 1)
        assert summary.outcome == "partial"
        assert stored(news) == {GARDENS.title}
        lines = {line.split(": ")[0]: line for line in summary.errors}
        for name, (_, what) in {**BAD_SOURCES, "nobody": (reset, "no connection")}.items():
            line = lines[f"source {name}"]
            assert what in line
            assert ";" in line, "there is a remedy"
            assert "\n" not in line
        streaks = rows(news, "SELECT id FROM sources WHERE error_streak = 0")
        assert streaks == [("good",)]

    async def test_an_unreachable_source_comes_back(self, news: Newsroom) -> None:
        news.site.routes |= {"/feed": reset, **routes(GARDENS, at="/other")}
        news.source("one")
        news.source("two", "/other")
        assert (await cycle(news)).failed == 1
        news.site.routes |= routes(WARNING_EN)
        summary = await cycle(news)
        assert (summary.failed, summary.new) == (0, 1)
        assert stored(news) == {GARDENS.title, WARNING_EN.title}

    async def test_what_a_truncated_feed_still_holds_is_read(self, news: Newsroom) -> None:
        whole = rss(news.site.url("")[:-1], [GARDENS, WARNING_EN])
        news.site.routes |= {**routes(GARDENS, WARNING_EN), "/feed": fixed(whole[:-60])}
        news.source("one")
        summary = await cycle(news)
        assert summary.new >= 1
        assert GARDENS.title in stored(news)


class TestManners:
    """Who is asked when, and what becomes of the answers."""

    async def test_a_slow_source_delays_nobody(
        self, news: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flows.cycle.gathering.LISTENING_SECONDS", 0.5)
        monkeypatch.setenv("NOROSHI_FETCH__TOTAL_SECONDS", "60")
        desk, told, in_time = news.desk("desk"), Event(), []

        def heard(request: Request) -> Reply:
            told.set()
            return desk(request)

        def slow(request: Request) -> Reply | Raw:
            in_time.append(told.wait(50))
            return feed(GARDENS)(request)

        news.site.routes |= routes(WARNING_EN) | routes(GARDENS, at="/slow") | {"/slow": slow}
        news.site.routes[f"/hook-desk-{TOKEN}"] = heard
        news.source("quick")
        news.source("slow", "/slow")
        summary = await cycle(news)
        assert in_time == [True], "told before the slow one had answered"
        assert (summary.polled, summary.new, summary.failed) == (2, 2, 0)
        assert stored(news) == {WARNING_EN.title, GARDENS.title}

    async def test_who_is_not_due_is_left_alone_unless_one_insists(self, news: Newsroom) -> None:
        with Site({"/busy": fixed(b"", status=429, retry_after="600")}) as other:
            news.site.routes |= routes(GARDENS)
            news.source("one")
            news.source("busy", url=other.url("/busy"))
            first = await cycle(news)
            assert (first.polled, first.failed, first.waiting) == (2, 1, 0)
            second = await cycle(news)
            assert (second.polled, second.failed, second.waiting) == (1, 0, 1)
            third = await watch(news.house(), insisted={"busy"})
            assert (third.polled, third.failed, third.waiting) == (1, 1, 0)
            assert [request.path for request in other.requests] == ["/busy", "/busy"]

    async def test_a_host_that_asks_for_patience_is_left_alone_by_all_its_sources(
        self, news: Newsroom, call: Run
    ) -> None:
        news.site.routes |= routes(GARDENS) | {"/busy": fixed(b"", status=503, retry_after="600")}
        news.source("busy", "/busy")
        await cycle(news)
        news.source("one")
        assert (await cycle(news)).failed == 1
        assert news.paths() == ["/busy"], "it was not asked for its other feed"
        one = "SELECT state, error_streak, error, next_poll_at > now() + INTERVAL 500 SECOND"
        ((state, streak, error, later),) = rows(news, f"{one} FROM source_health WHERE id = 'one'")
        assert (state, streak, later) == ("well", 0, True)
        assert "wants to be left alone" in str(error)
        assert call("sources", "retry", "one").status == 0
        assert (await cycle(news)).new == 1

    async def test_a_source_that_is_gone_is_asked_again_when_told_so(
        self, news: Newsroom, call: Run
    ) -> None:
        news.site.routes |= routes(GARDENS) | {"/gone": fixed(b"", status=410)}
        news.source("one")
        news.source("gone", "/gone")
        await cycle(news)
        assert (await cycle(news)).polled == 1
        (row,) = rows(news, "SELECT state, next_poll_at FROM source_health WHERE id = 'gone'")
        assert row == ("gone", None)
        (listed, _) = json.loads(call("sources", "list", "--format", "json").out)
        assert (listed["id"], listed["state"]) == ("gone", "gone")
        table = " ".join(call("sources", "list").out.split())
        assert "never: gone" in table
        assert "next cycle" in table
        assert "noroshi sources retry gone" in listed["remark"]
        assert call("sources", "retry", "gone").status == 0
        assert call("sources", "retry", "nobody").status == 2
        assert (await cycle(news)).polled == 2

    async def test_without_a_connection_there_is_one_line_and_nobody_is_blamed(
        self, news: Newsroom
    ) -> None:
        for n in range(5):
            news.source(f"s{n}", url=f"http://127.0.0.1:{n + 1}/feed")
        for _ in range(4):
            summary = await cycle(news)
            assert (summary.polled, summary.failed, summary.useless) == (5, 5, True)
            (line,) = summary.errors
            assert "no source could be reached: all 5 failed" in line
        assert rows(news, "SELECT DISTINCT state FROM source_health") == [("never polled",)]

    async def test_health_tells_who_brought_what_when(self, news: Newsroom) -> None:
        again = feed(WARNING_EN)
        news.site.routes |= routes(WARNING_EN) | {"/twin": again, "/down": reset}
        for name in ("feed", "twin", "down"):
            news.source(name, f"/{name}")
        await cycle(news)
        health = "SELECT id, state, error_streak, last_new_at, newest_at FROM source_health"
        first = {row[0]: row[1:] for row in rows(news, health)}
        assert first["feed"] == ("silent", 0, first["feed"][2], WARNING_EN.published)
        assert first["feed"][2] is not None
        assert first["down"] == ("failing", 1, None, None)
        await cycle(news)
        second = {row[0]: row[1:] for row in rows(news, health)}
        assert second["feed"][2] == first["feed"][2], "an unchanged feed brought nothing"
        news.site.routes["/down"] = again
        await cycle(news)
        third = {row[0]: row[1:] for row in rows(news, health)}
        assert third["down"] == ("silent", 0, None, WARNING_EN.published), "shown at once"


class TestPages:
    """A page fails: the feed's own words stand in."""

    async def test_a_page_that_is_late_is_told_by_the_feed_and_read_later(
        self, news: Newsroom
    ) -> None:
        late = replace(WARNING_EN, path="/late")
        whole = page(late)
        first_of_all = page(GARDENS)(Request("", {}, 0))
        assert isinstance(first_of_all, Reply)
        # What reads pages is loaded with the first one: on a busy machine that takes seconds.
        read_page(first_of_all.body, "http://site.invalid/")

        def slow(request: Request) -> Reply | Raw:
            time.sleep(6)
            return whole(request)

        news.site.routes |= routes(late, GARDENS) | {"/late": slow}
        news.source("one")
        news.fetch = "pages_seconds = 3\n"
        desk = news.desk("desk")
        first = await cycle(news)
        assert (first.new, first.pages, first.alerts, len(desk.got)) == (2, 1, 1, 1)
        (warning,) = rows(news, "SELECT warnings FROM articles WHERE text_from = 'feed'")
        assert "did not come in time" in str(warning)
        news.site.routes["/late"] = whole
        second = await cycle(news)
        assert (second.changed, second.pages, len(desk.got)) == (1, 1, 1)

    async def test_robots_txt_is_heeded_and_asked_for_once(self, news: Newsroom) -> None:
        rules = b"User-agent: noroshi\nDisallow: /en/1"
        news.site.routes |= routes(WARNING_EN, GARDENS)
        news.site.routes |= {"/robots.txt": fixed(rules, "text/plain")}
        news.source("one")
        desk = news.desk("desk")
        summary = await cycle(news)
        assert (summary.new, summary.pages, len(desk.got)) == (2, 1, 1)
        assert WARNING_EN.path not in news.paths()
        (warning,) = rows(news, "SELECT warnings FROM articles WHERE text_from = 'feed'")
        assert "robots.txt asks programs not to fetch it" in str(warning)
        news.site.routes |= routes(WARNING_JA, GARDENS)
        await cycle(news)
        asked = [request.path for request in news.site.requests]
        assert asked.count("/robots.txt") == 1
        assert asked.count(WARNING_JA.path) == 1

    async def test_the_feeds_words_stay_and_passing_failures_are_tried_again(
        self, news: Newsroom
    ) -> None:
        stories = [replace(WARNING_EN, path=f"/{name.replace(' ', '')}") for name in BAD_PAGES]
        failing = {
            story.path: route for story, (route, _) in zip(stories, BAD_PAGES.values(), strict=True)
        }
        news.site.routes |= {**routes(GARDENS, *stories), **failing}
        news.source("one")
        desk = news.desk("desk")
        summary = await cycle(news)
        assert (summary.new, summary.pages, summary.failed) == (len(stories) + 1, 1, 0)
        assert len(desk.got) == 1, "the feed's words are enough to tell"
        kept = rows(news, "SELECT text, warnings FROM articles WHERE text_from = 'feed'")
        assert len(kept) == len(stories)
        for text, warnings in kept:
            assert str(text).startswith(WARNING_EN.text[:60])
            assert "could not be read" in str(warnings)
        before = len(news.paths())
        await cycle(news)
        again = {s.path for s, (_, a) in zip(stories, BAD_PAGES.values(), strict=True) if a}
        assert set(news.paths()[before:]) == {"/feed", *again}

    async def test_a_page_that_comes_back_is_version_2_and_no_second_alert(
        self, news: Newsroom
    ) -> None:
        closed = fixed(b"closed", status=503)
        news.site.routes |= {**routes(WARNING_EN), WARNING_EN.path: closed}
        news.source("one")
        news.rules.append(KEYWORDS)
        desk = news.desk("desk")
        first = await cycle(news)
        assert (first.new, first.pages, first.alerts, len(desk.got)) == (1, 0, 1, 1)
        news.site.routes[WARNING_EN.path] = page(WARNING_EN)
        second = await cycle(news)
        assert (second.new, second.changed, second.pages) == (0, 1, 1)
        assert (second.alerts, second.deliveries, len(desk.got)) == (0, 0, 1)
        versions = rows(
            news,
            "SELECT article_versions.version, current FROM article_versions "
            "SEMI JOIN articles ON articles.id = article_id AND origin = 'news' ORDER BY ALL",
        )
        assert versions == [(1, False), (2, True)]
        before = len(news.paths())
        await cycle(news)
        assert news.paths()[before:] == ["/feed"], "read once, it is not asked for again"

    async def test_an_event_that_only_the_page_tells_is_told_then(self, news: Newsroom) -> None:
        vague = replace(WARNING_EN, title="Statement", text="A ministry made a statement.")
        closed = fixed(b"closed", status=503)
        news.site.routes |= {"/feed": feed(vague), vague.path: closed}
        news.source("one")
        desk = news.desk("desk")
        assert (await cycle(news)).alerts == 0
        news.site.routes[vague.path] = page(WARNING_EN)
        assert (await cycle(news)).alerts == 1
        assert WARNING_EN.title in desk.got[0]


class TestChannels:
    async def test_a_channel_that_fails_gets_it_with_the_next_cycle(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("one")
        good, bad = news.desk("good"), news.desk("bad", 503)
        first = await cycle(news)
        assert (first.alerts, first.deliveries, first.undelivered) == (1, 1, 1)
        assert first.outcome == "partial"
        assert "channel bad" in first.errors[0]
        assert rows(news, "SELECT channel, state FROM deliveries ORDER BY ALL") == [
            ("bad", "failed"),
            ("good", "sent"),
        ]
        bad.status = 200
        second = await cycle(news)
        assert (second.alerts, second.deliveries, second.undelivered) == (0, 1, 0)
        assert (len(good.got), len(bad.got)) == (1, 1)
        assert set(rows(news, "SELECT state FROM deliveries")) == {("sent",)}
        await cycle(news)
        assert (len(good.got), len(bad.got)) == (1, 1)

    def test_no_secret_is_told_or_kept(self, news: Newsroom, noroshi: Run, call: Run) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("one")
        news.desk("bad", 503)
        news.desk("gone")
        house = news.house()
        (news.folder / ".env").write_text(
            (news.folder / ".env").read_text().replace(f"hook-gone-{TOKEN}", f"nowhere-{TOKEN}")
        )
        said = [noroshi("run"), call("check"), call("channels", "test")]
        assert [ran.status for ran in said] == [0, 0, 1]
        said.append(call("sql", "FROM deliveries", "--format", "json"))
        said.append(call("channels", "list"))
        assert all("bad" in ran.out + ran.err for ran in said[2:])
        assert not [ran for ran in said if TOKEN in ran.out + ran.err]
        for file in house.data_folder.rglob("*"):
            assert not file.is_file() or TOKEN.encode() not in file.read_bytes(), file

    async def test_a_rule_reaches_its_channels_only(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN, GARDENS)
        news.source("one")
        news.rules.append("[rules]\nshipped = false\n")
        news.rules.append('[[rule]]\nname = "G"\nkeywords = ["roses"]\nchannels = ["garden"]\n')
        garden, other = news.desk("garden"), news.desk("other")
        await cycle(news)
        assert (len(garden.got), len(other.got)) == (1, 0)
        assert GARDENS.title in garden.got[0]

    async def test_a_channel_taken_away_is_told_once(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("one")
        news.desk("bad", 503)
        await cycle(news)
        del news.desks["bad"]
        summary = await cycle(news)
        assert "no longer in the settings" in summary.errors[0]
        assert (await cycle(news)).errors == []


class TestEvents:
    async def test_one_event_is_told_once_whoever_reports_it_when(self, news: Newsroom) -> None:
        news.source("en")
        news.source("ja", "/ja")
        news.source("hans", "/hans")
        news.site.routes |= {"/ja": feed(), "/hans": feed()} | routes(WARNING_EN)
        desk, chat = news.desk("desk"), news.desk("chat")
        assert (await cycle(news)).alerts == 1
        news.site.routes |= routes(WARNING_JA, at="/ja")
        assert (await cycle(news)).new == 1
        again = replace(WARNING_EN, path="/en/again", title=f"{WARNING_EN.title}, again")
        news.site.routes |= routes(again, WARNING_EN) | routes(WARNING_HANS, at="/hans")
        assert (await cycle(news)).new == 2
        assert (len(desk.got), len(chat.got)) == (1, 1)
        told = "SELECT articles FROM events JOIN alerts ON alerts.event_id = events.id"
        assert rows(news, told) == [(4,)]
        assert rows(news, "SELECT count(*) FROM alerts") == [(1,)]

    async def test_a_rule_of_keywords_and_the_book_give_one_message(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("one")
        news.rules.append(KEYWORDS)
        desk, chat = news.desk("desk"), news.desk("chat")
        await cycle(news)
        matched = "SELECT rule FROM matches JOIN articles ON articles.id = article_id "
        assert rows(news, matched + "WHERE origin = 'news' ORDER BY ALL") == [
            ("mine",),
            ("travel-advisory",),
        ]
        assert (len(desk.got), len(chat.got)) == (1, 1)

    @pytest.mark.parametrize("undated", [False, True])
    async def test_backlog_opens_events_and_only_what_is_new_is_told(
        self, news: Newsroom, undated: bool
    ) -> None:
        news.hours = 24
        whole = rss(news.site.url(""), [WARNING_EN])
        dateless = re.sub(rb"<pubDate>.*?</pubDate>", b"", whole)
        news.site.routes |= routes(WARNING_EN)
        news.site.routes["/feed"] = fixed(dateless if undated else whole)
        news.source("one")
        desk = news.desk("desk")
        first = await cycle(news)
        assert (first.new, first.backlog, first.matches) == (1, 1, 1)
        assert (first.alerts, desk.got) == (0, [])
        assert rows(news, "SELECT arrival FROM articles WHERE origin = 'news'") == [("backlog",)]
        assert rows(news, "SELECT news FROM events WHERE news > 0") == [(1,)]
        news.site.routes |= routes(WARNING_HANS, WARNING_EN)
        second = await cycle(news)
        # Without a date the event is one of today: what happened in 2025 is another.
        assert (second.new, second.backlog, second.alerts) == (1, 0, int(undated))
        lifted = replace(LIFTED_EN, published=FRIDAY + timedelta(hours=20))
        news.site.routes |= routes(lifted, WARNING_HANS, WARNING_EN)
        third = await cycle(news)
        assert (third.new, third.alerts) == (1, 1)
        assert lifted.title in desk.got[-1], "a new fact is told"

    async def test_a_page_that_tells_its_date_late_is_new_after_all(self, news: Newsroom) -> None:
        news.hours = 24
        closed, now = fixed(b"closed", status=503), datetime.now(UTC)
        link = f"<link>{news.site.url(WARNING_EN.path)}</link>".encode()
        item = b"<item><title>Statement</title>" + link + b"</item>"
        feed_ = b'<rss version="2.0"><channel><title>t</title>' + item + b"</channel></rss>"
        news.site.routes |= {"/feed": fixed(feed_), WARNING_EN.path: closed}
        news.source("one")
        desk = news.desk("desk")
        assert (await cycle(news)).backlog == 1
        told = f'<meta property="article:published_time" content="{now.isoformat()}">'
        page_ = page(WARNING_EN)(Request("", {}, 0))
        assert isinstance(page_, Reply)
        dated = page_.body.replace(b"<title>", told.encode() + b"<title>")
        news.site.routes[WARNING_EN.path] = fixed(dated)
        assert ((await cycle(news)).alerts, len(desk.got)) == (1, 1)
        assert rows(news, "SELECT arrival FROM articles WHERE origin = 'news'") == [("new",)]

    async def test_seeds_never_alert_and_take_part_in_events(
        self, news: Newsroom, tmp_path: Path
    ) -> None:
        (tmp_path / "seeds").mkdir()
        (tmp_path / "seeds" / "a.txt").write_text(f"{WARNING_EN.title}\n{WARNING_EN.text}")
        desk = news.desk("desk")
        now = datetime.now(UTC)
        load_seeds(news.house(), tmp_path / "seeds", now)
        assert rows(news, "SELECT count(*) FROM alerts") == [(0,)]
        news.site.routes |= routes(replace(WARNING_HANS, published=now))
        news.source("one")
        await cycle(news)
        assert len(desk.got) == 1
        origins = rows(
            news,
            "SELECT articles.origin FROM event_articles JOIN articles ON articles.id = article_id "
            "JOIN events ON events.id = event_id AND events.articles = 2 ORDER BY ALL",
        )
        assert origins == [("news",), ("seed",)]

    async def test_a_second_cycle_has_nothing_to_do(self, news: Newsroom) -> None:
        news.site.routes |= routes(WARNING_EN, WARNING_JA, WARNING_HANS, GARDENS)
        news.source("one")
        desk = news.desk("desk")
        first = await cycle(news)
        assert (first.entries, first.new, first.pages) == (4, 4, 4)
        before = len(news.paths())
        second = await cycle(news)
        assert (second.new, second.changed, second.pages, second.matches) == (0, 0, 0, 0)
        assert (second.alerts, second.deliveries, len(desk.got)) == (0, 0, 1)
        assert news.paths()[before:] == ["/feed"]


class TestStatus:
    """The real program: what it says, where, and how it ends."""

    def test_one_failure_among_good_ones_is_0(self, news: Newsroom, noroshi: Run) -> None:
        news.site.routes |= routes(WARNING_EN)
        news.source("good")
        news.source("bad", "/nowhere")
        news.house()
        ran = noroshi("run", "--format", "json")
        assert ran.status == 0
        (record,) = json.loads(ran.out)
        assert (record["polled"], record["failed"], record["new"]) == (2, 1, 1)
        assert record["outcome"] == "partial"
        (line,) = [line for line in ran.err.splitlines() if line.startswith("error:")]
        assert "source bad" in line
        assert "404" in line
        assert "\x1b" not in ran.err

    def test_every_source_failing_is_1(self, news: Newsroom, noroshi: Run) -> None:
        news.source("one", "/nowhere")
        news.source("two", url="http://127.0.0.1:1/")
        news.house()
        ran = noroshi("run")
        assert ran.status == 1
        assert "every source failed" in ran.err
        assert ran.err.count("error: source") == 2
        assert "Traceback" not in ran.err

    def test_a_data_folder_that_cannot_be_written_is_1(
        self, news: Newsroom, noroshi: Run, call: Run
    ) -> None:
        shutil.rmtree(news.folder / "data")
        (news.folder / "data").write_text("a file stands where the folder should be")
        news.source("one")
        news.house()
        said = [noroshi("run"), call("search", "x"), call("sql", "SELECT 1"), call("maintain")]
        for ran in said:
            assert ran.status == 1
            (line,) = [line for line in ran.err.splitlines() if line.startswith("error:")]
            assert "cannot be written" in line
            assert "data_folder" in line
        assert news.site.requests == []
        checked = call("check")
        assert checked.status == 1
        assert "cannot be written" in checked.err

    def test_a_second_cycle_at_once_is_refused(
        self, news: Newsroom, noroshi: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NOROSHI_FETCH__TOTAL_SECONDS", "60")
        news.site.routes |= {"/feed": hang(60)}
        news.source("slow")
        news.house()
        program = [str(Path(sys.executable).with_name("noroshi")), "run"]
        with child(program, cwd=news.folder, stderr=subprocess.PIPE) as first:
            while not news.site.requests:
                assert first.poll() is None
            ran = noroshi("run")
            assert ran.status == 1
            assert ran.out == ""
            (line,) = [line for line in ran.err.splitlines() if line.startswith("error:")]
            assert f"process {first.pid}" in line
            assert "left out" in line
            first.send_signal(signal.SIGINT)
            assert first.stderr is not None
            assert first.stderr.read().splitlines()[-1] == b"stopped"
            assert first.wait() == 130

    async def test_in_one_process_too(self, news: Newsroom) -> None:
        inner: list[type[BaseException]] = []

        async def nested(name: str, step: Step) -> None:
            if name == "fetch":
                with pytest.raises(CycleBusy) as caught:
                    await watch(news.house())
                inner.append(caught.type)
            await step()

        news.source("one")
        news.site.routes |= routes(GARDENS)
        await watch(news.house(), stage=nested)
        assert inner == [CycleBusy]

    def test_a_damaged_warehouse_is_a_clear_line(self, news: Newsroom, call: Run) -> None:
        house = news.house()
        warehouse = Warehouse(house.data_folder)
        warehouse.live.write_bytes(b"no database, block after block" * 999)
        warehouse.published.write_bytes(b"no database" * 999)
        for words in (["maintain"], ["search", "x"]):
            ran = call(*words)
            assert ran.status == 1
            assert ran.err.count("\n") == 1
            assert "is damaged" in ran.err
