"""What is printed: nothing from outside reaches a terminal as a command to it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from flows.cli.console import clean, to_json
from flows.configuration.settings import load
from tests.flows.cli.test_cli import PROGRAM, on_a_terminal
from tests.flows.conftest import Run
from tests.flows.newsroom import SETTINGS
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse

EVIL = (
    "[bold]Japan[/bold] [link=http://evil.invalid]here[/link] [/] :smile: "
    "\x1b[31mred\x1b]0;title\x07 \x9b2J \x7f\r over \u202etxt.exe\u2066"
)
OBEYED = set("\x1b\x07\x9b\x7f\r\u202e\u2066")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Settings whose warehouse holds an article with an evil title."""
    file = tmp_path / "noroshi.toml"
    file.write_text(SETTINGS)
    warehouse = Warehouse(load(file).data_folder)
    with warehouse.writing("test") as connection:
        articles.store(connection, [an_article(title=EVIL, text="Japan")], NOW)
    warehouse.publish()
    return file


COMMANDS = [("search", "Japan"), ("sql", "SELECT title FROM articles WHERE origin = 'news'")]


@pytest.mark.parametrize(
    ("words", "how"), list(zip(COMMANDS * 2, ["table", "json", "jsonl", "csv"], strict=True))
)
def test_a_terminal_shows_titles_and_does_not_obey_them(
    stored: Path, words: tuple[str, ...], how: str
) -> None:
    command = [str(PROGRAM), *words, "--format", how]
    said = on_a_terminal(command, stored.parent, {"NO_COLOR": "1", "COLUMNS": "400"})
    said = said.replace("\r\n", "\n")
    assert not OBEYED & set(said)
    for literal in ("[bold]", "[/link]", ":smile:"):
        assert literal in said


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_programs_get_titles_as_they_are(call: Run, stored: Path, words: tuple[str, ...]) -> None:
    assert json.loads(call(*words, "--format", "json").out)[0]["title"] == EVIL
    assert json.loads(call(*words, "--format", "jsonl").out)["title"] == EVIL
    read = csv.DictReader(io.StringIO(call(*words, "--format", "csv").out, newline=""))
    assert next(iter(read))["title"] == EVIL


@pytest.mark.usefixtures("begun")
def test_a_heading_is_no_markup_either(call: Run) -> None:
    ran = call("sql", 'SELECT 1 AS "[/bold]\x1b[31m", 2 AS "[bold]"')
    assert ran.status == 0
    assert "[/bold]" in ran.out
    assert "\x1b" not in ran.out


def test_json_is_json() -> None:
    value = {
        date(2025, 11, 14): [float("nan"), float("inf"), 1.5, True, None],
        "at": datetime(2025, 11, 14, tzinfo=UTC),
        "much": Decimal("1.50"),
        "half": "\ud800",
        "lines": "a\u2028b\x85c",
    }
    text = to_json(value)
    text.encode("utf-8")
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {
        "2025-11-14": [None, None, 1.5, True, None],
        "at": "2025-11-14T00:00:00+00:00",
        "much": "1.50",
        "half": "\ud800",
        "lines": "a\u2028b\x85c",
    }


CLEAN = [
    ("外遊警示　黃色", "外遊警示　黃色"),
    ("a\tb\nc", "a\tb\nc"),
    ("\x1b[1m", "\ufffd[1m"),
    ("a\u202eb\u200b", "ab"),
    ("\U0001f1ef\U0001f1f5", "\U0001f1ef\U0001f1f5"),
]


@pytest.mark.parametrize(("text", "shown"), CLEAN)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown
