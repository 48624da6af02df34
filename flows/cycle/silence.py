"""Keeping watch over the watch: what is silent is found, and operators are told.

Looked for at the beginning of each cycle, and by `noroshi serve` between cycles, so that cycles
that hang or fail are noticed too. Where nothing runs at all, nothing can tell.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from alerts.telling.deciding.silence import (
    Silence,
    Turns,
    full_disk,
    missed_cycle,
    missed_digest,
    out_of_sight,
    silent_languages,
    silent_sources,
    turns,
)
from alerts.telling.writing.bulletin import Bulletin
from alerts.telling.writing.operator import silences
from extractors.article import digest
from flows.configuration.desk import desk
from flows.configuration.settings import House
from flows.configuration.timetable import due
from flows.cycle.delivery import Round
from warehouse.database import Connection, Warehouse
from warehouse.storage.disk import free
from warehouse.telling import outbox, silence
from warehouse.telling.channels import failing as failing_channels

log = logging.getLogger(__name__)


async def keep_watch(house: House, clock: Callable[[], datetime]) -> int:
    """Look for what is silent, tell operators, and send what is due; how many messages were
    accepted. Raises WarehouseError and SettingsError."""
    warehouse = house.warehouse
    if not await asyncio.to_thread(_look, house, warehouse, clock()):
        return 0
    channels = desk(house, house.channels())
    round_ = Round(warehouse, channels, clock)
    await round_.run(last=False)
    for line in round_.problems:
        log.error("%s", line)
    return round_.delivered


def _look(house: House, warehouse: Warehouse, now: datetime) -> bool:
    with warehouse.writing("look for silence", for_readers=False) as connection:
        return tell_silence(house, connection, now)


def tell_silence(house: House, connection: Connection, now: datetime) -> bool:
    """Compare what is silent with what was told, and write bulletins for operators, all in the
    transaction of `connection`; whether there was anything to tell."""
    told = silence.told(connection)
    turn = turns(told, _found(house, connection, told, now))
    if turn:
        silence.keep(connection, turn, now)
        outbox.post_bulletins(connection, _bulletins(house, connection, turn), now)
    return bool(turn)


def _found(
    house: House, connection: Connection, told: Sequence[Silence], now: datetime
) -> list[Silence]:
    wanted, schedule = house.settings.silence, house.settings.schedule
    pulses = silence.pulses(connection) if wanted.sources else []
    interval = timedelta(minutes=schedule.watch_minutes)
    machine = house.warehouse.machine
    completed = silence.completed(connection, apart=machine is not None)
    return [
        *silent_sources(pulses),
        *silent_languages(pulses),
        *(
            one
            for place, ends in completed.items()
            for one in missed_cycle(ends, now, interval, wanted.cycles, place)
        ),
        *missed_digest(silence.last_digest(connection), due(schedule, now), now),
        *full_disk(free(house.data_folder), wanted.free_megabytes, machine),
        *(out_of_sight(told, machine, completed) if machine else ()),
    ]


def _bulletins(house: House, connection: Connection, turn: Turns) -> list[Bulletin]:
    """One message to each operator's channel: those that work, else all of them."""
    operators = {t.name for t in house.settings.channel if t.operator and t.enabled}
    channels = [channel for channel in house.channels() if channel.name in operators]
    failing = failing_channels(connection)
    working = [channel for channel in channels if channel.name not in failing]
    names = {source.id: source.name for source in house.sources}
    said = [f"{s.kind} {s.key} {s.since}" for s in (*turn.began, *turn.ended)]
    id_ = digest("\n".join(["silence", str(len(turn.began)), *said]))
    return [
        Bulletin(id_, "operator", c.name, silences(turn, names, c.labels, c.timezone))
        for c in working or channels
    ]
