"""Rule tables: what a `[[rule]]` may say, and what is said of one that says something else.

Every complaint names the file, the line, the column of the value, the rule, and the remedy.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from alerts.errors import RuleError
from alerts.reading.coding import Category, Development, Direction, Severity
from extractors.duration import duration

_LISTS = ("keywords", "directions", "languages", "sources", "channels", "realert")


class RuleTable(BaseModel):
    """The keys of one `[[rule]]`; `model_fields_set` has those that it gives."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = ""
    name: str = ""
    keywords: tuple[str, ...] = ()
    query: str = ""
    category: Category | None = None
    directions: tuple[Direction, ...] = Field(
        (), validation_alias=AliasChoices("directions", "direction")
    )
    min_severity: Severity = Field(
        Severity.LOW, validation_alias=AliasChoices("min_severity", "severity")
    )
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    enabled: bool = True
    cooldown: timedelta = timedelta(0)
    realert: tuple[Development, ...] = ()

    @field_validator(*_LISTS, mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("enabled", mode="before")
    @classmethod
    def _yes_or_no(cls, value: object) -> object:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")
        return value

    @field_validator("cooldown", mode="before")
    @classmethod
    def _spelled(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no duration such as '6h'")
        return duration(value)


_ALIASES = {"direction": "directions", "severity": "min_severity"}
KEYS = (*RuleTable.model_fields, *_ALIASES)
"""What a `[[rule]]` may say."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands: the `number`-th `[[rule]]` of a text."""

    text: str
    where: str
    number: int
    rule: str = ""

    def __str__(self) -> str:
        return self._told(self._lines()[0])

    def key(self, key: str) -> str:
        """The line of a key, or of the table where the text does not show it."""
        number, _ = self._found(key)
        return self._told(number)

    def value(self, key: str, value: object = None) -> str:
        """Line and column of a key's value, or of the one in its list that is `value`."""
        number, column = self._found(key, value)
        return self._told(number, column)

    def _told(self, line: int, column: int | None = None) -> str:
        at = f", column {column}" if column else ""
        return f"{self.where}:{line}{at}" + (f" (rule {self.rule})" if self.rule else "")

    def _lines(self) -> tuple[int, list[str]]:
        """The number of the table's first line, and its lines."""
        lines = self.text.splitlines()
        heads = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        begin = heads[self.number] if self.number < len(heads) else 0
        end = heads[self.number + 1] if self.number + 1 < len(heads) else None
        return begin + 1, lines[begin:end]

    def _found(self, key: str, value: object = None) -> tuple[int, int | None]:
        first, lines = self._lines()
        for number, line in enumerate(lines):
            if begun := re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=\s*", line):
                rest = [" " * begun.end() + line[begun.end() :], *lines[number + 1 :]]
                for below, content in enumerate(rest if value is not None else ()):
                    if item := re.search(rf"[\"']?{re.escape(str(value))}[\"']?", content):
                        return first + number + below, item.start() + 1
                return first + number, begun.end() + 1
        return first, None


def tables(text: str, where: str) -> list[tuple[RuleTable, Place]]:
    """The `[[rule]]` tables of a TOML text. Raises RuleError for the first that is wrong."""
    try:
        rules = tomllib.loads(text).get("rule", [])
    except tomllib.TOMLDecodeError as error:
        raise RuleError(where, f"is no TOML: {error}", "mend that line") from error
    if not isinstance(rules, list) or any(not isinstance(rule, dict) for rule in rules):
        raise RuleError(where, "[rule] is one table", "write [[rule]] with two brackets")
    return [_read(table, text, where, number) for number, table in enumerate(rules)]


def identity(table: RuleTable) -> str:
    """The id given, or one made from the name or else from the first keyword that has letters;
    empty where there is none."""
    return table.id or next(filter(None, map(_id_from, (table.name, *table.keywords))), "")


def _id_from(words: str) -> str:
    plain = unicodedata.normalize("NFKC", words).casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-_")


def _read(given: Mapping[str, Any], text: str, where: str, number: int) -> tuple[RuleTable, Place]:
    named = given.get("id") or given.get("name") or ""
    place = Place(text, where, number, named if isinstance(named, str) else "")
    for short, long in _ALIASES.items():
        if short in given and long in given:
            what = f"{short} is another word for {long}, and both are here"
            raise RuleError(place.value(short), what, "take one of them out")
    try:
        return RuleTable.model_validate(given), place
    except ValidationError as error:
        raise _complaint(error.errors()[0], place) from error


def _complaint(error: ErrorDetails, place: Place) -> RuleError:
    """What pydantic says, in words about rules."""
    key = str(error["loc"][0])
    value = error["input"]
    if error["type"] == "extra_forbidden":
        near = get_close_matches(key, KEYS, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(KEYS)}"
        return RuleError(place.value(key), f"there is no key {key!r}", remedy)
    if error["type"] == "value_error":
        what = f"{key}: {str(error['msg']).removeprefix('Value error, ')}"
        return RuleError(place.value(key), what, f"write {_EXAMPLES[key]}")
    inner = value if len(error["loc"]) > 1 else None
    spot = place.value(key, inner)
    if choices := _CHOICES.get(_ALIASES.get(key, key)):
        return RuleError(spot, f"{key}: {_wrong(value)}", _choice(value, choices))
    return RuleError(spot, f"{key}: {_wrong(value)}", f"write {_EXAMPLES[key]}")


def _wrong(value: object) -> str:
    """A value that cannot stand there, in short."""
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'table'} cannot stand here"
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} cannot stand here"


def _choice(value: object, choices: type[StrEnum]) -> str:
    if isinstance(value, list):
        return "name one, and write a [[rule]] for each of several"
    near = get_close_matches(str(value), [str(choice) for choice in choices], n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(choices)}"


_CHOICES: dict[str, type[StrEnum]] = {
    "category": Category,
    "directions": Direction,
    "min_severity": Severity,
    "realert": Development,
}
_EXAMPLES = {
    "id": 'id = "my-rule"',
    "name": 'name = "My rule"',
    "keywords": 'keywords = ["travel advisory", "外遊警示"]',
    "query": "query = 'title:(Osaka OR 大阪) -rain'",
    "languages": 'languages = ["ja", "zh"]',
    "sources": 'sources = ["hk-rthk-en-local"]',
    "channels": 'channels = ["desk"]',
    "enabled": "enabled = false",
    "cooldown": 'cooldown = "6h"',
}
"""What may be written, by key."""
