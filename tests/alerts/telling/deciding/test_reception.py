"""A channel gets at most its cap and one summary in an hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.deciding.reception import Reception, Traffic, room, summarises

counts = st.integers(0, 20_000)
traffic = st.builds(Traffic, counts, counts, st.booleans())


@given(traffic, st.integers(1, 1000))
def test_what_goes_out_singly_stays_within_the_cap(now: Traffic, cap: int) -> None:
    out = room(Reception("desk", per_hour=cap), now)
    assert 0 <= out <= now.waiting
    assert out + now.sent <= max(cap, now.sent)
    assert out == now.waiting or out + now.sent >= cap, "no room is left unused"


@given(traffic, st.integers(1, 1000), st.booleans())
def test_one_summary_an_hour_of_what_finds_no_room(now: Traffic, cap: int, last: bool) -> None:
    reception = Reception("desk", per_hour=cap)
    wanted = now.waiting > room(reception, now) and last and not now.summary
    assert summarises(reception, now, last=last) == wanted
