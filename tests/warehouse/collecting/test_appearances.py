"""One text at several outlets: linked, whatever the order in which its articles come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from extractors.article import Article
from extractors.pages.fingerprint import runs, same
from tests.extractors.pages.test_fingerprint import AGENCY
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import appearances, articles
from warehouse.database import Warehouse, query

TEXT = AGENCY["ja"]


def at(outlet: str, text: str = TEXT, hours: float = 0) -> Article:
    url = f"https://{outlet}.example/1"
    moment = NOW + timedelta(hours=hours)
    return replace(
        an_article(), id=outlet, url=url, text=text, source_id=outlet, published_at=moment
    )


def texts(warehouse: Warehouse) -> set[tuple[object, ...]]:
    with warehouse.writing("look") as connection:
        sql = "SELECT article_id, text_id, rank, appearances FROM appearances"
        return set(query(connection, sql)[1])


def kept(warehouse: Warehouse, *batches: list[Article]) -> set[tuple[object, ...]]:
    for batch in batches:
        with warehouse.writing("test") as connection:
            articles.store(connection, batch, NOW)
    return texts(warehouse)


def test_the_same_text_at_three_outlets_is_one(warehouse: Warehouse) -> None:
    found = kept(
        warehouse,
        [at("b", hours=1), at("other", AGENCY["zh"])],
        [at("a", f"【共同】{TEXT}", hours=2), at("c", TEXT + "続報を待つ。")],
    )
    assert found == {
        ("c", "c", 1, 3),
        ("b", "c", 2, 3),
        ("a", "c", 3, 3),
        ("other", "other", 1, 1),
    }


def passage(begin: int, end: int) -> str:
    """Sentences of which no two have four words in common."""
    return " ".join(f"w{n}a w{n}b w{n}c w{n}d w{n}e w{n}f." for n in range(begin, end))


CHAIN = {
    "a": (0, 10),
    "b": (2, 12),
    "c": (4, 14),
    "e": (6, 16),
    "f": (8, 18),
    "d": (20, 30),
}
"""Each but the last two is like the next; the first and the third are not alike."""


@pytest.mark.parametrize("order", ["abcefd", "dfecba", "cafdbe", "acbfed", "feabcd"])
def test_the_order_of_storing_does_not_matter(warehouse: Warehouse, order: str) -> None:
    made = {name: at(name, passage(*CHAIN[name]), hours=ord(name)) for name in CHAIN}
    assert not same(runs(made["a"].text), runs(made["c"].text))
    found = kept(warehouse, *[[made[name]] for name in order])
    named = {id_: text for id_, text, *_ in found}
    assert named == dict.fromkeys("abcef", "a") | {"d": "d"}


def test_a_text_of_another_week_is_another_appearance(warehouse: Warehouse) -> None:
    found = kept(warehouse, [at("a"), at("b", hours=24 * 6), at("c", hours=24 * 30)])
    assert {(id_, text) for id_, text, *_ in found} == {("a", "a"), ("b", "a"), ("c", "c")}


def test_storing_again_changes_nothing(warehouse: Warehouse) -> None:
    once = kept(warehouse, [at("a"), at("b")])
    with warehouse.writing("test") as connection:
        traces = appearances.traces(connection, ["a", "b"])
        appearances.link(connection, traces, {trace.article_id: trace.moment for trace in traces})
        assert connection.execute("SELECT count(*) FROM store.same_text").fetchone() == (1,)
    assert texts(warehouse) == once


def test_a_version_with_another_text_leaves_the_others(warehouse: Warehouse) -> None:
    kept(warehouse, [at("a"), at("b", hours=1), at("c", hours=2)])
    found = kept(warehouse, [at("a", AGENCY["en"])])
    assert {(id_, text) for id_, text, *_ in found} == {("a", "a"), ("b", "b"), ("c", "b")}


def test_a_version_of_another_day_leaves_no_former_fingerprint(warehouse: Warehouse) -> None:
    kept(warehouse, [at("a"), at("b", hours=1)])
    kept(warehouse, [at("a", AGENCY["en"], hours=24 * 40), at("b", AGENCY["en"], hours=24 * 50)])
    with warehouse.writing("test") as connection:
        found = connection.execute("SELECT article_id, count(*) FROM store.fingerprint GROUP BY 1")
        assert dict(found.fetchall()) == {"a": 20, "b": 20}


def test_script_variants_are_one_text(warehouse: Warehouse) -> None:
    traditional = AGENCY["zh"].translate(
        str.maketrans("驻领郑国联系协证紧况报警", "駐領鄭國聯繫協證緊況報警")
    )
    found = kept(warehouse, [at("a", AGENCY["zh"]), at("b", traditional, hours=1)])
    assert {text for _, text, *_ in found} == {"a"}


def test_what_an_older_noroshi_stored_is_linked_later(warehouse: Warehouse) -> None:
    wanted = kept(warehouse, [at("a"), at("b"), at("short", "短い")])
    with warehouse.writing("test") as connection:
        for table in ("fingerprint", "same_text", "appearance"):
            connection.execute(f"DELETE FROM store.{table}")  # noqa: S608
        assert appearances.catch_up(connection) == 3
        assert appearances.catch_up(connection) == 0
    assert texts(warehouse) == wanted
