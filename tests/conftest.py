"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import buckets
from tests.postgres import Postgres, binaries


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for the catalogues of lakes."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL's programs (initdb, postgres) are not installed")
    server = Postgres(programs)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def store() -> Iterator[buckets.Store]:
    """An S3 store for the files of lakes."""
    if not buckets.installed():
        pytest.skip("OpenStack Swift (swift-proxy and its like) is not installed")
    found = buckets.Store()
    try:
        found.start()
        yield found
    finally:
        found.remove()
