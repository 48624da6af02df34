"""What operators are told about a channel that fails, in the words of the channel that tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.telling.card import duration
from alerts.telling.health import Health
from alerts.telling.render import Message, render_operator
from alerts.telling.wording import Wording


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
