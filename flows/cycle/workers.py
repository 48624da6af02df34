"""Processes that read pages: parsing HTML is the one part of a cycle that needs the processor.

A page that kills the process which reads it (a fault in a parser, no memory left), or keeps it for
too long, costs that page and not the cycle.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
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

LONGEST_SECONDS = 30
"""A page takes some hundredths of a second, and absurd ones of 20 MB some seconds."""
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
    future of the piece that kills this one too raises BrokenExecutor, and only that. What takes
    longer than `seconds` kills its process.
    """

    def __init__(self, seconds: int = LONGEST_SECONDS) -> None:
        self._seconds = seconds
        workers = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self._pool = _processes(workers)
        self._turn = threading.Lock()

    def submit(self, work: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run `work` in another process."""
        timed = partial(_in_time, self._seconds, partial(work, *args, **options))
        return self._threads.submit(self._run, timed)

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


def _in_time(seconds: int, work: Callable[[], T]) -> T:
    """Do `work`, or die of SIGALRM: nothing else stops a parser that is busy in C."""
    signal.alarm(seconds)
    try:
        return work()
    finally:
        signal.alarm(0)


def _die_with_parent() -> None:
    """End this worker when the process that started it is gone, killed included."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_exit, args=(parent,), daemon=True).start()


def _wait_and_exit(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
