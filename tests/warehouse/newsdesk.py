"""A newsdesk: a warehouse with readers, a clock that is moved by hand, and lists for channels.

Reports come in as judged versions, so that a test says what the coder and the rules found in them;
all from there on is the real thing: identity, decisions, outbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb

from alerts.errors import DeliveryError
from alerts.reading.coding import Category, Coding, Direction, Severity
from alerts.reading.rules.match import Match
from alerts.reading.rules.rule import Rule
from alerts.telling.deciding import health
from alerts.telling.deciding.outbox import after_failure, after_success
from alerts.telling.deciding.policy import Policy
from alerts.telling.deciding.reception import Reception
from alerts.telling.notice import Notice
from alerts.telling.writing.bundle import Bundle
from extractors.article import Arrival
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.storage import migrate
from warehouse.telling import channels, claiming, matching, outbox
from warehouse.telling.parcels import Parcel

RULE = Rule("travel", "Travel advisories", category=Category.TRAVEL_ADVISORY)


@dataclass(frozen=True, slots=True)
class Report:
    """What an article says, as the coder reads it."""

    thing: str = "seafood"
    """What keeps its story apart from others."""
    direction: Direction = Direction.ESCALATION
    level: str | None = None
    severity: Severity = Severity.MEDIUM
    language: str = "en"
    source: str = "media"
    rules: tuple[Rule, ...] = (RULE,)
    arrival: Arrival = Arrival.NEW


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a channel got it."""

    at: datetime
    id: str
    alerts: tuple[str, ...]
    """Ids of the alerts in it."""


@dataclass(slots=True)
class Newsdesk:
    """See the module. What a channel got is in `got`."""

    connection: duckdb.DuckDBPyConnection
    policy: Policy = field(default_factory=lambda: Policy(channels=("mail", "chat")))
    receptions: dict[str, Reception] = field(default_factory=dict)
    now: datetime = NOW
    got: dict[str, list[Received]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    """Channels that take nothing."""
    mortal: set[str] = field(default_factory=set)
    """Channels at which the process dies between acceptance and the note of it."""
    count: int = 0
    """Of articles."""
    versions: int = 0

    def wait(self, **span: float) -> None:
        """Time passes, or goes back."""
        self.now += timedelta(**span)

    def report(self, *reports: Report) -> int:
        """Articles come in, in one batch; how many alerts they make."""
        return self.write(dict(enumerate(reports, start=self.count + 1)))

    def write(self, reports: Mapping[int, Report]) -> int:
        """Articles come in by their number: one that is there already is rewritten."""
        found = {}
        for number, report in reports.items():
            self.count, self.versions = max(self.count, number), self.versions + 1
            article = an_article(
                f"https://example.org/{number}",
                title=f"{report.thing} {number}, version {self.versions}",
                text=f"{report}, for the {self.versions}th time.",
                language=report.language,
                source_id=report.source,
                arrival=report.arrival,
                published_at=self.now + timedelta(milliseconds=self.versions),
                fetched_at=self.now,
            )
            found[article.id] = (article, report)
        with self._writing() as connection:
            articles.store(connection, [article for article, _ in found.values()], self.now)
            judged = [
                matching.Judged(version, Coding(True, 1.0), _matches(found[version.article_id][1]))
                for version in matching.waiting(connection, limit=100)
            ]
            return matching.store(connection, judged, self.policy, self.now).alerts

    def deliver(self, *, last: bool = True) -> None:
        """What is due goes out, as in a cycle."""
        with self._writing() as connection:
            outbox.release(connection, claiming.waiting(connection), self.now)
        stopped: set[str] = set()
        while parcels := self._claim(stopped, last=last):
            for parcel in parcels:
                if parcel.delivery.channel not in stopped:
                    self._send(parcel, stopped)

    def told(self, channel: str) -> list[str]:
        """What became of each alert at a channel, in order: its kind, level and state."""
        answer = self.connection.execute(
            """
            SELECT kind || ' ' || coalesce(notice->>'level', notice->>'severity') || ' ' || state
            FROM store.delivery
            JOIN store.alert ON alert.id = alert_id
            WHERE channel = $channel
            ORDER BY alert.created_at, alert.id
            """,
            {"channel": channel},
        )
        return [row[0] for row in answer.fetchall()]

    def states(self, what: str) -> list[tuple[Any, ...]]:
        """Columns of all deliveries, by channel and age."""
        return self.connection.execute(
            f"SELECT {what} FROM store.delivery ORDER BY channel, created_at, id"  # noqa: S608
        ).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def _claim(self, stopped: set[str], *, last: bool) -> tuple[Parcel, ...]:
        with self._writing() as connection:
            self._abandon(connection)
            return claiming.claim(connection, self.now, self.receptions, last=last, without=stopped)

    def _abandon(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As a cycle does with what waits for channels that are gone from the settings."""
        waiting = {row[0] for row in self.states("channel")}
        for name in waiting - set(self.policy.channels):
            outbox.give_up(connection, name, "it is no longer in the settings")

    def _send(self, parcel: Parcel, stopped: set[str]) -> None:
        delivery = parcel.delivery
        with self._writing() as connection:
            if delivery.channel not in self.down:
                self._receive(parcel)
                if delivery.channel in self.mortal:
                    stopped.add(delivery.channel)
                    return
                outbox.settle(connection, after_success(delivery, self.now), self.now)
                channels.keep_health(connection, health.Health(delivery.channel))
                return
            stopped.add(delivery.channel)
            error = DeliveryError(delivery.channel, "it answered 503", "wait")
            before = channels.health(connection, delivery.channel)
            after = health.after_failure(before, error, self.now, jitter=0)
            failed = after_failure(delivery, error, self.now, jitter=0)
            due_at = after.retry_at or self.now
            outbox.settle(connection, replace(failed, due_at=due_at), self.now)
            channels.keep_health(connection, after)
            sending = "SELECT coalesce(bundle_id, id) FROM store.delivery WHERE state = 'sending'"
            rest = connection.execute(f"{sending} AND channel = $c", {"c": delivery.channel})
            outbox.put_back(connection, [row[0] for row in rest.fetchall()], self.now)

    def _receive(self, parcel: Parcel) -> None:
        alerts: tuple[str, ...] = ()
        if isinstance(parcel.content, Notice):
            alerts = (parcel.content.alert_id,)
        if isinstance(parcel.content, Bundle):
            alerts = tuple(notice.alert_id for notice in parcel.content.notices)
        got = self.got.setdefault(parcel.delivery.channel, [])
        got.append(Received(self.now, parcel.delivery.id, alerts))


@contextmanager
def newsdesk() -> Iterator[Newsdesk]:
    """A newsdesk with nothing in it, in memory."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        migrate.migrate(connection)
        yield Newsdesk(connection)


def _matches(report: Report) -> tuple[Match, ...]:
    return tuple(
        Match(
            rule=rule,
            category=Category.TRAVEL_ADVISORY,
            direction=report.direction,
            severity=report.severity,
            actor="HK",
            target="JP",
            level=report.level,
            evidence=(),
            object=report.thing,
        )
        for rule in report.rules
    )
