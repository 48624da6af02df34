"""Verdicts: whether an article answers a query, by which words, and why.

All words of all queries are found in one scan of title and text; the boolean logic then works on
the hits. Rules and search decide by this module alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from alerts.reading.coding import Coding, Evidence
from alerts.reading.rules.query import (
    All,
    Either,
    Field,
    Is,
    Named,
    Near,
    Node,
    Not,
    Query,
    Within,
    Words,
)
from alerts.reading.rules.query_words import UNIT, guards, key, terms, units
from alerts.reading.words.fold import fold
from alerts.reading.words.scan import Scanner
from alerts.reading.words.span import Original, Span, Spans, found_in, inside

FIELDS: tuple[Field, ...] = get_args(Field)
_EVIDENCE = 8
"""How many words of each field a verdict keeps."""
_SHOWN = 5
"""How many different words a line of a trace names."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a query is asked of."""

    title: str
    text: str
    language: str = "und"
    source: str = ""
    parties: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Categories of the events that it reports."""
    folded: str | None = None
    """`fold(f"{title}\\n{text}").text` where it is at hand: it saves most of the work."""

    @classmethod
    def of(
        cls,
        title: str,
        text: str,
        language: str,
        source: str,
        coding: Coding,
        folded: str | None = None,
    ) -> Document:
        """An article with what the coder found in it."""
        reported = (event.category for event in coding.events if not event.background)
        topics = tuple(dict.fromkeys(map(str, reported)))
        return cls(title, text, language, source, coding.parties, topics, folded)


@dataclass(frozen=True, slots=True)
class Trace:
    """One step of a verdict."""

    what: str
    """The part of the query, printed."""
    holds: bool
    found: tuple[str, ...]
    """The words of the article that it found, each once."""
    parts: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a document answers a query."""

    matched: bool
    evidence: tuple[Evidence, ...]
    """Where the words stand that made it so; nothing for what a query excludes."""
    trace: Trace


def judge(query: Query, document: Document) -> Verdict:
    """The verdict with all its reasons."""
    reading = Queries({"": query}).read(document)
    return Verdict(reading.holds(""), reading.evidence(""), reading.trace(""))


