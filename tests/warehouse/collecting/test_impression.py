"""Impressions: what is taken before a transaction is what storing would take itself."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.reading.words.fold import fold
from extractors.pages.fingerprint import bands, runs
from tests.extractors.pages.test_fingerprint import AGENCY
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.collecting.impression import impression, impressions
from warehouse.database import Warehouse

odd = st.text(
    st.sampled_from("aA1 \n\u3000日本゛\u3099カｶﾞé\u0301.。’½Ⅲß㍿\u200b…٣\ud800"), max_size=8
)
texts = st.builds(lambda before, text, after: before + text + after, odd, odd, odd)


@given(title=texts, begin=texts, agency=st.sampled_from(sorted(AGENCY)), end=texts)
def test_the_bands_are_those_of_the_text_alone(
    title: str, begin: str, agency: str, end: str
) -> None:
    text = begin + AGENCY[agency] + end
    taken = impression(title, text)
    assert taken.folded == fold(f"{title}\n{text}").text
    assert taken.bands == bands(runs(fold(text).text))
    assert taken.bands


def test_what_was_taken_is_stored(warehouse: Warehouse) -> None:
    batch = [
        replace(an_article(f"https://{name}.example/1"), text=text)
        for name, text in [*AGENCY.items(), ("again", AGENCY["ja"])]
    ]
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW)
        expected = [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES]
    for table in TABLES:
        with warehouse.writing("test") as connection:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
    some = impressions(batch[:2])
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW, taken=some)
        found = [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES]
    assert found == expected
    assert all(found)


TABLES = ("store.article", "store.fingerprint", "store.same_text", "store.appearance")
