"""Processes that read pages: parsing HTML is the one part of a cycle that needs the processor.

A page that kills the process which reads it (a fault in a parser, no memory left) costs that page
and not the cycle.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

WORTH_A_POOL = 24
"""Below this many pages, starting processes (about a second each) costs more than it saves."""


@contextlib.contextmanager
def extraction_workers() -> Iterator[Callable[[int], Executor | None]]:
    """A function that gives the executor for so many pages: a process pool, started when it is
    first worth it, or None for a thread of this process."""
    pool: HardyPool | None = None

    def executor(pages: int) -> Executor | None:
        nonlocal pool
        if pool is None and pages >= WORTH_A_POOL:
            pool = HardyPool()
        return pool

    try:
        yield executor
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


class HardyPool(Executor):
    """A process pool that outlives its processes.

    When one dies, whatever was under way is done again, each piece in a process of its own: the
    future of the piece that kills this one too raises BrokenExecutor, and only that.
    """

    def __init__(self) -> None:
        workers = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self._pool = _processes(workers)
        self._turn = threading.Lock()

    def submit(self, work: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run `work` in another process."""
        return self._threads.submit(self._run, partial(work, *args, **options))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _run(self, work: Callable[[], T]) -> T:
        pool = self._pool
        try:
            return pool.submit(work).result()
        except BrokenExecutor:
            with self._turn:
                if self._pool is pool:
                    pool.shutdown(wait=False)
                    self._pool = _processes(os.cpu_count() or 1)
            with _processes(1) as alone:
                return alone.submit(work).result()


def _processes(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=workers,
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
