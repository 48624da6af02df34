"""Wording: what the fields of a notice are called in the language of its reader.

The words are data: `labels.toml`, one table a kind of word, one column a language.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LABELS = ("en", "zh-Hant", "zh-Hans", "ja")
"""The languages (BCP 47) that labels can be shown in."""

Tables = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    labels: str

    def __post_init__(self) -> None:
        if self.labels not in LABELS:
            raise ValueError(f"labels must be one of {', '.join(LABELS)}, not {self.labels!r}")

    def word(self, kind: str, name: str) -> str:
        """What `name` (`travel_advisory`, `HK`, ...) is called; itself where no table has it."""
        columns = tables().get(kind, {}).get(name)
        return columns[self.labels] if columns else name

    def rule(self, id: str, name: str) -> str:
        """What the rule `id` is called: a shipped one in this language, unless it was given another
        `name`; one of a person's own by that name."""
        columns = tables()["rule"].get(id)
        return columns[self.labels] if columns and columns["en"] == name else name

    def phrase(self, name: str, kind: str = "phrase", /, **values: object) -> str:
        """The phrase `name` with `values` filled in. Raises KeyError where there is none."""
        return tables()[kind][name][self.labels].format_map(values)


@cache
def tables() -> Tables:
    """Kind of word -> name -> language -> word, as `labels.toml` has them."""
    return tomllib.loads((Path(__file__).parent / "labels.toml").read_text(encoding="utf-8"))
