"""Tables for people, readable at any width: columns side by side where there is room for each,
and where there is none, what does not fit stands below its row, each value after its name.

Nothing is cut and nothing left out. The first columns are those that stay side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

SHORT_CELL = 21
"""Cells of a value that stays in one piece: an id, a date, a word to be copied."""
READABLE = 28
"""Cells that a column of text needs for lines that one likes to read."""
_GAP = 2
"""Cells between two columns of a row that has something below it."""
_RULED_GAP = 3
"""Cells between two columns of a table whose columns all stand side by side."""
_EDGES = 2
"""Cells that a table spends on its two sides."""

Cells = Mapping[str, Sequence["Text"]]
"""The cells of each column, by its name."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column asks for, in cells of a terminal."""

    name: str
    natural: int
    """Its longest line, or its name."""
    least: int
    """Less than this and it cannot be read."""
    short: bool


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Columns that stand side by side, each with its width, and those that stand below."""

    beside: Mapping[str, int]
    below: Sequence[str] = ()


def arrange(columns: Sequence[Column], room: int) -> Arrangement:
    """All side by side where each has what it needs within `room` cells; else the first column and
    the short ones that fit after it, and the rest below."""
    gaps = _RULED_GAP * (len(columns) - 1)
    if sum(column.least for column in columns) + gaps <= room:
        return Arrangement(_shared(columns, room - gaps))
    beside: dict[str, int] = {}
    left = room
    for column in columns:
        head = column is columns[0] and column.natural <= room // 2
        if column.natural > left or not (head or column.short):
            continue
        beside[column.name] = column.natural
        left -= column.natural + _GAP
    return Arrangement(beside, [one.name for one in columns if one.name not in beside])


def _shared(columns: Sequence[Column], room: int) -> dict[str, int]:
    """What the narrow ones leave goes to the wide ones in equal parts."""
    widths = {column.name: column.least for column in columns}
    growing = [column for column in columns if column.natural > column.least]
    left = room - sum(widths.values())
    for place, column in enumerate(sorted(growing, key=lambda one: one.natural - one.least)):
        more = min(column.natural - column.least, left // (len(growing) - place))
        widths[column.name] += more
        left -= more
    return widths


def drawn(cells: Cells, width: int) -> Iterator[RenderableType]:
    """The table in parts, one after the other."""
    columns = [_column(name, column) for name, column in cells.items()]
    long = [column for column in columns if not column.short]
    if len(long) <= 1 and len(columns) <= len(long) + 1:  # names and values: nothing to arrange
        columns = [_yielding(column) for column in columns]
    arrangement = arrange(columns, width - _EDGES)
    if arrangement.below:
        yield from _stacked(cells, arrangement)
    else:
        yield _grid(cells, columns, arrangement)


def _column(name: str, cells: Sequence[Text]) -> Column:
    from rich.cells import cell_len

    lines = [line for cell in cells for line in cell.plain.splitlines()]
    natural = max((cell_len(line) for line in [name, *lines]), default=1)
    short = max((cell_len(cell.plain) for cell in cells), default=0) <= SHORT_CELL
    addresses = [word for line in lines for word in line.split() if "://" in word]
    whole = max((cell_len(word) for word in addresses), default=0)
    least = natural if short else min(natural, max(READABLE, whole))
    return Column(name, max(natural, 1), max(least, 1), short)


def _yielding(column: Column) -> Column:
    """The same, but that it takes what there is."""
    return column if column.short else Column(column.name, column.natural, 1, short=False)


def _grid(cells: Cells, columns: Sequence[Column], arrangement: Arrangement) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            Text(column.name),
            overflow="fold",
            no_wrap=column.short,
            width=arrangement.beside[column.name],
        )
    for line in zip(*cells.values(), strict=True):
        table.add_row(*line)
    return table


def _stacked(cells: Cells, arrangement: Arrangement) -> Iterator[RenderableType]:
    """Under a line of headings, each row: its line, then name and value of what stands below."""
    from rich.text import Text

    beside = arrangement.beside
    if beside:
        yield Text("")
        yield _line({name: Text(name) for name in beside}, beside, "bold")
    for row in zip(*cells.values(), strict=True):
        record = dict(zip(cells, row, strict=True))
        yield Text("")
        if beside:
            yield _line(record, beside)
        yield _details({name: record[name] for name in arrangement.below if record[name].plain})
    yield Text("")


def _line(record: Mapping[str, Text], widths: Mapping[str, int], style: str = "") -> Text:
    from rich.cells import cell_len
    from rich.text import Text

    line = Text(" ", style=style)
    for name, width in widths.items():
        cell = record[name]
        line.append_text(cell).append(" " * (width - cell_len(cell.plain) + _GAP))
    line.rstrip()
    return line


def _details(record: Mapping[str, Text]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, cell in record.items():
        grid.add_row("", Text(name), cell)
    return grid
