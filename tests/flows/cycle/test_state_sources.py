"""A level that an official page raises is told once, whatever happens to the cycle or the page."""

from __future__ import annotations

import pytest

from flows.watch import Step, watch
from tests.extractors.feeds.test_state import EGYPT, FUKUSHIMA, ota
from tests.flows.newsroom import Desk, Newsroom
from tests.servers import Route, fixed
from warehouse.database import Warehouse, query

pytestmark = pytest.mark.anyio

RAISED = ("JP", "Japan", "red", 1, "20261101110000")
ALERT = "Hong Kong issues Red Outbound Travel Alert for Japan"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def desk(news: Newsroom) -> Desk:
    serve(news, ota(EGYPT, FUKUSHIMA))
    table = '[[source]]\nid = "ota"\nkind = "state"\ndocument = "hk-outbound-travel-alert"\n'
    news.sources.append(f'{table}url = "{news.site.url("/ota.json")}"\nlanguage = "en"\n')
    return news.desk("chat")


def serve(news: Newsroom, body: bytes) -> None:
    news.site.routes["/ota.json"] = fixed(body, "application/json", etag=f'"{hash(body)}"')


async def cycle(news: Newsroom, until: str = "") -> None:
    """One cycle; killed before the step `until`."""

    async def stage(name: str, step: Step) -> None:
        if name == until:
            raise Killed
        await step()

    await watch(news.house(), stage=stage)


def rows(news: Newsroom, sql: str) -> list[tuple[object, ...]]:
    with Warehouse(news.house().data_folder).reading() as connection:
        return query(connection, sql)[1]


async def test_the_first_look_tells_nobody_and_a_raise_does_once(
    news: Newsroom, desk: Desk
) -> None:
    await cycle(news)
    assert desk.got == []
    assert rows(news, "SELECT place, level, words FROM official_levels ORDER BY place") == [
        ("Egypt", "red", ""),
        ("Japan (areas near Fukushima)", "amber", ""),
    ]
    serve(news, ota(EGYPT, FUKUSHIMA, RAISED))
    await cycle(news)
    await cycle(news)
    assert len(desk.got) == 1
    assert ALERT in desk.got[0]
    told = "SELECT title, kind, arrival, text_from, warnings FROM articles WHERE kind = 'official'"
    assert (ALERT, "official", "new", "document", []) in rows(news, told)
    assert "/eng/ota/" not in " ".join(news.paths())


@pytest.mark.parametrize("step", ["store", "deliver"])
async def test_a_change_survives_a_kill_before_any_step(
    news: Newsroom, desk: Desk, step: str
) -> None:
    await cycle(news)
    serve(news, ota(EGYPT, FUKUSHIMA, RAISED))
    with pytest.raises(Killed):
        await cycle(news, until=step)
    await cycle(news)
    assert len(desk.got) == 1
    titles = [row[0] for row in rows(news, "SELECT title FROM articles WHERE kind = 'official'")]
    assert titles.count(ALERT) == 1


async def test_what_is_raised_further_after_a_kill_is_told_too(news: Newsroom, desk: Desk) -> None:
    await cycle(news)
    serve(news, ota(EGYPT, FUKUSHIMA, RAISED))
    with pytest.raises(Killed):
        await cycle(news, until="publish")
    serve(news, ota(EGYPT, FUKUSHIMA, (*RAISED[:2], "black", 1, "20261101120000")))
    await cycle(news)
    assert [ALERT in got for got in desk.got] == [True, False]
    assert "Black" in desk.got[1]


BROKEN: dict[str, Route] = {
    "HTML": fixed(b"<html><body>Maintenance</body></html>"),
    "half": fixed(ota(EGYPT)[:-30], "application/json"),
    "no records": fixed(b'{"otas": []}', "application/json"),
    "10 MB": fixed(b'{"otas": [' + b" " * 10_000_000, "application/json"),
}


async def test_a_broken_page_lifts_nothing_and_says_why(news: Newsroom, desk: Desk) -> None:
    await cycle(news)
    before = rows(news, "FROM official_levels ORDER BY place")
    for name, route in BROKEN.items():
        news.site.routes["/ota.json"] = route
        summary = await watch(news.house())
        assert (summary.failed, summary.new) == (1, 0), name
        assert rows(news, "FROM official_levels ORDER BY place") == before, name
    serve(news, ota(EGYPT, FUKUSHIMA))
    assert (await watch(news.house())).new == 0
    assert desk.got == []
