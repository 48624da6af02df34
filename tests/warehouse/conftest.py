"""A warehouse in a temporary folder, in one file or in a lake, and the articles to fill it with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres import Postgres
from warehouse.database import Warehouse

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What goes for a warehouse goes for both kinds, unless a test says that it is about one."""
    if "kind" not in metafunc.fixturenames:
        return
    kinds: list[object] = ["file"]
    if metafunc.definition.get_closest_marker("one_file") is None:
        kinds.append(pytest.param("lake", marks=pytest.mark.lake))
    metafunc.parametrize("kind", kinds, scope="session")


@pytest.fixture
def warehouse(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    return made(kind, tmp_path / "data", request)


def made(kind: str, folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    """A new warehouse of that kind."""
    if kind == "file":
        return Warehouse(folder)
    server: Postgres = request.getfixturevalue("postgres")
    return server.lake(folder)
