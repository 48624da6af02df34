"""Commands about the pages behind articles: show, replay, backfill."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    clean,
    existing,
    house,
    out,
    say,
    show,
    to_json,
    unknown,
)
from flows.cli.look import day, reading

if TYPE_CHECKING:
    from extractors.feeds.walk import Stretch
    from flows.backfill import Counts
    from warehouse.looking.dossier import Dossier


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(name="show")(show_article)
    app.command()(replay)
    app.command()(backfill)


def show_article(
    article: Annotated[str, typer.Argument(help="an id, its beginning, or an address")],
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Show all that is known of an article: text, versions, evidence, alerts, records.

    Example: noroshi show 3f2a91
    """
    from warehouse.looking.dossier import dossier

    if how is Format.CSV:
        raise typer.BadParameter("an article is no table; --format json or jsonl")
    settings = house(config)
    with reading(settings) as connection:
        found = dossier(connection, article)
    if how is not Format.TABLE:
        sys.stdout.write(to_json(found, indent=None if how is Format.JSONL else 2) + "\n")
        return 0
    _print(found, settings.settings.timezone)
    return 0


def replay(
    file: Annotated[Path, typer.Argument(help="a .warc.gz file of the folder warc")],
    article: Annotated[str | None, typer.Option(help="one article, by its id")] = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Read kept pages again with today's code; better texts become versions, nobody is told.

    Example: noroshi replay data/warc/20261122T110000-ab12cd.warc.gz
    """
    from flows.replay import replay as read_again
    from warehouse.looking.dossier import identify

    settings = house(config)
    id_ = None
    if article:
        with reading(settings) as connection:
            id_ = identify(connection, article)
    done = read_again(settings, existing(file), id_)
    for problem in done.problems:
        say(f"warning: {problem}")
    row = {
        "records": done.records,
        "articles": done.articles,
        "new_versions": done.better,
        "problems": len(done.problems),
    }
    show([row], list(row), how)
    return 1 if not done.articles else 0


def backfill(
    source: Annotated[str, typer.Argument(help="id of a source")],
    since: Annotated[str, typer.Option(help="first day, such as 2025-11-01")],
    until: Annotated[str | None, typer.Option(help="last day (default: today)")] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="a sitemap, feed or list to begin at, or one with {year}, {month} and {day} "
            "(default: the source's own address)",
        ),
    ] = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Store what a source published in the past; go on where a killed one was; alert nobody.

    Example: noroshi backfill hk-rthk-en-local --since 2025-11-01
    """
    from extractors.feeds.dated import is_dated
    from extractors.feeds.walk import days
    from flows.backfill import backfill as walk

    settings = house(config)
    chosen = next((item for item in settings.sources if item.id == source), None)
    if chosen is None:
        return unknown("source", source, (item.id for item in settings.sources))
    stretch = _stretch(day(since), day(until))
    named = begin or (chosen.url if is_dated(chosen.url) else None)
    try:
        addresses = list(days(named, stretch)) if named else [chosen.url]
    except (ValueError, LookupError) as error:
        what = f"{named!r} may have {{year}}, {{month}}, {{day}} in braces and nothing else"
        raise typer.BadParameter(what) from error

    def told(address: str, so_far: Counts) -> None:
        say(f"{address}: {so_far.new} new of {so_far.entries}, {so_far.asked} requests so far")

    done = asyncio.run(walk(settings, chosen, stretch, list(dict.fromkeys(addresses)), told))
    for problem in done.problems:
        say(f"warning: {problem}")
    row = {**asdict(done), "problems": len(done.problems)}
    show([row], list(row), how)
    return 0 if done.entries else 1


def _print(found: Dossier, zone: str) -> None:
    """The sections for people, empty ones left out."""
    article = found["article"]
    _line(article["title"])
    _line("")
    facts = [{"": name, "value": value} for name, value in _facts(article)]
    show(facts, ["", "value"], Format.TABLE, zone=zone)
    _line(article["text"])
    for change in found["changes"]:
        _line(f"\nVersion {change['version']}: {change['what']}")
        for line in change["diff"]:
            _line(line)
    for section, title in TITLES.items():
        if rows := found[section]:
            _line(f"\n{title}")
            show(rows, _columns(rows), Format.TABLE, zone=zone)


TITLES = {
    "coding": "How it was read",
    "codings": "Events that it speaks of",
    "matches": "Rules that it matched",
    "alerts": "Alerts of its events",
    "deliveries": "What became of them",
    "appearances": "Where the text appeared",
    "pages": "Answers that it was read from (files in the folder warc)",
}
SHOWN_APART = {"title", "text"}


def _facts(article: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What is known of it; how its date was decided stands beside the date."""
    for name, value in article.items():
        if name not in SHOWN_APART and value not in (None, "", [], False):
            yield name, value


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """Those that say something in some row."""
    return [name for name in rows[0] if any(row[name] not in (None, "", []) for row in rows)]


def _line(text: object) -> None:
    out().print(clean(text), markup=False)


def _stretch(since: date | None, until: date | None) -> Stretch:
    """From the one day to the other, by default today."""
    from extractors.feeds.walk import Stretch

    today = datetime.now(UTC).date()
    first, last = since or today, until or today
    if first > last:
        to = f"--until {last}" if until else "today"
        raise typer.BadParameter(f"--since {first} is after {to}")
    if last > today + timedelta(days=1):
        raise typer.BadParameter(f"--until {last} lies in the future")
    return Stretch(first, last)
