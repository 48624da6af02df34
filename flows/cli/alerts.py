"""Commands for alerts: list, show, ack, mute, unmute, resend.

What changes something is written by the pipeline's own means and published at once. What looks
reads the published copy, as everybody does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    add_group,
    begun,
    clean,
    house,
    out,
    say,
    say_error,
    show,
    unknown,
)
from flows.cli.decided import SHORT_ID, show_decisions, show_event, show_untold, standing
from flows.cli.look import reading

if TYPE_CHECKING:
    from flows.configuration.settings import House
    from warehouse.database import Connection
    from warehouse.telling.mutes import Missed

IdArgument = Annotated[str, typer.Argument(help="an id, or the beginning of one")]
EitherArgument = Annotated[
    str, typer.Argument(help="an alert or an event: its id, or the beginning of one")
]
EventArgument = Annotated[
    str | None, typer.Argument(help="an event or alert: its id, or the beginning of one")
]


def register(app: typer.Typer) -> None:
    """Add this module's group."""
    commands: dict[str, Callable[..., int]] = {
        "list": alerts_list,
        "show": alerts_show,
        "ack": alerts_ack,
        "mute": alerts_mute,
        "unmute": alerts_unmute,
        "resend": alerts_resend,
    }
    add_group(app, "alerts", "What readers were told.", commands)


def alerts_list(
    limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 50,
    muted: Annotated[bool, typer.Option("--muted", help="what is muted, instead")] = False,
    untold: Annotated[
        bool, typer.Option("--untold", help="events that made no alert, instead, and why")
    ] = False,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """List alerts, the newest first, of one moment the gravest first, with what became of them at
    each channel and what keeps those that wait.

    Example: noroshi alerts list --format csv
    """
    from warehouse.database import query
    from warehouse.telling.mutes import told

    settings = house(config)
    zone = settings.settings.timezone
    with reading(settings) as connection:
        if untold:
            show_untold(connection, limit, how, settings)
            return 0
        if muted:
            mutes = [_named(mute, settings) for mute in told(connection, datetime.now(UTC))]
            show(mutes, _MUTES, how, zone=zone, none="nothing is muted")
            return 0
        columns, rows = query(connection, f"{_ALERTS} LIMIT {int(limit)}")
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    if how is Format.TABLE:
        shown = columns[:8] if out().width >= WIDE else _NARROW
        records = [_short(record, settings) for record in records]
    else:
        shown = columns
        records = [record | {"facts": json.loads(str(record["facts"]))} for record in records]
    show(records, shown, how, zone=zone, none="no alerts so far")
    return 0


WIDE = 120
"""Columns of a terminal from which on a table has room for all that it may show of an alert."""
_NARROW = ["created_at", "id", "severity", "headline", "deliveries"]
_MUTES = ["kind", "key", "headline", "until", "created_at"]


def _short(record: dict[str, object], settings: House) -> dict[str, object]:
    """An alert for a table: a short id, and whether somebody has seen to it."""
    at = record["acked_at"]
    seen = f"; acknowledged {_clock(at, settings)}" if isinstance(at, datetime) else ""
    return record | {
        "id": str(record["id"])[:SHORT_ID],
        "deliveries": f"{record['deliveries']}{seen}",
    }


def _named(mute: dict[str, object], settings: House) -> dict[str, object]:
    """A mute with what it is called: of a rule, the rule's name."""
    rule = settings.book.rule(str(mute["key"])) if mute["kind"] == "rule" else None
    return mute | {"headline": rule.name} if rule else mute


def _clock(moment: datetime, settings: House) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M %Z}"


_ALERTS = """
SELECT alerts.created_at, alerts.id, alerts.kind, alerts.severity, alerts.category,
       alerts.direction, alerts.headline,
       coalesce(
           string_agg(
               deliveries.channel || ': ' || state || CASE
                   WHEN state NOT IN ('pending', 'failed') THEN ''
                   WHEN failures > 0 THEN ' (channel failing)'
                   WHEN held = 'quiet' THEN ' (quiet hours)'
                   WHEN held = 'cap' THEN ' (cap)'
                   WHEN attempts = 0 AND due_at > deliveries.created_at THEN ' (cool-down)'
                   ELSE ''
               END,
               ', ' ORDER BY deliveries.channel
           ),
           'no channel'
       ) AS deliveries,
       alerts.rules, alerts.event_id, alerts.thread_id, alerts.facts, alerts.acked_at, alerts.url,
       alerts.rule
FROM alerts
LEFT JOIN deliveries ON deliveries.alert_id = alerts.id
LEFT JOIN channel_health ON channel_health.channel = deliveries.channel
GROUP BY ALL
ORDER BY alerts.created_at DESC,
         list_position(['critical', 'high', 'medium', 'low'], min(alerts.severity)),
         alerts.id
"""


