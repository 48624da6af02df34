"""The cycle, the digest and the upkeep as Prefect flows: one task a stage.

A stage that fails is not retried here: the fetcher knows when a host wants to be asked again, and
the next cycle repeats the rest.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.states import Cancelled

from alerts.telling.writing.digest import Span
from flows.configuration.settings import find, load
from flows.cycle.report import markdown_report, sentence
from flows.cycle.silence import keep_watch
from flows.cycle.summary import Summary
from flows.digest import send_digest
from flows.errors import CycleBusy
from flows.maintain import maintain as keep_up
from flows.progress import audience
from flows.watch import Step
from flows.watch import watch as run_cycle

log = logging.getLogger(__name__)

FLUSH_SECONDS = 10


@flow(name="watch")
async def watch(config: str | None = None) -> Summary:
    """One cycle with the settings in the file `config`, with a report as artifact.

    Fails where every source did; is cancelled where another cycle is still at work.
    """
    house = load(find(Path(config) if config else None))
    try:
        summary = await run_cycle(house, stage=_as_task, progress=audience.get())
    except CycleBusy as busy:
        # Prefect takes a state in place of a result.
        return Cancelled(message=str(busy))  # type: ignore[return-value]
    await acreate_markdown_artifact(
        key="cycle", markdown=markdown_report(summary), description="What this cycle did"
    )
    log.info("%s", sentence(summary))
    if summary.useless:
        raise RuntimeError("every source failed: see the log")
    return summary


@flow(name="digest")
async def digest(config: str | None = None) -> dict[str, str]:
    """Send the daily digest to every channel that wants it; how it stands at each."""
    return await _digest(config, Span.DAY)


@flow(name="weekly")
async def weekly(config: str | None = None) -> dict[str, str]:
    """Send the weekly digest to every channel that wants it; how it stands at each."""
    return await _digest(config, Span.WEEK)


async def _digest(config: str | None, span: Span) -> dict[str, str]:
    house = load(find(Path(config) if config else None))
    states: dict[str, str] = {}

    async def send() -> None:
        sent = await send_digest(house, span=span, scheduled=True)
        states.update({channel: str(state) for channel, state in sent.items()})

    await _as_task("send the digest", send)
    return states


@flow(name="maintain")
async def maintain(config: str | None = None) -> str:
    """Clear out what is past its time, and publish; what was done as a sentence."""
    house = load(find(Path(config) if config else None))
    done = ""

    async def clear() -> None:
        nonlocal done
        done = await keep_up(house)

    await _as_task("maintain", clear)
    return done


@flow(name="silence")
async def silence(config: str | None = None) -> int:
    """Look for what is silent and tell operators; how many messages were accepted."""
    house = load(find(Path(config) if config else None))
    told = 0

    async def look() -> None:
        nonlocal told
        told = await keep_watch(house, lambda: datetime.now(UTC))

    await _as_task("look for silence", look)
    return told


def flush() -> None:
    """Hand over the events and logs that Prefect holds back: call it before the server ends, or
    this process waits for the server that is gone."""
    EventsWorker.drain_all(timeout=FLUSH_SECONDS)
    APILogWorker.drain_all(timeout=FLUSH_SECONDS)


async def _as_task(name: str, step: Step) -> None:
    """A task without arguments: Prefect would look into every article for futures."""

    @task(name=name)
    async def run() -> None:
        await step()

    await run()
