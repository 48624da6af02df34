"""Commands that keep: export, backup, restore, doctor, maintain."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.ask import one_of
from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    begun,
    err,
    existing,
    house,
    out,
    say,
    say_error,
    show,
    unused,
)
from flows.cli.look import AsOfOption, day, reading


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (export, backup, restore, maintain, doctor):
        app.command()(command)


def export(
    target: Annotated[Path, typer.Argument(help="folder to make; a file for duckdb")],
    kind: Annotated[
        str, typer.Option("--format", help="parquet, csv, jsonl or duckdb")
    ] = "parquet",
    since: Annotated[
        str | None,
        typer.Option(
            help="a day such as 2025-11-14: only articles published (or first seen) since then, "
            "and the events, alerts and messages that they led to; of requests, cycles, counts "
            "and removals those since then; how sources and channels stand is there whole"
        ),
    ] = None,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
) -> int:
    """Write all views as files for other programs; articles as Parquet by month.

    Says how many rows each view has, where they are, and how long it took.

    Example: noroshi export archive --format parquet --since 2025-11-01
    """
    from warehouse.looking.export import Kind, size
    from warehouse.looking.export import export as write

    chosen = one_of(Kind, "--format", kind) or Kind.PARQUET
    began, total = time.monotonic(), 0
    with reading(house(config), as_of) as connection:
        for view, rows in write(connection, unused(target), chosen, day(since)):
            say(f"{view}: {rows:,} rows")
            total += rows
    files, mib = size(target)
    counted = "1 file" if files == 1 else f"{files:,} files"
    say(
        f"{total:,} rows in {counted}, {mib:.1f} MiB, written to {target.resolve()} "
        f"in {time.monotonic() - began:.1f} s"
    )
    out().print(str(target), markup=False)
    return 0


def backup(
    file: Annotated[Path, typer.Argument(help="file to make")], config: ConfigOption = None
) -> int:
    """Copy the warehouse into one file, while cycles go on, and read the copy to be sure.

    Settings, secrets and the WARC folder are files already: copy them beside it.

    Example: noroshi backup noroshi-2025-11-24.duckdb
    """
    from flows.prepare import prepare
    from warehouse.storage.backup import backup as copy

    warehouse = begun(house(config)).warehouse
    if not (warehouse.ready or warehouse.live.exists()):
        prepare(warehouse)
    contents = copy(warehouse, unused(file))
    say(f"schema {contents.schema}, {contents.rows['article']:,} articles, read and found whole")
    out().print(str(file), markup=False)
    return 0


def restore(
    file: Annotated[Path, typer.Argument(help="a backup, or a published copy")],
    config: ConfigOption = None,
) -> int:
    """Put a backup in the place of the warehouse, once it is read and found whole.

    What is there now is kept under another name. Alerts told after the backup may be told again.

    Example: noroshi restore noroshi-2025-11-24.duckdb
    """
    from warehouse.storage.backup import restore as put

    settings = house(config)
    contents, former = put(settings.warehouse, existing(file), datetime.now(UTC))
    say(f"restored {contents.rows['article']:,} articles of schema {contents.schema}")
    if former:
        say(f"what was there is in {former}; remove it when you are content")
    return 0


def maintain(config: ConfigOption = None) -> int:
    """Clear out what is past its time, check the live file, make it small again, and publish.

    Example: noroshi maintain
    """
    from flows.maintain import maintain as keep_up
    from flows.progress import stages_on

    say(asyncio.run(keep_up(begun(house(config)), stages_on(err()))))
    return 0


def doctor(how: FormatOption = Format.TABLE, config: ConfigOption = None) -> int:
    """One page on how noroshi is: folder, disk, locks, files, rows, outbox, sources, clock.

    Exit status 1 where something is a problem.

    Example: noroshi doctor
    """
    from flows.doctor import State, examine

    findings = examine(begun(house(config)), datetime.now(UTC))
    rows = [{"of": one.of, "state": str(one.state), "finding": one.what} for one in findings]
    show(rows, ["of", "state", "finding"], how)
    problems = [one for one in findings if one.state is State.PROBLEM]
    for one in problems:
        say_error(f"{one.of}: {one.what}")
    return 1 if problems else 0
