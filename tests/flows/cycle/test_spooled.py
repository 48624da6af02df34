"""A cycle that cannot store keeps what it read for the next one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.cycle import access, steps
from flows.doctor import State, examine
from flows.progress import Silent
from flows.watch import watch
from tests.children import child
from tests.flows.newsroom import GARDENS, LIFTED_EN, WARNING_EN, Newsroom, routes
from warehouse.collecting import spool
from warehouse.errors import WarehouseBusy, WarehouseError


@pytest.mark.anyio
async def test_a_cycle_that_cannot_store_loses_nothing(
    news: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    house = news.house()
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.3)
    async with steps.opened(house, Silent(), lambda: datetime.now(UTC)) as opened:
        await opened.fetch()
        async for batch in opened.batches():
            await opened.extract(batch)
            break
        with held(opened.warehouse.live) as person:
            await opened.store()
            await opened.match()
            await opened.deliver(last=True)
            with pytest.raises(WarehouseBusy, match=str(person)):
                await opened.finish()
    assert "1 article waits in" in caplog.text
    news.site.routes |= routes()  # the feed has forgotten
    (waits,) = [one for one in examine(house, datetime.now(UTC)) if one.of == "spool"]
    assert (waits.state, waits.what.partition(";")[0]) == (State.NOTE, "1 batch waits to be stored")
    summary = await watch(house)
    assert (summary.new, summary.alerts) == (1, 1)
    assert [one.state for one in examine(house, datetime.now(UTC)) if one.of == "spool"] == [
        State.OK
    ]
    with opened.warehouse.reading() as connection:
        (kept,) = connection.execute("SELECT warc_file FROM pages").fetchall()
        logged = connection.execute(
            "SELECT DISTINCT purpose FROM fetches WHERE run_id = $run",
            {"run": opened.summary.run_id},
        ).fetchall()
    assert (house.warc_folder / str(kept[0])).exists()
    assert sorted(logged) == [("feed",), ("page",)]


@contextmanager
def held(file: Path) -> Iterator[int]:
    """Somebody has the file open in a DuckDB program: the number of its process."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    command = [sys.executable, "-c", script, str(file)]
    with child(command, stdin=-1, stdout=-1) as person:
        assert person.stdout is not None
        person.stdout.readline()
        yield person.pid


@contextmanager
def damaged(file: Path) -> Iterator[str]:
    """The disk has damaged the file; it is put right in the end."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    yield "noroshi restore"
    file.write_bytes(whole)


@pytest.mark.anyio
@pytest.mark.parametrize("bar", [held, damaged])
async def test_cycles_go_on_reading_while_the_live_file_is_barred(
    news: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
    bar: Callable[[Path], AbstractContextManager[object]],
) -> None:
    news.source("one")
    news.desk("desk")
    house = news.house()
    await watch(house)
    with bar(house.warehouse.live) as why, monkeypatch.context() as hasty:
        hasty.setattr(access, "WAIT_SECONDS", 0.1)
        for story in (WARNING_EN, LIFTED_EN):
            news.site.routes |= routes(story, GARDENS)  # the feed forgets the one before
            for _ in range(2):
                with pytest.raises(WarehouseError, match=str(why)):
                    await watch(house)
    assert len(spool.files(house.warehouse)) == 2, "what waits is not read again"
    assert [one.path for one in news.site.requests].count(GARDENS.path) == 1
    news.site.routes |= routes()
    summary = await watch(house)
    assert (summary.new, summary.errors) == (3, [])
    assert len(news.desks["desk"].got) == summary.alerts > 0
    assert not spool.files(house.warehouse)


@pytest.mark.anyio
async def test_a_cycle_that_can_neither_write_nor_read_ends_at_once(
    news: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    news.source("one")
    house = news.house()
    await watch(house)
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.1)
    house.warehouse.published.unlink()
    asked = len(news.site.requests)
    with held(house.warehouse.live) as person, pytest.raises(WarehouseBusy, match=str(person)):
        await watch(house)
    assert len(news.site.requests) == asked
