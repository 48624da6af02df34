"""Processes that tests start: each has an end, and what it started itself ends with it.

A `Popen` alone waits in `__exit__` for as long as the process runs, after a failed test too, and
`subprocess.run(timeout=…)` for as long as anybody holds its pipes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any

LONGEST_SECONDS = 240
"""A little less than a test may take: the one that waited in vain says for what."""


@contextlib.contextmanager
def child(
    command: Sequence[object], *, seconds: float = LONGEST_SECONDS, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """A process in a group of its own, which is killed at the end of the block. It is killed after
    so many seconds too, and whoever reads from it or waits for it goes on."""
    with subprocess.Popen([*map(str, command)], start_new_session=True, **options) as process:
        clock = threading.Timer(seconds, _kill, [process.pid])
        clock.daemon = True
        clock.start()
        try:
            yield process
        finally:
            clock.cancel()
            _kill(process.pid)


def ran(
    command: Sequence[object],
    *,
    seconds: float = LONGEST_SECONDS,
    stdin: bytes | str | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """A process at its end, with what it wrote. Raises TimeoutExpired where it, or one that it
    started and that can still write, is not at its end after so many seconds."""
    pipes = {
        "stdin": subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    with child(command, seconds=seconds + 60, **{**pipes, **options}) as process:
        out, err = process.communicate(stdin, timeout=seconds)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
