"""On which line of a TOML text something stands: tomllib tells values, but no places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Spot = tuple[str | int, ...]
"""A path such as `("source", 1, "url")`: the key `url` of the second `[[source]]`."""


@dataclass(frozen=True)
class Written:
    """A valid TOML text, and the file that it is from."""

    file: Path | None
    text: str = field(default="", repr=False)

    def __str__(self) -> str:
        return str(self.file) if self.file else "the settings"

    def at(self, *spot: str | int) -> str:
        """File and line of what is at `spot`; the file alone where the text does not show it."""
        number = self.line(*spot)
        return f"{self}, line {number}" if number else str(self)

    def line(self, *spot: str | int) -> int | None:
        """The line (from 1) of a table, a key or an item of a list; of what ought to hold it where
        it is not there; None where that is not there either."""
        within = (spot[:end] for end in range(len(spot), 0, -1))
        return next((self._lines[part] for part in within if part in self._lines), None)

    @cached_property
    def _lines(self) -> Mapping[Spot, int]:
        return _Reader(list(_words(self.text))).read()


Word = tuple[str, int]
"""A word or a sign, and its line."""

_WORD = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}'  # strings of several lines
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|(?P<nothing>#[^\n]*|[ \t\r]+)|\n|[\]\[{}=,.]|[^\]\[{}=,.#\"'\s]+",
    re.DOTALL,
)


def _words(text: str) -> Iterator[Word]:
    """Words, signs and ends of lines, and "" at the end of the text."""
    line = 1
    for found in _WORD.finditer(text):
        if not found["nothing"]:
            yield found[0], line
        line += found[0].count("\n")
    yield "", line


@dataclass(slots=True)
class _Reader:
    """Reads a text from top to bottom, as the grammar of TOML has it, and notes where things are:
    https://toml.io/en/v1.0.0."""

    words: list[Word]
    next: int = 0
    lines: dict[Spot, int] = field(default_factory=dict)
    counts: dict[Spot, int] = field(default_factory=dict)
    """How many tables of a list of tables there are so far."""

    def read(self) -> Mapping[Spot, int]:
        """The line of whatever has a place."""
        table: Spot = ()
        while word := self._word:
            if word == "\n":
                self._take()
            elif word == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    @property
    def _word(self) -> str:
        return self.words[self.next][0]

    def _take(self) -> Word:
        taken = self.words[self.next]
        self.next = min(self.next + 1, len(self.words) - 1)
        return taken

    def _header(self) -> Spot:
        """`[a.b]` or `[[a.b]]`, where `a` may be the last of a list of tables."""
        _, line = self._take()
        listed = self._word == "["
        spot: Spot = ()
        for name in self._names("]"):
            spot = (*self._last(spot), name)
        self.lines.setdefault(spot, line)
        if listed:
            self._take()
            self.counts[spot] = self.counts.get(spot, 0) + 1
            spot = self._last(spot)
            self.lines[spot] = line
        return spot

    def _last(self, spot: Spot) -> Spot:
        return (*spot, self.counts[spot] - 1) if spot in self.counts else spot

    def _names(self, end: str) -> Iterator[str]:
        """The parts of a key, up to and with the sign that ends it."""
        while (word := self._take()[0]) not in {end, ""}:
            if word not in {".", "["}:
                yield word.strip("\"'")

    def _pair(self, table: Spot) -> None:
        """`key = value`."""
        spot, line = table, self.words[self.next][1]
        for name in self._names("="):
            spot = (*spot, name)
            self.lines.setdefault(spot, line)
        self._value(spot)

    def _value(self, spot: Spot) -> None:
        word, _ = self._take()
        if word == "[":
            self._items(spot)
        elif word == "{":
            self._pairs(spot)
        else:
            while self._word not in {",", "]", "}", "\n", ""}:  # 1.5 and 07:30 are several
                self._take()

    def _items(self, spot: Spot) -> None:
        number = 0
        while self._word not in {"]", ""}:
            if self._word in {",", "\n"}:
                self._take()
                continue
            self.lines[*spot, number] = self.words[self.next][1]
            self._value((*spot, number))
            number += 1
        self._take()

    def _pairs(self, spot: Spot) -> None:
        while self._word not in {"}", ""}:
            if self._word in {",", "\n"}:
                self._take()
            else:
                self._pair(spot)
        self._take()
