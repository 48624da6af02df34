"""Fitting: a message is cut to what a service takes, between lines and never within a link.

Services count in their own ways: characters, bytes of UTF-8, UTF-16 units, or the bytes of the
request, in which JSON writes a Chinese character as six (`\\u65e5`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import regex

MARK = "…"
"""What stands where something was left out."""

Size = Callable[[str], int]

SIZES: dict[str, Size] = {
    "characters": len,
    "bytes": lambda text: len(text.encode("utf-8", "replace")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "replace")) // 2,
    "json": lambda text: len(json.dumps(text)) - 2,
}

_MARKUP = re.compile(r"https?:|[\\*_`~|<>\[\]()]")


def fit(body: str, limit: int, size: Size = len) -> str:
    """As many lines of `body` as are at most `limit` long with a mark for the rest.

    A link or a piece of markup never spans lines, so none is ever cut. A line of nothing but text
    is cut between graphemes rather than left out.
    """
    if size(body) <= limit:
        return body
    kept, room = "", limit - size(MARK)
    for line in body.split("\n"):
        if size(line + "\n") > room:
            break
        room -= size(line + "\n")
        kept += line + "\n"
    head = "" if _MARKUP.search(line) else _head(line, room, size)
    if head:
        return kept + head + MARK
    return f"{kept.rstrip()}\n{MARK}" if kept.strip() else MARK


def _head(line: str, room: int, size: Size) -> str:
    """The first graphemes of `line` that fit."""
    taken: list[str] = []
    for grapheme in regex.findall(r"\X", line):
        room -= size(grapheme)
        if room < 0:
            break
        taken.append(grapheme)
    return "".join(taken).rstrip()
