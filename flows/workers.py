"""Processes that read pages: parsing HTML is the one part of a cycle that needs the processor."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor

WORTH_A_POOL = 24
"""Below this many pages, starting processes (about a second each) costs more than it saves."""


@contextlib.contextmanager
def extraction_workers() -> Iterator[Callable[[int], Executor | None]]:
    """A function that gives the executor for so many pages: a process pool, started when it is
    first worth it, or None for a thread of this process."""
    pool: ProcessPoolExecutor | None = None

    def executor(pages: int) -> Executor | None:
        nonlocal pool
        if pool is None and pages >= WORTH_A_POOL:
            pool = _pool()
        return pool

    try:
        yield executor
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=os.cpu_count() or 1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_die_with_parent,
    )


def _die_with_parent() -> None:
    """End this worker when the process that started it is gone, killed included."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_exit, args=(parent,), daemon=True).start()


def _wait_and_exit(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
