"""Two machines watch into one lake, and whoever reads it never sees half of anything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.render import Message
from flows.configuration.settings import load
from flows.cycle import steps
from flows.cycle.silence import keep_watch
from flows.doctor import State, examine
from flows.progress import Silent
from flows.watch import watch
from tests.buckets import Store
from tests.children import child
from tests.flows.newsroom import (
    WARNING_EN,
    WARNING_JA,
    Newsroom,
    Story,
    newsroom,
    page,
    routes,
    rss,
)
from tests.postgres import PASSWORD, Postgres
from tests.servers import Reply, Request
from warehouse.collecting import runs
from warehouse.collecting.runs import Origin
from warehouse.database import Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.telling import outbox

SECONDS = 60 * float(os.environ.get("MINUTES", "0.5"))
"""How long the two watch."""
AT_ONCE = 12
"""Stories that are new at each poll."""

WATCHING = """
import asyncio, sys, time
from pathlib import Path
from flows.configuration.settings import load
from flows.cycle import steps
from flows.doctor import State, examine
from flows.progress import Silent
from flows.watch import watch
cycles, failed, end = 0, 0, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    summary = asyncio.run(watch(load(Path(sys.argv[1]))))
    cycles, failed = cycles + 1, failed + bool(summary.errors)
print(cycles, failed)
"""


@dataclass(slots=True)
class Growing:
    """A feed with further stories at each poll, and the last of the former ones."""

    newsroom: Newsroom
    name: str
    first: Story
    told: list[Story] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        fresh = [self._story(len(self.told) + n) for n in range(AT_ONCE)] if self.told else []
        for story in fresh or [self.first]:
            self.told.append(story)
            self.newsroom.site.routes[story.path] = page(story)
        address = f"http://{request.headers['host']}"
        return Reply(rss(address, self.told[-2 * AT_ONCE :]), 200, "application/rss+xml")

    def _story(self, number: int) -> Story:
        title = f"Garden show number {number} of {self.name} opens"
        text = f"{title} on Friday. It shows {number} roses and {number * 7} tulips. " * 4
        published = datetime(2025, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
        return Story(f"/{self.name}/{number}", title, text, published)


@pytest.fixture
def machines(tmp_path: Path, postgres: Postgres) -> Iterator[dict[str, Growing]]:
    lake = postgres.lake(tmp_path / "shared")
    assert lake.place is not None
    with newsroom(tmp_path) as first:
        desk = first.desk("desk")
        found = {}
        for name, story in {"here": WARNING_EN, "there": WARNING_JA}.items():
            (tmp_path / name).mkdir()
            room = Newsroom(first.site, tmp_path / name, {"desk": desk})
            feed = found[name] = Growing(room, name, story)
            first.site.routes[f"/{name}.xml"] = feed
            room.source(name, f"/{name}.xml")
            room.house()
            settings = f'warehouse = "{lake.place}"\nlake.data = "{lake.place.data}"\n'
            room.file.write_text(settings + room.file.read_text())
            with (room.folder / ".env").open("a") as secrets:
                secrets.write(f"PGPASSWORD={PASSWORD}\n")
        yield found


@pytest.mark.lake
@pytest.mark.timeout(SECONDS + 600)
def test_two_machines_watch_into_one_lake(machines: dict[str, Growing]) -> None:
    commands = [
        [sys.executable, "-c", WATCHING, str(feed.newsroom.file), str(SECONDS)]
        for feed in machines.values()
    ]
    lake = load(machines["here"].newsroom.file).warehouse
    looks, former = 0, 0
    with ExitStack() as ends:
        watching = [
            ends.enter_context(child(c, seconds=SECONDS + 500, stdout=subprocess.PIPE, text=True))
            for c in commands
        ]
        while any(process.poll() is None for process in watching):
            former = _expect_whole(lake, former)
            looks += 1
            time.sleep(0.5)
        said = [process.communicate()[0].split() for process in watching]
    sys.stderr.write(f"cycles, and those with errors: {said}; {looks} looks at the lake\n")
    assert [process.returncode for process in watching] == [0, 0]
    assert [failed for _, failed in said] == ["0", "0"]
    _expect_whole(lake, former)
    _expect_all(lake, machines)


def _expect_whole(lake: Warehouse, former: int) -> int:
    """What stands in the lake at one moment fits together; how many articles there are."""
    with lake.reading() as connection:
        connection.execute("BEGIN")
        total, apart = connection.execute(
            "SELECT count(*), count(DISTINCT id) FROM store.article"
        ).fetchall()[0]
        assert total == apart, "an article is there twice"
        assert total >= former, "articles were taken away"
        for law, sql in LAWS.items():
            assert connection.execute(sql).fetchall() == [], law
    return int(total)


LAWS = {
    "an article waits to be coded, or is coded": """
        SELECT id
        FROM store.article
        WHERE (SELECT count(*) FROM store.uncoded WHERE article_id = article.id)
            + (SELECT count(*) FROM store.coding WHERE article_id = article.id) != 1
    """,
    "an article that was read from a page is there with the page": """
        SELECT id
        FROM store.article
        WHERE text_from = 'page' AND id NOT IN (SELECT article_id FROM store.article_page)
    """,
    "an alert is there with its message": """
        SELECT id
        FROM store.alert
        WHERE (SELECT count(*) FROM store.delivery WHERE alert_id = alert.id) != 1
    """,
    "an event is there with its articles": """
        SELECT id FROM store.event WHERE id NOT IN (SELECT event_id FROM store.event_article)
    """,
}


def _expect_all(lake: Warehouse, machines: dict[str, Growing]) -> None:
    """Every story that a feed ever told is there, and the event of both was told once."""
    site = machines["here"].newsroom.site
    told = {site.url(story.path) for feed in machines.values() for story in feed.told}
    with lake.reading() as connection:
        urls = connection.execute("SELECT url FROM articles WHERE origin = 'news'").fetchall()
        on = connection.execute("SELECT id FROM sources WHERE enabled ORDER BY id").fetchall()
        sent = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'sent'")
        count = sent.fetchall()[0][0]
    assert sorted(url for (url,) in urls) == sorted(told)
    assert on == [("here",), ("there",)]
    assert len(machines["here"].newsroom.desks["desk"].got) == count == 1


@pytest.mark.lake
@pytest.mark.anyio
async def test_a_message_waits_while_some_machine_has_its_channel(
    machines: dict[str, Growing],
) -> None:
    house = load(machines["here"].newsroom.file)
    told = Bulletin("b", "operator", "pager", Message("subject", "text", "text", "<p>text</p>"))
    with house.warehouse.writing("test") as connection:
        outbox.post_bulletins(connection, [told], datetime.now(UTC))
    for on, state, problems in ((["desk", "pager"], "pending", 0), (["desk"], "dead", 1)):
        with house.warehouse.writing("test") as connection:
            now = datetime.now(UTC)
            runs.start(connection, f"{now}", "watch", now, Origin("there", on))
        summary = await watch(house)
        assert len([text for text in summary.errors if "pager" in text]) == problems
        with house.warehouse.reading() as connection:
            query = "SELECT state FROM deliveries WHERE channel = 'pager'"
            assert connection.execute(query).fetchall() == [(state,)]


@pytest.mark.lake
@pytest.mark.anyio
async def test_a_machine_that_dies_is_told_by_another(machines: dict[str, Growing]) -> None:
    house, desk = load(machines["here"].newsroom.file), machines["here"].newsroom.desks["desk"]
    here, now = str(house.warehouse.machine), datetime.now(UTC)
    for number in range(6):
        _complete(house.warehouse, "there", now - (8 + number) * timedelta(minutes=15))
        _complete(house.warehouse, here, now - number * timedelta(minutes=15))
    for _ in range(2):
        await keep_watch(house, lambda: now)
    [silent] = desk.got
    assert silent.startswith("No cycle has been completed on there since ")
    _complete(house.warehouse, "there", now)
    await keep_watch(house, lambda: now)
    assert desk.got[1:] == ["Cycles are completed again on there"]


def _complete(lake: Warehouse, machine: str, at: datetime) -> None:
    with lake.writing("test") as connection:
        runs.start(connection, f"{machine} {at}", "watch", at, Origin(machine))
        runs.finish(connection, f"{machine} {at}", outcome="ok", counts=runs.Counts(), now=at)


@pytest.mark.lake
@pytest.mark.anyio
async def test_what_cannot_be_stored_waits_for_the_catalogue(
    news: Newsroom, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = postgres.lake(tmp_path / "shared").place
    assert place is not None
    for name, value in {
        "NOROSHI_WAREHOUSE": str(place),
        "NOROSHI_LAKE__DATA": place.data,
        "PGPASSWORD": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.desk("desk")
    house = news.house()
    async with steps.opened(house, Silent(), lambda: datetime.now(UTC)) as opened:
        await opened.fetch()
        async for batch in opened.batches():
            await opened.extract(batch)
            break
        postgres.stop()
        try:
            with pytest.raises(WarehouseUnusable, match="PostgreSQL"):
                await opened.store()
            found = {one.of: one for one in examine(house, datetime.now(UTC))}
        finally:
            postgres.start()
    assert found["spool"].what.startswith("1 batch waits")
    assert found["lake"].state is found["writer lock"].state is State.PROBLEM
    news.site.routes |= routes()  # the feed has forgotten
    summary = await watch(house)
    assert (summary.new, summary.alerts) == (1, 1)
    assert not [one for one in examine(house, datetime.now(UTC)) if one.state is State.PROBLEM]
    assert news.desks["desk"].got != []


@pytest.mark.lake
@pytest.mark.anyio
async def test_what_cannot_be_stored_waits_for_the_store(
    news: Newsroom,
    postgres: Postgres,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The catalogue answers throughout; the store is gone as articles come, and is back later."""
    place = postgres.lake(tmp_path / "shared", store).place
    assert place is not None
    for name, value in {
        "NOROSHI_WAREHOUSE": str(place),
        "NOROSHI_LAKE__DATA": place.data,
        "NOROSHI_LAKE__ENDPOINT": str(place.s3.endpoint),
        "NOROSHI_LAKE__REGION": str(place.s3.region),
        **dict(place.secrets),
    }.items():
        monkeypatch.setenv(name, value)
    stories = [
        replace(WARNING_EN, path=f"/{n}", title=f"{WARNING_EN.title}, part {n}") for n in range(12)
    ]
    news.site.routes |= routes(*stories)
    news.source("one")
    news.desk("desk")
    house = news.house()
    store.stop()
    try:
        with pytest.raises(WarehouseUnusable, match="see that the store answers"):
            await watch(house)
    finally:
        store.start()
    news.site.routes |= routes()  # the feed has forgotten
    summary = await watch(house)
    assert (summary.new, summary.errors) == (12, [])
    assert news.desks["desk"].got != []