class Queries:
    """Queries by name, compiled together: one scan serves them all."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self.roots = {name: query.root for name, query in queries.items()}
        nodes = dict.fromkeys(node for query in queries.values() for node in query.nodes)
        lists = {key(n): terms(n) for n in nodes if isinstance(n, Words | Named)}
        self.scanner = Scanner({**(guards() if lists else {}), **lists})
        self.needs = {name: _needs(root) for name, root in self.roots.items()}
        """For each query, the word lists without any of which no document answers; None where
        there are no such."""

    def read(self, document: Document) -> Reading:
        """The document as they see it: scanned once, when a word is first asked for."""
        return Reading(self, document)


def _needs(node: Node) -> frozenset[str] | None:
    match node:
        case Words() | Named():
            return frozenset({key(node)})
        case Within():
            return _fewest(node.words)
        case Near() | All():
            return _fewest(node.operands)
        case Either():
            each = [needs for one in node.operands if (needs := _needs(one)) is not None]
            return frozenset().union(*each) if len(each) == len(node.operands) else None
        case Not() | Is():
            return None


def _fewest(nodes: Sequence[Node]) -> frozenset[str] | None:
    each = [needs for one in nodes if (needs := _needs(one)) is not None]
    return min(each, key=len, default=None)


def speaks(language: str, wanted: str) -> bool:
    """Whether a language is the wanted one or a variety of it: `zh` covers `zh-Hant`."""
    return f"{language}-".lower().startswith(f"{wanted}-".lower())


class Reading:
    """The words of all queries in one document, and what the queries say to them."""

    def __init__(self, queries: Queries, document: Document) -> None:
        self._roots = queries.roots
        self._needs = queries.needs
        self._scanner = queries.scanner
        self._document = document
        self._stretched: dict[tuple[Within, Field], Spans] = {}
        self._sharing: dict[tuple[Near, Field], set[int]] = {}

    def holds(self, name: str) -> bool:
        """Whether the document answers the query of that name."""
        needs = self._needs[name]
        if needs is not None and all(needs.isdisjoint(found) for found in self._hits.values()):
            return False
        return self._holds(self._roots[name])

    def evidence(self, name: str) -> tuple[Evidence, ...]:
        """The words that made it answer; the first of each field, in their order."""
        root = self._roots[name]
        return tuple(
            Evidence(field, *self._sources[field].origin(span), span.term)
            for field in FIELDS
            for span in self._some(root, field)[:_EVIDENCE]
        )

    def trace(self, name: str) -> Trace:
        """Every part of the query with what it found."""
        return self._trace(self._roots[name])

    @cached_property
    def _texts(self) -> dict[Field, str]:
        return _folded(self._document)

    @cached_property
    def _hits(self) -> dict[Field, dict[str, Spans]]:
        """The words of all queries, once one of them is asked for."""
        return {
            field: found_in(self._scanner, text, self._document.language)
            for field, text in self._texts.items()
        }

    def _holds(self, node: Node) -> bool:
        match node:
            case Words() | Named():
                return any(self._listed(node, field) for field in FIELDS)
            case All():
                return all(self._holds(one) for one in node.operands)
            case Either():
                return any(self._holds(one) for one in node.operands)
            case Not():
                return not self._holds(node.operand)
            case Is():
                return self._is(node)
            case Within():
                return any(self._stretches(node, field) for field in FIELDS)
            case Near():
                return any(self._shared(node, field) for field in FIELDS)

    def _is(self, node: Is) -> bool:
        document = self._document
        match node.facet:
            case "source":
                begins = node.open_end and document.source.startswith(node.value)
                return begins or document.source == node.value
            case "lang":
                return speaks(document.language, node.value)
            case "party":
                return node.value in document.parties
            case "topic":
                return node.value in document.topics

    def _listed(self, node: Words | Named, field: Field) -> Spans:
        if node.field not in {None, field}:
            return []
        return self._hits[field].get(key(node), [])

    def _spans(self, node: Node, field: Field) -> Spans:
        """Where a node that stands at a place of the text does so."""
        match node:
            case Words() | Named():
                return self._listed(node, field)
            case Within():
                return self._stretches(node, field)
            case Either():
                return sorted(s for one in node.operands for s in self._spans(one, field))
        return []

    def _stretches(self, node: Within, field: Field) -> Spans:
        if (node, field) not in self._stretched:
            self._stretched[node, field] = self._stretch(node, field)
        return self._stretched[node, field]

    def _stretch(self, node: Within, field: Field) -> Spans:
        """For each word that may begin it, the shortest stretch with all words, where it is short
        enough. The words' own units do not count; that of a form and its plural are the same."""
        if node.field not in {None, field}:
            return []
        columns = [self._listed(words, field) for words in dict.fromkeys(node.words)]
        if not all(columns):
            return []
        own = sum(units(terms(words)[0].pattern) for words in dict.fromkeys(node.words))
        starts = [[span.start for span in column] for column in columns]
        made = []
        for begin in sorted({start for column in starts for start in column}):
            places = [bisect_left(column, begin) for column in starts]
            if any(place == len(column) for place, column in zip(places, starts, strict=True)):
                break
            end = max(column[place].end for place, column in zip(places, columns, strict=True))
            if self._length(field, begin, end) - own <= node.distance:
                made.append(Span(begin, end, str(node)))
        return made

    def _length(self, field: Field, start: int, end: int) -> int:
        places = self._units[field]
        return bisect_left(places, end) - bisect_left(places, start)

    @cached_property
    def _units(self) -> dict[Field, list[int]]:
        """Where the units of each field begin."""
        return {
            field: [unit.start() for unit in UNIT.finditer(text)]
            for field, text in self._texts.items()
        }

    def _shared(self, node: Near, field: Field) -> set[int]:
        if (node, field) not in self._sharing:
            self._sharing[node, field] = self._share(node, field)
        return self._sharing[node, field]

    def _share(self, node: Near, field: Field) -> set[int]:
        """The sentences of a field in which every operand begins."""
        shared: set[int] | None = None
        for operand in node.operands:
            spans = self._spans(operand, field)
            if not spans:
                return set()
            mine = {self._sources[field].sentence(span) for span in spans}
            shared = mine if shared is None else shared & mine
        return shared or set()

    @cached_property
    def _sources(self) -> dict[Field, Original]:
        return {
            "title": Original(self._document.title),
            "text": Original(self._document.text),
        }

    def _some(self, node: Node, field: Field) -> Spans:
        """The first of the words that let `node` hold."""
        return sorted(set(self._witness(node, field)))[: 2 * _EVIDENCE]

    def _witness(self, node: Node, field: Field) -> Iterator[Span]:
        """The words that let `node` hold."""
        match node:
            case Words() | Named():
                yield from self._listed(node, field)
            case Within():
                for stretch in self._stretches(node, field):
                    yield from inside(stretch, (self._listed(w, field) for w in node.words))
            case Near():
                shared = self._shared(node, field)
                for span in (s for one in node.operands for s in self._witness(one, field)):
                    if self._sources[field].sentence(span) in shared:
                        yield span
            case All() | Either():
                for one in node.operands:
                    if self._holds(one):
                        yield from self._witness(one, field)

    def _trace(self, node: Node) -> Trace:
        parts: Sequence[Node] = ()
        match node:
            case All() | Either() | Near():
                parts = node.operands
            case Not():
                parts = (node.operand,)
            case Within():
                parts = node.words
        shown = [
            self._original(field, span) for field in FIELDS for span in self._some(node, field)
        ]
        found = tuple(dict.fromkeys(shown))[:_SHOWN]
        below = tuple(self._trace(part) for part in parts)
        return Trace(str(node), self._holds(node), found, below)

    def _original(self, field: Field, span: Span) -> str:
        start, end = self._sources[field].origin(span)
        content = self._document.title if field == "title" else self._document.text
        return content[start:end]


def _folded(document: Document) -> dict[Field, str]:
    """Both fields, folded, without space around them."""
    title = fold(document.title).text.strip(" ")
    whole = document.folded.lstrip(" ") if document.folded is not None else ""
    known = document.folded is not None and whole.startswith(title)
    text = whole[len(title) :] if known else fold(document.text).text
    return {"title": title, "text": text.lstrip(" ")}
