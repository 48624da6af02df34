"""What is silent is found, told once, and told again when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.deciding.silence import (
    Kind,
    Pulse,
    Silence,
    full_disk,
    missed_cycle,
    missed_digest,
    out_of_sight,
    silent_languages,
    silent_sources,
    turns,
)

NOW = datetime(2025, 11, 15, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WELL = Pulse(
    source_id="rthk",
    language="en",
    polled_at=NOW,
    first_polled_at=NOW - 90 * DAY,
    last_success_at=NOW,
    last_new_at=NOW - HOUR,
    newest_at=NOW - HOUR,
    usual=HOUR,
)

SOURCES = {
    "well": ({}, False),
    "a weekend": ({"last_new_at": NOW - 2.9 * DAY, "newest_at": NOW - 2.9 * DAY}, False),
    "still for long": ({"last_new_at": NOW - 3.1 * DAY, "newest_at": NOW - 3.1 * DAY}, True),
    "repeats what is old": ({"newest_at": NOW - 9 * DAY, "last_new_at": NOW - 4 * DAY}, True),
    "undated": ({"newest_at": None}, False),
    "a weekly": ({"usual": 7 * DAY, "last_new_at": NOW - 20 * DAY, "newest_at": None}, False),
    "a weekly, gone": ({"usual": 7 * DAY, "last_new_at": NOW - 71 * DAY, "newest_at": None}, True),
    "unknown pace": ({"usual": None, "last_new_at": NOW - 99 * DAY, "newest_at": None}, False),
    "a failure": ({"error": "503", "last_success_at": NOW - 23 * HOUR}, False),
    "failing": ({"error": "503", "last_success_at": NOW - 25 * HOUR}, True),
    "failing from the first": (
        {"error": "404", "last_success_at": None, "first_polled_at": NOW - 2 * DAY},
        True,
    ),
    "nobody asked": (
        {"polled_at": NOW - 9 * DAY, "last_new_at": NOW - 9 * DAY, "newest_at": None},
        False,
    ),
}


@pytest.mark.parametrize(("facts", "silent"), SOURCES.values(), ids=SOURCES.keys())
def test_a_source_is_silent_beyond_its_usual_pace(facts: dict[str, object], silent: bool) -> None:
    found = silent_sources([replace(WELL, **facts)])  # type: ignore[arg-type]
    assert [s.key for s in found] == (["rthk"] if silent else [])


def test_a_failing_source_says_why() -> None:
    failing = replace(WELL, error="503", last_success_at=NOW - 2 * DAY)
    assert silent_sources([failing]) == [Silence(Kind.SOURCE, "rthk", NOW - HOUR, "503")]


def test_a_language_is_silent_where_all_its_sources_are() -> None:
    quiet = replace(WELL, last_new_at=NOW - 13 * HOUR)
    japanese = replace(quiet, source_id="nhk", language="ja")
    assert silent_languages([quiet, replace(WELL, source_id="hkfp"), japanese]) == [
        Silence(Kind.LANGUAGE, "ja", NOW - 13 * HOUR)
    ]
    assert silent_languages([replace(japanese, last_new_at=NOW - 11 * HOUR)]) == []
    assert silent_languages([replace(japanese, usual=2 * HOUR)]) == [], "slow by nature"
    assert silent_languages([replace(japanese, usual=None)]) == []
    assert silent_languages([]) == []


QUARTER = timedelta(minutes=15)
SCHEDULED = [NOW - QUARTER * n for n in range(5, 15)]
BY_HAND = [NOW - DAY * n for n in range(1, 9)]


def test_a_cycle_is_missed_after_some_intervals() -> None:
    assert missed_cycle(SCHEDULED, NOW, QUARTER, 4) == [
        Silence(Kind.CYCLE, "cycle", NOW - 5 * QUARTER)
    ]
    assert missed_cycle(SCHEDULED, NOW, QUARTER, 5) == []
    assert missed_cycle(SCHEDULED, NOW, QUARTER, 0) == [], "switched off"
    assert missed_cycle(SCHEDULED[:3], NOW, QUARTER, 4) == [], "too few to know"
    assert missed_cycle(BY_HAND, NOW, QUARTER, 4) == [], "not on a schedule"
    assert missed_cycle([], NOW, QUARTER, 4) == []
    assert [s.key for s in missed_cycle(SCHEDULED, NOW, QUARTER, 4, "b")] == ["b"], "of several"


def test_a_digest_is_missed_some_time_after_it_was_due() -> None:
    due = NOW - 3 * HOUR
    assert missed_digest(due - DAY, due, NOW) == [Silence(Kind.DIGEST, "digest", due - DAY)]
    assert missed_digest(due + timedelta(seconds=5), due, NOW) == []
    assert missed_digest(due - DAY, due, due + HOUR) == [], "it may be on its way"
    assert missed_digest(None, due, NOW) == [], "nobody asked for one"


def test_a_disk_is_full_before_nothing_can_be_written() -> None:
    assert full_disk(499 * 2**20, 500) == [Silence(Kind.DISK, "disk", None, "499")]
    assert full_disk(500 * 2**20, 500) == []
    assert full_disk(0, 0) == []
    assert full_disk(0, 500, "b") == [Silence(Kind.DISK, "b", None, "0")]


def test_a_machine_does_not_end_what_it_cannot_see_of_another() -> None:
    disk, cycle = Silence(Kind.DISK, "b", None, "9"), Silence(Kind.CYCLE, "b", NOW - HOUR)
    source = Silence(Kind.SOURCE, "rthk", NOW - DAY)
    told = [disk, cycle, source, replace(disk, key="disk"), replace(cycle, key="cycle")]
    assert out_of_sight(told, "a", {"b": [NOW - HOUR]}) == [disk, cycle]
    assert out_of_sight(told, "a", {}) == [disk, cycle]
    assert out_of_sight(told, "a", {"b": [NOW]}) == [disk], "it has completed one"
    assert out_of_sight(told, "b", {}) == []


things = st.lists(
    st.builds(Silence, st.sampled_from(Kind), st.sampled_from("abc")), max_size=6
).map(lambda found: list({(s.kind, s.key): s for s in found}.values()))


@given(st.lists(things, max_size=8))
def test_each_silence_is_told_once_and_its_end_once(looks: list[list[Silence]]) -> None:
    told: list[Silence] = []
    for found in looks:
        turn = turns(told, found)
        assert set(turn.began) == set(found) - set(told)
        assert set(turn.ended) == set(told) - set(found)
        assert not turns(found, found)
        told = found
