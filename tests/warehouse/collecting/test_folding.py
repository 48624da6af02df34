"""Where folding has changed, a search finds the same, and the texts are folded anew."""

from __future__ import annotations

import pytest

from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.collecting.folding import renew
from warehouse.database import Connection, Warehouse
from warehouse.looking.search import Search, search

TEXTS = {
    "ja": "外務省は渡航情報を更新した。",
    "zh": "外交部提醒中國公民。",
    "en": "A Travel Alert.",
}


def found(connection: Connection, query: str) -> list[object]:
    return [row["url"] for row in search(connection, Search(query))]


@pytest.mark.parametrize("former", ["'another'", "NULL"])
def test_texts_of_another_folding_are_found_and_renewed(warehouse: Warehouse, former: str) -> None:
    with warehouse.writing("test") as connection:
        made = [an_article(f"https://example.org/{n}", text=text) for n, text in TEXTS.items()]
        articles.store(connection, made, NOW)
        right = connection.execute("FROM store.article ORDER BY id").fetchall()
        connection.execute(f"UPDATE store.article SET folded = 'lost', folding = {former}")  # noqa: S608
        for query, name in (("渡航情報", "ja"), ("中国公民", "zh"), ('"travel alert"', "en")):
            assert found(connection, query) == [f"https://example.org/{name}"]
        assert found(connection, "lost") == []
        assert [renew(connection, 2), renew(connection, 2), renew(connection, 2)] == [2, 1, 0]
        assert connection.execute("FROM store.article ORDER BY id").fetchall() == right


def test_a_copy_of_an_older_noroshi_is_searched(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        articles.store(connection, [an_article(text=TEXTS["zh"])], NOW)
        connection.execute("ALTER TABLE store.article DROP COLUMN folding")
        assert found(connection, "中国公民") == ["https://example.org/1"]
