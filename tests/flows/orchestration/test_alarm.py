"""Where no cycle is completed, Prefect's own server has us look, and operators are told."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.demo.stage import free_port
from flows.orchestration.alarm import patience
from flows.orchestration.prefect_server import environment_for, running
from tests.children import ran
from tests.flows.newsroom import Newsroom
from warehouse.collecting import runs
from warehouse.database import Warehouse


def test_its_patience_is_that_of_the_settings(news: Newsroom) -> None:
    news.rules.append("[schedule]\nwatch_minutes = 7\n[silence]\ncycles = 3\n")
    assert patience(news.house()) == timedelta(minutes=21)


@pytest.mark.demo
def test_the_server_sets_it_off_and_the_flow_tells(news: Newsroom) -> None:
    desk, home, port = news.desk("chat"), news.folder / "prefect", free_port()
    _miss_cycles(news.house().warehouse)
    with running(home, port):
        done = ran(
            [sys.executable, "-m", "tests.flows.orchestration.alarming", str(news.file)],
            cwd=Path(__file__).parents[3],
            env={**os.environ, **environment_for(home, port)},
            text=True,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"set twice": 1, "taken away": 0, "told": 1}
    assert [title.startswith("No cycle has been completed since ") for title in desk.got] == [True]


def _miss_cycles(warehouse: Warehouse) -> None:
    """Five cycles on schedule, the last one a day ago."""
    with warehouse.writing("prepare") as connection:
        for number in range(5):
            at = datetime.now(UTC) - timedelta(days=1, minutes=15 * number)
            id_ = f"run {number}"
            runs.start(connection, id_, "watch", at)
            runs.finish(connection, id_, outcome="completed", counts=runs.Counts(), now=at)
