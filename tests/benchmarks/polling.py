"""What a cycle's fetching costs: unchanged sources, pages fetched and read, memory.

python -m tests.benchmarks.polling [--sources 1000] [--pages 1000] [--processes 2] [--rounds 2]

A server on loopback, in a process of its own, answers. Every figure comes from a fresh process.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from extractors.entry import Entry
from extractors.pages.reading import Reader
from extractors.source import Source
from extractors.web.fetch import Fetcher, FetchLimits
from extractors.web.robots import Visitor
from flows.configuration.settings import load
from flows.cycle.workers import HardyPool
from flows.watch import watch
from tests.benchmarks.page_speed import PageBytes, default, precise, real_pages

SHARED = Path(os.environ.get("NOROSHI_SHARED", Path(__file__).parents[3] / "shared"))
MEGABYTE = 2**20
LIMITS = FetchLimits(pace_seconds=0, per_host=16, private_addresses=True)
FEED = b'<rss version="2.0"><channel><title>t</title></channel></rss>'
ETAG = b'"1"'
SETTINGS = """
data_folder = "data"
[fetch]
pace_seconds = 0
per_host = 16
poll_max_minutes = 0
[sources]
shipped = false
"""

Figures = dict[str, float]


def unchanged(count: int) -> Figures:
    """Seconds: a cycle over `count` sources that have not changed, and bare httpx asking the same
    of the same server."""
    with serving([]) as port, tempfile.TemporaryDirectory() as folder:
        tables = "".join(
            f'[[source]]\nid = "s{n}"\nurl = "http://127.0.0.1:{port}/feed/{n}"\n'
            for n in range(count)
        )
        file = Path(folder) / "noroshi.toml"
        file.write_text(SETTINGS + tables, encoding="utf-8")
        house = load(file)
        asyncio.run(watch(house))
        began = time.perf_counter()
        summary = asyncio.run(watch(house))
        ours = time.perf_counter() - began
        if (summary.polled, summary.failed, summary.entries) != (count, 0, 0):
            raise RuntimeError(f"{summary.polled} polled, {summary.failed} failed")
        return {"ours": ours, "httpx": asyncio.run(_bare(port, count))}


async def _bare(port: int, count: int) -> float:
    """Seconds that httpx alone needs, sixteen requests at a time."""
    slots = asyncio.Semaphore(16)
    async with httpx.AsyncClient() as client:

        async def one(number: int) -> int:
            async with slots:
                known = {"If-None-Match": ETAG.decode()}
                url = f"http://127.0.0.1:{port}/feed/{number}"
                return (await client.get(url, headers=known)).status_code

        began = time.perf_counter()
        statuses = await asyncio.gather(*(one(number) for number in range(count)))
        took = time.perf_counter() - began
    if set(statuses) != {304}:
        raise RuntimeError(f"answered {set(statuses)}")
    return took


def fetched(count: int) -> Figures:
    """Seconds by the clock and of the processor for `count` pages fetched and read, and the
    largest resident size of this process and of a worker, in MB."""
    pages = _pages(count)
    with serving(pages) as port, tempfile.TemporaryDirectory():
        began, before = time.perf_counter(), _processor_seconds()
        asyncio.run(_read(port, count))
        return _spent(began, before)


async def _read(port: int, count: int) -> None:
    source = Source(id="s", url=f"http://127.0.0.1:{port}/feed/0", name="S")
    pool = HardyPool()
    try:
        async with Fetcher("noroshi-benchmark", LIMITS) as fetcher:
            reader = Reader(Visitor(fetcher), pool)
            for begin in range(0, count, 100):  # as a cycle takes them
                entries = [
                    Entry("s", url, url, str(n))
                    for n in range(begin, min(begin + 100, count))
                    for url in [f"http://127.0.0.1:{port}/page/{n}"]
                ]
                await asyncio.gather(*(reader.read(entry, source) for entry in entries))
    finally:
        pool.shutdown()


def alone(reader: Callable[[bytes, str], object], count: int, processes: int) -> Figures:
    """The same of trafilatura alone, the pages at hand and nothing fetched."""
    pages = _pages(count)
    began, before = time.perf_counter(), _processor_seconds()
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawning) as pool:
        for _ in pool.map(partial(_discard, reader), pages):
            pass
    return _spent(began, before)


def _discard(reader: Callable[[bytes, str], object], page: PageBytes) -> None:
    reader(*page)


def _pages(count: int) -> list[PageBytes]:
    """The reference pages, over and over."""
    pages = real_pages(SHARED)
    return [pages[n % len(pages)] for n in range(count)]


def _processor_seconds() -> float:
    own, ended = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def _spent(began: float, before: float) -> Figures:
    own, ended = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": time.perf_counter() - began,
        "processor": _processor_seconds() - before,
        "own_mb": own.ru_maxrss / 1024,
        "worker_mb": ended.ru_maxrss / 1024,
    }


# The server -----------------------------------------------------------------------------------


@contextmanager
def serving(pages: Sequence[PageBytes]) -> Iterator[int]:
    """A server of feeds that never change and of `pages`; its port. It is killed at the end, so
    that its use of the processor is nobody's."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    bodies = [gzip.compress(body, 1) for body, _ in pages[:300]]
    process = spawning.Process(target=_serve, args=(theirs, bodies), daemon=True)
    process.start()
    try:
        yield int(ours.recv())
    finally:
        # Not joined: a process that was waited for would count among the children's seconds.
        process.kill()


