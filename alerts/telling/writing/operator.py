"""What operators are told about noroshi itself, in the words of the channel that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.telling.deciding.health import Health
from alerts.telling.deciding.silence import Kind, Silence, Turns
from alerts.telling.writing.card import duration, local
from alerts.telling.writing.render import Message, render_operator
from alerts.telling.writing.wording import Wording


def channel_down(health: Health, labels: str, *, refused: bool, lifetime: timedelta) -> Message:
    """A channel does not take messages. `refused`: for good."""
    wording = Wording(labels)
    told = {"channel": health.channel, "age": duration(lifetime, wording)}
    what = "down_refuses" if refused else "down_waits"
    lines = [health.error or "", wording.phrase(what, "operator", **told)]
    return render_operator(wording.phrase("down", "operator", **told), lines, labels=labels)


def channel_up(was: Health, now: datetime, labels: str) -> Message:
    """A channel that was down takes messages again."""
    wording = Wording(labels)
    subject = wording.phrase("up", "operator", channel=was.channel)
    span = duration(now - (was.failing_since or now), wording)
    return render_operator(
        subject, [wording.phrase("up_after", "operator", span=span)], labels=labels
    )


def given_up(channel: str, count: int, why: str, labels: str) -> Message:
    """Messages to a channel are dead."""
    wording = Wording(labels)
    subject = wording.phrase("dead", "operator", channel=channel, n=count)
    how = wording.phrase("dead_how", "operator", channel=channel)
    return render_operator(subject, [why, how], labels=labels)


def channel_capped(channel: str, count: int, until: datetime, labels: str, zone: str) -> Message:
    """Alerts wait because a channel had all that it takes in an hour."""
    wording = Wording(labels)
    subject = wording.phrase("capped", "operator", channel=channel, n=count)
    until_ = local(until, ZoneInfo(zone))
    how = wording.phrase("capped_how", "operator", channel=channel, until=until_)
    return render_operator(subject, [how], labels=labels)


def silences(turn: Turns, names: Mapping[str, str], labels: str, timezone: str) -> Message:
    """What fell silent, and what is heard again. `names` are those of sources."""
    wording, zone = Wording(labels), ZoneInfo(timezone)
    began = [_silence(silence, names, wording, zone) for silence in turn.began]
    ended = [
        wording.phrase(f"{_whose(s)}_over", "silence", **_told(s, names, wording))
        for s in turn.ended
    ]
    lines = [*(line for lines in began for line in lines), *ended]
    subject = lines[0] if len(turn.began) + len(turn.ended) == 1 else _counted(turn, wording)
    return render_operator(subject, lines, labels=labels)


def _silence(
    silence: Silence, names: Mapping[str, str], wording: Wording, zone: ZoneInfo
) -> list[str]:
    since = local(silence.since, zone) if silence.since else wording.phrase("never", "silence")
    told = {**_told(silence, names, wording), "since": since}
    what = wording.phrase(_whose(silence), "silence", **told)
    shown = [silence.detail] if silence.kind is Kind.SOURCE and silence.detail else []
    return [what, *shown, wording.phrase(f"{silence.kind}_how", "silence", **told)]


def _whose(silence: Silence) -> str:
    """A cycle or a disk is named by its machine, where several share the warehouse."""
    of_one = silence.kind in {Kind.CYCLE, Kind.DISK} and silence.key != silence.kind
    return f"{silence.kind}_of" if of_one else silence.kind


def _told(silence: Silence, names: Mapping[str, str], wording: Wording) -> dict[str, str]:
    return {
        "id": silence.key,
        "name": names.get(silence.key, silence.key),
        "language": wording.word("language", silence.key),
        "free": silence.detail,
    }


def _counted(turn: Turns, wording: Wording) -> str:
    counts = (("began", len(turn.began)), ("ended", len(turn.ended)))
    parts = [wording.phrase(name, "silence", n=n) for name, n in counts if n]
    return wording.phrase("comma", "mark").join(parts)
