"""The grammar of queries: luqum's lexer and parser, between which NEAR gets its parentheses."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from luqum import tree
from luqum.exceptions import ParseError
from luqum.head_tail import TokenValue
from luqum.parser import lexer as _lexer
from luqum.parser import parser as _parser
from ply.lex import LexToken

from alerts.errors import QueryError

DEEPEST = 40
"""Parentheses within parentheses, and signs before one word."""


def tree_of(text: str, fields: Sequence[str]) -> tree.Item:
    """What luqum reads in a query. A word that says so by `joins` stands for NEAR. Raises
    QueryError."""
    return _parsed(text, _near(_bounded(_counted(_tokens(_typed(text, fields))))))


_WIDE = str.maketrans("（）＂＊＋", '()"*+')


def _typed(text: str, fields: Sequence[str]) -> str:
    """The text as if typed on a Latin keyboard: full-width signs mean what they look like."""
    field = rf"({'|'.join(fields)})："
    plain = re.sub(field, r"\1:", text.translate(_WIDE)).replace("”～", '"~').replace('"～', '"~')
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


def _counted(tokens: list[LexToken]) -> list[LexToken]:
    """The tokens, where what follows ~ is a whole number, and what follows ^ a number: luqum makes
    numbers of them, and raises whatever that raises."""
    for token in tokens:
        said = str(token.value.value or "")
        if token.type == "APPROX" and re.search(r"\D", said):
            raise QueryError(
                token.lexpos + 1, f"{said!r} is no whole number", 'write "two words"~20'
            )
        if token.type == "BOOST" and not re.fullmatch(r"(\d+\.?\d*)?", said):
            raise QueryError(token.lexpos + 1, "^ weighs nothing here", "remove it")
    return tokens


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
