"""What is past its time goes with all that hangs on it, and does not come back by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from extractors.article import Arrival, Article, ArticleKind, Origin
from extractors.pages.reading import Reading
from tests.extractors.pages.test_fingerprint import AGENCY
from tests.warehouse.collecting.test_spool import an_answer
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles, pages, removal
from warehouse.database import Connection, Warehouse
from warehouse.storage.retention import Retention
from warehouse.storage.rows import insert

LATER = NOW + timedelta(days=100)
BOTH = Retention(news=30, official=30)
HANGING = ("former_version", "article_page", "revisit", "coding", "coded_event", "fingerprint")


def article(name: str, **changes: object) -> Article:
    facts = {"id": name, "text": f"{name} {AGENCY['en']}", **changes}
    return replace(an_article(f"https://example.org/{name}"), **facts)  # type: ignore[arg-type]


def store(connection: Connection, *made: Article) -> None:
    """As it is once it was matched, and matched nothing."""
    articles.store(connection, made, NOW)
    connection.execute("DELETE FROM store.uncoded")


def past(connection: Connection, retention: Retention) -> list[str]:
    return removal.past(connection, retention, LATER)


@pytest.mark.parametrize(
    ("retention", "ids"),
    [
        (Retention(), []),
        (Retention(news=30), ["report"]),
        (Retention(official=30), ["official"]),
        (BOTH, ["official", "report"]),
        (Retention(news=101), []),
    ],
)
def test_age_and_kind_decide(warehouse: Warehouse, retention: Retention, ids: list[str]) -> None:
    with warehouse.writing("test") as connection:
        official = article("official", kind=ArticleKind.OFFICIAL)
        seed = article("seed", origin=Origin.SEED)
        store(connection, article("report"), official, seed)
        assert past(connection, retention) == ids


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("event_article", {"article_id": "a", "event_id": "e"}),
        ("match", {"article_id": "a", "id": "m"}),
        ("alert", {"article_id": "a", "id": "x"}),
        ("uncoded", {"article_id": "a", "version_id": "v"}),
    ],
)
def test_what_somebody_was_told_of_or_is_to_be_stays(
    warehouse: Warehouse, table: str, row: dict[str, object]
) -> None:
    with warehouse.writing("test") as connection:
        store(connection, article("a"))
        assert past(connection, BOTH) == ["a"]
        insert(connection, f"store.{table}", [row])
        assert past(connection, BOTH) == []


def test_all_that_hangs_on_it_goes_and_a_tombstone_stays(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        for name in ("gone", "kept"):
            store(connection, article(name, text="first"))
            store(connection, article(name))
            pages.keep(connection, [Reading(article(name), (an_answer(1),))], (timedelta(hours=1),))
            for table in ("coding", "coded_event"):
                insert(connection, f"store.{table}", [{"article_id": name}])
        removal.remove(connection, ["gone"], LATER)
        left = connection.execute("SELECT id FROM articles WHERE origin = 'news'").fetchall()
        assert left == [("kept",)]
        for table in HANGING:
            key = "id" if table == "former_version" else "article_id"
            ids = f"SELECT DISTINCT {key} FROM store.{table}"  # noqa: S608 (our own words)
            assert connection.execute(ids).fetchall() == [("kept",)], table
        stone = connection.execute("FROM removed_articles").fetchall()
        assert stone == [("gone", "https://example.org/gone", "test", NOW, LATER)]
        removal.remove(connection, ["gone"], LATER)
        assert connection.execute("FROM removed_articles").fetchall() == stone


@pytest.mark.parametrize(
    ("arrival", "back"),
    [(Arrival.NEW, False), (Arrival.BACKLOG, False), (Arrival.BACKFILL, True)],
)
def test_only_who_looks_for_it_in_an_archive_gets_it_back(
    warehouse: Warehouse, arrival: Arrival, back: bool
) -> None:
    with warehouse.writing("test") as connection:
        store(connection, article("a"))
        removal.remove(connection, ["a"], LATER)
        again = articles.store(connection, [article("a", arrival=arrival)], LATER)
        assert again.new == back
        assert articles.known(connection, ["a"]) == ({"a"} if back else set())
        assert removal.removed(connection, ["a"]) == (set() if back else {"a"})


def test_a_text_whose_first_appearance_goes_is_named_by_the_next(warehouse: Warehouse) -> None:
    text = AGENCY["en"]
    with warehouse.writing("test") as connection:
        for hours, name in enumerate("abc"):
            at = NOW + timedelta(hours=hours)
            store(connection, article(name, text=text, published_at=at))
        removal.remove(connection, ["a"], LATER)
        named = "SELECT article_id, text_id, appearances FROM appearances ORDER BY ALL"
        assert connection.execute(named).fetchall() == [("b", "b", 2), ("c", "b", 2)]
        removal.remove(connection, ["b"], LATER)
        assert connection.execute(named).fetchall() == [("c", "c", 1)]
        assert connection.execute("FROM store.appearance").fetchall() == []
