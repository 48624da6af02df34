"""Commands that work: run, serve, demo, seed, digest."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.console import (
    NOT_BEGUN,
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
    unknown,
)
from flows.cli.look import reading


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (run, serve, demo, seed, digest):
        app.command()(command)


def run(
    all_: Annotated[bool, typer.Option("--all", help="ask all sources, due or not")] = False,
    source: Annotated[
        list[str] | None, typer.Option(help="ask this one only, due or not (repeatable)")
    ] = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Run one cycle now: fetch, extract, store, match, deliver. Needs no Prefect server.

    It asks the sources that are due: who publishes often, at every cycle.

    Example: noroshi run

    Example: noroshi run --source hk-rthk-en-local
    """
    from flows.cycle.report import record, rows
    from flows.progress import stages_on
    from flows.watch import watch
    from warehouse.telling import channels
    from warehouse.telling.holdings import spoken

    settings = house(config)
    if settings.file is None:
        say_error(NOT_BEGUN)
        return 2
    known = {source.id: source.enabled for source in settings.sources}
    if strange := sorted(set(source or ()) - set(known)):
        return unknown("source", strange[0], known)
    on = {id for id, enabled in known.items() if enabled}
    if off := sorted(set(source or ()) - on):
        say_error(f"source {off[0]!r} is switched off; switch it on in noroshi.toml first")
        return 2
    insisted = frozenset(source) if source else on if all_ else None
    _log_to_stderr()
    say(f"one cycle: {_counted(len(on if insisted is None else insisted), 'source')}")
    if not settings.settings.channel:
        say("note: no [[channel]] is set: alerts are recorded and sent to nobody")
    summary = asyncio.run(watch(settings, progress=stages_on(err()), insisted=insisted))
    if how is Format.TABLE:
        shown = [{"": label, "count": value} for label, value in rows(summary)]
        show(shown, ["", "count"], how)
    else:
        show([record(summary)], list(record(summary)), how)
    waits = channels.spoken(summary.ailing, settings.zone, datetime.now(UTC))
    for line in [*spoken(summary.held, settings.zone), *waits]:
        say(line)
    if summary.waiting and not summary.polled:
        say("no source is due yet; `noroshi run --all` asks them all the same")
    if summary.alerts:
        say("`noroshi alerts list` shows what was told")
    if summary.useless:
        say_error("every source failed; `noroshi sources check` tries them one by one")
    return 1 if summary.useless else 0


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="of the Prefect server")] = 4200,
    config: ConfigOption = None,
) -> int:
    """Run for good: the Prefect server with its UI on loopback, and the schedules.

    Example: noroshi serve
    """
    from flows.orchestration.serve import serve as keep_serving

    settings = house(config)
    if settings.file is None:
        say_error(NOT_BEGUN)
        return 2
    settings.channels()  # a missing secret is told now, not at the first alert
    keep_serving(settings, port, say)
    return 0


def demo(
    pages: Annotated[
        Path | None, typer.Option(help="serve this folder of saved pages (manifest.jsonl) instead")
    ] = None,
    folder: Annotated[Path, typer.Option(help="where its data goes; started afresh")] = Path(
        "data/demo"
    ),
    prefect: Annotated[bool, typer.Option(help="run the cycles on a Prefect server")] = True,
) -> int:
    """Show the whole pipeline, offline: a sample news site, an inbox and a chat on loopback.

    Example: noroshi demo
    """
    from flows.demo.show import show_demo

    shown = existing(pages) if pages else None
    return show_demo(folder.resolve(), shown, out(), err(), prefect=prefect)


def seed(
    folder: Annotated[Path, typer.Argument(help="folder of .txt, .md or .html documents")],
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Load seed documents: kept beside the news, searchable, never alerted.

    Example: noroshi seed ./documents
    """
    from flows.seed import load_seeds

    settings = house(config)
    files = load_seeds(settings, folder, datetime.now(UTC))
    rows = [
        {
            "file": file.name,
            "id": file.article.id if file.article else None,
            "lang": file.article.language if file.article else None,
            "published": _day(file.article.published_at) if file.article else None,
            "title": file.article.title if file.article else None,
            "remark": file.problem or ("in the catalogue" if file.known else "detected"),
        }
        for file in files
    ]
    show(rows, list(rows[0]), how)
    return 1 if all(file.article is None for file in files) else 0


def digest(
    preview: Annotated[bool, typer.Option(help="print it and send nothing")] = False,
    weekly: Annotated[bool, typer.Option(help="of the last seven days, not 24 hours")] = False,
    config: ConfigOption = None,
) -> int:
    """Send the digest of the last 24 hours, or seven days, now.

    Example: noroshi digest --preview
    """
    from alerts.telling.writing.digest import Span
    from flows.digest import compose, send_digest
    from flows.digest import preview as preview_of

    settings, span = begun(house(config)), Span.WEEK if weekly else Span.DAY
    if preview:
        with reading(settings) as connection:
            composed = compose(settings, connection, datetime.now(UTC), span=span)
        out().print(preview_of(composed, "en", settings.settings.timezone).text, markup=False)
        return 0
    _log_to_stderr()
    states = asyncio.run(send_digest(settings, span=span))
    if not states:
        say("sent to nobody: no channel wants it, or it is empty and no empty ones are wanted")
        return 0
    sent = sum(state == "sent" for state in states.values())
    say(f"sent to {_counted(sent, 'channel')}")
    if sent < len(states):
        say(f"{_counted(len(states) - sent, 'channel')} to follow: it goes out with a next cycle")
    return 0 if sent else 1


def _log_to_stderr() -> None:
    """Warnings and errors of the plain modules as diagnostics, in one line each."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[_Lines()])


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        say_error(line) if record.levelno >= logging.ERROR else say(f"warning: {line}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
