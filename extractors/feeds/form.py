"""The forms of official documents of what is in force: `state_documents.toml`, read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Form:
    """Where a document holds what, and how a change is told (see `state_documents.toml`)."""

    language: str
    page: str
    levels: Mapping[str, str]
    sentences: Mapping[str, str]
    key: str = ""
    place: str = ""
    items: str = ""
    in_force: str = ""
    level: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    updated: str = ""
    cues: Mapping[str, str] = field(default_factory=dict)
    none: str = ""
    notices: str = ""

    @property
    def of_words(self) -> bool:
        """Whether it is a page for people, to which robots.txt applies, and tells its levels in
        words."""
        return bool(self.cues)


@cache
def forms() -> Mapping[str, Form]:
    """The documents that can be read, by name."""
    text = files("extractors.feeds").joinpath("state_documents.toml").read_text("utf-8")
    return {name: _form(row) for name, row in tomllib.loads(text).items()}


def _form(row: dict[str, Any]) -> Form:
    return Form(**{**row, "words": tuple(row.get("words", ()))})
