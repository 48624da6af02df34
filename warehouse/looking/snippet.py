"""Snippets: the line of a text that shows why it was found."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.reading.coding import Evidence
from alerts.telling.writing.excerpt import excerpt


def snippet_of(
    title: str, text: str, evidence: Sequence[Evidence], *, width: int = 120
) -> tuple[str, list[tuple[int, int]]]:
    """A line around the words that were asked for, and where in it they stand.

    The sentence with the most of them, cut to `width` around the first; where only the title has
    them, or nothing was asked for, the beginning of the text."""
    if not any(item.field == "text" for item in evidence):
        return _line(text, 0, width), []
    shown = excerpt(title, text, evidence)
    first = shown.marks[0][0] if shown.marks else 0
    begin = 0 if len(shown.text) <= width else max(0, first - width // 3)
    lead = "…" if begin else ""
    marks = [
        (start - begin + len(lead), min(end, begin + width) - begin + len(lead))
        for start, end in shown.marks
        if begin <= start < begin + width
    ]
    return lead + _line(shown.text, begin, width), marks


def title_marks(title: str, evidence: Sequence[Evidence]) -> list[tuple[int, int]]:
    """Where in the title the words stand that were asked for."""
    return list(excerpt(title, "", [item for item in evidence if item.field == "title"]).marks)


def _line(text: str, begin: int, width: int) -> str:
    """One line: each white space becomes one space, so that places stay."""
    cut = "".join(" " if character.isspace() else character for character in text[begin:][:width])
    return cut + ("…" if begin + width < len(text) else "")
