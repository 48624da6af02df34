"""What cannot be stored waits on disk, whole, and is stored once."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from extractors.article import Arrival, Article, ArticleKind, TextFrom
from extractors.pages.reading import Answer, Reading
from extractors.web.response import Validators
from extractors.web.warc import Record
from tests.warehouse.samples import an_article
from warehouse.collecting import articles, pages, sources, spool
from warehouse.collecting.articles import Stored
from warehouse.collecting.sources import Fetch
from warehouse.collecting.spool import Batch, Loaded
from warehouse.database import Warehouse

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
SCHEDULE = (timedelta(hours=1),)


def an_answer(part: int, record: Record | None = None) -> Answer:
    url = f"https://example.org/1?page={part}"
    return Answer(url, f"{url}#", "text/html", Validators('W/"é"', "Mon"), "hash", NOW, record)


PAGED = Reading(
    an_article(text_from=TextFrom.PAGE),
    (an_answer(1, Record("run.warc.gz", 4711, "urn:uuid:1")), an_answer(2)),
)
FETCHES = (
    Fetch("test", "https://example.org/feed", "feed", "new", 200, None, 0.25, NOW),
    Fetch("test", "https://example.org/1", "page", "read", None, "w", None, NOW),
)
BATCH = Batch((Reading(WHOLE), PAGED), "run", FETCHES)


def kept(warehouse: Warehouse) -> list[list[tuple[object, ...]]]:
    with warehouse.writing("test") as connection:
        return [
            connection.execute(f"FROM store.{table} ORDER BY ALL").fetchall()
            for table in ("article", "article_page", "revisit", "uncoded", "fetch")
        ]


def test_what_waited_is_as_if_it_had_never_waited(warehouse: Warehouse) -> None:
    direct = Warehouse(warehouse.folder / "direct")
    with direct.writing("test") as connection:
        articles.store(connection, [one.article for one in BATCH.readings], NOW)
        pages.keep(connection, BATCH.readings, SCHEDULE)
        sources.log_fetches(connection, BATCH.run_id, BATCH.fetches)
    assert spool.put(warehouse, BATCH) == spool.put(warehouse, BATCH)
    assert spool.load(warehouse, NOW, SCHEDULE) == Loaded(Stored(new=2, untold=1))
    assert spool.files(warehouse) == []
    assert kept(warehouse) == kept(direct)
    assert [len(rows) for rows in kept(warehouse)] == [2, 2, 1, 2, 2]
    assert spool.load(warehouse, NOW, SCHEDULE) == Loaded()


def test_every_field_of_an_article_goes_there_and_back(warehouse: Warehouse) -> None:
    read = spool.read(spool.put(warehouse, BATCH))
    assert read == BATCH
    assert {type(getattr(read.readings[0].article, f.name)) for f in fields(Article)} == {
        type(getattr(WHOLE, f.name)) for f in fields(Article)
    }


def test_a_batch_that_was_loaded_and_not_removed_changes_nothing(warehouse: Warehouse) -> None:
    spool.put(warehouse, BATCH)
    spool.load(warehouse, NOW, SCHEDULE)
    once = kept(warehouse)
    spool.put(warehouse, BATCH)
    assert spool.load(warehouse, NOW, SCHEDULE) == Loaded()
    attempted, *others = kept(warehouse)
    assert others == once[1:]
    assert [row[:4] for row in attempted] == [row[:4] for row in once[0]]


def test_a_file_that_is_no_batch_is_named_and_holds_up_nothing(warehouse: Warehouse) -> None:
    broken = spool.put(warehouse, Batch((Reading(WHOLE),)))
    broken.write_bytes(broken.read_bytes()[:50])
    whole = spool.put(warehouse, BATCH)
    loaded = spool.load(warehouse, NOW)
    assert loaded.stored.new == 2
    assert [broken.name in str(error) for error in loaded.unreadable] == [True]
    assert spool.files(warehouse) == [broken]
    assert not whole.exists()


def test_a_batch_of_an_older_noroshi_is_read(warehouse: Warehouse) -> None:
    file = spool.put(warehouse, BATCH)
    held = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(held["readings"]), encoding="utf-8")
    assert spool.read(file) == Batch(BATCH.readings)
