"""A warehouse in a temporary folder, and the articles to fill it with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.database import Warehouse

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "data")
