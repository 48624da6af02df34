"""The views that people query are documented, and the documentation runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import warehouse as warehouse_room
from warehouse.database import Warehouse, query
from warehouse.errors import QueryError

README = (Path(__file__).parents[3] / "warehouse" / "README.md").read_text(encoding="utf-8")
FIRST = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", FIRST + README, re.DOTALL)
EXAMPLES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
PROMISED = {
    "articles": ["id", "url", "title", "text", "lang", "origin", "source", "published_at"],
    "deliveries": ["channel", "state"],
    "events": ["id", "category", "direction", "severity", "actor", "target", "level"],
    "alerts": ["id", "event_id", "rule", "headline"],
    "runs": ["id", "started_at", "ended_at", "outcome"],
}


@pytest.fixture
def published(warehouse: Warehouse) -> Warehouse:
    with warehouse.writing("test"):
        pass
    warehouse.publish()
    return warehouse


def test_every_view_is_commented_and_in_the_readme(published: Warehouse) -> None:
    with published.reading() as connection:
        views = query(
            connection,
            "SELECT view_name, comment FROM duckdb_views() "
            "WHERE NOT internal AND database_name = current_database()",
        )[1]
    assert views
    for name, comment in views:
        assert comment, name
        assert f"`{name}`" in README, name


def test_every_column_of_every_view_is_commented(published: Warehouse) -> None:
    with published.reading() as connection:
        silent = query(
            connection,
            """
            SELECT table_name || '.' || column_name
            FROM duckdb_columns()
            SEMI JOIN duckdb_views() ON view_name = table_name AND NOT duckdb_views.internal
            WHERE NOT duckdb_columns.internal
            GROUP BY ALL
            HAVING count(*) FILTER (trim(comment) != '') = 0
            """,
        )[1]
    assert silent == []


def test_every_view_has_an_example(published: Warehouse) -> None:
    with published.reading() as connection:
        views = query(connection, "SELECT view_name FROM duckdb_views() WHERE NOT internal")[1]
    asked = {name for sql in EXAMPLES for name in re.findall(r"(?:FROM|JOIN) (\w+)", sql)}
    assert {name for (name,) in views} - asked == set()


def test_the_promised_columns_stand(published: Warehouse) -> None:
    with published.reading() as connection:
        for view, columns in PROMISED.items():
            names, _ = query(connection, f"FROM {view}")
            assert [name for name in columns if name not in names] == [], view


@pytest.mark.one_file
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippets_run(published: Warehouse, monkeypatch: pytest.MonkeyPatch, snippet: str) -> None:
    monkeypatch.chdir(published.folder.parent)
    exec(snippet, {})  # noqa: S102 (our own README)


@pytest.mark.one_file
@pytest.mark.parametrize("place", ["", "noroshi.duckdb"])
def test_a_folder_or_a_file_is_opened_to_read(published: Warehouse, place: str) -> None:
    with warehouse_room.open(published.folder / place, timezone="Asia/Tokyo") as connection:
        assert query(connection, "SELECT count(*) FROM articles")[1] == [(0,)]
        assert query(connection, "SELECT current_setting('TimeZone')")[1] == [("Asia/Tokyo",)]
        with pytest.raises(QueryError, match="read-only"):
            query(connection, "CREATE TABLE mine (n INTEGER)")


@pytest.mark.parametrize("sql", EXAMPLES)
def test_examples_run(published: Warehouse, sql: str) -> None:
    with published.reading() as connection:
        query(connection, sql)
