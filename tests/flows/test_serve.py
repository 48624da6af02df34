"""What `noroshi serve` schedules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.serve import deployments
from flows.settings import House

pytestmark = pytest.mark.anyio

WEEKLY = {
    "": {"watch", "digest", "maintain"},
    'weekly = "sunday 08:05"': {"watch", "digest", "weekly", "maintain"},
}


@pytest.mark.parametrize(("line", "names"), WEEKLY.items())
async def test_a_weekly_digest_is_scheduled_where_it_is_wanted(
    settle: Callable[[str], House], line: str, names: set[str]
) -> None:
    made = {d.name: d for d in await deployments(settle(f"[schedule]\n{line}\n"))}
    assert set(made) == names
    for name, cron in (("weekly", "5 8 * * 0"), ("digest", "30 7 * * *")):
        if name in made:
            [schedule] = made[name].schedules or []
            assert schedule.schedule.cron == cron  # type: ignore[union-attr]
            assert schedule.schedule.timezone == "Asia/Hong_Kong"  # type: ignore[union-attr]
