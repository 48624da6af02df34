"""Commands about rules: list, check, test, backtest."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    add_group,
    err,
    house,
    out,
    say,
    say_error,
    show,
    to_json,
)
from flows.cli.look import DayOption, day, reading

if TYPE_CHECKING:
    from alerts.reading.coding import Coding
    from alerts.reading.rule import Rule, RuleBook
    from alerts.reading.verdict import Document
    from flows.backtest import Backtest, Trial
    from flows.configuration.settings import House
    from warehouse.replay import Firing


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
    first: Annotated[
        str, typer.Argument(metavar="[RULE] TEXT|FILE|ARTICLE-ID", help="what is tested")
    ],
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
        return _test_all(settings, _subject(settings, first, title), how)
    rule = settings.book.rule(first)
    if rule is None:
        return _no_rule(first)
    return _test_one(rule, _subject(settings, second, title), how)


def rules_backtest(
    rules: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE|FILE]", help="a rule's id, or a file of rules (default: all)"
        ),
    ] = None,
    since: DayOption = None,
    until: DayOption = None,
    against: Annotated[
        Path | None,
        typer.Option(help="file with another version of the rules (default: those in force)"),
    ] = None,
    recode: Annotated[
        bool, typer.Option("--recode", help="code the articles afresh; takes longer")
    ] = False,
    samples: Annotated[int, typer.Option(min=0, help="how many articles to show")] = 5,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Replay rules over the warehouse: what would have fired, and what a change gains and loses.

    A file's rules are laid over those in force. csv and jsonl give the row of each firing.

    Example: noroshi rules backtest travel-advisory --since 2025-11-01
    """
    from flows.backtest import backtest
    from flows.progress import stages_on

    settings = house(config)
    trial = _trial(settings.book, rules, against, day(since), day(until), recode)
    if trial is None:
        return _no_rule(rules or "")
    reading(settings).close()  # made where there is none yet
    zone = settings.settings.timezone
    result = backtest(settings.warehouse, zone, trial, stages_on(err()))
    if how in {Format.CSV, Format.JSONL}:
        show([_firing(one, result) for one in result.firings], FIRING, how, zone=zone)
    else:
        _report(settings, trial, result, samples, how)
    return 0


def _no_rule(id: str) -> int:
    say_error(f"there is no rule {id!r}; `noroshi rules list` names them")
    return 2


