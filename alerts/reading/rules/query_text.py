"""A query as people write it becomes nodes (`alerts.reading.rules.query`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from luqum import tree

from alerts.errors import QueryError
from alerts.reading.coding import Category
from alerts.reading.rules.query import (
    PLACES,
    All,
    Either,
    Facet,
    Field,
    Is,
    Named,
    Near,
    Node,
    Not,
    Query,
    Within,
    Words,
    word_lists,
)
from alerts.reading.rules.query_grammar import DEEPEST, tree_of
from alerts.reading.words.fold import fold
from alerts.reading.words.passage import PARTIES
from alerts.reading.words.vocabulary import shipped

LONGEST = 10_000
"""Characters of a query. A longer one is refused."""

_FACETS = get_args(Facet)
_NAMES = (*PLACES, *_FACETS)
_MEANT = {"category": "topic", "language": "lang", "text": "body", "outlet": "source"}
"""What fields are called elsewhere."""
_OPTIONS = {"origin", "since", "until", "sort"}
"""What a search takes beside its query."""


def parse(text: str) -> Query:
    """Read a query. Raises QueryError with the column and what to do about it."""
    if len(text) > LONGEST:
        raise QueryError(LONGEST, f"it is longer than {LONGEST} characters", "shorten it")
    if not text.strip():
        raise QueryError(1, "it holds no term", 'try "travel advisory"')
    return Query(_node(tree_of(text, _NAMES), None))


def _node(item: Any, field: str | None, depth: int = 0) -> Node:
    if depth > 2 * DEEPEST:
        raise QueryError(item.pos + 1, "it nests too deep", "use fewer signs and parentheses")
    match item:
        case tree.SearchField():
            return _node(item.expr, _known(item, field), depth + 1)
        case tree.Group() | tree.FieldGroup() | tree.Plus():
            return _node(item.children[0], field, depth + 1)
        case tree.Not() | tree.Prohibit():
            return Not(_node(item.children[0], field, depth + 1))
        case tree.UnknownOperation() if any(map(_joins, item.operands)):
            return _near_node(item, field, depth)
        case tree.AndOperation() | tree.UnknownOperation():
            return All(tuple(_node(one, field, depth + 1) for one in item.operands))
        case tree.OrOperation():
            return Either(tuple(_node(one, field, depth + 1) for one in item.operands))
    return _leaf(item, field)


def _joins(item: Any) -> bool:
    return getattr(item, "joins", False)


def _known(item: tree.SearchField, outer: str | None) -> str:
    column, name = item.pos + 1, str(item.name)
    if name not in _NAMES:
        near = _MEANT.get(name) or next(iter(get_close_matches(name, _NAMES, n=1)), None)
        hint = f"did you mean {near}:?" if near else f"the fields are {', '.join(_NAMES)};"
        remedy = f'{hint} for text with a colon use "double quotes"'
        remedy = f"`noroshi search --{name} …` asks for it" if name in _OPTIONS else remedy
        raise QueryError(column, f"there is no field {name!r}", remedy)
    if outer is not None:
        raise QueryError(column, f"{name}: stands within {outer}:", "take one of them out")
    return name


def _near_node(item: tree.UnknownOperation, field: str | None, depth: int) -> Near:
    operands = tuple(_node(one, field, depth + 1) for one in item.operands if not _joins(one))
    for one, node in zip([o for o in item.operands if not _joins(o)], operands, strict=True):
        if not _stands(node):
            remedy = "join words, phrases and @names, or several of them by OR"
            raise QueryError(one.pos + 1, "NEAR cannot join this", remedy)
    return Near(operands)


def _stands(node: Node) -> bool:
    """Whether it is found at a place of the text."""
    if isinstance(node, Either):
        return all(map(_stands, node.operands))
    return isinstance(node, Words | Named | Within)


def _leaf(item: Any, field: str | None) -> Node:
    column = item.pos + 1
    match item:
        case tree.Word() | tree.Phrase():
            return _fact(item, field) if field in _FACETS else _term(item, field)
        case tree.Proximity() if field not in _FACETS:
            return _within(item, field)
        case tree.Fuzzy():
            what, remedy = "~ follows a word", 'write "two words"~20, or advis* for any ending'
        case tree.Boost():
            what, remedy = "^ weighs nothing here", "remove it"
        case tree.Regex():
            what, remedy = "a word begins with /", 'put it into "double quotes"'
        case _:
            what, remedy = "ranges are not part of it", 'put it into "double quotes"'
    raise QueryError(column, what, remedy)


def _term(item: tree.Word | tree.Phrase, field: str | None) -> Words | Named:
    place = PLACES[field] if field else None
    if isinstance(item, tree.Word) and item.value.startswith("@"):
        return _named(item, place)
    text, open_end = _unescaped(item)
    return _checked(Words(text, open_end, place), item.pos + 1)


def _unescaped(item: tree.Word | tree.Phrase) -> tuple[str, bool]:
    """What is meant, and whether it ends in a wildcard."""
    phrase = isinstance(item, tree.Phrase)
    inner = item.value[1:-1] if phrase else item.value
    open_end = bool(re.search(r"(?<!\\)(?:\\\\)*\*$", inner))
    inner = inner[:-1] if open_end else inner
    if not phrase and (wild := re.search(r"(?<!\\)(?:\\\\)*([*?])", inner)):
        column = item.pos + wild.start(1) + 1
        remedy = 'write advis*, or put the sign into "double quotes"'
        raise QueryError(column, "a wildcard is a * at the end of a word", remedy)
    return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL), open_end


def _checked(words: Words, column: int) -> Words:
    if not fold(words.text).text.strip():
        raise QueryError(column, "it holds no term", "put a word there")
    return words


def _named(item: tree.Word, place: Field | None) -> Named:
    name = item.value[1:]
    if not word_lists(name):
        known = [*Category, *shipped().words]
        near = [k for k in known if k.startswith(name)] or get_close_matches(name, known, n=1)
        hint = f"did you mean @{near[0]}?" if near else f"try one of @{', @'.join(Category)}"
        raise QueryError(item.pos + 1, f"there is no vocabulary @{name}", hint)
    return Named(name, place)


def _within(item: tree.Proximity, field: str | None) -> Within:
    place, column = PLACES[field] if field else None, item.pos + 1
    parts = [tree.Phrase(f'"{part}"', pos=item.pos) for part in item.term.value[1:-1].split()]
    words = tuple(_checked(Words(*_unescaped(part)), column) for part in parts)
    if len(words) < 2:
        remedy = 'separate the words by spaces: "日本 警示"~20'
        raise QueryError(column, "~ is a distance between words, and here is one", remedy)
    return Within(words, int(item.degree), place)


def _fact(item: tree.Word | tree.Phrase, facet: str | None) -> Is:
    value, open_end = _unescaped(item)
    column = item.pos + 1
    if open_end and facet != "source":
        raise QueryError(column, f"{facet}: takes no wildcard", "name them: (a OR b)")
    match facet:
        case "party":
            return Is("party", _one_of(value.upper(), PARTIES, "party", column))
        case "topic":
            return Is("topic", _one_of(value.lower(), list(Category), "topic", column))
        case "lang":
            if not _spoken(value.lower()):
                what = f"no article has the language {value!r}"
                raise QueryError(column, what, "write en, ja, zh, zh-Hant or zh-Hans")
            return Is("lang", value)
    if not value.strip():
        raise QueryError(column, "it names no source", "`noroshi sources list` has their ids")
    return Is("source", value, open_end)


_USUAL = frozenset({"en", "ja", "zh", "zh-hant", "zh-hans", "und"})


def _spoken(tag: str) -> bool:
    """Whether an article can have that language, in lower case."""
    if tag in _USUAL:
        return True
    from extractors.language import languages  # its tables are for those who ask for another one

    return tag in languages()


def _one_of(value: str, known: Sequence[str], facet: str, column: int) -> str:
    if value in known:
        return str(value)
    raise QueryError(column, f"there is no {facet} {value!r}", f"choose one of {', '.join(known)}")
