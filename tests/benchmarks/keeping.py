"""What keeping costs: loading, a batch more, a cycle with nothing new, publishing, memory.

    .venv/bin/python -m tests.benchmarks.keeping --articles 10000
    .venv/bin/python -m tests.benchmarks.keeping --folder FOLDER

The second measures all but loading on a library (`tests.benchmarks.library`), and writes into it.
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
from pathlib import Path

import duckdb

from extractors.article import Article
from flows.configuration.settings import load
from flows.watch import watch
from tests.benchmarks.corpus import END, corpus
from warehouse import articles
from warehouse.database import Warehouse
from warehouse.impression import Impressions, impressions

BATCH = 5000
MORE = 200
SETTINGS = "[sources]\nshipped = false\n[fetch]\nprivate_addresses = true\n"
COMMANDS = (
    ("search", "japan travel"),
    ("export", "exported"),
    ("export", "exported-lines", "--format", "jsonl"),
    ("backup", "kept.duckdb"),
    ("maintain",),
    ("doctor",),
)


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
    data = library.resolve() if library else folder / "data"
    settings = f'data_folder = "{data}"\n{SETTINGS}'
    (folder / "noroshi.toml").write_text(settings, encoding="utf-8")
    warehouse = Warehouse(data)
    if library:
        with warehouse.writing("count", for_readers=False) as connection:
            (count,) = connection.execute("SELECT count(*) FROM store.article").fetchall()[0]
    else:
        yield f"{_cycle(folder):.2f} s a cycle with nothing new, of an empty warehouse"
        yield from _loading(folder, warehouse, count)
    made = list(corpus(5 * MORE, first=10 * count, seed=int(time.time())))
    taken = impressions(made)
    more = [_stored(warehouse, batch, taken) for batch in _batches(made, MORE)]
    yield f"{1000 * statistics.median(more):.0f} ms for {MORE} articles more among {count:,}"
    yield f"{_seconds(warehouse.publish):.2f} s to publish {_size(warehouse.published)}"
    yield f"{_cycle(folder):.2f} s a cycle with nothing new, of {count:,} articles"
    for command in COMMANDS:
        seconds, peak = _command(folder, command)
        yield f"{seconds:.1f} s, {peak:.0f} MiB at most: noroshi {' '.join(command)}"


def _loading(folder: Path, warehouse: Warehouse, count: int) -> Iterator[str]:
    """Into an empty warehouse, beside a bare insert of what became of it."""
    made = list(corpus(count))
    began = time.perf_counter()
    taken = impressions(made)
    yield f"{1000 * (time.perf_counter() - began) / len(made):.2f} ms of preparation an article"
    loading = sum(_stored(warehouse, batch, taken) for batch in _batches(made[:count], BATCH))
    yield f"{count / loading:,.0f} articles a second stored, {BATCH} at a time"
    bare = _bare(warehouse, folder / "bare.duckdb")
    yield f"{count / bare:,.0f} a second inserted bare from Arrow; ratio {bare / loading:.3f}"


def _cycle(folder: Path) -> float:
    """Median of three cycles without a source, after one that may have had something to do."""
    house = load(folder / "noroshi.toml")
    times = [_seconds(lambda: asyncio.run(watch(house))) for _ in range(4)]
    return statistics.median(times[1:])


def _stored(warehouse: Warehouse, batch: Sequence[Article], taken: Impressions) -> float:
    def store() -> None:
        with warehouse.writing("fill") as connection:
            articles.store(connection, batch, END, taken=taken)

    return _seconds(store)


def _bare(warehouse: Warehouse, file: Path) -> float:
    """The same rows into tables without a warehouse around them, from memory and in one go."""
    with warehouse.writing("read", for_readers=False) as connection:
        rows = {
            name: connection.execute(f"FROM store.{name}").to_arrow_table()
            for name in ("article", "fingerprint", "uncoded")
        }
    with duckdb.connect(str(file)) as connection:
        for name, table in rows.items():
            connection.register("rows", table)
            connection.execute(f"CREATE TABLE {name} AS FROM rows LIMIT 0")

        def insert() -> None:
            for name, table in rows.items():
                connection.register("rows", table)
                connection.execute(f"INSERT INTO {name} FROM rows")
            connection.execute("CHECKPOINT")

        return _seconds(insert)


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


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 2**20:.0f} MiB"


if __name__ == "__main__":
    main()