def _word(value: object) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is tested: an article with what the coder finds in it."""

    document: Document
    coding: Coding
    seed: bool = False

    def words(self, field: str, start: int, end: int) -> str:
        return (self.document.title if field == "title" else self.document.text)[start:end]


def _subject(settings: House, given: str, title: str) -> _Subject:
    """The stored article whose id begins so, the content of that file, or the text itself."""
    if not given.strip():
        raise typer.BadParameter("there is no text to test")
    if settings.book.rule(given):
        raise typer.BadParameter(f"{given!r} is a rule; give the text, file or id to test it on")
    stored = _stored(settings, given) if re.fullmatch("[0-9a-f]{4,20}", given) else None
    if stored is None and re.fullmatch(r"[\w./~-]+", given, re.ASCII) and not _is_file(given):
        say(f"note: no file or article is called {given!r}; it is taken as the text itself")
    return stored or _written(given, title)


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # too long a name
        return False


def _stored(settings: House, beginning: str) -> _Subject | None:
    """The article; None where none begins so. Raises QueryError where several do."""
    from alerts.reading.coder import Coder
    from alerts.reading.verdict import Document
    from warehouse.dossier import beginning_so, identify
    from warehouse.matching import coded
    from warehouse.replay import article

    with reading(settings) as connection:
        found = beginning_so(connection, beginning)
        version = article(connection, identify(connection, beginning)) if found else None
    if version is None:
        return None
    coding = coded(version, Coder.shipped())
    document = Document.of(version.title, version.text, version.language, version.source_id, coding)
    return _Subject(document, coding, version.origin == "seed")


def _written(given: str, title: str) -> _Subject:
    from alerts.reading.coder import Coder
    from alerts.reading.verdict import Document
    from extractors.language import detect_language

    headline, body = _headline(_text(given), title)
    language = detect_language(f"{headline}\n{body}")
    coding = Coder.shipped().code(headline, body, language=language)
    return _Subject(Document.of(headline, body, language, "test", coding), coding)


def _test_all(settings: House, subject: _Subject, how: Format) -> int:
    from alerts.reading.match import match_document

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


def _test_one(rule: Rule, subject: _Subject, how: Format) -> int:
    from alerts.reading.explain import explain

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


def _remark(subject: _Subject) -> None:
    if subject.seed:
        say("note: this is a seed document, which never alerts")


def _trial(
    book: RuleBook,
    given: str | None,
    against: Path | None,
    since: date | None,
    until: date | None,
    recode: bool,
) -> Trial | None:
    """What is tried; None where `given` is neither a rule nor a file."""
    from flows.backtest import Trial, differing, overlaid

    other = overlaid(book, against) if against else None
    enabled = frozenset(rule.id for rule in book.enabled)
    if given is None:
        ids = differing(book, other) if other else enabled
        return Trial(book, ids, other, since, until, recode)
    if rule := book.rule(given):
        return Trial(book, frozenset({rule.id}), other, since, until, recode)
    if not Path(given).is_file():
        return None
    tried, other = overlaid(book, Path(given)), other or book
    return Trial(tried, differing(tried, other), other, since, until, recode)


FIRING = ["published_at", "source", "rule", "article_id", "event_id", "title", "url"]


def _firing(one: Firing, result: Backtest) -> dict[str, object]:
    return {
        "published_at": one.sighting.published_at,
        "source": one.source_id,
        "rule": one.sighting.rule_id,
        "article_id": one.sighting.article_id,
        "event_id": result.event_ids.get(one.key),
        "title": one.sighting.title,
        "url": one.url,
    }


def _report(settings: House, trial: Trial, result: Backtest, samples: int, how: Format) -> None:
    zone = settings.settings.timezone
    parts = {
        "rules": result.rules(trial.rule_ids),
        "weeks": result.weeks(settings.zone),
        "samples": _samples(settings, trial.book, result.firings[::-1][:samples]),
    }
    if trial.against:
        parts["gained"] = _samples(settings, trial.book, result.gained[::-1][:samples])
        parts["lost"] = _samples(settings, trial.against, result.lost[::-1][:samples])
    if how is Format.JSON:
        sys.stdout.write(to_json({"articles": result.articles, **parts}, indent=2) + "\n")
        return
    say(f"{result.articles} articles replayed")
    for name, rows in parts.items():
        out().print(name, style="bold")
        show(rows, list(rows[0]) if rows else [], how, zone=zone, none=f"{name}: none")


def _samples(settings: House, book: RuleBook, firings: Sequence[Firing]) -> list[dict[str, object]]:
    from flows.backtest import samples

    found = samples(settings.warehouse, settings.settings.timezone, book, firings)
    return [
        {
            "published_at": one.sighting.published_at,
            "rule": one.sighting.rule_id,
            "article_id": one.sighting.article_id,
            "title": one.sighting.title,
            "words": list(words),
        }
        for one, words in found
    ]


def _text(given: str) -> str:
    """The text itself, or the content of the file that it names, in whatever encoding."""
    from extractors.charset import decode

    try:
        file = Path(given)
        return decode(file.read_bytes(), "text/plain")[0] if file.is_file() else given
    except ValueError:  # a text that can be no file's name
        return given
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return given
        raise typer.BadParameter(f"{given}: it cannot be read ({error.strerror})") from error


def _headline(text: str, title: str) -> tuple[str, str]:
    if title:
        return title, text
    first, _, rest = text.strip().partition("\n")
    return first, rest
