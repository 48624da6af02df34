"""Upkeep says what it is at, step by step, and holds a writer to little memory."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from flows.configuration.settings import load
from flows.maintain import maintain
from flows.prepare import prepare
from flows.progress import Bars, Silent
from warehouse.database import Warehouse
from warehouse.storage.inspect import Report
from warehouse.storage.session import bound


class Heard(Silent):
    """What was reported, by step."""

    def __init__(self) -> None:
        self.of: dict[str, list[tuple[str, int, int]]] = {}

    @contextmanager
    def span(self, name: str) -> Iterator[Report]:
        said = self.of.setdefault(name, [])
        yield lambda at_hand, done, total: said.append((at_hand, done, total))


def test_each_step_is_told_and_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "noroshi.toml").write_text("[sources]\nshipped = false\n", encoding="utf-8")
    house, heard = load(tmp_path / "noroshi.toml"), Heard()
    prepare(house.warehouse)
    asyncio.run(maintain(house, heard))
    assert list(heard.of) == ["clear", "fold", "link", "shrink", "check", "publish", "index"]
    told = heard.of["check"]
    assert "article" in [at_hand for at_hand, _, _ in told]
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {total for _, _, total in told} == {len(told) - 1}


def test_who_stops_it_sees_where_it_was() -> None:
    seen = io.StringIO()
    bars = Bars(Console(file=seen, force_terminal=True, width=120))
    with pytest.raises(KeyboardInterrupt), bars.span("check") as report:
        report("article", 3, 9)
        raise KeyboardInterrupt
    last = seen.getvalue()
    assert "check" in last
    assert "3/9" in last
    assert "article" in last


def test_the_next_writer_may_hold_as_much_as_before(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "data")
    seen = []
    for memory in ("200MB", "1GB"):
        with warehouse.writing("test") as connection:
            seen += connection.execute("SELECT current_setting('memory_limit')").fetchall()
            bound(connection, memory)
    assert seen == [("1.8 GiB",)] * 2
