"""Work on many things at once, as far as it is done in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_time(
    items: Sequence[T],
    work: Callable[[T], Coroutine[None, None, R]],
    advance: Callable[[], None],
    seconds: float,
) -> tuple[list[R], list[T]]:
    """(results, items without one): `work` on all items at once, as the fetcher bounds how many
    really run; what takes longer than `seconds` is given up."""
    tasks = [asyncio.create_task(work(item)) for item in items]
    for task in tasks:
        task.add_done_callback(lambda _: advance())
    late = (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else set()
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    pairs = list(zip(tasks, items, strict=True))
    return [t.result() for t in tasks if t not in late], [item for t, item in pairs if t in late]
