"""What goes for a lake alone, and the first of what `make lake` asks of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import warehouse as warehouse_room
from alerts.telling.deciding.outbox import deliveries_for
from extractors.source import Source
from tests.buckets import Store
from tests.children import child
from tests.postgres import PASSWORD, Postgres
from tests.warehouse.conftest import NOW
from tests.warehouse.samples import a_notice, an_article
from warehouse.collecting import articles, sources
from warehouse.collecting import runs as runs_room
from warehouse.collecting.runs import Origin
from warehouse.database import Connection, Warehouse, query
from warehouse.errors import NoPast, WarehouseBusy, WarehouseUnusable
from warehouse.storage import backup, lake_upkeep
from warehouse.storage.ducklake import LakeMissing
from warehouse.storage.migrate import migrations
from warehouse.storage.place import place
from warehouse.storage.s3 import S3
from warehouse.telling import channels, claiming, outbox
from warehouse.telling.outbox import Announcement

RUNS = "SELECT id FROM runs ORDER BY id"


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.lake)])
def lake(postgres: Postgres, tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    store: Store | None = request.getfixturevalue("store") if request.param == "s3" else None
    return postgres.lake(tmp_path / "data", store)


def add(lake: Warehouse, id: str) -> None:
    with lake.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ($id)", {"id": id})


def files(lake: Warehouse, table: str = "article") -> list[str]:
    """Those of a table, whether or not the lake knows them."""
    assert lake.place is not None
    with lake.reading() as connection:
        found = query(connection, f"FROM glob('{lake.place.data}store/{table}/*.parquet')")[1]
    return [str(file) for (file,) in found]


def runs(lake: Warehouse, as_of: datetime | None = None) -> list[str]:
    with lake.reading(as_of=as_of) as connection:
        return [id for (id,) in connection.execute(RUNS).fetchall()]


def test_a_lake_is_made_by_who_writes_first(postgres: Postgres, tmp_path: Path) -> None:
    new = Warehouse(tmp_path, postgres.nowhere(tmp_path / "lake"))
    assert not new.ready
    with pytest.raises(LakeMissing, match="noroshi run"):
        new.reading()
    add(new, "first")
    assert new.ready
    assert not new.unpublished
    with new.reading() as connection:
        ledger = query(connection, "SELECT number FROM store.schema_migration ORDER BY number")[1]
        views = query(connection, "SHOW TABLES")[1]
        for (view,) in views:
            query(connection, f"FROM {view}")
    assert ledger == [(migration.number,) for migration in migrations()]
    assert ("articles",) in views


def test_columns_are_explained_as_in_a_file(lake: Warehouse, tmp_path: Path) -> None:
    one_file = Warehouse(tmp_path / "file")
    with one_file.writing("test"):
        pass
    one_file.publish()
    asked = (
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE comment IS NOT NULL AND NOT internal ORDER BY ALL"
    )
    with lake.reading() as connection, one_file.reading() as other:
        assert query(connection, asked) == query(other, asked)


def test_a_batch_that_is_stored_twice_is_there_once(lake: Warehouse) -> None:
    batch = [an_article(f"https://example.org/{number}") for number in range(2)]
    for expected in (2, 0):
        with lake.writing("test") as connection:
            assert articles.store(connection, batch, NOW).new == expected
    with lake.reading() as connection:
        assert query(connection, "SELECT count(*) FROM articles")[1] == [(2,)]


def test_the_past_can_be_asked_for(lake: Warehouse) -> None:
    before = datetime.now(UTC)
    add(lake, "one")
    between = datetime.now(UTC)
    add(lake, "two")
    assert runs(lake, before) == []
    assert runs(lake, between) == ["one"]
    assert runs(lake) == ["one", "two"]
    with pytest.raises(NoPast, match="nothing as of"):
        runs(lake, before - timedelta(days=400))


def test_a_file_has_no_past(tmp_path: Path) -> None:
    with pytest.raises(NoPast, match="keeps no past"):
        Warehouse(tmp_path).reading(as_of=NOW)


def test_nobody_writes_who_opened_it_to_read(lake: Warehouse) -> None:
    add(lake, "kept")
    with lake.reading() as connection, pytest.raises(Exception, match="read-only"):
        connection.execute("DELETE FROM store.run")
    assert runs(lake) == ["kept"]


def test_who_writes_is_named_and_waited_for(lake: Warehouse) -> None:
    with lake.writing("long work") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ('first')")
        with (
            pytest.raises(WarehouseBusy, match=rf"process {os.getpid()} on .*\(long work\)"),
            lake.writing("test", wait_seconds=0.2),
        ):
            pass
        assert runs(lake) == [], "what is not committed is not seen"
        waiting = threading.Thread(target=add, args=(lake, "second"))
        waiting.start()
    waiting.join(60)
    assert runs(lake) == ["first", "second"]


def test_who_writes_nothing_waits_for_nobody(lake: Warehouse) -> None:
    add(lake, "kept")
    with lake.writing("long work") as connection, lake.seeing("look", wait_seconds=0) as other:
        connection.execute("INSERT INTO store.run (id) VALUES ('half')")
        assert query(other, RUNS)[1] == [("kept",)]
        connection.execute("INSERT INTO store.run (id) VALUES ('more')")
    with lake.seeing("look", wait_seconds=0) as connection:
        assert len(query(connection, RUNS)[1]) == 3


def test_who_looks_first_makes_the_lake(postgres: Postgres, tmp_path: Path) -> None:
    new = Warehouse(tmp_path, postgres.nowhere(tmp_path / "lake"))
    with new.seeing("look") as connection:
        assert query(connection, RUNS)[1] == []
    assert new.ready


KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.database import Warehouse
from warehouse.telling.outbox import Announcement
from warehouse.storage.place import place
lake = Warehouse(Path("."), place(sys.argv[1], sys.argv[2], os.environ))
with lake.writing("half") as connection:
    connection.execute("INSERT INTO store.run (id) SELECT 'half ' || i FROM range(5000) AS t(i)")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_writer_leaves_no_lock_and_nothing_half(
    lake: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lake.place is not None
    command = [sys.executable, "-c", KILLED, str(lake.place), lake.place.data]
    environment = {**os.environ, **dict(lake.place.secrets), **located(lake.place.s3)}
    with child(command, stdin=-1, stdout=-1, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"held\n"
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
        add(lake, "next")
    assert runs(lake) == ["next"]
    monkeypatch.setattr(lake_upkeep, "ORPHAN_DAYS", 0)
    left = files(lake, "run")
    lake.upkeep.compact()
    assert left != []
    assert not {*left} & {*files(lake, "run")}, "what it wrote is no row's, and goes"
    assert runs(lake) == ["next"]


def located(s3: S3) -> dict[str, str]:
    """The place of a store as the environment says it."""
    named = {"AWS_ENDPOINT_URL": s3.endpoint, "AWS_REGION": s3.region}
    return {name: value for name, value in named.items() if value}


def test_who_lost_the_turn_writes_nothing(lake: Warehouse, postgres: Postgres) -> None:
    """The connection that held the turn is cut, and another writes before the first commits: to
    another table, so that nothing of theirs is in conflict but the order."""
    with pytest.raises(WarehouseBusy, match="at the same time"), lake.writing("slow") as slow:
        slow.execute("INSERT INTO store.mute (key) VALUES ('slow')")
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name"
        assert postgres.ask(f"{cut} LIKE 'noroshi:%(slow)'") == "1"
        add(lake, "quick")
    with lake.reading() as connection:
        assert query(connection, "SELECT key FROM mutes")[1] == []
    assert runs(lake) == ["quick"]


@pytest.fixture
def stopped(lake: Warehouse, postgres: Postgres) -> Iterator[Warehouse]:
    postgres.stop()
    yield lake
    postgres.start()


def test_an_unreachable_catalogue_is_told(stopped: Warehouse) -> None:
    for ask in (stopped.reading, lambda: stopped.ready, lambda: add(stopped, "lost")):
        with pytest.raises(WarehouseUnusable, match="PostgreSQL") as told:
            ask()
        assert PASSWORD not in str(told.value)


def test_it_is_used_again_once_the_catalogue_is_back(lake: Warehouse, postgres: Postgres) -> None:
    add(lake, "before")
    postgres.stop()
    postgres.start()
    add(lake, "after")
    assert runs(lake) == ["after", "before"]


def test_it_is_used_again_after_its_connections_were_cut(
    lake: Warehouse, postgres: Postgres
) -> None:
    add(lake, "before")
    others = "FROM pg_stat_activity WHERE datname LIKE 'lake%' AND pid != pg_backend_pid()"
    assert int(postgres.ask(f"SELECT count(pg_terminate_backend(pid)) {others}")) > 1
    add(lake, "after")
    assert runs(lake) == ["after", "before"]


def test_a_wrong_password_or_folder_is_told_without_it(lake: Warehouse, tmp_path: Path) -> None:
    assert lake.place is not None
    known = dict(lake.place.secrets) | {"PGPASSWORD": "not-that-one"}
    wrong = replace(lake.place, secrets=tuple(known.items()))
    with pytest.raises(WarehouseUnusable, match="password authentication failed") as told:
        Warehouse(tmp_path, wrong).reading()
    assert "not-that-one" not in str(told.value)
    elsewhere = replace(lake.place, data=f"{tmp_path}/elsewhere/")
    with pytest.raises(WarehouseUnusable, match="its files are in"):
        add(Warehouse(tmp_path, elsewhere), "x")


def test_a_folder_that_is_not_mounted_is_told(lake: Warehouse) -> None:
    assert lake.place is not None
    with lake.writing("test") as connection:
        articles.store(connection, [an_article(f"https://example.org/{n}") for n in range(20)], NOW)
    if (folder := lake.place.local) is None:
        return
    folder.rename(folder.with_name("unmounted"))
    with pytest.raises(WarehouseUnusable, match="mount that folder"):
        add(lake, "lost")
    folder.mkdir()  # the mount point
    with pytest.raises(WarehouseUnusable, match="mount that folder"):
        add(lake, "lost")
    assert list(folder.iterdir()) == []


ANALYST = """
CREATE ROLE analyst LOGIN PASSWORD 'only-looks';
GRANT CONNECT ON DATABASE {0} TO analyst;
GRANT USAGE ON SCHEMA public TO analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO analyst;
ALTER DEFAULT PRIVILEGES FOR ROLE noroshi IN SCHEMA public GRANT SELECT ON TABLES TO analyst;
"""
"""As deploy/lake.md has it."""


def test_who_may_only_read_reads(lake: Warehouse, postgres: Postgres) -> None:
    """What was there before the role was made, and what came after; and writes nothing."""
    assert lake.place is not None
    add(lake, "before")
    database = lake.place.catalogue.split()[0].removeprefix("dbname=")
    postgres.ask(ANALYST.format(database), database)
    try:
        with lake.writing("test") as connection:
            articles.store(
                connection, [an_article(f"https://example.org/{n}") for n in range(20)], NOW
            )
        known = dict(lake.place.secrets) | {"PGPASSWORD": "only-looks"}
        told = lake.place.catalogue.replace("user=noroshi", "user=analyst")
        theirs = replace(lake.place, catalogue=told, secrets=tuple(known.items()))
        analyst = Warehouse(lake.folder, theirs)
        assert runs(analyst) == ["before"]
        with analyst.reading() as connection:
            assert query(connection, "SELECT count(*) FROM articles")[1] == [(20,)]
        with pytest.raises(WarehouseUnusable, match="permission denied"):
            add(analyst, "never")
        assert runs(lake) == ["before"]
    finally:
        postgres.ask("DROP OWNED BY analyst; DROP ROLE analyst", database)


def test_no_secret_of_a_place_is_shown() -> None:
    known = {"PGPASSWORD": "pw-one", "AWS_SECRET_ACCESS_KEY": "key-two", "HOME": "/home/x"}
    found = place("ducklake:postgres:dbname=n host=h", "s3://bucket/lake", known)
    assert "pw-one" not in f"{found!r} {found}"
    assert "key-two" not in f"{found!r} {found}"
    assert found.masked("error: password=pw-one key-two") == "error: password=*** ***"
    assert found.data == "s3://bucket/lake/"
    assert found.local is None
    assert found.secret("HOME") is None


def test_programs_open_a_lake_by_its_setting(
    lake: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(lake, "one")
    between = datetime.now(UTC)
    add(lake, "two")
    assert lake.place is not None
    for name, value in {**dict(lake.place.secrets), **located(lake.place.s3)}.items():
        monkeypatch.setenv(name, value)
    with warehouse_room.open(str(lake.place), timezone="Asia/Tokyo") as connection:
        assert query(connection, "SELECT count(*), current_setting('TimeZone') FROM runs")[1] == [
            (2, "Asia/Tokyo")
        ]
    with warehouse_room.open(str(lake.place), as_of=between) as connection:
        assert query(connection, RUNS)[1] == [("one",)]


def test_machines_share_what_is_configured(lake: Warehouse) -> None:
    one, other = (Source(id, f"https://{id}.example.org/feed", id) for id in ("one", "other"))
    off_one, off_other = (replace(source, enabled=False) for source in (one, other))
    for machine, configured in {"a": [one, off_other], "b": [off_one, other]}.items():
        with lake.writing("test") as connection:
            sources.configure(connection, configured, machine)
    with lake.writing("test") as connection:
        sources.configure(connection, [one, off_other], "a")
        assert on(connection) == [("one", True), ("other", True)]
    with lake.writing("test") as connection:
        sources.configure(connection, [off_one, off_other], "b")
        assert on(connection) == [("one", True), ("other", False)]


def on(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT id, enabled FROM store.source ORDER BY id").fetchall()


def test_a_message_is_claimed_by_one_machine(lake: Warehouse) -> None:
    with lake.writing("test") as connection:
        deliveries = deliveries_for("alert", ["desk"], NOW)
        outbox.post(connection, [Announcement(a_notice(), "article", deliveries)], NOW)
    claimed = []
    for _ in range(3):
        with lake.writing("test") as connection:
            claimed.append(len(claiming.claim(connection, NOW)))
    assert claimed == [1, 0, 0]


def test_what_other_machines_serve_is_known_by_their_last_runs(lake: Warehouse) -> None:
    with lake.writing("test") as connection:
        for day, machine, on in (
            (1, "a", ["desk"]),
            (2, "b", ["desk", "phone"]),
            (3, "b", ["desk", "pager"]),
            (0, "c", ["fax"]),
            (3, None, ["file"]),
        ):
            at = NOW + timedelta(days=day)
            runs_room.start(connection, f"{machine} {day}", "watch", at, Origin(machine, on))
        known = {
            machine: channels.elsewhere(connection, machine, NOW) for machine in ("a", "b", None)
        }
    assert known == {"a": {"desk", "pager"}, "b": {"desk"}, None: set()}


def test_a_backup_of_a_lake_is_a_file_and_comes_back(lake: Warehouse, tmp_path: Path) -> None:
    with lake.writing("test") as connection:
        articles.store(connection, [an_article()], NOW)
    contents = backup.backup(lake, tmp_path / "kept.duckdb")
    assert contents.rows["article"] == 1
    with warehouse_room.open(tmp_path / "kept.duckdb") as connection:
        kept = query(connection, "SELECT id, title, first_seen_at FROM articles")
    with lake.writing("test") as connection:
        articles.store(connection, [an_article("https://example.org/2")], NOW)
        connection.execute("INSERT INTO store.run (id) VALUES ('later')")
    before = datetime.now(UTC)
    backup.restore(lake, tmp_path / "kept.duckdb", NOW)
    with lake.reading() as connection:
        assert query(connection, "SELECT id, title, first_seen_at FROM articles") == kept
    assert (runs(lake), runs(lake, before)) == ([], ["later"])
    assert lake.upkeep.check() == contents


def test_upkeep_makes_few_files_of_many_and_keeps_the_rows(lake: Warehouse) -> None:
    assert lake.place is not None
    for batch in range(3):
        with lake.writing("test") as connection:
            made = [an_article(f"https://example.org/{batch}/{n}") for n in range(20)]
            articles.store(connection, made, NOW)
    before = lake.upkeep.check()
    many, size = len(files(lake)), lake.kind.size_bytes
    saved = lake.upkeep.compact()
    assert lake.upkeep.check() == before
    assert saved is not None
    assert size != lake.kind.size_bytes == size - saved > 0
    with lake.reading() as connection:
        listed = query(
            connection, "FROM ducklake_list_files('noroshi', 'article', schema => 'store')"
        )
    assert (many, len(listed[1])) == (3, 1)
