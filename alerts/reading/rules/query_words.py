"""The words of a query: the forms that are looked for in a folded text, and how long texts are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from alerts.reading.rules.query import Named, Words, word_lists
from alerts.reading.words.fold import fold
from alerts.reading.words.vocabulary import Term, Vocabulary, shipped

CONTAINMENT = Path(__file__).with_name("containment")
UNIT = re.compile("[\uac00-\ud7af]+|(?:(?![\u2e80-\U0010ffff])[^\\W_])+|[^\\W_]")
"""What a distance counts: words of spaced scripts, characters of others, no punctuation."""


def key(node: Words | Named) -> str:
    """The word list of a node, whatever its field."""
    if isinstance(node, Named):
        return f"@{node.name}"
    return f"{'*' if node.open_end else '='}{node.text}"


@cache
def terms(node: Words | Named) -> tuple[Term, ...]:
    """The forms that are looked for, all folded."""
    if isinstance(node, Named):
        words = shipped().words
        return tuple(
            t for name in word_lists(node.name) for col in words[name].values() for t in col
        )
    folded = fold(node.text).text.strip()
    spelling = node.text + "*" * node.open_end
    joined = {folded, _SEAM.sub(" ", folded), _SEAM.sub("-", folded)}
    forms = joined if node.open_end else {form for one in joined for form in _forms(one)}
    return tuple(Term(spelling, form, node.open_end) for form in sorted(forms))


def units(text: str) -> int:
    """How long a folded text is: words of spaced scripts, characters of others."""
    return sum(1 for _ in UNIT.finditer(text))


_SEAM = re.compile("(?<=[0-9a-z])[ -](?=[0-9a-z])")
"""Between Latin words, where some write a hyphen and others a space."""


def _forms(words: str) -> Iterator[str]:
    """Latin words also as a plural."""
    yield words
    if re.search("[a-z]$", words):
        yield from _plurals(words)


def _plurals(form: str) -> Iterator[str]:
    if re.search("[^aeiou]y$", form):
        yield f"{form[:-1]}ies"
    elif re.search("(s|x|z|ch|sh)$", form):
        yield f"{form}es"
    else:
        yield f"{form}s"


@cache
def guards() -> dict[str, tuple[Term, ...]]:
    """Longer words that only look as if they held a word, by family of languages."""
    columns = Vocabulary.load(CONTAINMENT).words["containment.guard"]
    return {f"!{name}": column for name, column in columns.items()}
