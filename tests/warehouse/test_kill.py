"""kill -9 while the warehouse is written, published, backed up and written anew: nothing committed
is lost, and whatever stands under its final name is whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse.database import Warehouse, query
from warehouse.inspect import inspect
from warehouse.upkeep import check, sweep

ROUNDS = 100
"""Kills of the long run."""

PROGRAM = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.warehouse.samples import an_article
from warehouse import articles
from warehouse.backup import backup
from warehouse.database import Warehouse
from warehouse.retention import Retention
from warehouse.upkeep import check, clear, compact

warehouse, now = Warehouse(Path(sys.argv[1])), datetime.now(UTC)
print("begun", flush=True)
for number in itertools.count(int(sys.argv[2])):
    with warehouse.writing("test") as connection:
        urls = [f"https://example.org/{number}/{n}" for n in range(9)]
        made = [an_article(url, text="text " * 50) for url in urls]
        articles.store(connection, made, now)
    print(number, flush=True)
    warehouse.publish()
    with warehouse.writing("maintain") as connection:
        clear(connection, now, Retention())
    compact(warehouse, worth=0)
    backup(warehouse, warehouse.folder / f"backup-{number}.duckdb")
"""


def killed(warehouse: Warehouse, first: int, seconds: float) -> int:
    """Run the program from `first` on, kill it so long after it began; its last commit."""
    command = [sys.executable, "-c", PROGRAM, str(warehouse.folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        time.sleep(seconds)
        program.send_signal(signal.SIGKILL)
        done = [first - 1, *(int(line) for line in program.stdout.read().split())]
        assert program.wait() == -signal.SIGKILL
    return done[-1]


def survive(warehouse: Warehouse, rounds: int, chance: random.Random) -> None:
    last = -1
    for _ in range(rounds):
        last = killed(warehouse, last + 1, chance.uniform(0, 1.5))
        with warehouse.writing("look") as connection:
            stored = connection.execute(
                "SELECT DISTINCT split_part(url, '/', 4)::INT FROM store.article ORDER BY ALL"
            ).fetchall()
        # A commit may have come before the kill and its line not.
        assert [n for (n,) in stored][: last + 1] == list(range(last + 1))
        last = max([n for (n,) in stored], default=-1)
        assert check(warehouse).rows["article"] == 9 * (last + 1)
        warehouse.publish()
        with warehouse.reading() as reader:
            assert query(reader, "SELECT count(*) FROM articles")[1] == [(9 * (last + 1),)]
        for file in warehouse.folder.glob("backup-*.duckdb"):
            assert inspect(file).rows["article"] % 9 == 0
    sweep(warehouse)
    left = {file.name for file in warehouse.pipeline_folder.iterdir()}
    assert left <= {"warehouse.duckdb", "writer.lock", "cycle.lock"}


def test_a_few_kills(tmp_path: Path) -> None:
    survive(Warehouse(tmp_path / "data"), 4, random.Random(8))


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_many_kills(tmp_path: Path) -> None:
    survive(Warehouse(tmp_path / "data"), ROUNDS, random.Random())


RESTORE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.backup import restore
from warehouse.database import Warehouse

print("begun", flush=True)
restore(Warehouse(Path(sys.argv[1])), Path(sys.argv[2]), datetime.now(UTC))
"""


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15])
def test_a_killed_restore_leaves_the_one_or_the_other(tmp_path: Path, seconds: float) -> None:
    warehouse = Warehouse(tmp_path / "data")
    for name in ("backed up", "later"):
        with warehouse.writing("test") as connection:
            connection.execute("INSERT INTO store.run (id) VALUES ($name)", {"name": name})
        warehouse.publish()
        if name == "backed up":
            kept = Path(tmp_path / "kept.duckdb")
            kept.write_bytes(warehouse.published.read_bytes())
    command = [sys.executable, "-c", RESTORE, str(warehouse.folder), str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        time.sleep(seconds)
        program.kill()
    with warehouse.writing("look") as connection:
        there = {id for (id,) in connection.execute("SELECT id FROM store.run").fetchall()}
    assert there in ({"backed up"}, {"backed up", "later"})
