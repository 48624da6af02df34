"""No delivery is lost, none is sent in vain for ever, and every state is one of six."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import DeliveryError
from alerts.telling.deciding.outbox import (
    DONE,
    LEASE,
    LIFETIME,
    LONGEST_PAUSE,
    Delivery,
    DeliveryState,
    after_failure,
    after_success,
    claim,
    deliveries_for,
    pause,
)

NOW = datetime(2025, 11, 15, 1, 0, tzinfo=UTC)
PASSING = DeliveryError("desk", "the service answered 500", "it is sent again")
LASTING = DeliveryError("desk", "the service answered 404", "make a new webhook", permanent=True)


def due(delivery: Delivery, now: datetime) -> bool:
    """As the warehouse takes it (`warehouse.deliveries.DUE`)."""
    return delivery.state not in DONE and delivery.due_at <= now


def test_the_states_are_these_six() -> None:
    assert list(DeliveryState) == ["pending", "sending", "sent", "failed", "dead", "skipped"]


def test_one_delivery_for_each_channel_with_an_identity_of_its_own() -> None:
    made = deliveries_for("a1", ("mail", "desk", "mail"), NOW)
    assert [d.channel for d in made] == ["mail", "desk"]
    assert len({d.id for d in made}) == 2
    assert [d.id for d in made] == [d.id for d in deliveries_for("a1", ("mail", "desk"), NOW)]
    assert not {d.id for d in made} & {d.id for d in deliveries_for("a2", ("mail", "desk"), NOW)}
    assert all(d.state is DeliveryState.PENDING and due(d, NOW) for d in made)


def test_a_claimed_delivery_is_left_alone_until_the_lease_ends() -> None:
    taken = claim(_delivery(), NOW)
    assert taken.state is DeliveryState.SENDING
    assert not due(taken, NOW + LEASE - timedelta(seconds=1))
    assert due(taken, NOW + LEASE)


def test_a_sent_delivery_is_never_sent_again() -> None:
    sent = after_success(claim(_delivery(), NOW), NOW)
    assert (sent.state, sent.attempts, sent.error) == (DeliveryState.SENT, 1, None)
    assert not due(sent, NOW + timedelta(days=365))


def test_a_first_failure_goes_out_with_the_next_cycle() -> None:
    failed = after_failure(claim(_delivery(), NOW), PASSING, NOW, jitter=0.5)
    assert (failed.state, failed.attempts) == (DeliveryState.FAILED, 1)
    assert failed.error == "channel desk: the service answered 500; it is sent again"
    assert due(failed, NOW)


def test_a_lasting_refusal_is_final() -> None:
    dead = after_failure(_delivery(), LASTING, NOW, jitter=0)
    assert dead.state is DeliveryState.DEAD
    assert not due(dead, NOW + timedelta(days=365))


def test_failing_for_three_days_is_final() -> None:
    young = after_failure(_delivery(), PASSING, NOW + LIFETIME - timedelta(seconds=1), jitter=0)
    old = after_failure(_delivery(), PASSING, NOW + LIFETIME, jitter=0)
    assert (young.state, old.state) == (DeliveryState.FAILED, DeliveryState.DEAD)


def test_an_old_delivery_that_was_never_tried_still_gets_its_try() -> None:
    assert due(_delivery(), NOW + 10 * LIFETIME)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 0), (2, 5), (3, 10), (4, 20), (5, 40), (6, 60), (10**9, 60)]
)
def test_pauses_double_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert pause(attempts, 0) == timedelta(minutes=minutes)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_only_shortens_a_pause_by_up_to_half(attempts: int, jitter: float) -> None:
    assert pause(attempts, 0) / 2 <= pause(attempts, jitter) <= pause(attempts, 0) <= LONGEST_PAUSE


@given(st.lists(st.sampled_from(["claim", "success", "passing", "lasting"]), max_size=20))
def test_whatever_happens_a_delivery_is_due_or_done(steps: list[str]) -> None:
    delivery, now = _delivery(), NOW
    for step in steps:
        delivery = _step(delivery, step, now)
        now += timedelta(minutes=15)
    done = delivery.state in {DeliveryState.SENT, DeliveryState.DEAD}
    assert done != due(delivery, now + LONGEST_PAUSE)


def _step(delivery: Delivery, step: str, now: datetime) -> Delivery:
    if not due(delivery, now):
        return delivery
    if step == "claim":
        return claim(delivery, now)
    if step == "success":
        return after_success(delivery, now)
    error = LASTING if step == "lasting" else PASSING
    return after_failure(delivery, error, now, jitter=0.3)


def _delivery() -> Delivery:
    return replace(deliveries_for("a1", ("desk",), NOW)[0])
