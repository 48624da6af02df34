"""Rules: what people want to be told about, as TOML tables.

    [[rule]]
    name = "Travel and exchange"
    keywords = ["travel advisory", "exchange cancellation"]

    [[rule]]
    name = "Flights to Osaka"
    query = 'title:(大阪 OR Osaka) AND @transport -lang:en'

A rule has keywords (one of them must stand in the text), a query (`alerts.reading.query`), a
category (a reported event of it), or several of these, which must then all hold. The other keys
narrow it. A rule with the id of an earlier one changes only the keys that it gives;
`enabled = false` switches it off.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from alerts.errors import QueryError, RuleError
from alerts.reading.coding import Category, Direction, Severity
from alerts.reading.fold import fold
from alerts.reading.query import All, Either, Node, Query, parse, words_of
from alerts.reading.verdict import Queries
from extractors.article import digest
from extractors.duration import duration

SHIPPED = Path(__file__).with_name("rules.toml")


class Development(StrEnum):
    """What can be new about an event that readers were told of already."""

    SEVERITY = "severity"
    """It is graver."""
    LEVEL = "level"
    """Its official level is higher."""
    DIRECTION = "direction"
    """It turned: lifted, resumed, or back again."""
    OFFICIAL = "official"
    """An official source says what only media had."""
    PARTY = "party"
    """A further party is in it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing question to the news."""

    id: str
    name: str
    keywords: tuple[str, ...] = ()
    category: Category | None = None
    directions: tuple[Direction, ...] = ()
    """Empty: every direction. Only for rules with a category."""
    min_severity: Severity = Severity.LOW
    languages: tuple[str, ...] = ()
    """BCP 47 tags (`zh` covers `zh-Hant`); empty: every language."""
    sources: tuple[str, ...] = ()
    """Source ids; empty: every source."""
    channels: tuple[str, ...] = ()
    """Channel names; empty: every channel."""
    enabled: bool = True
    query: str = ""
    """In the query language; empty: none."""
    cooldown: timedelta = timedelta(0)
    """How long after an alert on an event no further one on it is sent."""
    realert: tuple[Development, ...] = tuple(Development)
    """What about an event brings a further alert; empty: nothing, one alert is all."""

    @property
    def asked(self) -> Query | None:
        """What its keywords and its query ask together. Raises QueryError for a wrong query."""
        asked: list[Node] = [_any_of(self.keywords)] if self.keywords else []
        if self.query:
            asked.append(parse(self.query).root)
        return Query(All(tuple(asked)) if len(asked) > 1 else asked[0]) if asked else None

    @property
    def version(self) -> str:
        """Digest of the content: it changes when any key does."""
        told = {**asdict(self), "cooldown": self.cooldown.total_seconds()}
        return digest(json.dumps(told, sort_keys=True, ensure_ascii=False))


@dataclass(frozen=True)
class RuleBook:
    """Rules by id, with all that they ask of a text compiled into one scan."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, *paths: Path) -> RuleBook:
        """The shipped book with the rules of `paths` over it, in order.

        Raises RuleError naming the file, line and rule.
        """
        rules: tuple[Rule, ...] = ()
        for path in (SHIPPED, *paths):
            rules = load_rules(_read(path), str(path.name), rules)
        return cls(rules)

    @classmethod
    def of(cls, *rules: Rule) -> RuleBook:
        """A book of just these rules; of two with one id the later stands."""
        return cls(tuple({rule.id: rule for rule in rules}.values()))

    @cached_property
    def enabled(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.enabled)

    def rule(self, id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == id), None)

    @cached_property
    def queries(self) -> Queries:
        """What the enabled rules ask, by rule id."""
        return Queries({rule.id: asked for rule in self.enabled if (asked := rule.asked)})

    def __reduce__(self) -> tuple[object, ...]:
        return (RuleBook, (self.rules,))


