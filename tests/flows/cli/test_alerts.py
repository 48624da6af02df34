"""What a person does with alerts: look, acknowledge, mute, send again."""

from __future__ import annotations

import asyncio
import json
import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from flows.watch import watch
from tests.flows.conftest import Run
from tests.flows.newsroom import FRIDAY, LIFTED_EN, WARNING_EN, WARNING_JA, Newsroom, routes

LIFTED = replace(LIFTED_EN, published=FRIDAY + timedelta(hours=20))


def run(news: Newsroom) -> None:
    asyncio.run(watch(news.house()))


@pytest.fixture
def told(news: Newsroom) -> Newsroom:
    """A newsroom whose desk was told of one event, while the other channel refused for good."""
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.desk("desk")
    news.desk("bad", 404)
    run(news)
    return news


def listed(call: Run) -> list[dict[str, object]]:
    lines = call("alerts", "list", "--format", "jsonl").out.splitlines()
    return [json.loads(line) for line in lines]


def test_list_and_show_tell_what_became_of_an_alert(told: Newsroom, call: Run) -> None:
    (alert,) = listed(call)
    assert (alert["kind"], alert["severity"], alert["rules"]) == (
        "first",
        "high",
        ["travel-advisory"],
    )
    assert alert["deliveries"] == "bad: dead, desk: sent"
    table = call("alerts", "list").out
    assert str(alert["id"])[:8] in table
    shown = call("alerts", "show", str(alert["id"])[:6])
    assert WARNING_EN.title in shown.out
    assert "the service answered 404" in shown.out


def test_show_says_why_an_event_was_told_or_was_not(told: Newsroom, call: Run) -> None:
    told.site.routes |= routes(WARNING_JA, WARNING_EN)
    run(told)
    (alert,) = listed(call)
    for id in (str(alert["id"]), str(alert["event_id"])[:7]):
        shown = call("alerts", "show", id).out
        assert f"first alert {str(alert['id'])[:8]}: sent 20" in shown
        assert "dead; channel bad: the service answered 404" in shown
        assert shown.count("nothing new: it was told of this event before") == 2
    rows = call("alerts", "show", str(alert["event_id"]), "--format", "jsonl").out.splitlines()
    assert [json.loads(row)["outcome"] for row in rows] == [*["told"] * 2, *["nothing new"] * 2]
    assert "every event in the news made an alert" in call("alerts", "list", "--untold").err


def test_what_told_nobody_is_listed_with_why(news: Newsroom, call: Run) -> None:
    news.hours = 0
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.desk("desk")
    run(news)
    (row,) = call("alerts", "list", "--untold", "--format", "jsonl").out.splitlines()
    event = json.loads(row)
    assert (event["title"], event["why"]) == (WARNING_EN.title, "backlog")
    shown = call("alerts", "show", event["id"]).out
    assert "backlog" in shown
    assert "1 in the news" in shown


def test_ack_is_kept(told: Newsroom, call: Run) -> None:
    (alert,) = listed(call)
    assert alert["acked_at"] is None
    assert call("alerts", "ack", str(alert["id"])).status == 0
    (once,) = listed(call)
    call("alerts", "ack", str(alert["id"]))
    assert once["acked_at"] is not None
    assert listed(call) == [once], "the first stays"


def test_an_ack_is_seen_and_said_again(told: Newsroom, call: Run) -> None:
    id = str(listed(call)[0]["id"])
    assert "acknowledged" not in call("alerts", "list").out
    call("alerts", "ack", id)
    assert "acknowledged" in call("alerts", "list").out
    assert "\nacknowledged 20" in call("alerts", "show", id).out
    assert "was acknowledged before, 20" in call("alerts", "ack", id).err


