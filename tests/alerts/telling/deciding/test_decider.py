"""One event, one alert; one more only for what is new to its readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.reading.coding import Severity
from alerts.reading.events.event import Event
from alerts.reading.rules.rule import Development, Rule
from alerts.telling.deciding.decider import EVERYBODY, Case, Cooling, Decision, Reason, decide
from alerts.telling.deciding.news import Told, joined, told_by
from alerts.telling.deciding.policy import Occasion, Policy, Route
from alerts.telling.notice import NewFact, NoticeKind
from tests.alerts.samples import AMBER

RULE = Rule("travel", "Travel")
EVENT = AMBER
NOW = EVENT.first_seen_at
POLICY = Policy(channels=("mail", "chat"))


def occasion(rule: Rule = RULE, **changes: Any) -> Occasion:
    made = Occasion(rule, "travel_advisory", "medium", "en", frozenset({"HK", "JP"}), frozenset())
    return replace(made, **changes)


def case(event: Event = EVENT, *rules: Rule, **changes: Any) -> Case:
    occasions = tuple(occasion(rule) for rule in rules or (RULE,))
    return replace(Case(event, occasions, official=False), **changes)


def told(event: Event = EVENT, *, official: bool = False) -> Told:
    return told_by(event, "alert-1", official=official, at=NOW)


def later(event: Event = EVENT, *rules: Rule, **changes: Any) -> Case:
    """Further reports when both channels were told of EVENT."""
    return case(event, *rules, **({"told": knows(told(), "mail", "chat")} | changes))


def knows(alert: Told, *channels: str) -> dict[str, list[Told]]:
    return {name: [alert] for name in (EVERYBODY, *channels)}


SEQUEL = replace(EVENT, id="e2", thread_id="e1")
NEWS = [
    ("graver", replace(EVENT, severity="high"), False, [("severity", "medium", "high")]),
    ("official", EVENT, True, [("official", None, "official")]),
    ("level", replace(SEQUEL, level="red"), False, [("level", "amber", "red")]),
    ("lifted", replace(SEQUEL, direction="easing"), False, [("direction", "escalation", "easing")]),
    (
        "lifted from a level that was not told",
        replace(SEQUEL, direction="easing", level="red"),
        False,
        [("direction", "escalation", "easing")],
    ),
    ("party", replace(SEQUEL, actor="CN", level=None), False, [("party", None, "CN")]),
    (
        "level and graver",
        replace(SEQUEL, level="red", severity="high"),
        False,
        [("level", "amber", "red"), ("severity", "medium", "high")],
    ),
]


def decided(given: Case, policy: Policy = POLICY) -> Decision:
    (found,) = decide(given, policy, NOW).alerts
    return found


def test_an_event_is_told_once() -> None:
    assert decided(case()) == Decision(NoticeKind.FIRST, ("mail", "chat"), NOW)
    again = decide(later(), POLICY, NOW)
    assert again.alerts == ()
    assert again.silent == dict.fromkeys(("mail", "chat"), Reason.NOTHING_NEW)
    assert decide(later(replace(EVENT, severity="low")), POLICY, NOW).alerts == (), "less grave"


def test_it_is_recorded_where_there_is_no_channel() -> None:
    assert decided(case(), Policy()) == Decision(NoticeKind.FIRST, (), NOW)


@pytest.mark.parametrize(
    ("event", "official", "facts"), [n[1:] for n in NEWS], ids=[n[0] for n in NEWS]
)
def test_a_new_fact_is_told_to_all_that_were_told(
    event: Event, official: bool, facts: list[tuple[str, str | None, str]]
) -> None:
    new = tuple(NewFact(Development(kind), before, after) for kind, before, after in facts)
    again = decided(later(event, official=official))
    assert again == Decision(NoticeKind.UPDATE, ("mail", "chat"), NOW, new)
    quiet = replace(RULE, realert=tuple(set(Development) - {fact.development for fact in new}))
    unwanted = decide(later(event, quiet, official=official), POLICY, NOW)
    assert unwanted.alerts == ()
    assert unwanted.silent == dict.fromkeys(("mail", "chat"), Reason.UNWANTED)


def test_what_was_official_is_confirmed_no_more() -> None:
    known = knows(told(official=True), "mail", "chat")
    assert decide(later(official=True, told=known), POLICY, NOW).alerts == ()


def test_an_update_waits_for_the_shortest_cool_down() -> None:
    event = replace(EVENT, severity="high")
    slow, quick = (
        replace(RULE, cooldown=timedelta(hours=6)),
        replace(RULE, id="q", cooldown=timedelta(hours=2)),
    )
    assert decided(later(event, slow)).due_at == NOW + timedelta(hours=6)
    assert decided(later(event, slow, quick)).due_at == NOW + timedelta(hours=2)
    assert decided(case(event, slow)).due_at == NOW, "a first alert never waits"


def test_a_channel_that_the_story_never_reached_gets_a_first_alert() -> None:
    only_mail = knows(told(), "mail")
    assert decided(later(told=only_mail)) == Decision(NoticeKind.FIRST, ("chat",), NOW)
    slow = replace(RULE, cooldown=timedelta(hours=6))
    graver = decide(
        later(replace(EVENT, severity="high"), slow, told=only_mail), POLICY, NOW
    ).alerts
    assert [(one.kind, one.channels, one.due_at) for one in graver] == [
        (NoticeKind.UPDATE, ("mail",), NOW + timedelta(hours=6)),
        (NoticeKind.FIRST, ("chat",), NOW),
    ]


def test_what_was_told_elsewhere_is_still_new_to_a_channel() -> None:
    raised = replace(SEQUEL, level="red")
    known = knows(told(), "mail", "chat")
    for name in (EVERYBODY, "chat"):
        known[name].append(told(raised))
    (again,) = decide(later(raised, told=known), POLICY, NOW).alerts
    assert (again.kind, again.channels) == (NoticeKind.UPDATE, ("mail",))


def test_what_waits_for_a_cool_down_goes_with_what_is_newer_and_no_later() -> None:
    up = NewFact(Development.LEVEL, "amber", "red")
    due_at = NOW + timedelta(hours=3)
    waits = {"mail": Cooling(frozenset({"alert-2"}), (up,), due_at)}
    known = knows(told(), "mail")
    for name in (EVERYBODY, "mail"):
        known[name].append(replace(told(replace(SEQUEL, level="red")), at=None))
    raised = replace(SEQUEL, id="e3", level="black")
    for cooldown, expected in ((6, due_at), (2, NOW + timedelta(hours=2))):
        rule = replace(RULE, cooldown=timedelta(hours=cooldown))
        again = decided(later(raised, rule, told=known, cooling=waits), Policy(("mail",)))
        assert again.facts == (NewFact(Development.LEVEL, "amber", "black"),)
        assert again.due_at == expected


def test_clocks_that_are_set_back_delay_nothing() -> None:
    ahead = knows(replace(told(), at=NOW + timedelta(hours=1)), "mail", "chat")
    assert decided(later(replace(EVENT, severity="high"), told=ahead)).due_at == NOW


def test_an_old_event_is_told_for_a_new_fact_alone() -> None:
    old = told_by(EVENT, None, official=False, at=NOW)
    silent = decide(case(old=old), POLICY, NOW)
    assert silent.alerts == ()
    assert silent.silent == dict.fromkeys(("mail", "chat"), Reason.OLD)
    graver = decided(case(replace(EVENT, severity="high"), old=old))
    assert (graver.kind, graver.channels) == (NoticeKind.FIRST, ("mail", "chat"))


def test_a_sequel_without_anything_new_is_an_event_of_its_own() -> None:
    assert decided(later(SEQUEL)).kind is NoticeKind.FIRST


def test_rules_and_routes_lead_to_the_union_of_channels() -> None:
    named = Rule("named", "Named", channels=("mail",))
    policy = Policy(
        channels=("mail", "chat", "tokyo"), routes=(Route(("chat",), languages=("zh",)),)
    )
    ways = {
        "a rule's own": ((occasion(named),), ("mail",)),
        "a route": ((occasion(language="zh-Hant"),), ("chat",)),
        "both": ((occasion(named), occasion(language="zh-Hant")), ("mail", "chat")),
        "no route": ((occasion(language="ja"),), ("mail", "chat", "tokyo")),
    }
    for name, (occasions, channels) in ways.items():
        assert policy.channels_for(occasions) == channels, name


ROUTES = [
    (Route((), rules=("travel",)), True),
    (Route((), rules=("other",)), False),
    (Route((), categories=("travel_advisory", "transport")), True),
    (Route((), categories=("transport",)), False),
    (Route((), min_severity=Severity.MEDIUM), True),
    (Route((), min_severity=Severity.HIGH), False),
    (Route((), languages=("en",)), True),
    (Route((), languages=("zh",)), False),
    (Route((), parties=("JP",)), True),
    (Route((), parties=("CN",)), False),
    (Route((), tags=("government", "wire")), True),
    (Route((), tags=("wire",)), False),
    (Route((), rules=("travel",), parties=("CN",)), False),
    (Route(()), True),
]


@pytest.mark.parametrize(("route", "takes"), ROUTES)
def test_a_route_takes_what_meets_all_its_conditions(route: Route, takes: bool) -> None:
    assert route.takes(occasion(tags=frozenset({"government"}))) is takes


def test_facts_of_two_updates_become_one_course() -> None:
    up = NewFact(Development.LEVEL, "amber", "red")
    further = NewFact(Development.LEVEL, "red", "black")
    back = NewFact(Development.LEVEL, "red", "amber")
    party = NewFact(Development.PARTY, None, "CN")
    assert joined((up,), (further, party)) == (NewFact(Development.LEVEL, "amber", "black"), party)
    assert joined((up,), (back,)) == ()
