"""Articles, notices and deliveries as tests need them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.telling.notice import Appearance, Notice
from extractors.article import Article, Origin, article_id

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def an_article(url: str = "https://example.org/1", **changes: Any) -> Article:
    facts: dict[str, Any] = {
        "id": article_id(url),
        "url": url,
        "title": "A title",
        "text": "A text.",
        "language": "en",
        "origin": Origin.NEWS,
        "source_id": "test",
        "fetched_at": NOW,
        "published_at": NOW,
        "published_source": "feed",
    }
    return Article(**(facts | changes))


def a_notice(**changes: Any) -> Notice:
    facts: dict[str, Any] = {
        "alert_id": "alert",
        "event_id": "event",
        "rule_id": "travel-advisory",
        "rule_name": "Travel advisories",
        "rule_version": "1",
        "category": "travel_advisory",
        "direction": "escalation",
        "severity": "high",
        "actor": "CN",
        "target": "JP",
        "level": None,
        "headline": "中国提醒公民近期避免前往日本",
        "language": "zh-Hans",
        "outlet": "样本新闻网",
        "url": "https://example.org/1",
        "passage": "外交部提醒公民避免前往日本。",
        "marks": ((3, 5),),
        "published_at": NOW,
        "published_source": "feed",
        "first_seen_at": NOW,
        "appearances": (Appearance("样本新闻网", "https://example.org/1", "标题", "zh-Hans"),),
    }
    return Notice(**(facts | changes))