def test_a_narrow_table_keeps_what_one_looks_for(
    told: Newsroom, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "direction" in call("alerts", "list").out
    monkeypatch.setattr("flows.cli.alerts.WIDE", 1_000)
    narrow = call("alerts", "list").out
    assert "direction" not in narrow
    assert "headline" in narrow
    assert "bad: dead" in narrow


def test_facts_are_a_list_for_programs(told: Newsroom, call: Run) -> None:
    assert [alert["facts"] for alert in listed(call)] == [[]]


def test_what_is_muted_has_its_name(told: Newsroom, call: Run) -> None:
    (alert,) = listed(call)
    assert WARNING_EN.title in call("alerts", "mute", str(alert["id"])).err
    call("alerts", "mute", "--rule", "travel-advisory")
    muted = call("alerts", "list", "--muted", "--format", "csv").out
    assert WARNING_EN.title in muted
    assert "Travel advisory" in muted


def test_a_muted_event_joins_silently_and_its_sequel_too(told: Newsroom, call: Run) -> None:
    (alert,) = listed(call)
    assert call("alerts", "mute", str(alert["event_id"]), "--for", "3d").status == 0
    assert "event" in call("alerts", "list", "--muted").out
    told.site.routes |= routes(LIFTED, WARNING_JA, WARNING_EN)
    run(told)
    assert len(listed(call)) == 1
    joined = call("sql", "SELECT news FROM events WHERE news > 0 ORDER BY ALL", "--format", "csv")
    assert joined.out.split() == ["news", "1", "2"]
    unmuted = call("alerts", "unmute", str(alert["id"])[:8])
    assert unmuted.status == 0
    assert "2 events with reports that made no alert (" in unmuted.err
    assert "not sent" not in unmuted.err
    again = replace(LIFTED, path="/en/4", title=f"{LIFTED.title}, ministry says")
    told.site.routes |= routes(again, LIFTED, WARNING_JA, WARNING_EN)
    run(told)
    assert [row["kind"] for row in listed(call)] == ["update", "first"], "told with the next report"


def test_what_a_mute_took_back_is_told_when_it_ends(news: Newsroom, call: Run) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.desk("bad", 404)
    run(news)
    (alert,) = listed(call)
    call("alerts", "resend", "--dead")
    call("alerts", "mute", str(alert["id"]))
    said = call("alerts", "unmute", str(alert["id"])).err
    assert f"1 alert not sent ({str(alert['id'])[:8]}); `noroshi alerts resend ID`" in said
    assert "not sent" in call("alerts", "unmute", str(alert["id"])).err, "until it is sent"
    assert call("alerts", "resend", str(alert["id"])).status == 0
    assert "not sent" not in call("alerts", "unmute", str(alert["id"])).err


def test_a_channel_that_fails_is_named_by_run_and_list(news: Newsroom, call: Run) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.desk("bad", 503)
    run(news)
    run(news)
    assert listed(call)[0]["deliveries"] == "bad: failed (channel failing)"
    said = call("run").err
    assert "bad: 1 message waits until 20" in said
    assert "503" in said


def test_of_one_moment_the_gravest_comes_first(told: Newsroom, call: Run) -> None:
    with told.house().warehouse.writing("test") as connection:
        connection.execute(
            "INSERT INTO store.alert (id, event_id, severity, notice, created_at) "
            "SELECT severity, severity, severity, '{}', now() "
            "FROM (SELECT unnest(['low', 'critical', 'medium', 'high']) AS severity)"
        )
    told.house().warehouse.publish()
    assert [row["severity"] for row in listed(call)][:4] == ["critical", "high", "medium", "low"]


def test_muting_a_rule_silences_no_other(news: Newsroom, call: Run) -> None:
    news.site.routes |= routes(WARNING_EN)
    news.source("one")
    news.rules.append('[[rule]]\nid = "mine"\nkeywords = ["travel to Japan"]\n')
    desk = news.desk("desk")
    news.house()
    assert call("alerts", "mute", "--rule", "travel-advisory", "--for", "12h").status == 0
    run(news)
    assert len(desk.got) == 1
    (alert,) = listed(call)
    assert alert["rules"] == ["mine"]


def test_resend_revives_the_dead_under_their_own_ids(told: Newsroom, call: Run) -> None:
    ids = "SELECT id FROM deliveries WHERE alert_id IS NOT NULL ORDER BY id"
    before = call("sql", ids).out
    told.desks["bad"].status = 200
    ran = call("alerts", "resend", "--dead", "--channel", "bad")
    assert (ran.status, ran.err.strip()) == (0, "1 message for the next cycle to send")
    run(told)
    assert WARNING_EN.title in told.desks["bad"].got[0]
    assert call("sql", ids).out == before
    assert call("alerts", "resend", "--dead").status == 1, "nothing is dead any more"
    (alert,) = listed(call)
    alerts = len(told.desks["desk"].got)
    assert call("alerts", "resend", str(alert["id"]), "--channel", "desk").status == 0
    assert listed(call)[0]["deliveries"] == "bad: sent, desk: pending"
    run(told)
    assert len(told.desks["desk"].got) == alerts + 1


SENSELESS = [
    ("show nothing", "no alert or event has an id"),
    ("ack ''", "no alert has an id"),
    ("mute", "give an event or --rule"),
    ("mute x --for soon", "no duration"),
    ("mute --rule transport --for 0d", "at most 365d"),
    ("mute --rule transport --for 99999d", "at most 365d"),
    ("mute --rule nothing", "no rule"),
    ("resend", "or --dead"),
    ("resend --dead --channel nothing", "no channel"),
]


def test_what_makes_no_sense_is_refused(told: Newsroom, call: Run) -> None:
    for command, why in SENSELESS:
        ran = call("alerts", *shlex.split(command))
        assert ran.status == 2, command
        assert why in ran.err
