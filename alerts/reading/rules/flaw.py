"""Flaws: why a rule cannot do what its author meant, found without any article.

A query is searched for an article that could answer it, by the tableau method (Beth 1955; Smullyan,
First-Order Logic, 1968): what must hold is taken apart until only words and facts are left; where
every way of doing so needs a word to stand in the article and not to stand there, none can answer.
Nothing is reported that is not certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from alerts.reading.coding import Category, Direction, Severity, Status
from alerts.reading.rules.query import All, Either, Is, Named, Near, Node, Not, Query, Within, Words
from alerts.reading.rules.query_words import terms
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.rules.verdict import speaks
from alerts.reading.words.vocabulary import shipped

_STEPS = 20_000
"""After so many steps of the tableau a query is taken to be answerable."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """`what` is wrong with a rule, in which of its keys, and how to mend it."""

    rule_id: str
    key: str
    what: str
    remedy: str


def flaws(
    book: RuleBook, *, sources: Sequence[str], languages: Sequence[str], channels: Sequence[str]
) -> tuple[Flaw, ...]:
    """What is wrong with the enabled rules.

    `sources` are the ids of the sources that are on, `languages` the tags that articles can have,
    `channels` the names of the channels that are on.
    """
    found: list[Flaw] = []
    for place, rule in enumerate(book.enabled):
        found += _names(rule, sources, languages, channels)
        found += _query(rule, sources, languages)
        found += _severity(rule)
        found += _quiet(rule)
        found += _subsumed(rule, book.enabled[:place])
    return tuple(found)


def answerable(query: Query) -> bool:
    """Whether some article could answer it. False is certain."""
    return _Tableau().can_hold([(query.root, True)])


def _names(
    rule: Rule, sources: Sequence[str], languages: Sequence[str], channels: Sequence[str]
) -> Iterator[Flaw]:
    for key, given, known, listing in (
        ("sources", rule.sources, sources, "`noroshi sources list` has those that are on"),
        ("channels", rule.channels, channels, "add a [[channel]] of that name, or correct it"),
    ):
        for name in given:
            if name not in known:
                noun = key.removesuffix("s")
                what = f"there is no {noun} {name!r} that is on"
                yield Flaw(rule.id, key, what, _nearest(name, known, listing))
    for tag in rule.languages:
        if not any(speaks(known, tag) for known in languages):
            what = f"no article has the language {tag!r}"
            yield Flaw(rule.id, "languages", what, _nearest(tag, languages, "write en, ja or zh"))


def _nearest(name: str, known: Sequence[str], otherwise: str) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise


def _query(rule: Rule, sources: Sequence[str], languages: Sequence[str]) -> Iterator[Flaw]:
    query = rule.asked
    if query is None:
        return
    key = "query" if rule.query else "keywords"
    unknown = list(_unknown(query, sources, languages))
    for fact in unknown:
        remedy = "name one that is on" if fact.facet == "source" else "write en, ja or zh"
        yield Flaw(rule.id, key, f"no article has {fact}", remedy)
    for node in query.nodes:
        if isinstance(node, Named) and not terms(node):
            yield Flaw(rule.id, key, f"@{node.name} holds no word", "name another word list")
    if not answerable(query):
        yield Flaw(rule.id, key, "it contradicts itself: no article can answer", "loosen it")
    elif not unknown and not answerable(Query(Not(query.root))):
        yield Flaw(rule.id, key, "every article answers", "take out the part that always holds")
    if rule.category and query.root == Is("topic", rule.category):
        what = f"it asks for {query} and for events of {rule.category}, which is the same"
        yield Flaw(rule.id, key, what, "take the query out")


def _unknown(query: Query, sources: Sequence[str], languages: Sequence[str]) -> Iterator[Is]:
    for node in query.nodes:
        match node:
            case Is(facet="source", open_end=True):
                if not any(id.startswith(node.value) for id in sources):
                    yield node
            case Is(facet="source"):
                if node.value not in sources:
                    yield node
            case Is(facet="lang"):
                if not any(speaks(known, node.value) for known in languages):
                    yield node


def _severity(rule: Rule) -> Iterator[Flaw]:
    """A severity, or a direction, that no sign of the category can lead to."""
    if rule.category is None:
        return
    for direction in rule.directions or tuple(Direction):
        gravest = _gravest(rule.category, direction)
        if gravest is None and rule.directions:
            what = f"no sign of {rule.category} speaks of {direction}"
            yield Flaw(rule.id, "directions", what, f"take {direction} out")
    possible = [_gravest(rule.category, d) for d in rule.directions or tuple(Direction)]
    top = max((s.rank for s in possible if s), default=-1)
    if 0 <= top < rule.min_severity.rank:
        what = f"{rule.category} is never graver than {list(Severity)[top]}"
        yield Flaw(rule.id, "min_severity", what, f"write {list(Severity)[top]} or less")


def _quiet(rule: Rule) -> Iterator[Flaw]:
    """A cool-down where nothing would bring a further alert anyway."""
    if rule.cooldown and not rule.realert:
        what = "realert = [] brings no further alert that a cool-down could hold back"
        yield Flaw(rule.id, "cooldown", what, "take one of the two out")


def _gravest(category: Category, direction: Direction) -> Severity | None:
    """The gravest that a reported event can be: one step above its signs, or an official level."""
    ranks = [
        sign.severity.rank
        for sign in shipped().signs
        if sign.category is category
        and sign.direction is direction
        and sign.status in {None, Status.REPORTED}
    ]
    if not ranks:
        return None
    if category is Category.TRAVEL_ADVISORY:
        return Severity.CRITICAL
    return list(Severity)[min(max(ranks) + 1, 3)]


def _subsumed(rule: Rule, earlier: Iterable[Rule]) -> Iterator[Flaw]:
    """An earlier rule that fires wherever this one does and tells the same channels."""
    if rule.asked and not answerable(rule.asked):
        return
    for other in earlier:
        if _covers(other, rule):
            what = f"rule {other.id!r} fires first wherever this one would, for the same channels"
            yield Flaw(rule.id, "id", what, "switch one of them off or narrow the earlier one")
            return


def _covers(wide: Rule, narrow: Rule) -> bool:
    return (
        wide.category == narrow.category
        and _within(narrow.directions, wide.directions)
        and wide.min_severity.rank <= narrow.min_severity.rank
        and _within(narrow.languages, wide.languages)
        and _within(narrow.sources, wide.sources)
        and _within(narrow.channels, wide.channels)
        and _follows(narrow.asked, wide.asked)
    )


def _within(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    """Empty means all."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _follows(narrow: Query | None, wide: Query | None) -> bool:
    """Whether what answers `narrow` answers `wide`."""
    if wide is None:
        return True
    if narrow is None:
        return False
    return not answerable(Query(All((narrow.root, Not(wide.root)))))


