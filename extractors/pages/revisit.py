"""Revisits: when an article's page is looked at again, and when it counts as withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

SOON = timedelta(hours=1)
"""After how long a page that was gone is asked for a second time: hosts have bad moments."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When the page of an article is looked at next."""

    first_at: datetime
    """When it was read for the first time; the schedule counts from here."""
    due_at: datetime
    looks: int = 0
    """How many have been made since."""
    gone_since: datetime | None = None
    """When it was found gone, where the last look found it so."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The page is gone for good: a second look said so too."""

    at: datetime
    """When it was found gone first."""


def first_plan(read_at: datetime, schedule: Sequence[timedelta]) -> Plan | None:
    """The plan for a page that was read just now; None where the schedule has no further look."""
    return Plan(read_at, read_at + schedule[0]) if schedule else None


def after(
    plan: Plan,
    outcome: Literal["same", "read", "gone", "failed"],
    at: datetime,
    schedule: Sequence[timedelta],
) -> Plan | Withdrawn | None:
    """What follows from a look at `at`: another one, the article's end, or nothing more.

    A look that failed for another reason counts as one, and says nothing of the page.
    """
    if outcome == "gone" and plan.gone_since:
        return Withdrawn(plan.gone_since)
    if outcome == "gone":
        return replace(plan, looks=plan.looks + 1, gone_since=at, due_at=at + SOON)
    looks = plan.looks + 1
    if outcome == "failed" and plan.gone_since:
        return None if looks > len(schedule) else replace(plan, looks=looks, due_at=at + SOON)
    if looks >= len(schedule):
        return None
    due = max(plan.first_at + schedule[looks], at + timedelta(minutes=1))
    return Plan(plan.first_at, due, looks)
