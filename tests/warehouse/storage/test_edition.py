"""Editions: whatever happened before, the published copy is the live file, byte for byte."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import duckdb
import pytest

from tests.children import LONGEST_SECONDS
from warehouse.storage.edition import Editions

ROWS = "INSERT INTO text SELECT {n}, repeat(md5(random()::VARCHAR), 20) FROM range({rows})"
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.warehouse.storage.test_edition"])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Place:
    """A live file, its published copy, and readers of former ones."""

    def __init__(self, folder: Path) -> None:
        self.live = folder / "pipeline" / "live.duckdb"
        self.live.parent.mkdir()
        self.published = folder / "published.duckdb"
        self.editions = Editions(self.published, self.live.parent)
        self.previous = self.live.with_name("previous.duckdb")
        self.readers: list[tuple[duckdb.DuckDBPyConnection, str]] = []
        with duckdb.connect(str(self.live)) as connection:
            connection.execute("CREATE TABLE text (n INTEGER, body VARCHAR)")
        self.write()
        self.publish()

    def write(self, rows: int = 3000) -> None:
        with duckdb.connect(str(self.live)) as connection:
            connection.execute(ROWS.format(n=rows, rows=rows))

    def delete(self) -> None:
        with duckdb.connect(str(self.live)) as connection:
            connection.execute("DELETE FROM text WHERE hash(body) % 3 = 0")

    def publish(self) -> None:
        """The law."""
        self.editions.issue(self.live)
        assert self.published.read_bytes() == self.live.read_bytes()
        for reader, saw in self.readers:
            assert digest(reader) == saw

    def read(self) -> None:
        reader = duckdb.connect(str(self.published), read_only=True)
        self.readers.append((reader, digest(reader)))

    def stop_reading(self) -> None:
        if self.readers:
            self.readers.pop()[0].close()

    def write_anew(self) -> None:
        """As compaction does."""
        anew = self.live.with_name("anew.duckdb")
        with duckdb.connect(str(anew)) as connection:
            connection.execute(f"ATTACH '{self.live}' AS live (READ_ONLY)")
            connection.execute("CREATE TABLE text AS FROM live.text")
        anew.replace(self.live)

    def lose_the_copy(self) -> None:
        self.published.unlink(missing_ok=True)

    def lose_the_previous(self) -> None:
        self.previous.unlink(missing_ok=True)

    def damage_the_copy(self) -> None:
        """As a disk does."""
        with self.published.open("r+b") as file:
            file.seek(3 * 4096 + 1000)
            file.write(b"damage")


def digest(connection: duckdb.DuckDBPyConnection) -> str:
    query = "SELECT (count(*), sum(hash(n, body)))::VARCHAR FROM text"
    return str(connection.execute(query).fetchall()[0][0])


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_copy_is_the_live_file_and_readers_keep_theirs(
    place: Place, seed: int
) -> None:
    chance = random.Random(seed)
    happenings = [
        *[place.write, place.delete, place.publish] * 3,
        *[place.read, place.stop_reading] * 2,
        place.write_anew,
        place.lose_the_previous,
    ]
    for _ in range(30):
        chance.choice(happenings)()
    place.publish()
    while place.readers:
        place.stop_reading()


def test_what_somebody_damaged_or_removed_is_whole_in_all_later_editions(place: Place) -> None:
    for harm in (place.damage_the_copy, place.lose_the_copy):
        place.write()
        place.publish()
        harm()
        for _ in range(3):
            place.write(100)
            place.publish()


def test_an_edition_that_nobody_reads_is_used_again(place: Place) -> None:
    """Where the kernel can tell (Linux, a folder of its own), and the blocks cannot be shared."""
    place.write()
    place.publish()
    if not place.previous.exists():
        pytest.skip("this file system shares blocks")
    place.write(10)
    before = place.previous.stat().st_ino
    place.publish()
    if place.published.stat().st_ino != before:
        pytest.skip("this file system grants no leases")
    place.read()
    held = place.published.stat().st_ino
    for _ in range(2):
        place.write(10)
        place.publish()
    assert place.published.stat().st_ino != held, "it has a reader"


def _issue(folder: Path, at: int) -> None:
    """Publish, and be killed at that rename, link, removal or opening of a file."""
    left = iter(range(at))

    def count(event: str, _: object) -> None:
        if event in {"os.rename", "os.link", "os.remove", "open"} and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    Editions(folder / "published.duckdb", folder / "pipeline").issue(
        folder / "pipeline" / "live.duckdb"
    )


def test_a_process_killed_at_any_step_leaves_one_edition_or_the_other(
    place: Place, tmp_path: Path
) -> None:
    place.write()
    place.publish()
    place.write(500)
    former, later = place.published.read_bytes(), place.live.read_bytes()
    steps = 0
    while True:
        folder = tmp_path / f"step {steps}"
        shutil.copytree(tmp_path / "pipeline", folder / "pipeline")
        shutil.copy2(place.published, folder)
        process = _processes.Process(target=_issue, args=(folder, steps))
        process.start()
        process.join(LONGEST_SECONDS)
        process.kill()
        assert process.exitcode in {0, -signal.SIGKILL}
        assert (folder / "published.duckdb").read_bytes() in (former, later)
        editions = Editions(folder / "published.duckdb", folder / "pipeline")
        for _ in range(2):
            editions.issue(folder / "pipeline" / "live.duckdb")
            assert (folder / "published.duckdb").read_bytes() == later
        if process.exitcode == 0:
            break
        steps += 1
    assert steps > 5
