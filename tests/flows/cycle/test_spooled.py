"""A cycle that cannot store keeps what it read for the next one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import anyio
import pytest

from flows.cycle import keeping, steps
from flows.doctor import State, examine
from flows.progress import Silent
from flows.watch import watch
from tests.flows.newsroom import WARNING_EN, Newsroom, routes
from warehouse.errors import WarehouseBusy


@pytest.mark.anyio
async def test_a_cycle_that_is_in_the_way_of_nobody_loses_nothing(
    news: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    house = news.house()
    monkeypatch.setattr(keeping, "WAIT_SECONDS", 0.3)
    async with steps.opened(house, Silent(), lambda: datetime.now(UTC)) as opened:
        await opened.fetch()
        async for batch in opened.batches():
            await opened.extract(batch)
            break
        script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
        command = [sys.executable, "-c", script, str(opened.warehouse.live)]
        person = await anyio.open_process(command)
        async with person:
            assert person.stdout is not None
            await person.stdout.receive()
            with pytest.raises(WarehouseBusy, match=str(person.pid)):
                await opened.store()
            person.kill()
    assert "1 articles wait in" in caplog.text
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
