"""kill -9 while the warehouse is written, published, backed up and written anew: nothing committed
is lost, and whatever stands under its final name is whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.backup import backup, restore
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
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.backup import restore
from warehouse.database import Warehouse

def killing(name, left):
    original = getattr(os, name)
    def step(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)
    setattr(os, name, step)

begun, kept, cases = map(Path, sys.argv[1:])
for number in range(99):
    shutil.copytree(begun, cases / str(number))
    if (child := os.fork()) == 0:
        left = [number]
        for name in ("replace", "link", "unlink"):
            killing(name, left)
        restore(Warehouse(cases / str(number)), kept, datetime.now(UTC))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""
"""Restores in one copy of a folder after the other, killed before the first, second, third …
change of a file's name, until one comes to its end."""


def add(warehouse: Warehouse, name: str) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ($name)", {"name": name})


def add_to_the_log(warehouse: Warehouse, name: str) -> None:
    """As a process does that is killed after its commit."""
    script = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
        "connection.execute('INSERT INTO store.run (id) VALUES (?)', sys.argv[2:]); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(warehouse.live), name], check=True)
    assert warehouse.live.with_name("warehouse.duckdb.wal").exists()


def runs(warehouse: Warehouse) -> set[str]:
    with warehouse.writing("look") as connection:
        return {id for (id,) in connection.execute("SELECT id FROM store.run").fetchall()}


def test_a_killed_restore_leaves_the_one_or_the_other(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "data")
    add(warehouse, "backed up")
    backup(warehouse, tmp_path / "kept.duckdb")
    add(warehouse, "later")
    add_to_the_log(warehouse, "in the log")
    (tmp_path / "cases").mkdir()
    folders = [warehouse.folder, tmp_path / "kept.duckdb", tmp_path / "cases"]
    subprocess.run([sys.executable, "-c", RESTORE, *map(str, folders)], check=True)
    found = [runs(Warehouse(folder)) for folder in sorted((tmp_path / "cases").iterdir(), key=_no)]
    before, after = {"backed up", "later", "in the log"}, {"backed up"}
    assert found == [before] * found.count(before) + [after] * found.count(after)
    assert before in found
    assert after in found
    for former in (tmp_path / "cases").glob("*/pipeline/former-*.duckdb"):
        assert inspect(former).rows["run"] == 3


def test_a_damaged_file_is_kept_with_its_log(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "data")
    add(warehouse, "backed up")
    backup(warehouse, tmp_path / "kept.duckdb")
    add_to_the_log(warehouse, "in the log")
    warehouse.live.write_bytes(b"damaged")
    log = warehouse.live.with_name("warehouse.duckdb.wal").read_bytes()
    _, former = restore(warehouse, tmp_path / "kept.duckdb", datetime.now(UTC))
    assert former is not None
    assert former.read_bytes() == b"damaged"
    assert former.with_name(f"{former.name}.wal").read_bytes() == log
    assert runs(warehouse) == {"backed up"}


def _no(folder: Path) -> int:
    return int(folder.name)