Goal = tuple[Node, bool]


class _Tableau:
    """One search for an article that could answer."""

    def __init__(self) -> None:
        self._steps = 0

    def can_hold(self, goals: list[Goal], known: tuple[Goal, ...] = ()) -> bool:
        """Whether all `goals` can hold (or not hold) together with what is `known`."""
        self._steps += 1
        if not goals or self._steps > _STEPS:
            return True
        (node, holds), rest = goals[0], goals[1:]
        match node:
            case Not():
                return self.can_hold([(node.operand, not holds), *rest], known)
            case All() | Either():
                parts = [(one, holds) for one in node.operands]
                if isinstance(node, All) is holds:
                    return self.can_hold([*parts, *rest], known)
                return any(self.can_hold([part, *rest], known) for part in parts)
            case Words(field=None) | Named(field=None) | Within(field=None):
                return self.can_hold([(_anywhere(node), holds), *rest], known)
        if not all(_agree(one, (node, holds)) for one in known):
            return False
        return self.can_hold([*_entailed(node, holds), *rest], (*known, (node, holds)))


def _anywhere(node: Words | Named | Within) -> Node:
    return Either((replace(node, field="title"), replace(node, field="text")))


def _entailed(node: Node, holds: bool) -> list[Goal]:
    """What else stands in an article with all words of a Near or Within."""
    match node:
        case Within() if holds:
            return [(replace(words, field=node.field), True) for words in node.words]
        case Near() if holds:
            return [(operand, True) for operand in node.operands]
    return []


def _agree(one: Goal, other: Goal) -> bool:
    """Whether an article can have both."""
    (a, a_holds), (b, b_holds) = one, other
    if a_holds and b_holds:
        return not _exclude(a, b)
    if a_holds != b_holds:
        there, absent = (a, b) if a_holds else (b, a)
        return not _implies(there, absent)
    return True


def _exclude(a: Node, b: Node) -> bool:
    """An article has one language and one source."""
    if not (isinstance(a, Is) and isinstance(b, Is) and a.facet == b.facet):
        return False
    if a.facet == "lang":
        return not (speaks(a.value, b.value) or speaks(b.value, a.value))
    if a.facet == "source":
        return not (_begins(a, b) or _begins(b, a))
    return False


def _begins(one: Is, other: Is) -> bool:
    """Whether a source named by `one` is one of `other`."""
    return one.value.startswith(other.value) if other.open_end else one.value == other.value


def _implies(there: Node, absent: Node) -> bool:
    """Whether an article with the one has the other."""
    if there == absent:
        return True
    match there, absent:
        case Words(), Words():
            return there.field == absent.field and _contains(there, absent)
        case Is(), Is() if there.facet == absent.facet:
            if there.facet == "lang":
                return speaks(there.value, absent.value)
            return (
                there.facet == "source"
                and not (there.open_end and not absent.open_end)
                and _begins(there, absent)
            )
    return False


def _contains(there: Words, absent: Words) -> bool:
    """Whether each form of the one is a form of the other: the same after folding, or an ending
    of it."""
    if absent.open_end:
        stems = tuple(term.pattern for term in terms(absent))
        # Not so for Chinese and Japanese, where a longer word can hide the stem.
        return all(map(str.isascii, stems)) and all(
            term.pattern.startswith(stems) for term in terms(there)
        )
    forms = {term.pattern for term in terms(absent)}
    return not there.open_end and all(term.pattern in forms for term in terms(there))
