"""kill -9 at random moments of all that is done to a warehouse: the next start is clean, nothing
committed is lost, and whatever stands under its final name is whole."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.children import LONGEST_SECONDS, ran
from tests.postgres import Postgres
from tests.warehouse.operations import (
    OPERATIONS,
    Place,
    another,
    begin,
    begin_lake,
    begin_old,
    expect,
    expect_lake,
    live,
    watched,
)
from warehouse.database import Warehouse
from warehouse.storage.backup import backup, restore
from warehouse.storage.inspect import inspect

ROUNDS = int(os.environ.get("ROUNDS", "100"))
"""Kills of the long run for each operation, all of which hit it at work."""
ARTICLES = 900
MANY_ARTICLES = 2_400

BEGUN, ENDED = "begun", "ended"
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.warehouse.operations"])


def carry_out(name: str, place: Place, told: Connection) -> None:
    """In a process of its own: say when it begins, what is committed, and when it ended."""
    told.send(BEGUN)
    for done in OPERATIONS[name](place):
        told.send(done)
    told.send(ENDED)


def killed(name: str, place: Place, seconds: float) -> tuple[bool, list[int]]:
    """Begin an operation and kill it so long after; whether that hit, and what it had done."""
    ours, theirs = _processes.Pipe(duplex=False)
    process = _processes.Process(target=carry_out, args=(name, place, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(LONGEST_SECONDS), "it does not begin"
        assert ours.recv() == BEGUN
        process.join(seconds)
    finally:
        process.kill()
    process.join()
    said = list(_all(ours))
    assert ENDED in said or process.exitcode == -signal.SIGKILL, process.exitcode
    return ENDED not in said, [number for number in said if isinstance(number, int)]


def _all(pipe: Connection) -> Iterator[int | str]:
    while True:
        try:
            yield pipe.recv()
        except EOFError:
            return


@dataclass(slots=True)
class Tally:
    """What the rounds of an operation came to."""

    name: str
    length: float
    """Seconds that it takes at least when nobody kills it."""
    hits: list[float] = field(default_factory=list)
    """When it was killed, in seconds from its beginning."""
    late: int = 0

    def __str__(self) -> str:
        at = [1000 * seconds for seconds in self.hits]
        return (
            f"{self.name}: {len(at)} kills hit, {min(at):.0f} to {max(at):.0f} ms from its "
            f"beginning (median {statistics.median(at):.0f} ms); {self.late} came too late and "
            "were made again; 0 rows lost, what readers see opened each time, 0 restarts unclean"
        )


def survive(name: str, begun: Place, folder: Path, rounds: int, chance: random.Random) -> Tally:
    """Kill an operation that often, each time from the same beginning; an AssertionError names
    what was lost."""
    whole = another(begun, folder / "whole")
    began = time.perf_counter()
    assert not killed(name, whole, LONGEST_SECONDS)[0]
    tally = Tally(name, time.perf_counter() - began)
    shutil.rmtree(whole.folder)
    before = live(another(begun, folder / "before"))
    while len(tally.hits) < rounds:
        place = another(begun, folder / f"round {len(tally.hits)} {tally.late}")
        seconds = chance.uniform(0, tally.length)
        with watched(place.warehouse.published):
            hit, done = killed(name, place, seconds)
        expect(name, place, before, done)
        shutil.rmtree(place.folder)
        if hit:
            tally.hits.append(seconds)
        else:
            tally.late += 1
            tally.length = min(tally.length, seconds)
    return tally


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Place]:
    return beginnings(tmp_path_factory.mktemp("small"), ARTICLES)


def beginnings(folder: Path, articles: int) -> dict[bool, Place]:
    """By whether an old noroshi wrote it."""
    return {
        False: begin(folder / "present", articles),
        True: begin_old(folder / "old", articles),
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_few_kills(small: dict[bool, Place], tmp_path: Path, name: str) -> None:
    survive(name, small[name == "migrate"], tmp_path, 1, random.Random(name))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Place]:
    return beginnings(tmp_path_factory.mktemp("large"), MANY_ARTICLES)


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", OPERATIONS)
def test_many_kills(
    large: dict[bool, Place], tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = time.time_ns()
    tally = survive(name, large[name == "migrate"], tmp_path, ROUNDS, random.Random(seed))
    with capsys.disabled():
        print(f"\n{tally} (seed {seed})")  # noqa: T201


@pytest.mark.lake
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", ["load", "maintain"])
def test_kills_leave_a_lake_whole(
    postgres: Postgres, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A few; as many as ROUNDS says where it does."""
    seed = time.time_ns()
    chance, rounds = random.Random(seed), int(os.environ.get("ROUNDS", "2"))
    began = time.perf_counter()
    assert not killed(name, on_lake(postgres, tmp_path / "whole"), LONGEST_SECONDS)[0]
    tally = Tally(name, time.perf_counter() - began)
    while len(tally.hits) < rounds:
        place = on_lake(postgres, tmp_path / f"round {len(tally.hits)} {tally.late}")
        before, seconds = live(place), chance.uniform(0, tally.length)
        hit, done = killed(name, place, seconds)
        expect_lake(name, place, before, done)
        if hit:
            tally.hits.append(seconds)
        else:
            tally.late += 1
            tally.length = min(tally.length, seconds)
    with capsys.disabled():
        print(f"\nlake: {tally} (seed {seed})")  # noqa: T201


def on_lake(postgres: Postgres, folder: Path) -> Place:
    lake = postgres.lake(folder / "data").place
    assert lake is not None
    return begin_lake(folder, lake, ARTICLES // 10)


RESTORE = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.storage.backup import restore
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
    assert ran([sys.executable, "-c", script, warehouse.live, name]).returncode == 0
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
    said = ran([sys.executable, "-c", RESTORE, *folders])
    assert said.returncode == 0, said.stderr
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
