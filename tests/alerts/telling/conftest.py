"""What the tests of telling share: a notice, and receivers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from alerts.telling.notice import Appearance, Notice
from tests.alerts.telling.receivers import Mailbox, Webhook

PUBLISHED = datetime(2025, 11, 14, 23, 50, tzinfo=UTC)
PASSAGE = "外交部鄭重提醒中國公民近期避免前往日本。"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def notice() -> Notice:
    return Notice(
        alert_id="a1",
        event_id="e1",
        rule_id="travel",
        rule_name="Travel advisories",
        rule_version="0f3a",
        category="travel_advisory",
        direction="escalation",
        severity="high",
        actor="CN",
        target="JP",
        level=None,
        headline="外交部提醒：近期避免前往日本",
        language="zh-Hant",
        outlet="樣本日報",
        url="https://daily.example/2025/11/15?id=1&x=2",
        passage=PASSAGE,
        marks=((5, 7), (13, 19)),
        published_at=PUBLISHED,
        published_source="feed",
        first_seen_at=PUBLISHED + timedelta(minutes=72),
        appearances=(
            Appearance("見本新聞", "https://shimbun.example/1", "中国、渡航自粛を呼びかけ", "ja"),
            Appearance("Sample Post", "https://post.example/1", "China warns", "en"),
        ),
    )


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as receiver:
        yield receiver
