"""`noroshi backfill`: archives walked, everything asked for once, nobody told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.watch import watch
from tests.children import child, ran
from tests.flows.conftest import Run
from tests.flows.cycle.test_pages import rows
from tests.flows.newsroom import WARNING_EN, Newsroom, Story, page, rss
from tests.servers import Reply, Request, Route, fixed

NOVEMBER = datetime(2025, 11, 1, 12, tzinfo=UTC)


def stories(count: int, begin: datetime = NOVEMBER) -> list[Story]:
    return [
        replace(
            WARNING_EN,
            path=f"/story/{begin:%Y%m}-{n}",
            title=f"{WARNING_EN.title}, part {n}",
            published=begin + timedelta(days=n),
        )
        for n in range(count)
    ]


def serve(news: Newsroom, *told: Story, delay: float = 0.0) -> None:
    def slowly(route: Route) -> Route:
        def answer(request: Request) -> Reply:
            time.sleep(delay)
            reply = route(request)
            assert isinstance(reply, Reply)
            return reply

        return answer

    news.site.routes |= {story.path: slowly(page(story)) for story in told}


def sitemap(news: Newsroom, *told: Story) -> Route:
    rows = "".join(
        f"<url><loc>{news.site.url(s.path)}</loc><lastmod>{s.published:%Y-%m-%d}</lastmod></url>"
        for s in told
    )
    return fixed(f"<urlset>{rows}</urlset>".encode(), "application/xml")


def index(news: Newsroom, **listed: str) -> Route:
    rows = "".join(
        f"<sitemap><loc>{news.site.url(f'/{name}.xml')}</loc><lastmod>{changed}</lastmod></sitemap>"
        for name, changed in listed.items()
    )
    return fixed(f"<sitemapindex>{rows}</sitemapindex>".encode(), "application/xml")


def counted(ran_out: str) -> dict[str, int]:
    (row,) = json.loads(ran_out)
    return {name: int(value) for name, value in row.items()}


def titles(news: Newsroom) -> list[object]:
    sql = "SELECT arrival, count(*) FROM articles WHERE origin = 'news' GROUP BY ALL"
    return list(rows(news, sql))


def test_an_index_of_sitemaps_is_walked_within_its_days(news: Newsroom, call: Run) -> None:
    desk = news.desk("desk")
    november, october = stories(6), stories(4, NOVEMBER - timedelta(days=31))
    serve(news, *november, *october)
    news.site.routes |= {
        "/index.xml": index(news, **{"s-2025-11": "2025-11-30", "s-2025-10": "2025-11-30",
                                     "old": "2025-09-01"}),
        "/s-2025-11.xml": sitemap(news, *november),
        "/s-2025-10.xml": sitemap(news, *october),
        "/old.xml": sitemap(news, *october),
    }  # fmt: skip
    news.source("paper", "/index.xml")
    news.house()
    ran = call("backfill", "paper", "--since", "2025-11-01", "--until", "2025-11-04",
               "--format", "json")  # fmt: skip
    assert ran.status == 0, ran.err
    done = counted(ran.out)
    asked = {path for path in news.paths() if path != "/robots.txt"}
    # A day of grace on both sides, for zones.
    assert asked == {"/index.xml", "/s-2025-11.xml", *(s.path for s in november[:5])}
    assert (done["new"], done["listings"]) == (5, 2)
    assert titles(news) == [("backfill", 5)]
    assert rows(news, "SELECT count(*) FROM matches")[0][0] != 0
    asyncio.run(watch(news.house()))
    assert desk.got == []
    assert rows(news, "SELECT count(*) FROM alerts") == [(0,)]


PAGED = {
    "RFC 5005": "<link xmlns='http://www.w3.org/2005/Atom' rel='next' href='/feed?page={next}'/>",
    "WordPress": "<generator>https://wordpress.org/?v=6.8</generator>",
}


@pytest.mark.parametrize("system", PAGED)
def test_a_feed_that_leads_on_is_followed(news: Newsroom, call: Run, system: str) -> None:
    told = sorted(stories(9), key=lambda story: story.published, reverse=True)
    serve(news, *told)

    def feed(request: Request) -> Reply:
        number = int(request.path.rpartition("=")[2]) if "=" in request.path else 1
        shown = told[3 * number - 3 : 3 * number]
        if not shown:
            return Reply(b"", 404)
        extra = PAGED[system].format(next=number + 1)
        body = rss(news.site.url().rstrip("/"), shown).replace(
            b"<channel>", f"<channel>{extra}".encode()
        )
        return Reply(body, 200, "application/rss+xml")

    news.site.routes["/feed"] = feed
    news.source("paper")
    news.house()
    ran = call("backfill", "paper", "--since", "2025-11-05", "--until", "2025-11-30",
               "--format", "json")  # fmt: skip
    assert ran.status == 0, ran.err
    assert counted(ran.out)["new"] == 6  # of the 5th to the 9th, and one of the day of grace
    listings = [path for path in news.paths() if path.startswith("/feed")]
    assert len(listings) == 3


def test_a_feed_that_ends_leads_to_the_sitemaps_of_its_section(news: Newsroom, call: Run) -> None:
    here, other = stories(4), [replace(s, path=f"/sport/{n}") for n, s in enumerate(stories(3))]
    serve(news, *here, *other)
    news.site.routes |= {
        "/feed": fixed(rss(news.site.url().rstrip("/"), here[:1]), "application/rss+xml"),
        "/robots.txt": fixed(f"Sitemap: {news.site.url('/all.xml')}\n".encode(), "text/plain"),
        "/all.xml": sitemap(news, *here, *other),
    }
    news.source("paper")
    news.house()
    assert call("backfill", "paper", "--since", "2025-11-01", "--until", "2025-11-30").status == 0
    assert titles(news) == [("backfill", 4)]
    assert not any(path.startswith("/sport") for path in news.paths())


def test_dated_listings(news: Newsroom, call: Run) -> None:
    told = stories(3)
    serve(news, *told)
    for story in told[:2]:
        news.site.routes[f"/day/{story.published:%Y/%m/%d}.xml"] = sitemap(news, story)
    news.source("paper")
    news.house()
    ran = call("backfill", "paper", "--since", "2025-11-01", "--until", "2025-11-03", "--from",
               news.site.url("/day/{year}/{month}/{day}.xml"), "--format", "json")  # fmt: skip
    assert ran.status == 0, ran.err
    assert counted(ran.out)["new"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "--since", "2025-11-01"), "there is no source"),
        (("paper", "--since", "soon"), "is no day such as"),
        (("paper", "--since", "2025-11-03", "--until", "2025-11-01"), "is after"),
        (("paper", "--since", "2025-11-01", "--until", "2999-01-01"), "in the future"),
    ],
)
def test_what_cannot_be_walked(
    news: Newsroom, call: Run, arguments: tuple[str, ...], said: str
) -> None:
    news.source("paper")
    news.house()
    ran = call("backfill", *arguments)
    assert (ran.status, said in ran.err) == (2, True), ran.err
    assert news.paths() == []


def test_a_source_that_does_not_answer_is_said(news: Newsroom, call: Run) -> None:
    news.source("paper", "/nowhere")
    news.house()
    ran = call("backfill", "paper", "--since", "2025-11-01")
    assert ran.status == 1
    assert "404" in ran.err


NOROSHI = Path(sys.executable).with_name("noroshi")


BACKFILL = [NOROSHI, "backfill", "paper", "--since", "2025-11-01", "--until", "2025-12-31"]


def test_a_resumed_backfill_fetches_no_page_twice(news: Newsroom) -> None:
    """Killed while it reads the first batch, and while it reads the second."""
    told, listings = stories(40), ["/a.xml", "/b.xml", "/missing"]
    serve(news, *told, delay=0.02)
    news.site.routes |= {
        "/index.xml": index(news, a="2025-11-30", b="2025-11-30"),
        "/a.xml": sitemap(news, *told[:20]),
        "/b.xml": sitemap(news, *told[20:], replace(told[0], path="/missing")),
    }
    news.source("paper", "/index.xml")
    house = news.house()
    for goal in (10, 32):
        with child(BACKFILL, cwd=news.folder, stderr=subprocess.DEVNULL) as process:
            while len(news.paths()) < goal:
                assert process.poll() is None
                time.sleep(0.005)
    resumed = ran(BACKFILL, cwd=news.folder)
    assert resumed.returncode == 0, resumed.stderr.decode()
    asked = Counter(news.paths())
    assert set(asked) == {"/index.xml", *listings, *(story.path for story in told)}
    # What is under way in a kill was never received whole, and is asked for again.
    assert asked.total() - len(asked) <= 2, asked
    assert titles(news) == [("backfill", 40)]
    (kept,) = house.warc_folder.iterdir()
    assert kept.name == "backfill-paper-2025-11-01-2025-12-31-1.warc.gz"
    again = len(news.paths())
    assert ran(BACKFILL, cwd=news.folder).returncode == 0
    assert sorted(news.paths()[again:]) == sorted(["/index.xml", *listings])
