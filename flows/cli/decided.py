"""Why an event was told to a channel, or was not: what `noroshi alerts` shows of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flows.cli.console import Format, clean, out, show

if TYPE_CHECKING:
    from flows.configuration.settings import House
    from warehouse.database import Connection

SHORT_ID = 8
"""Characters of an id in a table: enough to name it by."""


def show_event(connection: Connection, event_id: str, how: Format, settings: House) -> None:
    """An event with its reports in a line, and each decision on it in order."""
    from warehouse.telling.decisions import on

    zone = settings.settings.timezone
    decided = on(connection, event_id)
    if how is not Format.TABLE:
        columns = list(decided[0]) if decided else ["decided_at"]
        show(decided, columns, how, zone=zone)
        return
    out().print(clean("\n".join(_introduced(connection, event_id, settings))), markup=False)
    show_decisions(decided, settings)


def show_decisions(decided: list[dict[str, object]], settings: House) -> None:
    """Decisions as a table."""
    rows = [
        row | {"channel": row["channel"] or "all", "what": _what(row, settings)} for row in decided
    ]
    columns = ["decided_at", "channel", "what"]
    zone = settings.settings.timezone
    show(rows, columns, Format.TABLE, zone=zone, none="decided before decisions were kept")


def show_untold(connection: Connection, limit: int, how: Format, settings: House) -> None:
    """Events that no alert was made of, with why."""
    from warehouse.telling.decisions import untold

    rows = untold(connection, limit)
    if how is Format.TABLE:
        rows = [row | {"id": str(row["id"])[:SHORT_ID]} for row in rows]
    columns = ["decided_at", "id", "severity", "category", "direction", "title", "why"]
    none = "every event in the news made an alert"
    show(rows, columns, how, zone=settings.settings.timezone, none=none)


def _introduced(connection: Connection, event_id: str, settings: House) -> list[str]:
    """What happened, who reports it, and whether it is muted."""
    answer = connection.execute(
        """
        SELECT title, severity, coalesce(category, rule), direction, actor, target, level,
               first_seen_at, last_seen_at, news, articles,
               (
                   SELECT max(until)
                   FROM mutes
                   WHERE kind = 'event' AND key = coalesce(event.thread_id, event.id)
                       AND until > now()
               )
        FROM events
        JOIN (SELECT id, thread_id FROM store.event) AS event ON event.id = events.id
        WHERE events.id = $id
        """,
        {"id": event_id},
    )
    ((title, severity, *coded, actor, target, level, first, last, news, every, muted),) = (
        answer.fetchall()
    )
    parties = " → ".join(party for party in (actor, target) if party)
    said = ", ".join(part for part in (*coded, level, parties, severity) if part)
    seed = f" and {every - news} seed documents" if every > news else ""
    lines = [
        title,
        f"event {event_id}: {said}",
        f"{news} in the news{seed}, published from {_clock(first, settings)} "
        f"to {_clock(last, settings)}",
    ]
    return [*lines, *([f"muted until {_clock(muted, settings)}"] if muted else []), ""]


_WHY = {
    "nothing new": "nothing new: it was told of this event before",
    "unwanted": "something new, but no rule that leads there wants a further alert (realert)",
    "old news": "the event was old when first seen, and nothing is new about it",
    "backlog": "from before the source was known (backlog): tells nobody",
    "backfill": "from an archive (backfill): tells nobody",
    "seed": "a seed document tells nobody",
    "reread": "a better reading of a known article tells nobody",
    "muted": "the event or the rule was muted",
    "no channel": "no rule or route led to a channel that there is",
}


def _what(row: dict[str, object], settings: House) -> str:
    why = _WHY.get(str(row["outcome"]), str(row["outcome"]))
    if row["alert_id"] is None or row["state"] is None:
        return why
    alert = f"{row['kind']} alert {str(row['alert_id'])[:SHORT_ID]}"
    stands = [standing(row, settings)]
    if row["state"] != "sent":
        stands.insert(0, str(row["state"]))
    return f"{alert}: {'; '.join(part for part in stands if part)}"


def standing(row: dict[str, object], settings: House) -> str:
    """When a delivery went out or is due, what holds it, what failed."""
    done, due = row["sent_at"], row["due_at"]
    sent = f"sent {_clock(done, settings)}" if isinstance(done, datetime) else ""
    if row["state"] == "sent":
        return sent
    waits = row["state"] not in {"dead", "skipped"} and isinstance(due, datetime)
    when = f"due {_clock(due, settings)}" if waits and isinstance(due, datetime) else ""
    why = _held(row) if waits else None
    return "; ".join(str(part) for part in (sent, when, why, row["error"]) if part)


def _held(row: dict[str, object]) -> str | None:
    """Why a message waits."""
    if row["held"] in _HELD:
        return _HELD[str(row["held"])]
    untried = row["state"] == "pending" and row["attempts"] == 0
    cools = row.get("kind") == "update" and untried
    return "after the cool-down of its rule" if cools else None


_HELD = {"cap": "held back by the channel's cap of an hour", "quiet": "held in its quiet hours"}


def _clock(moment: datetime, settings: House) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M %Z}"
