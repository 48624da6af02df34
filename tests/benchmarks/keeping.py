"""What keeping costs: loading, a batch more, a cycle with nothing new, publishing, memory.

    .venv/bin/python -m tests.benchmarks.keeping --articles 10000
    .venv/bin/python -m tests.benchmarks.keeping --folder FOLDER

The second measures all but loading on a library (`tests.benchmarks.library`). It writes into it,
and takes away first what a former run has left there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from extractors.article import Article, article_id
from flows.configuration.settings import load
from flows.watch import watch
from tests.benchmarks.corpus import END, corpus
from warehouse.collecting import articles
from warehouse.collecting.impression import Impressions, impressions
from warehouse.database import Warehouse
from warehouse.storage.attaching import FORMAT

BATCH = 5000
MORE = 200
BATCHES = 10
ROUNDS = 5
"""Times that loading is measured, and a bare insert after each."""
SETTINGS = "[sources]\nshipped = false\n[fetch]\nprivate_addresses = true\n"
COMMANDS = (
    ("search", "japan travel"),
    ("export", "exported"),
    ("export", "exported-lines", "--format", "jsonl"),
    ("backup", "kept.duckdb"),
    ("maintain",),
    ("doctor",),
)


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Seconds by the clock and of the processor, which others that use the machine change less."""

    seconds: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.processor + other.processor)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.seconds - other.seconds, self.processor - other.processor)

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.processor:.2f} s of the processor"

    @staticmethod
    def now() -> Cost:
        """What has gone by so far."""
        return Cost(time.perf_counter(), time.process_time())


@dataclass(frozen=True, slots=True)
class Storing:
    """One transaction that stores a batch, and its parts."""

    opening: Cost
    storing: Cost
    committing: Cost
    """With whatever is taken into the file, and with closing it."""

    @property
    def whole(self) -> Cost:
        """All of it."""
        return self.opening + self.storing + self.committing


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="a library that is there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in figures(Path(folder), given.articles, given.folder):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def figures(folder: Path, count: int, library: Path | None) -> Iterator[str]:
    """Each figure, when it is measured."""
    yield f"load {os.getloadavg()[0]:.1f}"
    data = library.resolve() if library else folder / "data"
    settings = f'data_folder = "{data}"\n{SETTINGS}'
    (folder / "noroshi.toml").write_text(settings, encoding="utf-8")
    warehouse = Warehouse(data)
    if library:
        count = _cleared(warehouse)
    else:
        yield f"{_cycle(folder)} a cycle with nothing new, of an empty warehouse"
        yield from _loading(folder, warehouse, count)
    yield from _more(warehouse, count)
    yield f"{_cost(warehouse.publish)} to publish {_size(warehouse.published)}"
    yield f"{_cycle(folder)} a cycle with nothing new, of {count:,} articles"
    for command in COMMANDS:
        seconds, peak = _command(folder, command)
        yield f"{seconds:.1f} s, {peak:.0f} MiB at most: noroshi {' '.join(command)}"
    yield f"load {os.getloadavg()[0]:.1f}"


def _loading(folder: Path, warehouse: Warehouse, count: int) -> Iterator[str]:
    """Into an empty warehouse, beside a bare insert of what became of it, in turns."""
    made = list(corpus(count))
    began = time.perf_counter()
    taken = impressions(made)
    yield f"{1000 * (time.perf_counter() - began) / len(made):.2f} ms of preparation an article"
    others = [Warehouse(folder / f"round{n}") for n in range(1, ROUNDS)]
    loads, bares = list[Cost](), list[Cost]()
    for place in (*others, warehouse):
        with place.writing("make it"):
            pass
        storing = (_stored(place, batch, taken).whole for batch in _batches(made, BATCH))
        loads.append(sum(storing, Cost()))
        bares.append(_bare(place, folder / "bare.duckdb"))
    yield f"{_rate(count, loads)}: articles stored, {BATCH} at a time"
    yield f"{_rate(count, bares)}: the same rows inserted bare from Arrow"
    ratios = sorted(bare.seconds / load.seconds for load, bare in zip(loads, bares, strict=True))
    processor = min(bare.processor for bare in bares) / min(load.processor for load in loads)
    yield (
        f"ratio {min(bares).seconds / min(loads).seconds:.2f} of the best rounds, "
        f"{statistics.median(ratios):.2f} in the median ({ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"{processor:.2f} of the processor's time"
    )


def _rate(count: int, costs: Sequence[Cost]) -> str:
    best = min(costs)
    return f"{count / best.seconds:,.0f} a second ({best} at least of {len(costs)} rounds)"


