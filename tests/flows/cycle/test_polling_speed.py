"""Unchanged sources in number: each is asked once, and none fails."""

from __future__ import annotations

import pytest

from tests.benchmarks.polling import unchanged


@pytest.mark.timeout(100)
def test_a_cycle_over_unchanged_sources_does_not_blow_up() -> None:
    """It takes a second. Raises RuntimeError where one is not asked, or not answered by 304."""
    unchanged(100)
