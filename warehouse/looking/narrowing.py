"""Narrowing: what must be so in the database where a query holds.

A condition of SQL with named parameters: never less than what answers, often more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from alerts.reading.rules.query import All, Either, Is, Named, Near, Node, Not, Within, Words
from alerts.reading.rules.query_words import terms
from warehouse.looking.grams import LISTED

_WORD = re.compile("[0-9a-z]")


def condition(node: Node, parameters: dict[str, object]) -> str | None:
    """What must be so in the database where `node` holds, or None where nothing is known.

    Adds to `parameters` what it names.
    """
    match node:
        case Words():
            return _written(node, parameters)
        case Named():
            return _written(node, parameters) if len(terms(node)) <= LISTED else None
        case Is():
            return fact(node, parameters)
        case Within():
            return _every(node.words, parameters)
        case Near() | All():
            return _every(node.operands, parameters)
        case Either():
            each = [condition(one, parameters) for one in node.operands]
            known = [one for one in each if one is not None]
            return f"({' OR '.join(known)})" if len(known) == len(each) else None
        case Not():
            return None


def _every(nodes: Sequence[Node], parameters: dict[str, object]) -> str | None:
    each = [condition(one, parameters) for one in nodes]
    known = [one for one in each if one is not None]
    return f"({' AND '.join(known)})" if known else None


def _written(node: Words | Named, parameters: dict[str, object]) -> str:
    """A form of the words stands in the folded text, Latin ones at a word's beginning and end."""
    forms = []
    for term in terms(node):
        contains = f"contains(folded, ${named(parameters, term.pattern)})"
        whole = _whole(term.pattern, term.open_end)
        if whole != re.escape(term.pattern):
            contains += f" AND regexp_matches(folded, ${named(parameters, whole)})"
        forms.append(f"({contains})")
    return f"({' OR '.join(forms)})"


def named(parameters: dict[str, object], value: object) -> str:
    """The name under which `value` stands among `parameters` now."""
    name = f"p{len(parameters)}"
    parameters[name] = value
    return name


def _whole(pattern: str, open_end: bool) -> str:
    """RE2 has no look-around; what joins words in other scripts is left to the verdict."""
    left = "(?:^|[^0-9a-z])" if _WORD.match(pattern[0]) else ""
    right = "(?:$|[^0-9a-z])" if _WORD.match(pattern[-1]) and not open_end else ""
    return f"{left}{re.escape(pattern)}{right}"


def fact(node: Is, parameters: dict[str, object]) -> str:
    """The condition of what is no word of the text."""
    value = named(parameters, node.value)
    match node.facet:
        case "source":
            return f"starts_with(source_id, ${value})"
        case "lang":
            return f"starts_with(lower(language), lower(${value}))"
        case "party":
            table, condition = "coding", f"list_contains(parties, ${value})"
        case "topic":
            table, condition = "coded_event", f"category = ${value} AND status = 'reported'"
    coded = f"SELECT (article_id, version_id) FROM store.{table} WHERE {condition}"  # noqa: S608
    return f"(id, version_id) IN ({coded})"


def used(statement: str, parameters: dict[str, object]) -> dict[str, object]:
    """The parameters that a statement names: an alternative that narrows nothing leaves those of
    the others unused."""
    names = set(re.findall(r"\$(\w+)", statement))
    return {name: value for name, value in parameters.items() if name in names}
