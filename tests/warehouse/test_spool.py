"""What cannot be stored waits on disk, whole, and is stored once."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from extractors.article import Arrival, Article, ArticleKind, TextFrom
from tests.warehouse.samples import an_article
from warehouse import articles, spool
from warehouse.articles import Stored
from warehouse.database import Warehouse
from warehouse.errors import WarehouseUnusable

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)
WHOLE = an_article(
    "https://example.org/whole",
    title="題「引用」\u2028",
    text="text\n\ttext 🀄",
    text_from=TextFrom.FEED,
    published_at=None,
    topics=("a", "b"),
    warnings=("w",),
    retry_page=True,
    arrival=Arrival.BACKLOG,
    kind=ArticleKind.OFFICIAL,
)


def kept(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with warehouse.writing("test") as connection:
        return connection.execute("FROM store.article ORDER BY id").fetchall()


def test_what_waited_is_as_if_it_had_never_waited(warehouse: Warehouse) -> None:
    batch = [WHOLE, an_article()]
    direct = Warehouse(warehouse.folder / "direct")
    with direct.writing("test") as connection:
        articles.store(connection, batch, NOW)
    assert spool.put(warehouse, batch) == spool.put(warehouse, batch)
    assert spool.load(warehouse, NOW) == Stored(new=2, untold=1)
    assert spool.files(warehouse) == []
    assert kept(warehouse) == kept(direct)
    assert spool.load(warehouse, NOW) == Stored()


def test_every_field_of_an_article_goes_there_and_back(warehouse: Warehouse) -> None:
    (read,) = spool.read(spool.put(warehouse, [WHOLE]))
    assert read == WHOLE
    assert {type(getattr(read, f.name)) for f in fields(Article)} == {
        type(getattr(WHOLE, f.name)) for f in fields(Article)
    }


def test_a_batch_that_was_loaded_and_not_removed_changes_nothing(warehouse: Warehouse) -> None:
    spool.put(warehouse, [WHOLE])
    spool.load(warehouse, NOW)
    once = kept(warehouse)
    spool.put(warehouse, [WHOLE])
    assert spool.load(warehouse, NOW) == Stored()
    assert [row[:4] for row in kept(warehouse)] == [row[:4] for row in once]


def test_a_file_that_is_no_batch_is_named_and_left(warehouse: Warehouse) -> None:
    file = spool.put(warehouse, [WHOLE])
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(WarehouseUnusable, match=file.name):
        spool.load(warehouse, NOW)
    assert file.exists()