def alerts_show(
    id: EitherArgument, how: FormatOption = Format.TABLE, config: ConfigOption = None
) -> int:
    """Show an alert: its message as readers get it, each delivery, and what else was decided on
    its event. Of an event: why each channel was told of it, or was not.

    Example: noroshi alerts show 4d0c9fd1
    """
    from alerts.telling.writing.render import render
    from warehouse.storage.rows import fetch_dicts
    from warehouse.telling.decisions import on
    from warehouse.telling.handling import find_event
    from warehouse.telling.letters import notice_from_json

    settings = house(config)
    zone = settings.settings.timezone
    with reading(settings) as connection:
        alert = _alert(connection, id)
        if alert is None:
            show_event(connection, find_event(connection, id), how, settings)
            return 0
        kept, acked, event = connection.execute(
            "SELECT notice, acked_at, event_id FROM store.alert WHERE id = $id", {"id": alert}
        ).fetchall()[0]
        decided = on(connection, event)
        deliveries = fetch_dicts(
            connection.execute(
                "SELECT channel, state, attempts, sent_at, due_at, error, deliveries.id, "
                "bundle_id, held, kind FROM deliveries JOIN alerts ON alerts.id = alert_id "
                "WHERE alert_id = $id ORDER BY channel",
                {"id": alert},
            )
        )
    columns = list(deliveries[0]) if deliveries else ["channel"]
    if how is Format.TABLE:
        message = render(notice_from_json(kept), timezone=zone)
        out().print(clean(f"{message.subject}\n\n{message.text}"), markup=False)
        if acked:
            out().print(f"acknowledged {_clock(acked, settings)}", markup=False)
        deliveries = [row | {"what": standing(row, settings)} for row in deliveries]
        columns = ["channel", "state", "attempts", "what"] if deliveries else columns
    show(deliveries, columns, how, zone=zone, none="it goes to no channel")
    if how is Format.TABLE:
        out().print(f"\nAll that was decided on event {event}:", markup=False)
        show_decisions(decided, settings)
    return 0


def _alert(connection: Connection, beginning: str) -> str | None:
    """The alert that is meant; None where it may be an event."""
    from warehouse.errors import UnknownId
    from warehouse.telling.handling import find_alert

    try:
        return find_alert(connection, beginning)
    except UnknownId as error:
        if "several" in error.what:
            raise
        return None


def alerts_ack(id: IdArgument, config: ConfigOption = None) -> int:
    """Note that somebody has seen to an alert.

    Example: noroshi alerts ack 4d0c9fd1
    """
    from warehouse.telling.handling import acknowledge, find_alert

    settings = house(config)
    with _changing(settings, "acknowledge an alert") as connection:
        alert = find_alert(connection, id)
        before = acknowledge(connection, alert, datetime.now(UTC))
    if before:
        say(f"{alert} was acknowledged before, {_clock(before, settings)}")
    else:
        say(f"acknowledged {alert}")
    return 0


def alerts_mute(
    event: EventArgument = None,
    rule: Annotated[str | None, typer.Option(help="a rule instead, by its id")] = None,
    span: Annotated[str, typer.Option("--for", help="how long: 12h, 3d, 2w")] = "3d",
    config: ConfigOption = None,
) -> int:
    """Make no alerts for a while of an event and what goes on with it, or by a rule.

    Articles join the event all the same. Other rules that fire are not muted with the one.

    Example: noroshi alerts mute 4d0c9fd1 --for 3d

    Example: noroshi alerts mute --rule transport --for 12h
    """
    from extractors.duration import duration
    from warehouse.telling.mutes import mute, told

    settings = house(config)
    try:
        length = duration(span)
    except ValueError as error:
        say_error(str(error))
        return 2
    if not timedelta() < length <= LONGEST_MUTE:
        say_error(f"--for {span}: mute for longer than nothing and at most {LONGEST_MUTE.days}d")
        return 2
    if not _one_of(settings, event, rule):
        return 2
    now = datetime.now(UTC)
    with _changing(settings, "mute") as connection:
        what = _muted(connection, event, rule)
        kept = mute(connection, what, now + length, now)
        mutes = [_named(item, settings) for item in told(connection, now)]
    called = next((item["headline"] for item in mutes if item["key"] == what[1]), None)
    of = f" ({called})" if called else ""
    say(f"muted {what[0]} {what[1]}{of} until {_clock(now + length, settings)}")
    if kept:
        say(f"{kept} message{'' if kept == 1 else 's'} that waited to go out will not be sent")
    return 0


