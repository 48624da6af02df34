"""The command `noroshi rules backtest`: rules replayed over the warehouse."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    err,
    house,
    out,
    say,
    say_error,
    show,
    to_json,
    unknown,
)
from flows.cli.look import DayOption, day, reading

if TYPE_CHECKING:
    from alerts.reading.rules.rule import RuleBook
    from flows.backtest import Backtest, Trial
    from flows.configuration.settings import House
    from warehouse.looking.replay import Firing


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
        return _neither(rules or "", settings.book)
    reading(settings).close()  # made where there is none yet
    zone = settings.settings.timezone
    result = backtest(settings.warehouse, zone, trial, stages_on(err()))
    if how in {Format.CSV, Format.JSONL}:
        show([_firing(one, result) for one in result.firings], FIRING, how, zone=zone)
    else:
        _report(settings, trial, result, samples, how)
    return 0


def _neither(given: str, book: RuleBook) -> int:
    """Say that there is no such file, where it looks like one, or no such rule."""
    if given.endswith(".toml") or "/" in given:
        say_error(f"there is no file {given!r}; name one with [[rule]] tables, or a rule")
        return 2
    return unknown("rule", given, (rule.id for rule in book.rules))


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
