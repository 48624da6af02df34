"""When a page is looked at again, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from extractors.pages.revisit import Plan, Withdrawn, after, first_plan

Outcome = Literal["same", "read", "gone", "failed"]
START = datetime(2026, 11, 1, tzinfo=UTC)
SCHEDULE = tuple(timedelta(hours=hours) for hours in (1, 6, 24))


def follow(*outcomes: Outcome) -> tuple[list[float], Plan | Withdrawn | None]:
    """Hours after the start at which the looks were due, and what follows from the last."""
    plan: Plan | Withdrawn | None = first_plan(START, SCHEDULE)
    hours = []
    for outcome in outcomes:
        assert isinstance(plan, Plan)
        hours.append((plan.due_at - START).total_seconds() / 3600)
        plan = after(plan, outcome, plan.due_at, SCHEDULE)
    return hours, plan


def test_the_schedule_counts_from_the_first_reading_and_ends() -> None:
    assert follow("same", "read", "failed") == ([1, 6, 24], None)


def test_a_late_look_does_not_come_twice() -> None:
    plan = first_plan(START, SCHEDULE)
    assert plan
    late = START + timedelta(hours=10)
    then = after(plan, "same", late, SCHEDULE)
    assert isinstance(then, Plan)
    assert then.due_at > late


def test_no_schedule_no_look() -> None:
    assert first_plan(START, ()) is None


@pytest.mark.parametrize(
    ("outcomes", "hours"),
    [
        (("gone", "gone"), [1, 2]),
        (("same", "gone", "gone"), [1, 6, 7]),
        (("same", "same", "gone", "gone"), [1, 6, 24, 25]),
        (("gone", "failed", "gone"), [1, 2, 3]),
    ],
)
def test_gone_twice_is_withdrawn(outcomes: tuple[Outcome, ...], hours: list[float]) -> None:
    looked, end = follow(*outcomes)
    first_gone = hours[outcomes.index("gone")]
    assert looked == hours
    assert end == Withdrawn(START + timedelta(hours=first_gone))


def test_what_comes_back_is_not_withdrawn() -> None:
    hours, then = follow("gone", "same", "gone")
    assert hours == [1, 2, 24]
    assert isinstance(then, Plan)
    assert then.gone_since == START + timedelta(hours=24)


def test_a_host_that_fails_for_ever_is_left_alone() -> None:
    plan: Plan | Withdrawn | None = first_plan(START, SCHEDULE)
    looks = 0
    outcome: Outcome = "gone"
    while isinstance(plan, Plan):
        plan = after(plan, outcome, plan.due_at, SCHEDULE)
        outcome = "failed"
        looks += 1
        assert looks < 10
    assert plan is None
