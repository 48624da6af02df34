"""Commands about rules: list, check, test; backtest stands in `backtest.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.backtest import rules_backtest
from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    add_group,
    house,
    say,
    show,
    unknown,
)
from flows.cli.subject import Subject, subject_of

if TYPE_CHECKING:
    from alerts.reading.rules.rule import Rule
    from flows.configuration.settings import House


def register(app: typer.Typer) -> None:
    """Add the group."""
    commands: dict[str, Callable[..., int]] = {
        "list": rules_list,
        "check": rules_check,
        "test": rules_test,
        "backtest": rules_backtest,
    }
    add_group(app, "rules", "What makes an alert.", commands)


def rules_list(how: FormatOption = Format.TABLE, config: ConfigOption = None) -> int:
    """List the rules in force, the shipped book's and your own.

    Example: noroshi rules list
    """
    rows = [
        {
            "id": rule.id,
            "enabled": rule.enabled,
            "name": rule.name,
            "category": _word(rule.category),
            "directions": [str(direction) for direction in rule.directions],
            "min_severity": str(rule.min_severity),
            "keywords": list(rule.keywords),
            "query": rule.query or None,
            "channels": list(rule.channels) or ["all"],
        }
        for rule in house(config).book.rules
    ]
    show(rows, list(rows[0]) if rows else ["id"], how, none="no rules are in force")
    return 0


def rules_check(how: FormatOption = Format.TABLE, config: ConfigOption = None) -> int:
    """Find rules that contradict themselves, can never match, or stand behind a wider one.

    Example: noroshi rules check
    """
    from flows.configuration.flaws import flaws_of, place

    settings = house(config)
    found = flaws_of(settings)
    rows = [
        {
            "rule": flaw.rule_id,
            "where": place(settings, flaw),
            "key": flaw.key,
            "problem": flaw.what,
            "remedy": flaw.remedy,
        }
        for flaw in found
    ]
    none = f"{len(settings.book.enabled)} rules are on; nothing is wrong with them"
    show(rows, ["rule", "where", "key", "problem", "remedy"], how, none=none)
    return 1 if found else 0


def rules_test(
    first: Annotated[str, typer.Argument(metavar="[RULE] TEXT|FILE|ID|URL", help="what is tested")],
    second: Annotated[str | None, typer.Argument(hidden=True)] = None,
    title: Annotated[str, typer.Option(help="headline (default: the first line)")] = "",
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Say which rules fire on a text and on which words; of one rule, say why, step by step.

    Example: noroshi rules test '保安局對日本發出黃色外遊警示'

    Example: noroshi rules test travel-advisory article.txt
    """
    settings = house(config)
    if second is None:
        return _test_all(settings, subject_of(settings, first, title), how)
    rule = settings.book.rule(first)
    if rule is None:
        return unknown("rule", first, (rule.id for rule in settings.book.rules))
    return _test_one(rule, subject_of(settings, second, title), how)


def _word(value: object) -> str | None:
    return None if value is None else str(value)


def _test_all(settings: House, subject: Subject, how: Format) -> int:
    from alerts.reading.rules.match import match_document

    coding = subject.coding
    enough = "enough" if coding.relevant else "not enough"
    say(f"relevance {coding.relevance:.2f}, {enough} to count (0.50):")
    for reason in coding.reasons:
        say(f"  {reason}")
    for event in subject.coding.events:
        say(
            f"event {event.category}, {event.direction}, {event.severity}, {event.status}: "
            f"{event.actor or '?'} → {event.target or '?'}"
        )
    rows = [
        {
            "rule": found.rule.id,
            "category": _word(found.category),
            "direction": _word(found.direction),
            "severity": str(found.severity),
            "actor": found.actor,
            "target": found.target,
            "words": [subject.words(e.field, e.start, e.end) for e in found.evidence],
        }
        for found in match_document(subject.document, subject.coding, settings.book)
    ]
    columns = ["rule", "category", "direction", "severity", "actor", "target", "words"]
    show(rows, columns, how, none="no rule fires")
    _remark(subject)
    return 0


def _test_one(rule: Rule, subject: Subject, how: Format) -> int:
    from alerts.reading.rules.explain import explain

    steps = explain(rule, subject.document, subject.coding)
    if how is Format.TABLE:
        signs = {True: "yes", False: "no", None: ""}
        lines = [(signs[s.holds], "  " * s.depth + s.what, s.why) for s in steps]
        columns = ["holds", "step", "why"]
        show([dict(zip(columns, line, strict=True)) for line in lines], columns, how)
    else:
        rows = [{"depth": s.depth, "holds": s.holds, "step": s.what, "why": s.why} for s in steps]
        show(rows, list(rows[0]), how)
    _remark(subject)
    return 0


def _remark(subject: Subject) -> None:
    if subject.seed:
        say("note: this is a seed document, which never alerts")
