"""`noroshi serve`: a Prefect server with its UI on loopback, and the schedules.

This is the one place that defines schedules. A cycle that is still running when the next is due
keeps its place: the late one ends as cancelled, not queued. The lock of the cycle sees to that and
not Prefect's concurrency limit: the kernel frees a lock however its holder dies, while a limit
kept the slot of a killed run and cancelled the runs after it (seen with Prefect 3.8).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from flows.prefect_server import environment_for, running
from flows.settings import House, Schedule

DEFAULT_PORT = 4200


def serve(house: House, port: int, say: object) -> None:
    """Run until interrupted. Raises ServerError."""
    home = house.data_folder / "pipeline" / "prefect"
    with running(home, port) as address:
        os.environ.update(environment_for(home, port))
        if callable(say):
            say(f"Prefect UI: {address} — data: {house.data_folder} — stop with Ctrl-C")
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_schedules(house))
        _flush()


def _flush() -> None:
    from flows import orchestrated

    orchestrated.flush()


async def _schedules(house: House) -> None:
    from prefect import aserve
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows import orchestrated

    file: Path | None = house.file
    schedule = house.settings.schedule
    deployments = [
        flow.to_deployment(
            name=name,
            schedule=Cron(cron, timezone=schedule.timezone),
            parameters={"config": str(file) if file else None},
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for flow, name, cron in (
            (orchestrated.watch, "watch", watch_cron(schedule)),
            (orchestrated.digest, "digest", daily_cron(schedule.digest)),
            (orchestrated.maintain, "maintain", daily_cron(schedule.maintain)),
        )
    ]
    await aserve(*[await d if asyncio.iscoroutine(d) else d for d in deployments])


def daily_cron(clock: str) -> str:
    """`07:30` as a cron expression."""
    hour, minute = clock.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def watch_cron(schedule: Schedule) -> str:
    """Every so many minutes, counted from the hour (or from midnight for whole hours)."""
    minutes = schedule.watch_minutes
    if minutes < 60:
        return f"*/{minutes} * * * *"
    return f"0 */{max(1, minutes // 60)} * * *"
