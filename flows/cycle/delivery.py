"""Delivery: what is due goes out, channels side by side, each channel's messages in order.

A channel that fails is left alone for the rest of the round and for a while after it. Operators
are told of it through another one, in the transaction that writes the failure down.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.errors import DeliveryError
from alerts.telling.deciding.health import Health, Turn, turn
from alerts.telling.deciding.health import after_failure as channel_failed
from alerts.telling.deciding.health import after_success as channel_worked
from alerts.telling.deciding.outbox import (
    PATIENCE,
    Delivery,
    DeliveryState,
    after_failure,
    after_success,
)
from alerts.telling.notice import Notice
from alerts.telling.sending.channel import Channel, send
from alerts.telling.sending.wire import Envelope
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.bundle import Bundle, Held
from alerts.telling.writing.operator import channel_capped, channel_down, channel_up, given_up
from alerts.telling.writing.render import Message, render, render_bundle
from extractors.article import digest
from flows.configuration.desk import Desk
from flows.progress import Silent, Stages
from warehouse import holdings, outbox
from warehouse.database import Connection, Warehouse
from warehouse.holdings import Holding
from warehouse.lock import hold
from warehouse.parcels import Parcel

Clock = Callable[[], datetime]

WAIT_SECONDS = 60
"""For a process that makes due what a killed one was sending: milliseconds."""


@dataclass(slots=True)
class Round:
    """One round of deliveries, and what came of it."""

    warehouse: Warehouse
    desk: Desk
    clock: Clock
    delivered: int = 0
    """Messages that were accepted."""
    undelivered: int = 0
    problems: list[str] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    """Channels that failed: they are left alone until the next cycle."""
    held: tuple[Holding, ...] = ()
    """What waits for a channel's cap or quiet hours, as of the last look."""

    async def run(self, *, last: bool, progress: Stages | None = None) -> None:
        """Send until nothing is due. `last`: everything that this cycle tells is written, so that
        what goes beyond a channel's cap can be summed up."""
        lock = self.warehouse.sending_lock
        with hold(lock, wait_seconds=WAIT_SECONDS, doing="sending", shared=True):
            await self._run(last, progress)

    async def _run(self, last: bool, progress: Stages | None) -> None:
        while parcels := await asyncio.to_thread(self._claim, last):
            by_channel: dict[str, list[Parcel]] = {}
            for parcel in parcels:
                by_channel.setdefault(parcel.delivery.channel, []).append(parcel)
            with (progress or Silent()).stage("deliver", len(parcels)) as advance:
                await asyncio.gather(
                    *(self._serve(name, items, advance) for name, items in by_channel.items())
                )

    async def _serve(
        self, name: str, parcels: Sequence[Parcel], advance: Callable[[], None]
    ) -> None:
        channel = next((channel for channel in self.desk.channels if channel.name == name), None)
        if channel is None:
            await asyncio.to_thread(self._abandon, name)
            return
        failed: list[Delivery] = []
        for number, parcel in enumerate(parcels, start=1):
            error = await _sent(channel, parcel)
            advance()
            if error is None or error.permanent:
                await asyncio.to_thread(self._settle, parcel.delivery, error)
                continue
            failed.append(parcel.delivery)
            rest = parcels[number:]
            if len(failed) > 1 or parcel.delivery.attempts + 1 < PATIENCE or not rest:
                await asyncio.to_thread(self._stop, failed, rest, error)
                return
            await asyncio.to_thread(self._set_aside, parcel.delivery, error)

    def _claim(self, last: bool) -> tuple[Parcel, ...]:
        with self.warehouse.writing("claim deliveries", for_readers=False) as connection:
            parcels = self._claimed(connection, last)
            if not parcels and self._tell_capped(connection):
                return self._claimed(connection, last)
            return parcels

    def _claimed(self, connection: Connection, last: bool) -> tuple[Parcel, ...]:
        now, receptions = self.clock(), self.desk.receptions
        return outbox.claim(connection, now, receptions, last=last, without=self.stopped)

    def _tell_capped(self, connection: Connection) -> int:
        """Tell operators of each channel that is over its cap, once a day: by that channel as well,
        for it works, and what is no alert has room there. How many messages were written."""
        now = self.clock()
        self.held = tuple(holdings.holdings(connection, now))
        capped = [item for item in self.held if item.held is Held.CAP]
        return sum(self._post_capped(connection, item, now) for item in capped)

    def _post_capped(self, connection: Connection, holding: Holding, now: datetime) -> int:
        id = digest(f"operator\n{holding.channel}\ncap {now.date()}")
        bulletins = [
            Bulletin(
                id,
                "operator",
                channel.name,
                channel_capped(
                    holding.channel,
                    holding.count,
                    holding.until,
                    channel.labels,
                    channel.timezone,
                ),
            )
            for channel in self.desk.channels
            if channel.name in self.desk.operators
        ]
        return outbox.post_bulletins(connection, bulletins, now)

    def _settle(self, delivery: Delivery, error: DeliveryError | None) -> None:
        """Write down that a message was accepted, or refused for good."""
        now = self.clock()
        with self.warehouse.writing("settle a delivery") as connection:
            before = outbox.health(connection, delivery.channel)
            if error is None:
                outbox.settle(connection, after_success(delivery, now), now)
                self._now_works(connection, before, now)
            else:
                outbox.settle(connection, self._failure(delivery, error, now), now)
                self._now_refuses(connection, before, delivery, error, now)
        self._count(error)

    def _set_aside(self, delivery: Delivery, error: DeliveryError) -> None:
        """A message failed again and again: whether the channel does, the next one shows."""
        now = self.clock()
        with self.warehouse.writing("settle a delivery") as connection:
            settled = self._failure(delivery, error, now)
            outbox.settle(connection, settled, now)
            if settled.state is DeliveryState.DEAD:
                self._tell_dead(connection, delivery.channel, 1, error, now)
        self._count(error)

    def _stop(
        self, failed: Sequence[Delivery], rest: Sequence[Parcel], error: DeliveryError
    ) -> None:
        """The channel fails: what was tried goes first when it is tried again, the rest waits."""
        now, name = self.clock(), failed[-1].channel
        self.stopped.add(name)
        with self.warehouse.writing("settle a delivery") as connection:
            before = outbox.health(connection, name)
            after = channel_failed(before, error, now, jitter=_jitter())
            for delivery in failed:
                settled = self._failure(delivery, error, now)
                outbox.settle(connection, replace(settled, due_at=after.retry_at or now), now)
            outbox.put_back(connection, [parcel.delivery.id for parcel in rest], now)
            if turn(before, after, now, refused=False) is Turn.DOWN:
                after = self._tell_down(connection, after, now, refused=False)
            outbox.keep_health(connection, after)
            self._bury(connection, failed, error, now)
        self._count(error)

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

    def _abandon(self, name: str) -> None:
        """Give up all that waits for a channel that is not configured any more."""
        error = _no_channel(name)
        with self.warehouse.writing("settle a delivery") as connection:
            outbox.give_up(connection, name, str(error), before=self.clock())
        self._count(error)

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
        outbox.keep_health(connection, after)

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
        outbox.keep_health(connection, after)

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
        failing = outbox.failing(connection)
        working = [channel for channel in others if channel.name not in failing]
        id = digest(f"operator\n{about}\n{what}")
        bulletins = [Bulletin(id, "operator", c.name, message(c.labels)) for c in working or others]
        outbox.post_bulletins(connection, bulletins, now)

    def _failure(self, delivery: Delivery, error: DeliveryError, now: datetime) -> Delivery:
        return after_failure(delivery, error, now, jitter=_jitter(), lifetime=self.desk.lifetime)

    def _count(self, error: DeliveryError | None) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.undelivered += 1
            self.problems.append(str(error))


async def _sent(channel: Channel, parcel: Parcel) -> DeliveryError | None:
    """Send one message; the reason where it was not accepted."""
    envelope = Envelope(parcel.delivery.id, parcel.thread)
    try:
        await send(channel, _worded(channel, parcel.content), envelope)
    except DeliveryError as error:
        return error
    return None


def _worded(channel: Channel, content: Notice | Bundle | Message) -> Message:
    if isinstance(content, Message):
        return content
    style = {
        "labels": channel.labels,
        "timezone": channel.timezone,
    }
    if isinstance(content, Bundle):
        return render_bundle(content, **style, stationery=channel.stationery)
    return render(content, **style, stationery=channel.stationery)


def _no_channel(name: str) -> DeliveryError:
    return DeliveryError(
        name,
        "it is no longer in the settings",
        "put it back into noroshi.toml, then: noroshi alerts resend --dead",
        permanent=True,
    )


def _jitter() -> float:
    return secrets.randbelow(1000) / 1000
