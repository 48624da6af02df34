"""Grams: what a folded text is made of, and what of it a query cannot do without.

A gram is a word of Latin letters and digits, or two characters of any other script that stand side
by side. A text that answers a query has all grams of one form of each word that is asked for; the
reverse need not be so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add

from alerts.reading.rules.query import All, Either, Is, Named, Near, Node, Not, Within, Words
from alerts.reading.rules.query_words import terms

LONGEST = 250
"""Characters of a word that count: what goes on for longer is no word."""
LISTED = 24
"""A named vocabulary with more terms than this narrows nothing: looking for each takes longer
than deciding."""
_WORD = re.compile("[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Gram:
    """One that a text must have."""

    text: str
    open_end: bool = False
    """Whatever may follow it in its word."""


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these."""

    parts: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these at least."""

    parts: tuple[Needed, ...]


Needed = Gram | AllOf | OneOf


def grams(folded: str) -> set[str]:
    """Those of a folded text."""
    found = {word[:LONGEST] for word in _WORD.findall(folded)}
    for run in _WORD.sub(" ", folded).split():
        found.update(map(add, run, run[1:]))
    return found


def needed(node: Node) -> Needed | None:
    """What a text must have where `node` holds in it; None where nothing is known."""
    match node:
        case Words():
            return _any(_written(term.pattern, term.open_end) for term in terms(node))
        case Named():
            found = terms(node)
            few = len(found) <= LISTED
            return _any(_written(t.pattern, t.open_end) for t in found) if few else None
        case Within():
            return _every(map(needed, node.words))
        case Near() | All():
            return _every(map(needed, node.operands))
        case Either():
            return _any(map(needed, node.operands))
        case Is() | Not():
            return None


def _written(pattern: str, open_end: bool) -> Needed | None:
    """What a text must have that holds `pattern`: Latin words whole, but for the end of the last
    one where that is open. One character of another script has no gram."""
    words = [word[:LONGEST] for word in _WORD.findall(pattern)]
    loose = open_end and bool(_WORD.match(pattern[-1]))
    found = [Gram(word) for word in (words[:-1] if loose else words)]
    found += [Gram(words[-1], open_end=True)] if loose else []
    return _every([*found, *map(Gram, sorted(grams(_WORD.sub(" ", pattern))))])


def _every(parts: Iterable[Needed | None]) -> Needed | None:
    known = tuple(part for part in parts if part is not None)
    return (known[0] if len(known) == 1 else AllOf(known)) if known else None


def _any(parts: Iterable[Needed | None]) -> Needed | None:
    each = list(parts)
    known = tuple(part for part in each if part is not None)
    if not known or len(known) < len(each):
        return None
    return known[0] if len(known) == 1 else OneOf(known)
