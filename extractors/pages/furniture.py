"""Lines within an article's text that are none of it: the facts are in `furniture.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

LONGEST = 80
"""Characters of such a line; longer ones are left alone."""
WORD = re.compile(r"\w")


def without_furniture(text: str) -> str:
    """`text` (paragraphs, one a line) without lines that are no part of any article: labels of
    buttons and advertisements, ornaments, and the credits of editors at the end."""
    lines = [line for line in text.split("\n") if not _is_furniture(line)]
    while len(lines) > 1 and len(lines[-1]) <= LONGEST and _pattern("credits").fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(lines)


def _is_furniture(line: str) -> bool:
    if len(line) > LONGEST:
        return not WORD.search(line)
    return not WORD.search(line) or bool(_pattern("lines").fullmatch(line))


@cache
def _pattern(table: str) -> re.Pattern[str]:
    text = files("extractors.pages").joinpath("furniture.toml").read_text("utf-8")
    return re.compile("|".join(f"(?:{way})" for way in tomllib.loads(text)[table]), re.IGNORECASE)
