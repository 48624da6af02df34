"""A warehouse in a temporary folder, in one file or in a lake, and the articles to fill it with."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres import Postgres
from warehouse.database import Warehouse

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What goes for a warehouse goes for both kinds, unless a test says that it is about one."""
    if "kept_in" not in metafunc.fixturenames:
        return
    kinds: list[object] = ["file"]
    if metafunc.definition.get_closest_marker("one_file") is None:
        kinds.append(pytest.param("lake", marks=pytest.mark.lake))
    metafunc.parametrize("kept_in", kinds, scope="session")


@pytest.fixture
def warehouse(kept_in: str, tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    return made(kept_in, tmp_path / "data", request)


def made(kept_in: str, folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    """A new warehouse of that kind; a lake with its files in a store where STORE=s3 wants that."""
    if kept_in == "file":
        return Warehouse(folder)
    server: Postgres = request.getfixturevalue("postgres")
    stored = os.environ.get("STORE") == "s3"
    return server.lake(folder, request.getfixturevalue("store") if stored else None)