def _serve(pipe: Connection, bodies: Sequence[bytes]) -> None:
    asyncio.run(_answer_all(pipe, bodies))


async def _answer_all(pipe: Connection, bodies: Sequence[bytes]) -> None:
    server = await asyncio.start_server(partial(_answer, bodies), "127.0.0.1", 0, backlog=512)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(
    bodies: Sequence[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            writer.write(_reply(head, bodies))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _reply(head: bytes, bodies: Sequence[bytes]) -> bytes:
    path = head.split(b" ", 2)[1]
    if path.startswith(b"/feed/"):
        if ETAG in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n"
        return _whole(FEED, b"ETag: " + ETAG + b"\r\nContent-Type: application/rss+xml\r\n")
    if path.startswith(b"/page/"):
        body = bodies[int(path.rpartition(b"/")[2]) % len(bodies)]
        return _whole(body, b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n")
    return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _whole(body: bytes, headers: bytes) -> bytes:
    length = b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\n" + headers + length + body


# The figures ----------------------------------------------------------------------------------


def measure(what: str, count: int, processes: int = 2) -> Figures:
    """One figure, in this process."""
    if what == "unchanged":
        return unchanged(count)
    if what == "fetched":
        return fetched(count)
    return alone({"precise": precise, "default": default}[what], count, processes)


def afresh(what: str, count: int, processes: int) -> Figures:
    """One figure, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.polling", "--measure", what]
    command += ["--pages", str(count), "--processes", str(processes)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def report(sources: int, pages: int, processes: int, rounds: int) -> Iterator[str]:
    """The figures as lines; of several rounds the least."""
    runs = [afresh("unchanged", sources, processes) for _ in range(rounds)]
    ours, bare = (min(run[name] for run in runs) for name in ("ours", "httpx"))
    yield f"{sources} unchanged sources: {ours:.1f} s a cycle; bare httpx {bare:.1f} s"
    yield f"a cycle is {ours / bare:.1f} times bare httpx"
    if not real_pages(SHARED):
        yield f"no reference data at {SHARED}: no pages were read; set NOROSHI_SHARED"
        return
    best: dict[str, Figures] = {}
    for _ in range(rounds):
        for name in ("fetched", "precise", "default"):
            run = afresh(name, pages, processes)
            best[name] = {key: min(run[key], best.get(name, run)[key]) for key in run}
    for name, run in best.items():
        yield (
            f"{pages} pages, {name:8} {run['seconds']:5.1f} s by the clock, "
            f"{run['processor']:5.1f} s of the processor"
        )
    for name in ("precise", "default"):
        clock, processor = (best["fetched"][k] / best[name][k] for k in ("seconds", "processor"))
        yield f"fetched and read: {clock:.2f} ({processor:.2f}) times trafilatura's {name} alone"
    for share in (4, 2, 1):
        run = afresh("fetched", pages // share, processes)
        yield f"{pages // share:5} pages: {run['own_mb']:.0f} MB, worker {run['worker_mb']:.0f} MB"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        sys.stdout.write(json.dumps(measure(given.measure, given.pages, given.processes)) + "\n")
        return
    for line in report(given.sources, given.pages, given.processes, given.rounds):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
