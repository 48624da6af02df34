"""Articles, notices and deliveries as tests need them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alerts.telling.notice import Appearance, Notice
from extractors.article import Article, Origin, article_id
from tests.children import ran
from warehouse.database import Warehouse

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def blank(folder: Path) -> Warehouse:
    """A warehouse in `folder` with the newest schema and nothing in it. The file is made once, for
    its schema takes a fifth of a second."""
    warehouse = Warehouse(folder)
    warehouse.pipeline_folder.mkdir(parents=True)
    warehouse.live.write_bytes(_blank())
    return warehouse


def commit_and_die(warehouse: Warehouse) -> None:
    """Add a run as a process does that is killed after its commit, which is in the log then."""
    script = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
        "connection.execute('INSERT INTO store.run (id) VALUES (now()::VARCHAR)'); os._exit(0)"
    )
    assert ran([sys.executable, "-c", script, warehouse.live]).returncode == 0


@cache
def _blank() -> bytes:
    with TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        with warehouse.writing("make it"):
            pass
        return warehouse.live.read_bytes()


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
