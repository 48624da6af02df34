"""The live file and the published copy: whole, or not there."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.children import child, ran
from warehouse.database import PUBLISHED, Warehouse, query
from warehouse.errors import QueryError, WarehouseBusy, WarehouseTooNew, WarehouseUnusable
from warehouse.storage import edition
from warehouse.storage.attaching import FORMAT, log_of
from warehouse.storage.lock import hold
from warehouse.storage.migrate import migrations


def tables(warehouse: Warehouse) -> set[str]:
    with warehouse.writing("test") as connection:
        rows = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    return {name for (name,) in rows}


def test_a_new_warehouse_has_every_migration_in_its_ledger(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        ledger = connection.execute(
            "SELECT number, name FROM store.schema_migration ORDER BY number"
        ).fetchall()
    assert ledger == [(m.number, m.name) for m in migrations()]
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_migration_that_breaks_off_leaves_nothing_behind(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.storage import migrate

    broken = (
        *migrations(),
        migrate.Migration(9999, "broken", "CREATE TABLE store.half (n INTEGER); SELEC"),
    )
    before = tables(warehouse)
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "migrations", lambda: broken)
        with pytest.raises(duckdb.ParserException), warehouse.writing("test"):
            pass
    assert tables(warehouse) == before


def test_a_newer_warehouse_is_refused(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.schema_migration VALUES (9999, 'future', now())")
    warehouse.publish()
    with pytest.raises(WarehouseTooNew, match="schema 9999"), warehouse.writing("test"):
        pass
    with pytest.raises(WarehouseTooNew, match="schema 9999"):
        warehouse.reading()


@pytest.mark.one_file
@pytest.mark.parametrize("older", ["v1.0.0", FORMAT])
def test_a_file_keeps_its_format(warehouse: Warehouse, older: str) -> None:
    """Until it is written anew."""
    warehouse.pipeline_folder.mkdir(parents=True, exist_ok=True)
    warehouse.live.unlink(missing_ok=True)
    duckdb.connect(str(warehouse.live), config={"storage_compatibility_version": older}).close()
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    with warehouse.reading() as connection:
        found = connection.execute("SELECT tags['storage_version'] FROM duckdb_databases()")
        assert (f"{older}+",) in found.fetchall()


@pytest.mark.one_file
def test_a_new_file_has_the_format_of_today(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    with warehouse.reading() as connection:
        found = connection.execute("SELECT tags['storage_version'] FROM duckdb_databases()")
        assert (f"{FORMAT}+",) in found.fetchall()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from warehouse.database import Warehouse
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
warehouse = Warehouse(Path(sys.argv[1]))
with warehouse.writing("test") as connection:
    connection.execute("INSERT INTO store.run (id) VALUES ('first')")
warehouse.publish()
"""
"""The kernel kills it at the first write that would make any file longer than the limit."""


@pytest.mark.one_file
@pytest.mark.parametrize("limit", [0, 4096, 8192, 12288, 50_000, 150_000, 300_000, 500_000])
def test_a_process_killed_at_any_write_leaves_what_can_be_opened(
    warehouse: Warehouse, limit: int
) -> None:
    program = [sys.executable, "-c", LIMITED, str(warehouse.folder), str(limit)]
    done = ran(program)
    assert done.returncode == -signal.SIGXFSZ
    with warehouse.writing("test") as connection:
        rows = connection.execute("SELECT id FROM runs").fetchall()
    assert rows in ([], [("first",)])
    warehouse.publish()
    with warehouse.reading() as reader:
        assert query(reader, "SELECT id FROM runs")[1] == rows


def test_an_error_rolls_the_whole_transaction_back(warehouse: Warehouse) -> None:
    with pytest.raises(ZeroDivisionError), warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.uncoded VALUES ('a', 'v', FALSE)")
        raise ZeroDivisionError
    with warehouse.writing("test") as connection:
        assert connection.execute("SELECT count(*) FROM store.uncoded").fetchone() == (0,)


