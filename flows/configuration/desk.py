"""What the settings say of telling: the policy of alerts, and the desk that sends messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from alerts.telling.deciding.policy import Policy, Route
from alerts.telling.deciding.quiet import Quiet
from alerts.telling.deciding.reception import Reception
from alerts.telling.sending.channel import Channel
from extractors.source import Source
from flows.configuration.settings import House
from flows.configuration.telling import ChannelTable, RouteTable
from warehouse.collecting.runs import Origin


@dataclass(frozen=True, slots=True)
class Desk:
    """Where messages go, and how."""

    channels: tuple[Channel, ...]
    receptions: dict[str, Reception]
    """By channel."""
    operators: frozenset[str]
    """Channels through which operators are told what only they can mend."""
    lifetime: timedelta
    """A message that fails at this age is given up."""


def desk(house: House, channels: Sequence[Channel]) -> Desk:
    """The desk of the enabled `channels`."""
    tables = [table for table in house.settings.channel if table.enabled]
    return Desk(
        channels=tuple(channels),
        receptions={table.name: _reception(table, house) for table in tables},
        operators=frozenset(table.name for table in tables if table.operator),
        lifetime=timedelta(hours=house.settings.alerts.give_up_hours),
    )


def origin(house: House) -> Origin:
    """What tells other machines which channels are served on this one."""
    on = tuple(table.name for table in house.settings.channel if table.enabled)
    return Origin(house.warehouse.machine, on)


def policy(house: House, channels: Sequence[Channel]) -> Policy:
    """Who is told of what, as far as the enabled `channels` go."""
    return Policy(
        channels=tuple(channel.name for channel in channels),
        routes=tuple(_route(table) for table in house.settings.route),
        # An aggregator's name is not that of the outlet; the article names it.
        outlets={source.id: source.name for source in house.sources if not source.aggregator},
        tags={source.id: _tags(source) for source in house.sources},
    )


def _tags(source: Source) -> frozenset[str]:
    """A document of state needs no tag to be official."""
    return frozenset(source.tags) | ({"official"} if source.official else set())


def _reception(table: ChannelTable, house: House) -> Reception:
    return Reception(table.name, _quiet(table, house), table.per_hour)


def _quiet(table: ChannelTable, house: House) -> Quiet | None:
    quiet = table.quiet
    if quiet is None:
        return None
    zone = quiet.timezone or table.timezone or house.settings.timezone
    begin, end = time.fromisoformat(quiet.begin), time.fromisoformat(quiet.end)
    return Quiet(begin, end, ZoneInfo(zone), quiet.mode)


def _route(table: RouteTable) -> Route:
    return Route(
        channels=table.channels,
        rules=table.rules,
        categories=table.categories,
        min_severity=table.min_severity,
        languages=table.languages,
        parties=table.parties,
        tags=table.tags,
    )
