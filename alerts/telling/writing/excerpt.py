"""An excerpt: the sentence that led to a match, with the places of the words that did."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.reading.coding import Evidence

MAX_LENGTH = 400
"""Characters; a longer sentence is cut around its first match."""

_END = re.compile(r"[。！？!?]+[」』”’\"')）]*|[.]+[”’\"')]*(?=\s|$)|\n+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of the text (or the title), and where in it the matched words stand."""

    text: str
    marks: tuple[tuple[int, int], ...]


def excerpt(title: str, text: str, evidence: Sequence[Evidence]) -> Excerpt:
    """The sentence with the most evidence, the first of them on a tie; the title where the text
    holds none."""
    in_text = [item for item in evidence if item.field == "text"]
    if not in_text:
        return _marked(title, 0, len(title), [e for e in evidence if e.field == "title"])
    begin, end = max(
        dict.fromkeys(_sentence(text, item.start, item.end) for item in in_text),
        key=lambda span: sum(span[0] <= e.start and e.end <= span[1] for e in in_text),
    )
    return _marked(text, begin, end, in_text)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence around `text[start:end]`, at most `MAX_LENGTH` long."""
    before = [match.end() for match in _END.finditer(text, max(0, start - MAX_LENGTH), start)]
    begin = before[-1] if before else max(0, start - MAX_LENGTH)
    after = _END.search(text, end, end + MAX_LENGTH)
    finish = after.end() if after else min(len(text), end + MAX_LENGTH)
    if finish - begin > MAX_LENGTH:
        begin = max(begin, start - MAX_LENGTH // 2)
        finish = min(finish, begin + MAX_LENGTH)
    return begin, max(finish, end)


def _marked(text: str, begin: int, end: int, evidence: Sequence[Evidence]) -> Excerpt:
    shown = text[begin:end]
    lead = len(shown) - len(shown.lstrip())
    origin, stripped = begin + lead, shown.strip()
    places = sorted(
        {
            (item.start - origin, item.end - origin)
            for item in evidence
            if item.start >= origin and item.end <= origin + len(stripped)
        }
    )
    return Excerpt(stripped, _apart(places))


def _apart(places: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted places with those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)
