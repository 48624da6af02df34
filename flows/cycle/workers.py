"""Processes that read pages: parsing HTML is the one part of a cycle that needs the processor.

A page that kills the process which reads it (a fault in a parser, no memory left), or keeps it for
too long, costs that page and not the cycle.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from extractors.pages.page import read_page

T = TypeVar("T")

LONGEST_SECONDS = 30
"""A page takes some hundredths of a second, and absurd ones of 20 MB some seconds."""
WORTH_A_POOL = 24
"""Below this many pages, starting processes (a second in all) costs more than it saves."""

_PAGE = b"<html><body><p>A page in English, as the model of languages is loaded for it.</p></body>"


@contextlib.contextmanager
def extraction_workers() -> Iterator[Workers]:
    """Processes for pages, started when they are first worth it."""
    workers = Workers()
    try:
        yield workers
    finally:
        workers.close()


class Workers:
    """Gives the executor for so many pages: a pool of processes, or None for a thread of ours."""

    def __init__(self) -> None:
        self._pool: HardyPool | None = None
        self._expected = 0

    def expect(self, pages: int) -> None:
        """So many pages more may come: where a pool is worth it, it gets ready meanwhile."""
        self._expected += pages
        self(self._expected)

    def __call__(self, pages: int) -> Executor | None:
        """The pool, once so many pages were asked for that it is worth it."""
        return self.apart() if self._pool or pages >= WORTH_A_POOL else None

    def apart(self) -> Executor:
        """The pool, however little there is to do: it ends what takes too long, no thread can."""
        if self._pool is None:
            self._pool = HardyPool(ready=partial(read_page, _PAGE, "http://site.invalid/"))
        return self._pool

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _nothing() -> None:
    """Not to be ready for anything is soon done."""


class HardyPool(Executor):
    """A pool of one process for each processor, copies of one that called `ready`. It outlives
    them.

    When one dies, its piece is done again in a new one: the future of a piece that kills this one
    too raises BrokenExecutor. What takes longer than `seconds` kills its process.
    """

    def __init__(
        self, seconds: int = LONGEST_SECONDS, ready: Callable[[], object] = _nothing
    ) -> None:
        count = os.cpu_count() or 1
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reading")
        self._nursery = Nursery(ready)
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(count):
            self._idle.put(_Worker(self._nursery))

    def submit(self, work: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run `work` in another process."""
        return self._threads.submit(self._run, partial(work, *args, **options))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        while not self._idle.empty():
            self._idle.get().end()
        self._nursery.end()

    def _run(self, work: Callable[[], T]) -> T:
        worker = self._idle.get()
        order = pickle.dumps((self._seconds, work))
        try:
            result: T = worker.done(order)
        except BrokenExecutor:
            result = worker.done(order)
        finally:
            self._idle.put(worker)
        return result


class _Worker:
    """One child of the nursery at a time; a new one where that has died."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._line: socket.socket | None = nursery.birth()

    def done(self, order: bytes) -> Any:
        """What came of the order. Raises what it raised, and BrokenExecutor where the child died
        of it."""
        line = self._line = self._line or self._nursery.birth()
        try:
            line.sendall(order)
            with line.makefile("rb") as answer:
                value, error = pickle.load(answer)  # noqa: S301 (from our own child)
        except (OSError, EOFError, pickle.UnpicklingError) as broken:
            self.end()
            raise BrokenExecutor("the process died of it") from broken
        if error is not None:
            raise error
        return value

    def end(self) -> None:
        """Let the child end."""
        if self._line is not None:
            self._line.close()
            self._line = None


class Nursery:
    """The process whose children do the work (`flows.cycle.nursery`); a new one where it has died.

    No process of `multiprocessing`: these load our main module, commands and all, once for each.
    """

    def __init__(self, ready: Callable[[], object]) -> None:
        self._ready = ready
        self._turn = threading.Lock()
        self._ended = False
        self._start()

    def birth(self) -> socket.socket:
        """A line to a new child. Where none comes to be, nothing answers."""
        ours, theirs = socket.socketpair()
        with theirs, self._turn:
            try:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            except OSError:  # it is dead, or we have ended
                if self._ended:
                    return ours
                self._stop()
                self._start()
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
        return ours

    def end(self) -> None:
        """Wait until it and its children have ended."""
        with self._turn:
            self._ended = True
            self._stop()

    def _start(self) -> None:
        self._control, control = socket.socketpair()
        self._lifeline, lifeline = socket.socketpair()
        with control, lifeline:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-P", "-m", "flows.cycle.nursery", str(control.fileno())],
                stdin=lifeline.fileno(),
                pass_fds=[control.fileno()],
                # Threads of numpy's would not live on in the children.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        with contextlib.suppress(OSError):  # it has died already
            self._lifeline.sendall(pickle.dumps(sys.path) + pickle.dumps(self._ready))

    def _stop(self) -> None:
        self._control.close()
        self._lifeline.close()
        self._process.wait()
