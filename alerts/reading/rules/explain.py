"""Explaining: how one rule came to its verdict on one article, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.reading.coding import CodedEvent, Coding
from alerts.reading.rules.match import listens, objection
from alerts.reading.rules.rule import Rule
from alerts.reading.rules.verdict import Document, Trace, judge


@dataclass(frozen=True, slots=True)
class Step:
    """One condition of a rule. Steps of a greater depth are parts of the one before them."""

    depth: int
    holds: bool | None
    """None: a remark that decides nothing."""
    what: str
    why: str = ""


def explain(rule: Rule, document: Document, coding: Coding) -> tuple[Step, ...]:
    """Every condition of the rule with what became of it; the last step is the verdict."""
    steps = [*_listening(rule, document), *_asked(rule, document), *_happening(rule, coding)]
    fires = all(step.holds for step in steps if step.depth == 0 and step.holds is not None)
    return (*steps, Step(0, fires, "the rule fires" if fires else "the rule does not fire"))


def _listening(rule: Rule, document: Document) -> Iterator[Step]:
    yield Step(0, rule.enabled, "enabled", "" if rule.enabled else "it is switched off")
    if rule.languages:
        wanted = f"languages {', '.join(rule.languages)}"
        heard = listens(Rule(rule.id, rule.name, languages=rule.languages), document)
        yield Step(0, heard, wanted, f"the article is in {document.language}")
    if rule.sources:
        heard = document.source in rule.sources
        why = f"the article is from {document.source or 'nowhere'}"
        yield Step(0, heard, f"sources {', '.join(rule.sources)}", why)


def _asked(rule: Rule, document: Document) -> Iterator[Step]:
    if query := rule.asked:
        yield from _parts(judge(query, document).trace, 0)


def _parts(trace: Trace, depth: int) -> Iterator[Step]:
    yield Step(
        depth, trace.holds, trace.what, "found " + ", ".join(trace.found) if trace.found else ""
    )
    for part in trace.parts:
        yield from _parts(part, depth + 1)


def _happening(rule: Rule, coding: Coding) -> Iterator[Step]:
    if rule.category is None:
        return
    why = f"relevance {coding.relevance:.2f}, at least 0.50 is asked for"
    yield Step(0, coding.relevant, "the article is about two of HK, JP and CN", why)
    for reason in coding.reasons:
        yield Step(1, None, reason)
    counted = [event for event in coding.events if objection(rule, event) is None]
    yield Step(0, bool(counted), f"a reported event of {rule.category}", _count(coding))
    for event in coding.events:
        against = objection(rule, event)
        yield Step(1, against is None, _told(event), against or "counts")


def _count(coding: Coding) -> str:
    return "" if coding.events else "the article tells of no event"


def _told(event: CodedEvent) -> str:
    parties = f"{event.actor or '?'} → {event.target or '?'}"
    words = ", ".join(dict.fromkeys(evidence.term for evidence in event.evidence))
    told = f"{event.category}, {event.direction}, {event.severity}, {event.status}, {parties}"
    return f"{told}, by {words}" if words else told
