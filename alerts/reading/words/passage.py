"""Passages: the sentences of an article with the words that were found in them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from alerts.reading.words.fold import Folded
from alerts.reading.words.scan import Hit, Scanner
from alerts.reading.words.sentence import sentences

PARTIES = ("HK", "JP", "CN")
_LEAD = 2
"""The sentences of a body that count as its lead."""


Place = Literal["title", "text"]


class Passage(NamedTuple):
    """One sentence. Offsets of hits are those of the field's folded text."""

    field: Place
    number: int
    """Place of the sentence in its field."""
    start: int
    text: str
    lists: Mapping[str, list[Hit]]
    """For each word list, its hits in this sentence."""
    parties: frozenset[str]
    """Of HK, JP, CN: those that are named."""
    foreign: bool
    """Whether a country outside the triangle is named (Taiwan as a quarrel is none)."""
    scale: int
    """How many characters say what one does in Chinese or Japanese: 1, or 3 in Latin script."""
    leads: bool
    """In the title, or where a reader looks first."""


_NAMED: dict[str, tuple[str, ...]] = {
    **{f"parties.{p}.{kind}": (p,) for p in PARTIES for kind in ("state", "body", "place", "to")},
    "parties.JP.local": ("JP",),
    "parties.JP-CN": ("JP", "CN"),
    "parties.islands": ("JP", "CN"),
    "parties.HK-JP": ("HK", "JP"),
    "parties.HK-CN": ("HK", "CN"),
}


class Reader:
    """Reads the texts of one family of languages."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self._parties = [parties_of(lists) for lists in scanner.lists]
        """For each term, the parties that it names."""
        self._voices = {n for n, lists in enumerate(scanner.lists) if _TAIWANESE in lists}

    def scan(self, folded: Mapping[Place, Folded]) -> dict[Place, list[Hit]]:
        """The words of the vocabulary in each field, in order."""
        return {place: self.scanner.scan(field.text) for place, field in folded.items()}

    def few(self, hits: Mapping[Place, Sequence[Hit]]) -> frozenset[str] | None:
        """The parties that the words name, where they are fewer than two; then no passage will
        name more. None where there are more, or where the passages have to decide."""
        terms = {hit[2] for found in hits.values() for hit in found}
        named = _NOBODY.union(*map(self._parties.__getitem__, terms))
        return named if len(named) < 2 and terms.isdisjoint(self._voices) else None

    def passages(
        self,
        folded: Mapping[Place, Folded],
        hits: Mapping[Place, Sequence[Hit]],
        *,
        maybe_taiwanese: bool = True,
    ) -> list[Passage]:
        """The sentences that hold at least one word of the vocabulary, and the lead. An outlet that
        may be Taiwanese is, where its lead says "our country"."""
        read = [p for place in folded for p in self._field(place, folded[place].text, hits[place])]
        taiwanese = maybe_taiwanese and any(_TAIWANESE in p.lists for p in read if p.leads)
        return [as_taiwanese(p) for p in read] if taiwanese else read

    def _field(self, field: Place, text: str, found: Sequence[Hit]) -> Iterator[Passage]:
        scale = 3 if self.scanner.spaced else 1
        listed = self.scanner.lists
        hits = iter(found)
        hit = next(hits, _END)
        for number, (start, end) in enumerate(sentences(text)):
            if hit[0] >= end and number >= _LEAD:
                continue
            lists: dict[str, list[Hit]] = {}
            while hit[0] < end:
                for name in listed[hit[2]]:
                    if name in lists:
                        lists[name].append(hit)
                    else:
                        lists[name] = [hit]
                hit = next(hits, _END)
            named, foreign = parties_of(lists), _foreign(lists)
            leads = field == "title" or number < _LEAD
            yield Passage(
                field, number, start, text[start:end], lists, named, foreign, scale, leads
            )


_TAIWANESE = "parties.taiwan-voice"
_END = Hit(sys.maxsize, sys.maxsize, -1)
"""Stands after the last hit of a text."""


def as_taiwanese(passage: Passage) -> Passage:
    """The sentence as a Taiwanese outlet means it: a bare foreign ministry is Taiwan's."""
    bare = {hit[:2] for hit in passage.lists.get("parties.bare-ministry", ())}
    ministry = passage.lists.get("parties.CN.state", [])
    kept = [hit for hit in ministry if hit[:2] not in bare]
    if len(kept) == len(ministry):
        return passage
    lists = {name: hits for name, hits in passage.lists.items() if name != "parties.CN.state"}
    if kept:
        lists["parties.CN.state"] = kept
    return passage._replace(lists=lists, parties=parties_of(lists), foreign=not kept)


def parties_of(lists: Iterable[str]) -> frozenset[str]:
    """The parties that words of these lists name."""
    found = [party for name in lists if name in _NAMED for party in _NAMED[name]]
    return frozenset(found) if found else _NOBODY


_NOBODY: frozenset[str] = frozenset()


def _foreign(lists: Mapping[str, list[Hit]]) -> bool:
    if "parties.other" not in lists:
        return False
    quarrels = lists.get("parties.taiwan-question", [])
    return any(
        not any(q.start <= hit.start and hit.end <= q.end for q in quarrels)
        for hit in lists["parties.other"]
    )


def first(found: list[Hit], count: int) -> Iterator[Hit]:
    """The first `count` of them, or as many as there are."""
    return islice(found, count)
