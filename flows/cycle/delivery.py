"""Delivery: what is due goes out, channels side by side, each channel's messages in order.

A channel that fails is left alone for the rest of the round and for a while after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.errors import DeliveryError
from alerts.telling.deciding.outbox import PATIENCE, Delivery
from alerts.telling.notice import Notice
from alerts.telling.sending.channel import Channel, send
from alerts.telling.sending.wire import Envelope
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.bundle import Bundle, Held
from alerts.telling.writing.operator import channel_capped
from alerts.telling.writing.render import Message, render, render_bundle
from extractors.article import digest
from flows.configuration.desk import Desk
from flows.cycle.lines import Lines
from flows.cycle.settling import Clock, Outcome, Settling
from flows.progress import Silent, Stages
from warehouse.database import Connection, Warehouse
from warehouse.storage.presence import Presence
from warehouse.telling import channels, claiming, holdings, outbox, receipts
from warehouse.telling.channels import Ailing
from warehouse.telling.holdings import Holding
from warehouse.telling.parcels import Parcel
from warehouse.telling.receipts import Receipt


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
    ailing: tuple[Ailing, ...] = ()
    """The channels that fail, as of the last look."""
    outcomes: list[Outcome] = field(default_factory=list)
    """What is not written down yet."""
    writing: asyncio.Task[None] | None = None
    caught_up: list[Receipt] = field(default_factory=list)
    """What others had accepted, as of the last look."""
    presence: Presence = field(default_factory=Presence)
    """Ours, and what we know of that of others."""

    async def run(self, *, last: bool, progress: Stages | None = None) -> None:
        """Send until nothing is due. `last`: everything that this cycle tells is written, so that
        what goes beyond a channel's cap can be summed up."""
        with Lines(self.warehouse.lines_folder) as lines, self.warehouse.presence as self.presence:
            await self._run(lines, last, progress)
            while last and (pause := self.presence.doubt_seconds) is not None:
                await asyncio.sleep(pause)
                await self._run(lines, last, progress)

    async def _run(self, lines: Lines, last: bool, progress: Stages | None) -> None:
        while parcels := await asyncio.to_thread(self._claim, lines, last):
            by_channel: dict[str, list[Parcel]] = {}
            for parcel in parcels:
                by_channel.setdefault(parcel.delivery.channel, []).append(parcel)
            with (progress or Silent()).stage("deliver", len(parcels)) as advance:
                await self._serve_all(by_channel, advance)

    async def _serve_all(
        self, by_channel: dict[str, list[Parcel]], advance: Callable[[], None]
    ) -> None:
        try:
            await asyncio.gather(
                *(self._serve(name, items, advance) for name, items in by_channel.items())
            )
        finally:
            await self._noted()

    async def _serve(
        self, name: str, parcels: Sequence[Parcel], advance: Callable[[], None]
    ) -> None:
        channel = next((channel for channel in self.desk.channels if channel.name == name), None)
        if channel is None:
            await self._abandon(name, _no_channel(name))
            return
        failed: list[Delivery] = []
        for number, parcel in enumerate(parcels, start=1):
            if not await self._still_ours(parcel):
                return
            error = await _sent(channel, parcel)
            advance()
            if error is None or error.permanent:
                await self._note(Outcome(parcel.delivery, error, self.clock()))
                continue
            failed.append(parcel.delivery)
            await self._noted()
            rest = [parcel.delivery.id for parcel in parcels[number:]]
            self._count(error)
            if len(failed) > 1 or parcel.delivery.attempts + 1 < PATIENCE or not rest:
                self.stopped.add(name)
                await asyncio.to_thread(self._settling.stop, failed, rest, error)
                return
            await asyncio.to_thread(self._settling.set_aside, parcel.delivery, error)

    async def _still_ours(self, parcel: Parcel) -> bool:
        """Whether nobody else may be at it by now: the lease lasts (it is over where the machine
        slept, say), and other machines know that we are there."""
        leased = self.clock() < parcel.delivery.due_at
        return leased and await asyncio.to_thread(self.presence.felt)

    async def _abandon(self, name: str, why: DeliveryError) -> None:
        await asyncio.to_thread(self._settling.abandon, name, why)
        self._count(why)

    async def _note(self, outcome: Outcome) -> None:
        """Keep the receipt before the channel's next message is begun, and have it written down,
        with all that is noted until the writing before it has ended: a channel need not wait for
        that. What a kill leaves without a receipt goes again, under its id: the message that the
        channel was taking, at most."""
        try:
            if outcome.receipt:
                await asyncio.to_thread(receipts.keep, self.warehouse, outcome.receipt)
        finally:
            self._have_written(outcome)

    def _have_written(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.writing is None:
            self.writing = asyncio.create_task(self._write_down())
        elif self.writing.done():
            self.writing.result()  # it could not be written: nothing more goes out

    async def _write_down(self) -> None:
        while outcomes := self.outcomes:
            self.outcomes = []
            await asyncio.to_thread(self._settling.settle, outcomes)
            for outcome in outcomes:
                self._count(outcome.error)
        self.writing = None

    async def _noted(self) -> None:
        """Wait until all is written down. Raises WarehouseError where it could not be."""
        if self.writing:
            await asyncio.shield(self.writing)

    def _claim(self, lines: Lines, last: bool) -> tuple[Parcel, ...]:
        if self._idle(lines):
            return ()
        parcels = self._claim_all(lines, last)
        if self.caught_up:
            receipts.drop(self.warehouse, self.caught_up)
        return parcels

    def _idle(self, lines: Lines) -> bool:
        """Whether nothing is in the outbox, as in most cycles: to see that costs a lake a tenth of
        what a claim does. Who holds a line lets go of it in a claim alone."""
        if lines.held or self.presence.doubt_seconds is not None:
            return False
        with self.warehouse.seeing("look into the outbox") as connection:
            if claiming.waiting(connection):
                return False
            self.held, self.ailing = (), tuple(channels.ailing(connection))
        return True

    def _claim_all(self, lines: Lines, last: bool) -> tuple[Parcel, ...]:
        with self.warehouse.writing("claim deliveries", for_readers=False) as connection:
            parcels = self._claimed(connection, lines, last)
            if not parcels and self._tell_capped(connection):
                parcels = self._claimed(connection, lines, last)
            # Before the end of the transaction: who writes after it finds the line free, and what
            # was written before it is among these parcels.
            if parcels:
                self.presence.show()
            if self.presence.doubt_seconds is None:
                lines.keep({parcel.delivery.channel for parcel in parcels})
            return parcels

    def _claimed(self, connection: Connection, lines: Lines, last: bool) -> tuple[Parcel, ...]:
        left, now = self._left(connection, lines), self.clock()  # what is due again is so by now
        return claiming.claim(
            connection,
            now,
            self.desk.receptions,
            last=last,
            without=self.stopped | left,
            sender=self.presence.name,
        )

    def _left(self, connection: Connection, lines: Lines) -> set[str]:
        """The channels that another process sends to. Where none does, what a killed one was
        sending is due again; what one of another machine was, by the end of the cycle."""
        waiting = claiming.waiting(connection)
        ours = lines.take(waiting - self._elsewhere(connection))
        gone = self.presence.gone(outbox.senders(connection, ours, self.clock()))
        self.caught_up = receipts.found(self.warehouse)  # those of who is gone are complete
        self._settling.catch_up(connection, self.caught_up)
        if gone is None or gone:
            outbox.release(connection, ours, self.clock(), gone)
        return waiting - ours

    def _elsewhere(self, connection: Connection) -> frozenset[str]:
        """The channels that other machines have, and this one does not."""
        since = self.clock() - self.desk.lifetime
        served = channels.elsewhere(connection, self.warehouse.machine, since)
        return served - {channel.name for channel in self.desk.channels}

    def _tell_capped(self, connection: Connection) -> int:
        """Tell operators of each channel that is over its cap, once a day: by that channel as well,
        for it works, and what is no alert has room there. How many messages were written."""
        now = self.clock()
        self.held = tuple(holdings.holdings(connection, now))
        self.ailing = tuple(channels.ailing(connection))
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

    @property
    def _settling(self) -> Settling:
        return Settling(self.warehouse, self.desk, self.clock)

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
