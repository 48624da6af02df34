"""What the commands print, and where: tables for people; json, jsonl or csv for programs.

Text from outside is stripped of control characters before it reaches a terminal.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from flows.configuration.settings import House


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


def existing(place: Path) -> Path:
    """A file or folder that is to be read; a usage error where there is none."""
    if place.exists():
        return place
    raise typer.BadParameter(f"{place}: there is no such file or folder")


def unused(place: Path) -> Path:
    """A file or folder that is to be made; a usage error where it cannot be a new one."""
    if place.exists():
        raise typer.BadParameter(f"{place}: it exists already; name one that does not")
    if not place.absolute().parent.is_dir():
        raise typer.BadParameter(f"{place}: there is no such folder; make it first")
    return place


def unknown(noun: str, name: str, names: Iterable[str]) -> int:
    """Say that there is no such source, rule or channel, with the nearest there is: the status of
    a wrong use."""
    known = sorted(names)
    near = [*(one for one in known if name and name in one), *get_close_matches(name, known)][:1]
    remedy = f"did you mean {near[0]!r}?" if near else f"`noroshi {noun}s list` names them"
    say_error(f"there is no {noun} {name!r}; {remedy}")
    return 2


@dataclass(frozen=True, slots=True)
class Marked:
    """A cell of a table some of whose words are bold: `marks` are their places, in order."""

    text: str
    marks: Sequence[tuple[int, int]]

    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each bold or not."""
        done = 0
        for start, end in self.marks:
            yield self.text[done:start], False
            yield self.text[start:end], True
            done = end
        yield self.text[done:], False


PIPE_WIDTH = 160
"""Columns of a table that goes into a file or another program, where COLUMNS says nothing."""

Rows = Sequence[Mapping[str, object]]


def encode_streams() -> None:
    """Files and pipes get UTF-8 whatever the locale; a terminal gets what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def markup() -> Literal["rich"] | None:
    """How help pages are drawn: plainly where NO_COLOR is set (https://no-color.org)."""
    return None if os.environ.get("NO_COLOR") else "rich"


def add_group(
    app: typer.Typer, name: str, purpose: str, commands: Mapping[str, Callable[..., int]]
) -> None:
    """Add `noroshi NAME` with a command for each verb; `purpose` is a sentence for its help."""
    group = typer.Typer(help=purpose, no_args_is_help=True, rich_markup_mode=markup())
    for verb, function in commands.items():
        group.command(verb)(function)
    app.add_typer(group, name=name)


@cache
def out() -> Console:
    """Where results go. Honours NO_COLOR; plain text where it is no terminal."""
    if sys.stdout.isatty():
        return _console()
    told = os.environ.get("COLUMNS", "")
    return _console(soft_wrap=True, width=int(told) if told.isdecimal() else PIPE_WIDTH)


@cache
def err() -> Console:
    """Where progress and diagnostics go."""
    return _console(stderr=True, soft_wrap=True)


def _console(*, stderr: bool = False, soft_wrap: bool = False, width: int | None = None) -> Console:
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            """A result that nobody reads ends the program, in `main` (rich would do it here, with
            status 1); diagnostics that nobody reads do not stop the work."""
            if not self.stderr:
                raise BrokenPipeError
            silence(sys.stderr)

    return Plain(
        stderr=stderr,
        soft_wrap=soft_wrap,
        width=width,
        highlight=False,
        emoji=False,
        # Rich's own NO_COLOR leaves bold and dim, which are escape sequences all the same.
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def silence(stream: TextIO) -> None:
    """What is still written there goes nowhere, without a word when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def say(line: str) -> None:
    """A diagnostic line."""
    err().print(clean(line), markup=False)


def say_error(line: str) -> None:
    """A diagnostic line that says what is wrong."""
    from rich.text import Text

    err().print(Text.assemble(("error: ", "bold red"), clean(line)))


def house(config: Path | None) -> House:
    """The settings in force. Raises SettingsError."""
    from flows.configuration.settings import find, load

    return load(find(config))


NOT_BEGUN = "there is no noroshi.toml here; `noroshi init` writes one to begin with"


def begun(house: House) -> House:
    """`house` itself, where its data folder is meant: by a settings file, by a variable, or because
    a warehouse is there. Elsewhere a person is in a wrong folder: raises SettingsError, so that an
    empty warehouse is neither made nor asked."""
    from flows.errors import SettingsError

    named = {"data_folder", "warehouse"} & house.settings.model_fields_set
    kept = house.warehouse.ready or house.warehouse.live.exists()
    if house.file is None and not named and not kept:
        raise SettingsError([NOT_BEGUN])
    return house


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
    """JSON with the text as it is, but for characters that a terminal obeys, that end a line
    for some readers, or that UTF-8 cannot carry: these are escaped. NaN and Infinity are null."""
    text = json.dumps(_json(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# DEL and C1 controls, line and paragraph separators, bidi controls, lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(value: object) -> str:
    """Text that a terminal shows and does not obey: no escape sequences, no bidi overrides."""
    return "".join(_visible(character) for character in str(value))


def _visible(character: str) -> str:
    if character in "\n\t" or character.isprintable() or character == "\u3000":
        return character
    return "\ufffd" if character < " " or "\x7f" <= character <= "\x9f" else ""


def _table(rows: Rows, columns: Sequence[str], zone: str, none: str) -> None:
    from flows.cli.table import drawn

    if not rows:
        say(none)
        return
    cells = {clean(name): [_cell(row.get(name), zone) for row in rows] for name in columns}
    for part in drawn(cells, out().width):
        out().print(part, soft_wrap=False)


def _cell(value: object, zone: str) -> Text:
    from rich.text import Text

    if isinstance(value, Marked):
        return Text.assemble(*((clean(part), "bold" * bold) for part, bold in value.parts()))
    return Text(clean(_shown(value, zone)))


def _shown(value: object, zone: str) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return value


def _csv(rows: Rows, columns: Sequence[str]) -> None:
    """Exact in a file or a pipe; on a terminal, what it would obey is taken out."""
    shown = clean if sys.stdout.isatty() else str
    for record in (columns, *([_flat(row.get(column)) for column in columns] for row in rows)):
        sys.stdout.write(_csv_line([shown(value) for value in record]))


def _csv_line(values: Sequence[str]) -> str:
    """One record that ends in a line feed. Python before 3.13 quotes a carriage return only where
    it is part of the line's end, and bare ones split records for most readers."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(values)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def _flat(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return to_json(value) if isinstance(value, list | tuple | dict) else value


def _plain(row: Mapping[str, object], columns: Iterable[str]) -> dict[str, object]:
    return {column: row.get(column) for column in columns}


def _json(value: object) -> object:
    """`value` as JSON knows it; what it does not know as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(_json(key)): _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list | tuple) else str(value)
