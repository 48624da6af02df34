"""Upkeep takes what is past its time, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.warehouse.samples import an_article
from warehouse import articles
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.inspect import inspect
from warehouse.retention import Retention
from warehouse.rows import insert
from warehouse.upkeep import Cleared, check, clear, compact, sweep

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def days_ago(number: int) -> datetime:
    return NOW - timedelta(days=number)


def fill(connection: Connection) -> None:
    insert(connection, "store.fetch", [{"url": "u", "fetched_at": days_ago(n)} for n in (1, 31)])
    insert(connection, "store.run", [{"id": str(n), "started_at": days_ago(n)} for n in (1, 401)])
    for text in ("first", "second"):
        article = an_article(text=text, fetched_at=days_ago(100))
        articles.store(connection, [article], days_ago(100))
    for table in ("coding", "coded_event", "match", "event_article", "uncoded"):
        insert(connection, f"store.{table}", [{"article_id": "nobody"}])
        insert(connection, f"store.{table}", [{"article_id": article.id}])


@pytest.mark.parametrize(
    ("retention", "cleared"),
    [
        (Retention(), Cleared(requests=1, runs=1, versions=0, orphans=6)),
        (Retention(requests=0, runs=0), Cleared(orphans=6)),
        (
            Retention(requests=40, runs=500, versions=99),
            Cleared(requests=0, runs=0, versions=1, orphans=6),
        ),
    ],
)
def test_what_is_past_its_time_goes(
    warehouse: Warehouse, retention: Retention, cleared: Cleared
) -> None:
    with warehouse.writing("test") as connection:
        fill(connection)
        assert clear(connection, NOW, retention) == cleared
        assert clear(connection, NOW, retention) == Cleared()
        assert connection.execute("SELECT count(*) FROM store.article").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM store.uncoded").fetchone() == (1,)


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
    before = check(warehouse)
    saved = compact(warehouse)
    assert saved > 1_000_000
    assert check(warehouse) == before
    assert compact(warehouse) == 0, "nothing is free now"
    with warehouse.writing("test") as connection:
        assert explained(connection) == comments


def explained(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() ORDER BY ALL"
    ).fetchall()


def test_half_written_files_go_and_others_stay(warehouse: Warehouse) -> None:
    with warehouse.writing("test"):
        pass
    (warehouse.pipeline_folder / "publishing.duckdb").write_bytes(b"half" * 100)
    (warehouse.pipeline_folder / "former-20251124T120000.duckdb").write_bytes(b"kept")
    assert sweep(warehouse) == 400
    assert (warehouse.pipeline_folder / "former-20251124T120000.duckdb").exists()
    assert inspect(warehouse.live).rows["article"] == 0


def test_a_damaged_block_is_found(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        made = [an_article(f"https://example.org/{n}", text="text " * 999) for n in range(60)]
        articles.store(connection, made, NOW)
    whole = warehouse.live.read_bytes()
    place = whole.index(b"text text text")
    warehouse.live.write_bytes(whole[:place] + b"TEXT" + whole[place + 4 :])
    with pytest.raises(WarehouseUnusable, match="damaged"):
        check(warehouse)
