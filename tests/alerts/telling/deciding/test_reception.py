"""A channel gets at most its cap and one summary in an hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.deciding.reception import Reception, Traffic, room, summarises

counts = st.integers(0, 20_000)


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    waiting, sent = draw(counts), draw(counts)
    critical, critical_sent = draw(st.integers(0, waiting)), draw(st.integers(0, sent))
    return Traffic(waiting, sent, draw(st.booleans()), critical, critical_sent)


traffic = traffics()


@given(traffic, st.integers(1, 1000))
def test_what_goes_out_singly_stays_within_the_cap(now: Traffic, cap: int) -> None:
    out = room(Reception("desk", per_hour=cap), now)
    assert 0 <= out <= now.waiting
    assert out + now.sent <= max(cap, now.sent + min(now.critical, cap))
    assert out == now.waiting or out + now.sent >= cap, "no room is left unused"


@given(traffic, st.integers(1, 1000))
def test_critical_alerts_have_room_of_their_own_and_never_wait(now: Traffic, cap: int) -> None:
    reception = Reception("desk", per_hour=cap)
    out = room(reception, now)
    assert out >= min(now.critical, cap - now.critical_sent), "however many others went out"
    assert out + now.critical_sent <= max(2 * cap, now.critical_sent), "a flood of them is capped"
    assert out >= now.critical or summarises(reception, now, last=True), "told singly or summed up"


@given(traffic, st.integers(1, 1000), st.booleans())
def test_one_summary_an_hour_of_what_finds_no_room(now: Traffic, cap: int, last: bool) -> None:
    reception = Reception("desk", per_hour=cap)
    rooms = room(reception, now)
    wanted = now.waiting > rooms and last and (not now.summary or now.critical > rooms)
    assert summarises(reception, now, last=last) == wanted
