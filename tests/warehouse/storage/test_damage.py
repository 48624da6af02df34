"""Damage is named with the file that has it and the way back, whoever comes upon it; and the way
back works."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.samples import an_article, blank
from warehouse.collecting import articles
from warehouse.database import Warehouse, queries
from warehouse.errors import WarehouseDamaged, WarehouseTooNew
from warehouse.looking.export import Kind, export
from warehouse.storage import live_upkeep
from warehouse.storage.attaching import log_of
from warehouse.storage.backup import backup, restore
from warehouse.storage.block import BLOCK, HEADERS
from warehouse.storage.inspect import inspect
from warehouse.storage.live import read
from warehouse.storage.session import damage_seen

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)
TEXT = b"text text text"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with articles in several blocks."""
    warehouse = blank(tmp_path_factory.mktemp("whole") / "data")
    with warehouse.writing("test") as connection:
        made = [an_article(f"https://example.org/{n}", text="text " * 999) for n in range(60)]
        articles.store(connection, made, NOW)
    warehouse.publish()
    return warehouse.live.read_bytes()


@pytest.fixture
def kept(whole: bytes, tmp_path: Path) -> Warehouse:
    """A warehouse with that file, published."""
    warehouse = Warehouse(tmp_path / "data")
    warehouse.pipeline_folder.mkdir(parents=True)
    warehouse.live.write_bytes(whole)
    warehouse.published.write_bytes(whole)
    return warehouse


def at(place: int) -> Callable[[bytes], bytes]:
    return lambda file: (
        file[:place] + bytes(byte ^ 0xFF for byte in file[place:][:99]) + file[place + 99 :]
    )


def in_a_block(file: bytes) -> bytes:
    return at(file.index(TEXT))(file)


UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "its beginning": at(0),
    "both headers": lambda file: at(4096)(at(8192)(file)),
    "cut short": lambda file: file[:100_000],  # in its first block
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE)
def test_a_live_file_that_cannot_be_opened(
    kept: Warehouse, damage: Callable[[bytes], bytes]
) -> None:
    kept.live.write_bytes(damage(kept.live.read_bytes()))
    with pytest.raises(WarehouseDamaged, match=rf"noroshi restore {kept.published}") as told:
        kept.upkeep.check()
    assert told.value.where == kept.live
    with pytest.raises(WarehouseDamaged), kept.writing("test"):
        pass
    it_comes_back(kept)


