"""Scanning: where the terms of a vocabulary stand in a folded text, in one pass.

Latin words are found between word boundaries, Chinese and Japanese terms anywhere. A guard is a
longer word that only looks as if it held a term (AC power, stock exchange): what it masks is
not found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from alerts.reading.words.vocabulary import Term


class Hit(NamedTuple):
    """`text[start:end]` is the pattern of term number `term`."""

    start: int
    end: int
    term: int


_new = tuple.__new__
"""Makes a Hit of a tuple in half the time of `Hit._make`."""


class Scanner:
    """Finds the terms of several word lists at once; cost grows with the text, not the lists."""

    def __init__(
        self,
        words: Mapping[str, Sequence[Term]],
        guards: Sequence[Term] = (),
        *,
        spaced: bool = True,
    ) -> None:
        self.spaced = spaced
        """Whether the language sets its words apart by spaces."""
        terms: dict[tuple[str, bool], tuple[Term, set[str]]] = {}
        for name, members in words.items():
            for term in members:
                terms.setdefault((term.pattern, term.open_end), (term, set()))[1].add(name)
        self.terms = [term for term, _ in terms.values()] + list(guards)
        self.lists = [tuple(sorted(names)) for _, names in terms.values()]
        """For each term, the lists that it belongs to."""
        self._closed = [_closed(term) for term in self.terms]
        patterns = [term.pattern for term in self.terms]
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard) if patterns else None

    def scan(self, text: str) -> list[Hit]:
        """All hits, overlapping ones too, in order of their start, then of their end."""
        if self._automaton is None:
            return []
        found: list[tuple[int, int, int]] = []
        masks: list[tuple[int, int]] = []
        closed, size, length = self._closed, len(self.lists), len(text)
        for term, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            left, right = closed[term]
            # What `joins` says, written out: this is asked millions of times.
            if left and start and (c := text[start - 1]) < "\u2e80" and c.isalnum():
                continue
            if right and end < length and (c := text[end]) < "\u2e80" and c.isalnum():
                continue
            if term < size:
                found.append((start, end, term))
            else:
                masks.append(_mask(self.terms[term], start))
        found.sort()
        hits = [_new(Hit, hit) for hit in found]
        return _unmasked(hits, masks) if masks else hits


def joins(character: str) -> bool:
    """Whether a Latin word goes on with this character."""
    return character < "\u2e80" and character.isalnum()


def _closed(term: Term) -> tuple[bool, bool]:
    """Whether a word boundary is asked for before and after the term."""
    return joins(term.pattern[0]), joins(term.pattern[-1]) and not term.open_end


def _mask(guard: Term, start: int) -> tuple[int, int]:
    low, high = guard.mask or (0, len(guard.pattern))
    return start + low, start + high


def _unmasked(hits: list[Hit], masks: list[tuple[int, int]]) -> list[Hit]:
    """The hits that no mask touches, unless they reach beyond it on both sides."""
    masks = _merged(masks)
    starts = [low for low, _ in masks]
    return [hit for hit in hits if not _touched(hit, masks, starts)]


def _merged(masks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(masks):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _touched(hit: Hit, masks: list[tuple[int, int]], starts: list[int]) -> bool:
    """Whether a mask overlaps the hit and the hit does not reach beyond it on both sides."""
    at = bisect_right(starts, hit.end - 1) - 1
    while at >= 0 and masks[at][1] > hit.start:
        low, high = masks[at]
        if not hit.start < low or not high < hit.end:
            return True
        at -= 1
    return False
