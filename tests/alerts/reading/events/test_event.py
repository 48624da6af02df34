"""Identity: which articles report one event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.reading.events.event import Event, Sighting, assign, same_event, similarity

DAY = datetime(2025, 11, 15, 9, tzinfo=UTC)
FIRST = Sighting(
    article_id="a1",
    rule_id="travel-advisory",
    category="travel_advisory",
    direction="escalation",
    severity="high",
    actor="CN",
    target="JP",
    level=None,
    title="China urges citizens to avoid Japan",
    language="en",
    published_at=DAY,
)


def known(sighting: Sighting = FIRST) -> Event:
    (event,) = assign([sighting], ()).events
    return event


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"title": "中国、渡航自粛を呼びかけ", "language": "ja"}, True),
        ({"rule_id": "another-rule"}, True),
        ({"severity": "critical"}, True),
        ({"actor": None}, True),
        ({"published_at": DAY + timedelta(days=3)}, True),
        ({"published_at": DAY - timedelta(days=3)}, True),
        ({"published_at": DAY + timedelta(days=3, hours=1)}, False),
        ({"category": "transport"}, False),
        ({"direction": "easing"}, False),
        ({"actor": "HK"}, False),
        ({"actor": "JP", "target": "CN"}, False),
        ({"level": "study"}, False),
        ({"level": "amber"}, True),
    ],
)
def test_the_rule_of_identity(change: dict[str, object], same: bool) -> None:
    other = replace(FIRST, article_id="a2", **change)  # type: ignore[arg-type]
    assert same_event(other, known()) is same


def test_levels_tell_events_apart() -> None:
    amber = known(replace(FIRST, level="amber"))
    assert not same_event(replace(FIRST, level="red"), amber)


def test_meetings_have_no_direction_between_the_two() -> None:
    met = replace(FIRST, category="official_contact", direction="easing")
    assert same_event(replace(met, actor="JP", target="CN"), known(met))


CANCELLED = replace(FIRST, category="exchange_cancellation", object="jenesys")


@pytest.mark.parametrize(
    ("thing", "same"),
    [
        ("jenesys", True),
        (None, True),
        ("ayumi-hamasaki", False),
        ("49-routes", False),
        ("工作細胞", True),
        ("はたらく細胞", True),
    ],
)
def test_different_things_are_different_events(thing: str | None, same: bool) -> None:
    other = replace(CANCELLED, article_id="a2", object=thing)
    assert same_event(other, known(CANCELLED)) is same


def test_protests_against_different_things_are_different_events() -> None:
    beef = replace(FIRST, category="diplomatic_protest", object="beef")
    assert not same_event(replace(beef, article_id="a2", object="waters"), known(beef))


@pytest.mark.parametrize(
    ("one", "other", "hours", "same"),
    [
        ("beef", "beef", 70, True),
        ("beef", None, 23, True),
        ("beef", None, 25, False),
        (None, None, 23, True),
        (None, None, 25, False),
    ],
)
def test_a_protest_that_does_not_say_against_what_joins_those_of_its_day(
    one: str | None, other: str | None, hours: int, same: bool
) -> None:
    protest = replace(FIRST, category="diplomatic_protest", object=one)
    later = replace(
        protest, article_id="a2", object=other, published_at=DAY + timedelta(hours=hours)
    )
    assert same_event(later, known(protest)) is same


def test_tours_are_no_flights_even_where_none_are_named() -> None:
    flights = replace(FIRST, category="transport", object=None)
    assert not same_event(replace(flights, article_id="a2", object="tours"), known(flights))


def test_quoted_names_tell_apart_in_their_own_script() -> None:
    film = replace(CANCELLED, object="工作細胞")
    assert not same_event(replace(film, article_id="a2", object="蠟筆小新"), known(film))
    assert same_event(replace(film, article_id="a2", object="はたらく細胞"), known(film))


def test_an_article_without_a_thing_does_not_join_two_events() -> None:
    concert = replace(CANCELLED, article_id="a2", object="ayumi-hamasaki")
    vague = replace(CANCELLED, article_id="a3", object=None)
    result = assign([CANCELLED, concert, vague], ())
    assert sorted(event.object or "" for event in result.events) == ["ayumi-hamasaki", "jenesys"]


def test_articles_in_ten_outlets_are_one_event() -> None:
    batch = [
        replace(FIRST, article_id=f"a{n}", published_at=DAY + timedelta(hours=n)) for n in range(10)
    ]
    result = assign(batch, ())
    (event,) = result.events
    assert event.article_ids == tuple(f"a{n}" for n in range(10))
    assert (event.first_seen_at, event.last_seen_at) == (DAY, DAY + timedelta(hours=9))
    assert result.new == {event.id}


def test_reports_chain_but_not_for_ever() -> None:
    batch = [
        replace(FIRST, article_id=f"a{n:02}", published_at=DAY + timedelta(days=2 * n))
        for n in range(12)
    ]
    assert len(assign(batch, ()).events) == 2


def test_a_known_event_grows_and_is_not_new() -> None:
    event = known()
    later = replace(
        FIRST, article_id="a2", severity="critical", published_at=DAY + timedelta(days=1)
    )
    result = assign([later], [event])
    assert result.new == frozenset()
    assert result.placed == ((later, event.id),)
    assert result.events[0].severity == "critical"
    assert result.events[0].article_ids == ("a1", "a2")


def test_an_event_that_no_one_mentions_is_left_alone() -> None:
    assert assign([replace(FIRST, category="transport")], [known()]).new


def test_two_rules_see_one_event_in_one_article() -> None:
    result = assign([FIRST, replace(FIRST, rule_id="second")], ())
    assert len(result.events) == 1 and result.events[0].article_ids == ("a1",)


KEYWORD = replace(
    FIRST, category=None, direction=None, actor=None, target=None, title="Pandas go home to China"
)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"article_id": "a2"}, True),
        ({"article_id": "a2", "title": "Pandas go home to China - Daily"}, True),
        ({"title": "Something else"}, True),
        ({"article_id": "a2", "title": "Something else"}, False),
        ({"article_id": "a2", "rule_id": "another"}, False),
        ({"article_id": "a2", "published_at": DAY + timedelta(days=9)}, False),
    ],
)
def test_keyword_sightings_meet_by_rule_and_title(change: dict[str, object], same: bool) -> None:
    assert same_event(replace(KEYWORD, **change), known(KEYWORD)) is same  # type: ignore[arg-type]


def test_titles_in_either_script_are_alike() -> None:
    assert similarity("中國外交部提醒公民避免前往日本", "中国外交部提醒公民避免前往日本") == 1
    assert similarity("中國外交部提醒公民", "港股收市報升") < 0.2


sightings = st.lists(
    st.builds(
        replace,
        st.just(FIRST),
        article_id=st.sampled_from("abcdefgh"),
        category=st.sampled_from(["transport", "official_contact", None]),
        actor=st.sampled_from(["CN", "JP", None]),
        level=st.sampled_from([None, "amber", "red"]),
        published_at=st.integers(0, 20).map(lambda days: DAY + timedelta(days=days)),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(sightings, st.randoms())
def test_the_order_of_a_batch_does_not_matter(batch: list[Sighting], random: object) -> None:
    shuffled = list(batch)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign(batch, ()) == assign(shuffled, ())


@given(sightings)
def test_a_batch_seen_twice_makes_nothing_new(batch: list[Sighting]) -> None:
    first = assign(batch, ())
    again = assign(batch, first.events)
    assert not again.new
    assert {e.id for e in again.events} <= {e.id for e in first.events}


@given(
    st.lists(
        st.tuples(st.text("ab c", min_size=1, max_size=12), st.integers(0, 5), st.integers(0, 3)),
        max_size=25,
    )
)
def test_events_of_keywords_are_those_that_comparing_each_with_each_finds(
    told: list[tuple[str, int, int]],
) -> None:
    """Finding by shared trigrams leaves none out: joined one by one, by `same_event` alone."""
    seen = [
        replace(
            FIRST,
            article_id=f"a{article}",
            rule_id="words",
            category=None,
            direction=None,
            title=title,
            published_at=DAY + timedelta(days=day),
        )
        for title, article, day in told
    ]
    events: dict[str, Event] = {}
    for number, sighting in enumerate(seen):
        assigned = assign([sighting], list(events.values()))
        ((_, placed),) = assigned.placed
        fitting = {event.id for event in events.values() if same_event(sighting, event)}
        assert (placed in fitting) if fitting else (placed in assigned.new), number
        events |= {event.id: event for event in assigned.events}
