"""The command line. Results go to stdout, progress and diagnostics to stderr.

Exit status: 0 done, 1 it failed in the world or nothing useful came of it, 2 wrongly asked: the
table stands in README.md. Commands import what they need when they run, so that `noroshi --help`
answers at once and only `serve` and `demo` ever load Prefect.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from flows.cli import alerts, ask, begin, keep, look, machine, operate, pages, rules, shell, sources
from flows.cli.console import encode_streams, markup, say, say_error, silence

app = typer.Typer(
    name="noroshi",
    help="Watch the news on Hong Kong–Japan–China relations; tell people when something happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=markup(),
)

for module in (begin, operate, ask, alerts, look, pages, sources, rules, shell, keep, machine):
    module.register(app)


STOPPED = 130
"""What typer makes of Ctrl-C: 128 and the number of SIGINT, as shells do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `noroshi`: run a command and exit with its status."""
    encode_streams()
    sys.exit(_status(list(sys.argv[1:] if arguments is None else arguments)))


def _status(arguments: list[str]) -> int:
    try:
        status = app(arguments, standalone_mode=False, prog_name="noroshi")
        sys.stdout.flush()
    except TyperException as error:
        if text := error.format_message():
            say_error(f"{_usage(text)}; {_hint(error)}")
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # `noroshi … | head`; typer makes it a SystemExit
        for stream in (sys.stdout, sys.stderr):
            silence(stream)
        return 0
    except RuntimeError as error:
        from warehouse.storage.session import INTERRUPTED

        if str(error) != INTERRUPTED:
            raise
        status = STOPPED
    except Exception as error:  # noqa: BLE001 (what is not ours is raised again)
        return _explained(error)
    if status == STOPPED:
        say("stopped")
    return int(status or 0)


def _usage(text: str) -> str:
    """What is wrong with the command, in one line and without the words of the libraries."""
    plain = " ".join(text.split()).removeprefix("Invalid value: ").replace("Value error, ", "")
    return plain.rstrip(".")


def _hint(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    if context is None or context.parent is None:
        return "`noroshi --help` lists the commands"
    if context.command.name == "search" and "No such option" in error.format_message():
        return "a query that begins with - stands after --: `noroshi search -- '日本 -rain'`"
    return f"see `{context.command_path} --help`"


def _explained(error: Exception) -> int:
    """One clear line for what our rooms raise; anything else is a bug and shows its trace."""
    from alerts.errors import AlertError, RuleError
    from extractors.errors import AddressRefused, ExtractorError
    from flows.errors import FlowError, SettingsError
    from warehouse.errors import NoPast, QueryError, SeedError, UnknownId, WarehouseError
    from warehouse.storage.session import damage_seen

    error = damage_seen(error) or error
    if not isinstance(error, AlertError | ExtractorError | FlowError | WarehouseError):
        raise error
    for line in str(error).splitlines():
        say_error(line)
    asked = SettingsError | RuleError | QueryError | SeedError | UnknownId | NoPast | AddressRefused
    return 2 if isinstance(error, asked) else 1
