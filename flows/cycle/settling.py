"""Settling: how messages went is written down, and operators are told of channels that fail.

They are told through another channel, in the transaction that writes the failure down.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.errors import DeliveryError
from alerts.telling.deciding.health import Health, Turn, turn
from alerts.telling.deciding.health import after_failure as channel_failed
from alerts.telling.deciding.health import after_success as channel_worked
from alerts.telling.deciding.outbox import Delivery, DeliveryState, after_failure, after_success
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.operator import channel_down, channel_up, given_up
from alerts.telling.writing.render import Message
from extractors.article import digest
from flows.configuration.desk import Desk
from warehouse.database import Connection, Warehouse
from warehouse.telling import channels, outbox, receipts
from warehouse.telling.receipts import Receipt

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one message went."""

    delivery: Delivery
    error: DeliveryError | None
    at: datetime

    @property
    def receipt(self) -> Receipt | None:
        """That it was accepted."""
        return None if self.error else Receipt(self.delivery, self.at)


@dataclass(frozen=True, slots=True)
class Settling:
    """Writes down what came of deliveries. Each method is one transaction."""

    warehouse: Warehouse
    desk: Desk
    clock: Clock

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write down which messages were accepted, and which refused for good."""
        with self.warehouse.writing("settle a delivery") as connection:
            for outcome in outcomes:
                self._settle(connection, outcome.delivery, outcome.error, outcome.at)
        receipts.drop(self.warehouse, [one.receipt for one in outcomes if one.receipt])

    def _settle(
        self,
        connection: Connection,
        delivery: Delivery,
        error: DeliveryError | None,
        now: datetime,
    ) -> None:
        before = channels.health(connection, delivery.channel)
        if error is None:
            outbox.settle(connection, after_success(delivery, now), now)
            self._now_works(connection, before, now)
        else:
            outbox.settle(connection, self._failure(delivery, error, now), now)
            self._now_refuses(connection, before, delivery, error, now)

    def catch_up(self, connection: Connection, found: Collection[Receipt]) -> None:
        """Write down what was accepted, by receipts of those who could not do it themselves."""
        for receipt in found:
            if receipts.due(connection, receipt):
                self._settle(connection, receipt.delivery, None, receipt.at)

    def set_aside(self, delivery: Delivery, error: DeliveryError) -> None:
        """A message failed again and again: whether the channel does, the next one shows."""
        now = self.clock()
        with self.warehouse.writing("settle a delivery") as connection:
            settled = self._failure(delivery, error, now)
            outbox.settle(connection, settled, now)
            if settled.state is DeliveryState.DEAD:
                self._tell_dead(connection, delivery.channel, 1, error, now)

    def stop(self, failed: Sequence[Delivery], rest: Sequence[str], error: DeliveryError) -> None:
        """The channel fails: what was tried goes first when it is tried again, the `rest`, by
        their ids, waits."""
        now, name = self.clock(), failed[-1].channel
        with self.warehouse.writing("settle a delivery") as connection:
            before = channels.health(connection, name)
            after = channel_failed(before, error, now, jitter=_jitter())
            for delivery in failed:
                settled = self._failure(delivery, error, now)
                outbox.settle(connection, replace(settled, due_at=after.retry_at or now), now)
            outbox.put_back(connection, rest, now)
            if turn(before, after, now, refused=False) is Turn.DOWN:
                after = self._tell_down(connection, after, now, refused=False)
            channels.keep_health(connection, after)
            self._bury(connection, failed, error, now)

    def _bury(
        self,
        connection: Connection,
        failed: Sequence[Delivery],
        error: DeliveryError,
        now: datetime,
    ) -> None:
        """Give up what is too old by now, and tell operators."""
        before = now - self.desk.lifetime
        dead = sum(delivery.created_at <= before for delivery in failed)
        dead += outbox.give_up(connection, failed[-1].channel, str(error), before=before)
        if dead:
            self._tell_dead(connection, failed[-1].channel, dead, error, now)

    def abandon(self, name: str, error: DeliveryError) -> None:
        """Give up all that waits for a channel."""
        with self.warehouse.writing("settle a delivery") as connection:
            outbox.give_up(connection, name, str(error))

    def _now_works(self, connection: Connection, before: Health, now: datetime) -> None:
        if not before.failures:
            return
        after = channel_worked(before)
        if turn(before, after, now, refused=False) is Turn.UP:
            self._post(
                connection,
                before.channel,
                f"up {before.failing_since}",
                lambda labels: channel_up(before, now, labels),
                now,
            )
        channels.keep_health(connection, after)

    def _now_refuses(
        self,
        connection: Connection,
        before: Health,
        delivery: Delivery,
        error: DeliveryError,
        now: datetime,
    ) -> None:
        """One refusal may be the message's own fault; two in a row are the channel's."""
        after = channel_failed(before, error, now, jitter=0)
        if before.failures and turn(before, after, now, refused=True) is Turn.DOWN:
            after = self._tell_down(connection, after, now, refused=True)
        elif before.told_at is None:
            self._tell_dead(connection, delivery.channel, 1, error, now)
        channels.keep_health(connection, after)

    def _tell_down(
        self, connection: Connection, health: Health, now: datetime, *, refused: bool
    ) -> Health:
        self._post(
            connection,
            health.channel,
            f"down {health.failing_since}",
            lambda labels: channel_down(
                health, labels, refused=refused, lifetime=self.desk.lifetime
            ),
            now,
        )
        return replace(health, told_at=now)

    def _tell_dead(
        self, connection: Connection, channel: str, count: int, error: DeliveryError, now: datetime
    ) -> None:
        """At most once a day and channel."""
        self._post(
            connection,
            channel,
            f"dead {now.date()}",
            lambda labels: given_up(channel, count, str(error), labels),
            now,
        )

    def _post(
        self,
        connection: Connection,
        about: str,
        what: str,
        message: Callable[[str], Message],
        now: datetime,
    ) -> None:
        """Tell operators through the other channels: those that work, else all of them."""
        others = [c for c in self.desk.channels if c.name in self.desk.operators - {about}]
        failing = channels.failing(connection)
        working = [channel for channel in others if channel.name not in failing]
        id = digest(f"operator\n{about}\n{what}")
        bulletins = [Bulletin(id, "operator", c.name, message(c.labels)) for c in working or others]
        outbox.post_bulletins(connection, bulletins, now)

    def _failure(self, delivery: Delivery, error: DeliveryError, now: datetime) -> Delivery:
        return after_failure(delivery, error, now, jitter=_jitter(), lifetime=self.desk.lifetime)


def _jitter() -> float:
    return secrets.randbelow(1000) / 1000
