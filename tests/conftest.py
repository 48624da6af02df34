"""What tests of several rooms share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import buckets
from tests.postgres import Postgres, binaries

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("fixed")
"""The same examples each time, so that who changes nothing breaks nothing; `make properties` tries
others."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Where other processes run the tests, say at once what failed: who stops a run wants to know
    before its end."""
    if report.failed and hasattr(report, "node"):
        sys.stderr.write(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext}\n")


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
