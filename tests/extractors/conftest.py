"""What the tests of this room share."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractors.source import Source
from extractors.web.fetch import FetchLimits
from tests.servers import Site


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def source() -> Source:
    return Source(id="sample", url="https://news.example/feed", name="Sample", language="en")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real pages and feeds, where it is there."""
    root = Path(__file__).parents[2]
    shared = Path(os.environ.get("NOROSHI_SHARED", root.parent / "shared"))
    found = shared / "corpora" / "dev"
    if not found.is_dir():
        pytest.skip(f"no reference data at {shared}; set NOROSHI_SHARED")
    return found


HASTY = FetchLimits(
    connect_seconds=20,
    total_seconds=20,
    max_bytes=1_000_000,
    pace_seconds=0,
    private_addresses=True,
)
"""Limits that let a test end soon, on a busy machine too."""


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def stored(path: Path) -> bytes:
    """A file of the corpus, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
