"""A cycle that dies where it is told to.

`python -m tests.flows.cycle.crossing` reads orders from stdin, one JSON object a line, and carries
each out in a process of its own: `{"config": FILE}` is `noroshi run`; with `"at": N` the process
kills itself with SIGKILL when it crosses its N-th seam, with `"kind": NAME` at the first one of
that name. It answers with `{"status": N, "crossed": [NAME, …]}`; the last name is where it died.

The seams are our own: around each stage of `flows.watch`, before and after each COMMIT and the
closing (and checkpoint) of the file, between the statements of a migration, around each message,
and between the steps of a publication.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.reading.events.coder import Coder
from alerts.telling.sending import channel
from extractors.pages.page import read_page
from flows import cli
from flows.configuration.settings import load
from flows.cycle import delivery
from flows.demo.stage import sample_site
from flows.watch import Step, watch
from warehouse.storage import attaching, edition, live, migrate
from warehouse.telling import receipts


@dataclass(slots=True)
class Seams:
    """Counts what is crossed, tells of it, and kills at the chosen one."""

    report: int
    """File descriptor that the names are written to."""
    at: int | None = None
    kind: str | None = None
    count: int = 0
    doing: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cross(self, name: str) -> None:
        with self.lock:
            self.count += 1
            os.write(self.report, f"{name}\n".encode())
            if self.count == self.at or name == self.kind:
                os.kill(os.getpid(), signal.SIGKILL)

    async def stage(self, name: str, step: Step) -> None:
        self.cross(f"before {name}")
        await step()
        self.cross(f"after {name}")


def cycle_with(seams: Seams, config: str) -> int:
    """One cycle that crosses `seams`."""
    for module, name, around in (
        (live, "hold", _hold),
        (attaching, "_create", _step),
        (attaching, "attached", _attached),
        (live, "attached", _attached),
        (live, "transaction", _transaction),
        (edition, "share", _step),
        (edition, "copy", _step),
        (edition, "renew", _step),
        (edition, "sync", _step),
        (migrate, "_apply", _apply),
        (delivery, "send", _send),
        (receipts, "keep", _step),
        (receipts, "drop", _step),
    ):
        setattr(module, name, around(seams, getattr(module, name)))
    return 1 if asyncio.run(watch(load(Path(config)), stage=seams.stage)).errors else 0


def _step(seams: Seams, original: Callable[..., object]) -> Callable[..., object]:
    def step(*arguments: object) -> object:
        seams.cross(f"before {original.__name__}")
        answer = original(*arguments)
        seams.cross(f"after {original.__name__}")
        return answer

    return step


def _hold(seams: Seams, original: Any) -> Any:
    def hold(path: Path, *, wait_seconds: float, doing: str) -> Any:
        seams.doing = doing
        return original(path, wait_seconds=wait_seconds, doing=doing)

    return hold


def _attached(seams: Seams, original: Any) -> Any:
    @contextlib.contextmanager
    def attached(*arguments: object) -> Iterator[Any]:
        with original(*arguments) as connection:
            yield connection
        seams.cross(f"closed: {seams.doing}")

    return attached


def _transaction(seams: Seams, original: Any) -> Any:
    @contextlib.contextmanager
    def transaction(*arguments: object) -> Iterator[None]:
        with original(*arguments):
            yield
            seams.cross(f"before commit: {seams.doing}")
        seams.cross(f"after commit: {seams.doing}")

    return transaction


def _apply(seams: Seams, original: Any) -> Any:
    class Connection:
        """Crosses a seam after each statement of a migration."""

        def __init__(self, real: Any) -> None:
            self.real = real

        def execute(self, *arguments: Any) -> Any:
            answer = self.real.execute(*arguments)
            seams.cross("in a migration")
            return answer

    return lambda connection, migration: original(Connection(connection), migration)


def _send(seams: Seams, original: Any) -> Any:
    async def send(to: channel.Channel, *arguments: object) -> None:
        seams.cross(f"before send: {to.name}")
        await original(to, *arguments)
        seams.cross(f"after send: {to.name}")

    return send


def _carry_out(order: dict[str, Any]) -> dict[str, Any]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _be_the_cycle(order, write)
    os.close(write)
    with os.fdopen(read) as names:
        crossed = names.read().splitlines()
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "crossed": crossed}


def _be_the_cycle(order: dict[str, Any], report: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # stdout is for the driver's answers
    status = 70
    try:
        if "at" in order or "kind" in order:
            seams = Seams(report, order.get("at"), order.get("kind"))
            status = cycle_with(seams, order["config"])
        else:
            cli.main(["run", "--config", order["config"]])
    except SystemExit as done:
        status = int(done.code or 0)
    finally:
        os._exit(status)


def _warm_up() -> None:
    """Load what a cycle loads at its first page and message, once for all processes."""
    for content_type, body in (answer() for answer in sample_site().pages.values()):
        if content_type.startswith("text/html"):
            page = read_page(body, "http://site.invalid/", content_type)
            Coder.shipped().code(page.title or "", page.text, language="en", published=None)
    for url in ("mmost://localhost/token123456789", "mailto://localhost?from=a@b.c&to=a@b.c"):
        channel.check(channel.Channel("warm", url))


def _main() -> None:
    _warm_up()
    for line in sys.stdin:
        print(json.dumps(_carry_out(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    _main()
