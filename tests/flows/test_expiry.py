"""News that report nothing go when they are old, with their records; no feed brings them back."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from extractors.web.warc import record_at, records
from flows.configuration.settings import House
from flows.maintain import maintain
from flows.watch import watch
from tests.flows.newsroom import GARDENS, WARNING_EN, Newsroom, routes

pytestmark = pytest.mark.anyio


def pass_days(house: House, days: int) -> None:
    """Let what is stored be older: the clock of a test stands still."""
    with house.warehouse.writing("let time pass") as connection:
        connection.execute(
            "UPDATE store.article SET first_seen_at = first_seen_at - $by",
            {"by": timedelta(days=days)},
        )
    for file in house.warc_folder.iterdir():
        then = time.time() - 86_400
        os.utime(file, (then, then))


def titles(house: House) -> list[str]:
    with house.warehouse.reading() as connection:
        answer = connection.execute("SELECT title FROM articles WHERE origin = 'news' ORDER BY ALL")
        return [title for (title,) in answer.fetchall()]


async def test_what_is_old_and_reports_nothing_goes_with_its_record(news: Newsroom) -> None:
    news.rules.append("[keep]\nnews_days = 30\n")
    desk = news.desk("desk")
    news.site.routes |= routes(WARNING_EN, GARDENS)
    news.source("paper")
    house = news.house()
    await watch(house)
    assert "nothing was past its time" in await maintain(house)
    pass_days(house, 31)
    assert "1 old articles" in await maintain(house)
    assert titles(house) == [WARNING_EN.title]
    (file,) = house.warc_folder.iterdir()
    assert [kept.answer.final_url for kept in records(file)] == [news.site.url("/en/1")]
    with house.warehouse.reading() as connection:
        ((name, offset),) = connection.execute(
            "SELECT warc_file, warc_offset FROM pages"
        ).fetchall()
    assert record_at(house.warc_folder / name, offset).answer.final_url == news.site.url("/en/1")
    # The feed lists both still, and says that it has changed.
    news.site.routes |= routes(WARNING_EN, replace(GARDENS, title=f"{GARDENS.title}!"))
    summary = await watch(house)
    assert (summary.new, summary.alerts, len(desk.got)) == (0, 0, 1)
    assert titles(house) == [WARNING_EN.title]


async def test_a_file_that_may_be_written_to_keeps_its_records(news: Newsroom) -> None:
    news.rules.append("[keep]\nnews_days = 30\n")
    news.site.routes |= routes(GARDENS)
    news.source("paper")
    house = news.house()
    await watch(house)
    pass_days(house, 31)
    (file,) = house.warc_folder.iterdir()
    file.touch()
    assert "1 old articles" in await maintain(house)
    assert [one.name for one in house.warc_folder.iterdir()] == [file.name]
    assert titles(house) == []


async def test_nothing_goes_unless_it_is_set(news: Newsroom) -> None:
    news.site.routes |= routes(GARDENS)
    news.source("paper")
    house = news.house()
    await watch(house)
    pass_days(house, 30_000)
    assert "nothing was past its time" in await maintain(house)
    assert titles(house) == [GARDENS.title]
