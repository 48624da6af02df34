"""What is done to a warehouse, each to be killed anywhere, and what it may leave.

The law: a killed operation leaves every row that was committed, a published copy that opens, and
nothing in the way of doing it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from alerts.reading.words.fold import folding
from flows.configuration.settings import load as settings
from flows.maintain import maintain as keep_up
from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.database import Connection, Warehouse
from warehouse.looking import export
from warehouse.storage import backup, upkeep
from warehouse.storage.migrate import migrations
from warehouse.storage.place import Place as Lake

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)
BATCH = 9
"""Articles of one transaction."""
BATCHES = 6

Contents = frozenset[tuple[str, str, int]]
"""Table, id and hash of what may not be lost."""
KEPT = {
    "article": "version_id, url, title, text",
    "event": "title",
    "alert": "event_id",
    "delivery": "state",
    "run": "kind",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with settings, a warehouse, and what is made of it."""

    folder: Path
    lake: Lake | None = None

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.folder / "data", self.lake)

    @property
    def kept(self) -> Path:
        """A backup that holds less than the warehouse."""
        return self.folder / "kept.duckdb"

    @property
    def copy(self) -> Path:
        """Where a backup goes."""
        return self.folder / "copy.duckdb"

    @property
    def exported(self) -> Path:
        """Where an export goes."""
        return self.folder / "exported"


