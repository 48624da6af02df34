"""On which line of a TOML text a key stands: tomllib tells values, but no places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")


def locate(text: str, place: tuple[str | int, ...]) -> int | None:
    """The line (from 1) of the key at `place`, or of its table, or None.

    `place` is a path such as `("source", 1, "url")`: the key `url` of the second `[[source]]`.
    """
    names = [part for part in place if isinstance(part, str)]
    index = next((part for part in place if isinstance(part, int)), 0)
    table, key = (names[0], names[1]) if len(names) > 1 else ("", names[0])
    header = None
    for number, section, nth, name in _lines(text):
        if (section, nth, name) == (table, index, key):
            return number
        if (section, nth, name) in {(table, index, None), (key, index, None)}:
            header = number
    return header


def _lines(text: str) -> Iterator[tuple[int, str, int, str | None]]:
    """(line, table, which of the tables of that name, key or None for the header itself)."""
    seen: Counter[str] = Counter()
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = header[1]
            seen[section] += 1
            yield number, section, seen[section] - 1, None
        elif key := _KEY.match(line):
            yield number, section, max(seen[section] - 1, 0), key[1]
