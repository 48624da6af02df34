"""The process whose children read pages: it gets ready once, and each child is a copy of it.

python -P -m flows.cycle.nursery FD

On standard input it gets the path of modules and what makes it ready, and nothing more: where that
input ends, the process that started this one is gone, and all end. Through the socket FD come
the ends of further sockets, one for each child: what is to be done comes in there, and what came
of it goes out.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable

Work = Callable[[], object]


def main() -> None:
    """Fork a child for each line that comes; when no more can come, end after the last child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    control = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = pickle.load(sys.stdin.buffer)  # noqa: S301 (from our own process, as all here)
    pickle.load(sys.stdin.buffer)()  # noqa: S301
    gc.freeze()
    while line := _next(control):
        if os.fork() == 0:
            control.close()
            _be_a_worker(line)
        line.close()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _next(control: socket.socket) -> socket.socket | None:
    _, fds, _, _ = socket.recv_fds(control, 1, 1)
    return socket.socket(fileno=fds[0]) if fds else None


def _be_a_worker(line: socket.socket) -> None:
    """Do what comes, until nothing can come any more."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError), line.makefile("rwb") as stream:
        while True:
            seconds, work = pickle.load(stream)  # noqa: S301
            stream.write(_answer(seconds, work))
            stream.flush()
    os._exit(0)


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def _answer(seconds: int, work: Work) -> bytes:
    """What `work` returns or raises; or none, and death by SIGALRM: nothing else stops a parser
    that is busy in C."""
    signal.alarm(seconds)
    try:
        return pickle.dumps((work(), None))
    except Exception as error:  # noqa: BLE001 (it is raised where the work was ordered)
        error.add_note(traceback.format_exc())
        return pickle.dumps((None, error))
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    main()