@pytest.mark.one_file
def test_a_reader_keeps_its_copy_while_a_new_one_is_published(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    count = "SELECT count(*) FROM runs"
    with warehouse.reading() as reader:
        with warehouse.writing("test") as connection:
            connection.execute("INSERT INTO store.run (id) VALUES ('later')")
        warehouse.publish()
        assert query(reader, count)[1] == [(0,)]
    with warehouse.reading() as reader:
        assert query(reader, count)[1] == [(1,)]


@pytest.mark.one_file
def test_what_was_not_published_stays_due(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warehouse.unpublished, "there is no copy yet"
    with warehouse.writing("test"):
        pass
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(edition, "share", lambda source, target: sys.exit("cut off"))
        warehouse.publish()
    assert warehouse.unpublished
    warehouse.publish()
    with warehouse.writing("test", for_readers=False):
        pass
    assert not warehouse.unpublished
    with warehouse.writing("test"):
        pass
    assert warehouse.unpublished


@pytest.mark.one_file
def test_what_a_person_wrote_into_the_copy_does_not_spoil_the_next(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    meddler = duckdb.connect(str(warehouse.published))
    meddler.execute("CREATE TABLE scribbled AS SELECT 1")
    warehouse.publish()
    meddler.close()
    with warehouse.reading() as reader:
        assert "scribbled" not in {name for (name,) in query(reader, "SHOW TABLES")[1]}


@pytest.mark.one_file
def test_a_publish_cut_off_after_the_rename_leaves_no_foreign_log(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ('kept')")
    warehouse.publish()
    program = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('DELETE FROM store.run'); os._exit(0)"
    )
    assert ran([sys.executable, "-c", program, warehouse.published]).returncode == 0
    assert warehouse.published.with_name(f"{PUBLISHED}.wal").exists()
    with warehouse.writing("test"):
        pass
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(edition, "sync", lambda folder: sys.exit("cut off"))
        warehouse.publish()
    with warehouse.reading() as reader:
        assert query(reader, "SELECT id FROM runs")[1] == [("kept",)]


@pytest.mark.one_file
def test_the_published_copy_serves_under_any_name(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    moved = warehouse.published.rename(tmp_path / "other.duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{moved}' AS elsewhere (READ_ONLY)")
        views = connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE database_name = 'elsewhere'"
        ).fetchall()
        assert ("articles",) in views
        for (view,) in views:
            assert connection.execute(f"FROM elsewhere.{view}").fetchall() == []


@contextmanager
def holding(program: str) -> Iterator[int]:
    """A process that holds something, as it says itself; killed at the end. Gives its number."""
    with child([sys.executable, "-c", program], stdin=-1, stdout=-1) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid


@pytest.mark.one_file
def test_who_stands_in_the_way_is_named(warehouse: Warehouse) -> None:
    lock = warehouse.pipeline_folder / "writer.lock"
    program = (
        "import sys, time; from pathlib import Path; from warehouse.storage.lock import hold\n"
        f"with hold(Path({str(lock)!r}), wait_seconds=0, doing='long work'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with (
        holding(program) as process,
        pytest.raises(WarehouseBusy, match=rf"process {process} .*long work"),
        warehouse.writing("test", wait_seconds=0.2),
    ):
        pass
    with warehouse.writing("test", wait_seconds=0.2):  # a killed holder leaves no lock
        pass


@pytest.mark.one_file
def test_a_foreign_program_on_the_live_file_is_named_too(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    program = (
        f"import duckdb, sys; c = duckdb.connect({str(warehouse.live)!r})\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with (
        holding(program) as process,
        pytest.raises(WarehouseBusy, match=str(process)),
        warehouse.writing("test", wait_seconds=0.3),
    ):
        pass


def test_an_unusable_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with (
        pytest.raises(WarehouseUnusable, match="data_folder"),
        Warehouse(tmp_path / "file" / "data").writing("test"),
    ):
        pass


@pytest.mark.one_file
def test_a_damaged_file_says_so_and_is_left_as_it_is(warehouse: Warehouse) -> None:
    warehouse.pipeline_folder.mkdir(parents=True)
    warehouse.live.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WarehouseUnusable, match=r"warehouse\.duckdb"), warehouse.writing("test"):
        pass
    assert warehouse.live.read_bytes().startswith(b"this is no database")


def test_wrong_sql_says_what_can_be_asked(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    with warehouse.reading() as reader, pytest.raises(QueryError, match="SHOW TABLES"):
        query(reader, "SELECT * FROM nothing_like_that")


@pytest.mark.parametrize("sql", ["DELETE FROM store.run", "CREATE TABLE mine (i INTEGER)"])
def test_who_would_write_is_told_where(warehouse: Warehouse, sql: str) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    with warehouse.reading() as reader, pytest.raises(QueryError, match="database of your own"):
        query(reader, sql)


def test_a_time_zone_that_there_is_not_is_refused(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    with pytest.raises(QueryError, match=r"'Asia/Kowloon'.*Asia/Hong_Kong"):
        warehouse.reading(timezone="Asia/Kowloon")


def test_a_lock_is_free_again_after_its_block(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "lock", wait_seconds=0, doing="test"):
            pass


def test_a_damaged_file_is_not_waited_for(tmp_path: Path) -> None:
    """DuckDB speaks of a "block" then: that is no lock."""
    warehouse = Warehouse(tmp_path / "blocks")
    with warehouse.writing("test"):
        pass
    warehouse.live.write_bytes(b"block" * 5000)
    with pytest.raises(WarehouseUnusable, match="is damaged"), warehouse.writing("test"):
        pass
    warehouse.published.write_bytes(b"block" * 5000)
    with pytest.raises(WarehouseUnusable, match="noroshi maintain"):
        warehouse.reading()


def test_a_copy_that_somebody_writes_into_is_told(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "data")
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    script = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    command = [sys.executable, "-c", script, str(warehouse.published)]
    with child(command, stdin=-1, stdout=-1) as person:
        assert person.stdout is not None
        person.stdout.readline()
        with pytest.raises(WarehouseBusy, match=rf"process {person.pid} .*noroshi maintain"):
            warehouse.reading()
        warehouse.publish()
        warehouse.reading().close()  # whoever holds the former copy holds up nobody


@pytest.mark.parametrize("room", [2_000, 13_000, 40_000, 100_000, 300_000])
def test_a_full_disk_is_told_and_leaves_what_was(tmp_path: Path, room: int) -> None:
    """A limit of the size of files stands for the disk; Python lets such a write fail."""
    warehouse = Warehouse(tmp_path / "data")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(WarehouseUnusable, match="free space"):
            fill(warehouse)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    fill(warehouse)
    with warehouse.writing("test") as connection:
        assert connection.execute("SELECT count(*) FROM store.filler").fetchone() == (100_000,)


def fill(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("CREATE TABLE store.filler AS SELECT random() FROM range(100000)")


@pytest.mark.one_file
def test_a_lost_live_file_is_begun_again_from_the_published_copy(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ('kept')")
    warehouse.publish()
    warehouse.live.unlink()
    with warehouse.writing("test") as connection:
        assert connection.execute("SELECT id FROM store.run").fetchall() == [("kept",)]


@pytest.mark.one_file
def test_where_the_published_copy_is_lost_too_the_edition_before_it_is_what_is_left(
    warehouse: Warehouse,
) -> None:
    for name in ("first", "second", "third"):
        with warehouse.writing("test") as connection:
            connection.execute("INSERT INTO store.run (id) VALUES ($name)", {"name": name})
        warehouse.publish()
    if not (warehouse.pipeline_folder / "previous.duckdb").exists():
        pytest.skip("files share their blocks here, and no former edition is kept")
    warehouse.live.unlink()
    warehouse.published.unlink()
    with warehouse.writing("test") as connection:
        found = connection.execute("SELECT id FROM store.run ORDER BY id").fetchall()
    assert found == [("first",), ("second",)]


def written(warehouse: Warehouse, kilobytes: int) -> None:
    with warehouse.writing("test") as connection:
        connection.execute(
            "INSERT INTO store.article (id, text) "
            "SELECT range, repeat(md5(range::VARCHAR), 32) FROM range($rows)",
            {"rows": kilobytes},
        )


@pytest.mark.one_file
def test_what_is_written_stays_in_the_log_until_that_is_long(warehouse: Warehouse) -> None:
    written(warehouse, 1)
    warehouse.publish()
    published = warehouse.live.stat().st_size
    assert not log_of(warehouse.live).exists()
    for _ in range(3):
        written(warehouse, 100)
    assert log_of(warehouse.live).stat().st_size > 300 * 2**10
    assert warehouse.live.stat().st_size == published
    written(warehouse, 900)
    assert not log_of(warehouse.live).exists()
    assert warehouse.live.stat().st_size > published
    written(warehouse, 10)
    warehouse.publish()
    assert not log_of(warehouse.live).exists()
    with warehouse.reading() as reader:
        assert query(reader, "SELECT count(*) FROM articles")[1] == [(1211,)]


@pytest.mark.one_file
def test_what_was_taken_in_at_once_is_joined_and_compressed_when_it_is_published(
    warehouse: Warehouse,
) -> None:
    for _ in range(4):
        written(warehouse, 2000)
        assert not log_of(warehouse.live).exists()
    assert stored_as(warehouse) == (4, {"Uncompressed"})
    warehouse.publish()
    assert stored_as(warehouse) == (1, {"DICT_FSST"})
    assert tables(warehouse) >= {"article"} and "passing" not in tables(warehouse)


def stored_as(warehouse: Warehouse) -> tuple[int, set[str]]:
    """In how many parts the table of articles stands, and how their ids are compressed."""
    with duckdb.connect(str(warehouse.live), read_only=True) as connection:
        answer = connection.execute(
            "SELECT row_group_id, compression FROM pragma_storage_info('store.article') "
            "WHERE column_name = 'id' AND segment_type = 'VARCHAR'"
        ).fetchall()
    return len({part for part, _ in answer}), {compression for _, compression in answer}


@pytest.mark.one_file
def test_what_batches_left_apart_is_joined_when_it_is_published(warehouse: Warehouse) -> None:
    for _ in range(8):
        with warehouse.writing("test") as connection:
            connection.execute("INSERT INTO store.removed BY NAME SELECT uuid() AS article_id")
        warehouse.publish()
    with warehouse.reading() as connection:
        answer = connection.execute(
            "SELECT count(DISTINCT row_group_id), count(DISTINCT article_id) "
            "FROM pragma_storage_info('store.removed'), store.removed"
        )
        groups, rows = answer.fetchall()[0]
    assert rows == 8
    assert groups < 4
