"""The command line. Results go to stdout, progress and diagnostics to stderr.

Exit status: 0 done, 1 it failed or nothing useful happened, 2 the command or the settings are
wrong. Commands import what they need when they run, so that `noroshi --help` answers at once and
only `serve` and `demo` ever load Prefect.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from flows.cli import begin, look, machine, operate
from flows.cli.console import say, say_error

app = typer.Typer(
    name="noroshi",
    help="Watch the news on Hong Kong–Japan–China relations; tell people when something happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

for module in (begin, operate, look, machine):
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `noroshi`: run a command and exit with its status."""
    sys.exit(_status(list(sys.argv[1:] if arguments is None else arguments)))


def _status(arguments: list[str]) -> int:
    try:
        status = app(arguments, standalone_mode=False, prog_name="noroshi")
    except TyperException as error:
        if text := error.format_message():
            say_error(f"{text.rstrip('.')}; `noroshi --help` lists the commands")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say("stopped")
        return 130
    except BrokenPipeError:  # `noroshi … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 (what is not ours is raised again)
        return _explained(error)
    return int(status or 0)


def _explained(error: Exception) -> int:
    """One clear line for what our rooms raise; anything else is a bug and shows its trace."""
    from alerts.errors import AlertError
    from extractors.errors import ExtractorError
    from flows.errors import FlowError, SettingsError
    from warehouse.errors import WarehouseError

    if not isinstance(error, AlertError | ExtractorError | FlowError | WarehouseError):
        raise error
    for line in str(error).splitlines():
        say_error(line)
    return 2 if isinstance(error, SettingsError) else 1
