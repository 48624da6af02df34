"""A mistaken rule that fires on every story of one cycle: what the cycle takes, and the desks get.

python -m tests.benchmarks.flood [--events 1000 10000] [--desks 2]

A whole cycle over ten feeds on loopback, each number of events in a process of its own. The feeds
have all the text, so that no pages are asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from flows.watch import Step, watch
from tests.flows.flood import CAP, flood
from tests.flows.newsroom import Newsroom, newsroom


async def cycle(news: Newsroom, spent: dict[str, float]) -> None:
    """One cycle; `spent` learns what each stage took."""

    async def stage(name: str, step: Step) -> None:
        since = time.monotonic()
        await step()
        spent[name] += time.monotonic() - since

    await watch(news.house(), stage=stage)


def measure(events: int, desks: int) -> int:
    """Print what a cycle with so many events took; 1 where a desk got anything but its share."""
    spent: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as folder, newsroom(Path(folder)) as news:
        told = [news.desk(f"desk{n}") for n in range(desks)]
        flood(news, events)
        began = time.monotonic()
        asyncio.run(cycle(news, spent))
        took = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items())
    got = sorted({len(desk.got) for desk in told})
    sys.stdout.write(
        f"{events:>6} events: {took:6.1f} s ({usage.ru_utime + usage.ru_stime:.1f} s of the "
        f"processors), at most {usage.ru_maxrss / 1024:.0f} MiB; messages a desk: {got}\n"
        f"        {stages}\n"
    )
    return 0 if got == [CAP + 1] else 1


def main() -> int:
    """Print a line for each number of events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--desks", type=int, default=2)
    args = parser.parse_args()
    if len(args.events) == 1:
        return measure(args.events[0], args.desks)
    again = [sys.executable, "-m", "tests.benchmarks.flood", "--desks", str(args.desks), "--events"]
    codes = [subprocess.run([*again, str(n)], check=False).returncode for n in args.events]
    sys.stdout.write(f"other load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
