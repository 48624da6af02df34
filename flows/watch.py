"""The cycle: fetch → extract → store → match → deliver.

This is the one definition of that order. The command line drives it as plain calls, the Prefect
flow as one task a stage (`flows.orchestration.orchestrated`); both pass a `Stage`.

Killed anywhere, a cycle loses nothing: articles are stored before the validators that would hide
their entries, versions wait to be matched until their matches are written, and matches are
written together with the deliveries that tell of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from functools import partial

from flows.configuration.settings import House
from flows.cycle.settling import Clock
from flows.cycle.steps import opened
from flows.cycle.summary import Summary
from flows.progress import Silent, Stages

Step = Callable[[], Awaitable[None]]
Stage = Callable[[str, Step], Awaitable[None]]
"""How a named step of the cycle is carried out."""


async def plain(_name: str, step: Step) -> None:
    """Carry a step out as it is."""
    await step()


def _now() -> datetime:
    return datetime.now(UTC)


async def watch(
    house: House,
    *,
    stage: Stage = plain,
    progress: Stages | None = None,
    clock: Clock = _now,
    insisted: Collection[str] | None = None,
) -> Summary:
    """Run one cycle and say what it did. It asks the sources that are due, or those `insisted` on.

    Raises CycleBusy, WarehouseError and SettingsError; what goes wrong with one source, page or
    channel is in the summary. Where a program has the warehouse open, or it is damaged, that is
    raised at the end, after what is new was read into the spool. `clock` tells when alerts are made
    and messages due.
    """
    async with opened(house, progress or Silent(), clock, insisted) as cycle:
        await stage("fetch", cycle.fetch)
        async for batch in cycle.batches():
            await stage("extract", partial(cycle.extract, batch))
            await stage("store", cycle.store)
            await stage("match", cycle.match)
            await stage("deliver", cycle.deliver)
        await stage("look again", cycle.look_again)
        if cycle.looks:
            await stage("store", cycle.store)
            await stage("match", cycle.match)
            await stage("deliver", cycle.deliver)
        await stage("deliver", partial(cycle.deliver, last=True))
        await stage("publish", cycle.finish)
        return cycle.summary