LONGEST_MUTE = timedelta(days=365)
"""What is to be silent for longer is better changed in the rules."""


def alerts_unmute(
    event: EventArgument = None,
    rule: Annotated[str | None, typer.Option(help="a rule instead, by its id")] = None,
    config: ConfigOption = None,
) -> int:
    """Make alerts again of what was muted: of what is new by then, with the next report.

    Example: noroshi alerts unmute 4d0c9fd1
    """
    from warehouse.telling.mutes import missed, unmute

    settings = house(config)
    if not _one_of(settings, event, rule):
        return 2
    with _changing(settings, "unmute") as connection:
        what = _muted(connection, event, rule)
        silenced = missed(connection, what)
        was = unmute(connection, what)
    say(f"{what[0]} {what[1]} {'is' if was else 'was'} not muted{' any more' if was else ''}")
    for line in _silenced(silenced):
        say(line)
    return 0


def _silenced(missed: Missed) -> Iterator[str]:
    """What was not told meanwhile, and how to have it told."""
    if missed.alerts:
        yield (
            f"{_counted(len(missed.alerts), 'alert')} not sent ({_some(missed.alerts)}); "
            "`noroshi alerts resend ID` sends one"
        )
    if missed.events:
        yield (
            f"{_counted(len(missed.events), 'event')} with reports that made no alert "
            f"({_some(missed.events)}); `noroshi alerts show ID` shows one, and its next report "
            "tells what is new"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _some(ids: Sequence[str]) -> str:
    return ", ".join([*(id[:SHORT_ID] for id in ids[:3]), *(["…"] if len(ids) > 3 else [])])


def alerts_resend(
    id: Annotated[str | None, typer.Argument(help="an alert: its id or beginning")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="every message that was given up")] = False,
    channel: Annotated[str | None, typer.Option(help="to this channel only")] = None,
    config: ConfigOption = None,
) -> int:
    """Have an alert sent again, or all that was given up. The next cycle sends it.

    A message keeps its id: a receiver that remembers ids knows that it has it.

    Example: noroshi alerts resend 4d0c9fd1

    Example: noroshi alerts resend --dead --channel desk
    """
    from warehouse.telling.handling import find_alert, resend

    settings = house(config)
    if (id is None) != dead:
        say_error("give the id of an alert, or --dead; `noroshi alerts list` shows the ids")
        return 2
    names = [table.name for table in settings.settings.channel]
    if channel is not None and channel not in names:
        return unknown("channel", channel, names)
    with _changing(settings, "resend") as connection:
        alert = find_alert(connection, id) if id is not None else None
        count = resend(connection, datetime.now(UTC), alert_id=alert, channel=channel)
    say(f"{count} message{'' if count == 1 else 's'} for the next cycle to send")
    return 0 if count else 1


def _one_of(settings: House, event: str | None, rule: str | None) -> bool:
    """Whether just one of the two was given, and a rule that there is."""
    if (event is None) == (rule is None):
        say_error("give an event or --rule; `noroshi alerts list` shows both")
        return False
    if rule is not None and settings.book.rule(rule) is None:
        unknown("rule", rule, (one.id for one in settings.book.rules))
        return False
    return True


def _muted(connection: Connection, event: str | None, rule: str | None) -> tuple[str, str]:
    from warehouse.telling.handling import find_story

    return ("rule", rule) if rule else ("event", find_story(connection, event or ""))


@contextmanager
def _changing(settings: House, doing: str) -> Iterator[Connection]:
    """The live warehouse for one change, which readers see at once."""

    warehouse = begun(settings).warehouse
    with warehouse.writing(doing) as connection:
        yield connection
    warehouse.publish()
