"""The query language: Lucene's syntax as people know it, for rules and for search.

    "travel advisory" OR 外遊警示              phrases and words, AND, OR, NOT, + and -, parentheses
    title:日本 -source:hk-*  lang:zh           fields: title, body, source, lang, party, topic
    "日本 旅遊警示"~20                          in any order, at most 20 words or characters between
    advis* NEAR (Tokyo OR 東京)                in the same sentence
    @travel_advisory.notice                   a shipped word list; @travel_advisory: its main ones

Terms side by side must all hold. NEAR binds closest, then NOT, AND, OR, and last the mere side by
side, as in Lucene: `a b OR c` is a and one of b, c. Here are its nodes; `query_text.parse` reads
it, and `str(query)` prints a form that it reads as the same query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from alerts.reading.coding import Category
from alerts.reading.words.vocabulary import shipped

Field = Literal["title", "text"]
Facet = Literal["source", "lang", "party", "topic"]
PLACES: dict[str, Field] = {"title": "title", "body": "text"}
"""What the fields of the text are called."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word or a phrase, after folding: Latin ones whole, Chinese and Japanese ones anywhere."""

    text: str
    open_end: bool = False
    """Written with `*`: a Latin word may go on after it."""
    field: Field | None = None
    """Only there; None: in title or text."""

    def __str__(self) -> str:
        return _prefix(self.field) + _spelled(self.text, self.open_end)


@dataclass(frozen=True, slots=True)
class Named:
    """A word list of the shipped vocabulary (`travel_advisory.notice`), or those of a category
    that head its signs (`travel_advisory`), in all languages."""

    name: str
    field: Field | None = None

    def __str__(self) -> str:
        return f"{_prefix(self.field)}@{self.name}"


@dataclass(frozen=True, slots=True)
class Within:
    """All `words` in any order in one field, with at most `distance` units besides them in the
    stretch that holds them. A unit is a word of a spaced script, or a character of another."""

    words: tuple[Words, ...]
    distance: int
    field: Field | None = None

    def __str__(self) -> str:
        inner = " ".join(_escaped(w.text) + "*" * w.open_end for w in self.words)
        return f'{_prefix(self.field)}"{inner}"~{self.distance}'


@dataclass(frozen=True, slots=True)
class Near:
    """All operands in one sentence."""

    operands: tuple[Node, ...]
    """Words, Named, Within, and Either of these."""

    def __str__(self) -> str:
        return " NEAR ".join(map(_enclosed, self.operands))


@dataclass(frozen=True, slots=True)
class Is:
    """What is known about the article: its source or language, or the parties and the reported
    kinds of event that the coder found."""

    facet: Facet
    value: str
    open_end: bool = False
    """Sources only: any id that begins so."""

    def __str__(self) -> str:
        return f"{self.facet}:{_spelled(self.value, self.open_end)}"


@dataclass(frozen=True, slots=True)
class All:
    """Every operand holds."""

    operands: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(map(_enclosed, self.operands))


@dataclass(frozen=True, slots=True)
class Either:
    """At least one operand holds."""

    operands: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(map(_enclosed, self.operands))


@dataclass(frozen=True, slots=True)
class Not:
    """The operand does not hold."""

    operand: Node

    def __str__(self) -> str:
        return f"NOT {_enclosed(self.operand)}"


Node = Words | Named | Within | Near | Is | All | Either | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A question to one article."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)

    @property
    def nodes(self) -> Iterator[Node]:
        """Every node, the outermost first; the words of a Within too."""
        return walk(self.root)

    @property
    def asks_coding(self) -> bool:
        """Whether it needs what the coder found."""
        return any(isinstance(n, Is) and n.facet in {"party", "topic"} for n in self.nodes)


def words_of(text: str) -> Words:
    """A keyword of a rule: the words as they stand, with `*` at the end for any ending."""
    return Words(text.rstrip("*").strip(), text.endswith("*"))


def walk(node: Node) -> Iterator[Node]:
    """`node` and all that is in it."""
    yield node
    match node:
        case Near() | All() | Either():
            for operand in node.operands:
                yield from walk(operand)
        case Within():
            yield from node.words
        case Not():
            yield from walk(node.operand)


@cache
def word_lists(name: str) -> tuple[str, ...]:
    """The lists of the shipped vocabulary that `@name` stands for; empty where there is none."""
    vocabulary = shipped()
    if name in set(Category):
        heads = (sign.all[0] for sign in vocabulary.signs if sign.category == name)
        return tuple(dict.fromkeys(head for head in heads if head.startswith(f"{name}.")))
    return (name,) if name in vocabulary.words else ()


def _prefix(field: Field | None) -> str:
    return next((f"{name}:" for name, place in PLACES.items() if place == field), "")


_BARE = re.compile(r"[^\W_](?:[\w-]*\w)?")
_RESERVED = {"AND", "OR", "NOT", "TO", "NEAR"}


def _spelled(text: str, open_end: bool) -> str:
    if _BARE.fullmatch(text) and text not in _RESERVED:
        return text + "*" * open_end
    return f'"{_escaped(text)}{"*" * open_end}"'


def _escaped(text: str) -> str:
    plain = re.sub(r'([\\"])', r"\\\1", text)
    return f"{plain[:-1]}\\*" if plain.endswith("*") else plain


def _enclosed(node: Node) -> str:
    return f"({node})" if isinstance(node, All | Either | Near) else str(node)
