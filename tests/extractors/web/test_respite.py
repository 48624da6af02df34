"""A host that asked for patience gets it, and no more than it may ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from extractors.web.host import Respite

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "passed", "left"),
    [
        (600, 0, 600),
        (600, 599, 1),
        (600, 601, 0),
        (10**9, 0, 86_400),
        (600, -3600, 4200),
        (600, -10 * 86_400, 0),  # the clock was set back
    ],
)
def test_a_respite_ends(asked: float, passed: float, left: float) -> None:
    respite = Respite()
    respite.grant("host:443", asked, NOW)
    assert respite.left("host:443", NOW + timedelta(seconds=passed)) == left
    assert respite.left("other:443", NOW) == 0
