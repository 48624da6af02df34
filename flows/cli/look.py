"""Commands that look: channels."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    add_group,
    begun,
    house,
    out,
    say,
    say_error,
    show,
)

if TYPE_CHECKING:
    from alerts.errors import DeliveryError
    from flows.configuration.settings import House
    from warehouse.database import Connection

DayOption = Annotated[str | None, typer.Option(help="a day such as 2025-11-14")]

AsOfOption = Annotated[
    str | None,
    typer.Option(help="as it stood then: '2025-11-14 09:30' (a lake's past)"),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands and groups."""
    add_group(app, "channels", "Where alerts go.", {"list": channels_list, "test": channels_test})


def channels_list(how: FormatOption = Format.TABLE, config: ConfigOption = None) -> int:
    """List the channels, without their addresses.

    Example: noroshi channels list
    """
    settings = house(config)
    rows = [
        {
            "name": channel.name,
            "enabled": channel.enabled,
            "labels": channel.labels,
            "timezone": channel.timezone or settings.settings.timezone,
            "digest": channel.digest,
            "address": channel.url if channel.url.startswith("env:") else "in noroshi.toml",
        }
        for channel in settings.settings.channel
    ]
    show(rows, list(rows[0]) if rows else ["name"], how, none="no channels are configured")
    return 0


def channels_test(
    name: Annotated[str | None, typer.Argument(help="one channel (default: all)")] = None,
    config: ConfigOption = None,
) -> int:
    """Send a test message to a channel, or to all of them.

    Example: noroshi channels test desk
    """
    from alerts.errors import DeliveryError
    from alerts.telling.sending.channel import send
    from alerts.telling.writing.render import Message

    settings = house(config)
    chosen = [channel for channel in settings.channels() if name in {None, channel.name}]
    if not chosen:
        names = ", ".join(channel.name for channel in settings.channels())
        known = f"the channels are {names}" if names else "add a [[channel]] to noroshi.toml"
        say_error(f"there is no channel{f' {name!r}' if name else ''}; {known}")
        return 2
    words = "This is a test from noroshi. Alerts to this channel will arrive here."
    message = Message("noroshi: test message", words, words, f"<p>{words}</p>", kind="test")
    failures = 0
    for channel in chosen:
        try:
            asyncio.run(send(channel, message))
            out().print(f"{channel.name}: accepted")
        except DeliveryError as error:
            failures += 1
            say_error(_once(error))
    return 1 if failures else 0


def _once(error: DeliveryError) -> str:
    """What went wrong with a test, which nobody sends again as a cycle does with an alert."""
    if "it is sent again" not in error.remedy:
        return str(error)
    return f"channel {error.channel}: {error.what}; mend the service, or try again later"


def reading(settings: House, as_of: str | None = None) -> Connection:
    """The published warehouse, or as it stood at a moment that an option names; a new one with the
    seed records where there is none yet.

    Raises SettingsError in a folder where nothing was begun, and WarehouseError.
    """
    from flows.prepare import prepare

    warehouse = begun(settings).warehouse
    if not warehouse.ready:
        there = any(file.exists() for file in warehouse.kind.own_files)
        prepare(warehouse)
        if not there:
            say(f"note: {warehouse.kind} was not there and was made; `noroshi run` fills it")
    then = _moment(as_of, settings.zone) if as_of else None
    return warehouse.reading(timezone=settings.settings.timezone, as_of=then)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no moment such as '2025-11-14 09:30'") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day(text: str | None) -> date | None:
    """The day that an option names; a usage error where it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day such as 2025-11-14") from error
