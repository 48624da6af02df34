"""Paywalls: whether a page keeps the rest of its article for those who pay or log in."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

WARNING = "the page keeps its full text for subscribers or members; this may be a part of it"
LONGEST_NOTICE = 200
"""Characters of a line that can be such a notice; longer ones are prose that may quote it."""


def walled(free: bool | None, lines: Iterable[str]) -> bool:
    """Whether a page is walled: it says so in its metadata (`free`), or in one of its `lines`.

    What the metadata say goes first, since the page shows its notices to some readers only.
    """
    if free is not None:
        return not free
    return any(is_notice(line) for line in lines)


def is_notice(line: str) -> bool:
    """Whether a line of a page says that the rest is for those who pay or log in."""
    if not 4 <= len(line) <= LONGEST_NOTICE:
        return False
    folded = unicodedata.normalize("NFKC", line)
    return any(mark.search(folded) for mark in marks())


@cache
def marks() -> tuple[re.Pattern[str], ...]:
    """The marks of `paywalls.toml`."""
    text = files("extractors.pages").joinpath("paywalls.toml").read_text(encoding="utf-8")
    return tuple(re.compile(mark) for column in tomllib.loads(text).values() for mark in column)