def load_rules(text: str, where: str, base: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """The rules of a TOML text over those of `base`, which keep their place.

    Raises RuleError, which names `where`, the line, the rule and the remedy.
    """
    rules = {rule.id: rule for rule in base}
    seen: set[str] = set()
    for number, entry in enumerate(_entries(text, where)):
        spot = _spot(text, where, number, entry.id or entry.name)
        id = _identity(entry, spot)
        if id in seen:
            raise RuleError(spot, f"the id {id!r} is used twice", "give one of them another id")
        seen.add(id)
        rule = _checked(_rule(id, entry, rules.get(id)), spot)
        _readable(rule, _spot(text, where, number, entry.id or entry.name, "query"))
        rules[id] = rule
    return tuple(rules.values())


def id_of(table: Mapping[str, object]) -> str:
    """The id that a valid `[[rule]]` table has, or gets."""
    return _identity(_Entry.model_validate(table), "rule")


_LISTS = ("keywords", "directions", "languages", "sources", "channels", "realert")


class _Entry(BaseModel):
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

    @field_validator("cooldown", mode="before")
    @classmethod
    def _spelled(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no duration such as '6h'")
        return duration(value)


KEYS = (*_Entry.model_fields, "direction", "severity")
"""What a `[[rule]]` may say."""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(str(path), "cannot be read", "check the path and its encoding") from error


def _entries(text: str, where: str) -> list[_Entry]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(where, f"is no TOML: {error}", "mend that line") from error
    rules = tables.get("rule", [])
    if not isinstance(rules, list) or any(not isinstance(rule, dict) for rule in rules):
        raise RuleError(where, "[rule] is one table", "write [[rule]] with two brackets")
    return [_entry(rule, text, where, number) for number, rule in enumerate(rules)]


def _entry(table: dict[str, Any], text: str, where: str, number: int) -> _Entry:
    try:
        return _Entry.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "rule"
        named = str(table.get("id") or table.get("name") or "")
        spot = _spot(text, where, number, named, key)
        raise RuleError(spot, f"{key}: {first['msg']}", _remedy(key)) from error


def _remedy(key: str) -> str:
    choices = {
        "category": Category,
        "directions": Direction,
        "direction": Direction,
        "realert": Development,
    }
    if key in choices:
        return "choose one of " + ", ".join(choices[key])
    if key in {"min_severity", "severity"}:
        return "choose one of " + ", ".join(Severity)
    if key in _Entry.model_fields:
        return "give it the kind of value that alerts/README.md shows"
    return "the keys are " + ", ".join(KEYS)


def _spot(text: str, where: str, number: int, named: str, key: str = "") -> str:
    """`file:line (rule name)`: the line of the table, or of a key in it."""
    heads = [i for i, line in enumerate(text.splitlines()) if re.match(r"\s*\[\[rule\]\]", line)]
    line = heads[number] if number < len(heads) else 0
    ends = heads[number + 1] if number + 1 < len(heads) else None
    for offset, content in enumerate(text.splitlines()[line:ends]):
        if key and re.match(rf"\s*{re.escape(key)}\s*=", content):
            line += offset
            break
    return f"{where}:{line + 1}" + (f" (rule {named})" if named else "")


def _identity(entry: _Entry, spot: str) -> str:
    """The id given, or one made from the name, or from the first keyword."""
    source = entry.id or entry.name or next(iter(entry.keywords), "")
    plain = unicodedata.normalize("NFKC", source).casefold()
    made = entry.id or re.sub(r"[^\w]+", "-", plain).strip("-_")
    if not made:
        remedy = 'add id = "..."' if entry.query or entry.category else 'add keywords = ["..."]'
        raise RuleError(spot, "has neither id, name nor keywords", remedy)
    return made


def _rule(id: str, entry: _Entry, earlier: Rule | None) -> Rule:
    given = {key: getattr(entry, key) for key in entry.model_fields_set}
    if earlier:
        return replace(earlier, **(given | {"id": id}))
    return Rule(**(given | {"id": id, "name": entry.name or id}))


def _checked(rule: Rule, spot: str) -> Rule:
    if not rule.keywords and not rule.query and rule.category is None:
        raise RuleError(spot, "asks for nothing", "add keywords or a category, or a query")
    if rule.directions and rule.category is None:
        raise RuleError(spot, "has a direction but no category", "add a category")
    for keyword in rule.keywords:
        if not fold(keyword.rstrip("*")).text.strip():
            raise RuleError(spot, f"has an empty keyword {keyword!r}", "remove it")
    return rule


def _readable(rule: Rule, spot: str) -> None:
    """Raises RuleError, which names the column, where the query cannot be read."""
    try:
        _ = rule.asked
    except QueryError as error:
        raise RuleError(f"{spot}: {error.where}", error.what, error.remedy) from error


def _any_of(keywords: Sequence[str]) -> Node:
    words = tuple(words_of(keyword) for keyword in keywords)
    return Either(words) if len(words) > 1 else words[0]
