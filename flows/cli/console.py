"""What the commands print, and where: tables for people; json, jsonl or csv for programs.

Text from outside is stripped of control characters before it reaches a terminal.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from flows.settings import House


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


FormatOption = Annotated[
    Format, typer.Option("--format", help="table for people; json, jsonl or csv for programs")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="settings file (default: ./noroshi.toml)", show_default=False),
]

PIPE_WIDTH = 160
"""Columns of a table that goes into a file or another program."""

Rows = Sequence[Mapping[str, object]]


@cache
def out() -> Console:
    """Where results go. Honours NO_COLOR; plain text where it is no terminal."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, soft_wrap=True, width=PIPE_WIDTH)


@cache
def err() -> Console:
    """Where progress and diagnostics go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """A diagnostic line."""
    err().print(clean(line), markup=False)


def say_error(line: str) -> None:
    """A diagnostic line that says what is wrong."""
    from rich.text import Text

    err().print(Text.assemble(("error: ", "bold red"), clean(line)))


def house(config: Path | None) -> House:
    """The settings in force. Raises SettingsError."""
    from flows.settings import find, load

    return load(find(config))


def show(
    rows: Rows, columns: Sequence[str], how: Format, *, zone: str = "UTC", none: str = "nothing"
) -> None:
    """Print `rows` under `columns`. Where a person would see an empty table, `none` is said."""
    if how is Format.TABLE:
        _table(rows, columns, zone, none)
    elif how is Format.CSV:
        _csv(rows, columns)
    elif how is Format.JSONL:
        for row in rows:
            sys.stdout.write(to_json(_plain(row, columns)) + "\n")
    else:
        sys.stdout.write(to_json([_plain(row, columns) for row in rows], indent=2) + "\n")


def to_json(value: object, indent: int | None = None) -> str:
    """JSON with the text as it is; lone surrogates, which UTF-8 cannot carry, are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_json)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, default=_json)
    return text


def clean(value: object) -> str:
    """Text that a terminal shows and does not obey: no escape sequences, no bidi overrides."""
    return "".join(_visible(character) for character in str(value))


def _visible(character: str) -> str:
    if character in "\n\t" or character.isprintable() or character == "\u3000":
        return character
    return "\ufffd" if character < " " or "\x7f" <= character <= "\x9f" else ""


def _table(rows: Rows, columns: Sequence[str], zone: str, none: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not rows:
        say(none)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(_shown(row.get(column), zone))) for column in columns))
    out().print(table)


def _shown(value: object, zone: str) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return value


def _csv(rows: Rows, columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_flat(row.get(column)) for column in columns])


def _flat(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return to_json(value) if isinstance(value, list | tuple | dict) else value


def _plain(row: Mapping[str, object], columns: Iterable[str]) -> dict[str, object]:
    return {column: row.get(column) for column in columns}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
