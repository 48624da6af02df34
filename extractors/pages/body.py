"""The text of an article, out of the blocks of its page.

The only file that knows trafilatura.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise

import trafilatura
from lxml import etree
from lxml.html import HtmlElement

from extractors.plain import plain_lines

MOST_ELEMENTS = 15_000
"""Elements of a page that are weighed one by one; real articles have 800 (median), at most 3,200
of 292. The time of weighing may grow with the square of their number."""
ENOUGH_PROSE = 0.6
"""The share of a page's prose that is taken for all of its article; see `read_text`."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # It warns of pages without text.


def read_text(tree: HtmlElement, url: str) -> tuple[str, tuple[str, ...]]:
    """The paragraphs of the article, one a line, and warnings; empty where there is none.

    trafilatura's `favor_precision` leaves out the menus and promotions that its default lets in,
    above all on short bulletins, but sometimes takes the wrong block. It is believed where it has
    most of the prose that the page shows outside its furniture; only where it has not, the default
    is run as well, and the precise reading stays if it keeps most of that one's prose.
    """
    if sum(1 for _ in tree.iter()) > MOST_ELEMENTS:
        warning = f"the page has more than {MOST_ELEMENTS:,} elements; all of its text was taken"
        return "\n".join(blocks(tree)), (warning,)
    precise = _reading(tree, url, favor_precision=True)
    if precise and prose(precise) >= ENOUGH_PROSE * page_prose(tree):
        return in_order(precise, tree), ()
    default = _reading(tree, url, fast=True)
    kept = precise and prose(precise) >= ENOUGH_PROSE * prose(default)
    return in_order(precise if kept else default, tree), ()


SHORT = 2_000
"""Characters of an article of which trafilatura may gather what it missed at first behind the rest.
"""


def in_order(text: str, tree: HtmlElement) -> str:
    """The lines of a short text in the order in which the page shows them, where it shows all."""
    if len(text) > SHORT:
        return text
    places: dict[str, int] = {}
    for place, line in enumerate(blocks(tree)):
        places.setdefault(_squeezed(line), place)
    lines = text.split("\n")
    found = [places.get(_squeezed(line)) for line in lines]
    known = [place for place in found if place is not None]
    if len(known) < len(lines) or known == sorted(known):
        return text
    return "\n".join(line for _, line in sorted(zip(known, lines, strict=True)))


def with_lead(text: str, tree: HtmlElement, description: str) -> str:
    """The text with its first paragraph, where that was left out: some systems put it into no
    element of its own, and readers of pages pass it over.

    It is the line of the page that `description` (of the metadata) repeats the beginning of, ends
    as a sentence, and stands right before the first line of the text. What is the description and
    no more is a standfirst, and none of the text.
    """
    whole = _squeezed(description)
    begin = whole[:LEAD]
    if len(begin) < LEAD or begin in _squeezed(text):
        return text
    first = _squeezed(text.partition("\n")[0])[:LEAD]
    for line, following in pairwise(blocks(tree)):
        squeezed = _squeezed(line)
        is_lead = squeezed.startswith(begin) and line[-1] in SENTENCE_ENDS
        if is_lead and squeezed != whole and _squeezed(following).startswith(first):
            return f"{line}\n{text}"
    return text


LEAD = 20
"""Characters, spaces aside, by which a description is known for the beginning of a line."""


def _squeezed(text: str) -> str:
    return "".join(text.split())


def prose(text: str) -> int:
    """Characters in lines that end like sentences: menus and teasers have no full stop."""
    return sum(len(line) for line in text.splitlines() if line[-1:] in SENTENCE_ENDS)


def page_prose(tree: HtmlElement) -> int:
    """Characters of prose that a page shows outside its furniture and its links."""
    return prose("\n".join(blocks(tree, FURNITURE | {"a"})))


SENTENCE_ENDS = frozenset("。！？!?.」』”…")
FURNITURE = frozenset(
    {"head", "title", "script", "style", "noscript", "template", "iframe", "svg"}
    | {"nav", "footer", "aside", "figcaption", "button", "select", "option", "textarea"}
)
"""Elements that hold no part of an article (HTML standard, sections 4.3 and 4.10). A form may: some
systems wrap the whole page in one."""
UNSEEN = frozenset({"head", "script", "style", "template"})
"""Elements that no reader sees."""
INLINE = frozenset(
    {"a", "abbr", "b", "cite", "code", "em", "font", "i", "img", "ins", "mark", "q", "rb", "rp"}
    | {"rt", "ruby", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr"}
)
"""Elements that go on within a line."""


def blocks(tree: HtmlElement, without: frozenset[str] = FURNITURE) -> Iterator[str]:
    """The lines of a page as its markup breaks them, but for the elements `without`."""
    line: list[str] = []
    for text, breaks in _pieces(tree, without):
        if breaks and line:
            yield from filter(None, [" ".join("".join(line).split())])
            line = []
        line.append(text)
    yield from filter(None, [" ".join("".join(line).split())])


def _pieces(tree: HtmlElement, without: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Each text, and whether a new line begins with it."""
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        ends = event == "end"
        if not ends and _is_left_out(element, without):
            walk.skip_subtree()
        elif not ends:
            yield element.text or "", element.tag not in INLINE
        if ends:
            yield element.tail or "", element.tag not in INLINE


def _is_left_out(element: HtmlElement, without: frozenset[str]) -> bool:
    """With the footer goes the <header> of the page, not that of an article (HTML standard, section
    4.3.8)."""
    if element.tag != "header" or "footer" not in without:
        return element.tag in without
    return not any(above.tag in {"article", "main"} for above in element.iterancestors())


def _reading(tree: HtmlElement, url: str, favor_precision: bool = False, fast: bool = False) -> str:
    found = trafilatura.bare_extraction(
        tree, url=url, favor_precision=favor_precision, fast=fast, include_comments=False
    )
    text = found.text if isinstance(found, trafilatura.settings.Document) else ""
    return plain_lines(text or "")
