"""The time from an entry that is visible in a feed to the message that tells of it.

python -m tests.benchmarks.latency [--sources 20] [--pages 200] [--alerts 20] [--rounds 3]

A cycle starts at once. Its sources, their pages and the desk that is told are on loopback, where no
pause between two requests is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from alerts.reading.events.coder import Coder
from extractors.pages.page import read_page
from flows.watch import Step, watch
from tests.flows.newsroom import Newsroom, Story, newsroom, routes

LIMIT = 5.0
"""Seconds that the median must stay below."""

RULE = '[rules]\nshipped = false\n[[rule]]\nid = "beacon"\nkeywords = ["beacon"]\n'


def stories(source: int, pages: int, telling: int, run: int) -> list[Story]:
    """Pages of one source; the first ones are told of, each an event of its own."""
    return [
        Story(
            f"/{run}/{source}/{n}",
            f"{'beacon' if n < telling else 'harbour'} {words(source * 7919 + n * 104_729 + run)}",
            " ".join(f"In year {year} {words(source + n * year)} stood." for year in range(40)),
        )
        for n in range(pages)
    ]


def words(seed: int) -> str:
    """Five words that hardly any other seed has."""
    return " ".join(f"w{(seed * prime) % 99_991:05d}" for prime in (3, 7, 31, 127, 8191))


async def latencies(news: Newsroom, spent: dict[str, float]) -> list[float]:
    """Seconds from the start of a cycle to each message; `spent` learns what each stage took."""
    arrived: list[float] = []
    desk = news.desks["desk"]
    began = time.monotonic()

    async def stage(name: str, step: Step) -> None:
        since = time.monotonic()
        await step()
        spent[name] += time.monotonic() - since

    class Stamped(list[str]):
        def append(self, title: str) -> None:
            arrived.append(time.monotonic() - began)
            super().append(title)

    desk.got = Stamped()
    await watch(news.house(), stage=stage)
    return arrived


def measure(
    sources: int, pages: int, alerts: int, run: int, spent: dict[str, float]
) -> list[float]:
    """One cycle over a site of so many sources, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, newsroom(Path(folder)) as news:
        news.desk("desk")
        news.rules.append(RULE)
        for source in range(sources):
            made = stories(source, pages // sources, alerts // sources, run)
            news.site.routes |= routes(*made, at=f"/feed/{source}")
            news.source(f"s{source}", f"/feed/{source}")
        return asyncio.run(latencies(news, spent))


def processor_seconds() -> float:
    """What this process and those that it has ended took of the processors."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> int:
    """Print the distribution; 1 where the median is too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("sources", 20), ("pages", 200), ("alerts", 20), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    Coder.shipped()
    read_page(b"<html><body><p>warm</p></body></html>", "http://site.invalid/")
    spent: dict[str, float] = defaultdict(float)
    found: list[float] = []
    began = processor_seconds()
    for run in range(args.rounds):
        found += measure(args.sources, args.pages, args.alerts, run, spent)
    worked = (processor_seconds() - began) / args.rounds
    deciles = statistics.quantiles(found, n=10)
    median = statistics.median(found)
    lines = [
        f"{len(found)} messages, {args.rounds} cycles: {args.sources} sources, {args.pages} pages",
        f"seconds to a message: median {median:.2f}, deciles {deciles[0]:.2f} to {deciles[-1]:.2f}",
        *(f"  {name:<10} {took / args.rounds:6.2f} s a cycle" for name, took in spent.items()),
        f"  processors {worked:6.2f} s a cycle, those of the site and the desk too",
        f"other load on this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if median < LIMIT and len(found) == args.alerts * args.rounds else 1


if __name__ == "__main__":
    sys.exit(main())
