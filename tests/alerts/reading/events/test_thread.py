"""Which event goes on with which."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.reading.events.event import Event
from alerts.reading.events.thread import MEMORY, goes_on, predecessor
from tests.alerts.samples import AMBER

FIRST = AMBER
DAY = FIRST.first_seen_at


def after(days: float = 1, **changes: Any) -> Event:
    moment = DAY + timedelta(days=days)
    facts: dict[str, Any] = {"id": "e2", "first_seen_at": moment, "last_seen_at": moment}
    return replace(FIRST, **(facts | changes))


CASES = [
    ("a higher level", after(level="red"), True),
    ("after three weeks", after(21, level="red"), True),
    ("after too long", after(MEMORY.days + 1, level="red"), False),
    ("before", after(-1, level="red"), False),
    ("no level named", after(10, level=None), False),
    ("a notice of its own kind", after(level="study"), False),
    ("lifted", after(direction="easing", level=None), True),
    ("lifted, who is open", after(direction="easing", level=None, actor=None), True),
    ("another category", after(direction="easing", category="visa_entry"), False),
    ("other parties", after(direction="easing", actor="JP", target="CN"), False),
    ("a further party", after(actor="CN", level=None), True),
    ("a further party, later", after(5, actor="CN", level=None), False),
    ("the other way round", after(actor="JP", target="HK", level=None), False),
    ("the same again", after(10), False),
    ("of keywords", after(category=None, direction=None), False),
]


@pytest.mark.parametrize(("event", "goes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_goes_on_with_an_event(event: Event, goes: bool) -> None:
    assert goes_on(event, FIRST) is goes
    assert predecessor(event, [FIRST, event]) == (FIRST if goes else None)


def test_things_are_kept_apart() -> None:
    concert = replace(FIRST, category="exchange_cancellation", level=None, object="jenesys")
    resumed = after(direction="easing", category="exchange_cancellation", level=None)
    assert goes_on(replace(resumed, object="jenesys"), concert)
    assert goes_on(resumed, concert)
    assert not goes_on(replace(resumed, object="ayumi-hamasaki"), concert)


def test_the_latest_about_the_same_thing_is_gone_on_with() -> None:
    red = after(level="red")
    lifted = after(3, id="e3", direction="easing", level=None)
    assert predecessor(lifted, [FIRST, red]) == red
    assert predecessor(lifted, [red, FIRST]) == red
    assert predecessor(FIRST, [red, lifted]) is None
