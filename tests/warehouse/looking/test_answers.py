"""The ready answers count what they say they count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.warehouse.conftest import made
from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.database import Connection, Warehouse, query
from warehouse.storage.rows import insert

SOON = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
LATE = datetime(2025, 11, 14, 17, 30, tzinfo=UTC)
"""The 15th in Hong Kong."""
BEHIND = int((SOON + timedelta(minutes=2) - LATE).total_seconds())


def event(url: str, **changes: object) -> dict[str, object]:
    article = an_article(f"https://example.org/{url}", text=url)
    return {
        "article_id": article.id,
        "version_id": article.version_id,
        "category": "travel_advisory",
        "direction": "escalation",
        "severity": "high",
        "status": "reported",
        "actor": "CN",
        "target": "JP",
    } | changes


def fill(connection: Connection) -> None:
    some = [
        an_article("https://example.org/a", text="a", published_at=LATE, source_id="one"),
        an_article("https://example.org/b", text="b", published_at=LATE, source_id="two"),
        an_article("https://example.org/c", text="c", published_at=SOON, source_id="two"),
    ]
    articles.store(connection, some, SOON + timedelta(minutes=2))
    told = [
        event("a"),
        event("a", severity="low"),
        event("b", actor="JP", target="CN"),
        event("b", status="denied", category="visa_entry"),
        event("c", target=None),
    ]
    insert(connection, "store.coded_event", told)
    for id, seen, urls in (("old", LATE, "abc"), ("new", SOON, "c")):
        insert(
            connection,
            "store.event",
            [{"id": id, "title": id, "severity": "high", "first_seen_at": seen}],
        )
        rows = [{"event_id": id, "article_id": event(url)["article_id"]} for url in urls]
        insert(connection, "store.event_article", rows)
    insert(connection, "store.source", [{"id": "two", "name": "Two"}, {"id": "idle"}])
    coded = {key: event("c")[key] for key in ("article_id", "version_id")}
    insert(connection, "store.coding", [coded | {"relevant": True}])
    alert = {
        "id": "al",
        "event_id": "new",
        "article_id": event("c")["article_id"],
        "severity": "high",
        "notice": '{"category": "visa_entry"}',
    }
    insert(connection, "store.alert", [alert | {"created_at": SOON + timedelta(minutes=3)}])
    sent = {"id": "d", "alert_id": "al", "event_id": "new", "channel": "desk", "state": "sent"}
    insert(
        connection,
        "store.delivery",
        [
            sent | {"sent_at": SOON + timedelta(minutes=5)},
            sent | {"id": "e", "state": "failed", "sent_at": None},
        ],
    )


CASES = [
    (
        "SELECT day::VARCHAR, category, direction, pair, lang, articles FROM daily_counts "
        "WHERE day < '2026-01-01'",
        [("2025-11-15", "travel_advisory", "escalation", "CN-JP", "en", 2)],
    ),
    ("SELECT pair, articles FROM daily_counts WHERE day > '2026-01-01'", [(None, 1)]),
    ("SELECT id, articles, outlets, langs FROM new_events", [("new", 1, 1, ["en"])]),
    (
        "SELECT source, outlet, articles, first_url, rank FROM event_outlets "
        "WHERE event_id = 'old' ORDER BY rank",
        [
            ("two", "Two", 2, "https://example.org/b", 1),
            ("one", "one", 1, "https://example.org/a", 2),
        ],
    ),
    (
        "SELECT turn, source, seconds_behind FROM event_outlets WHERE event_id = 'old' "
        "ORDER BY turn",
        [(1, "one", 0), (2, "two", 0)],
    ),
    (
        "SELECT id, articles, outlets, langs, first_source, first_outlet, first_url, "
        "seconds_to_see, seconds_to_tell FROM event_lag ORDER BY id",
        [
            ("new", 1, 1, ["en"], "two", "Two", "https://example.org/c", 120, 300),
            ("old", 3, 2, ["en"], "one", "one", "https://example.org/a", BEHIND, None),
        ],
    ),
    (
        "SELECT id, articles, articles_30_days, relevant, events, firsts, alerts "
        "FROM source_yield ORDER BY id",
        [("idle", 0, 0, 0, 0, 0, 0), ("two", 2, 2, 1, 2, 1, 1)],
    ),
    (
        "SELECT origin, published_at = first_seen_at FROM event_articles WHERE event_id = 'new'",
        [("news", False)],
    ),
    ("SELECT category, severity, kind FROM alert_lag", [("visa_entry", "high", "first")]),
    (
        "SELECT seconds_to_see, seconds_to_alert, seconds_to_send, seconds FROM alert_lag",
        [(120, 60, 120, 300)],
    ),
]


@pytest.fixture(scope="module")
def filled(
    kept_in: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Warehouse:
    warehouse = made(kept_in, tmp_path_factory.mktemp("answers"), request)
    with warehouse.writing("test") as connection:
        fill(connection)
    warehouse.publish()
    return warehouse


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_an_answer_counts_what_it_says(
    filled: Warehouse, sql: str, expected: list[tuple[object, ...]]
) -> None:
    with filled.reading(timezone="Asia/Hong_Kong") as connection:
        assert query(connection, sql)[1] == expected
