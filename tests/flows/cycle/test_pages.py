"""The pages behind articles: kept as they came, looked at again, told apart by version."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extractors.web.warc import record_at, records
from flows.cycle.summary import Summary
from flows.maintain import maintain
from flows.watch import watch
from tests.flows.newsroom import GARDENS, WARNING_EN, Newsroom, Story, page, routes
from tests.servers import Reply, Request, Route, fixed, redirect
from warehouse.database import Warehouse, query

pytestmark = pytest.mark.anyio


async def cycle(news: Newsroom) -> Summary:
    return await watch(news.house())


def rows(news: Newsroom, sql: str) -> list[tuple[object, ...]]:
    with Warehouse(news.house().data_folder).reading() as connection:
        return query(connection, sql)[1]


def pass_hours(news: Newsroom, hours: float) -> None:
    """Move what is planned `hours` into the past: the clock of a test stands still."""
    with Warehouse(news.house().data_folder).writing("let time pass") as connection:
        connection.execute(
            "UPDATE store.revisit SET due_at = due_at - $by, first_at = first_at - $by, "
            "gone_since = gone_since - $by",
            {"by": timedelta(hours=hours)},
        )


def tell(news: Newsroom, *stories: Story) -> None:
    news.site.routes |= routes(*stories)
    if not news.sources:
        news.source("paper")


UPDATED = replace(WARNING_EN, text=WARNING_EN.text + " The notice names no date on which it ends.")


async def test_every_page_is_kept_and_its_article_knows_where(news: Newsroom) -> None:
    tell(news, WARNING_EN, GARDENS)
    await cycle(news)
    found = rows(news, "SELECT url, warc_file, warc_offset, warc_id, part FROM pages ORDER BY url")
    assert [row[0] for row in found] == [news.site.url("/en/1"), news.site.url("/en/2")]
    for url, file, offset, id_, part in found:
        kept = record_at(news.house().warc_folder / str(file), int(str(offset)))
        assert (kept.record.id, kept.answer.final_url, part) == (id_, url, 1)
        assert b"<h1>" in kept.answer.body


async def test_pages_are_not_kept_where_nobody_wants_them(news: Newsroom) -> None:
    news.rules.append("[pages]\nkeep_days = 0\n")
    tell(news, WARNING_EN)
    await cycle(news)
    assert not news.house().warc_folder.exists()
    assert rows(news, "SELECT warc_file FROM pages") == [(None,)]


async def test_a_folder_that_takes_nothing_costs_no_alert(news: Newsroom) -> None:
    desk = news.desk("desk")
    tell(news, WARNING_EN, GARDENS)
    news.house().warc_folder.parent.mkdir(parents=True, exist_ok=True)
    news.house().warc_folder.write_text("a file in the folder's place")
    summary = await cycle(news)
    assert len(desk.got) == 1
    assert (summary.new, summary.pages) == (2, 2)
    told = [line for line in summary.errors if "articles and alerts go on" in line]
    assert len(told) == 1


async def test_what_is_past_its_days_goes(news: Newsroom) -> None:
    tell(news, WARNING_EN)
    await cycle(news)
    (file,) = news.house().warc_folder.iterdir()
    await maintain(news.house())
    assert file.exists()
    then = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    os.utime(file, (then, then))
    assert "1 WARC files" in await maintain(news.house())
    assert not file.exists()
    assert rows(news, "SELECT warc_file, warc_offset, warc_id FROM pages") == [(None, None, None)]


async def test_a_changed_article_gets_a_version_and_no_second_alert(news: Newsroom) -> None:
    desk = news.desk("desk")
    tell(news, WARNING_EN)
    await cycle(news)
    tell(news, UPDATED)
    await cycle(news)
    assert rows(news, "SELECT version FROM articles WHERE origin = 'news'") == [(1,)]
    pass_hours(news, 1.1)
    summary = await cycle(news)
    assert (summary.changed, summary.new) == (1, 0)
    versions = rows(news, f"SELECT version, current, changed {VERSIONS}")
    assert versions == [(1, False, None), (2, True, "1 line added, 1 line removed")]
    assert len(rows(news, "FROM matches WHERE article_id IN (SELECT article_id FROM pages)")) == 2
    assert len(desk.got) == 1


VERSIONS = (
    "FROM article_versions SEMI JOIN pages ON pages.article_id = article_versions.article_id "
    "ORDER BY version"
)


def aside(story: Story, words: str) -> Route:
    """The page of a story with other words around it."""

    def route(request: Request) -> Reply:
        reply = page(story)(request)
        assert isinstance(reply, Reply)
        body = reply.body.replace(b"</article>", f"</article><p>{words}</p>".encode())
        return replace(reply, body=body)

    return route


async def test_other_words_around_it_make_no_version(news: Newsroom) -> None:
    tell(news, WARNING_EN)
    await cycle(news)
    news.site.routes["/en/1"] = aside(WARNING_EN, "1,204 views")
    pass_hours(news, 1.1)
    summary = await cycle(news)
    assert summary.changed == 0
    assert len(rows(news, "FROM pages")) == 2
    assert rows(news, "SELECT outcome FROM fetches WHERE purpose = 'look again'") == [("read",)]


def with_etag(route: Route) -> Route:
    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"1"':
            return Reply(b"", 304, None, {"ETag": '"1"'})
        reply = route(request)
        assert isinstance(reply, Reply)
        return replace(reply, headers={"ETag": '"1"'})

    return answer


async def test_looks_are_conditional_and_come_to_an_end(news: Newsroom) -> None:
    tell(news, WARNING_EN)
    news.site.routes["/en/1"] = with_etag(page(WARNING_EN))
    await cycle(news)
    for hours in (0.5, 0.6, 5, 18, 48, 1000):
        pass_hours(news, hours)
        await cycle(news)
    asked = [r.headers.get("if-none-match") for r in news.site.requests if r.path == "/en/1"]
    assert asked == [None, *['"1"'] * 4]
    outcomes = rows(news, "SELECT outcome FROM fetches WHERE purpose = 'look again'")
    assert outcomes == [("same",)] * 4
    assert len(rows(news, "FROM pages")) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_gone_twice_is_withdrawn_and_keeps_its_text(news: Newsroom, status: int) -> None:
    tell(news, WARNING_EN)
    await cycle(news)
    news.site.routes["/en/1"] = fixed(b"gone", status=status)
    pass_hours(news, 1.1)
    await cycle(news)
    once = "SELECT withdrawn_at, text FROM articles WHERE origin = 'news'"
    assert rows(news, once)[0][0] is None
    pass_hours(news, 1.1)
    await cycle(news)
    ((moment, text),) = rows(news, once)
    assert isinstance(moment, datetime)
    assert "avoid travelling" in str(text)
    asked = len(news.paths())
    pass_hours(news, 1000)
    await cycle(news)
    assert news.paths()[asked:] == ["/feed"]


ELSEWHERE: dict[str, Sequence[Route]] = {
    "front page": (redirect("/"),),
    "500": (fixed(b"oops", status=500),),
    "empty": (fixed(b""),),
    "no article": (fixed(b"<html><body></body></html>"),),
}


@pytest.mark.parametrize("route", [r[0] for r in ELSEWHERE.values()], ids=ELSEWHERE)
async def test_what_is_no_page_of_it_is_no_version(news: Newsroom, route: Route) -> None:
    tell(news, WARNING_EN)
    news.site.routes["/"] = page(GARDENS)
    await cycle(news)
    news.site.routes["/en/1"] = route
    pass_hours(news, 1.1)
    summary = await cycle(news)
    assert summary.changed == 0
    assert rows(news, "SELECT version, withdrawn_at FROM articles WHERE origin = 'news'") == [
        (1, None)
    ]
    assert rows(news, "SELECT outcome FROM fetches WHERE purpose = 'look again'") == [("failed",)]


async def test_a_paywall_that_closes_takes_nothing(news: Newsroom) -> None:
    more = "And more was said by people who know. " * 9
    long = replace(WARNING_EN, text=f"{WARNING_EN.text} {more}")
    tell(news, long)
    await cycle(news)
    stub = replace(WARNING_EN, text="China's foreign ministry on Friday urged its citizens.")
    news.site.routes["/en/1"] = aside(stub, "Subscribe to continue reading")
    pass_hours(news, 1.1)
    assert (await cycle(news)).changed == 0
    ((text,),) = rows(news, "SELECT text FROM articles WHERE version = 1 AND origin = 'news'")
    assert "And more was said" in str(text)


async def test_the_file_of_a_cycle_holds_what_was_read_in_it(news: Newsroom) -> None:
    tell(news, WARNING_EN)
    await cycle(news)
    tell(news, WARNING_EN, GARDENS)
    await cycle(news)
    files = news.warc_files()
    assert [[k.answer.final_url for k in records(file)] for file in files] == [
        [news.site.url("/en/1")],
        [news.site.url("/en/2")],
    ]
