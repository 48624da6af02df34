"""Upkeep takes what is past its time, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.samples import an_article, commit_and_die
from warehouse.collecting import articles
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.storage import live_upkeep
from warehouse.storage.attaching import FORMAT, log_of
from warehouse.storage.inspect import Contents, Report, inspect
from warehouse.storage.retention import Retention
from warehouse.storage.rows import insert
from warehouse.storage.upkeep import Cleared, clear, sweep

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def days_ago(number: int) -> datetime:
    return NOW - timedelta(days=number)


def fill(connection: Connection) -> None:
    insert(connection, "store.fetch", [{"url": "u", "fetched_at": days_ago(n)} for n in (1, 31)])
    insert(connection, "store.run", [{"id": str(n), "started_at": days_ago(n)} for n in (1, 401)])
    for text in ("first", "second"):
        article = an_article(text=text, fetched_at=days_ago(100))
        articles.store(connection, [article], days_ago(100))
    for table in HANGING:
        insert(connection, f"store.{table}", [{"article_id": "nobody"}])
        insert(connection, f"store.{table}", [{"article_id": article.id}])
    insert(connection, "store.former_version", [{"id": "nobody", "fetched_at": NOW}])


def hanging(connection: Connection) -> set[str]:
    """The tables that are about articles by their id, but for the tombstones and what was told."""
    answer = connection.execute(
        "SELECT table_name FROM duckdb_columns() "
        "WHERE schema_name = 'store' AND column_name = 'article_id'"
    )
    return {str(row[0]) for row in answer.fetchall()} - {"removed", "alert"}


HANGING = (
    "article_page",
    "revisit",
    "fingerprint",
    "appearance",
    "coding",
    "coded_event",
    "match",
    "event_article",
    "uncoded",
)


@pytest.mark.parametrize(
    ("retention", "cleared"),
    [
        (Retention(), Cleared(requests=1, runs=1, versions=0, orphans=11)),
        (Retention(requests=0, runs=0), Cleared(orphans=11)),
        (
            Retention(requests=40, runs=500, versions=99),
            Cleared(requests=0, runs=0, versions=1, orphans=11),
        ),
    ],
)
def test_what_is_past_its_time_goes(
    warehouse: Warehouse, retention: Retention, cleared: Cleared
) -> None:
    with warehouse.writing("test") as connection:
        fill(connection)
        assert hanging(connection) == set(HANGING)
        assert clear(connection, NOW, retention) == cleared
        assert clear(connection, NOW, retention) == Cleared()
        assert connection.execute("SELECT count(*) FROM store.article").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM store.uncoded").fetchone() == (1,)


def test_of_a_machine_that_has_gone_for_good_nothing_is_told_again(warehouse: Warehouse) -> None:
    told = [("cycle", "cycle"), ("cycle", "gone"), ("cycle", "there"), ("disk", "gone")]
    with warehouse.writing("test") as connection:
        insert(connection, "store.run", [{"id": "r", "machine": "there", "started_at": NOW}])
        insert(connection, "store.silence", [{"kind": kind, "key": key} for kind, key in told])
        assert clear(connection, NOW, Retention()).orphans == 2
        left = connection.execute("SELECT kind, key FROM store.silence ORDER BY ALL").fetchall()
    assert left == [("cycle", "cycle"), ("cycle", "there")]


@pytest.mark.one_file
def test_a_file_shrinks_and_holds_the_same(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        connection.execute(
            "INSERT INTO store.fetch BY NAME SELECT (random() * 1e9)::VARCHAR || repeat('x', 99) "
            "AS url, now() AS fetched_at FROM range(60_000)"
        )
        articles.store(connection, [an_article()], NOW)
        comments = explained(connection)
    with warehouse.writing("test") as connection:
        connection.execute("DELETE FROM store.fetch WHERE url > '1'")
    with warehouse.writing("test"):
        pass
    before = warehouse.upkeep.check()
    saved = warehouse.upkeep.compact()
    assert saved
    assert saved > 500_000
    assert warehouse.upkeep.check() == before
    assert warehouse.upkeep.compact() == 0, "nothing is free now"
    assert format_of(warehouse.live).startswith(FORMAT)
    with warehouse.writing("test") as connection:
        assert explained(connection) == comments


def format_of(file: Path) -> str:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS looked_at (READ_ONLY)")
        answer = connection.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() "
            "WHERE database_name = 'looked_at'"
        )
        return str(answer.fetchall()[0][0])


def grown(warehouse: Warehouse) -> None:
    """A warehouse of which half is free."""
    with warehouse.writing("test") as connection:
        connection.execute(
            "INSERT INTO store.fetch BY NAME SELECT (random() * 1e9)::VARCHAR || repeat('x', 99) "
            "AS url, now() AS fetched_at FROM range(60_000)"
        )
    with warehouse.writing("test") as connection:
        connection.execute("DELETE FROM store.fetch WHERE url > '1'")


def write(warehouse: Warehouse, name: str) -> None:
    """As a cycle does, which does not wait."""
    with warehouse.writing("a cycle", wait_seconds=0) as connection:
        insert(connection, "store.run", [{"id": name}])


def runs(warehouse: Warehouse) -> set[str]:
    with warehouse.writing("look") as connection:
        return {id for (id,) in connection.execute("SELECT id FROM store.run").fetchall()}


@pytest.mark.one_file
def test_writers_go_on_while_the_file_is_read(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(warehouse)

    def slow(file: Path, report: Report) -> Contents:
        write(warehouse, "meanwhile")
        return inspect(file, report)

    monkeypatch.setattr(live_upkeep, "inspect", slow)
    assert warehouse.upkeep.check().rows["run"] == 0, "as it was when it was copied"
    assert runs(warehouse) == {"meanwhile"}


@pytest.mark.one_file
@pytest.mark.parametrize(("busy", "made"), [(1, True), (live_upkeep.ATTEMPTS, False)])
def test_writers_go_on_while_the_file_is_written_anew(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, busy: int, made: bool
) -> None:
    grown(warehouse)
    rewrite, wrote = live_upkeep._rewrite, list[str]()

    def slow(former: Path, draft: Path, report: Report) -> None:
        rewrite(former, draft, report)
        if len(wrote) < busy:
            wrote.append(f"meanwhile {len(wrote)}")
            write(warehouse, wrote[-1])

    monkeypatch.setattr(live_upkeep, "_rewrite", slow)
    saved = warehouse.upkeep.compact()
    assert (saved is not None) is made
    assert runs(warehouse) == set(wrote)
    left = {file.name for file in warehouse.pipeline_folder.iterdir()}
    assert left - {log_of(warehouse.live).name} == {
        "unpublished",
        "warehouse.duckdb",
        "writer.lock",
    }


@pytest.mark.one_file
def test_what_a_killed_process_committed_is_read_published_and_made_small(
    warehouse: Warehouse,
) -> None:
    grown(warehouse)
    for do in (warehouse.publish, warehouse.upkeep.check, warehouse.upkeep.compact):
        before = warehouse.upkeep.check().rows["run"]
        commit_and_die(warehouse)
        assert log_of(warehouse.live).exists()
        do()
        assert warehouse.upkeep.check().rows["run"] == before + 1
        warehouse.publish()
        assert not log_of(warehouse.live).exists()
        assert inspect(warehouse.published).rows["run"] == before + 1


def explained(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() ORDER BY ALL"
    ).fetchall()


@pytest.mark.one_file
def test_half_written_files_go_and_others_stay(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    (warehouse.pipeline_folder / "publishing.duckdb").write_bytes(b"half" * 100)
    (warehouse.pipeline_folder / "former-20251124T120000.duckdb").write_bytes(b"kept")
    assert sweep(warehouse) == 400
    assert (warehouse.pipeline_folder / "former-20251124T120000.duckdb").exists()
    assert inspect(warehouse.live).rows["article"] == 0


@pytest.mark.one_file
def test_a_damaged_block_is_found(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        made = [an_article(f"https://example.org/{n}", text="text " * 999) for n in range(60)]
        articles.store(connection, made, NOW)
    warehouse.publish()
    whole = warehouse.live.read_bytes()
    place = whole.index(b"text text text")
    warehouse.live.write_bytes(whole[:place] + b"TEXT" + whole[place + 4 :])
    with pytest.raises(WarehouseUnusable, match="damaged"):
        warehouse.upkeep.check()
