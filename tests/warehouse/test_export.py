"""Exports hold what the views hold, as other programs read it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.conftest import made
from tests.warehouse.samples import an_article
from warehouse import articles
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.export import Kind, export
from warehouse.views import views

MONTHS = {"2025-10": 3, "2025-11": 5}
COLUMNS = "SELECT id, url, title, text, lang, published_at::TIMESTAMPTZ"
AWKWARD = 'a "quoted", line\nwith 中文, a tab\tand \u2028'


@pytest.fixture(scope="module")
def filled(
    kept_in: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Warehouse:
    warehouse = made(kept_in, tmp_path_factory.mktemp("exports"), request)
    some = [
        an_article(
            f"https://example.org/{month}/{number}",
            text=f"{AWKWARD} {month} {number}",
            published_at=datetime.fromisoformat(f"{month}-15T12:00:00+00:00"),
        )
        for month, count in MONTHS.items()
        for number in range(count)
    ]
    with warehouse.writing("test") as connection:
        articles.store(connection, some, datetime(2025, 11, 24, tzinfo=UTC))
    warehouse.publish()
    return warehouse


def read(kind: Kind, target: Path, view: str) -> str:
    if kind is Kind.DUCKDB:
        return f"FROM exported.{view}"
    if kind is Kind.PARQUET and view == "articles":
        return f"FROM read_parquet('{target}/articles/*/*.parquet', hive_partitioning = false)"
    reader = {Kind.PARQUET: "read_parquet", Kind.CSV: "read_csv", Kind.JSONL: "read_json"}[kind]
    return f"FROM {reader}('{target}/{view}.{kind}')"


@pytest.mark.parametrize("form", Kind)
def test_what_was_written_is_what_the_views_hold(
    filled: Warehouse, tmp_path: Path, form: Kind
) -> None:
    target = tmp_path / "out"
    with filled.reading() as connection:
        written = dict(export(connection, target, form))
        assert list(written) == list(views(connection))
        expected = connection.execute(f"{COLUMNS} FROM articles ORDER BY id").fetchall()
    assert written["articles"] == sum(MONTHS.values())
    with duckdb.connect() as other:
        other.execute("SET TimeZone = 'UTC'")
        if form is Kind.DUCKDB:
            other.execute(f"ATTACH '{target}' AS exported (READ_ONLY)")
        rows = f"{COLUMNS} {read(form, target, 'articles')} ORDER BY id"
        assert other.execute(rows).fetchall() == expected
    assert list(tmp_path.iterdir()) == [target]


def test_parquet_is_cut_by_month(filled: Warehouse, tmp_path: Path) -> None:
    with filled.reading() as connection:
        list(export(connection, tmp_path / "out", Kind.PARQUET))
    pattern = str(tmp_path / "out" / "articles" / "*" / "*.parquet")
    counted = duckdb.read_parquet(pattern, hive_partitioning=True).aggregate("month, count(*)")
    assert dict(counted.fetchall()) == MONTHS


@pytest.mark.parametrize("form", Kind)
def test_only_what_is_recent(filled: Warehouse, tmp_path: Path, form: Kind) -> None:
    with filled.reading() as connection:
        written = dict(export(connection, tmp_path / "out", form, date(2025, 11, 1)))
    assert written["articles"] == MONTHS["2025-11"]
    assert written["article_versions"] == sum(MONTHS.values()), "these were read later"


def test_a_column_is_explained_as_in_the_view(filled: Warehouse, tmp_path: Path) -> None:
    with filled.reading() as connection:
        list(export(connection, tmp_path / "out.duckdb", Kind.DUCKDB))
        explained = comments(connection)
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as other:
        assert comments(other) == explained


def comments(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal "
        "AND schema_name = 'main' AND comment IS NOT NULL ORDER BY ALL"
    ).fetchall()


def test_an_export_that_breaks_off_leaves_nothing(filled: Warehouse, tmp_path: Path) -> None:
    with filled.reading() as connection:
        writing = export(connection, tmp_path / "out", Kind.CSV)
        next(writing)
        writing.close()
        assert list(tmp_path.iterdir()) == []
        (tmp_path / "out").mkdir()
        with pytest.raises(WarehouseUnusable, match="exists"):
            next(export(connection, tmp_path / "out", Kind.CSV))
