"""Changes: whether two readings of one article differ in what it says, and in what.

Whitespace, width of characters, counters, and the links around a text change each time somebody
looks; they make no version.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

from extractors.pages.body import SENTENCE_ENDS


@dataclass(frozen=True, slots=True)
class Change:
    """What a later reading of an article says differently."""

    title: bool
    added: tuple[str, ...] = ()
    """Lines of the later text."""
    removed: tuple[str, ...] = ()
    """Lines of the former text."""

    def __bool__(self) -> bool:
        return self.title or bool(self.added or self.removed)

    def __str__(self) -> str:
        """In one line, as versions are listed."""
        parts = [
            "title" if self.title else "",
            f"{len(self.added)} lines added" if self.added else "",
            f"{len(self.removed)} lines removed" if self.removed else "",
        ]
        return (
            ", ".join(filter(None, parts))
            .replace(" 1 lines", " 1 line")
            .replace("1 lines ", "1 line ")
        )


def change(before: tuple[str, str], after: tuple[str, str]) -> Change:
    """From one reading to the next, each a title and a text; false where nothing that matters
    differs."""
    title = _folded(before[0]) != _folded(after[0])
    former, later = _story(before[1]), _story(after[1])
    keys = list(map(_folded, former)), list(map(_folded, later))
    if sorted(keys[0]) == sorted(keys[1]):  # moved about, perhaps
        return Change(title)
    removed, added = [], []
    for kind, i, j, k, m in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if kind != "equal":
            removed += former[i:j]
            added += later[k:m]
    return Change(title, tuple(added), tuple(removed))


def _story(text: str) -> list[str]:
    """The lines up to the last that ends as a sentence, without counters: below it stand links to
    other articles. All lines where none ends so."""
    lines = [line for line in text.splitlines() if line.strip() and not _counts(line)]
    ends = [n for n, line in enumerate(lines) if _folded(line)[-1:] in SENTENCE_ENDS]
    return lines[: ends[-1] + 1] if ends else lines


def _counts(line: str) -> bool:
    shown = unicodedata.normalize("NFKC", line).strip()
    return len(shown) < LONGEST_COUNTER and any(mark.fullmatch(shown) for mark in _marks())


LONGEST_COUNTER = 60
"""Characters of a line that can be a counter."""


def _folded(line: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", line))


@cache
def _marks() -> tuple[re.Pattern[str], ...]:
    text = files("extractors.pages").joinpath("counters.toml").read_text(encoding="utf-8")
    return tuple(map(re.compile, tomllib.loads(text)["lines"]))
