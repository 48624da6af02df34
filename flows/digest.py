"""The daily digest: the events of the last 24 hours, sent to every channel that wants it."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from alerts.errors import ChannelError
from alerts.telling.channel import send
from alerts.telling.digest import Digest
from alerts.telling.render import Message, render_digest
from flows.settings import House
from warehouse.database import Warehouse
from warehouse.day import digest_between

log = logging.getLogger(__name__)

PERIOD = timedelta(hours=24)


async def send_digest(house: House) -> int:
    """Send the digest of the last 24 hours; how many channels took it.

    A channel that fails is logged and does not keep the others from it. Raises the last
    ChannelError where none took it.
    """
    digest = await asyncio.to_thread(compose, house, datetime.now(UTC))
    wanted = {table.name for table in house.settings.channel if table.digest and table.enabled}
    sent, failure = 0, None
    for channel in house.channels():
        if channel.name not in wanted:
            continue
        try:
            await send(
                channel,
                render_digest(
                    digest,
                    labels=channel.labels,
                    timezone=channel.timezone,
                    stationery=channel.stationery,
                ),
            )
            sent += 1
        except ChannelError as error:
            log.error("digest: %s", error)
            failure = error
    if failure is not None and not sent:
        raise failure
    return sent


def compose(house: House, now: datetime) -> Digest:
    """The digest of the 24 hours before `now`."""
    day = now.astimezone(house.zone).date().isoformat()
    warehouse = Warehouse(house.data_folder)
    with warehouse.writing("compose the digest", for_readers=False) as connection:
        return digest_between(connection, now - PERIOD, now, day)


def preview(digest: Digest, labels: str, timezone: str) -> Message:
    """The digest as a channel with these labels would show it."""
    return render_digest(digest, labels=labels, timezone=timezone)