def begin(folder: Path, articles: int) -> Place:
    """A warehouse of that many articles, of which two thirds are published and one third was
    backed up; a quarter of its file is free, so that it is worth writing anew."""
    place = Place(folder)
    folder.mkdir()
    (folder / "noroshi.toml").write_text("[sources]\nshipped = false\n", encoding="utf-8")
    for part, then in enumerate((partial(_back_up, place), place.warehouse.publish, None)):
        with place.warehouse.writing("fill") as connection:
            _fill(connection, part * articles // 3, (part + 1) * articles // 3)
        if then:
            then()
    with place.warehouse.writing("leave room") as connection:
        connection.execute("DELETE FROM store.fetch")
    return place


def begin_lake(folder: Path, lake: Lake, articles: int) -> Place:
    """A lake of that many articles, which has files to join and rows to take away."""
    place = Place(folder, lake)
    folder.mkdir(exist_ok=True)
    settings = f'warehouse = "{lake}"\nlake.data = "{lake.data}"\n[sources]\nshipped = false\n'
    (folder / "noroshi.toml").write_text(settings, encoding="utf-8")
    secrets = "".join(f"{name}={value}\n" for name, value in lake.secrets)
    (folder / ".env").write_text(secrets, encoding="utf-8")
    (folder / ".env").chmod(0o600)
    for part in range(2):
        with place.warehouse.writing("fill") as connection:
            _fill(connection, part * articles // 2, (part + 1) * articles // 2)
    with place.warehouse.writing("leave room") as connection:
        connection.execute("DELETE FROM store.fetch")
    return place


def _back_up(place: Place) -> None:
    backup.backup(place.warehouse, place.kept)


def begin_old(folder: Path, articles: int) -> Place:
    """A warehouse that the first noroshi wrote."""
    place = Place(folder)
    place.warehouse.pipeline_folder.mkdir(parents=True)
    with duckdb.connect(str(place.warehouse.live)) as connection:
        connection.execute("CREATE SCHEMA store")
        connection.execute(
            "CREATE TABLE store.schema_migration "
            "(number INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)"
        )
        for one in migrations()[:2]:
            connection.execute(one.sql)
            connection.execute(
                "INSERT INTO store.schema_migration VALUES ($number, $name, now())",
                {"number": one.number, "name": one.name},
            )
        _fill(connection, 0, articles)
    return place


def _fill(connection: Connection, first: int, last: int) -> None:
    """Articles of some 5 kB that no compression makes small, and as much of what may go."""
    connection.execute(
        """
        INSERT INTO store.article BY NAME
        SELECT 'a' || n AS id, 'v' || n AS version_id, 1 AS version_no,
               'https://example.org/' || n AS url, 'title ' || n AS title,
               repeat(md5(n::VARCHAR), 2) || (
                   SELECT string_agg(md5((n * 1000 + m)::VARCHAR), ' ') FROM range(150) AS r(m)
               ) AS text,
               'en' AS language, 'news' AS origin, 'test' AS source_id,
               $now::TIMESTAMPTZ - n * INTERVAL 1 HOUR AS published_at,
               $now::TIMESTAMPTZ AS first_seen_at, $now::TIMESTAMPTZ AS fetched_at,
               FALSE AS retry_page, 1 AS page_attempts
        FROM range($first, $last) AS numbers(n)
        """,
        {"now": NOW, "first": first, "last": last},
    )
    for table, columns in (
        ("event", "'e' || n AS id, 'title' AS title"),
        ("alert", "'l' || n AS id, 'e' || n AS event_id"),
        ("delivery", "'d' || n AS id, 'sent' AS state"),
        ("run", "'r' || n AS id, 'watch' AS kind, now() AS started_at"),
        ("fetch", "repeat(md5(n::VARCHAR), 120) AS url, now() AS fetched_at"),
    ):
        connection.execute(
            f"INSERT INTO store.{table} BY NAME "  # noqa: S608 (our own words)
            f"SELECT {columns} FROM range({first}, {last}) AS numbers(n)"
        )
    with contextlib.suppress(duckdb.BinderException):  # an old schema knows neither
        connection.execute("UPDATE store.article SET folding = $name", {"name": folding()})
        connection.execute(
            "INSERT INTO store.fingerprint (article_id) SELECT id FROM store.article "
            "ANTI JOIN store.fingerprint ON article_id = id"
        )


def load(place: Place) -> Iterator[int]:
    """Store batch after batch; each number when its transaction is committed."""
    for number in range(BATCHES):
        with place.warehouse.writing("load") as connection:
            articles.store(connection, [_new(number, n) for n in range(BATCH)], NOW)
        yield number


def _new(number: int, n: int) -> Any:
    return an_article(f"https://example.org/new/{number}/{n}", text=f"text {number} {n}. " * 50)


def publish(place: Place) -> Iterator[int]:
    """Publish what the copy lacks."""
    place.warehouse.publish()
    yield 0


def migrate(place: Place) -> Iterator[int]:
    """Open an old warehouse: all later migrations, and publish."""
    with place.warehouse.writing("migrate"):
        pass
    place.warehouse.publish()
    yield 0


def maintain(place: Place) -> Iterator[int]:
    """The nightly upkeep, which finds the file worth writing anew."""
    asyncio.run(keep_up(settings(place.folder / "noroshi.toml")))
    yield 0


def back_up(place: Place) -> Iterator[int]:
    """Back up, unless a former attempt came to its end."""
    if not place.copy.exists():
        backup.backup(place.warehouse, place.copy)
    yield 0


def restore(place: Place) -> Iterator[int]:
    """Put the older backup in the warehouse's place."""
    backup.restore(place.warehouse, place.kept, NOW)
    yield 0


def export_all(place: Place) -> Iterator[int]:
    """Export, unless a former attempt came to its end."""
    if not place.exported.exists():
        with place.warehouse.reading() as connection:
            for _ in export.export(connection, place.exported, export.Kind.PARQUET):
                pass
    yield 0


OPERATIONS: dict[str, Callable[[Place], Iterator[int]]] = {
    "load": load,
    "publish": publish,
    "migrate": migrate,
    "maintain": maintain,
    "backup": back_up,
    "restore": restore,
    "export": export_all,
}


def contents(connection: Connection) -> Contents:
    """What a warehouse of any schema holds that may not be lost."""
    return frozenset(
        (table, *row)
        for table, columns in KEPT.items()
        for row in connection.execute(
            f"SELECT id, hash({columns}) FROM store.{table}"  # noqa: S608 (our own words)
        ).fetchall()
    )


def held(file: Path) -> Contents:
    """The same of a file that nobody writes."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return contents(connection)


def live(place: Place) -> Contents:
    """The same of the live file, as the next start finds it."""
    with place.warehouse.writing("look", for_readers=False) as connection:
        return contents(connection)


def expect(name: str, place: Place, before: Contents, done: list[int]) -> None:
    """The next start is clean; nothing that was committed is lost; it can be done again."""
    kept = held(place.kept) if place.kept.exists() else before
    if place.warehouse.published.exists():
        found = held(place.warehouse.published)
        assert kept <= found <= before, "the former copy, the new one or the backup"
    _expect_live(name, live(place), before, kept, done)
    assert place.warehouse.upkeep.check().rows["article"] > 0
    for _ in OPERATIONS[name](place):
        pass
    _expect_made(name, place, before, kept)
    place.warehouse.publish()
    assert held(place.warehouse.published) == live(place)
    upkeep.sweep(place.warehouse)
    left = {file.name for file in place.warehouse.pipeline_folder.iterdir()}
    left = {file for file in left if not file.startswith("former-")}
    assert left <= {"warehouse.duckdb", "writer.lock", "cycle.lock"}, left


def expect_lake(name: str, place: Place, before: Contents, done: list[int]) -> None:
    """The same of a lake: whole at the next start and after the next attempt, no row twice."""
    _expect_live(name, live(place), before, before, done)
    for _ in OPERATIONS[name](place):
        pass
    found = live(place)
    _expect_live(name, found, before, before, list(range(BATCHES)))
    with place.warehouse.reading() as connection:
        for table in KEPT:
            rows, apart = connection.execute(
                f"SELECT count(*), count(DISTINCT id) FROM store.{table}"  # noqa: S608 (our words)
            ).fetchall()[0]
            assert rows == apart == len([one for one in found if one[0] == table]), table
    assert place.warehouse.upkeep.check().rows["article"] > 0


def _expect_live(
    name: str, found: Contents, before: Contents, kept: Contents, done: list[int]
) -> None:
    if name == "restore":
        assert found in {before, kept}
        return
    assert found >= before, "what was committed is there"
    if name == "load":
        _expect_batches(found - before, done)
    else:
        assert found == before, "and nothing else"


def _expect_batches(new_rows: Contents, done: list[int]) -> None:
    new = {id_ for _, id_, _ in new_rows}
    batches = [{_new(number, n).id for n in range(BATCH)} for number in range(BATCHES)]
    there = [number for number, ids in enumerate(batches) if ids & new]
    assert all(batches[number] <= new for number in there), "batches are whole"
    assert there[: len(done)] == done, "and none that was acknowledged is missing"
    assert len(there) <= len(done) + 1


def _expect_made(name: str, place: Place, before: Contents, kept: Contents) -> None:
    if name == "backup":
        assert held(place.copy) == before
        assert list(place.folder.glob("copy*")) == [place.copy]
    if name == "restore":
        assert live(place) == kept
    if name == "export":
        pattern = str(place.exported / "articles" / "*" / "*.parquet")
        found = duckdb.read_parquet(pattern).aggregate("count(*)").fetchall()
        with place.warehouse.reading() as connection:
            assert found == connection.execute("SELECT count(*) FROM articles").fetchall()
        assert not place.exported.with_name("exported.part").exists()


@contextlib.contextmanager
def watched(published: Path) -> Iterator[None]:
    """Open the published copy again and again: it always opens where it was there before."""
    done, seen = threading.Event(), list[duckdb.Error]()

    def look() -> None:
        while not done.wait(0.03):
            try:
                with duckdb.connect(str(published), read_only=True) as connection:
                    connection.execute("SELECT count(*) FROM articles").fetchone()
            except duckdb.Error as error:
                seen.append(error)

    thread = threading.Thread(target=look)
    if published.exists():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.ident:
            thread.join()
    assert not seen


def another(begun: Place, folder: Path) -> Place:
    """A place of its own with the same beginning."""
    return Place(Path(shutil.copytree(begun.folder, folder)))
