"""Versions that wait to be judged: each until it was judged itself, and then no longer."""

from __future__ import annotations

from alerts.reading.events.coder import Coder
from alerts.reading.rules.rule import RuleBook
from alerts.telling.deciding.policy import Policy
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse
from warehouse.telling import matching


def test_an_article_with_the_words_of_another_waits_for_itself(warehouse: Warehouse) -> None:
    twins = [an_article("https://example.org/1"), an_article("https://example.net/1")]
    assert twins[0].version_id == twins[1].version_id
    with warehouse.writing("test") as connection:
        articles.store(connection, twins, NOW)
        (first,) = matching.waiting(connection, limit=1)
        judged = matching.judge(first, Coder.shipped(), RuleBook(()))
        matching.store(connection, [judged], Policy(), NOW)
        (second,) = matching.waiting(connection, limit=2)
        assert {first.article_id, second.article_id} == {twin.id for twin in twins}


def test_what_was_judged_meanwhile_is_left_out(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        articles.store(connection, [an_article()], NOW)
        judged = [
            matching.judge(version, Coder.shipped(), RuleBook(()))
            for version in matching.waiting(connection, limit=1)
        ]
        for _ in range(2):
            matching.store(connection, judged, Policy(), NOW)
        coded = connection.execute("SELECT count(*) FROM store.coding").fetchone()
        assert coded == (1,)
        assert matching.waiting(connection, limit=1) == []
