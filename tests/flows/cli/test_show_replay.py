"""`noroshi show` and `noroshi replay`: what is known of an article, and kept pages read again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from extractors.web.response import Response, Validators
from extractors.web.warc import Archive
from flows.watch import watch
from tests.flows.conftest import Run
from tests.flows.cycle.test_pages import UPDATED, pass_hours, rows, tell
from tests.flows.newsroom import GARDENS, WARNING_EN, WARNING_JA, Newsroom, feed, page, routes
from tests.servers import Reply, Request, Route, fixed
from warehouse.database import Warehouse

pytestmark = pytest.mark.anyio


async def told_twice(news: Newsroom) -> None:
    """An article that was told of and has changed since."""
    news.desk("desk")
    tell(news, WARNING_EN, GARDENS)
    await watch(news.house())
    tell(news, UPDATED, GARDENS)
    pass_hours(news, 1.1)
    await watch(news.house())


async def test_show_prints_all_of_an_article(news: Newsroom, call: Run) -> None:
    await told_twice(news)
    ran = call("show", news.site.url("/en/1"))
    assert ran.status == 0
    for words in (
        "China tells its citizens",
        "names no date on which it ends.",
        "published_source",
        "Version 2: 1 line added, 1 line removed",
        "+China's foreign ministry",
        "-China's foreign ministry",
        "travel-advisory",
        "desk",
        "sent",
        ".warc.gz",
        "first_seen_at",
    ):
        assert words in ran.out, words


async def test_show_as_json(news: Newsroom, call: Run) -> None:
    await told_twice(news)
    ((id_,),) = rows(news, "SELECT id FROM articles WHERE version = 2")
    ran = call("show", str(id_)[:8], "--format", "json")
    found = json.loads(ran.out)
    assert found["article"]["id"] == id_
    assert [v["version"] for v in found["versions"]] == [1, 2]
    assert found["changes"][0]["what"] == "1 line added, 1 line removed"
    assert any(line.startswith("+") for line in found["changes"][0]["diff"])
    assert found["coding"][0]["relevant"] is True
    assert found["codings"][0]["category"] == "travel_advisory"
    assert {m["rule"] for m in found["matches"]} == {"travel-advisory"}
    assert [d["state"] for d in found["deliveries"]] == ["sent"]
    assert [a["rank"] for a in found["appearances"]] == [1]
    assert len(found["pages"]) == 2


async def test_show_says_what_it_does_not_find(news: Newsroom, call: Run) -> None:
    tell(news, WARNING_EN)
    await watch(news.house())
    ran = call("show", "ffffffffff")
    assert (ran.status, ran.out) == (2, "")
    assert "no article is called so" in ran.err
    assert call("show", "https://nowhere.example/").status == 2
    assert call("show", "").status == 2


def spoil(news: Newsroom) -> None:
    """As if an older noroshi had read the pages badly."""
    with Warehouse(news.house().data_folder).writing("spoil") as connection:
        connection.execute(
            "UPDATE store.article SET text = 'Menu. ' || text, version_id = 'bad' || id[4:] "
            "WHERE origin = 'news'"
        )


async def test_replay_makes_better_versions_and_tells_nobody(news: Newsroom, call: Run) -> None:
    desk = news.desk("desk")
    tell(news, GARDENS, WARNING_JA)
    await watch(news.house())
    assert len(desk.got) == 1
    spoil(news)
    asked = len(news.paths())
    (file,) = news.house().warc_folder.iterdir()
    first = call("replay", str(file), "--format", "json")
    assert json.loads(first.out) == [
        {"records": 2, "articles": 2, "new_versions": 2, "problems": 0}
    ]
    texts = rows(news, "SELECT text FROM articles WHERE origin = 'news'")
    assert not any("Menu" in str(text) for (text,) in texts)
    again = call("replay", str(file), "--format", "json")
    assert json.loads(again.out)[0]["new_versions"] == 0
    await watch(news.house())
    assert len(desk.got) == 1
    assert news.paths()[asked:] == ["/feed"]
    assert rows(news, "SELECT count(*) FROM runs WHERE alerts > 0") == [(1,)]


async def test_a_better_text_that_matches_for_the_first_time_tells_nobody(
    news: Newsroom, call: Run
) -> None:
    desk = news.desk("desk")
    tell(news, WARNING_EN)
    news.site.routes["/en/1"] = page(replace(GARDENS, path="/en/1"))
    news.site.routes["/feed"] = feed(replace(GARDENS, path="/en/1"))
    await watch(news.house())
    (file,) = news.house().warc_folder.iterdir()
    file.unlink()
    # The same record, with the page that a better reader would have seen.
    record = Archive(file).add(answer(news.site.url("/en/1"), page(WARNING_EN)))
    with Warehouse(news.house().data_folder).writing("point") as connection:
        connection.execute(
            "UPDATE store.article_page SET warc_offset = $at, warc_id = $id",
            {"at": record.offset, "id": record.id},
        )
    assert call("replay", str(file)).status == 0
    assert rows(news, "SELECT rule FROM matches SEMI JOIN articles ON articles.id = article_id "
                      "AND origin = 'news'") == [("travel-advisory",)]  # fmt: skip
    await watch(news.house())
    assert desk.got == []


def answer(url: str, route: Route) -> Response:
    reply = route(Request("/", {}, 0))
    assert isinstance(reply, Reply)
    now = datetime.now(UTC)
    return Response(url, url, 200, reply.body, reply.content_type, Validators(), now, 0)


async def test_replay_of_one_article(news: Newsroom, call: Run) -> None:
    tell(news, WARNING_EN, GARDENS)
    await watch(news.house())
    spoil(news)
    (file,) = news.house().warc_folder.iterdir()
    ((id_,),) = rows(news, "SELECT id FROM articles WHERE ends_with(url, '/en/2')")
    ran = call("replay", str(file), "--article", str(id_), "--format", "json")
    assert json.loads(ran.out)[0]["new_versions"] == 1
    assert rows(news, "SELECT version FROM articles WHERE origin = 'news' ORDER BY 1") == [
        (1,),
        (2,),
    ]


async def test_an_older_answer_does_not_come_back(news: Newsroom, call: Run) -> None:
    await told_twice(news)
    first, second = news.warc_files()
    assert json.loads(call("replay", str(first), "--format", "json").out)[0]["articles"] == 1
    assert json.loads(call("replay", str(second), "--format", "json").out)[0]["articles"] == 1
    assert rows(news, "SELECT max(version) FROM articles") == [(2,)]


async def test_what_cannot_be_replayed_is_said(news: Newsroom, call: Run) -> None:
    news.site.routes |= routes(GARDENS)
    news.site.routes["/en/2"] = fixed(b"<html><body></body></html>")
    news.source("paper")
    await watch(news.house())
    (file,) = news.house().warc_folder.iterdir()
    ran = call("replay", str(file), "--format", "json")
    assert json.loads(ran.out)[0]["problems"] == 1
    assert "holds no article text" in ran.err
    missing = call("replay", "nowhere.warc.gz")
    assert (missing.status, "no such file" in missing.err) == (2, True)
