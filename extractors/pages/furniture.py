"""Lines within an article's text that are none of it: the facts are in `furniture.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from extractors.pages.body import SENTENCE_ENDS

LONGEST = 80
"""Characters of such a line; longer ones are left alone."""
MOST_ABOVE = 0.6
"""The share of the prose above a line that makes it the end."""
WORD = re.compile(r"\w")


def without_furniture(text: str) -> str:
    """`text` (paragraphs, one a line) without lines that are no part of any article: labels of
    buttons and advertisements, ornaments, the credits of editors at the end, and what begins with
    a heading such as "related stories" below most of the prose."""
    lines = _until_end([line for line in text.split("\n") if not _is_furniture(line)])
    while len(lines) > 1 and _is(lines[-1], "credits"):
        lines.pop()
    return "\n".join(lines)


def _until_end(lines: list[str]) -> list[str]:
    total, above = sum(map(_prose, lines)), 0
    for number, line in enumerate(lines):
        if number and above > MOST_ABOVE * total and _is(line, "ends"):
            return lines[:number]
        above += _prose(line)
    return lines


def _prose(line: str) -> int:
    return len(line) if line[-1:] in SENTENCE_ENDS else 0


def _is(line: str, table: str) -> bool:
    return len(line) <= LONGEST and bool(_pattern(table).fullmatch(line))


def _is_furniture(line: str) -> bool:
    return not WORD.search(line) or _is(line, "lines")


@cache
def _pattern(table: str) -> re.Pattern[str]:
    text = files("extractors.pages").joinpath("furniture.toml").read_text("utf-8")
    return re.compile("|".join(f"(?:{way})" for way in tomllib.loads(text)[table]), re.IGNORECASE)
