"""Whatever happens, and in whatever order: what is due to a reader arrives once, or says why not.

Random sequences of ordinary happenings (reports, revisions, old news, mutes, channels that fail,
come and go, quiet hours and caps that change, processes that die while sending, clocks that jump)
run through the real decisions and the real outbox; a small model knows what each reader is owed.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.reading.coding import Direction, Severity
from alerts.telling.deciding.policy import Policy, Route
from alerts.telling.deciding.quiet import Quiet, QuietMode
from alerts.telling.deciding.reception import Reception
from extractors.article import Arrival
from tests.warehouse.newsdesk import RULE, Newsdesk, Received, Report
from warehouse.storage import migrate
from warehouse.telling import channels, handling, mutes

COOLDOWN = timedelta(hours=2)
COOL = replace(RULE, id="cool", cooldown=COOLDOWN)
NAMED = replace(RULE, id="named", channels=("chat", "late"))
ALWAYS = ("mail", "chat")
JAPANESE = Route(("chat",), languages=("ja",))
UTC = ZoneInfo("UTC")
THINGS = ["seafood", "vessel", "concert", "flights"]
SUPERSEDED = "a later alert says it too"

reports = st.builds(
    Report,
    thing=st.sampled_from(THINGS),
    direction=st.sampled_from([Direction.ESCALATION, Direction.EASING]),
    level=st.sampled_from(["amber", "red"]),
    severity=st.sampled_from([Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]),
    language=st.sampled_from(["en", "ja"]),
    source=st.sampled_from(["media", "gov"]),
    rules=st.sampled_from([(RULE,), (COOL,), (NAMED,), (RULE, COOL), (COOL, NAMED)]),
    arrival=st.sampled_from([Arrival.NEW, Arrival.NEW, Arrival.NEW, Arrival.BACKLOG]),
)
quiets = st.builds(
    lambda begin, mode: Quiet(time(begin), time((begin + 8) % 24), UTC, mode),
    st.sampled_from([8, 10, 12, 16, 22]),
    st.sampled_from(QuietMode),
)
receptions = st.builds(Reception, st.just("chat"), st.none() | quiets, st.sampled_from([1, 1, 30]))


@dataclass(slots=True)
class Owed:
    """What the model knows of one channel."""

    events: dict[str, Severity] = field(default_factory=dict)
    """Events that it is to be told of, and how grave they were by then."""
    ever: set[str] = field(default_factory=set)
    """Events of which a report led to it."""


_EMPTY: list[duckdb.DuckDBPyConnection] = []


def emptied() -> duckdb.DuckDBPyConnection:
    """A warehouse with nothing in it: one for all examples, as making one takes long."""
    if not _EMPTY:
        _EMPTY.append(duckdb.connect())
        _EMPTY[0].execute("SET TimeZone = 'UTC'")
        migrate.migrate(_EMPTY[0])
    tables = _EMPTY[0].execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE schema_name = 'store' AND table_name != 'schema_migration'"
    )
    for (name,) in tables.fetchall():
        _EMPTY[0].execute(f"DELETE FROM store.{name}")  # noqa: S608 (our own tables)
    return _EMPTY[0]


class Happenings(RuleBasedStateMachine):
    """See the module."""

    @initialize(reception=receptions)
    def begin(self, reception: Reception) -> None:
        self.desk = Newsdesk(emptied(), receptions={"chat": reception})
        self.owed: dict[str, Owed] = defaultdict(Owed)
        self.crashed: set[tuple[str, str]] = set()
        self.resent: set[tuple[str, str]] = set()
        self._have(ALWAYS)

    @rule(batch=st.lists(reports, min_size=1, max_size=3))
    def report(self, batch: list[Report]) -> None:
        self._reported(batch, range(self.desk.count + 1, self.desk.count + 1 + len(batch)))

    @rule(batch=st.lists(reports, min_size=1, max_size=3))
    def report_and_tell(self, batch: list[Report]) -> None:
        self.report(batch)
        self.cycle()

    @precondition(lambda self: self.desk.count)
    @rule(number=st.integers(1, 6), report=reports)
    def revise(self, number: int, report: Report) -> None:
        """An article is rewritten, and says something else."""
        number = min(number, self.desk.count)
        self._reported([report], [number])

    @rule(minutes=st.sampled_from([1, 15, 15, 61, 6 * 60]))
    def wait(self, minutes: int) -> None:
        self.desk.wait(minutes=minutes)

    @rule(hours=st.sampled_from([-1, 1]))
    def clocks_change(self, hours: int) -> None:
        self.desk.wait(hours=hours)

    @rule()
    def cycle(self) -> None:
        self._deliver()
        for delivery in self._waiting():
            assert self._waits_for_a_reason(delivery), delivery

    @rule()
    def digest(self) -> None:
        """Who sends between two cycles sums nothing up."""
        self._deliver(last=False)

    @rule(name=st.sampled_from(ALWAYS), batch=st.lists(reports, max_size=2))
    def die_sending(self, name: str, batch: list[Report]) -> None:
        """The process is killed after a message was accepted and before that is noted."""
        self.report(batch)
        before = len(self.desk.got.get(name, []))
        self.desk.mortal = {name}
        self._deliver()
        self.desk.mortal = set()
        for message in self.desk.got.get(name, [])[before:]:
            self.crashed |= {(name, id) for id in message.alerts}

    @rule(name=st.sampled_from(ALWAYS))
    def fail_or_work(self, name: str) -> None:
        self.desk.down ^= {name}

    @rule(reception=receptions)
    def set_hours_and_cap(self, reception: Reception) -> None:
        self.desk.receptions = {"chat": reception}
        self.cycle()

    @rule(names=st.sampled_from([ALWAYS, ("chat", "late"), (*ALWAYS, "late")]))
    def set_channels(self, names: tuple[str, ...]) -> None:
        self._have(names)

    @rule(thing=st.sampled_from(THINGS), hours=st.sampled_from([1, 12]))
    def mute(self, thing: str, hours: int) -> None:
        for story in self._stories(thing):
            until = self.desk.now + timedelta(hours=hours)
            mutes.mute(self.desk.connection, ("event", story), until, self.desk.now)
        self._forget_what_was_taken_back()

    @rule()
    def unmute(self) -> None:
        for kind, key in mutes.present(self.desk.connection, self.desk.now):
            mutes.unmute(self.desk.connection, (kind, key))

    @precondition(lambda self: self._alerts())
    @rule(choice=st.integers(0, 20))
    def resend(self, choice: int) -> None:
        alerts = self._alerts()
        id = alerts[choice % len(alerts)]
        handling.resend(self.desk.connection, self.desk.now, alert_id=id)
        self.resent |= {(name, id) for name in (*ALWAYS, "late")}

    def teardown(self) -> None:
        """In the end nothing waits any more."""
        if not hasattr(self, "desk"):
            return
        self.desk.down = set()
        for _ in range(8):
            self.desk.wait(hours=5)
            self._deliver()
        assert self._waiting() == []

    def _have(self, names: tuple[str, ...]) -> None:
        self.desk.policy = Policy(
            channels=names, routes=(JAPANESE,), tags={"gov": frozenset({"government"})}
        )

    def _reported(self, batch: list[Report], numbers: range | list[int]) -> None:
        old = self._events()
        muted = {key for _, key in mutes.present(self.desk.connection, self.desk.now)}
        self.desk.write(dict(zip(numbers, batch, strict=True)))
        events = self._events()
        for number, report in zip(numbers, batch, strict=True):
            found = events[self._event_of(number)]
            if self._loud(number) and found["story"] not in muted:
                self._owe(found, report, known=old.get(found["id"]))
        self._check_owed()
        self._check_alerts()

    def _owe(self, event: dict[str, Any], report: Report, known: dict[str, Any] | None) -> None:
        """Rules lead to their channels, Japanese reports to chat, all else to everybody."""
        names = set[str]()
        for each in report.rules:
            anywhere = ("chat",) if report.language == "ja" else self.desk.policy.channels
            names |= {n for n in each.channels or anywhere if n in self.desk.policy.channels}
        for name in names:
            self.owed[name].ever.add(event["id"])
            if not (known and known["old"]):
                self.owed[name].events[event["id"]] = Severity(event["severity"])

    def _check_owed(self) -> None:
        """Everybody is told, or was, of what was reported to them, as grave as it is."""
        told = self._told()
        for name, owed in self.owed.items():
            for event, severity in owed.events.items():
                mine = [row for row in told if row["channel"] == name and not row["muted"]]
                of_it = [row for row in mine if row["event_id"] == event]
                known = max((Severity(row["severity"]).rank for row in of_it), default=-1)
                assert known >= severity.rank, (name, event, severity, of_it)

    def _check_alerts(self) -> None:
        """Nobody is told what did not lead there, twice of one thing, or nothing."""
        seen: set[tuple[object, ...]] = set()
        for row in self._told():
            name, event = row["channel"], row["event_id"]
            assert event in self.owed[name].ever, row
            assert row["kind"] == "first" or row["news"] != "[]", row
            assert row["state"] not in {"dead", "skipped"} or row["error"], row
            if row["state"] != "skipped":
                said = (name, event, row["kind"], row["news"])
                assert said not in seen, row
                seen.add(said)
        for name in self.owed:
            self._check_superseded([row for row in self._told() if row["channel"] == name])

    def _check_superseded(self, mine: list[dict[str, Any]]) -> None:
        """Where a later alert is to say it too, there is one."""
        for row in mine:
            if row["error"] == SUPERSEDED:
                story = [r for r in mine if r["story"] == row["story"] and r["kind"] == "update"]
                assert any(r["error"] != SUPERSEDED for r in story), row

    def _deliver(self, *, last: bool = True) -> None:
        before = {name: len(got) for name, got in self.desk.got.items()}
        self.desk.deliver(last=last)
        for name, got in self.desk.got.items():
            for message in got[before.get(name, 0) :]:
                self._check_hour(name, message)
            self._check_once(name, got)
        self._check_alerts()

    def _check_hour(self, name: str, message: Received) -> None:
        """Quiet hours are kept."""
        quiet = self.desk.receptions.get(name, Reception(name)).quiet
        if quiet and quiet.until(self.desk.now):
            assert quiet.mode is QuietMode.CRITICAL_ONLY
            grave = {row["alert_id"] for row in self._told() if row["severity"] == "critical"}
            assert grave & set(message.alerts)

    def _check_once(self, name: str, got: list[Received]) -> None:
        """Once; again only after a crash, and then under the same id, or as a person asked for."""
        ids: dict[str, list[str]] = defaultdict(list)
        for message in got:
            for alert in message.alerts:
                ids[alert].append(message.id)
        for alert, messages in ids.items():
            if (name, alert) not in self.resent:
                assert len(set(messages)) == 1, (name, alert)
                assert len(messages) == 1 or (name, alert) in self.crashed, (name, alert)

    def _waits_for_a_reason(self, row: dict[str, Any]) -> bool:
        now, name = self.desk.now, row["channel"]
        reception = self.desk.receptions.get(name, Reception(name))
        until = reception.quiet.until(now) if reception.quiet else None
        rests = channels.health(self.desk.connection, name).resting(now)
        cooled = row["kind"] == "update" and not row["held"] and row["due_at"] > now
        return (
            name in self.desk.down
            or rests
            or (row["held"] == "quiet" and row["due_at"] == until)
            or (row["bundle_id"] is not None and row["due_at"] == until)
            or (
                row["held"] == "cap"
                and row["severity"] != "critical"
                and now < row["due_at"] <= now + timedelta(hours=1)
            )
            or (cooled and row["due_at"] <= row["created_at"] + COOLDOWN)
        )

    def _waiting(self) -> list[dict[str, Any]]:
        there = self.desk.policy.channels
        return [
            row
            for row in self._told()
            if row["state"] not in {"sent", "dead", "skipped"} and row["channel"] in there
        ]

    def _told(self) -> list[dict[str, Any]]:
        return self._rows(
            """
            SELECT channel, state, error, due_at, held, bundle_id, held = 'mute' IS TRUE AS muted,
                   alert_id, kind, severity, CAST(facts AS VARCHAR) AS news, alert.created_at,
                   alert.event_id, coalesce(event.thread_id, event.id) AS story
            FROM store.delivery
            JOIN store.alert ON alert.id = alert_id
            JOIN (SELECT id, thread_id FROM store.event) AS event ON event.id = alert.event_id
            """
        )

    def _events(self) -> dict[str, dict[str, Any]]:
        rows = self._rows(
            """
            SELECT event.id, coalesce(thread_id, event.id) AS story, severity, object,
                   bool_and(arrival != 'new') AS old
            FROM store.event
            JOIN store.event_article ON event_id = event.id
            JOIN (SELECT id AS of, arrival FROM store.article) ON of = article_id
            GROUP BY ALL
            """
        )
        return {row["id"]: row for row in rows}

    def _stories(self, thing: str) -> set[str]:
        return {row["story"] for row in self._events().values() if row["object"] == thing}

    def _event_of(self, number: int) -> str:
        (row,) = self._rows(
            f"SELECT DISTINCT event_id FROM store.match JOIN store.article "  # noqa: S608
            f"ON article.id = article_id AND article.version_id = match.version_id "
            f"WHERE url = 'https://example.org/{number}'"
        )
        return str(row["event_id"])

    def _loud(self, number: int) -> bool:
        url = f"https://example.org/{number}"
        (row,) = self._rows(f"SELECT arrival FROM store.article WHERE url = '{url}'")  # noqa: S608
        return bool(row["arrival"] == "new")

    def _alerts(self) -> list[str]:
        return [row["id"] for row in self._rows("SELECT id FROM store.alert ORDER BY id")]

    def _forget_what_was_taken_back(self) -> None:
        told = self._told()
        for name, owed in self.owed.items():
            back = {r["event_id"] for r in told if r["channel"] == name and r["muted"]}
            owed.events = {id: grave for id, grave in owed.events.items() if id not in back}

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        answer = self.desk.connection.execute(sql)
        columns = [column[0] for column in answer.description or []]
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


HEALTHY = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def bounded(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=HEALTHY,
        print_blob=True,
    )


def test_whatever_happens() -> None:
    run_state_machine_as_test(Happenings, settings=bounded(12, 14))


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_whatever_happens_for_long() -> None:
    rounds = int(os.environ.get("ROUNDS", "400"))
    run_state_machine_as_test(Happenings, settings=bounded(rounds, 30))