def test_a_log_that_cannot_be_read(kept: Warehouse) -> None:
    with kept.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) SELECT range FROM range(500)")
    log = log_of(kept.live)
    log.write_bytes(at(log.stat().st_size // 2)(log.read_bytes()))
    with pytest.raises(WarehouseDamaged, match="noroshi restore"), kept.writing("test"):
        pass
    it_comes_back(kept)


def test_a_block_that_only_upkeep_reads(kept: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_upkeep, "WORTH_COMPACTING", 0)
    kept.live.write_bytes(in_a_block(kept.live.read_bytes()))
    with kept.writing("test"):
        pass
    for upkeep in (kept.upkeep.check, kept.upkeep.compact):
        with pytest.raises(WarehouseDamaged, match="noroshi restore") as told:
            upkeep()
        assert told.value.where == kept.live
    it_comes_back(kept)


@pytest.mark.parametrize("published", range(3))
def test_a_damaged_block_that_no_cycle_reads_is_not_published(
    kept: Warehouse, published: int
) -> None:
    """However the next edition is made: of the one before the last, or anew."""
    for number in range(published):
        record(kept, str(number))
        kept.publish()
    record(kept, "last")
    kept.upkeep.compact()  # takes the log in
    before = kept.published.read_bytes()
    kept.live.write_bytes(in_a_block(kept.live.read_bytes()))
    for _ in range(3):
        with pytest.raises(WarehouseDamaged, match="noroshi restore") as told:
            kept.publish()
        assert told.value.where == kept.live
        assert kept.published.read_bytes() == before
        assert kept.unpublished
    it_comes_back(kept)


def record(warehouse: Warehouse, run: str) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ($run)", {"run": run})


def test_a_block_that_is_free_may_hold_anything(kept: Warehouse) -> None:
    """A killed process leaves some that it was writing."""
    texts = "SELECT md5(random()::VARCHAR) FROM range(60_000)"
    for statement in (
        f"INSERT INTO store.fetch (url) {texts}",
        f"INSERT INTO store.run (id) {texts}",
        "DELETE FROM store.fetch",
    ):
        with kept.writing("test") as connection:
            connection.execute(statement)
        kept.publish()
    whole = kept.upkeep.check()
    place = free_block(kept.live)
    kept.live.write_bytes(at(place)(kept.live.read_bytes()))
    kept.publish()
    assert kept.published.read_bytes() == kept.live.read_bytes()
    assert kept.upkeep.check() == whole


def free_block(file: Path) -> int:
    """The middle of one that can be anything."""
    whole = file.read_bytes()
    for place in range(HEADERS + BLOCK // 2, len(whole), BLOCK):
        file.write_bytes(at(place)(whole))
        with contextlib.suppress(WarehouseDamaged):
            inspect(file)
            file.write_bytes(whole)
            return place
    raise AssertionError("none is free")


def it_comes_back(kept: Warehouse) -> None:
    contents, former = restore(kept, kept.published, NOW)
    assert former is not None
    assert contents.rows["article"] == 60
    assert kept.upkeep.check().rows["article"] == 60


def test_a_damaged_copy_is_not_put_in_the_place_of_anything(kept: Warehouse) -> None:
    kept.published.write_bytes(in_a_block(kept.published.read_bytes()))
    before = kept.live.read_bytes()
    with pytest.raises(WarehouseDamaged, match="name another file"):
        restore(kept, kept.published, NOW)
    assert kept.live.read_bytes() == before


def test_a_damaged_copy_is_made_anew(kept: Warehouse, tmp_path: Path) -> None:
    kept.published.write_bytes(in_a_block(kept.published.read_bytes()))
    assert backup(kept, tmp_path / "beside.duckdb").rows["article"] == 60
    with kept.reading() as connection:
        with pytest.raises(WarehouseDamaged, match="noroshi maintain"):
            queries(connection, "SELECT text FROM articles")
        with pytest.raises(WarehouseDamaged, match="noroshi maintain"):
            list(export(connection, tmp_path / "exported", Kind.PARQUET))
        with pytest.raises(duckdb.IOException) as met:
            connection.execute("SELECT text FROM articles").fetchall()
    assert "noroshi maintain" in str(damage_seen(met.value))
    kept.publish()
    assert backup(kept, tmp_path / "kept.duckdb").rows["article"] == 60


def test_what_is_no_damage_is_not_told_as_such(kept: Warehouse) -> None:
    with kept.reading() as connection, pytest.raises(duckdb.CatalogException) as met:
        connection.execute("FROM nothing")
    assert damage_seen(met.value) is None
    assert damage_seen(ValueError("Corrupt database file")) is None


def test_a_backup_of_a_newer_warehouse_names_it(kept: Warehouse, tmp_path: Path) -> None:
    for file in (kept.published, kept.live):
        with duckdb.connect(str(file)) as connection:
            connection.execute("INSERT INTO store.schema_migration VALUES (9999, 'later', now())")
    for file in (kept.live, kept.published):
        with pytest.raises(WarehouseTooNew, match=rf"{file}: it has schema 9999"):
            backup(kept, tmp_path / "kept.duckdb")
        kept.live.unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["nowhere", "settings.toml"])
def test_nobody_is_told_to_remove_what_is_no_copy(tmp_path: Path, name: str) -> None:
    (tmp_path / "settings.toml").write_text("contact = 1\n" * 999)
    with pytest.raises(Exception, match="name a") as told:
        read(tmp_path / name)
    assert "maintain" not in str(told.value)
