"""A channel that fails is left alone for a while, and operators are told twice: down and up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import DeliveryError
from alerts.telling.deciding.health import Health, Turn, after_failure, after_success, turn

NOW = datetime(2025, 11, 15, 1, 0, tzinfo=UTC)
PASSING = DeliveryError("desk", "it answered 500", "wait")
LASTING = DeliveryError("desk", "it answered 404", "make a new one", permanent=True)


def failed(health: Health, error: DeliveryError, now: datetime) -> Health:
    return after_failure(health, error, now, jitter=0)


def test_a_first_failure_is_no_reason_to_tell_anybody() -> None:
    once = failed(Health("desk"), PASSING, NOW)
    assert turn(Health("desk"), once, NOW, refused=False) is None
    assert not once.resting(NOW), "the next cycle tries again"
    assert turn(once, after_success(once), NOW, refused=False) is None


def test_a_second_one_a_quarter_later_is_down_and_a_success_is_up() -> None:
    once, later = failed(Health("desk"), PASSING, NOW), NOW + timedelta(minutes=15)
    twice = failed(once, PASSING, later)
    assert turn(once, twice, later, refused=False) is Turn.DOWN
    assert twice.resting(later + timedelta(minutes=4))
    told = replace(twice, told_at=later)
    thrice = failed(told, PASSING, later)
    assert turn(told, thrice, later, refused=False) is None, "once"
    assert turn(thrice, after_success(thrice), later, refused=False) is Turn.UP
    assert after_success(thrice) == Health("desk")


def test_a_channel_is_left_alone_for_as_long_as_it_asks() -> None:
    asks = DeliveryError("desk", "429", "wait", retry_after=timedelta(hours=2))
    busy = failed(Health("desk"), asks, NOW)
    assert busy.retry_at == NOW + timedelta(hours=2)
    assert busy.resting(NOW + timedelta(minutes=119))
    assert not busy.resting(NOW + timedelta(hours=2))


def test_who_refuses_for_good_is_not_waited_for() -> None:
    assert failed(Health("desk"), LASTING, NOW).retry_at is None


@given(st.lists(st.sampled_from(["ok", "passing", "lasting"]), max_size=40))
def test_down_and_up_take_turns(course: list[str]) -> None:
    health, now, told = Health("desk"), NOW, []
    for step in course:
        now += timedelta(minutes=15)
        error = {"ok": None, "passing": PASSING, "lasting": LASTING}[step]
        after = after_success(health) if error is None else failed(health, error, now)
        said = turn(health, after, now, refused=step == "lasting")
        health = replace(after, told_at=now) if said is Turn.DOWN else after
        told += [said] if said else []
    assert told == [Turn.DOWN, Turn.UP] * (len(told) // 2) + [Turn.DOWN] * (len(told) % 2)
