"""Matching: which rules an article fires, for which of its events, and by which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerts.reading.coding import Category, CodedEvent, Coding, Direction, Evidence, Severity
from alerts.reading.fold import fold
from alerts.reading.rule import Rule, RuleBook

_EVIDENCE = 8
"""How many hits of its keywords a match keeps from each field."""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fired. Category to level are None where a rule has keywords alone."""

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

    A rule with keywords alone fires wherever they stand. A rule with a category fires for events
    that a relevant text reports (not denied, considered or background) in its directions and at
    its severity or above; with keywords too, one of them must stand in the text.
    """
    found = _keywords(title, text, book)
    return tuple(
        fired
        for rule in book.enabled
        if _listens(rule, language, source_id)
        for fired in _fire(rule, coding, found.get(rule.id, ()))
    )


def _keywords(title: str, text: str, book: RuleBook) -> dict[str, tuple[Evidence, ...]]:
    """For each rule whose keywords stand in the article, where: one scan for the whole book."""
    found: dict[str, list[Evidence]] = {}
    if not book.scanner.lists:
        return {}
    fields: tuple[tuple[Literal["title", "text"], str], ...] = (("title", title), ("text", text))
    for field, content in fields:
        folded, counts = fold(content), dict.fromkeys(found, 0)
        for hit in book.scanner.scan(folded.text):
            for rule in book.scanner.lists[hit.term]:
                counts[rule] = counts.get(rule, 0) + 1
                if counts[rule] <= _EVIDENCE:
                    start, end = folded.origin(hit.start, hit.end)
                    spelling = book.scanner.terms[hit.term].spelling
                    found.setdefault(rule, []).append(Evidence(field, start, end, spelling))
    return {rule: tuple(evidence) for rule, evidence in found.items()}


def _listens(rule: Rule, language: str, source_id: str) -> bool:
    if rule.sources and source_id not in rule.sources:
        return False
    return not rule.languages or any(
        language == wanted or language.startswith(f"{wanted}-") for wanted in rule.languages
    )


def _fire(rule: Rule, coding: Coding, keywords: tuple[Evidence, ...]) -> Iterator[Match]:
    if rule.keywords and not keywords:
        return
    if rule.category is None:
        severity = max(Severity.MEDIUM, rule.min_severity, key=lambda s: s.rank)
        yield Match(rule, None, None, severity, None, None, None, keywords)
        return
    for event in coding.events if coding.relevant else ():
        if _asks_for(rule, event):
            evidence = (*event.evidence, *keywords)
            yield Match(
                rule,
                event.category,
                event.direction,
                event.severity,
                event.actor,
                event.target,
                event.level,
                evidence,
            )


def _asks_for(rule: Rule, event: CodedEvent) -> bool:
    return (
        event.category is rule.category
        and not event.background
        and (not rule.directions or event.direction in rule.directions)
        and event.severity.rank >= rule.min_severity.rank
    )
