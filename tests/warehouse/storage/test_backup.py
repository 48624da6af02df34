"""A backup is the warehouse, and comes back; what is no backup changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pytest

from tests.children import child, ran
from tests.warehouse.samples import an_article, commit_and_die
from warehouse.collecting import articles
from warehouse.database import Warehouse, query
from warehouse.errors import WarehouseBusy, WarehouseError, WarehouseTooNew, WarehouseUnusable
from warehouse.storage import backup, moment
from warehouse.storage.attaching import log_of
from warehouse.storage.inspect import Contents, inspect
from warehouse.storage.lock import hold

ROOT = Path(__file__).parents[3]
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
@pytest.mark.parametrize("published", [True, False])
def test_a_backup_holds_what_is_in_the_log_and_writes_nothing_beside_the_live_file(
    warehouse: Warehouse, tmp_path: Path, published: bool
) -> None:
    add(warehouse, "one")
    if published:
        warehouse.publish()
    commit_and_die(warehouse)
    before = files(warehouse)
    assert log_of(warehouse.live) in before
    contents = backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert (contents.rows["article"], contents.rows["run"]) == (1, 1)
    assert files(warehouse) == before
    assert [file.name for file in tmp_path.glob("kept*")] == ["kept.duckdb"]


def files(warehouse: Warehouse) -> dict[Path, bytes]:
    """All of a data folder but its locks."""
    found = (file for file in warehouse.folder.rglob("*") if file.is_file())
    return {file: file.read_bytes() for file in found if file.suffix != ".lock"}


@pytest.mark.one_file
def test_a_cycle_goes_on_while_most_is_copied(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(warehouse, "one")
    warehouse.publish()
    begin = moment._begun

    def slow(*given: Any) -> bool:
        with warehouse.writing("a cycle", wait_seconds=0) as connection:
            articles.store(connection, [an_article("https://example.org/two")], NOW)
        warehouse.publish(wait_seconds=0)
        return begin(*given)

    monkeypatch.setattr(moment, "_begun", slow)
    assert backup.backup(warehouse, tmp_path / "kept.duckdb").rows["article"] == 2


@pytest.mark.one_file
def test_a_program_that_writes_into_the_live_file_is_named(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(warehouse, "one")
    monkeypatch.setattr(moment, "WAIT_SECONDS", 0)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with child([sys.executable, "-c", script, warehouse.live], stdin=-1, stdout=-1) as person:
        assert person.stdout is not None
        person.stdout.readline()
        with pytest.raises(WarehouseBusy, match=rf"process {person.pid} has it open") as told:
            backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert told.value.where == warehouse.live
    assert not list(tmp_path.glob("kept*"))
    assert backup.backup(warehouse, tmp_path / "kept.duckdb").rows["article"] == 1


ON_A_FULL_DISK = """
set -e
mount -t tmpfs -o size=24m tmpfs "$1"
cp -r "$2" "$1/data"
dd if=/dev/zero of="$1/filler" bs=4096 2> /dev/null || test "$(stat -f -c %f "$1")" = 0
cd "$1"
"$3" -c "$4" data "$5" || ended=$?
test "$(ls -A)" = "data
filler"
exit ${ended:-0}
"""
"""In a file system of its own: the warehouse where not a byte is free."""
BACK_UP = """
import sys
from pathlib import Path
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError
from warehouse.storage.backup import backup
try:
    print(backup(Warehouse(Path(sys.argv[1])), Path(sys.argv[2])).rows)
except WarehouseError as error:
    sys.exit(str(error))
"""


WHERE_NOTHING_CAN_BE_WRITTEN = """
mount --bind "$1" "$1" || exit 99
mount -o remount,bind,ro "$1" || exit 99
"$2" -c "$3" "$1" "$4"
"""
"""As the kernel leaves a file system in which it has found faults."""


@pytest.mark.one_file
def test_a_backup_of_what_cannot_be_written(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    commit_and_die(warehouse)
    kept = tmp_path / "kept.duckdb"
    script = ["sh", "-c", WHERE_NOTHING_CAN_BE_WRITTEN, "sh", warehouse.folder]
    ended = alone([*script, sys.executable, BACK_UP, kept])
    assert ended.returncode == 0, ended.stderr
    rows = inspect(kept).rows
    assert (rows["article"], rows["run"]) == (1, 1)


def alone(script: Sequence[object]) -> CompletedProcess[str]:
    """What a script does where what it mounts is there for it alone."""
    own = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or ran([*own, "true"]).returncode:
        pytest.skip("no process of this user may have a file system of its own (unshare)")
    return ran([*own, *script], text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def on_a_full_disk(folder: Path, home: Path, kept: str) -> CompletedProcess[str]:
    """A backup of the warehouse in `home` to `kept`, where the data folder's disk is full."""
    (small := folder / "small").mkdir()
    script = ["sh", "-c", ON_A_FULL_DISK, "sh", small, home, sys.executable, BACK_UP, kept]
    return alone(script)


@pytest.mark.one_file
@pytest.mark.parametrize("published", [True, False])
def test_a_backup_to_another_disk_where_that_of_the_data_folder_is_full(
    warehouse: Warehouse, tmp_path: Path, published: bool
) -> None:
    add(warehouse, "one")
    if published:
        warehouse.publish()
    commit_and_die(warehouse)
    ended = on_a_full_disk(tmp_path, warehouse.folder, str(tmp_path / "kept.duckdb"))
    assert ended.returncode == 0, ended.stderr
    rows = inspect(tmp_path / "kept.duckdb").rows
    assert (rows["article"], rows["run"]) == (1, 1)


@pytest.mark.one_file
def test_a_backup_to_a_full_disk_is_told_and_leaves_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    add(warehouse, "one")
    ended = on_a_full_disk(tmp_path, warehouse.folder, "kept.duckdb")
    assert ended.returncode == 1
    assert "free some disk space, or name another place" in ended.stderr


@pytest.mark.one_file
def test_a_backup_where_the_live_file_is_gone_is_what_is_published(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    add(warehouse, "one")
    warehouse.publish()
    warehouse.live.unlink()
    assert backup.backup(warehouse, tmp_path / "kept.duckdb").rows["article"] == 1
    assert not warehouse.live.exists()


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
    before = kept(warehouse)
    with pytest.raises(error, match=r"kept\.duckdb"):
        backup.restore(warehouse, tmp_path / "kept.duckdb", NOW)
    assert kept(warehouse) == before


def kept(warehouse: Warehouse) -> tuple[list[bytes], Contents]:
    return [file.read_bytes() for file in warehouse.kind.own_files], warehouse.upkeep.check()


def test_nothing_is_restored_under_a_cycle(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    backup.backup(warehouse, tmp_path / "kept.duckdb")
    with (
        hold(warehouse.pipeline_folder / "cycle.lock", wait_seconds=0, doing="a cycle"),
        pytest.raises(WarehouseBusy, match="a cycle"),
    ):
        backup.restore(warehouse, tmp_path / "kept.duckdb", NOW)


def test_a_backup_overwrites_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    add(warehouse, "one")
    (tmp_path / "kept.duckdb").write_text("mine")
    with pytest.raises(WarehouseUnusable, match="exists"):
        backup.backup(warehouse, tmp_path / "kept.duckdb")
    assert (tmp_path / "kept.duckdb").read_text() == "mine"
