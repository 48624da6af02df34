"""`noroshi serve`: a Prefect server with its UI on loopback, and the schedules.

This is the one place that defines schedules. A cycle that is still running when the next is due
keeps its place: the late one ends as cancelled, not queued. The lock of the cycle sees to that and
not Prefect's concurrency limit: the kernel frees a lock however its holder dies, while a limit
kept the slot of a killed run and cancelled the runs after it (seen with Prefect 3.8).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flows.configuration.settings import House
from flows.configuration.tables import Schedule
from flows.configuration.timetable import weekly
from flows.cycle.silence import keep_watch
from flows.errors import FlowError
from flows.orchestration.alarm import keep_alarm, patience
from flows.orchestration.prefect_server import environment_for, refuse_taken, running
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

log = logging.getLogger(__name__)


def serve(house: House, port: int, say: Callable[[str], None]) -> None:
    """Run until interrupted, with a first cycle at once. Raises ServerError."""
    home = house.data_folder / "pipeline" / "prefect"
    refuse_taken(port)
    answer_signals()
    say("starting the Prefect server (10 to 20 seconds) …")
    with running(home, port) as address:
        os.environ.update(environment_for(home, port))
        say(f"Prefect UI: {address} — data: {house.data_folder} — stop with Ctrl-C")
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_keep_schedules(house))
        _flush()
    say("stopped")


def answer_signals() -> None:
    """End on INT and TERM alike, from now on.

    A shell without a terminal starts `noroshi serve &` with INT ignored, and TERM comes as INT.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _as_interrupt)


def _as_interrupt(*_: object) -> None:
    """A TERM (of systemd, say) ends us as Ctrl-C does."""
    signal.raise_signal(signal.SIGINT)


async def _keep_schedules(house: House) -> None:
    from prefect import get_client
    from prefect.runner import Runner

    class OurRunner(Runner):
        """Prefect's own leaves by SystemExit, past what is to be handed over."""

        handle_sigterm = staticmethod(_as_interrupt)

    runner = OurRunner(name="noroshi")
    ids = {d.name: await runner.aadd_deployment(d) for d in await deployments(house)}
    async with get_client() as client:
        await keep_alarm(client, ids["silence"], patience(house))
        await client.create_flow_run_from_deployment(ids["watch"])
    watcher = asyncio.create_task(_keep_watch(house))
    try:
        await runner.start()
    finally:
        watcher.cancel()


async def _keep_watch(house: House) -> None:
    """Look for silence between the cycles: one that hangs tells of nothing."""
    pause = house.settings.schedule.watch_minutes * 60
    while True:
        await asyncio.sleep(pause)
        try:
            await keep_watch(house, lambda: datetime.now(UTC))
        except (WarehouseError, FlowError) as error:
            log.error("looking for silence: %s", error)


async def deployments(house: House) -> list[RunnerDeployment]:
    """The flows with their schedules, by module path: a path to a file would load a second
    copy of the module."""
    from prefect.schedules import Cron, Interval
    from prefect.types.entrypoint import EntrypointType

    from flows.orchestration import orchestrated

    schedule = house.settings.schedule
    often = Interval(
        timedelta(minutes=schedule.watch_minutes), anchor_date=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return [
        await flow.ato_deployment(
            name=flow.name,
            schedule=when,
            parameters={"config": str(house.file) if house.file else None},
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for flow, when in (
            (orchestrated.watch, often),
            (orchestrated.digest, Cron(_daily(schedule.digest), timezone=schedule.timezone)),
            *_weekly(schedule),
            (orchestrated.silence, None),  # run by the alarm
            (orchestrated.maintain, Cron(_daily(schedule.maintain), timezone=schedule.timezone)),
        )
    ]


def _weekly(schedule: Schedule) -> list[tuple[Any, Any]]:
    """The weekly digest, where it is wanted."""
    from prefect.schedules import Cron

    from flows.orchestration import orchestrated

    if schedule.weekly is None:
        return []
    weekday, clock = weekly(schedule.weekly)
    hour, minute = clock.split(":")
    cron = f"{int(minute)} {int(hour)} * * {(weekday + 1) % 7}"  # Sunday is 0
    return [(orchestrated.weekly, Cron(cron, timezone=schedule.timezone))]


def _daily(clock: str) -> str:
    """`07:30` as a cron expression."""
    hour, minute = clock.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def _flush() -> None:
    from flows.orchestration import orchestrated

    orchestrated.flush()
