"""Asking costs little where nothing has changed."""

from __future__ import annotations

from tests.benchmarks.polling import unchanged


def test_a_cycle_over_unchanged_sources_takes_little_more_than_asking_them() -> None:
    """A thousand must take less than 15 s: a tenth of them here, on whatever machine this is."""
    took = unchanged(100)
    assert took["ours"] < max(3.0, 8 * took["httpx"])
