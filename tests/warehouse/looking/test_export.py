"""Exports hold what the views hold, as other programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from alerts.reading.coding import Direction, Severity
from tests.warehouse.conftest import made
from tests.warehouse.newsdesk import Newsdesk, Report, newsdesk
from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.database import Connection, Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.looking.export import CUT, WHOLE, Kind, export
from warehouse.looking.views import views
from warehouse.storage.rows import insert

README = (Path(__file__).parents[3] / "warehouse" / "README.md").read_text(encoding="utf-8")
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


@pytest.mark.parametrize(
    ("zone", "october", "november"),
    [("UTC", "abcf", "de"), ("Asia/Tokyo", "abf", "cde"), ("America/New_York", "abcdf", "e")],
)
def test_months_are_those_of_the_zone(
    tmp_path: Path, zone: str, october: str, november: str
) -> None:
    """By the day of publication, else by when an article was first seen."""
    days = {
        "a": "2025-10-01T12:00:00",
        "b": "2025-10-31T14:59:59.999999",
        "c": "2025-10-31T15:00:00",
        "d": "2025-11-01T00:00:00",
        "e": "2025-11-30T12:00:00",
        "f": None,
    }
    some = [
        an_article(
            f"https://example.org/{name}",
            title=name,
            published_at=datetime.fromisoformat(f"{day}+00:00") if day else None,
        )
        for name, day in days.items()
    ]
    warehouse = Warehouse(tmp_path)
    with warehouse.writing("test") as connection:
        articles.store(connection, some, datetime(2025, 10, 7, tzinfo=UTC))
    warehouse.publish()
    with warehouse.reading(timezone=zone) as connection:
        written = dict(export(connection, tmp_path / "out", Kind.PARQUET))
    found = duckdb.read_parquet(f"{tmp_path}/out/articles/*/*.parquet", hive_partitioning=True)
    titles = found.aggregate("month, string_agg(title, '' ORDER BY title)")
    assert dict(titles.fetchall()) == {"2025-10": october, "2025-11": november}
    assert written["articles"] == len(days)


@pytest.mark.parametrize("form", Kind)
def test_only_what_is_recent(filled: Warehouse, tmp_path: Path, form: Kind) -> None:
    with filled.reading() as connection:
        written = dict(export(connection, tmp_path / "out", form, date(2025, 11, 1)))
    assert written["articles"] == MONTHS["2025-11"]
    assert written["article_versions"] == MONTHS["2025-11"]


def test_views_and_columns_are_explained_as_in_the_warehouse(
    filled: Warehouse, tmp_path: Path
) -> None:
    with filled.reading() as connection:
        list(export(connection, tmp_path / "out.duckdb", Kind.DUCKDB))
        explained = comments(connection, "duckdb_views() WHERE NOT internal", "view_name")
        columns = comments(connection, COLUMNS_OF, "table_name || '.' || column_name")
    assert explained
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as other:
        assert comments(other, "duckdb_tables() WHERE NOT internal", "table_name") == explained
        assert comments(other, COLUMNS_OF, "table_name || '.' || column_name") == columns


COLUMNS_OF = "duckdb_columns() WHERE NOT internal AND schema_name = 'main'"


def comments(connection: Connection, of: str, name: str) -> dict[str, str]:
    explained = f"SELECT {name}, comment FROM {of} AND comment IS NOT NULL"  # noqa: S608
    answer = connection.execute(explained)
    return {str(one): str(comment) for one, comment in answer.fetchall()}


def test_an_export_that_breaks_off_leaves_nothing(filled: Warehouse, tmp_path: Path) -> None:
    with filled.reading() as connection:
        writing = export(connection, tmp_path / "out", Kind.CSV)
        next(writing)
        writing.close()
        assert list(tmp_path.iterdir()) == []
        (tmp_path / "out").mkdir()
        with pytest.raises(WarehouseUnusable, match="exists"):
            next(export(connection, tmp_path / "out", Kind.CSV))


def test_of_each_view_it_is_known_what_a_day_cuts(filled: Warehouse) -> None:
    readme = README[README.index("## Exports") : README.index("## A lake")]
    with filled.reading() as connection:
        assert set(views(connection)) == {*CUT, *WHOLE}
        for view in views(connection):
            [line] = [line for line in readme.splitlines() if f"`{view}`" in line]
            assert line.endswith("whole |") is (view in WHOLE)


def test_nothing_in_an_export_since_a_day_refers_to_what_it_lacks(tmp_path: Path) -> None:
    with newsdesk() as desk:
        for days, level in enumerate(["amber", "red", "black"]):
            desk.wait(days=days)
            desk.report(Report(level=level), Report(direction=Direction.EASING))
            desk.report(Report(level=level, severity=Severity.CRITICAL))
            desk.deliver()
            _write_down(desk)
        desk.connection.execute(BESIDE)
        whole = dict(export(desk.connection, tmp_path / "whole.duckdb", Kind.DUCKDB))
        day = desk.now.date()
        cut = dict(export(desk.connection, tmp_path / "cut.duckdb", Kind.DUCKDB, day))
    for file in ("whole", "cut"):
        with duckdb.connect(str(tmp_path / f"{file}.duckdb"), read_only=True) as exported:
            assert list(dangling(exported)) == []
    assert {view for view in CUT if not 0 < cut[view] < whole[view]} <= SAME
    assert all(cut[view] == whole[view] for view in WHOLE)


SAME = {"new_events", "removed_articles", "seed_documents"}
"""Views with nothing in them here."""


def _write_down(desk: Newsdesk) -> None:
    """A cycle with a request, and a bulletin."""
    id = f"{desk.now} {desk.count}"
    insert(desk.connection, "store.run", [{"id": id, "started_at": desk.now}])
    insert(desk.connection, "store.fetch", [{"run_id": id, "fetched_at": desk.now}])
    insert(desk.connection, "store.bulletin", [{"id": id, "created_at": desk.now}])
    told = {"id": id, "bulletin_id": id, "state": "sent", "created_at": desk.now}
    insert(desk.connection, "store.delivery", [told])


BESIDE = """
INSERT INTO store.coded_event BY NAME
SELECT id AS article_id, version_id, 'transport' AS category, 'reported' AS status, 'HK' AS actor,
       'JP' AS target, 'easing' AS direction
FROM store.article;
INSERT INTO store.article_page BY NAME SELECT id AS article_id, 1 AS part, url FROM store.article;
"""

POINTERS = {
    "article_id": "articles",
    "event_id": "events",
    "alert_id": "alerts",
    "bulletin_id": "bulletins",
    "run_id": "runs",
}
"""Columns that hold the id of a row of a view."""


def dangling(exported: Connection) -> Iterator[str]:
    """Columns that hold ids of rows that are not there."""
    answer = exported.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    )
    for view, column in answer.fetchall():
        # What was removed is gone: that is what the view says.
        target = POINTERS.get(column) if view != "removed_articles" else None
        target = WORDED.get(view) if column == "id" else target
        missing = f"FROM {view} ANTI JOIN {target} AS there ON there.id = {view}.{column}"
        if target and exported.execute(f"{missing} WHERE {view}.{column} IS NOT NULL").fetchall():
            yield f"{view}.{column}"


WORDED = {"new_events": "events", "event_lag": "events", "seed_documents": "articles"}
"""Views whose rows are those of another one, in other words."""
