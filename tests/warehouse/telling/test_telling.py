"""What each reader is told over time: all that is new to them, once, in time, or with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.reading.coding import Direction, Severity
from alerts.reading.rules.rule import Development
from alerts.telling.deciding.outbox import LIFETIME
from alerts.telling.deciding.policy import Policy, Route
from alerts.telling.deciding.quiet import Quiet, QuietMode
from alerts.telling.deciding.reception import Reception
from tests.warehouse.conftest import made
from tests.warehouse.newsdesk import RULE, Newsdesk, Report, newsdesk
from tests.warehouse.samples import NOW
from warehouse.storage.lake import Lake
from warehouse.telling import claiming, handling, mutes, outbox

AMBER = Report(level="amber")
RED = Report(level="red")
BLACK = Report(level="black", severity=Severity.CRITICAL)
BY_LANGUAGE = Policy(
    channels=("hk", "tokyo"),
    routes=(Route(("hk",), languages=("en",)), Route(("tokyo",), languages=("ja",))),
    tags={"gov": frozenset({"government"})},
)


@pytest.fixture
def desk(kept_in: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Newsdesk]:
    if kept_in == "file":
        with newsdesk() as in_memory:
            yield in_memory
    elif place := made(kept_in, tmp_path, request).place:
        with Lake(place).attached() as connection:
            yield Newsdesk(connection)


def japanese(report: Report) -> Report:
    return replace(report, language="ja")


def test_what_another_channel_was_told_first_is_not_lost_to_this_one(desk: Newsdesk) -> None:
    desk.policy = BY_LANGUAGE
    desk.report(AMBER, japanese(AMBER))
    desk.wait(minutes=15)
    desk.report(RED)
    desk.deliver()
    assert desk.told("hk") == ["first amber sent", "update red sent"]
    assert desk.told("tokyo") == ["first amber sent"], "no Japanese report of it yet"
    desk.wait(minutes=15)
    desk.report(japanese(RED))
    desk.report(japanese(RED), RED)
    desk.deliver()
    assert desk.told("tokyo") == ["first amber sent", "update red sent"]
    assert desk.told("hk") == ["first amber sent", "update red sent"]


def test_a_channel_that_joins_a_story_late_does_not_wait_for_a_cool_down(desk: Newsdesk) -> None:
    slow = replace(RULE, cooldown=timedelta(hours=6))
    desk.policy = Policy(channels=("mail",))
    desk.report(replace(AMBER, rules=(slow,)))
    desk.deliver()
    desk.policy = Policy(channels=("mail", "chat"))
    desk.report(replace(RED, rules=(slow,)))
    desk.deliver()
    assert desk.told("mail") == ["first amber sent", "update red pending"]
    assert desk.told("chat") == ["first red sent"]


def test_a_cool_down_counts_from_what_went_out_last(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    slow = (replace(RULE, cooldown=timedelta(hours=6)),)
    for hours, level in ((0, "amber"), (5, "red"), (1.5, "black"), (5.5, "amber")):
        desk.wait(hours=hours)
        desk.report(Report(level=level, rules=slow))
        desk.deliver()
    times = [(got.at - NOW) / timedelta(hours=1) for got in desk.got["mail"]]
    assert times == [0, 6.5, 12], "5 waits until 6; 6.5 comes after it went out, and waits until 12"


def test_a_rule_that_may_tell_sooner_takes_along_what_waits(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    slow, quick = (
        replace(RULE, id=id, cooldown=timedelta(hours=hours)) for id, hours in (("s", 6), ("q", 1))
    )
    desk.report(AMBER)
    desk.deliver()
    desk.wait(hours=2)
    desk.report(replace(RED, rules=(slow,)))
    desk.report(replace(BLACK, rules=(quick,)))
    desk.deliver()
    assert desk.told("mail")[0] == "first amber sent"
    assert sorted(desk.told("mail")[1:]) == ["update black sent", "update red skipped"]


def test_two_news_of_one_batch_wait_as_one(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    slow = (replace(RULE, cooldown=timedelta(hours=6)),)
    desk.report(replace(AMBER, rules=slow))
    desk.deliver()
    desk.wait(hours=1)
    desk.report(replace(RED, rules=slow), replace(BLACK, rules=slow))
    desk.wait(hours=6)
    desk.deliver()
    assert len(desk.got["mail"]) == 2
    assert sorted(desk.told("mail")[1:])[1].endswith("skipped")


def test_what_an_official_source_says_during_a_mute_is_told_after_it(desk: Newsdesk) -> None:
    desk.policy = replace(BY_LANGUAGE, channels=("mail",), routes=())
    desk.report(AMBER)
    desk.deliver()
    event = desk.states("event_id")[0][0]
    mutes.mute(desk.connection, ("event", event), NOW + timedelta(hours=1), NOW)
    desk.report(replace(AMBER, source="gov"))
    desk.wait(hours=2)
    desk.report(AMBER)
    facts = desk.connection.execute(
        "SELECT facts->>'$[*].development', facts->>'$[*].after' FROM alerts ORDER BY created_at"
    ).fetchall()
    assert facts == [([], []), ([str(Development.OFFICIAL)], ["gov"])]


def test_a_mute_holds_back_what_waits_and_the_next_report_tells_it(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.down = {"mail"}
    desk.report(AMBER, replace(AMBER, thing="vessel"))
    desk.wait(hours=1)
    seafood = desk.connection.execute("SELECT id FROM events WHERE object = 'seafood'")
    ((event,),) = seafood.fetchall()
    until = desk.now + timedelta(hours=2)
    assert mutes.mute(desk.connection, ("event", event), until, desk.now) == 1
    desk.down = set()
    desk.deliver()
    assert len(desk.got["mail"]) == 1, "the other story"
    assert ("skipped", "it was muted before it went out") in desk.states("state, error")
    desk.wait(hours=3)
    desk.report(AMBER)
    desk.deliver()
    assert sorted(desk.told("mail")) == [
        "first amber sent",
        "first amber sent",
        "first amber skipped",
    ]


def test_what_was_told_before_is_not_told_anew_after_a_mute(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.report(AMBER)
    desk.deliver()
    ((alert, event),) = desk.states("alert_id, event_id")
    handling.resend(desk.connection, desk.now, alert_id=alert)
    mutes.mute(desk.connection, ("event", event), NOW + timedelta(hours=1), desk.now)
    desk.wait(hours=2)
    assert desk.report(AMBER) == 0
    desk.deliver()
    assert len(desk.got["mail"]) == 1
    assert desk.states("state, error, sent_at, held") == [("sent", None, NOW, None)]
    lag = desk.connection.execute("SELECT told_at FROM event_lag").fetchall()
    assert lag == desk.connection.execute("SELECT sent_at FROM alert_lag").fetchall() == [(NOW,)]


def test_what_is_sent_again_was_told_when_it_was_first(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.report(AMBER)
    desk.deliver()
    ((alert,),) = desk.states("alert_id")
    desk.wait(hours=2)
    handling.resend(desk.connection, desk.now, alert_id=alert)
    first = "SELECT told_at, alert_lag.sent_at FROM event_lag, alert_lag"
    assert desk.connection.execute(first).fetchall() == [(NOW, NOW)], "while it waits, too"
    desk.deliver()
    assert len(desk.got["mail"]) == 2
    assert desk.states("sent_at, last_sent_at") == [(NOW, desk.now)]
    assert desk.connection.execute(first).fetchall() == [(NOW, NOW)]


def test_what_was_given_up_and_is_muted_before_it_goes_again_was_not_told(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.report(AMBER)
    desk.connection.execute("UPDATE store.delivery SET state = 'dead', attempts = 3")
    ((event,),) = desk.states("event_id")
    handling.resend(desk.connection, desk.now)
    mutes.mute(desk.connection, ("event", event), NOW + timedelta(hours=1), desk.now)
    assert desk.states("state, held") == [("skipped", "mute")]


def test_a_muted_rule_holds_back_only_what_no_other_led_to(desk: Newsdesk) -> None:
    other = replace(RULE, id="other")
    desk.report(AMBER, Report("vessel", rules=(RULE, other)))
    assert mutes.mute(desk.connection, ("rule", RULE.id), NOW + timedelta(hours=1), NOW) == 2
    desk.deliver()
    assert len(desk.got["mail"]) == 1


def test_what_may_have_arrived_joins_no_others_under_another_id(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.receptions = {"mail": Reception("mail", per_hour=1)}
    desk.mortal = {"mail"}
    desk.report(AMBER)
    desk.deliver()
    desk.mortal = set()
    desk.wait(minutes=15)
    desk.report(*(Report(f"thing-{n}", severity=Severity.HIGH) for n in range(3)))
    desk.deliver()
    first, again, rest = desk.got["mail"]
    assert first.id == again.id
    assert len(rest.alerts) == 3


def test_quiet_hours_that_are_taken_away_hold_nothing_back(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    quiet = Quiet(time(0), time(23), ZoneInfo("UTC"))
    desk.receptions = {"mail": Reception("mail", quiet)}
    desk.report(BLACK, AMBER)
    desk.deliver()
    assert desk.got == {}
    desk.receptions = {"mail": Reception("mail", replace(quiet, mode=QuietMode.CRITICAL_ONLY))}
    desk.deliver()
    assert [len(got.alerts) for got in desk.got["mail"]] == [1]
    desk.receptions = {}
    desk.deliver()
    assert [len(got.alerts) for got in desk.got["mail"]] == [1, 1]


def test_a_cap_that_is_raised_lets_out_what_waits(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.receptions = {"mail": Reception("mail", per_hour=1)}
    desk.report(*(Report(f"thing-{n}") for n in range(3)))
    desk.deliver()
    desk.report(*(Report(f"more-{n}") for n in range(2)))
    desk.deliver()
    assert [len(got.alerts) for got in desk.got["mail"]] == [1, 2]
    desk.receptions = {}
    desk.deliver()
    assert [len(got.alerts) for got in desk.got["mail"]] == [1, 2, 1, 1]


@pytest.mark.parametrize("down", [False, True])
def test_clocks_that_are_set_back_hold_nothing_back(desk: Newsdesk, down: bool) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.receptions = {"mail": Reception("mail", per_hour=1)}
    desk.down = {"mail"} if down else set()
    desk.report(AMBER)
    desk.deliver()
    desk.report(Report("vessel"))
    desk.down = set()
    desk.wait(days=-400)
    desk.deliver()
    assert desk.states("state") == [("sent",), ("sent",)]


def test_what_one_process_sent_is_not_undone_by_the_failure_of_another(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    desk.report(AMBER)
    (slow,) = claiming.claim(desk.connection, desk.now)
    desk.wait(hours=1)
    desk.deliver()
    failed = replace(slow.delivery, state=type(slow.delivery.state)("failed"))
    outbox.settle(desk.connection, failed, desk.now)
    desk.wait(hours=1)
    desk.deliver()
    assert len(desk.got["mail"]) == 1


def test_a_cool_down_may_be_longer_than_the_life_of_a_message(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    slow = (replace(RULE, cooldown=2 * LIFETIME),)
    desk.report(replace(AMBER, rules=slow))
    desk.deliver()
    desk.report(replace(RED, rules=slow))
    desk.wait(hours=2 * LIFETIME / timedelta(hours=1))
    desk.down = {"mail"}
    desk.deliver()
    assert desk.told("mail") == ["first amber sent", "update red failed"]


def test_the_story_keeps_its_order_within_a_batch(desk: Newsdesk) -> None:
    desk.policy = Policy(channels=("mail",))
    easing = Direction.EASING
    for n in range(6):  # ids are digests: some are in the wrong order
        first, second = Report(f"thing-{n}"), Report(f"thing-{n}", direction=easing)
        desk.report(first, second)
        desk.wait(days=4)
        assert desk.report(second) == 1
        facts = desk.connection.execute(
            "SELECT facts->>'$[*].after' FROM alerts ORDER BY created_at DESC LIMIT 1"
        ).fetchone()
        assert facts == ([],), "lifted again: no turn"
        desk.wait(days=40)
