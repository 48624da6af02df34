"""`noroshi shell`: asking in SQL, again and again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ask import show_result
from flows.cli.console import ConfigOption, Format, house, out, say_error
from flows.cli.look import reading

if TYPE_CHECKING:
    from warehouse.database import Connection
    from warehouse.errors import QueryError

HELP = """\
A statement ends with ; and may go over several lines.
  .tables         the views, and what each holds
  .schema VIEW    its columns, and what each means
  .help           this
  .quit           end, as \\q, exit, quit and Ctrl-D do
Ctrl-C drops what is typed, or stops a query that takes long."""

ENDS = {".quit", ".exit", "\\q", "quit", "exit"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(shell)


def shell(
    plain: Annotated[bool, typer.Option(help="noroshi's own prompt in any case")] = False,
    config: ConfigOption = None,
) -> int:
    """Ask in SQL, again and again: DuckDB's own program or harlequin where installed.

    Otherwise a small prompt, which tells more at `.help`. What is piped into it is run up to the
    first statement that fails, with exit status 2.

    Example: noroshi shell
    """
    settings = house(config)
    reading(settings).close()
    file = None if plain else settings.warehouse.kind.openable
    for program, option in (("duckdb", "-readonly"), ("harlequin", "--read-only")):
        if file and (found := shutil.which(program)):
            os.execv(found, [program, option, str(file)])  # noqa: S606 (a program of the user's PATH)
    with reading(settings) as connection:
        prompt = Prompt(connection, settings.settings.timezone)
        return prompt.talk() if sys.stdin.isatty() else prompt.run(sys.stdin)


@dataclass(slots=True)
class Prompt:
    """noroshi's own prompt, on one connection."""

    connection: Connection
    zone: str
    asked: list[str] = field(default_factory=list)
    """The lines of a statement that is not ended yet."""

    def talk(self) -> int:
        """Ask at a terminal until the person there ends it; a mistake is told, and on it goes."""
        import readline  # noqa: F401 (lines can be edited, and former ones called back)

        from warehouse.errors import QueryError

        out().print("SQL, each statement ended by ; and .help for more", markup=False)
        while True:
            try:
                if not self._take(input("    ...> " if self.asked else "noroshi> ")):
                    return 0
            except QueryError as error:
                say_error(str(error))
            except KeyboardInterrupt:
                self.asked = []
                out().print()
            except EOFError:
                out().print()
                return 0

    def run(self, lines: Iterable[str]) -> int:
        """Run what is piped in, up to the first statement that fails, and say which that is."""
        from warehouse.errors import QueryError

        begun = 1
        try:
            for number, line in enumerate(lines, 1):
                begun = begun if self.asked else number
                if not self._take(line.rstrip("\n")):
                    return 0
            self._ask()
        except QueryError as error:
            say_error(f"line {begun}: {error}")
            return 2
        return 0

    def _take(self, line: str) -> bool:
        """Do what a line says; whether there may be another."""
        from warehouse.storage.session import ended

        word, _, name = line.strip().removesuffix(";").partition(" ")
        if not self.asked and word.lower() in ENDS:
            return False
        if not self.asked and word in COMMANDS:
            COMMANDS[word](self, name.strip())
        elif not self.asked and word[:1] in {".", "\\"}:
            raise _no_command(word)
        elif self.asked or word:
            self.asked.append(line)
            if ended("\n".join(self.asked)):
                self._ask()
        return True

    def _ask(self) -> None:
        """Run the statement that was typed."""
        from warehouse.storage.session import blank, queries

        statement, self.asked = "\n".join(self.asked), []
        if not blank(statement):
            for columns, rows in queries(self.connection, statement):
                show_result(columns, rows, Format.TABLE, self.zone)

    def help(self, _: str) -> None:
        """Say what can be typed."""
        out().print(HELP, markup=False)

    def tables(self, _: str) -> None:
        """The views."""
        from warehouse.looking.views import views

        found = list(views(self.connection).items())
        show_result(["view", "what it holds"], found, Format.TABLE, self.zone)

    def schema(self, name: str) -> None:
        """The columns of a view."""
        from warehouse.looking.views import columns, views

        found = columns(self.connection, name)
        if not found:
            raise _no_view(name, views(self.connection))
        show_result(["column", "type", "meaning"], found, Format.TABLE, self.zone)


COMMANDS = {
    **dict.fromkeys([".help", "\\?", "\\h", "help"], Prompt.help),
    **dict.fromkeys([".tables", "\\dt"], Prompt.tables),
    **dict.fromkeys([".schema", "\\d"], Prompt.schema),
}
"""What is no SQL, as the programs of DuckDB and PostgreSQL call it."""


def _no_command(word: str) -> QueryError:
    from warehouse.errors import QueryError

    return QueryError(word, "there is no such command", ".help lists what there is")


def _no_view(name: str, known: Collection[str]) -> QueryError:
    from warehouse.errors import QueryError

    near = get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else ".tables lists the views"
    return QueryError(f".schema {name}".strip(), "there is no such view", remedy)
