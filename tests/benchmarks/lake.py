"""What a cycle costs on a lake: seconds, and what PostgreSQL is asked.

python -m tests.benchmarks.lake [CYCLES]
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.configuration.settings import House
from flows.watch import watch
from tests.flows.newsroom import Newsroom, Story, newsroom, routes
from tests.postgres import PASSWORD, Postgres, binaries

STORIES = 40
"""In the feed, and new in the first cycle."""


def main(cycles: int) -> None:
    """Measure, and print a line for each kind of cycle."""
    server = Postgres(_programs())
    try:
        server.prepare()
        server.start(log_statement="all", log_connections="on")
        with tempfile.TemporaryDirectory() as folder, newsroom(Path(folder)) as news:
            house = _house(server, news, Path(folder))
            print(f"{STORIES} new articles: {_cycle(server, house)}")  # noqa: T201
            _measure(server, house, cycles)
    finally:
        server.remove()


def _measure(server: Postgres, house: House, cycles: int) -> None:
    found = [_cycle(server, house) for _ in range(cycles)]
    middle = statistics.median(cost.seconds for cost in found)
    print(f"nothing new, {cycles} cycles: median {middle:.2f} s; the last: {found[-1]}")  # noqa: T201


class Cost:
    """Of one cycle."""

    def __init__(self, seconds: float, log: str) -> None:
        self.seconds = seconds
        self.asked = log.count("LOG:  statement:") + log.count("LOG:  execute ")
        self.sessions = log.count("connection authorized")

    def __str__(self) -> str:
        asked = f"{self.asked} statements of PostgreSQL in {self.sessions} sessions"
        return f"{self.seconds:.2f} s, {asked}"


def _cycle(server: Postgres, house: House) -> Cost:
    log = server.folder / "log"
    before, began = log.stat().st_size, time.perf_counter()
    asyncio.run(watch(house))
    seconds = time.perf_counter() - began
    with log.open("rb") as reader:
        reader.seek(before)
        return Cost(seconds, reader.read().decode(errors="replace"))


def _house(server: Postgres, news: Newsroom, folder: Path) -> House:
    place = server.lake(folder / "shared").place
    assert place is not None
    os.environ |= {
        "NOROSHI_WAREHOUSE": str(place),
        "NOROSHI_LAKE__DATA": place.data,
        "PGPASSWORD": PASSWORD,
    }
    news.site.routes |= routes(*(_story(number) for number in range(STORIES)))
    news.source("one")
    news.desk("desk")
    return news.house()


def _story(number: int) -> Story:
    title = f"Garden show number {number} opens"
    text = f"{title} on Friday. It shows {number} roses and {number * 7} tulips. " * 20
    return Story(f"/{number}", title, text, datetime.now(UTC) - timedelta(minutes=number))


def _programs() -> Path:
    found = binaries()
    if found is None:
        sys.exit("PostgreSQL's programs (initdb, postgres) are not installed")
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
