"""The views: what people query, and what each column means."""

from __future__ import annotations

from warehouse.storage.session import Connection

_OURS = "NOT internal AND database_name = current_database()"


def views(connection: Connection) -> dict[str, str]:
    """What each view holds, by its name."""
    answer = connection.execute(
        f"SELECT view_name, comment FROM duckdb_views() WHERE {_OURS} ORDER BY view_name"  # noqa: S608
    )
    return {name: comment or "" for name, comment in answer.fetchall()}


def columns(connection: Connection, view: str) -> list[tuple[str, str, str]]:
    """Name, type and meaning of each column of a view, in order; none where there is no such view.

    In a lake they are explained in the session's own copies of the views.
    """
    answer = connection.execute(
        """
        SELECT column_name, any_value(data_type), coalesce(any_value(comment), '')
        FROM duckdb_columns()
        WHERE table_name = $view AND NOT internal AND schema_name = 'main'
        GROUP BY column_name
        ORDER BY min(column_index)
        """,
        {"view": view},
    )
    return answer.fetchall()
