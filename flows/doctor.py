"""The doctor: whether a data folder is well, one finding a line, each with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from flows.configuration.settings import House
from warehouse.collecting import spool
from warehouse.database import Connection, Kind, Warehouse
from warehouse.errors import WarehouseError
from warehouse.looking.vitals import Vitals, vitals
from warehouse.storage.disk import free
from warehouse.storage.lock import holder
from warehouse.storage.migrate import migrations
from warehouse.storage.session import damage_told
from warehouse.telling import channels
from warehouse.telling.channels import Ailing
from warehouse.telling.holdings import Holding, holdings, spoken

SLACK = timedelta(minutes=10)
"""How far in the future something written down may lie: clocks are set all the time."""
LATE = timedelta(hours=1)
"""How long a message may wait before somebody should look."""


class State(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page."""

    of: str
    state: State
    what: str


def examine(house: House, now: datetime) -> list[Finding]:
    """Everything that can be seen without writing. Raises nothing for what is wrong there."""
    warehouse = house.warehouse
    own, newest = _own(warehouse, now)
    readable, published = _readable(warehouse, now)
    seen = newest or published
    return [
        _folder(warehouse.folder),
        _disk(warehouse),
        *_locks(warehouse),
        *own,
        _spool(warehouse),
        readable,
        *(_told(seen, house, now) if seen else ()),
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at a warehouse tells."""

    signs: Vitals
    holdings: Sequence[Holding]
    ailing: Sequence[Ailing]


def _look(connection: Connection, now: datetime) -> _Seen:
    return _Seen(vitals(connection), holdings(connection, now), channels.ailing(connection))


def _folder(folder: Path) -> Finding:
    if not folder.is_dir():
        return _note("data folder", f"{folder} is not there yet; the first cycle makes it")
    if not os.access(folder, os.W_OK):
        return _problem("data folder", f"{folder} cannot be written; give this user access")
    return _ok("data folder", str(folder))


def _disk(warehouse: Warehouse) -> Finding:
    room, needed = free(warehouse.folder), 2 * sum(map(_size, warehouse.kind.own_files))
    if room < needed:
        return _problem(
            "disk", f"{_mib(room)} free, and publishing wants up to {_mib(needed)}; make room"
        )
    return _ok("disk", f"{_mib(room)} free")


def _locks(warehouse: Warehouse) -> Iterator[Finding]:
    yield _ok("cycle lock", holder(warehouse.pipeline_folder / "cycle.lock") or "free")
    try:
        yield _ok("writer lock", warehouse.writer or "free")
    except WarehouseError as error:
        yield _problem("writer lock", str(error))


def _own(warehouse: Warehouse, now: datetime) -> tuple[list[Finding], _Seen | None]:
    """The file that only the pipeline opens, and what is in it, be it published or not."""
    for file in warehouse.kind.own_files:
        if not file.exists():
            return [_missing(warehouse, file)], None
        if holder(warehouse.pipeline_folder / "writer.lock"):
            return [_ok("live file", f"{_mib(_size(file))}, in use")], None
        try:
            with warehouse.kind.looking() as connection:
                seen = _look(connection, now)
        except WarehouseError as error:
            return [_problem("live file", str(error))], None
        return [_whole(warehouse, file)], seen
    return [], None


def _missing(warehouse: Warehouse, file: Path) -> Finding:
    what = "is not there yet"
    if warehouse.ready:
        what = f"is gone; the next cycle begins with the {warehouse.kind.called}"
    return _note("live file", f"{file} {what}")


def _whole(warehouse: Warehouse, file: Path) -> Finding:
    if warehouse.unpublished:
        what = f"{_mib(_size(file))}; the next cycle publishes what is new in it"
        return _note("live file", what)
    return _ok("live file", _mib(_size(file)))


def _spool(warehouse: Warehouse) -> Finding:
    waiting = len(spool.files(warehouse))
    if not waiting:
        return _ok("spool", "nothing waits to be stored")
    how_many = "1 batch waits" if waiting == 1 else f"{waiting} batches wait"
    return _note("spool", f"{how_many} to be stored; the next cycle loads what is there")


def _readable(warehouse: Warehouse, now: datetime) -> tuple[Finding, _Seen | None]:
    """What readers see."""
    of = warehouse.kind.called
    try:
        if not warehouse.ready:
            return _note(of, f"is not there; {warehouse.kind.made_by}"), None
        with warehouse.reading() as connection, damage_told():
            return _ok(of, _opened(warehouse.kind)), _look(connection, now)
    except WarehouseError as error:
        return _problem(of, str(error)), None


def _opened(kind: Kind) -> str:
    """Where it is, how large and how old, as far as it has a size and an age."""
    size, age = kind.size_bytes, kind.age_seconds
    told = [str(kind), *([_mib(size)] if size else []), *([f"{_long(age)} old"] if age else [])]
    return ", ".join(told)


def _told(seen: _Seen, house: House, now: datetime) -> Iterator[Finding]:
    signs = seen.signs
    yield _schema(signs)
    yield _ok("rows", _counted(signs.rows) or "none")
    yield _cycle(signs, house, now)
    yield _outbox(signs, now)
    for line in spoken(seen.holdings, house.zone):
        yield _note("held back", line)
    ours = {table.name for table in house.settings.channel if table.enabled}
    yield from (_channel(one, house, now) for one in seen.ailing if one.health.channel in ours)
    yield _sources(signs)
    yield _clock(signs, now)


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {count:,}"
        for name, count in rows.items()
        if count and name not in _INWARD
    )


_INWARD = {"schema_migration", "fingerprint"}
"""Tables that say nothing to people."""


def _schema(signs: Vitals) -> Finding:
    known = migrations()[-1].number
    if signs.schema > known:
        what = f"{signs.schema}, and this noroshi knows schemas up to {known}; use the newer one"
        return _problem("schema", what)
    if signs.schema < known:
        return _note("schema", f"{signs.schema} of {known}; the next cycle brings it up to date")
    return _ok("schema", f"{signs.schema} of {known}")


def _cycle(signs: Vitals, house: House, now: datetime) -> Finding:
    if signs.last_run is None:
        return _note("last cycle", "none yet; `noroshi run`")
    age = (now - signs.last_run).total_seconds()
    if age > 4 * 60 * house.settings.schedule.watch_minutes:
        return _note("last cycle", f"{_long(age)} ago; does `noroshi serve` run?")
    if signs.last_outcome == "failed":
        return _note("last cycle", f"failed, {_long(age)} ago; `noroshi sources check` says more")
    return _ok("last cycle", f"{_long(age)} ago")


def _outbox(signs: Vitals, now: datetime) -> Finding:
    dead = f"; {signs.dead} were given up (noroshi alerts list)" if signs.dead else ""
    held = f"; {signs.held} more held back" if signs.held else ""
    if signs.oldest_waiting is None:
        return _ok("outbox", f"nothing waits{held}{dead}")
    age, due = now - signs.oldest_waiting, signs.waiting - signs.held
    what = f"{due} wait, the oldest for {_long(age.total_seconds())}{held}{dead}"
    if age > LATE:
        return _problem("outbox", f"{what}; `noroshi channels test` says why")
    return _ok("outbox", what)


def _channel(one: Ailing, house: House, now: datetime) -> Finding:
    """A channel that fails: once may be a hiccup."""
    health, zone = one.health, house.zone
    since = (health.failing_since or now).astimezone(zone)
    what = (
        f"fails since {since:%Y-%m-%d %H:%M %Z}: {health.error}; {one.waiting} wait, "
        f"next try: {channels.next_try(health, zone, now)}"
    )
    return (_problem if health.failures > 1 else _note)(f"channel {health.channel}", what)


def _sources(signs: Vitals) -> Finding:
    what = f"{signs.sources} on, {signs.failing} failing"
    if not signs.failing:
        return _ok("sources", what)
    told = f"{what}; `noroshi sources list` says which"
    return (_problem if signs.failing == signs.sources else _note)("sources", told)


def _clock(signs: Vitals, now: datetime) -> Finding:
    if signs.newest and signs.newest > now + SLACK:
        ahead = _long((signs.newest - now).total_seconds())
        what = f"{now:%Y-%m-%d %H:%M} UTC is {ahead} before what was written last; set the clock"
        return _problem("clock", what)
    return _ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _ok(of: str, what: str) -> Finding:
    return Finding(of, State.OK, what)


def _note(of: str, what: str) -> Finding:
    return Finding(of, State.NOTE, what)


def _problem(of: str, what: str) -> Finding:
    return Finding(of, State.PROBLEM, what)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _mib(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def _long(seconds: float) -> str:
    minutes = int(seconds) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
