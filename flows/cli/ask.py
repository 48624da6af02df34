"""Commands that ask the warehouse: search, sql."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, TypeVar, cast

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    Marked,
    house,
    say,
    say_error,
    show,
)
from flows.cli.look import AsOfOption, DayOption, day, reading

SEARCH_COLUMNS = [
    "id",
    "published_at",
    "lang",
    "origin",
    "source",
    "title",
    "snippet",
    "marks",
    "url",
    "title_marks",
]
"""What programs get for each article."""

Choice = TypeVar("Choice", bound=StrEnum)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(search)
    app.command()(sql)


def search(
    query: Annotated[str, typer.Argument(help="words, and all else of the query language")],
    since: DayOption = None,
    until: DayOption = None,
    lang: Annotated[str | None, typer.Option(help="en, ja, zh, zh-Hant, zh-Hans, …")] = None,
    category: Annotated[
        str | None, typer.Option(help="what they report: travel_advisory, …")
    ] = None,
    source: Annotated[str | None, typer.Option(help="id of a source")] = None,
    origin: Annotated[str | None, typer.Option(help="news or seed")] = None,
    sort: Annotated[str, typer.Option(help="newest, oldest or relevance")] = "newest",
    limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 20,
    page: Annotated[int, typer.Option(min=1, help="2 for the rows after those, …")] = 1,
    as_of: AsOfOption = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Find articles and seed documents by the query language of rules, in any script variant.

    Words side by side must all occur; "phrases", OR, NOT, title:, lang:, "near words"~5, NEAR and
    @travel_advisory are told in alerts/README.md. A query that begins with - stands after `--`.
    What bears no date counts by when it was first seen.

    Example: noroshi search '外遊警示 日本' --since 2025-11-01

    Example: noroshi search 'title:(Japan OR 日本) NEAR advis* -source:hk-*' --sort relevance
    """
    from alerts.reading.coding import Category
    from extractors.article import Origin
    from warehouse.looking.concordance import opened
    from warehouse.looking.search import Search, Sort
    from warehouse.looking.search import search as find
    from warehouse.storage.session import transaction

    first, last = day(since), day(until)
    if first and last and first > last:
        raise typer.BadParameter(f"--since {first} is after --until {last}")
    wanted = Search(
        query,
        first,
        last,
        lang,
        source,
        one_of(Origin, "--origin", origin),
        one_of(Category, "--category", category),
        one_of(Sort, "--sort", sort) or Sort.NEWEST,
        limit,
        page,
    )
    settings = house(config)
    # In one transaction: of a lake, each statement would see the newest.
    with reading(settings, as_of) as connection, transaction(connection):
        rows = find(connection, wanted, opened(settings.warehouse.concordance))
    if how is Format.TABLE:
        found = [
            row | {"title": _marked(row, "title", "title_marks"), "found": _marked(row)}
            for row in rows
        ]
        columns = ["id", "published_at", "lang", "source", "title", "found", "url"]
    else:
        found, columns = rows, SEARCH_COLUMNS
    show(found, columns, how, zone=settings.settings.timezone, none=_nothing(page))
    if len(rows) == limit and how is Format.TABLE:
        say(f"there may be more: --page {page + 1}")
    return 0


def _marked(row: dict[str, object], text: str = "snippet", marks: str = "marks") -> Marked:
    return Marked(str(row[text]), cast("Sequence[tuple[int, int]]", row[marks]))


def _nothing(page: int) -> str:
    return "no article answers that" if page == 1 else f"there is no page {page}"


def one_of(kind: type[Choice], option: str, text: str | None) -> Choice | None:
    """The member that an option names; a usage error where there is none."""
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError as error:
        names = ", ".join(str(member) for member in kind)
        raise typer.BadParameter(f"{option} {text!r} is none of {names}") from error


def sql(
    statement: Annotated[str, typer.Argument(help="DuckDB's SQL; `;` between statements")],
    as_of: AsOfOption = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Query the published warehouse. `SHOW TABLES` lists the views; DESCRIBE explains one.

    Of several statements each result is shown; json, jsonl and csv hold the result of one.

    Example: noroshi sql "SELECT lang, count(*) FROM articles GROUP BY lang"
    """
    from warehouse.database import queries

    settings = house(config)
    with reading(settings, as_of) as connection:
        results = queries(connection, statement)
    if len(results) > 1 and how is not Format.TABLE:
        say_error(f"{len(results)} statements have results, and {how} holds one; ask for one")
        return 2
    for columns, rows in results:
        show_result(columns, rows, how, settings.settings.timezone)
    return 0


def show_result(
    columns: list[str], rows: Sequence[tuple[object, ...]], how: Format, zone: str
) -> None:
    """Print the result of a statement."""
    names = _apart(columns)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    show(records, names, how, zone=zone, none="no rows")


def _apart(columns: list[str]) -> list[str]:
    """Column names, told apart by a number where a query repeats one."""
    return [
        name if name not in columns[:place] else f"{name}_{columns[:place].count(name) + 1}"
        for place, name in enumerate(columns)
    ]
