"""Data of a publisher's own make, JSON or XML, as one tree, and paths into it.

An XML element becomes a dict of its children, or its text where it has none; a name that occurs
again becomes a list. Attributes are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from extractors.charset import decode
from extractors.errors import FeedError
from extractors.feeds.feed import unpacked
from extractors.markup import ASK, xml_tree
from extractors.web.remedy import LATER

Tree = Any
"""What `json.loads` gives: dict, list, str, int, float, bool or None."""

SCRIPT = re.compile(r"^[\w$.\s]{1,100}=\s*(?=[\[{])|^[\w$.]{1,100}\(\s*(?=[\[{])")
"""What stands before the data in a file that is a script: `var list = […];`, `callback({…})`."""


def data_tree(body: bytes, content_type: str | None, url: str) -> tuple[Tree, str]:
    """(tree, `json` or `xml`) of a body, told by its content; the root of an XML document is not
    part of the tree.

    FeedError, with what it is instead, where it is neither, or cut short.
    """
    text = decode(unpacked(body, url, ASK), content_type)[0].strip("\ufeff\0 \t\r\n")
    if not text:
        raise FeedError(url, "the answer is empty (0 bytes)", LATER)
    if re.match(r"<(?:!doctype html|html|head|body)\b", text, re.IGNORECASE):
        raise FeedError(url, "is an HTML page, not data", ASK)
    if text[0] == "<":
        return _of_element(xml_tree(text, url)), "xml"
    return _json(text, url), "json"


def _json(text: str, url: str) -> Tree:
    script = SCRIPT.match(text)
    data = text[script.end() :].rstrip("); \n") if script else text
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        what = f"is no whole JSON document ({error}); it begins {text[:60]!r}"
        raise FeedError(url, what, ASK) from error


DEEPEST = 100
"""Levels of an XML document; deeper ones are left out."""


def _of_element(element: etree._Element, depth: int = 0) -> Tree:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or depth > DEEPEST:
        return (element.text or "").strip()
    grouped: dict[str, list[Tree]] = {}
    for child in children:
        name = child.tag.rpartition("}")[2]
        grouped.setdefault(name, []).append(_of_element(child, depth + 1))
    return {name: values if len(values) > 1 else values[0] for name, values in grouped.items()}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a tree with what stands above it."""

    value: Tree
    above: Node | None = None


def select(tree: Tree, path: str) -> Iterator[Node]:
    """The nodes at `path`, names joined by dots ("otas.countries"); what is a list on the way
    stands for each of its members, and a number picks one of them. "" is the tree itself."""
    found = [Node(tree)]
    for name in filter(None, path.split(".")):
        found = [child for node in found for child in _children(node, name)]
    for node in found:
        yield from _members(node)


def text_at(node: Node, path: str) -> str:
    """The text at `path` below `node`: strings and numbers; "" for all else.

    "../" goes up to what holds the item (not to the list in between).
    """
    while path.startswith("../"):
        path = path[3:]
        if node.above is None:
            return ""
        node = node.above
    return next(filter(None, (_text(found.value) for found in select(node.value, path))), "")


def filled(template: str, node: Node) -> str:
    """`template` with each {path} replaced by the text there; "" where one of them is empty."""
    parts = re.findall(r"\{([^{}]+)\}", template)
    values = {part: text_at(node, part) for part in parts}
    if not all(values.values()):
        return ""
    return re.sub(r"\{([^{}]+)\}", lambda match: values[match[1]], template)


def _children(node: Node, name: str) -> Iterator[Node]:
    for member in _members(node):
        if isinstance(member.value, dict) and name in member.value:
            yield Node(member.value[name], member)
    if isinstance(node.value, list) and name.isdigit() and int(name) < len(node.value):
        yield Node(node.value[int(name)], node.above)


def _members(node: Node, depth: int = 0) -> Iterator[Node]:
    """The members of a list, which have the list's holder above them; or else the node itself."""
    if isinstance(node.value, list) and depth < 10:
        for value in node.value:
            yield from _members(Node(value, node.above), depth + 1)
    else:
        yield node


def _text(value: Tree) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""
