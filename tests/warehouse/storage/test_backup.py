"""A backup is the warehouse, and comes back; what is no backup changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse, query
from warehouse.errors import WarehouseBusy, WarehouseError, WarehouseTooNew, WarehouseUnusable
from warehouse.storage import backup
from warehouse.storage.lock import hold

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def add(warehouse: Warehouse, *names: str) -> None:
    with warehouse.writing("test") as connection:
        batch = [an_article(f"https://example.org/{name}", text=name) for name in names]
        articles.store(connection, batch, NOW)


def texts(warehouse: Warehouse) -> set[str]:
    with warehouse.reading() as connection:
        return {str(text) for (text,) in query(connection, "SELECT text FROM articles")[1]}


@pytest.mark.one_file
def test_a_backup_holds_what_was_not_published_yet(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    warehouse.publish()
    add(warehouse, "two")
    with hold(warehouse.pipeline_folder / "cycle.lock", wait_seconds=0, doing="a cycle"):
        contents = backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert contents.rows["article"] == 2
    assert [file.name for file in tmp_path.glob("kept*")] == ["kept.duckdb"]
    with duckdb.connect(str(tmp_path / "kept.duckdb"), read_only=True) as connection:
        assert len(connection.execute("FROM articles").fetchall()) == 2


@pytest.mark.one_file
def test_a_backup_comes_back_and_the_former_is_kept(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    backup.backup(warehouse, tmp_path / "kept.duckdb")
    add(warehouse, "two")
    contents, former = backup.restore(warehouse, tmp_path / "kept.duckdb", NOW)
    assert contents.rows["article"] == 1
    assert texts(warehouse) == {"one"}
    assert former is not None
    with duckdb.connect(str(former), read_only=True) as connection:
        assert len(connection.execute("FROM articles").fetchall()) == 2
    add(warehouse, "three")
    warehouse.publish()
    assert texts(warehouse) == {"one", "three"}


@pytest.mark.one_file
def test_a_backup_makes_a_new_machine(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    backup.backup(warehouse, tmp_path / "kept.duckdb")
    other = Warehouse(tmp_path / "other")
    assert backup.restore(other, tmp_path / "kept.duckdb", NOW)[1] is None
    assert texts(other) == {"one"}


def damaged(file: Path) -> None:
    whole = file.read_bytes()
    place = whole.index(b"text text text")
    file.write_bytes(whole[:place] + b"TEXT" + whole[place + 4 :])


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100_000])


def foreign(file: Path) -> None:
    file.unlink()
    duckdb.connect(str(file)).close()


def newer(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("INSERT INTO store.schema_migration VALUES (9999, 'later', now())")


@pytest.mark.one_file
@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (damaged, WarehouseUnusable),
        (cut_short, WarehouseUnusable),
        (foreign, WarehouseUnusable),
        (newer, WarehouseTooNew),
        (Path.unlink, WarehouseUnusable),
    ],
)
def test_what_is_no_backup_changes_nothing(
    warehouse: Warehouse, tmp_path: Path, harm: object, error: type[WarehouseError]
) -> None:
    add(warehouse, *(f"{number} " + "text " * 999 for number in range(60)))
    backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert callable(harm)
    harm(tmp_path / "kept.duckdb")
    before = warehouse.live.read_bytes()
    with pytest.raises(error, match=r"kept\.duckdb"):
        backup.restore(warehouse, tmp_path / "kept.duckdb", NOW)
    assert warehouse.live.read_bytes() == before


@pytest.mark.one_file
def test_nothing_is_restored_under_a_cycle(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    backup.backup(warehouse, tmp_path / "kept.duckdb")
    with (
        hold(warehouse.pipeline_folder / "cycle.lock", wait_seconds=0, doing="a cycle"),
        pytest.raises(WarehouseBusy, match="a cycle"),
    ):
        backup.restore(warehouse, tmp_path / "kept.duckdb", NOW)


@pytest.mark.one_file
def test_a_backup_overwrites_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    (tmp_path / "kept.duckdb").write_text("mine")
    with pytest.raises(WarehouseUnusable, match="exists"):
        backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert (tmp_path / "kept.duckdb").read_text() == "mine"
