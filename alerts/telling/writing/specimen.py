"""Specimens: an event and a day that stand for all, to try templates and channels with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.reading.rules.rule import Development
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.bundle import Bundle, Held
from alerts.telling.writing.digest import Digest, Happening, Standing

_PUBLISHED = datetime(2025, 11, 14, 23, 50, tzinfo=UTC)
_PASSAGE = "外交部鄭重提醒中國公民近期避免前往日本。"


def specimen(*, bare: bool = False) -> Notice:
    """An update with everything that a notice can say, or a first one with the least."""
    return _bare() if bare else _rich()


def a_day(*notices: Notice) -> Digest:
    """A digest of `notices`, each with another standing in turn."""
    standings = list(Standing)
    return Digest(
        since=_PUBLISHED - timedelta(hours=23),
        until=_PUBLISHED + timedelta(hours=1),
        happenings=tuple(
            Happening(notice, standings[number % len(standings)], articles=3, outlets=2)
            for number, notice in enumerate(notices)
        ),
        sources_ok=9,
        sources_failing=("sample-source",),
        sources_silent=("another-source",),
        articles=12,
    )


def a_bundle(*notices: Notice) -> Bundle:
    """`notices` and one more in one message."""
    return Bundle(Held.CAP, len(notices) + 1, (("travel_advisory", len(notices) + 1),), notices)


def _rich() -> Notice:
    return Notice(
        alert_id="sample-alert",
        event_id="sample-event",
        rule_id="travel-advisory",
        rule_name="Travel advisory",
        rule_version="1",
        category="travel_advisory",
        direction="escalation",
        severity="high",
        actor="CN",
        target="JP",
        level="level-3",
        headline="外交部提醒：近期避免前往日本",
        language="zh-Hant",
        outlet="樣本日報",
        url="https://daily.example/2025/11/15?id=1&x=2",
        passage=_PASSAGE,
        marks=((5, 7), (13, 19)),
        published_at=_PUBLISHED,
        published_source="feed",
        first_seen_at=_PUBLISHED + timedelta(minutes=72),
        appearances=(
            Appearance("見本新聞", "https://shimbun.example/1", "中国、渡航自粛を呼びかけ", "ja"),
            Appearance("Sample Post", "https://post.example/1", "China warns", "en"),
        ),
        kind=NoticeKind.UPDATE,
        thread_id="sample-first",
        facts=(
            NewFact(Development.SEVERITY, "medium", "high"),
            NewFact(Development.LEVEL, "level-2", "level-3"),
            NewFact(Development.OFFICIAL, None, "外交部"),
        ),
        rules=(FiredRule("seafood", "Seafood and food imports", "2"),),
    )


def _bare() -> Notice:
    return Notice(
        alert_id="sample-alert",
        event_id="sample-event",
        rule_id="keywords",
        rule_name="Keywords",
        rule_version="1",
        category=None,
        direction=None,
        severity="low",
        actor=None,
        target=None,
        level=None,
        headline="Sample headline",
        language="und",
        outlet="sample",
        url="seed:sample",
        passage="",
        marks=(),
        published_at=None,
        published_source=None,
        first_seen_at=_PUBLISHED,
    )
