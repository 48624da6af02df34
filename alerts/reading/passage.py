"""Passages: the sentences of an article with the words that were found in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from alerts.reading.fold import Folded
from alerts.reading.scan import Hit, Scanner
from alerts.reading.sentence import sentences

PARTIES = ("HK", "JP", "CN")
_LEAD = 2
"""The sentences of a body that count as its lead."""


class Passage(NamedTuple):
    """One sentence. Offsets of hits are those of the field's folded text."""

    field: Literal["title", "text"]
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

    @property
    def leads(self) -> bool:
        """In the title, or where a reader looks first."""
        return self.field == "title" or self.number < _LEAD


_NAMED: dict[str, tuple[str, ...]] = {
    **{f"parties.{p}.{kind}": (p,) for p in PARTIES for kind in ("state", "body", "place", "to")},
    "parties.JP.local": ("JP",),
    "parties.JP-CN": ("JP", "CN"),
    "parties.HK-JP": ("HK", "JP"),
    "parties.HK-CN": ("HK", "CN"),
}


def passages(
    field: Literal["title", "text"], folded: Folded, scanner: Scanner
) -> Iterator[Passage]:
    """The sentences of a field that hold at least one word of the vocabulary, and the lead."""
    scale = 3 if scanner.spaced else 1
    named = scanner.lists
    hits = iter(sorted(scanner.scan(folded.text)))
    hit = next(hits, _END)
    for number, (start, end) in enumerate(sentences(folded.text)):
        lists: dict[str, list[Hit]] = {}
        while hit[0] < end:
            for name in named[hit[2]]:
                if name in lists:
                    lists[name].append(hit)
                else:
                    lists[name] = [hit]
            hit = next(hits, _END)
        if lists or number < _LEAD:
            text = folded.text[start:end]
            yield Passage(field, number, start, text, lists, _named(lists), _foreign(lists), scale)


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
    return passage._replace(lists=lists, parties=_named(lists), foreign=not kept)


def _named(lists: Mapping[str, object]) -> frozenset[str]:
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
