"""The query language: Lucene's syntax as people know it, read by luqum, for rules and for search.

    "travel advisory" OR 外遊警示              phrases and words, AND, OR, NOT, + and -, parentheses
    title:日本 -source:hk-*  lang:zh           fields: title, body, source, lang, party, topic
    "日本 旅遊警示"~20                          in any order, at most 20 words or characters between
    advis* NEAR (Tokyo OR 東京)                in the same sentence
    @travel_advisory.notice                   a shipped word list; @travel_advisory: its main ones

Terms side by side must all hold. NEAR binds closest, then NOT, AND, OR, and last the mere side by
side, as in Lucene: `a b OR c` is a and one of b, c. `str(query)` prints a form that parses back to
the same query.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args

from luqum import tree
from luqum.exceptions import ParseError
from luqum.head_tail import TokenValue
from luqum.parser import lexer as _lexer
from luqum.parser import parser as _parser
from ply.lex import LexToken

from alerts.errors import QueryError
from alerts.reading.coding import Category
from alerts.reading.fold import fold
from alerts.reading.passage import PARTIES
from alerts.reading.vocabulary import shipped

LONGEST = 10_000
"""Characters of a query. A longer one is refused."""
DEEPEST = 40
"""Parentheses within parentheses, and signs before one word."""

Field = Literal["title", "text"]
Facet = Literal["source", "lang", "party", "topic"]
_PLACES: dict[str, Field] = {"title": "title", "body": "text"}
_FACETS = get_args(Facet)
_NAMES = (*_PLACES, *_FACETS)
_MEANT = {"category": "topic", "language": "lang", "text": "body", "outlet": "source"}
"""What fields are called elsewhere."""
_OPTIONS = {"origin", "since", "until", "sort"}
"""What a search takes beside its query."""


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


def parse(text: str) -> Query:
    """Read a query. Raises QueryError with the column and what to do about it."""
    if len(text) > LONGEST:
        raise QueryError(LONGEST, f"it is longer than {LONGEST} characters", "shorten it")
    if not text.strip():
        raise QueryError(1, "it holds no term", 'try "travel advisory"')
    tokens = _near(_bounded(_tokens(_typed(text))))
    return Query(_node(_parsed(text, tokens), None))


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
    return next((f"{name}:" for name, place in _PLACES.items() if place == field), "")


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


# Reading. luqum's own lexer and grammar do it; between the two, NEAR gets its parentheses.

_WIDE = str.maketrans("（）＂＊＋", '()"*+')
_FIELD = re.compile(rf"({'|'.join(_NAMES)})：")


def _typed(text: str) -> str:
    """The text as if typed on a Latin keyboard: full-width signs mean what they look like."""
    plain = _FIELD.sub(r"\1:", text.translate(_WIDE)).replace("”～", '"~').replace('"～', '"~')
    return plain if '"' in text else re.sub("[“”]", '"', plain)


def _tokens(text: str) -> list[LexToken]:
    lexer = _lexer.clone()
    lexer.input(text.lstrip() or text)
    shift = len(text) - len(text.lstrip())
    try:
        found = list(lexer)
    except ParseError as error:
        raise _illegible(text, lexer.lexpos + shift) from error
    for token in found:
        token.lexpos += shift
        token.value.pos = token.lexpos
    return [_operator(token) for token in found]


def _illegible(text: str, position: int) -> QueryError:
    if text[position] == '"':
        return QueryError(position + 1, "this quotation mark is not closed", 'add a "')
    what = f"{text[position]!r} has no meaning here"
    return QueryError(position + 1, what, 'put the words around it into "double quotes"')


def _operator(token: LexToken) -> LexToken:
    """`&&` and `||` are AND and OR; NEAR is a kind of its own."""
    if token.type == "TERM":
        kind = {"&&": "AND_OP", "||": "OR_OP", "NEAR": "NEAR"}.get(token.value.value)
        return _token(kind, token.value.value, token.lexpos) if kind else token
    return token


def _token(kind: str, value: str, position: int) -> LexToken:
    made = LexToken()
    made.type, made.lineno, made.lexpos, made.value = kind, 1, position, TokenValue(value)
    made.value.pos, made.value.size = position, len(value)
    return made


def _bounded(tokens: list[LexToken]) -> list[LexToken]:
    """The tokens, where their parentheses close and nest within reason."""
    opened: list[int] = []
    for token in tokens:
        if token.type == "LPAREN":
            opened.append(token.lexpos)
        elif token.type == "RPAREN":
            if not opened:
                raise QueryError(token.lexpos + 1, "nothing opens this parenthesis", "remove it")
            opened.pop()
        if len(opened) > DEEPEST:
            raise QueryError(token.lexpos + 1, "it nests too deep", "use fewer parentheses")
    if opened:
        raise QueryError(opened[-1] + 1, "this parenthesis is not closed", "add a )")
    return tokens


def _near(tokens: list[LexToken]) -> list[LexToken]:
    """The tokens with parentheses around each run of operands joined by NEAR."""
    made: list[LexToken] = []
    at = 0
    begun: int | None = None
    """Where in `made` the operand before stands, or the run of them."""
    while at < len(tokens):
        token = tokens[at]
        if token.type == "NEAR":
            if begun is None or at + 1 == len(tokens):
                raise _no_operand(token)
            end = _operand(tokens, at + 1)
            if end is None:
                raise _no_operand(token)
            made += [_named_near(token), *_inside(tokens[at + 1 : end])]
            at = end
            if at == len(tokens) or tokens[at].type != "NEAR":
                last = tokens[end - 1].lexpos
                made.insert(begun, _token("LPAREN", "(", made[begun].lexpos))
                made.append(_token("RPAREN", ")", last))
                begun = None
            continue
        end = _operand(tokens, at)
        begun = len(made) if end else None
        made += _inside(tokens[at:end]) if end else [token]
        at = end or at + 1
    return made


def _no_operand(token: LexToken) -> QueryError:
    remedy = 'write a NEAR b, or "NEAR" for the word itself'
    return QueryError(token.lexpos + 1, "NEAR stands between two words", remedy)


def _named_near(token: LexToken) -> LexToken:
    word = tree.Word("NEAR", pos=token.lexpos, size=4)
    word.joins = True
    made = _token("TERM", "NEAR", token.lexpos)
    made.value = word
    return made


def _inside(operand: list[LexToken]) -> list[LexToken]:
    """An operand whose parentheses hold NEAR again."""
    opens = next((i for i, token in enumerate(operand) if token.type == "LPAREN"), None)
    if opens is None:
        return operand
    closes = max(i for i, token in enumerate(operand) if token.type == "RPAREN")
    return [*operand[: opens + 1], *_near(operand[opens + 1 : closes]), *operand[closes:]]


def _operand(tokens: list[LexToken], at: int) -> int | None:
    """Where the operand that begins at `at` ends; None where none begins."""
    if at + 1 < len(tokens) and [t.type for t in tokens[at : at + 2]] == ["TERM", "COLUMN"]:
        return _operand(tokens, at + 2) if at + 2 < len(tokens) else None
    if at >= len(tokens) or tokens[at].type not in {"TERM", "PHRASE", "LPAREN"}:
        return None
    end = _closing(tokens, at) if tokens[at].type == "LPAREN" else at + 1
    while end < len(tokens) and tokens[end].type in {"APPROX", "BOOST"}:
        end += 1
    return end


def _closing(tokens: list[LexToken], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += {"LPAREN": 1, "RPAREN": -1}.get(tokens[place].type, 0)
        if not depth:
            return place + 1
    return len(tokens)


_lock = threading.Lock()
"""PLY's parser keeps its state in itself."""


def _parsed(text: str, tokens: Sequence[LexToken]) -> tree.Item:
    if not tokens:
        raise QueryError(1, "it holds no term", 'try "travel advisory"')
    stream = iter(tokens)
    try:
        with _lock:
            return _parser.parse(text, lexer=_lexer, tokenfunc=lambda: next(stream, None))
    except ParseError as error:
        raise _ungrammatical(error, text) from error


def _ungrammatical(error: ParseError, text: str) -> QueryError:
    place = re.search(r"position (\d+)", str(error))
    if place is None:
        return QueryError(len(text), "it ends too early", "add a word, or take the last sign away")
    column = int(place[1]) + 1
    sign = text[column - 1 : column + 4].split(" ")[0]
    return QueryError(
        column, f"{sign!r} cannot stand here", 'put it into "double quotes", or take it out'
    )


# From luqum's tree to ours.


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
    place = _PLACES[field] if field else None
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
    place, column = _PLACES[field] if field else None, item.pos + 1
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
