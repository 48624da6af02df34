"""Matching: which rules an article fires, for which of its events, and by which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.reading.coding import Category, CodedEvent, Coding, Direction, Evidence, Severity
from alerts.reading.rule import Rule, RuleBook
from alerts.reading.verdict import Document, Reading, speaks


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fired. Category to level are None where a rule asks for no category."""

    rule: Rule
    category: Category | None
    direction: Direction | None
    severity: Severity
    actor: str | None
    target: str | None
    level: str | None
    evidence: tuple[Evidence, ...]


def match(
    title: str, text: str, language: str, source_id: str, coding: Coding, book: RuleBook
) -> tuple[Match, ...]:
    """The rules of `book` that the article fires, one match per rule and event, in book order.

    A rule without a category fires where its keywords and its query hold. A rule with a category
    fires for events that a relevant text reports (not denied, considered or background) in its
    directions and at its severity or above, where its keywords and its query, if any, hold too.
    """
    reading = book.queries.read(Document.of(title, text, language, source_id, coding))
    return tuple(
        fired
        for rule in firing(reading, language, source_id, book)
        for fired in _fire(rule, coding, _evidence(rule, reading))
    )


def firing(reading: Reading, language: str, source_id: str, book: RuleBook) -> Iterator[Rule]:
    """The enabled rules whose languages and sources, keywords and query let the article pass."""
    for rule in book.enabled:
        if _listens(rule, language, source_id) and _answers(rule, reading):
            yield rule


def _answers(rule: Rule, reading: Reading) -> bool:
    return reading.holds(rule.id) if rule.keywords or rule.query else True


def _evidence(rule: Rule, reading: Reading) -> tuple[Evidence, ...]:
    return reading.evidence(rule.id) if rule.keywords or rule.query else ()


def _listens(rule: Rule, language: str, source_id: str) -> bool:
    if rule.sources and source_id not in rule.sources:
        return False
    return not rule.languages or any(speaks(language, wanted) for wanted in rule.languages)


def _fire(rule: Rule, coding: Coding, words: tuple[Evidence, ...]) -> Iterator[Match]:
    if rule.category is None:
        severity = max(Severity.MEDIUM, rule.min_severity, key=lambda s: s.rank)
        yield Match(rule, None, None, severity, None, None, None, words)
        return
    for event in coding.events if coding.relevant else ():
        if _asks_for(rule, event):
            yield Match(
                rule,
                event.category,
                event.direction,
                event.severity,
                event.actor,
                event.target,
                event.level,
                (*event.evidence, *words),
            )


def _asks_for(rule: Rule, event: CodedEvent) -> bool:
    return (
        event.category is rule.category
        and not event.background
        and (not rule.directions or event.direction in rule.directions)
        and event.severity.rank >= rule.min_severity.rank
    )
