"""Rules: what people want to be told about, as TOML tables.

    [[rule]]
    name = "Travel and exchange"
    keywords = ["travel advisory", "exchange cancellation"]

    [[rule]]
    name = "Flights to Osaka"
    query = 'title:(大阪 OR Osaka) AND @transport -lang:en'

A rule has keywords (one of them must stand in the text), a query (`alerts.reading.rules.query`), a
category (a reported event of it), or several of these, which must then all hold. The other keys
narrow it. A rule with the id of an earlier one changes only the keys that it gives;
`enabled = false` switches it off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from alerts.errors import QueryError, RuleError
from alerts.reading.coding import Category, Development, Direction, Severity
from alerts.reading.rules.query import All, Either, Node, Query, words_of
from alerts.reading.rules.query_text import parse
from alerts.reading.rules.rule_table import KEYS, Place, RuleTable, identity, tables
from alerts.reading.rules.verdict import Queries
from alerts.reading.words.fold import fold
from extractors.article import digest

__all__ = ["KEYS", "SHIPPED", "Development", "Rule", "RuleBook", "id_of", "load_rules"]

SHIPPED = Path(__file__).with_name("rules.toml")


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
    for table, place in tables(text, where):
        id = _named(table, place)
        if id in seen:
            what = f"the id {id!r} is used twice"
            raise RuleError(str(place), what, "give one of them another id")
        seen.add(id)
        rules[id] = _checked(_rule(id, table, rules.get(id)), place)
    return tuple(rules.values())


def id_of(table: Mapping[str, object]) -> str:
    """The id that a valid `[[rule]]` table has, or gets."""
    return identity(RuleTable.model_validate(table))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(str(path), "cannot be read", "check the path and its encoding") from error


def _named(table: RuleTable, place: Place) -> str:
    if id := identity(table):
        return id
    remedy = 'add id = "..."' if table.query or table.category else 'add keywords = ["..."]'
    raise RuleError(str(place), "has neither id, name nor keywords", remedy)


def _rule(id: str, table: RuleTable, earlier: Rule | None) -> Rule:
    given = {key: getattr(table, key) for key in table.model_fields_set}
    if earlier:
        return replace(earlier, **(given | {"id": id}))
    return Rule(**(given | {"id": id, "name": table.name or id}))


def _checked(rule: Rule, place: Place) -> Rule:
    if not rule.keywords and not rule.query and rule.category is None:
        raise RuleError(str(place), "asks for nothing", "add keywords or a category, or a query")
    if rule.directions and rule.category is None:
        raise RuleError(str(place), "has a direction but no category", "add a category")
    for keyword in rule.keywords:
        if not fold(keyword.rstrip("*")).text.strip():
            spot = place.value("keywords", keyword or None)
            raise RuleError(spot, f"has an empty keyword {keyword!r}", "remove it")
    try:
        _ = rule.asked
    except QueryError as error:
        spot = f"{place.key('query')}: {_within(rule.query, error)}"
        raise RuleError(spot, error.what, error.remedy) from error
    return rule


def _within(query: str, error: QueryError) -> str:
    """Where in a query, with the line in one of several."""
    if "\n" not in query.strip():
        return str(error.where)
    before = query[: error.column - 1].split("\n")
    return f"query, line {len(before)}, column {len(before[-1]) + 1}"


def _any_of(keywords: Sequence[str]) -> Node:
    words = tuple(words_of(keyword) for keyword in keywords)
    return Either(words) if len(words) > 1 else words[0]
