"""The concordance names every text that holds what is asked for; the rest is looked through."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.reading.rules.query_text import parse
from alerts.reading.rules.verdict import Document, Queries
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Connection, Warehouse
from warehouse.looking import concordance
from warehouse.looking.concordance import Concordance, opened, renew
from warehouse.looking.grams import AllOf, Gram, Needed, OneOf, grams, needed
from warehouse.looking.search import Search, search

FORMS = [
    ("日本", Gram("日本")),
    ("国", None),
    ("外遊警示 国", AllOf((Gram("外游"), Gram("游警"), Gram("警示")))),
    ("osak*", Gram("osak", open_end=True)),
    ("大阪2*", AllOf((Gram("2", open_end=True), Gram("大阪")))),
    ("日本 OR 国", None),
    ("osak* OR 日本", OneOf((Gram("osak", open_end=True), Gram("日本")))),
    ("osak* -日本", Gram("osak", open_end=True)),
    ("lang:ja", None),
    ("osak* lang:ja", Gram("osak", open_end=True)),
]


@pytest.mark.parametrize(("query", "expected"), FORMS)
def test_what_a_query_cannot_do_without(query: str, expected: Needed | None) -> None:
    assert needed(parse(query).root) == expected


def test_a_word_has_its_forms() -> None:
    found = needed(parse("flight").root)
    assert isinstance(found, OneOf)
    assert {Gram("flight"), Gram("flights")} <= set(found.parts)


pieces = st.lists(
    st.sampled_from(
        ["日本", "本", "國", "travel", "ban", "ban's", "u.s.", "-", " ", "。", "é", "Ω", "9"]
    ),
    min_size=1,
    max_size=6,
).map("".join)


def _has(text: set[str], need: Needed | None) -> bool:
    match need:
        case None:
            return True
        case Gram(gram, open_end):
            return gram in text or (open_end and any(one.startswith(gram) for one in text))
        case AllOf(parts):
            return all(_has(text, part) for part in parts)
        case OneOf(parts):
            return any(_has(text, part) for part in parts)


@settings(max_examples=300, deadline=None)
@given(before=pieces, phrase=pieces.filter(str.strip), after=pieces, open_end=st.booleans())
def test_a_text_that_answers_has_the_grams(
    before: str, phrase: str, after: str, open_end: bool
) -> None:
    from alerts.errors import QueryError
    from alerts.reading.words.fold import fold

    try:
        query = parse(f'"{phrase}{"*" * open_end}"')
    except QueryError:
        return
    text = f"{before}{phrase}{after}"
    document = Document(title="", text=text, language="en", source="a")
    if Queries({"": query}).read(document).holds(""):
        assert _has(grams(fold(text).text), needed(query.root))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "concordance"


def stored(connection: Connection, texts: Sequence[str]) -> None:
    batch = [an_article(f"https://example.org/{text}", text=text) for text in texts]
    articles.store(connection, batch, NOW)


def looked_up(connection: Connection, query: str, found: Concordance | None) -> set[object]:
    assert found
    keys = found.find(needed(parse(query).root) or AllOf(()))
    assert keys is not None
    with_it = search(connection, Search(query), found)
    assert with_it == search(connection, Search(query))
    return {row["snippet"] for row in with_it}


def test_it_grows_and_is_made_anew_where_many_are_gone(warehouse: Warehouse, folder: Path) -> None:
    with warehouse.writing("test") as connection:
        stored(connection, ["日本航空", "日本放送"])
        assert (renew(connection, folder, worth=3), opened(folder)) == (0, None)
        assert renew(connection, folder, worth=2) == 2
        stored(connection, ["日本銀行"])
        assert looked_up(connection, "日本 銀行", opened(folder)) == {"日本銀行"}
        assert (renew(connection, folder, worth=2), renew(connection, folder, worth=2)) == (1, 0)
        first = opened(folder)
        assert looked_up(connection, "日本", first) == {"日本航空", "日本放送", "日本銀行"}
        connection.execute("DELETE FROM store.article WHERE text = '日本放送'")
        assert renew(connection, folder, worth=2) == 2
        second = opened(folder)
        assert first and second and first.folder != second.folder
        assert [path.name for path in folder.iterdir() if path.is_dir()] == [second.folder.name]
        assert looked_up(connection, "日本", second) == {"日本航空", "日本銀行"}


def test_texts_of_another_folding_are_left_to_the_search(
    warehouse: Warehouse, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.writing("test") as connection:
        stored(connection, ["日本航空", "日本放送"])
        connection.execute(
            "UPDATE store.article SET folding = 'x', folded = 'y' WHERE text LIKE '%放送'"
        )
        assert renew(connection, folder, worth=0) == 1
        assert looked_up(connection, "日本", opened(folder)) == {"日本航空", "日本放送"}
        monkeypatch.setattr(concordance, "folding", lambda: "another")
        assert opened(folder) is None


def _cut(made: Path) -> None:
    for file in made.glob("*.term"):
        file.write_bytes(file.read_bytes()[:40])


def _without_index(made: Path) -> None:
    (made / "meta.json").unlink()


def _uncovered(made: Path) -> None:
    (made / "covered.parquet").write_bytes(b"PAR1")


def _emptied(made: Path) -> None:
    other = made.with_name("other")
    concordance._begun(other)
    for file in [*made.iterdir()]:
        if file.name != "covered.parquet":
            file.unlink()
    for file in next(other.iterdir()).iterdir():
        if file.name != "covered.parquet":
            shutil.copy(file, made)


@pytest.mark.parametrize("damage", [_cut, _without_index, _uncovered, _emptied])
def test_a_damaged_one_is_said_passed_over_and_made_anew(
    warehouse: Warehouse,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    damage: object,
) -> None:
    assert callable(damage)
    with warehouse.writing("test") as connection:
        stored(connection, ["日本航空", "日本放送"])
        renew(connection, folder, worth=0)
        (made,) = [path for path in folder.iterdir() if path.is_dir()]
        damage(made)
        with caplog.at_level(logging.WARNING):
            rows = search(connection, Search("日本 放送"), opened(folder))
        assert [row["snippet"] for row in rows] == ["日本放送"]
        assert "searches take longer" in caplog.text
        assert renew(connection, folder, worth=0) == 2
        assert looked_up(connection, "日本 放送", opened(folder)) == {"日本放送"}


def test_what_many_texts_hold_is_looked_through(
    warehouse: Warehouse, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.writing("test") as connection:
        stored(connection, ["osaka1 日本", "osaka2 日本", "osaka3 日本"])
        renew(connection, folder, worth=0)
        found = opened(folder)
        assert found
        monkeypatch.setattr(concordance, "MOST", 2)
        assert found.find(Gram("日本")) is None
        monkeypatch.setattr(concordance, "ENDINGS", 3)
        assert found.find(Gram("osaka", open_end=True)) is None
        assert len(search(connection, Search("osaka* 日本"), found)) == 3


def test_a_copy_of_an_older_noroshi_is_searched_too(warehouse: Warehouse, folder: Path) -> None:
    with warehouse.writing("test") as connection:
        stored(connection, ["日本航空", "日本放送"])
        connection.execute("UPDATE store.article SET key = NULL WHERE text LIKE '%放送'")
        assert renew(connection, folder, worth=0) == 1
        assert looked_up(connection, "日本", opened(folder)) == {"日本航空", "日本放送"}
        connection.execute("ALTER TABLE store.article DROP COLUMN key")
        assert renew(connection, folder, worth=0) == 1
        assert looked_up(connection, "日本", opened(folder)) == {"日本航空", "日本放送"}
