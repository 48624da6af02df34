"""Tables for people: nothing vanishes, however narrow the terminal."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from rich.text import Text

from flows.cli.table import Column, arrange, drawn
from tests.flows.conftest import Run

pytestmark = pytest.mark.usefixtures("begun")

ID = Column("id", 20, 20, short=True)
KIND = Column("kind", 10, 10, short=True)
TITLE = Column("title", 70, 28, short=False)
WORDS = Column("words", 40, 28, short=False)


def test_wide_enough_all_stand_side_by_side_and_share_what_is_left() -> None:
    arranged = arrange([ID, KIND, TITLE, WORDS], 120)
    assert arranged.below == ()
    assert arranged.beside == {"id": 20, "kind": 10, "title": 41, "words": 40}


def test_too_narrow_texts_stand_below_and_no_column_is_lost() -> None:
    arranged = arrange([ID, KIND, TITLE, WORDS], 78)
    assert arranged.beside == {"id": 20, "kind": 10}
    assert arranged.below == ["title", "words"]


def test_what_names_the_row_stays_in_front_though_it_is_long() -> None:
    arranged = arrange([Column("id", 30, 28, short=False), KIND, TITLE, WORDS], 78)
    assert list(arranged.beside) == ["id", "kind"]


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_rule_keeps_its_id_and_name(
    call: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    rules = json.loads(call("rules", "list", "--format", "json").out)
    monkeypatch.setenv("COLUMNS", str(width))
    said = call("rules", "list").out
    assert {rule["id"] for rule in rules} <= set(said.split())
    assert max(len(line) for line in said.splitlines()) <= width


def test_a_view_of_many_columns_shows_its_values_by_name(
    call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (row,) = json.loads(call("sql", "FROM articles ORDER BY id LIMIT 1", "--format", "json").out)
    lines = call("sql", "FROM articles ORDER BY id LIMIT 1").out.splitlines()
    assert any(line.split()[:2] == ["title", row["title"].split()[0]] for line in lines)
    assert any(row["id"] in line.split() for line in lines)


def test_an_address_is_not_broken_where_it_fits_the_width(
    call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ("search", "Japan", "--origin", "seed")
    urls = [row["url"] for row in json.loads(call(*query, "--format", "json").out)]
    monkeypatch.setenv("COLUMNS", "100")
    words = set(call(*query).out.split())
    assert {url for url in urls if len(url) < 90} <= words


@pytest.mark.parametrize("width", range(40, 101))
def test_a_short_value_is_in_one_piece_at_any_width(width: int) -> None:
    values = ["2026-11-22T20:45", "9aaa7ba7dabdcae7", "said " * 20, "2026-11-23T08:01"]
    cells = {str(place): [Text(value)] for place, value in enumerate(values)}
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as printed:
        for part in drawn(cells, width):
            console.print(part)
    assert {value for value in values if " " not in value} <= set(printed.get().split())
