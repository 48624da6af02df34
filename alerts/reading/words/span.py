"""Spans: where the words of queries stand in a folded field, and the way back to the original."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from alerts.reading.words.fold import Folded, fold
from alerts.reading.words.scan import Scanner
from alerts.reading.words.sentence import sentences
from alerts.reading.words.vocabulary import Term, family


class Span(NamedTuple):
    """`text[start:end]` of a folded field, and the spelling in the query or vocabulary."""

    start: int
    end: int
    term: str


Spans = list[Span]


class Original:
    """The way from a folded field, its leading space gone, to the original."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded: Folded = fold(text)
        self._gone = len(self._folded.text) - len(self._folded.text.lstrip(" "))

    def origin(self, span: Span) -> tuple[int, int]:
        """The slice of the original."""
        return self._folded.origin(span.start + self._gone, span.end + self._gone)

    def sentence(self, span: Span) -> int:
        """The number of the sentence in which a span begins."""
        return bisect_right(self._begins, self.origin(span)[0]) - 1

    @cached_property
    def _begins(self) -> list[int]:
        """Where sentences begin in the original: line breaks, which end them, are folded away."""
        lined = fold(self._text, lines=True)
        return [lined.origin(start, end)[0] for start, end in sentences(lined.text)]


def found_in(scanner: Scanner, text: str, language: str) -> dict[str, Spans]:
    """The hits of each word list, in order, but for those that a longer word shows to be none."""
    found: dict[str, Spans] = {}
    unmeant: set[tuple[int, int]] = set()
    guard = f"!{family(language)}"
    for hit in scanner.scan(text):
        term = scanner.terms[hit.term]
        for name in scanner.lists[hit.term]:
            if name[0] != "!":
                span = Span(hit.start, hit.end, _spelling(name, term))
                found.setdefault(name, []).append(span)
            elif name == guard and term.mask:
                unmeant.add((hit.start + term.mask[0], hit.start + term.mask[1]))
    return {
        name: sorted(span for span in set(spans) if span[:2] not in unmeant)
        for name, spans in found.items()
    }


def _spelling(name: str, term: Term) -> str:
    """As it stands in the query, or in the vocabulary."""
    if name[0] == "@":
        return term.spelling
    return name[1:] + "*" * (name[0] == "*")


def inside(stretch: Span, columns: Iterable[Spans]) -> Iterator[Span]:
    """The first word of each column in a stretch that holds one of each."""
    for column in columns:
        yield column[bisect_left(column, stretch.start, key=lambda span: span.start)]