def _cleared(warehouse: Warehouse) -> int:
    """How many articles a library has, without those of former runs."""
    with warehouse.writing("clear") as connection:
        connection.execute(
            "CREATE TEMP TABLE former AS SELECT id FROM store.article "
            "WHERE regexp_matches(url, '^https://example.org/[0-9]+/')"
        )
        for table, column in LEFT:
            connection.execute(f"DELETE FROM store.{table} WHERE {column} IN (FROM former)")  # noqa: S608
        connection.execute("DROP TABLE former")
        (count,) = connection.execute("SELECT count(*) FROM store.article").fetchall()[0]
    warehouse.publish()
    return int(count)


LEFT = (
    ("article", "id"),
    ("former_version", "id"),
    ("fingerprint", "article_id"),
    ("uncoded", "article_id"),
    ("coding", "article_id"),
    ("coded_event", "article_id"),
    ("same_text", "one"),
    ("same_text", "other"),
    ("appearance", "article_id"),
)
"""Where a run leaves what."""


def _more(warehouse: Warehouse, count: int) -> Iterator[str]:
    """A few among many: new ones, then all of them changed."""
    made = list(_fresh(BATCHES * MORE, count, int(time.time())))
    changed = [replace(a, title=f"{a.title} +", text=f"{a.text}\nOne line more.") for a in made]
    taken = impressions(made) | impressions(changed)
    for what, found in (("more", made), ("changed", changed)):
        costs = [_stored(warehouse, batch, taken) for batch in _batches(found, MORE)]
        yield f"{_spread(costs)}: {MORE} articles {what} among {count:,}"


def _fresh(number: int, count: int, run: int) -> Iterator[Article]:
    """Articles that no former run stored, of the days after the `count` that are there."""
    for n, article in enumerate(corpus(number, first=count, seed=run)):
        url = f"https://example.org/{run}/{n}"
        yield replace(article, id=article_id(url), url=url)


def _cycle(folder: Path) -> Cost:
    """The median of three cycles without a source, after one that may have had something to do."""
    house = load(folder / "noroshi.toml")
    costs = [_cost(lambda: asyncio.run(watch(house))) for _ in range(4)]
    return sorted(costs[1:])[1]


def _stored(warehouse: Warehouse, batch: Sequence[Article], taken: Impressions) -> Storing:
    began = Cost.now()
    with warehouse.writing("fill") as connection:
        opened = Cost.now()
        articles.store(connection, batch, END, taken=taken)
        stored = Cost.now()
    return Storing(opened - began, stored - opened, Cost.now() - stored)


def _bare(warehouse: Warehouse, file: Path) -> Cost:
    """The same rows into tables without a warehouse around them, from memory and in one go; into a
    file of the same format."""
    file.unlink(missing_ok=True)
    with warehouse.writing("read", for_readers=False) as connection:
        rows = {
            name: connection.execute(f"FROM store.{name}").to_arrow_table()
            for name in ("article", "fingerprint", "uncoded")
        }
    with duckdb.connect(str(file), config={"storage_compatibility_version": FORMAT}) as connection:
        for name, table in rows.items():
            connection.register("rows", table)
            connection.execute(f"CREATE TABLE {name} AS FROM rows LIMIT 0")

        def insert() -> None:
            for name, table in rows.items():
                connection.register("rows", table)
                connection.execute(f"INSERT INTO {name} FROM rows")
            connection.execute("CHECKPOINT")

        return _cost(insert)


MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process between: to Linux a command is at least as large as what started it was."""


def _command(folder: Path, command: Sequence[str]) -> tuple[float, float]:
    """Seconds and the largest resident size of one command, in MiB."""
    program = [sys.executable, "-c", "from flows.cli import main; main()", *command]
    began = time.perf_counter()
    measured = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *program],
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
    )
    return time.perf_counter() - began, int(measured.stdout) / 1024


def _batches(made: Sequence[Article], size: int) -> Iterator[Sequence[Article]]:
    return (made[begin : begin + size] for begin in range(0, len(made), size))


def _spread(batches: Sequence[Storing]) -> str:
    whole = [batch.whole for batch in batches]
    parts = (
        _middle([getattr(batch, part) for batch in batches])
        for part in ("opening", "storing", "committing")
    )
    return (
        f"{_middle(whole)} ms in the median ({_middle(whole, 'processor')} of the processor), "
        f"{1000 * max(whole).seconds:.0f} at most, {1000 * min(whole).seconds:.0f} at least; "
        "{} to open, {} to store, {} to commit".format(*parts)
    )


def _middle(costs: Sequence[Cost], of: str = "seconds") -> str:
    return f"{1000 * statistics.median(getattr(cost, of) for cost in costs):.0f}"


def _cost(do: Callable[[], object]) -> Cost:
    began = Cost.now()
    do()
    return Cost.now() - began


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 2**20:.0f} MiB"


if __name__ == "__main__":
    main()
