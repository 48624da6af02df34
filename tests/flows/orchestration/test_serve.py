"""What `noroshi serve` schedules."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.configuration.settings import House
from flows.errors import ServerError
from flows.orchestration.serve import deployments, serve
from tests.children import child

pytestmark = pytest.mark.anyio

WEEKLY = {
    "": {"watch", "digest", "silence", "maintain"},
    'weekly = "sunday 08:05"': {"watch", "digest", "weekly", "silence", "maintain"},
}


@pytest.mark.parametrize(("line", "names"), WEEKLY.items())
async def test_a_weekly_digest_is_scheduled_where_it_is_wanted(
    settle: Callable[[str], House], line: str, names: set[str]
) -> None:
    made = {d.name: d for d in await deployments(settle(f"[schedule]\n{line}\n"))}
    assert set(made) == names
    for name, cron in (("weekly", "5 8 * * 0"), ("digest", "30 7 * * *")):
        if name in made:
            [schedule] = made[name].schedules or []
            assert schedule.schedule.cron == cron  # type: ignore[union-attr]
            assert schedule.schedule.timezone == "Asia/Hong_Kong"  # type: ignore[union-attr]


WAITING = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN if sys.argv[1] == "ignored" else signal.SIG_DFL)
from flows.orchestration.serve import answer_signals
answer_signals()
async def wait():
    print("up", flush=True)
    await asyncio.sleep(900)
asyncio.run(wait())
"""


@pytest.mark.parametrize("interrupts", ["heard", "ignored"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_end_it_though_it_was_started_deaf_to_one(
    how: signal.Signals, interrupts: str
) -> None:
    with child(
        [sys.executable, "-c", WAITING, interrupts],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(how)
        assert process.wait(120) not in {0, -signal.SIGKILL}


def test_a_taken_port_is_told_at_once(settle: Callable[[str], House]) -> None:
    said: list[str] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ServerError, match="listens on"),
    ):
        serve(settle(""), taken.getsockname()[1], said.append)
    assert said == []
