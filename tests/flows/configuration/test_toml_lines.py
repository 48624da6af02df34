"""The line of whatever has a place in a TOML text, as the text says and as a parser agrees."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.configuration.toml_lines import Spot, Written

TEXT = (
    """\
timezone = "UTC"
[schedule]
watch_minutes = 5
digest = "07:00"
[[source]]
id = "a" # [[source]]
url = "u"
[[source]]
"id" = "b"
url = '''
[[source]]
id = "c"
'''
tags = ["x", # y
  "z, ]",

  { deep = 1 }]
[source.listing]
items = "li"
[[source]]
listing.url = "a"
listing . title = 'b'
when = 2025-11-14 07:30:00
[[channel]]
name = "a"
quiet = { from = "22:30", to = 1.5 }
[channel.more.deep]
key = """
    + '''"""two
lines = 3 \\""" """
after = [[1], [2,
3]]
'''
)

PLACES: list[tuple[Spot, int | None]] = [
    (("timezone",), 1),
    (("schedule",), 2),
    (("schedule", "digest"), 4),
    (("schedule", "weekly"), 2),
    (("source",), 5),
    (("source", 0), 5),
    (("source", 0, "url"), 7),
    (("source", 1), 8),
    (("source", 1, "id"), 9),
    (("source", 1, "url"), 10),
    (("source", 1, "tags"), 14),
    (("source", 1, "tags", 0), 14),
    (("source", 1, "tags", 1), 15),
    (("source", 1, "tags", 2, "deep"), 17),
    (("source", 1, "tags", 3), 14),
    (("source", 1, "name"), 8),
    (("source", 1, "listing"), 18),
    (("source", 1, "listing", "items"), 19),
    (("source", 1, "listing", "url"), 18),
    (("source", 2, "listing"), 21),
    (("source", 2, "listing", "title"), 22),
    (("source", 2, "when"), 23),
    (("source", 3), 5),
    (("channel", 0, "quiet", "to"), 26),
    (("channel", 0, "more"), 24),
    (("channel", 0, "more", "deep", "key"), 28),
    (("channel", 0, "more", "deep", "after"), 30),
    (("channel", 0, "more", "deep", "after", 1, 1), 31),
    (("nothing",), None),
    (("lines",), None),
]


@pytest.mark.parametrize(("spot", "line"), PLACES)
def test_a_line_is_that_of_the_value_or_of_what_ought_to_hold_it(
    spot: Spot, line: int | None
) -> None:
    assert tomllib.loads(TEXT)
    assert Written(None, TEXT).line(*spot) == line


ROOT = Path(__file__).parents[3]
ROOMS = ("flows", "extractors", "deploy")
FILES = [file for room in ROOMS for file in (ROOT / room).rglob("*.toml")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_that_a_parser_finds_has_a_line_that_shows_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    written, lines = Written(file, text), ["", *text.splitlines()]
    for spot, value in found(tomllib.loads(text), ()):
        line = lines[written.line(*spot) or 0]
        shown = spot[-1] if isinstance(spot[-1], str) else value
        assert isinstance(shown, dict) or str(shown) in line or "\\" in line, spot


def found(value: Any, spot: Spot) -> Iterator[tuple[Spot, Any]]:
    """All that a value holds, with its place."""
    inside = value if isinstance(value, dict | list) else ()
    for key, inner in inside.items() if isinstance(inside, dict) else enumerate(inside):
        yield (*spot, key), inner
        yield from found(inner, (*spot, key))


@pytest.mark.parametrize("broken", ["[", "[[a", "a", "a =", "a = [", "a = {b", "a = {b = ", '"'])
def test_a_text_that_is_no_toml_ends(broken: str) -> None:
    assert Written(None, broken).line("b") is None
