"""Matching: which rules an article fires, for which of its events, and by which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.reading.coding import Category, CodedEvent, Coding, Direction, Evidence, Severity
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.rules.verdict import Document, Reading, speaks


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fired. Category to level and object are None without a category."""

    rule: Rule
    category: Category | None
    direction: Direction | None
    severity: Severity
    actor: str | None
    target: str | None
    level: str | None
    evidence: tuple[Evidence, ...]
    object: str | None = None


def match(
    title: str, text: str, language: str, source_id: str, coding: Coding, book: RuleBook
) -> tuple[Match, ...]:
    """The rules of `book` that the article fires, one match per rule and event, in book order.

    A rule without a category fires where its keywords and its query hold. A rule with a category
    fires for events that a relevant text reports (not denied, considered or background) in its
    directions and at its severity or above, where its keywords and its query, if any, hold too.
    """
    document = Document.of(title, text, language, source_id, coding)
    return match_document(document, coding, book)


def match_document(
    document: Document, coding: Coding, book: RuleBook, *, with_words: bool = True
) -> tuple[Match, ...]:
    """As `match`. Without words, which cost the most, evidence is that of the events alone."""
    news = [event for event in coding.events if not event.background] if coding.relevant else []
    kinds = {None, *(event.category for event in news)}
    reading = book.queries.read(document)
    return tuple(
        fired
        for rule in book.enabled
        if rule.category in kinds and listens(rule, document) and _answers(rule, reading)
        for fired in _fire(rule, news, reading, with_words)
    )


def listens(rule: Rule, document: Document) -> bool:
    """Whether the rule wants articles of that language and source."""
    if rule.sources and document.source not in rule.sources:
        return False
    wanted = rule.languages
    return not wanted or any(speaks(document.language, language) for language in wanted)


def objection(rule: Rule, event: CodedEvent) -> str | None:
    """Why an event does not count for a rule with a category; None where it does."""
    if event.category is not rule.category:
        return f"is {event.category}, not {rule.category}"
    if event.background:
        return f"is not reported as news: {event.status}"
    if rule.directions and event.direction not in rule.directions:
        return f"is {event.direction}, not {' or '.join(rule.directions)}"
    if event.severity.rank < rule.min_severity.rank:
        return f"is of severity {event.severity}, below {rule.min_severity}"
    return None


def _answers(rule: Rule, reading: Reading) -> bool:
    return reading.holds(rule.id) if rule.keywords or rule.query else True


def _fire(
    rule: Rule, news: Sequence[CodedEvent], reading: Reading, with_words: bool
) -> Iterator[Match]:
    asks = with_words and bool(rule.keywords or rule.query)
    if rule.category is None:
        severity = max(Severity.MEDIUM, rule.min_severity, key=lambda s: s.rank)
        words = reading.evidence(rule.id) if asks else ()
        yield Match(rule, None, None, severity, None, None, None, words)
        return
    for event in news:
        if objection(rule, event) is None:
            yield Match(
                rule,
                event.category,
                event.direction,
                event.severity,
                event.actor,
                event.target,
                event.level,
                (*event.evidence, *(reading.evidence(rule.id) if asks else ())),
                event.object,
            )
