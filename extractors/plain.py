"""Plain text: what remains of markup when only the words are kept."""

from __future__ import annotations

import html
import re

import nh3

LONGEST = 5_000_000
"""Characters. No article is longer; what is, is cut."""


def plain_text(markup: str) -> str:
    """One line of words: no tags, no entities, no control characters, no scripts.

    Feeds escape once, twice or not at all, so what looks like markup after decoding goes as well.
    """
    text = markup[:LONGEST]
    for _ in range(2):
        text = html.unescape(_without_tags(text))
    return " ".join(printable(text).split())


def plain_lines(text: str) -> str:
    """Text of a page, paragraph by paragraph: one line each, no empty ones.

    What a page shows as markup, having escaped it, goes as well: nobody who gets the text should
    have to wonder whether a tag in it was meant.
    """
    shown = printable(text[:LONGEST]).splitlines()
    lines = (plain_text(line) if TAG.search(line) else " ".join(line.split()) for line in shown)
    return "\n".join(line for line in lines if line)


def printable(text: str) -> str:
    """Without control characters, bidirectional overrides and halves of surrogate pairs."""
    return INVISIBLE.sub("", text)


INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
TAG = re.compile(r"<[a-zA-Z/!?]")
BLOCK = re.compile(r"(?=</?(?:p|div|br|li|td|tr|h[1-6]|blockquote|section|article)\b)", re.I)


def _without_tags(text: str) -> str:
    if not TAG.search(text):
        return text
    # Blocks end words: "<p>one</p><p>two</p>" is two words.
    return nh3.clean(printable(BLOCK.sub(" ", text)), tags=set())
