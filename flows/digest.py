"""The digests, daily and weekly, to every channel that wants them.

A digest is written into the outbox and sent from there, like everything: killed in between, it goes
out with the next cycle, and written twice it has the same id and goes out once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from alerts.telling.deciding.outbox import DeliveryState
from alerts.telling.sending.channel import Channel
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.digest import Digest, Span
from alerts.telling.writing.render import Message, render_digest
from extractors.article import digest as identity
from flows.configuration.desk import desk, origin
from flows.configuration.settings import House
from flows.configuration.timetable import due
from flows.cycle.delivery import Round
from warehouse.collecting import runs
from warehouse.database import Connection, Warehouse
from warehouse.telling import outbox
from warehouse.telling.day import digest_between

log = logging.getLogger(__name__)

LENGTH = {Span.DAY: timedelta(days=1), Span.WEEK: timedelta(days=7)}


async def send_digest(
    house: House, *, span: Span = Span.DAY, scheduled: bool = False, now: datetime | None = None
) -> Mapping[str, DeliveryState]:
    """Write the digest and send what is due; how it stands at each channel that wants it.

    On schedule it covers the time from one due moment to the next and is written once, however
    often it is asked for; otherwise it covers the last 24 hours or seven days. Nothing is written
    where it is empty and the settings want no empty ones. Raises WarehouseError, SettingsError.
    """
    now = now or datetime.now(UTC)
    warehouse = house.warehouse
    id_ = await asyncio.to_thread(_write, house, warehouse, span, scheduled, now)
    round_ = Round(warehouse, desk(house, house.channels()), lambda: datetime.now(UTC))
    await round_.run(last=False)
    for line in round_.problems:
        log.error("%s", line)
    return await asyncio.to_thread(_states, warehouse, id_)


def compose(house: House, connection: Connection, until: datetime, *, span: Span) -> Digest:
    """The digest of the 24 hours or seven days before `until`."""
    return _between(house, connection, until - LENGTH[span], until, span)


def _between(
    house: House, connection: Connection, since: datetime, until: datetime, span: Span
) -> Digest:
    return digest_between(
        connection,
        since,
        until,
        span=span,
        outlets=_names(house),
        rules={rule.id: rule.name for rule in house.book.rules},
        muted=house.settings.schedule.muted_in_digest,
    )


def preview(digest: Digest, labels: str, timezone: str) -> Message:
    """The digest as a channel with these labels would show it."""
    return render_digest(digest, labels=labels, timezone=timezone)


def _period(house: House, span: Span, scheduled: bool, now: datetime) -> tuple[datetime, datetime]:
    if not scheduled:
        return now - LENGTH[span], now
    until = due(house.settings.schedule, now, span)
    return due(house.settings.schedule, until - timedelta(seconds=1), span), until


def _write(house: House, warehouse: Warehouse, span: Span, scheduled: bool, now: datetime) -> str:
    """Compose the digest and write it into the outbox, in one transaction; its id."""
    since, until = _period(house, span, scheduled, now)
    kind = "digest" if span is Span.DAY else "weekly digest"
    id_ = identity(f"{kind}\n{since.astimezone(UTC)}\n{until.astimezone(UTC)}")
    with warehouse.writing(f"write the {kind}") as connection:
        digest = _between(house, connection, since, until, span)
        posted = 0
        if digest.told or house.settings.schedule.empty_digest:
            posted = outbox.post_bulletins(connection, _bulletins(house, id_, digest), now)
        if scheduled:
            runs.start(connection, f"{id_}-{now:%H%M%S}", kind, now, origin(house))
            counts = runs.Counts(deliveries=posted)
            runs.finish(connection, f"{id_}-{now:%H%M%S}", outcome="done", counts=counts, now=now)
    return id_


def _bulletins(house: House, id_: str, digest: Digest) -> list[Bulletin]:
    wanted = {table.name for table in house.settings.channel if table.digest and table.enabled}
    return [
        Bulletin(id_, "digest", channel.name, _worded(digest, channel))
        for channel in house.channels()
        if channel.name in wanted
    ]


def _worded(digest: Digest, channel: Channel) -> Message:
    return render_digest(
        digest,
        labels=channel.labels,
        timezone=channel.timezone,
        stationery=channel.stationery,
    )


def _names(house: House) -> dict[str, str]:
    """Names of outlets. An aggregator's is not that of the outlet; the article names it."""
    return {source.id: source.name for source in house.sources if not source.aggregator}


def _states(warehouse: Warehouse, id_: str) -> Mapping[str, DeliveryState]:
    with warehouse.seeing("see what was sent") as connection:
        return outbox.standing(connection, id_)
